//! The telephony port: what a router does with callbacks.
//!
//! The HTTP endpoints under *Router* and every connector, the simulator among
//! them, are clients of these functions. There is no other way to a call.

use std::time::Duration;

use ringback_domain::callback::Callback;
use ringback_domain::callback::state::Reservation;
use ringback_domain::callback::transition::{Claim, Refusal, Transition};
use ringback_domain::service::RETRY_POLICY;
use ringback_domain::{Actor, AttemptId, DialResult, ResultCode, ServiceId, Timestamp, VisibleServices};

use crate::app::App;
use crate::auth::token::new_secret;
use crate::error::Error;
use crate::store::{Conn, callbacks, queue};

/// Who routes: the name for the timeline, and what may be seen.
#[derive(Clone, Debug)]
pub struct Router {
    /// Who acts.
    pub actor: Actor,
    /// The services whose callbacks may be handed over.
    pub visible: VisibleServices,
}

/// What a router asks for.
#[derive(Clone, Debug)]
pub struct Order {
    /// The agent to reserve for.
    pub agent: String,
    /// The services that the agent serves.
    pub services: Vec<ServiceId>,
    /// Most callbacks.
    pub limit: usize,
    /// Seconds that the reservation lasts.
    pub lease_seconds: i64,
}

/// How often a waiting router looks by itself: the net below the signals.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The services of an order that hand callbacks over at the moment.
async fn dialling(app: &App, router: &Router, order: &Order) -> Result<Vec<ServiceId>, Error> {
    let services = app.services().await?;
    let mut dialling = Vec::with_capacity(order.services.len());
    for id in &order.services {
        let service = services
            .visible(*id, &router.visible)
            .ok_or_else(|| Error::invalid("/services", "unknown", format!("there is no service {id}")))?;
        if service.settings.dial_pending && !dialling.contains(id) {
            dialling.push(*id);
        }
    }
    Ok(dialling)
}

/// Hands the next queued callbacks over inside a transaction, each to this
/// router alone.
pub async fn reserve_in(
    conn: &mut Conn,
    services: &[ServiceId],
    order: &Order,
    actor: &Actor,
    app: &App,
) -> Result<Vec<Transition>, Error> {
    let now = app.clock.now();
    let mut reserved = Vec::new();
    for callback in queue::take_ready(conn, services, now, order.limit).await? {
        let reservation = Reservation {
            attempt_id: AttemptId(app.clock.new_id()),
            lease_token: new_secret(),
            agent: order.agent.clone(),
            reserved_at: now,
            lease_expires_at: now.plus_seconds(order.lease_seconds),
        };
        let moved = callback
            .reserve(reservation, actor, now)
            .map_err(|refusal| Error::refused(refusal, &callback))?;
        callbacks::save(conn, &moved).await?;
        reserved.push(moved);
    }
    Ok(reserved)
}

/// Waits until there may be work for the order, or the time is over. Gives the
/// services to take from; none where there is nothing to take.
pub async fn wait_for_work(
    app: &App,
    router: &Router,
    order: &Order,
    wait: Duration,
) -> Result<Vec<ServiceId>, Error> {
    let until = tokio::time::Instant::now() + wait;
    loop {
        // Listened to before looking, so that nothing falls in between.
        let queued = app.signals.queued.notified();
        tokio::pin!(queued);
        queued.as_mut().enable();
        let services = dialling(app, router, order).await?;
        let left = until.saturating_duration_since(tokio::time::Instant::now());
        if left.is_zero() {
            return Ok(services);
        }
        if !services.is_empty() {
            let mut conn = app.store.read().await?;
            if queue::has_ready(&mut conn, &services, app.clock.now()).await? {
                return Ok(services);
            }
        }
        let _ = tokio::time::timeout(left.min(LOOK_AGAIN), queued).await;
    }
}

/// The callback of an attempt, held until the transaction ends.
async fn held(conn: &mut Conn, router: &Router, attempt: AttemptId) -> Result<Callback, Error> {
    callbacks::find_by_attempt(conn, attempt, &router.visible).await?.ok_or(Error::NotFound("attempt"))
}

/// What a router reports of an attempt.
#[derive(Clone, Debug)]
pub enum Report {
    /// The call with the agent stands.
    Connected,
    /// Give the callback back.
    Released,
    /// The dial failed.
    Failed(DialResult),
    /// The conversation ended.
    Finished {
        /// The result; `AGENT_CONNECTED` if none is given.
        result: Option<ResultCode>,
        /// The router's own word for the outcome.
        disposition: Option<String>,
    },
}

/// Applies a report inside a transaction.
pub async fn report_in(
    conn: &mut Conn,
    router: &Router,
    attempt_id: AttemptId,
    lease_token: &str,
    report: Report,
    now: Timestamp,
) -> Result<Transition, Error> {
    let callback = held(conn, router, attempt_id).await?;
    let claim = Claim { attempt_id, lease_token };
    let actor = &router.actor;
    let moved = match report {
        Report::Connected => callback.connect(claim, actor, now),
        Report::Released => callback.release(claim, actor, now),
        Report::Failed(result) => callback.fail_attempt(claim, result, RETRY_POLICY, actor, now),
        Report::Finished { result, disposition } => callback.finish(claim, result, disposition, actor, now),
    }
    .map_err(|refusal| Error::refused(refusal, &callback))?;
    callbacks::save(conn, &moved).await?;
    Ok(moved)
}

/// Prolongs a lease inside a transaction. Gives until when it lasts.
pub async fn extend_in(
    conn: &mut Conn,
    router: &Router,
    attempt_id: AttemptId,
    lease_token: &str,
    lease_seconds: i64,
    now: Timestamp,
) -> Result<Timestamp, Error> {
    let callback = held(conn, router, attempt_id).await?;
    let open = callback
        .state
        .reservation()
        .is_some_and(|held| held.attempt_id == attempt_id && held.lease_token == lease_token);
    if !open {
        return Err(Error::refused(Refusal::LeaseLost, &callback));
    }
    let until = now.plus_seconds(lease_seconds);
    callbacks::extend_lease(conn, callback.id, attempt_id, until).await?;
    Ok(until)
}
