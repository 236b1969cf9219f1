//! The telephony port: how callbacks are handed out, and what becomes of the
//! attempts to reach the customer.
//!
//! The HTTP endpoints under *Router* and every connector, the simulator among
//! them, are clients of these commands. There is no other way to a call.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringback_domain::callback::state::Reservation;
use ringback_domain::callback::transition::{Claim, Refusal, Release, Transition};
use ringback_domain::callback::{Callback, QueuePlace, Retry};
use ringback_domain::dial::RetryPolicy;
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{Actor, AttemptId, CallbackId, DialResult, ResultCode, Service, ServiceId, Timestamp};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::audit::Audit;
use super::booking::{closed, rules_of};
use super::numbers::ask_gates;
use super::tx::{Commands, Tx};
use crate::auth::Grant;
use crate::auth::token::new_secret;
use crate::called_party::Customer;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::hours::Rules;
use crate::numbers::NumberRules;
use crate::store::idempotency::IdempotencyKey;
use crate::store::{Store, callbacks, queue, services};

/// What a router asks for.
#[derive(Clone, Debug)]
pub struct Order {
    /// The agent to reserve for.
    pub agent: String,
    /// The services that the agent serves.
    pub services: Vec<ServiceId>,
    /// Callbacks at most.
    pub limit: usize,
    /// Seconds that the reservation lasts.
    pub lease_seconds: i64,
}

/// How often a waiting router looks by itself, for what no signal tells: a lost
/// node's callbacks, a service that is switched on.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Hands the next queued callbacks out, each to this caller alone. It has to be
/// run in a transaction.
///
/// # Errors
/// [`Error::Invalid`] with a service that does not exist or is not visible.
pub async fn reserve(tx: &mut Tx<'_>, order: &Order) -> Result<Vec<Callback>, Error> {
    let (grant, known) = (tx.grant(), services::find_all(tx.read(), &order.services).await?);
    let closed = closed(tx, &known).await?;
    let dialling = dialling(&known, &closed, grant, order)?;
    let agent = Some(order.agent.as_str());
    let taken = take(tx, &known, &dialling, order.limit, agent).await?;
    taken.iter().map(|callback| hand_out(tx, callback, order, grant)).collect()
}

/// Takes the next callbacks from the queues, less those that their gates keep: whose
/// numbers may not be called any more, or whose customers are not called at this hour.
async fn take(
    tx: &mut Tx<'_>,
    known: &[Service],
    dialling: &[ServiceId],
    limit: usize,
    agent: Option<&str>,
) -> Result<Vec<Callback>, Error> {
    let (now, rules) = (tx.now(), NumberRules::of(tx.read(), known).await?);
    let mut wanted = limit;
    loop {
        let taken = queue::take_ready(tx.write()?, dialling, now, wanted, agent).await?;
        let count = taken.len();
        let mut ready = ask_gates(tx, &rules, known, taken).await?;
        if ready.len() >= limit || ready.len() == count {
            ready.truncate(limit);
            note_places(&mut ready);
            return Ok(ready);
        }
        // Those behind them are next. In the evening many are passed over at once.
        tx.flush().await?;
        wanted = (wanted * 2).min(limit.max(MAX_TAKEN));
    }
}

/// Callbacks at most that are looked at together, for a limit that is lower.
const MAX_TAKEN: usize = 200;

/// The services of an order that hand callbacks out at the moment.
fn dialling(
    known: &[Service],
    closed: &HashSet<ServiceId>,
    grant: &Grant,
    order: &Order,
) -> Result<Vec<ServiceId>, Error> {
    let mut dialling = Vec::with_capacity(order.services.len());
    for (index, id) in order.services.iter().enumerate() {
        let service = known.iter().find(|service| service.id == *id && grant.visible.contains(*id));
        let service = service.ok_or_else(|| {
            Error::invalid(
                Part::Item(Field::Services, index),
                FieldCode::Unknown,
                "There is no such service.",
            )
        })?;
        if service.settings.dial_pending && !closed.contains(id) && !dialling.contains(id) {
            dialling.push(*id);
        }
    }
    dialling.sort_unstable();
    Ok(dialling)
}

