//! Callbacks: lists, single records, and commands on them.

use std::sync::Arc;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use ringback_domain::callback::Callback;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::callback::{
    AttemptView, CallbackView, CancelCallback, CloseCallback, CreateCallback, Items, RecreateCallback,
    RescheduleCallback, TimelineEntry,
};
use ringback_domain::wire::list::{CallbackCount, CallbackFilter, CountQuery, FindQuery, Page, PageQuery};
use ringback_domain::{CallbackId, CallbackType, ServiceId};

use crate::auth::{Caller, Identity, permit};
use crate::command::callbacks::{self, Answer, Target};
use crate::command::{Audit, Expected, Tx};
use crate::directory::Services;
use crate::error::Error;
use crate::http::extract::{Empty, Idempotency, Json, Optional, Path, Query};
use crate::http::{Api, Reply, rows_response};
use crate::query::view::{self, Viewer};
use crate::store::idempotency::IdempotencyKey;
use crate::store::name_recordings;

/// What a command answers: the record as it is then.
struct Viewed {
    identity: Arc<Identity>,
    services: Arc<Services>,
}

impl Viewed {
    async fn by<P>(api: &Api, caller: &Caller<P>) -> Result<Self, Error> {
        Ok(Self { identity: Arc::clone(caller), services: api.queries.directory.services().await? })
    }

    fn view(&self, callback: &Callback) -> CallbackView {
        view::of_callback(callback, false, &self.services, Viewer::of(&self.identity, callback.updated_at))
    }

    fn changed(&self, callback: &Callback) -> Result<Reply, Error> {
        Ok(Reply::ok(&self.view(callback))?.of_version(callback.version))
    }
}

/// Runs a command that changes one callback, and answers with the record as it is
/// then.
async fn change<F>(
    api: &Api,
    caller: &Caller<permit::ManageCallbacks>,
    audit: Audit,
    key: Option<IdempotencyKey>,
    command: F,
) -> Result<HttpResponse, Error>
where
    F: AsyncFn(&mut Tx<'_>) -> Result<Callback, Error> + Send + Sync + 'static,
{
    let viewed = Viewed::by(api, caller).await?;
    let answer = async move |tx: &mut Tx<'_>| viewed.changed(&command(tx).await?);
    Ok(api.commands.save(audit, key, caller, answer).await?.into())
}

/// Answers with a new callback, or with the one that is there already.
fn answered(view: &CallbackView, is_new: bool) -> Result<Reply, Error> {
    let location = format!("/api/v1/callbacks/{}", view.id);
    let reply = if is_new { Reply::created(location, view)? } else { Reply::ok(view)?.at(location) };
    Ok(reply.of_version(view.version))
}

/// Looks at the queues where the command has to know how long an immediate callback would wait.
async fn look_at_queues(api: &Api, service: Option<ServiceId>, kind: CallbackType) -> Result<(), Error> {
    let services = api.queries.directory.services().await?;
    let is_limited = |id: ServiceId| {
        let service = services.get(id);
        service.is_some_and(|service| service.settings.limits.longest_wait_seconds.is_some())
    };
    let needs = kind == CallbackType::Immediate && service.is_none_or(is_limited);
    if needs {
        api.queries.positions().await?;
    }
    Ok(())
}

/// List callbacks
///
/// A page of the callbacks that the caller may see, in stable order. Follow
/// `next` and `previous`; the last page comes as quickly as the first.
#[utoipa::path(
    tag = "Callbacks",
    params(CallbackFilter, PageQuery),
    responses((status = 200, description = "The page", body = Page<CallbackView>)),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[get("/callbacks")]
pub async fn list_callbacks(
    api: web::Data<Api>,
    caller: Caller<permit::ViewCallbacks>,
    Query(filter, page): Query<CallbackFilter, PageQuery>,
) -> Result<HttpResponse, Error> {
    let found = api.queries.page(&caller, &filter, &page).await?;
    let items = found.rows.iter().map(|row| &row.json).collect();
    rows_response(&Page { items, next: found.next, previous: found.previous }, found.rows.len())
}

/// Count callbacks
///
/// How many callbacks the same filter has, by state. Exact unless `up_to` is
/// given: then counting stops there and `at_least` says so.
#[utoipa::path(
    tag = "Callbacks",
    params(CallbackFilter, CountQuery),
    responses((status = 200, description = "The count", body = CallbackCount)),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[get("/callbacks/count")]
pub async fn count_callbacks(
    api: web::Data<Api>,
    caller: Caller<permit::ViewCallbacks>,
    Query(filter, count): Query<CallbackFilter, CountQuery>,
) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(api.queries.count(&caller, &filter, &count).await?))
}

