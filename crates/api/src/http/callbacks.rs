//! Callbacks: lists, single records, and commands on them.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use ringback_domain::CallbackId;
use ringback_domain::wire::callback::{
    AttemptView, CallbackView, CreateCallback, Items, RecreateCallback, RescheduleCallback, TimelineEntry,
};
use ringback_domain::wire::list::{
    CallbackCount, CallbackFilter, CountQuery, FindQuery, NUMBERED_ROWS, PAGE_LIMIT, Page, PageQuery,
};

use super::extract::{Empty, Idempotency, Json, Path, Query};
use super::respond;
use crate::app::{App, Effect};
use crate::auth::{Caller, permit};
use crate::callbacks::{self, Expected, Target};
use crate::error::Error;
use crate::rendered::answer;
use crate::store::list::{self, Cursor, Start};
use crate::store::name_recordings;
use crate::view::{self, Viewer};
use crate::{phone, selection, store};

/// Rows of *Callback Search*.
const FOUND_LIMIT: u32 = PAGE_LIMIT;

fn start(query: &PageQuery, limit: u32) -> Result<Start, Error> {
    match (&query.cursor, query.page) {
        (Some(_), Some(_)) => {
            Err(Error::invalid("?page", "conflict", "a page begins at a cursor or has a number, not both"))
        }
        (Some(text), None) => Cursor::decode(text).map(Start::At).ok_or_else(|| {
            Error::invalid("?cursor", "invalid_value", "this is no cursor of `next` or `previous`")
        }),
        (None, Some(0)) => Err(Error::invalid("?page", "out_of_range", "pages are numbered from 1")),
        (None, Some(page)) => match (page - 1).checked_mul(limit) {
            Some(rows) if rows < NUMBERED_ROWS => Ok(Start::Skip(rows)),
            _ => Err(Error::invalid(
                "?page",
                "out_of_range",
                format!("pages are numbered within the first {NUMBERED_ROWS} rows; follow `next` from there"),
            )),
        },
        (None, None) => Ok(Start::First),
    }
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
    app: web::Data<App>,
    caller: Caller<permit::ViewCallbacks>,
    Query(filter, page): Query<CallbackFilter, PageQuery>,
) -> Result<HttpResponse, Error> {
    let limit = page.limit.unwrap_or(PAGE_LIMIT);
    if !(1..=PAGE_LIMIT).contains(&limit) {
        return Err(Error::invalid("?limit", "out_of_range", format!("a page has 1 to {PAGE_LIMIT} items")));
    }
    let start = start(&page, limit)?;
    let now = app.clock.now();
    let services = app.services().await?;
    let selection = selection::of_filter(&filter, &services, &caller, now)?;
    let sort = page.sort.unwrap_or_default();
    let mut conn = app.store.read().await?;
    let rows = list::page(&mut conn, &app.known, &selection, sort, start, limit, &services.ids()).await?;
    drop(conn);
    let rendered = app.rendered(&rows.rows, Viewer::of(&caller, now), rows.in_demand).await?;
    let page = Page {
        items: rendered.iter().map(|row| &row.text).collect(),
        next: rows.next.map(|cursor| cursor.encode()),
        previous: rows.previous.map(|cursor| cursor.encode()),
    };
    answer(&page, rendered.len())
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
    app: web::Data<App>,
    caller: Caller<permit::ViewCallbacks>,
    Query(filter, count): Query<CallbackFilter, CountQuery>,
) -> Result<HttpResponse, Error> {
    let now = app.clock.now();
    let services = app.services().await?;
    let selection = selection::of_filter(&filter, &services, &caller, now)?;
    let mut conn = app.store.read().await?;
    let counted = list::count(&mut conn, &selection, count.up_to, now).await?;
    Ok(HttpResponse::Ok().json(counted))
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
    app: web::Data<App>,
    caller: Caller<permit::ViewCallbacks>,
    Query(query, ()): Query<FindQuery>,
) -> Result<HttpResponse, Error> {
    let services = app.services().await?;
    let (id, numbers) = match (&query.id, &query.customer_number) {
        (Some(id), None) => {
            let id: CallbackId = id
                .trim()
                .parse()
                .map_err(|_| Error::invalid("?id", "invalid_value", "a callback ID is a UUID"))?;
            (Some(id), Vec::new())
        }
        (None, Some(text)) => {
            let mut numbers: Vec<String> = services
                .all()
                .iter()
                .filter_map(|service| phone::read(text, &service.default_country).ok())
                .map(|number| number.as_str().to_owned())
                .collect();
            numbers.sort_unstable();
            numbers.dedup();
            if numbers.is_empty() && !text.chars().any(|letter| letter.is_ascii_digit()) {
                return Err(Error::invalid(
                    "?customer_number",
                    "malformed_number",
                    "this is not a phone number",
                ));
            }
            (None, numbers)
        }
        _ => return Err(Error::invalid("?id", "required", "give either an id or a customer_number")),
    };
    let visible = selection::visible(&services, &caller);
    let mut conn = app.store.read().await?;
    let rows = list::find(&mut conn, &app.known, &numbers, id, visible.as_deref(), FOUND_LIMIT).await?;
    drop(conn);
    let rows = app.rendered(&rows, Viewer::of(&caller, app.clock.now()), true).await?;
    let items: Vec<_> = rows.iter().map(|row| &row.text).collect();
    answer(&Items { items }, rows.len())
}

