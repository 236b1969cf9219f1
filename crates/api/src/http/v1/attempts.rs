//! The router endpoints: what an ACD, a dialler or an agent desktop calls.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, ResponseError, get, post, web};
use ringback_domain::callback::Callback;
use ringback_domain::callback::transition::Release;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::wire::router::{
    AttemptOutcome, AttemptOutcomes, AttemptQuery, AttemptReports, CompleteAttempt, ExtendLease,
    ExtendedLease, FailAttempt, LEASE_SECONDS, Lease, MAX_DISPOSITION_CHARS, MAX_REASON_CHARS, MAX_REPORTS,
    MAX_RESERVATIONS, MAX_WAIT_SECONDS, PAUSE_SECONDS, ReleaseAttempt, ReportKind, ReportOne,
    ReservationView, Reservations, Reserve,
};
use ringback_domain::{AttemptId, Timestamp};

use crate::auth::{Caller, permit};
use crate::command::attempts::{self, AttemptReport, Order, Report};
use crate::command::{Audit, Tx};
use crate::directory::Services;
use crate::error::Error;
use crate::fault::Fault;
use crate::http::extract::{Idempotency, Json, LARGE_BODY_BYTES, Path, Query};
use crate::http::{Api, Reply, problem};
use crate::limits::Use;
use crate::query::view::{self, Viewer};

/// Characters of an agent's name.
const MAX_AGENT_CHARS: usize = 100;

fn lease_seconds(given: Option<u32>) -> Result<i64, Error> {
    let (least, usual, most) = LEASE_SECONDS;
    match given.unwrap_or(usual) {
        seconds if (least..=most).contains(&seconds) => Ok(i64::from(seconds)),
        _ => Err(Error::invalid(
            "/lease_seconds",
            FieldCode::OutOfRange,
            format!("`lease_seconds` must be between {least} and {most}."),
        )),
    }
}

