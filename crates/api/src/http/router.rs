//! The router endpoints: what an ACD, a dialler or an agent desktop calls.

use std::time::Duration;

use actix_web::{HttpResponse, post, web};
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::router::{
    CompleteAttempt, ExtendLease, ExtendedLease, FailAttempt, LEASE_SECONDS, Lease, MAX_RESERVATIONS,
    MAX_WAIT_SECONDS, ReservationView, Reservations, Reserve,
};
use ringback_domain::{AttemptId, State};

use super::extract::{Idempotency, Json, Path};
use super::respond;
use crate::app::{App, Effect};
use crate::auth::{Caller, Identity, permit};
use crate::callbacks;
use crate::error::Error;
use crate::router::{self, Order, Report, Router};
use crate::store::idempotency::Answer;
use crate::view::{self, Viewer};

fn router_of(identity: &Identity) -> Router {
    Router { actor: identity.actor(), visible: identity.visible.clone() }
}

fn lease_seconds(given: Option<u32>) -> Result<i64, Error> {
    let (least, usual, most) = LEASE_SECONDS;
    match given.unwrap_or(usual) {
        seconds if (least..=most).contains(&seconds) => Ok(i64::from(seconds)),
        _ => Err(Error::invalid(
            "/lease_seconds",
            "out_of_range",
            format!("a lease lasts {least} to {most} seconds"),
        )),
    }
}

fn order(body: &Reserve) -> Result<Order, Error> {
    let limit = body.limit.unwrap_or(1);
    if !(1..=MAX_RESERVATIONS).contains(&limit) {
        let detail = format!("a reservation takes 1 to {MAX_RESERVATIONS} callbacks");
        return Err(Error::invalid("/limit", "out_of_range", detail));
    }
    if body.agent.trim().is_empty() || body.agent.chars().count() > 100 {
        return Err(Error::invalid("/agent", "invalid_value", "an agent has a name of 1 to 100 characters"));
    }
    if body.services.is_empty() || body.services.len() > 100 {
        return Err(Error::invalid("/services", "invalid_value", "name 1 to 100 services"));
    }
    Ok(Order {
        agent: body.agent.clone(),
        services: body.services.clone(),
        limit: limit as usize,
        lease_seconds: lease_seconds(body.lease_seconds)?,
    })
}

