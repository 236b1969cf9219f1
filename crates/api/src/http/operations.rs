//! For those who run the server.

use actix_web::{HttpResponse, get, web};

use crate::error::Error;
use crate::http::Api;
use crate::metrics::Metrics;

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
///
/// Absent where the server answers them on another address (`--metrics-listen`).
#[utoipa::path(
    tag = "Operations",
    responses((status = 200, description = "The figures", body = String, content_type = "text/plain")),
    security(()),
)]
#[get("/metrics")]
pub async fn metrics(api: web::Data<Api>) -> Result<HttpResponse, Error> {
    if !api.public_metrics {
        return Err(Error::NotFound("page"));
    }
    Ok(figures(web::Data::new(api.metrics.clone())).await)
}

/// The same on a socket of its own.
pub async fn figures(counters: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(counters.text())
}

/// How the server is.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    pub status: String,
}