/// Notes where callbacks stand that were taken from the heads of their queues, in
/// case that nobody has looked at the queues.
fn note_places(taken: &mut [Callback]) {
    let mut ahead: HashMap<ServiceId, u32> = HashMap::new();
    for callback in taken {
        let position = ahead.entry(callback.request.service_id).or_default();
        *position += 1;
        callback.last_place = Some(QueuePlace { position: *position, estimated_wait_seconds: None });
    }
}

fn hand_out(tx: &mut Tx<'_>, callback: &Callback, order: &Order, grant: &Grant) -> Result<Callback, Error> {
    let (now, actor, holder) = (tx.now(), &grant.actor, &grant.owner);
    let reservation = Reservation {
        attempt_id: AttemptId(tx.new_id()),
        lease_token: new_secret(),
        agent: order.agent.clone(),
        holder: holder.to_owned(),
        reserved_at: now,
        lease_expires_at: now.plus_seconds(order.lease_seconds),
    };
    let moved =
        callback.reserve(reservation, actor, now).map_err(|refusal| Error::refused(refusal, callback))?;
    Ok(tx.save(moved))
}

/// Serves several orders in one transaction, first come, first served. Orders
/// of the same services are taken from their queues at once.
async fn reserve_all(
    tx: &mut Tx<'_>,
    orders: &[(Order, Grant)],
) -> Result<Vec<Result<Vec<Callback>, Error>>, Error> {
    let mut ids: Vec<ServiceId> = orders.iter().flat_map(|(order, _)| order.services.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let (now, known) = (tx.now(), services::find_all(tx.read(), &ids).await?);
    let closed = closed(tx, &known).await?;
    let from: Vec<_> = orders.iter().map(|(order, grant)| dialling(&known, &closed, grant, order)).collect();
    let mut served: Vec<Option<Vec<Callback>>> = vec![None; orders.len()];
    for first in 0..orders.len() {
        let (None, Ok(services)) = (&served[first], &from[first]) else { continue };
        let same: Vec<usize> = (first..orders.len())
            .filter(|other| from[*other].as_ref().is_ok_and(|other| other == services))
            .collect();
        let limit: usize = same.iter().map(|index| orders[*index].0.limit).sum();
        // What was handed out before must not be taken again.
        tx.flush().await?;
        let mut taken = take(tx, &known, services, limit, None).await?;
        let may_be_more = taken.len() == limit;
        for index in same {
            let (order, grant) = &orders[index];
            let offered = |callback: &mut Callback| !callback.is_paused_for(&order.agent, now);
            let part: Vec<Callback> = taken.extract_if(.., offered).take(order.limit).collect();
            let handed = part.iter().map(|callback| hand_out(tx, callback, order, grant));
            let mut handed: Vec<Callback> = handed.collect::<Result<_, Error>>()?;
            let missing = order.limit - handed.len();
            if missing > 0 && may_be_more {
                // The agent is paused for what is left of those, but not for all.
                tx.flush().await?;
                let agent = Some(order.agent.as_str());
                for callback in &take(tx, &known, services, missing, agent).await? {
                    handed.push(hand_out(tx, callback, order, grant)?);
                }
            }
            served[index] = Some(handed);
        }
    }
    let results = served.into_iter().zip(from);
    Ok(results.map(|(served, from)| from.map(|_| served.unwrap_or_default())).collect())
}

/// Orders that wait for a transaction: those that come while one runs share the
/// next.
#[derive(Debug, Default)]
pub struct Desk(Mutex<Orders>);

#[derive(Debug, Default)]
struct Orders {
    waiting: Vec<Waiting>,
    running: bool,
}

#[derive(Debug)]
struct Waiting {
    order: Order,
    grant: Grant,
    reply: oneshot::Sender<Result<Vec<Callback>, Error>>,
}

/// Orders in one transaction.
const MAX_ORDERS: usize = 50;

impl Desk {
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = orders.waiting.len().min(MAX_ORDERS);
        orders.running = count > 0;
        (count > 0).then(|| orders.waiting.drain(..count).collect())
    }
}

