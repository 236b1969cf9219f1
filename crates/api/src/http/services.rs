//! Services, that is virtual queues, and their settings.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, patch, post, web};
use ringback_domain::service::{MAX_WINDOW_SECONDS, Settings};
use ringback_domain::wire::admin::{CreateService, EditService, ServiceView};
use ringback_domain::wire::callback::Items;
use ringback_domain::wire::problem::FieldProblem;
use ringback_domain::{Permission, Service, ServiceId};

use super::extract::{Idempotency, Json, Path};
use super::respond;
use crate::app::{App, Effect};
use crate::auth::{Caller, Identity, permit};
use crate::callbacks::{Expected, is_time_zone};
use crate::error::{Error, field};
use crate::phone;
use crate::store::idempotency::Answer;
use crate::store::{StoreError, services};

fn view(service: &Service) -> ServiceView {
    ServiceView {
        id: service.id,
        name: service.name.clone(),
        time_zone: service.time_zone.clone(),
        default_country: service.default_country.clone(),
        accept_new: service.settings.accept_new,
        dial_pending: service.settings.dial_pending,
        immediate_enabled: service.settings.immediate_enabled,
        scheduled_enabled: service.settings.scheduled_enabled,
        desired_window_seconds: service.settings.desired_window_seconds,
        version: service.version,
    }
}

/// Who sets services up sees them all; others see theirs, as of log-in.
fn sees(caller: &Identity, id: ServiceId) -> bool {
    caller.may(Permission::ManageServices) || caller.visible.contains(id)
}

fn check(service: &Service) -> Result<(), Error> {
    let mut faults: Vec<FieldProblem> = Vec::new();
    let length = service.name.chars().count();
    if service.name.trim() != service.name || !(1..=100).contains(&length) {
        let detail = "a name has 1 to 100 characters and no space at its ends";
        faults.push(field("/name", "invalid_value", detail));
    }
    if !is_time_zone(&service.time_zone) {
        let detail = "this is no IANA time zone such as Europe/London";
        faults.push(field("/time_zone", "unknown_time_zone", detail));
    }
    if !phone::is_country(&service.default_country) {
        let detail = "this is no two-letter country such as GB";
        faults.push(field("/default_country", "unknown_country", detail));
    }
    if !(1..=MAX_WINDOW_SECONDS).contains(&service.settings.desired_window_seconds) {
        let detail = format!("a window lasts 1 to {MAX_WINDOW_SECONDS} seconds");
        faults.push(field("/desired_window_seconds", "out_of_range", detail));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

fn taken(error: StoreError) -> Error {
    match error {
        StoreError::Duplicate => Error::Duplicate("there is a service of this name already"),
        other => other.into(),
    }
}

/// List services
///
/// Ordered by name: all for those who set services up, for others those that
/// they may see.
#[utoipa::path(
    tag = "Services",
    responses((status = 200, description = "The services", body = Items<ServiceView>)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/services")]
pub async fn list_services(
    app: web::Data<App>,
    caller: Caller<permit::ViewServices>,
) -> Result<HttpResponse, Error> {
    let services = app.services().await?;
    let items = services.all().iter().filter(|service| sees(&caller, service.id)).map(view).collect();
    Ok(HttpResponse::Ok().json(Items::<ServiceView> { items }))
}

/// Read a service
#[utoipa::path(
    tag = "Services",
    params(("id" = ServiceId, Path, description = "The service")),
    responses((status = 200, description = "The service", body = ServiceView)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/services/{id}")]
pub async fn get_service(
    app: web::Data<App>,
    caller: Caller<permit::ViewServices>,
    Path(id): Path<ServiceId>,
) -> Result<HttpResponse, Error> {
    let services = app.services().await?;
    let service = services.get(id).filter(|one| sees(&caller, one.id)).ok_or(Error::NotFound("service"))?;
    Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", service.version))).json(view(service)))
}

/// Create a service
///
/// People see it from their next log-in on.
#[utoipa::path(
    tag = "Services",
    request_body(content = CreateService, example = json!({
        "name": "Billing EN", "time_zone": "Europe/London", "default_country": "GB"
    })),
    responses((status = 201, description = "Made", body = ServiceView,
        headers(("Location" = String, description = "The new service")))),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[post("/services")]
pub async fn create_service(
    app: web::Data<App>,
    caller: Caller<permit::ManageServices>,
    idempotency: Idempotency,
    body: Json<CreateService>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let body = body.into_inner();
    let service = Service {
        id: ServiceId(app.clock.new_id()),
        name: body.name,
        time_zone: body.time_zone,
        default_country: body.default_country,
        settings: Settings::default(),
        version: 1,
    };
    check(&service)?;
    let now = app.clock.now();
    let answer = app
        .command(key, async move |conn| {
            services::insert(conn, &service, now).await.map_err(taken)?;
            Ok(Effect { answer: answer(201, &service)?, transitions: Vec::new() })
        })
        .await?;
    app.services_changed();
    Ok(respond(&answer))
}

fn answer(status: u16, service: &Service) -> Result<Answer, Error> {
    Ok(Answer {
        status,
        location: (status == 201).then(|| format!("/api/v1/services/{}", service.id)),
        etag: Some(service.version),
        body: serde_json::to_string(&view(service)).map_err(Error::internal)?,
    })
}

/// Edit a service
///
/// What is not named stays. A new window counts for callbacks made from now on.
#[utoipa::path(
    tag = "Services",
    params(("id" = ServiceId, Path, description = "The service")),
    request_body(content = EditService, example = json!({"dial_pending": false})),
    responses((status = 200, description = "Changed", body = ServiceView)),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[patch("/services/{id}")]
pub async fn edit_service(
    app: web::Data<App>,
    _caller: Caller<permit::ManageServices>,
    Path(id): Path<ServiceId>,
    expected: Expected,
    body: Json<EditService>,
) -> Result<HttpResponse, Error> {
    let body = body.into_inner();
    let answer = app
        .command(None, async move |conn| {
            let all = services::list(conn).await?;
            let mut service = all.into_iter().find(|one| one.id == id).ok_or(Error::NotFound("service"))?;
            let stale = Error::Stale { state: None, version: service.version };
            if matches!(expected, Expected::Version(version) if version != service.version) {
                return Err(stale);
            }
            let settings = &mut service.settings;
            settings.accept_new = body.accept_new.unwrap_or(settings.accept_new);
            settings.dial_pending = body.dial_pending.unwrap_or(settings.dial_pending);
            settings.immediate_enabled = body.immediate_enabled.unwrap_or(settings.immediate_enabled);
            settings.scheduled_enabled = body.scheduled_enabled.unwrap_or(settings.scheduled_enabled);
            settings.desired_window_seconds =
                body.desired_window_seconds.unwrap_or(settings.desired_window_seconds);
            service.name = body.name.unwrap_or(service.name);
            service.time_zone = body.time_zone.unwrap_or(service.time_zone);
            service.default_country = body.default_country.unwrap_or(service.default_country);
            check(&service)?;
            services::update(conn, &service).await.map_err(|error| match error {
                StoreError::Stale => stale,
                other => taken(other),
            })?;
            service.version += 1;
            Ok(Effect { answer: answer(200, &service)?, transitions: Vec::new() })
        })
        .await?;
    app.services_changed();
    app.signals.queued.notify_waiters();
    Ok(respond(&answer))
}