/// Reserve callbacks
///
/// Hands over the next queued callbacks, each to exactly one caller, and makes
/// them ROUTING. Waits for work if asked to; empty where there is none.
#[utoipa::path(
    tag = "Router",
    request_body(content = Reserve, example = json!({
        "agent": "agent-17", "services": ["019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2"], "wait_seconds": 20
    })),
    responses((status = 200, description = "What was handed over", body = Reservations)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[post("/router/reservations")]
pub async fn create_reservations(
    app: web::Data<App>,
    caller: Caller<permit::RouteCallbacks>,
    idempotency: Idempotency,
    body: Json<Reserve>,
) -> Result<HttpResponse, Error> {
    let order = order(&body)?;
    let wait = body.wait_seconds.unwrap_or_default();
    if wait > MAX_WAIT_SECONDS {
        let detail = format!("a router waits {MAX_WAIT_SECONDS} seconds at most");
        return Err(Error::invalid("/wait_seconds", "out_of_range", detail));
    }
    let key = idempotency.of(&caller, body.digest());
    let _running = key.as_ref().map(|key| app.begin(key)).transpose()?;
    let router = router_of(&caller);
    let until = tokio::time::Instant::now() + Duration::from_secs(u64::from(wait));
    loop {
        let left = until.saturating_duration_since(tokio::time::Instant::now());
        let from = router::wait_for_work(&app, &router, &order, left).await?;
        let last = tokio::time::Instant::now() >= until;
        let (context, order, actor) = (app.clone(), order.clone(), router.actor.clone());
        let services = app.services().await?;
        let answer = app
            .effect(key.clone(), async move |conn| {
                let reserved = router::reserve_in(conn, &from, &order, &actor, &context).await?;
                if reserved.is_empty() && !last {
                    return Ok(None);
                }
                let viewer = Viewer::new(false, context.clock.now());
                let reservations = reserved.iter().filter_map(|moved| match &moved.callback.state {
                    State::Routing(routing) => Some(ReservationView {
                        attempt_id: routing.reservation.attempt_id,
                        lease_token: routing.reservation.lease_token.clone(),
                        lease_expires_at: routing.reservation.lease_expires_at,
                        callback: view::of_callback(&moved.callback, &services, viewer),
                    }),
                    _ => None,
                });
                let reservations = Reservations { reservations: reservations.collect() };
                let body = serde_json::to_string(&reservations).map_err(Error::internal)?;
                let answer = Answer { status: 200, location: None, etag: None, body };
                Ok(Some(Effect { answer, transitions: reserved }))
            })
            .await?;
        if let Some(answer) = answer {
            return Ok(respond(&answer));
        }
    }
}

/// Extend a lease
///
/// Prolongs the reservation from now on; a heartbeat while the phone rings.
#[utoipa::path(
    tag = "Router",
    params(("attempt_id" = AttemptId, Path, description = "The attempt of the reservation")),
    request_body(content = ExtendLease, example = json!({"lease_token": "as handed over", "lease_seconds": 30})),
    responses((status = 200, description = "Prolonged", body = ExtendedLease)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[post("/attempts/{attempt_id}/extend")]
pub async fn extend_lease(
    app: web::Data<App>,
    caller: Caller<permit::RouteCallbacks>,
    Path(attempt_id): Path<AttemptId>,
    idempotency: Idempotency,
    body: Json<ExtendLease>,
) -> Result<HttpResponse, Error> {
    let seconds = lease_seconds(body.lease_seconds)?;
    let key = idempotency.of(&caller, body.digest());
    let (router, now) = (router_of(&caller), app.clock.now());
    let answer = app
        .command(key, async move |conn| {
            let lease_expires_at =
                router::extend_in(conn, &router, attempt_id, &body.lease_token, seconds, now).await?;
            let body = serde_json::to_string(&ExtendedLease { attempt_id, lease_expires_at })
                .map_err(Error::internal)?;
            let answer = Answer { status: 200, location: None, etag: None, body };
            Ok(Effect { answer, transitions: Vec::new() })
        })
        .await?;
    Ok(respond(&answer))
}

/// Applies a router's report and answers with the callback as it is then.
async fn report(
    app: web::Data<App>,
    caller: Caller<permit::RouteCallbacks>,
    attempt_id: AttemptId,
    idempotency: Idempotency,
    digest: &[u8],
    lease_token: String,
    report: Report,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, digest);
    let (router, now) = (router_of(&caller), app.clock.now());
    let services = app.services().await?;
    let answer = app
        .command(key, async move |conn| {
            let moved = router::report_in(conn, &router, attempt_id, &lease_token, report, now).await?;
            let view = view::of_callback(&moved.callback, &services, Viewer::new(false, now));
            Ok(Effect { answer: callbacks::answer(200, &view, false)?, transitions: vec![moved] })
        })
        .await?;
    Ok(respond(&answer))
}

/// Report a connection
///
/// Agent and customer are connected: ROUTING becomes PROCESSING.
#[utoipa::path(
    tag = "Router",
    params(("attempt_id" = AttemptId, Path, description = "The attempt of the reservation")),
    request_body(content = Lease, example = json!({"lease_token": "as handed over"})),
    responses((status = 200, description = "PROCESSING", body = CallbackView)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[post("/attempts/{attempt_id}/connect")]
pub async fn connect_attempt(
    app: web::Data<App>,
    caller: Caller<permit::RouteCallbacks>,
    Path(id): Path<AttemptId>,
    idempotency: Idempotency,
    body: Json<Lease>,
) -> Result<HttpResponse, Error> {
    let digest = body.digest().to_vec();
    report(app, caller, id, idempotency, &digest, body.into_inner().lease_token, Report::Connected).await
}

/// Release a reservation
///
/// Gives the callback back: it takes its old place in the queue.
#[utoipa::path(
    tag = "Router",
    params(("attempt_id" = AttemptId, Path, description = "The attempt of the reservation")),
    request_body(content = Lease, example = json!({"lease_token": "as handed over"})),
    responses((status = 200, description = "QUEUED", body = CallbackView)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[post("/attempts/{attempt_id}/release")]
pub async fn release_attempt(
    app: web::Data<App>,
    caller: Caller<permit::RouteCallbacks>,
    Path(id): Path<AttemptId>,
    idempotency: Idempotency,
    body: Json<Lease>,
) -> Result<HttpResponse, Error> {
    let digest = body.digest().to_vec();
    report(app, caller, id, idempotency, &digest, body.into_inner().lease_token, Report::Released).await
}

/// Report a failed dial
///
/// Another attempt follows after the gap, or the last one completes the
/// callback as `FAIL_CALL_TO_CUSTOMER`.
#[utoipa::path(
    tag = "Router",
    params(("attempt_id" = AttemptId, Path, description = "The attempt of the reservation")),
    request_body(content = FailAttempt, example = json!({"lease_token": "as handed over", "dial_result": "BUSY"})),
    responses((status = 200, description = "QUEUED or COMPLETED", body = CallbackView)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[post("/attempts/{attempt_id}/fail")]
pub async fn fail_attempt(
    app: web::Data<App>,
    caller: Caller<permit::RouteCallbacks>,
    Path(id): Path<AttemptId>,
    idempotency: Idempotency,
    body: Json<FailAttempt>,
) -> Result<HttpResponse, Error> {
    let digest = body.digest().to_vec();
    let body = body.into_inner();
    report(app, caller, id, idempotency, &digest, body.lease_token, Report::Failed(body.dial_result)).await
}

/// Report the end of a conversation
///
/// PROCESSING becomes COMPLETED, as `AGENT_CONNECTED` unless another result is
/// given.
#[utoipa::path(
    tag = "Router",
    params(("attempt_id" = AttemptId, Path, description = "The attempt of the reservation")),
    request_body(content = CompleteAttempt, example = json!({"lease_token": "as handed over", "disposition": "solved"})),
    responses((status = 200, description = "COMPLETED", body = CallbackView)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[post("/attempts/{attempt_id}/complete")]
pub async fn complete_attempt(
    app: web::Data<App>,
    caller: Caller<permit::RouteCallbacks>,
    Path(id): Path<AttemptId>,
    idempotency: Idempotency,
    body: Json<CompleteAttempt>,
) -> Result<HttpResponse, Error> {
    let digest = body.digest().to_vec();
    let body = body.into_inner();
    if body.disposition.as_ref().is_some_and(|text| text.chars().count() > 200) {
        return Err(Error::invalid("/disposition", "too_long", "a disposition has 200 characters at most"));
    }
    let finished = Report::Finished { result: body.result, disposition: body.disposition };
    report(app, caller, id, idempotency, &digest, body.lease_token, finished).await
}
