//! Services, that is virtual queues, and their settings.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, patch, post, web};
use ringback_domain::wire::admin::{CreateService, EditService, ServiceView};
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::calendar::{Availability, AvailabilityQuery};
use ringback_domain::wire::callback::Items;
use ringback_domain::wire::reference::{NumberQuery, NumberReading};
use ringback_domain::{Permission, Service, ServiceId};

use crate::auth::{Caller, Grant, permit};
use crate::command::{Audit, Expected, Tx, services};
use crate::error::Error;
use crate::http::extract::{Idempotency, Json, Path, Query, QueryFields};
use crate::http::{Api, Reply};

fn shown(service: &Service) -> ServiceView {
    service.into()
}

/// Who sets services up sees them all, unless limited to some; others see theirs,
/// as of log-in.
fn sees(caller: &Grant, id: ServiceId) -> bool {
    caller.may(Permission::ManageServices) && caller.grantable.contains(id) || caller.visible.contains(id)
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
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
) -> Result<HttpResponse, Error> {
    let services = api.queries.directory.services().await?;
    let items = services.all().iter().filter(|service| sees(&caller, service.id)).map(shown).collect();
    Ok(HttpResponse::Ok().json(Items::<ServiceView> { items }))
}

/// Read a service
///
/// A single virtual queue with its settings.
#[utoipa::path(
    tag = "Services",
    params(("id" = ServiceId, Path, description = "The service")),
    responses((status = 200, description = "The service", body = ServiceView)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/services/{id}")]
pub async fn get_service(
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
    Path(id): Path<ServiceId>,
) -> Result<HttpResponse, Error> {
    let services = api.queries.directory.services().await?;
    let service = services.get(id).filter(|one| sees(&caller, one.id)).ok_or(Error::NotFound("service"))?;
    Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", service.version))).json(shown(service)))
}

/// Read a number
///
/// How the service would read a number, and the open callbacks for it that the
/// caller may see: to show before a callback is created. What creating would
/// refuse is refused in the same way.
#[utoipa::path(
    tag = "Services",
    params(("id" = ServiceId, Path, description = "The service"), NumberQuery),
    responses((status = 200, description = "The reading", body = NumberReading)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[get("/services/{id}/number-reading")]
pub async fn read_number(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<ServiceId>,
    Query(query, ()): Query<NumberQuery>,
) -> Result<HttpResponse, Error> {
    let services = api.queries.directory.services().await?;
    let service = services.visible(id, &caller.visible).ok_or(Error::NotFound("service"))?;
    let reading = api.queries.number_reading(&caller, service, &query.number).await?;
    Ok(HttpResponse::Ok().json(reading))
}

impl QueryFields for NumberQuery {
    const NAMES: &'static [&'static str] = &["number"];
}

/// Read the free times of a service
///
/// The slots of a service that begin within a stretch of time: those that can be
/// booked, or all with the reason of those that cannot. What is offered here can be
/// booked, until somebody else does.
#[utoipa::path(
    tag = "Services",
    params(("id" = ServiceId, Path, description = "The service"), AvailabilityQuery),
    responses((status = 200, description = "The slots", body = Availability)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/services/{id}/availability")]
pub async fn get_availability(
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
    Path(id): Path<ServiceId>,
    Query(query, ()): Query<AvailabilityQuery>,
) -> Result<HttpResponse, Error> {
    let services = api.queries.directory.services().await?;
    let service = services.get(id).filter(|one| sees(&caller, one.id)).ok_or(Error::NotFound("service"))?;
    Ok(HttpResponse::Ok().json(api.queries.availability(&services, service, &query).await?))
}

impl QueryFields for AvailabilityQuery {
    const NAMES: &'static [&'static str] =
        &["from", "to", "time_zone", "customer_number", "customer_time_zone", "include"];
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
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    idempotency: Idempotency,
    body: Json<CreateService>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let create = async move |tx: &mut Tx<'_>| {
        let service = services::create(tx, &body).await?;
        let location = format!("/api/v1/services/{}", service.id);
        Ok(Reply::created(location, &shown(&service))?.of_version(service.version))
    };
    let audit = Audit::of(AuditAction::ServiceCreate);
    Ok(api.commands.run(audit, key, &caller, create).await?.into())
}

/// Edit a service
///
/// What is not named stays, in the retry policy as well. A new window counts for callbacks
/// made from now on, another retry policy from the next failed dial on, and another lead of
/// appointments for those that enter the queue from now on.
#[utoipa::path(
    tag = "Services",
    params(("id" = ServiceId, Path, description = "The service")),
    request_body(content = EditService, example = json!({"dial_pending": false})),
    responses((status = 200, description = "Changed", body = ServiceView)),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[patch("/services/{id}")]
pub async fn edit_service(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    Path(id): Path<ServiceId>,
    expected: Expected,
    body: Json<EditService>,
) -> Result<HttpResponse, Error> {
    let edit = async move |tx: &mut Tx<'_>| {
        let service = services::edit(tx, id, expected, &body).await?;
        Ok(Reply::ok(&shown(&service))?.of_version(service.version))
    };
    let audit = Audit::about(AuditAction::ServiceEdit, id.0);
    Ok(api.commands.run(audit, None, &caller, edit).await?.into())
}
