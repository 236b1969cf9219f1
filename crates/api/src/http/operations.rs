//! For those who run the server.

use std::time::Duration;

use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, get, web};

use crate::auth::Grant;
use crate::command::{Audit, Tx, server_state};
use crate::error::Error;
use crate::health::MAX_ROUND_AGE;
use crate::http::Api;
use crate::metrics::Metrics;
use ringback_domain::wire::problem::Problem;

/// Is the process alive?
///
/// Answers as long as the process can answer at all, whatever its database does.
#[utoipa::path(
    tag = "Operations",
    responses((status = 200, description = "Alive", body = Health)),
    security(()),
)]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok".to_owned() })
}

/// Can it do its work?
///
/// It can write to its database, and each of its workers did well not long ago.
/// The answer says what is wrong, also while the server stops.
#[utoipa::path(
    tag = "Operations",
    responses(
        (status = 200, description = "Ready", body = Readiness),
        (status = 503, description = "Not ready", body = Readiness, content_type = "application/json"),
    ),
    security(()),
)]
#[get("/health/ready")]
pub async fn ready(api: web::Data<Api>) -> HttpResponse {
    let mut problems = Vec::new();
    if api.health.is_stopping() {
        problems.push(NotReady::new("server", "It is stopping."));
    } else if let Err(error) = can_write(&api).await {
        problems.push(NotReady::new("database", error.to_string()));
    }
    problems.extend(api.health.stalled(MAX_ROUND_AGE).into_iter().map(|(worker, age)| {
        NotReady::new(format!("worker {worker}"), format!("No good round for {} s.", age.as_secs()))
    }));
    if problems.is_empty() {
        return HttpResponse::Ok().json(Readiness { status: "ok".to_owned(), problems });
    }
    HttpResponse::ServiceUnavailable()
        .insert_header((RETRY_AFTER, "1"))
        .json(Readiness { status: "unavailable".to_owned(), problems })
}

/// How long the database may take to be written to.
const MAX_WRITE: Duration = Duration::from_secs(3);

async fn can_write(api: &Api) -> Result<(), Error> {
    let (refused, was_full) = api.health.disk();
    let write = async || {
        let write = async move |tx: &mut Tx<'_>| server_state::try_to_write(tx, was_full).await;
        let grant = Grant::system("health");
        let late =
            |_| Error::Unavailable(format!("The database took longer than {} s.", MAX_WRITE.as_secs()));
        tokio::time::timeout(MAX_WRITE, api.commands.change(Audit::None, &grant, write))
            .await
            .map_err(late)?
    };
    // What was found out before a command was refused says nothing any more.
    api.last_write.get(refused, write).await?;
    api.health.room_after(refused);
    Ok(())
}

/// Figures for Prometheus
///
/// Absent where the server answers them on another address (`--metrics-listen`).
#[utoipa::path(
    tag = "Operations",
    responses(
        (status = 200, description = "The figures", body = String, content_type = "text/plain"),
        (status = 404, description = "Not answered on this address", body = Problem, content_type = "application/problem+json"),
    ),
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

/// Whether the server is ready, and what is wrong if not.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Readiness {
    /// `ok` or `unavailable`.
    #[schema(example = "ok")]
    pub status: String,
    /// What is wrong; empty if nothing is.
    pub problems: Vec<NotReady>,
}

/// Something that keeps the server from being ready.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct NotReady {
    /// `server`, `database`, or `worker` and its name.
    #[schema(example = "database")]
    pub part: String,
    /// What is wrong with it.
    pub detail: String,
}

impl NotReady {
    fn new(part: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { part: part.into(), detail: detail.into() }
    }
}

/// How the server is.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    pub status: String,
}
