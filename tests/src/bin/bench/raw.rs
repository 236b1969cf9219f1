//! The barest endpoints: one statement each, no checks, no rights. What the
//! server's own figures stand beside.

use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use uuid::Uuid;

/// A pool of either kind.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// The statements, by number.
pub(crate) type Statements = Arc<Vec<String>>;

/// Columns of a page.
pub(crate) const COLUMNS: &str = "id, service_id, customer_number, callback_type, origin, state, result, \
     desired_time, desired_window_seconds, created_at, created_by, updated_at, version, priority, language, \
     customer_time_zone, recreated_from, recreated_as, attempts_made, agent, queued_at, retry_at, reserved_at, \
     connected_at, completed_at";

const JSON: &str = "SELECT json_group_array(json_object('id', hex(id), 'service_id', hex(service_id), \
     'customer_number', customer_number, 'callback_type', callback_type, 'origin', origin, 'state', state, \
     'result', result, 'desired_time', desired_time, 'desired_window_seconds', desired_window_seconds, \
     'created_at', created_at, 'created_by', created_by, 'updated_at', updated_at, 'version', version, \
     'priority', priority, 'language', language, 'customer_time_zone', customer_time_zone, \
     'attempts_made', attempts_made, 'agent', agent, 'queued_at', queued_at, 'retry_at', retry_at, \
     'reserved_at', reserved_at, 'connected_at', connected_at, 'completed_at', completed_at)) FROM (";

#[derive(Serialize, sqlx::FromRow)]
struct Row {
    id: Uuid,
    service_id: Uuid,
    customer_number: String,
    callback_type: String,
    origin: String,
    state: String,
    result: Option<String>,
    desired_time: i64,
    desired_window_seconds: i64,
    created_at: i64,
    created_by: Option<String>,
    updated_at: i64,
    version: i64,
    priority: i64,
    language: Option<String>,
    customer_time_zone: Option<String>,
    recreated_from: Option<Uuid>,
    recreated_as: Option<Uuid>,
    attempts_made: i64,
    agent: Option<String>,
    queued_at: Option<i64>,
    retry_at: Option<i64>,
    reserved_at: Option<i64>,
    connected_at: Option<i64>,
    completed_at: Option<i64>,
}

type Failure = actix_web::error::InternalError<sqlx::Error>;

fn failure(error: sqlx::Error) -> Failure {
    actix_web::error::InternalError::new(error, actix_web::http::StatusCode::INTERNAL_SERVER_ERROR)
}

/// Where a page begins, for a statement that takes it.
#[derive(Deserialize)]
struct After {
    key: Option<i64>,
    id: Option<Uuid>,
}

async fn page(
    pool: web::Data<Pool>,
    statements: web::Data<Statements>,
    number: web::Path<usize>,
    after: web::Query<After>,
) -> Result<HttpResponse, Failure> {
    let sql = &statements[*number];
    let after = after.key.zip(after.id);
    match &**pool {
        Pool::Sqlite(pool) => {
            let sql = AssertSqlSafe(format!("{JSON}{sql})"));
            let mut query = sqlx::query_scalar(sql);
            if let Some((key, id)) = after {
                query = query.bind(key).bind(id);
            }
            let json: String = query.fetch_one(pool).await.map_err(failure)?;
            Ok(HttpResponse::Ok().content_type("application/json").body(json))
        }
        Pool::Postgres(pool) => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql.clone()));
            if let Some((key, id)) = after {
                query = query.bind(key).bind(id);
            }
            let rows: Vec<Row> = query.fetch_all(pool).await.map_err(failure)?;
            Ok(HttpResponse::Ok().json(rows))
        }
    }
}

async fn count(
    pool: web::Data<Pool>,
    statements: web::Data<Statements>,
    number: web::Path<usize>,
) -> Result<HttpResponse, Failure> {
    let sql = AssertSqlSafe(statements[*number].clone());
    let rows: Vec<(String, i64)> = match &**pool {
        Pool::Sqlite(pool) => sqlx::query_as(sql).fetch_all(pool).await.map_err(failure)?,
        Pool::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.map_err(failure)?,
    };
    Ok(HttpResponse::Ok().json(rows))
}

/// Inserts one row, in a commit of its own.
const INSERT: &str = "INSERT INTO bare (id, customer_number, desired_time, body) VALUES ($1, $2, $3, $4)";

async fn insert(pool: web::Data<Pool>, body: String) -> Result<HttpResponse, Failure> {
    let id = Uuid::new_v4();
    match &**pool {
        Pool::Sqlite(pool) => {
            let query = sqlx::query(INSERT).bind(id).bind("+442079460318").bind(1_i64).bind(body);
            query.execute(pool).await.map_err(failure)?;
        }
        Pool::Postgres(pool) => {
            let query = sqlx::query(INSERT).bind(id).bind("+442079460318").bind(1_i64).bind(body);
            query.execute(pool).await.map_err(failure)?;
        }
    }
    Ok(HttpResponse::Created().json(id))
}

/// Starts the endpoints on a port of their own, and gives their address.
pub(crate) fn start(pool: Pool, statements: Vec<String>) -> std::io::Result<String> {
    let statements: Statements = Arc::new(statements);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(pool.clone()))
            .app_data(web::Data::new(Arc::clone(&statements)))
            .route("/page/{number}", web::get().to(page))
            .route("/count/{number}", web::get().to(count))
            .route("/insert", web::post().to(insert))
    })
    .workers(2)
    .disable_signals()
    .bind(("127.0.0.1", 0))?;
    let address = server.addrs()[0].to_string();
    actix_web::rt::spawn(server.run());
    Ok(address)
}
