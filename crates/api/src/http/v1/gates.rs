//! Why a callback is not called now, and whether a number could be.

use actix_web::{HttpResponse, get, post, web};
use ringback_domain::CallbackId;
use ringback_domain::wire::gates::{DryRun, Gates};

use crate::auth::{Caller, permit};
use crate::error::Error;
use crate::http::Api;
use crate::http::extract::{Json, Path};

/// Read why a callback is not called now
///
/// The gates between the callback and its call, in their order, each with what it says now:
/// open, closed until a time or an event, or closed for good with the result that the callback
/// gets. `waiting_for` of the callback is the first of them that is to open. A number that is
/// not called keeps its turn, and ends when that comes.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    responses((status = 200, description = "The gates", body = Gates)),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[get("/callbacks/{id}/gates")]
pub async fn get_gates(
    api: web::Data<Api>,
    caller: Caller<permit::ViewCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(api.queries.gates(&caller, id).await?))
}

/// Ask whether a number could be called
///
/// The gates that a callback of this service to this number would have. Nothing is kept.
#[utoipa::path(
    tag = "Callbacks",
    request_body(content = DryRun, example = json!({
        "service_id": "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2", "customer_number": "+44 20 7946 0318"
    })),
    responses((status = 200, description = "The gates", body = Gates)),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[post("/gates/dry-run")]
pub async fn try_gates(
    api: web::Data<Api>,
    caller: Caller<permit::ViewCallbacks>,
    body: Json<DryRun>,
) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(api.queries.dry_run(&caller, &body).await?))
}