/// Lets others serve where whoever serves panics.
struct Turn<'a>(&'a Desk);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut orders = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Those who wait are told so; nothing was handed out to them.
            *orders = Orders::default();
        }
    }
}

/// Reserves together with whoever asks at the same time.
///
/// # Errors
/// As [`reserve`].
pub async fn reserve_together(
    commands: &Arc<Commands>,
    grant: &Grant,
    order: &Order,
) -> Result<Vec<Callback>, Error> {
    let (reply, answer) = oneshot::channel();
    let starts = {
        let mut orders = commands.desk().0.lock().unwrap_or_else(PoisonError::into_inner);
        orders.waiting.push(Waiting { order: order.clone(), grant: grant.clone(), reply });
        !std::mem::replace(&mut orders.running, true)
    };
    if starts {
        let commands = Arc::clone(commands);
        // Not by the caller, who may go away in the middle.
        actix_web::rt::spawn(async move {
            let _turn = Turn(commands.desk());
            while let Some(waiting) = commands.desk().next() {
                serve(&commands, waiting).await;
            }
        });
    }
    answer.await.map_err(|_| Error::Unavailable("the reservation was given up".to_owned()))?
}

async fn serve(commands: &Commands, waiting: Vec<Waiting>) {
    let (orders, replies): (Vec<_>, Vec<_>) =
        waiting.into_iter().map(|one| ((one.order, one.grant), one.reply)).unzip();
    let together = async move |tx: &mut Tx<'_>| reserve_all(tx, &orders).await;
    match commands.change(Audit::None, &Grant::system("router"), together).await {
        Ok(served) => {
            for (reply, served) in replies.into_iter().zip(served) {
                // Whoever went away gives its callbacks back when the lease ends.
                drop(reply.send(served));
            }
        }
        Err(error) => {
            tracing::warn!(error = error.cause(), "reservations were not made");
            for reply in replies {
                drop(reply.send(Err(Error::Unavailable(error.cause()))));
            }
        }
    }
}

/// Reserves, and waits for work if there is none. The same request with the same
/// key gets what it reserved then, as far as it still holds it.
///
/// # Errors
/// As [`reserve`].
pub async fn reserve_or_wait(
    commands: &Arc<Commands>,
    store: &Store,
    key: Option<IdempotencyKey>,
    grant: &Grant,
    order: Order,
    wait: Duration,
) -> Result<Vec<Callback>, Error> {
    let _running = key.as_ref().map(|key| commands.begin(key)).transpose()?;
    let until = Instant::now() + wait;
    loop {
        let last = Instant::now() >= until || commands.signals().ready.is_stopping();
        let reserved = match &key {
            None => Some(reserve_together(commands, grant, &order).await?).filter(|found| !found.is_empty()),
            Some(key) => reserve_once(commands, store, key, grant, &order, last).await?,
        };
        match reserved {
            Some(reserved) => return Ok(reserved),
            None if last => return Ok(Vec::new()),
            None => wait_for_work(commands, store, &order.services, until).await?,
        }
    }
}