fn order(body: &Reserve) -> Result<Order, Error> {
    let limit = body.limit.unwrap_or(1);
    if !(1..=MAX_RESERVATIONS).contains(&limit) {
        let detail = format!("`limit` must be between 1 and {MAX_RESERVATIONS}.");
        return Err(Error::invalid("/limit", FieldCode::OutOfRange, detail));
    }
    if body.agent.trim().is_empty() || body.agent.chars().count() > MAX_AGENT_CHARS {
        let detail = format!("Use a name of 1 to {MAX_AGENT_CHARS} characters.");
        return Err(Error::invalid("/agent", FieldCode::InvalidValue, detail));
    }
    if body.services.is_empty() || body.services.len() > 100 {
        return Err(Error::invalid("/services", FieldCode::InvalidValue, "Name 1 to 100 services."));
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
        "agent": "agent-17", "services": ["019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2"], "wait_seconds": 5
    })),
    responses((status = 200, description = "What was handed over", body = Reservations)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[post("/router/reservations")]
pub async fn create_reservations(
    api: web::Data<Api>,
    caller: Caller<permit::RouteCallbacks>,
    idempotency: Idempotency,
    body: Json<Reserve>,
) -> Result<HttpResponse, Error> {
    let order = order(&body)?;
    let wait = body.wait_seconds.unwrap_or_default();
    if wait > MAX_WAIT_SECONDS {
        let detail = format!("`wait_seconds` must not exceed {MAX_WAIT_SECONDS}.");
        return Err(Error::invalid("/wait_seconds", FieldCode::OutOfRange, detail));
    }
    let key = idempotency.of(&caller, body.digest());
    let services = api.queries.directory.services().await?;
    let _waiting = if wait > 0 { Some(api.take(Use::WaitingRouter, &caller)?) } else { None };
    let wait = Duration::from_secs(u64::from(wait));
    let (commands, store) = (&api.commands, &api.queries.store);
    let reserved = attempts::reserve_or_wait(commands, store, key, &caller, order, wait).await?;
    Ok(HttpResponse::Ok().json(reservations(&reserved, &services, api.queries.clock.now())))
}

fn reservations(held: &[Callback], services: &Services, now: Timestamp) -> Reservations {
    let viewer = Viewer::new(false, now);
    let view = |callback: &Callback| {
        let reservation = callback.state.reservation()?;
        Some(ReservationView {
            attempt_id: reservation.attempt_id,
            lease_token: reservation.lease_token.clone(),
            lease_expires_at: reservation.lease_expires_at,
            callback: view::of_callback(callback, false, services, viewer),
        })
    };
    Reservations { reservations: held.iter().filter_map(view).collect() }
}

/// List open attempts
///
/// What the caller has reserved and not reported the end of, with the lease
/// tokens: for a router that starts again.
#[utoipa::path(
    tag = "Router",
    params(AttemptQuery),
    responses((status = 200, description = "The open attempts", body = Reservations)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[get("/router/attempts")]
pub async fn list_open_attempts(
    api: web::Data<Api>,
    caller: Caller<permit::RouteCallbacks>,
    Query(query, ()): Query<AttemptQuery>,
) -> Result<HttpResponse, Error> {
    if query.agent.as_ref().is_some_and(|agent| agent.chars().count() > MAX_AGENT_CHARS) {
        let detail = format!("Use a name of 1 to {MAX_AGENT_CHARS} characters.");
        return Err(Error::invalid("?agent", FieldCode::TooLong, detail));
    }
    let services = api.queries.directory.services().await?;
    let held = api.queries.open_attempts(&caller, query.agent.as_deref()).await?;
    Ok(HttpResponse::Ok().json(reservations(&held, &services, api.queries.clock.now())))
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
    api: web::Data<Api>,
    caller: Caller<permit::RouteCallbacks>,
    Path(attempt_id): Path<AttemptId>,
    idempotency: Idempotency,
    body: Json<ExtendLease>,
) -> Result<HttpResponse, Error> {
    let seconds = lease_seconds(body.lease_seconds)?;
    let key = idempotency.of(&caller, body.digest());
    let extend = async move |tx: &mut Tx<'_>| {
        let lease_expires_at = attempts::extend(tx, attempt_id, &body.lease_token, seconds).await?;
        Reply::ok(&ExtendedLease { attempt_id, lease_expires_at })
    };
    Ok(api.commands.run(Audit::None, key, &caller, extend).await?.into())
}

/// The answer to a report: the callback as it is then.
fn reported(services: &Services, callback: &Callback) -> Result<Reply, Error> {
    let view = view::of_callback(callback, false, services, Viewer::new(false, callback.updated_at));
    Ok(Reply::ok(&view)?.of_version(callback.version))
}

/// Applies a report by itself.
async fn apply(
    api: web::Data<Api>,
    caller: Caller<permit::RouteCallbacks>,
    idempotency: Idempotency,
    digest: &[u8],
    report: AttemptReport,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, digest);
    let services: Arc<Services> = api.queries.directory.services().await?;
    let apply = async move |tx: &mut Tx<'_>| reported(&services, &attempts::report(tx, &report).await?);
    Ok(api.commands.save(Audit::None, key, &caller, apply).await?.into())
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
    api: web::Data<Api>,
    caller: Caller<permit::RouteCallbacks>,
    Path(attempt_id): Path<AttemptId>,
    idempotency: Idempotency,
    body: Json<Lease>,
) -> Result<HttpResponse, Error> {
    let digest = body.digest().to_vec();
    let body = body.into_inner();
    let report = AttemptReport { attempt_id, lease_token: body.lease_token, report: Report::Connected };
    apply(api, caller, idempotency, &digest, report).await
}

