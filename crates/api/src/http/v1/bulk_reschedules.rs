//! Bulk reschedules.

use actix_web::{HttpResponse, get, post, web};
use ringback_domain::JobId;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::bulk_reschedule::{
    BulkReschedule, CreateBulkReschedule, MAX_SPREAD_DAYS, MoveItem, MoveItemsQuery, SpreadRange,
};
use ringback_domain::wire::callback::Items;
use ringback_domain::wire::list::Page;
use ringback_domain::wire::problem::FieldCode;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bulk_cancellations::selector;
use crate::auth::{Caller, Grant, permit};
use crate::command::bulk_reschedule as commands;
use crate::command::{Audit, Tx};
use crate::error::Error;
use crate::http::extract::{Empty, Idempotency, Json, LARGE_BODY_BYTES, Path, Query, QueryFields};
use crate::http::{Api, Reply};
use crate::store::bulk_reschedule as store;

impl QueryFields for MoveItemsQuery {
    const NAMES: &'static [&'static str] = &["stayed", "limit", "cursor"];
}

/// Its part of the route table.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_bulk_reschedule)
        .service(list_bulk_reschedules)
        .service(list_move_items)
        .service(get_bulk_reschedule)
        .service(stop_bulk_reschedule)
        .service(undo_bulk_reschedule);
}

fn check(into: SpreadRange) -> Result<(), Error> {
    if into.from >= into.to {
        return Err(Error::invalid("/into/to", FieldCode::InvalidValue, "`to` must be after `from`."));
    }
    if into.to > into.from.plus_seconds(MAX_SPREAD_DAYS * 86_400) {
        let detail = format!("Choose at most {MAX_SPREAD_DAYS} days.");
        return Err(Error::invalid("/into/to", FieldCode::OutOfRange, detail));
    }
    Ok(())
}

/// A job without the slots of services that the reader may not see.
fn shown(mut job: BulkReschedule, reader: &Grant) -> BulkReschedule {
    job.spread.retain(|slot| slot.service_id.is_none_or(|service| reader.visible.contains(service)));
    job
}

/// Move many callbacks
///
/// Freezes the selection and spreads its SCHEDULED callbacks over the free places of `into`, in the
/// background, each by an ordinary reschedule. The earliest desired time gets the earliest slot that
/// can be booked for it, by the rules of its own service. Without a capacity rule the callbacks of a
/// service are spread evenly over its open quarter hours. A callback that has such a slot already
/// keeps it, and one that no slot has room for stays where it is. A slot that somebody takes
/// meanwhile is replaced by the first that is free. With `dry_run` nothing is moved; the outcomes,
/// the `spread` and the items say what would be.
#[utoipa::path(
    tag = "Bulk reschedules",
    request_body(content = CreateBulkReschedule, example = json!({
        "range": {"from": "2026-11-24T14:00:00Z", "to": "2026-11-24T15:00:00Z"},
        "into": {"from": "2026-11-24T16:00:00Z", "to": "2026-11-24T18:00:00Z"}, "dry_run": true
    })),
    responses((status = 202, description = "Accepted", body = BulkReschedule,
        headers(("Location" = String, description = "The job")))),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/bulk-reschedules")]
pub async fn create_bulk_reschedule(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    idempotency: Idempotency,
    body: Json<CreateBulkReschedule, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let CreateBulkReschedule { ids, range, matching, into, dry_run } = body.into_inner();
    check(into)?;
    let services = api.queries.directory.services().await?;
    let selector = selector((ids, range, matching), &services, &caller, api.queries.clock.now())?;
    let proposal = api.queries.propose(&selector, into, &caller).await?;
    let create = async move |tx: &mut Tx<'_>| {
        let job = commands::create(tx, &proposal, into, dry_run).await?;
        Reply::accepted(format!("/api/v1/bulk-reschedules/{}", job.id), &job)
    };
    let audit = Audit::of(AuditAction::BulkRescheduleCreate);
    Ok(api.commands.run(audit, key, &caller, create).await?.into())
}

/// List bulk reschedules
///
/// The caller's own, newest first; for an administrator everybody's.
#[utoipa::path(
    tag = "Bulk reschedules",
    responses((status = 200, description = "The jobs", body = Items<BulkReschedule>)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[get("/bulk-reschedules")]
pub async fn list_bulk_reschedules(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
) -> Result<HttpResponse, Error> {
    let items = store::list(&mut api.queries.store.read().await?, caller.whose_jobs()).await?;
    Ok(HttpResponse::Ok().json(Items { items }))
}

/// Read a bulk reschedule
///
/// How far it has got, the outcomes so far, and the spread that was planned.
#[utoipa::path(
    tag = "Bulk reschedules",
    params(("id" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job", body = BulkReschedule)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[get("/bulk-reschedules/{id}")]
pub async fn get_bulk_reschedule(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<JobId>,
) -> Result<HttpResponse, Error> {
    let found = store::find(&mut api.queries.store.read().await?, id, caller.whose_jobs()).await?;
    let job = found.ok_or(Error::NotFound("bulk reschedule"))?.job;
    Ok(HttpResponse::Ok().json(shown(job, &caller)))
}

/// List the callbacks of a bulk reschedule
///
/// In the order in which they are moved, with what became of each or, in a dry run, would become.
/// Callbacks that the caller may not see have the id and the outcome alone; in a job of somebody
/// else they are left out.
#[utoipa::path(
    tag = "Bulk reschedules",
    params(("id" = JobId, Path, description = "The job"), MoveItemsQuery),
    responses((status = 200, description = "A page of callbacks", body = Page<MoveItem>)),
    extensions(("x-permission" = json!(["view_callbacks", "manage_callbacks"]))),
)]
#[get("/bulk-reschedules/{id}/items")]
pub async fn list_move_items(
    api: web::Data<Api>,
    caller: Caller<permit::ExportCallbacks>,
    Path(id): Path<JobId>,
    Query(query, ()): Query<MoveItemsQuery>,
) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(api.queries.move_items(id, &caller, &query).await?))
}

/// Stop a bulk reschedule
///
/// Once this is answered nothing more is moved. What the job has not come to stays where it is, and
/// is `stopped`. A job that is over is answered as it is, so this may be repeated.
#[utoipa::path(
    tag = "Bulk reschedules",
    params(("id" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job, which is over", body = BulkReschedule)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/bulk-reschedules/{id}/stop")]
pub async fn stop_bulk_reschedule(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<JobId>,
    idempotency: Idempotency,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, &[]);
    let stop = async move |tx: &mut Tx<'_>| Reply::ok(&shown(commands::stop(tx, id).await?, tx.grant()));
    let audit = Audit::about(AuditAction::BulkRescheduleStop, id.0);
    Ok(api.commands.run(audit, key, &caller, stop).await?.into())
}

/// Undo a bulk reschedule
///
/// Within 10 minutes of its end. Moves back, in the background, each callback that has not changed
/// since it was moved and whose old slot is ahead and has a place; `undo` says how far that has got,
/// and the items say of the others what was in the way. May be repeated. A running job is refused;
/// stop it first.
#[utoipa::path(
    tag = "Bulk reschedules",
    params(("id" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job, which is being undone", body = BulkReschedule)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/bulk-reschedules/{id}/undo")]
pub async fn undo_bulk_reschedule(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<JobId>,
    idempotency: Idempotency,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, &[]);
    let undo = async move |tx: &mut Tx<'_>| Reply::ok(&shown(commands::undo(tx, id).await?, tx.grant()));
    let audit = Audit::about(AuditAction::BulkRescheduleUndo, id.0);
    Ok(api.commands.run(audit, key, &caller, undo).await?.into())
}