/// Reserves under a key, which keeps the attempts: a customer whom another router
/// holds by now must not be handed out by a repeated request. `None` if there is
/// nothing and the caller will ask again.
async fn reserve_once(
    commands: &Commands,
    store: &Store,
    key: &IdempotencyKey,
    grant: &Grant,
    order: &Order,
    last: bool,
) -> Result<Option<Vec<Callback>>, Error> {
    let wanted = order.clone();
    let reserve = async move |tx: &mut Tx<'_>| {
        let reserved = reserve(tx, &wanted).await?;
        if reserved.is_empty() && !last {
            tx.nothing_done();
            return Ok(None);
        }
        let attempt = |callback: &Callback| callback.state.reservation().map(|held| held.attempt_id);
        Ok(Some(reserved.iter().filter_map(attempt).collect::<Vec<AttemptId>>()))
    };
    let attempts: Option<Vec<AttemptId>> =
        commands.run_begun(Audit::None, Some(key.clone()), grant, reserve).await?;
    let Some(attempts) = attempts else { return Ok(None) };
    let mut conn = store.read().await?;
    let ids: Vec<CallbackId> = callbacks::of_attempts(&mut conn, &attempts).await?.into_values().collect();
    let found = callbacks::find_all(&mut conn, &ids).await?;
    let held = |attempt: &AttemptId| {
        let is_held = |callback: &&Callback| {
            callback.state.reservation().is_some_and(|held| held.attempt_id == *attempt)
        };
        found.iter().find(is_held).cloned()
    };
    Ok(Some(attempts.iter().filter_map(held).collect()))
}

/// Returns when there may be work, or when the time is over.
async fn wait_for_work(
    commands: &Commands,
    store: &Store,
    services: &[ServiceId],
    until: Instant,
) -> Result<(), Error> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let woken = commands.signals().ready.wait(services, left.min(LOOK_AGAIN)).await;
        if woken || Instant::now() >= until || commands.signals().ready.is_stopping() {
            return Ok(());
        }
        let mut conn = store.read().await?;
        if queue::has_ready(&mut conn, services, commands.clock().now()).await? {
            return Ok(());
        }
    }
}

/// What a router reports of an attempt.
#[derive(Clone, Debug)]
pub enum Report {
    /// Agent and customer are connected.
    Connected,
    /// The callback is given back.
    Released(Release),
    /// The dial failed.
    Failed(DialResult),
    /// The conversation ended.
    Completed {
        /// The result; `AGENT_CONNECTED` if none is given.
        result: Option<ResultCode>,
        /// The router's own word for the outcome.
        disposition: Option<String>,
    },
}

/// A report, and proof that its sender holds the attempt.
#[derive(Clone, Debug)]
pub struct AttemptReport {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// As handed out with the reservation.
    pub lease_token: String,
    /// What became of it.
    pub report: Report,
}

/// Applies a report.
///
/// # Errors
/// That the attempt does not exist or is not visible, is not held by whoever
/// reports, or that the report does not go with the callback's state.
pub async fn report(tx: &mut Tx<'_>, report: &AttemptReport) -> Result<Callback, Error> {
    let visible = &tx.grant().visible;
    let found = callbacks::find_by_attempt(tx.read(), report.attempt_id, visible).await?;
    let callback = found.ok_or(Error::NotFound("attempt"))?;
    let retries = Retries::of(tx, [(report, &callback)]).await?;
    apply(tx, &callback, report, &retries)
}

/// By what services dial again.
#[derive(Debug)]
struct Retries {
    services: Vec<Service>,
    rules: Rules,
}