/// Release a reservation
///
/// Gives the callback back: it takes its old place in the queue, and this agent
/// is offered others for some minutes.
#[utoipa::path(
    tag = "Router",
    params(("attempt_id" = AttemptId, Path, description = "The attempt of the reservation")),
    request_body(content = ReleaseAttempt, example = json!({"lease_token": "as handed over", "reason": "Break"})),
    responses((status = 200, description = "QUEUED", body = CallbackView)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[post("/attempts/{attempt_id}/release")]
pub async fn release_attempt(
    api: web::Data<Api>,
    caller: Caller<permit::RouteCallbacks>,
    Path(attempt_id): Path<AttemptId>,
    idempotency: Idempotency,
    body: Json<ReleaseAttempt>,
) -> Result<HttpResponse, Error> {
    let digest = body.digest().to_vec();
    let body = body.into_inner();
    let released = Report::Released(release(body.reason, body.pause_seconds)?);
    let report = AttemptReport { attempt_id, lease_token: body.lease_token, report: released };
    apply(api, caller, idempotency, &digest, report).await
}

/// Report a failed dial
///
/// Another attempt follows after the gap. The last one completes the callback, as
/// does one that cannot succeed: `INVALID_NUMBER` as `FAIL_CALL_TO_CUSTOMER`,
/// `NUMBER_BLOCKED` as `FAIL_NUMBER_BLOCKED`.
#[utoipa::path(
    tag = "Router",
    params(("attempt_id" = AttemptId, Path, description = "The attempt of the reservation")),
    request_body(content = FailAttempt, example = json!({"lease_token": "as handed over", "dial_result": "BUSY"})),
    responses((status = 200, description = "QUEUED or COMPLETED", body = CallbackView)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[post("/attempts/{attempt_id}/fail")]
pub async fn fail_attempt(
    api: web::Data<Api>,
    caller: Caller<permit::RouteCallbacks>,
    Path(attempt_id): Path<AttemptId>,
    idempotency: Idempotency,
    body: Json<FailAttempt>,
) -> Result<HttpResponse, Error> {
    let digest = body.digest().to_vec();
    let body = body.into_inner();
    let report =
        AttemptReport { attempt_id, lease_token: body.lease_token, report: Report::Failed(body.dial_result) };
    apply(api, caller, idempotency, &digest, report).await
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
    api: web::Data<Api>,
    caller: Caller<permit::RouteCallbacks>,
    Path(attempt_id): Path<AttemptId>,
    idempotency: Idempotency,
    body: Json<CompleteAttempt>,
) -> Result<HttpResponse, Error> {
    let digest = body.digest().to_vec();
    let body = body.into_inner();
    check_text("/disposition", body.disposition.as_deref(), MAX_DISPOSITION_CHARS)?;
    let completed = Report::Completed { result: body.result, disposition: body.disposition };
    let report = AttemptReport { attempt_id, lease_token: body.lease_token, report: completed };
    apply(api, caller, idempotency, &digest, report).await
}

fn release(reason: Option<String>, pause_seconds: Option<u32>) -> Result<Release, Error> {
    check_text("/reason", reason.as_deref(), MAX_REASON_CHARS)?;
    let (usual, most) = PAUSE_SECONDS;
    let pause_seconds = pause_seconds.unwrap_or(usual);
    if pause_seconds > most {
        let detail = format!("`pause_seconds` must not exceed {most}.");
        return Err(Error::invalid("/pause_seconds", FieldCode::OutOfRange, detail));
    }
    Ok(Release { reason, pause_seconds })
}

fn check_text(pointer: &str, text: Option<&str>, most: usize) -> Result<(), Error> {
    if text.is_some_and(|text| text.chars().count() > most) {
        let detail = format!("Use at most {most} characters.");
        return Err(Error::invalid(pointer, FieldCode::TooLong, detail));
    }
    Ok(())
}

/// A report of many, checked as the single ones are.
fn checked(one: ReportOne) -> Result<AttemptReport, Error> {
    let mut faults = Vec::new();
    let mut only_with = |given: bool, pointer: &str, kind: ReportKind, name: &str| {
        if given && one.report != kind {
            faults.push(Fault::new(pointer, FieldCode::NotAllowed, format!("Give this with `{name}` only.")));
        }
    };
    only_with(one.dial_result.is_some(), "/dial_result", ReportKind::Failed, "failed");
    only_with(one.result.is_some(), "/result", ReportKind::Completed, "completed");
    only_with(one.disposition.is_some(), "/disposition", ReportKind::Completed, "completed");
    only_with(one.reason.is_some(), "/reason", ReportKind::Released, "released");
    only_with(one.pause_seconds.is_some(), "/pause_seconds", ReportKind::Released, "released");
    if one.report == ReportKind::Failed && one.dial_result.is_none() {
        faults.push(Fault::new("/dial_result", FieldCode::Required, "Say how the dial failed."));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    check_text("/disposition", one.disposition.as_deref(), MAX_DISPOSITION_CHARS)?;
    let report = match (one.report, one.dial_result) {
        (ReportKind::Connected, _) => Report::Connected,
        (ReportKind::Released, _) => Report::Released(release(one.reason, one.pause_seconds)?),
        (ReportKind::Failed, Some(result)) => Report::Failed(result),
        (ReportKind::Failed, None) | (ReportKind::Completed, _) => {
            Report::Completed { result: one.result, disposition: one.disposition }
        }
    };
    Ok(AttemptReport { attempt_id: one.attempt_id, lease_token: one.lease_token, report })
}

fn outcome(attempt_id: AttemptId, outcome: Result<&Callback, &Error>) -> AttemptOutcome {
    match outcome {
        Ok(callback) => {
            AttemptOutcome { attempt_id, status: 200, state: Some(callback.state.name()), problem: None }
        }
        Err(error) => AttemptOutcome {
            attempt_id,
            status: error.status_code().as_u16(),
            state: None,
            problem: Some(problem::of(error)),
        },
    }
}

/// Report on several attempts
///
/// Applies up to 100 reports in their order, each as the call of its name would:
/// one that is refused leaves the others alone. What is applied is kept together.
#[utoipa::path(
    tag = "Router",
    request_body(content = AttemptReports, example = json!({"reports": [{
        "attempt_id": "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2", "lease_token": "as handed over",
        "report": "failed", "dial_result": "BUSY"
    }]})),
    responses((status = 200, description = "What became of each", body = AttemptOutcomes)),
    extensions(("x-permission" = json!("route_callbacks"))),
)]
#[post("/attempts/reports")]
pub async fn report_attempts(
    api: web::Data<Api>,
    caller: Caller<permit::RouteCallbacks>,
    idempotency: Idempotency,
    body: Json<AttemptReports, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let reports = body.into_inner().reports;
    if !(1..=MAX_REPORTS).contains(&reports.len()) {
        let detail = format!("Give 1 to {MAX_REPORTS} reports.");
        return Err(Error::invalid("/reports", FieldCode::OutOfRange, detail));
    }
    let reports: Vec<(AttemptId, Result<AttemptReport, Error>)> =
        reports.into_iter().map(|one| (one.attempt_id, checked(one))).collect();
    let valid: Vec<AttemptReport> =
        reports.iter().filter_map(|(_, report)| report.as_ref().ok().cloned()).collect();
    let report = async move |tx: &mut Tx<'_>| {
        let applied = attempts::report_all(tx, &valid).await?;
        let mut applied = applied.iter();
        let outcomes = reports.iter().filter_map(|(id, report)| match report {
            Err(error) => Some(outcome(*id, Err(error))),
            Ok(_) => applied.next().map(|applied| outcome(*id, applied.as_ref())),
        });
        Reply::ok(&AttemptOutcomes { outcomes: outcomes.collect() })
    };
    Ok(api.commands.save(Audit::None, key, &caller, report).await?.into())
}