/// Create a callback
///
/// Takes a request in. An immediate callback enters the queue at once, a
/// scheduled one at its desired time.
#[utoipa::path(
    tag = "Callbacks",
    request_body(content = CreateCallback, example = json!({
        "callback_type": "immediate",
        "service_id": "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2",
        "customer_number": "+44 20 7946 0318"
    })),
    responses((status = 201, description = "Promised", body = CallbackView,
        headers(("Location" = String, description = "The new record"), ("ETag" = String, description = "Its version")))),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/callbacks")]
pub async fn create_callback(
    app: web::Data<App>,
    caller: Caller<permit::ManageCallbacks>,
    idempotency: Idempotency,
    body: Json<CreateCallback>,
) -> Result<HttpResponse, Error> {
    let now = app.clock.now();
    let services = app.services().await?;
    let key = idempotency.of(&caller, body.digest());
    let (context, identity) = (app.clone(), caller.clone());
    let answer = app
        .command(key, async move |conn| {
            let new = callbacks::new_callback(&context, &services, &identity, &body, now)?;
            let made = callbacks::create(conn, new, &identity, now).await?;
            let view = view::of_callback(&made.callback, &services, Viewer::of(&identity, now));
            Ok(Effect { answer: callbacks::answer(201, &view, true)?, transitions: vec![made] })
        })
        .await?;
    Ok(respond(&answer))
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
    app: web::Data<App>,
    caller: Caller<permit::ViewCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    let viewer = Viewer::of(&caller, app.clock.now());
    let view = view::whole(&app, id, &caller.visible, viewer).await?.ok_or(Error::NotFound("callback"))?;
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
    app: web::Data<App>,
    caller: Caller<permit::ViewCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    let mut conn = app.store.read().await?;
    store::callbacks::find(&mut conn, id, &caller.visible).await?.ok_or(Error::NotFound("callback"))?;
    let items = store::timeline::of_callback(&mut conn, id).await?;
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
    app: web::Data<App>,
    caller: Caller<permit::ViewCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    let mut conn = app.store.read().await?;
    store::callbacks::find(&mut conn, id, &caller.visible).await?.ok_or(Error::NotFound("callback"))?;
    let items = store::timeline::attempts(&mut conn, id).await?;
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
    app: web::Data<App>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    expected: Expected,
    idempotency: Idempotency,
    body: Json<RescheduleCallback>,
) -> Result<HttpResponse, Error> {
    let now = app.clock.now();
    let services = app.services().await?;
    let key = idempotency.of(&caller, body.digest());
    let identity = caller.clone();
    let answer = app
        .command(key, async move |conn| {
            let target = Target { id, caller: &identity, expected, now };
            let moved = callbacks::reschedule(conn, target, body.desired_time).await?;
            let view = view::of_callback(&moved.callback, &services, Viewer::of(&identity, now));
            Ok(Effect { answer: callbacks::answer(200, &view, false)?, transitions: vec![moved] })
        })
        .await?;
    Ok(respond(&answer))
}

/// Cancel a callback
///
/// Completes it as `CANCELLED_BY_ADMIN` for a person, as `CANCELLED` for an API
/// key. PROCESSING and COMPLETED callbacks are refused.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    responses((status = 200, description = "Called off", body = CallbackView)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/callbacks/{id}/cancel")]
pub async fn cancel_callback(
    app: web::Data<App>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    expected: Expected,
    idempotency: Idempotency,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    let now = app.clock.now();
    let services = app.services().await?;
    let key = idempotency.of(&caller, &[]);
    let identity = caller.clone();
    let answer = app
        .command(key, async move |conn| {
            let over = callbacks::cancel(conn, Target { id, caller: &identity, expected, now }).await?;
            let view = view::of_callback(&over.callback, &services, Viewer::of(&identity, now));
            Ok(Effect { answer: callbacks::answer(200, &view, false)?, transitions: vec![over] })
        })
        .await?;
    Ok(respond(&answer))
}

/// Recreate a callback
///
/// Makes a new record from a finished one that did not reach the agent, once.
/// Within four days of its end the customer's recorded name is taken over.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "ID of the finished callback")),
    request_body(content = RecreateCallback, example = json!({"callback_type": "immediate"})),
    responses((status = 201, description = "The new record", body = CallbackView,
        headers(("Location" = String, description = "The new record")))),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/callbacks/{id}/recreate")]
pub async fn recreate_callback(
    app: web::Data<App>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    expected: Expected,
    idempotency: Idempotency,
    body: Json<RecreateCallback>,
) -> Result<HttpResponse, Error> {
    let now = app.clock.now();
    let services = app.services().await?;
    let key = idempotency.of(&caller, body.digest());
    let (context, identity) = (app.clone(), caller.clone());
    let answer = app
        .command(key, async move |conn| {
            let target = Target { id, caller: &identity, expected, now };
            let (old, made) = callbacks::recreate(conn, &context, &services, target, &body).await?;
            let mut view = view::of_callback(&made.callback, &services, Viewer::of(&identity, now));
            view.name_recording = name_recordings::describe(conn, &made.callback).await?;
            Ok(Effect { answer: callbacks::answer(201, &view, true)?, transitions: vec![old, made] })
        })
        .await?;
    Ok(respond(&answer))
}