/// Search callbacks by id or number
///
/// *Callback Search*: whatever the time, the callback of this id, or those of
/// this number, latest desired time first; empty where nothing matches.
#[utoipa::path(
    tag = "Callbacks",
    params(FindQuery),
    responses((status = 200, description = "What was found", body = Items<CallbackView>)),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[get("/callbacks/search")]
pub async fn search_callbacks(
    api: web::Data<Api>,
    caller: Caller<permit::ViewCallbacks>,
    Query(query, ()): Query<FindQuery>,
) -> Result<HttpResponse, Error> {
    let rows = api.queries.search(&caller, &query).await?;
    let items: Vec<_> = rows.iter().map(|row| &row.json).collect();
    rows_response(&Items { items }, rows.len())
}

/// Create a callback
///
/// Takes a request in. An immediate callback enters the queue at once, a
/// scheduled one at its desired time.
///
/// Where the customer has an open callback of the service, its `duplicate_policy` decides: a second
/// one is made, the open one is given as it is (200) or cancelled for the new one, or the request
/// is refused (409) with the id of the open one.
#[utoipa::path(
    tag = "Callbacks",
    request_body(content = CreateCallback, example = json!({
        "callback_type": "immediate",
        "service_id": "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2",
        "customer_number": "+44 20 7946 0318"
    })),
    responses(
        (status = 201, description = "Promised", body = CallbackView,
            headers(("Location" = String, description = "The new record"), ("ETag" = String, description = "Its version"))),
        (status = 200, description = "There is an open callback for this number already", body = CallbackView,
            headers(("Location" = String, description = "Its record"), ("ETag" = String, description = "Its version"))),
    ),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/callbacks")]
pub async fn create_callback(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    idempotency: Idempotency,
    body: Json<CreateCallback>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let viewed = Viewed::by(&api, &caller).await?;
    look_at_queues(&api, Some(body.service_id), body.callback_type).await?;
    let create = async move |tx: &mut Tx<'_>| match callbacks::create(tx, &body).await? {
        Answer::Made(made) => answered(&viewed.view(&made), true),
        Answer::Existing(existing) => answered(&viewed.view(&existing), false),
    };
    let audit = Audit::of(AuditAction::CallbackCreate);
    Ok(api.commands.save(audit, key, &caller, create).await?.into())
}

/// Read a callback
///
/// The record with every metric as far as its state has got.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    responses((status = 200, description = "The record", body = CallbackView,
        headers(("ETag" = String, description = "Its version")))),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[get("/callbacks/{id}")]
pub async fn get_callback(
    api: web::Data<Api>,
    caller: Caller<permit::ViewCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    let view = api.queries.record(&caller, id).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", view.version))).json(view))
}

/// Read the timeline of a callback
///
/// Every change with who did it and why, oldest first.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    responses((status = 200, description = "The timeline", body = Items<TimelineEntry>)),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[get("/callbacks/{id}/timeline")]
pub async fn get_timeline(
    api: web::Data<Api>,
    caller: Caller<permit::ViewCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    let items = api.queries.timeline(&caller, id).await?;
    Ok(HttpResponse::Ok().json(Items { items }))
}

/// Read the attempts of a callback
///
/// Every reservation and what became of it, oldest first.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    responses((status = 200, description = "The attempts", body = Items<AttemptView>)),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[get("/callbacks/{id}/attempts")]
pub async fn list_attempts(
    api: web::Data<Api>,
    caller: Caller<permit::ViewCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    let items = api.queries.attempts(&caller, id).await?;
    Ok(HttpResponse::Ok().json(Items { items }))
}

/// Reschedule a callback
///
/// Moves the desired time of a SCHEDULED callback, and its removal date with it.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    request_body(content = RescheduleCallback, example = json!({"desired_time": "2030-01-01T09:00:00Z"})),
    responses((status = 200, description = "Moved", body = CallbackView)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/callbacks/{id}/reschedule")]
pub async fn reschedule_callback(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    expected: Expected,
    idempotency: Idempotency,
    body: Json<RescheduleCallback>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let target = Target { id, expected };
    let audit = Audit::about(AuditAction::CallbackReschedule, id.0);
    change(&api, &caller, audit, key, async move |tx: &mut Tx<'_>| {
        callbacks::reschedule(tx, target, &body).await
    })
    .await
}