impl Retries {
    /// Those of the services of dials that failed; no statement where none did.
    async fn of(
        tx: &mut Tx<'_>,
        reports: impl IntoIterator<Item = (&AttemptReport, &Callback)>,
    ) -> Result<Self, Error> {
        let failed = reports.into_iter().filter(|(report, _)| matches!(report.report, Report::Failed(_)));
        let mut ids: Vec<ServiceId> = failed.map(|(_, callback)| callback.request.service_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let services = if ids.is_empty() { Vec::new() } else { services::find_all(tx.read(), &ids).await? };
        let rules = rules_of(tx, &services).await?;
        Ok(Self { services, rules })
    }

    /// What a failed dial does with a callback. A service that cannot be read has the
    /// usual policy and is open.
    fn fail(
        &self,
        callback: &Callback,
        claim: Claim<'_>,
        result: DialResult,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        let service = self.services.iter().find(|service| service.id == callback.request.service_id);
        let usual = RetryPolicy::default();
        let policy = service.map_or(&usual, |service| &service.settings.retry_policy);
        let hours = service.map(|service| self.rules.hours(service)).unwrap_or_default();
        let party = service.and_then(|service| Customer::from(callback).called_by(service, now));
        let retry = Retry { policy, hours: &hours, party: party.as_ref() };
        callback.fail_attempt(claim, result, retry, actor, now)
    }
}

fn apply(
    tx: &mut Tx<'_>,
    callback: &Callback,
    report: &AttemptReport,
    retries: &Retries,
) -> Result<Callback, Error> {
    let claim = Claim { attempt_id: report.attempt_id, lease_token: &report.lease_token };
    let (actor, now) = (tx.actor(), tx.now());
    let moved = match &report.report {
        Report::Connected => callback.connect(claim, actor, now),
        Report::Released(release) => callback.release(claim, release.clone(), actor, now),
        Report::Failed(result) => retries.fail(callback, claim, *result, actor, now),
        Report::Completed { result, disposition } => {
            callback.finish(claim, *result, disposition.clone(), actor, now)
        }
    }
    .map_err(|refusal| Error::refused(refusal, callback))?;
    Ok(tx.save(moved))
}

/// Applies several reports in their order, each by itself: one that is refused
/// leaves the others alone.
///
/// # Errors
/// That the database is not available.
pub async fn report_all(
    tx: &mut Tx<'_>,
    reports: &[AttemptReport],
) -> Result<Vec<Result<Callback, Error>>, Error> {
    let visible = &tx.grant().visible;
    let ids: Vec<AttemptId> = reports.iter().map(|report| report.attempt_id).collect();
    let attempts = callbacks::of_attempts(tx.read(), &ids).await?;
    let held: Vec<CallbackId> = attempts.values().copied().collect();
    let found = callbacks::find_all(tx.read(), &held).await?;
    let mut current: HashMap<CallbackId, Callback> = found
        .into_iter()
        .filter(|callback| visible.contains(callback.request.service_id))
        .map(|callback| (callback.id, callback))
        .collect();
    let of = |report: &AttemptReport| attempts.get(&report.attempt_id).and_then(|id| current.get(id));
    let known = reports.iter().filter_map(|report| Some((report, of(report)?)));
    let retries = Retries::of(tx, known).await?;
    let mut outcomes = Vec::with_capacity(reports.len());
    for report in reports {
        let callback = attempts.get(&report.attempt_id).and_then(|id| current.get(id));
        let Some(callback) = callback else {
            outcomes.push(Err(Error::NotFound("attempt")));
            continue;
        };
        let outcome = apply(tx, callback, report, &retries);
        if let Ok(callback) = &outcome {
            current.insert(callback.id, callback.clone());
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Prolongs a lease from now on. Gives until when it lasts. It has to be run in
/// a transaction.
///
/// # Errors
/// That the attempt does not exist or is not visible; [`Error::LeaseLost`] if it
/// is not held by whoever asks.
pub async fn extend(
    tx: &mut Tx<'_>,
    attempt_id: AttemptId,
    lease_token: &str,
    lease_seconds: i64,
) -> Result<Timestamp, Error> {
    let visible = &tx.grant().visible;
    let found = callbacks::find_by_attempt_for_update(tx.write()?, attempt_id, visible).await?;
    let callback = found.ok_or(Error::NotFound("attempt"))?;
    let open = callback
        .state
        .reservation()
        .is_some_and(|held| held.attempt_id == attempt_id && held.lease_token == lease_token);
    if !open {
        return Err(Error::refused(Refusal::LeaseLost, &callback));
    }
    let until = tx.now().plus_seconds(lease_seconds);
    callbacks::extend_lease(tx.write()?, callback.id, attempt_id, until).await?;
    Ok(until)
}
