//! What every part of a running server shares.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ringback_domain::callback::transition::Transition;
use ringback_domain::{Service, ServiceId, VisibleServices};
use tokio::sync::Notify;

use crate::auth::caller::Identities;
use crate::auth::throttle::Throttle;
use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::error::Error;
use crate::events::Hub;
use crate::metrics::Metrics;
use crate::queue_view::QueueView;
use crate::rendered::RenderedRows;
use crate::store::idempotency::{self, Answer, IdempotencyKey, Seen};
use crate::store::list::Known;
use crate::store::{Conn, Store, services};

/// A running server.
#[derive(Debug)]
pub struct App {
    /// What is kept.
    pub store: Store,
    /// The one clock.
    pub clock: Clock,
    /// Figures for Prometheus.
    pub metrics: Metrics,
    /// Access tokens.
    pub tokens: Tokens,
    /// Failed log-ins.
    pub throttle: Throttle,
    /// Identities by credential, for a moment.
    pub identities: Identities,
    /// Changes for whoever listens.
    pub hub: Hub,
    /// Wakes workers and waiting routers.
    pub signals: Signals,
    /// The queue as it was a moment ago.
    pub queue: QueueView,
    /// Rows that were read lately.
    pub known: Known,
    /// Rows that were sent lately.
    pub rendered: RenderedRows,
    /// A simulator plays agents and customers.
    pub simulation: bool,
    /// Cookies are marked `Secure`: everywhere but on loopback.
    pub secure_cookies: bool,
    services: Mutex<Option<(Arc<Services>, Instant)>>,
    in_flight: Mutex<HashSet<(String, String)>>,
}

/// What a command did: its answer, and the changes to tell once they are kept.
#[derive(Debug)]
pub struct Effect {
    /// The answer.
    pub answer: Answer,
    /// The changes of callbacks.
    pub transitions: Vec<Transition>,
}

/// Wakes whoever waits for a kind of work on this node. Each is only a hint:
/// whoever waits also looks by themselves now and then.
#[derive(Debug, Default)]
pub struct Signals {
    /// A callback is to be submitted.
    pub scheduled: Notify,
    /// A callback entered the queue.
    pub queued: Notify,
    /// A callback changed.
    pub changed: Notify,
    /// A bulk cancellation was asked for.
    pub bulk: Notify,
}

/// Every service, ordered by name.
#[derive(Debug, Default)]
pub struct Services {
    list: Vec<Service>,
}

impl Services {
    /// All of them.
    pub fn all(&self) -> &[Service] {
        &self.list
    }

    /// One by id.
    pub fn get(&self, id: ServiceId) -> Option<&Service> {
        self.list.iter().find(|service| service.id == id)
    }

    /// One by id, if the caller may see it.
    pub fn visible(&self, id: ServiceId, visible: &VisibleServices) -> Option<&Service> {
        self.get(id).filter(|service| visible.contains(service.id))
    }

    /// The ids, ordered by name.
    pub fn ids(&self) -> Vec<ServiceId> {
        self.list.iter().map(|service| service.id).collect()
    }
}

/// How long the services are believed without asking the database again.
const SERVICES_BELIEVED: Duration = Duration::from_secs(1);

impl App {
    /// Puts the parts together.
    pub async fn new(
        store: Store,
        clock: Clock,
        simulation: bool,
        secure_cookies: bool,
    ) -> Result<Self, Error> {
        let tokens = Tokens::load(&store, &clock).await?;
        Ok(Self {
            metrics: Metrics::new().map_err(Error::internal)?,
            tokens,
            store,
            clock,
            throttle: Throttle::default(),
            identities: Identities::default(),
            hub: Hub::default(),
            signals: Signals::default(),
            queue: QueueView::default(),
            known: Known::default(),
            rendered: RenderedRows::default(),
            simulation,
            secure_cookies,
            services: Mutex::default(),
            in_flight: Mutex::default(),
        })
    }

    /// Every service, as of a second ago at most.
    pub async fn services(&self) -> Result<Arc<Services>, Error> {
        let known = self.services.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((services, since)) = known
            && since.elapsed() < SERVICES_BELIEVED
        {
            return Ok(services);
        }
        let mut conn = self.store.read().await?;
        let services = Arc::new(Services { list: services::list(&mut conn).await? });
        *self.services.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Arc::clone(&services), Instant::now()));
        Ok(services)
    }

    /// A service was changed on this node: everyone is to see it at once.
    pub fn services_changed(&self) {
        *self.services.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Runs a command whose effect and answer are kept together: the same
    /// request with the same key gets the same answer and has no second effect.
    pub async fn command<F>(&self, key: Option<IdempotencyKey>, work: F) -> Result<Answer, Error>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<Effect, Error> + Send + 'static,
    {
        let _running = key.as_ref().map(|key| self.begin(key)).transpose()?;
        let answer = self.effect(key, async move |conn| work(conn).await.map(Some)).await?;
        answer.ok_or_else(|| Error::Internal(anyhow::anyhow!("a command gave no answer")))
    }

    /// The same for work that may find nothing to do yet: then nothing is kept.
    pub async fn effect<F>(&self, key: Option<IdempotencyKey>, work: F) -> Result<Option<Answer>, Error>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<Option<Effect>, Error> + Send + 'static,
    {
        let now = self.clock.now();
        let effect = self
            .store
            .write(async move |conn| {
                let Some(key) = key else { return work(conn).await };
                match idempotency::look_up(conn, &key, now).await? {
                    Seen::Answered(answer) => return Ok(Some(Effect { answer, transitions: Vec::new() })),
                    Seen::OtherRequest => return Err(Error::KeyReused),
                    Seen::New => {}
                }
                let effect = work(conn).await?;
                if let Some(effect) = &effect {
                    idempotency::keep(conn, &key, &effect.answer, now).await?;
                }
                Ok(effect)
            })
            .await?;
        Ok(effect.map(|effect| {
            effect.transitions.iter().for_each(|transition| self.announce(transition));
            effect.answer
        }))
    }

    /// Marks a key as running until the guard is dropped.
    ///
    /// # Errors
    /// [`Error::InFlight`] if it is running already on this node.
    pub fn begin(&self, key: &IdempotencyKey) -> Result<Running<'_>, Error> {
        let name = (key.owner.clone(), key.key.clone());
        let mut running = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if running.insert(name.clone()) { Ok(Running { app: self, name }) } else { Err(Error::InFlight) }
    }

    /// Tells workers, waiting routers and listeners what was just committed.
    pub fn announce(&self, transition: &Transition) {
        use ringback_domain::StateName;
        self.metrics.moved(&transition.entry);
        if transition.entry.from.is_none() {
            self.metrics.callbacks_created.inc();
        }
        match transition.entry.to {
            StateName::Scheduled => self.signals.scheduled.notify_one(),
            StateName::Queued => self.signals.queued.notify_waiters(),
            _ => {}
        }
        self.signals.changed.notify_one();
    }
}

/// A key that is running.
#[derive(Debug)]
pub struct Running<'a> {
    app: &'a App,
    name: (String, String),
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.app.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}