/// Cancel a callback
///
/// Completes it as `CANCELLED_BY_ADMIN` for a person, as `CANCELLED` for an API
/// key. PROCESSING and COMPLETED callbacks are refused.
///
/// With `undo_seconds` that happens after so many seconds. Meanwhile the callback
/// keeps its state and has a `cancellation`, which can be undone; it is neither
/// queued nor handed out, and a ROUTING one goes back to its place in the queue.
/// One that is about to be cancelled already stays as it is; without
/// `undo_seconds` it is cancelled at once.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    request_body(content = CancelCallback, example = json!({"undo_seconds": 10})),
    responses((status = 200, description = "Called off, or about to be", body = CallbackView)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/callbacks/{id}/cancel")]
pub async fn cancel_callback(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    expected: Expected,
    idempotency: Idempotency,
    Optional(body): Optional<CancelCallback>,
) -> Result<HttpResponse, Error> {
    // A body that says nothing is the same request as none.
    let said = body.undo_seconds.map(u32::to_be_bytes);
    let key = idempotency.of(&caller, said.as_ref().map_or(&[], <[u8; 4]>::as_slice));
    let target = Target { id, expected };
    let audit = Audit::about(AuditAction::CallbackCancel, id.0);
    change(&api, &caller, audit, key, async move |tx: &mut Tx<'_>| callbacks::cancel(tx, target, body).await)
        .await
}

/// Undo a cancellation
///
/// Takes back a cancellation that has not taken effect; the callback keeps its
/// place in the queue. A callback that is not about to be cancelled is answered
/// as it is, so this may be repeated. COMPLETED callbacks are refused.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    responses((status = 200, description = "Not cancelled", body = CallbackView)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/callbacks/{id}/cancel/undo")]
pub async fn undo_cancel_callback(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    expected: Expected,
    idempotency: Idempotency,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, &[]);
    let target = Target { id, expected };
    let audit = Audit::about(AuditAction::CallbackUndoCancel, id.0);
    change(&api, &caller, audit, key, async move |tx: &mut Tx<'_>| callbacks::undo_cancel(tx, target).await)
        .await
}

/// Requeue a callback
///
/// Puts a quarantined callback back into the queue, in its old place.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    responses((status = 200, description = "QUEUED, and handed out again", body = CallbackView)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/callbacks/{id}/requeue")]
pub async fn requeue_callback(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    expected: Expected,
    idempotency: Idempotency,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, &[]);
    let target = Target { id, expected };
    let audit = Audit::about(AuditAction::CallbackRequeue, id.0);
    change(&api, &caller, audit, key, async move |tx: &mut Tx<'_>| callbacks::requeue(tx, target).await).await
}

/// Close a callback
///
/// Ends a PROCESSING callback whose end nobody reports, such as after the loss of
/// a router. Nobody is called again for it.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    request_body(content = CloseCallback, example = json!({
        "result": "AGENT_CONNECTED", "reason": "The agent says that the call ended at noon."
    })),
    responses((status = 200, description = "COMPLETED", body = CallbackView)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/callbacks/{id}/close")]
pub async fn close_callback(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    expected: Expected,
    idempotency: Idempotency,
    body: Json<CloseCallback>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let target = Target { id, expected };
    let audit = Audit::about(AuditAction::CallbackClose, id.0);
    change(&api, &caller, audit, key, async move |tx: &mut Tx<'_>| callbacks::close(tx, target, &body).await)
        .await
}

/// Recreate a callback
///
/// Makes a new record from a finished one that did not reach the agent, once.
/// Within four days of its end the customer's recorded name is taken over. Where the customer has
/// an open callback of the service, its `duplicate_policy` decides, as for a new one.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "ID of the finished callback")),
    request_body(content = RecreateCallback, example = json!({"callback_type": "immediate"})),
    responses(
        (status = 201, description = "The new record", body = CallbackView,
            headers(("Location" = String, description = "The new record"))),
        (status = 200, description = "There is an open callback for this number already", body = CallbackView,
            headers(("Location" = String, description = "Its record"))),
    ),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/callbacks/{id}/recreate")]
pub async fn recreate_callback(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    expected: Expected,
    idempotency: Idempotency,
    body: Json<RecreateCallback>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let viewed = Viewed::by(&api, &caller).await?;
    look_at_queues(&api, body.service_id, body.callback_type).await?;
    let recreate = async move |tx: &mut Tx<'_>| {
        let (callback, is_new) = match callbacks::recreate(tx, Target { id, expected }, &body).await? {
            Answer::Made(made) => (made, true),
            Answer::Existing(existing) => (existing, false),
        };
        let mut view = viewed.view(&callback);
        view.name_recording = name_recordings::describe(tx.read(), &callback).await?;
        answered(&view, is_new)
    };
    let audit = Audit::about(AuditAction::CallbackRecreate, id.0);
    Ok(api.commands.run(audit, key, &caller, recreate).await?.into())
}
