//! For those who run the server.

use actix_web::{HttpResponse, get, web};

use crate::error::Error;
use crate::http::Api;

/// Is the process alive?
#[utoipa::path(
    tag = "Operations",
    responses((status = 200, description = "Alive", body = Health)),
    security(()),
)]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok".to_owned() })
}

/// Can it answer requests?
#[utoipa::path(
    tag = "Operations",
    responses((status = 200, description = "Ready", body = Health)),
    security(()),
)]
#[get("/health/ready")]
pub async fn ready(api: web::Data<Api>) -> Result<HttpResponse, Error> {
    api.queries.store.ping().await?;
    Ok(HttpResponse::Ok().json(Health { status: "ok".to_owned() }))
}

/// Figures for Prometheus
#[utoipa::path(
    tag = "Operations",
    responses((status = 200, description = "The figures", body = String, content_type = "text/plain")),
    security(()),
)]
#[get("/metrics")]
pub async fn metrics(api: web::Data<Api>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(api.metrics.text())
}

/// How the server is.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    pub status: String,
}
