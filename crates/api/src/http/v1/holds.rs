//! Places that are held for callbacks to come.

use actix_web::{HttpResponse, delete, post, web};
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::callback::{CreateHold, HoldState, NewHold};
use ringback_domain::{HoldToken, ServiceId};
use serde::{Deserialize, Serialize};

use crate::auth::{Caller, permit};
use crate::command::{Audit, Tx, holds};
use crate::context;
use crate::error::Error;
use crate::http::extract::{Empty, Idempotency, Json, Path};
use crate::http::{Api, Reply};

/// A new hold. Kept with an idempotency key, it leaves its secret out.
#[derive(Serialize, Deserialize)]
struct Once {
    #[serde(skip)]
    made: Option<NewHold>,
}

/// Hold a place
///
/// Keeps a place of the slot that contains a time for 120 seconds, while the customer decides. A
/// callback that is created, rescheduled or recreated with the `hold` takes the place over. A
/// caller holds three places from one address at most, and one for each number; more are
/// answered 429.
///
/// The `hold` is shown this once, and for that reason it is not kept: the same request with the same
/// `Idempotency-Key` holds no second place, but is answered 409.
#[utoipa::path(
    tag = "Services",
    params(("id" = ServiceId, Path, description = "The service")),
    request_body(content = CreateHold, example = json!({"from": "2026-11-26T09:00:00Z"})),
    responses((status = 201, description = "Held", body = NewHold)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/services/{id}/holds")]
pub async fn create_hold(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<ServiceId>,
    idempotency: Idempotency,
    body: Json<CreateHold>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let address = context::current().and_then(|request| request.address);
    let address = address.map(|address| address.to_string()).unwrap_or_default();
    let create =
        async move |tx: &mut Tx<'_>| Ok(Once { made: Some(holds::create(tx, id, &body, &address).await?) });
    let audit = Audit::about(AuditAction::ServiceHold, id.0);
    let made = api.commands.run(audit, key, &caller, create).await?.made;
    let shown_before = "This place was held already. Its `hold` is shown only once.";
    Ok(HttpResponse::Created().json(made.ok_or(Error::Duplicate(shown_before))?))
}

/// Extend a hold
///
/// It ends 600 seconds after it began then. That is as far as it goes: extending it again changes
/// nothing.
#[utoipa::path(
    tag = "Services",
    params(("hold" = HoldToken, Path, description = "The hold")),
    responses((status = 200, description = "Held longer", body = HoldState)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/holds/{hold}/extend")]
pub async fn extend_hold(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(hold): Path<HoldToken>,
    idempotency: Idempotency,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, &[]);
    let extend = async move |tx: &mut Tx<'_>| Reply::ok(&holds::extend(tx, hold).await?);
    Ok(api.commands.run(Audit::of(AuditAction::ServiceExtendHold), key, &caller, extend).await?.into())
}

/// Give a held place back
///
/// Others can book it at once.
#[utoipa::path(
    tag = "Services",
    params(("hold" = HoldToken, Path, description = "The hold")),
    responses((status = 204, description = "Given back")),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[delete("/holds/{hold}")]
pub async fn release_hold(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(hold): Path<HoldToken>,
) -> Result<HttpResponse, Error> {
    let release = async move |tx: &mut Tx<'_>| holds::release(tx, hold).await;
    api.commands.change(Audit::of(AuditAction::ServiceReleaseHold), &caller, release).await?;
    Ok(HttpResponse::NoContent().finish())
}
