//! A contact centre's day that never ends: customers keep asking, some call off or
//! are late, and supervisors decide what was set aside. The simulated agents do the
//! rest.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_domain::callback::Callback;
use ringback_domain::callback::cancellation::MAX_UNDO_SECONDS;
use ringback_domain::{Service, ServiceId, VisibleServices};

use super::{DAY, History, MINUTE, SERVICES, save, schedule, website};
use crate::auth::Grant;
use crate::command::{Audit, Commands, Tx};
use crate::error::Error;
use crate::store::{callbacks, queue};
use crate::telephony::simulator::{Behaviour, daylight};

/// How often something happens.
pub const ROUND: Duration = Duration::from_secs(30);

/// Agents who are busy most of the time: about 2,000 callbacks a day.
pub const BEHAVIOUR: Behaviour = Behaviour {
    seed: 1,
    agents: 8,
    ring_seconds: (10.0, 45.0),
    talk_seconds: (180.0, 480.0),
    rest_seconds: (5.0, 15.0),
    answer_share: 0.75,
    busy_share: 0.1,
    rare_share: 0.3,
    lost_share: 0.01,
    all_day: true,
};

/// Callbacks that wait for an agent at night, and at noon.
const QUEUE: (f64, f64) = (4.0, 20.0);

/// New callbacks in a round.
const MAX_NEW: usize = 3;

/// Share of the rounds in which a callback is asked for at a later time.
const SCHEDULED_SHARE: f64 = 0.12;

/// Share of the rounds in which somebody who waits gives up.
const CANCELLED_SHARE: f64 = 0.04;

/// Customers who hesitate at a time: their callbacks become overdue.
const HESITANT: usize = 3;

/// Callbacks that stay set aside; a supervisor decides about more.
const SET_ASIDE: usize = 4;

/// Lets the day go on until the task is aborted.
pub async fn go_on(commands: Arc<Commands>) {
    loop {
        if let Err(error) = round(&commands).await {
            tracing::warn!(error = error.cause(), "the demo could not go on");
        }
        tokio::time::sleep(ROUND).await;
    }
}

/// Does what happens in a [`ROUND`].
///
/// # Errors
/// If the database is not available.
pub async fn round(commands: &Commands) -> Result<(), Error> {
    let clock = commands.clock().clone();
    let happen = async move |tx: &mut Tx<'_>| {
        let rng = StdRng::seed_from_u64(tx.now().micros().unsigned_abs());
        let mut history = History {
            rng,
            clock: clock.clone(),
            now: tx.now(),
            drawn: HashSet::new(),
            called: Arc::default(),
        };
        let services = accepting(tx).await?;
        if !services.is_empty() {
            history.ask(tx, &services).await?;
        }
        history.give_up_waiting(tx).await?;
        history.decide(tx).await
    };
    commands.change(Audit::None, &Grant::system("demo"), happen).await
}

/// The places in [`SERVICES`] and the ids of those that take new callbacks now.
async fn accepting(tx: &mut Tx<'_>) -> Result<Vec<(usize, ServiceId)>, Error> {
    let (now, known) = (tx.now(), tx.services().await?);
    let is_open = |service: &Service| known.rules().hours(service).is_open(now);
    let place = |name: &str| SERVICES.iter().position(|(service, ..)| *service == name);
    let accepting = known.all().iter().filter(|service| service.settings.accept_new && is_open(service));
    Ok(accepting.filter_map(|service| Some((place(&service.name)?, service.id))).collect())
}

impl History {
    /// Customers ask for callbacks: now, as long as the queue is shorter than usual
    /// at this time of the day, and for later.
    async fn ask(&mut self, tx: &mut Tx<'_>, services: &[(usize, ServiceId)]) -> Result<(), Error> {
        let usual = QUEUE.0 + (QUEUE.1 - QUEUE.0) * daylight(self.now);
        let waiting = u32::try_from(queue::order(tx.read(), self.now).await?.len()).unwrap_or(u32::MAX);
        for _ in (waiting..).take(MAX_NEW).filter(|length| f64::from(*length) < usual) {
            self.ask_for(tx, services, None);
        }
        if self.rng.random_bool(SCHEDULED_SHARE) {
            let lead = self.between(10 * MINUTE, DAY);
            self.ask_for(tx, services, Some(lead));
        }
        let hesitant = hesitant(tx).await?;
        if hesitant.len() < HESITANT {
            let callback = self.ask_for(tx, services, Some(MINUTE));
            self.hesitate(tx, &callback, self.now);
        }
        // Most of them want to be called after all, which is late by then.
        for callback in hesitant {
            let is_last_moment = callback
                .cancellation
                .as_ref()
                .is_some_and(|asked| asked.effective_at <= self.now.plus_seconds(2 * MINUTE));
            if is_last_moment && callback.id.0.as_bytes()[15] % 4 > 0 {
                save(tx, callback.undo_cancellation(&website(), self.now));
            }
        }
        Ok(())
    }

    fn ask_for(&mut self, tx: &mut Tx<'_>, services: &[(usize, ServiceId)], lead: Option<i64>) -> Callback {
        let (index, service) = services[self.rng.random_range(0..services.len())];
        let desired = lead.map(|seconds| self.now.plus_seconds(seconds));
        let new = self.new_callback_of(index, service, desired);
        let creator = self.creator();
        schedule(tx, new, &creator, self.now)
    }

    /// Now and then somebody who waits is called off, by themselves or by a person.
    async fn give_up_waiting(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        if !self.rng.random_bool(CANCELLED_SHARE) {
            return Ok(());
        }
        let waiting = queue::order(tx.read(), self.now).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let (_, id, _) = waiting[self.rng.random_range(0..waiting.len())];
        if let Some(callback) = callbacks::find(tx.read(), id, &VisibleServices::All).await? {
            let by = self.creator();
            save(tx, callback.cancel(&by, self.now));
        }
        Ok(())
    }

    /// A supervisor decides about what has been set aside for longest.
    async fn decide(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let set_aside = queue::quarantined(tx.read(), 100).await?;
        let oldest = set_aside.iter().find(|callback| callback.cancellation.is_none());
        if let Some(callback) = oldest.filter(|_| set_aside.len() > SET_ASIDE) {
            let by = self.person();
            save(tx, callback.requeue(&by, self.now));
        }
        Ok(())
    }
}

/// Callbacks of customers who hesitate: nobody else takes so long to confirm.
async fn hesitant(tx: &mut Tx<'_>) -> Result<Vec<Callback>, Error> {
    let mut cancelling = queue::cancelling(tx.read(), 100).await?;
    cancelling.retain(|callback| {
        let asked = callback.cancellation.as_ref();
        asked.is_some_and(|asked| {
            asked.effective_at > asked.requested_at.plus_seconds(i64::from(MAX_UNDO_SECONDS))
        })
    });
    Ok(cancelling)
}
