//! The bare endpoints that the server stands beside: the same durable writes or
//! the same rows, without checks, rights or a state machine. They run in a
//! process of their own, over a copy of the server's database and with the
//! server's settings: on PostgreSQL a pool of 16 connections, on SQLite one
//! connection that writes and four that read, all with a full sync for each
//! commit. Nothing groups commits here.

use std::str::FromStr;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::error::{ErrorInternalServerError, ErrorNotFound};
use actix_web::{App, Error, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use tokio::process::Command;
use uuid::Uuid;

use crate::client::{Client, Login, Result};
use crate::database::Database;
use crate::now;
use crate::process::Process;

/// A database and the process that serves the bare endpoints over it.
#[derive(Debug)]
pub(crate) struct Bare {
    pub(crate) process: Process,
    pub(crate) database: Database,
}

impl Bare {
    pub(crate) async fn start(database: Database) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--bare").arg(&database.url);
        Ok(Self { process: Process::start(command, false).await?, database })
    }

    pub(crate) fn login(&self) -> Login {
        Login::anonymous(&self.process.address)
    }

    /// Lets an endpoint, `page` or `count`, answer with a query; gives its path.
    pub(crate) async fn register(&self, endpoint: &str, sql: &str) -> Result<String> {
        let number = Client::connect(&self.login()).await?.post("/queries", sql).await?;
        Ok(format!("/{endpoint}/{}", String::from_utf8(number)?))
    }
}

/// The connections of the endpoints.
enum Pools {
    Sqlite { readers: SqlitePool, writer: SqlitePool },
    Postgres(PgPool),
}

/// What the endpoints share.
struct Shared {
    pools: Pools,
    queries: RwLock<Vec<String>>,
    /// Callbacks to hand out, and the place of the next.
    queued: RwLock<Vec<Uuid>>,
    next: AtomicUsize,
}

type Answer = std::result::Result<HttpResponse, Error>;

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

fn failure(error: sqlx::Error) -> Error {
    ErrorInternalServerError(error)
}

/// An id as the server makes them: they arrive in the order of their index.
fn new_id(micros: i64) -> Uuid {
    let millis = u64::try_from(micros / 1_000).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
}

async fn open(url: &str) -> std::result::Result<Pools, sqlx::Error> {
    if url.starts_with("sqlite:") {
        let options = SqliteConnectOptions::from_str(url)?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(200)
            .pragma("mmap_size", "2147418112")
            .pragma("cache_size", "-16384");
        let pool =
            |connections| SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
        Ok(Pools::Sqlite {
            writer: pool(1).connect_with(options.clone()).await?,
            readers: pool(4).connect_with(options.pragma("query_only", "ON")).await?,
        })
    } else {
        let options = PgConnectOptions::from_str(url)?;
        let pool = PgPoolOptions::new().max_connections(16).test_before_acquire(false);
        Ok(Pools::Postgres(pool.connect_with(options).await?))
    }
}

/// Runs statements in a transaction of either database.
macro_rules! transaction {
    ($pools:expr, |$conn:ident| $work:expr) => {
        match $pools {
            Pools::Sqlite { writer, .. } => {
                let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(failure)?;
                let $conn = &mut *transaction;
                $work;
                transaction.commit().await.map_err(failure)?;
            }
            Pools::Postgres(pool) => {
                let mut transaction = pool.begin().await.map_err(failure)?;
                let $conn = &mut *transaction;
                $work;
                transaction.commit().await.map_err(failure)?;
            }
        }
    };
}

async fn add_query(shared: web::Data<Shared>, sql: String) -> Answer {
    let mut queries = shared.queries.write().map_err(|_| ErrorInternalServerError("a lock is poisoned"))?;
    queries.push(sql);
    Ok(HttpResponse::Ok().body((queries.len() - 1).to_string()))
}

fn query(shared: &Shared, number: usize) -> std::result::Result<String, Error> {
    let queries = shared.queries.read().map_err(|_| ErrorInternalServerError("a lock is poisoned"))?;
    queries.get(number).cloned().ok_or_else(|| ErrorNotFound("there is no such query"))
}

/// Where a page begins, for a query that takes it.
#[derive(Deserialize)]
struct After {
    key: Option<i64>,
    id: Option<Uuid>,
}

async fn page(shared: web::Data<Shared>, number: web::Path<usize>, after: web::Query<After>) -> Answer {
    let sql = query(&shared, *number)?;
    let after = after.key.zip(after.id);
    match &shared.pools {
        Pools::Sqlite { readers, .. } => {
            let mut query = sqlx::query_scalar(AssertSqlSafe(format!("{JSON}{sql})")));
            if let Some((key, id)) = after {
                query = query.bind(key).bind(id);
            }
            let json: String = query.fetch_one(readers).await.map_err(failure)?;
            Ok(HttpResponse::Ok().content_type("application/json").body(json))
        }
        Pools::Postgres(pool) => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql));
            if let Some((key, id)) = after {
                query = query.bind(key).bind(id);
            }
            let rows: Vec<Row> = query.fetch_all(pool).await.map_err(failure)?;
            Ok(HttpResponse::Ok().json(rows))
        }
    }
}

async fn count(shared: web::Data<Shared>, number: web::Path<usize>) -> Answer {
    let sql = AssertSqlSafe(query(&shared, *number)?);
    let rows: Vec<(String, i64)> = match &shared.pools {
        Pools::Sqlite { readers, .. } => sqlx::query_as(sql).fetch_all(readers).await.map_err(failure)?,
        Pools::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.map_err(failure)?,
    };
    Ok(HttpResponse::Ok().json(rows))
}

const CREATE: &str = "INSERT INTO callbacks (id, service_id, customer_number, callback_type, queue_arrival, priority, \
     origin, created_at, desired_time, desired_window_seconds, expires_at, reschedule_count, attempts_made, state, \
     updated_at, version) \
     VALUES ($1, $2, '+442079460318', 'scheduled', $3, 0, 'api', $4, $3, 120, $3 + 1209600000000, 0, 0, 'SCHEDULED', \
     $4, 1)";
const TIMELINE: &str = "INSERT INTO timeline (callback_id, at, action, actor_kind, actor_name, from_state, to_state, \
     version, detail) VALUES ($1, $2, $3, 'api_key', 'bench', $4, $5, $6, '{}')";

/// One transaction: a row of `callbacks` with all its indexes, and its line of
/// the timeline.
async fn create(shared: web::Data<Shared>, service: String) -> Answer {
    let service = Uuid::parse_str(&service).map_err(ErrorInternalServerError)?;
    let at = now().micros();
    let id = new_id(at);
    transaction!(&shared.pools, |conn| {
        let row = sqlx::query(CREATE).bind(id).bind(service).bind(at + 86_400_000_000).bind(at);
        row.execute(&mut *conn).await.map_err(failure)?;
        let line = sqlx::query(TIMELINE).bind(id).bind(at).bind("created");
        let line = line.bind(None::<&str>).bind("SCHEDULED").bind(1_i64);
        line.execute(&mut *conn).await.map_err(failure)?;
    });
    Ok(HttpResponse::Created().json(id))
}

/// Reads which callbacks there are to hand out.
async fn read_queue(shared: web::Data<Shared>) -> Answer {
    const QUEUED: &str = "SELECT id FROM callbacks WHERE state = 'QUEUED' AND version = 4";
    let ids: Vec<Uuid> = match &shared.pools {
        Pools::Sqlite { readers, .. } => {
            sqlx::query_scalar(QUEUED).fetch_all(readers).await.map_err(failure)?
        }
        Pools::Postgres(pool) => sqlx::query_scalar(QUEUED).fetch_all(pool).await.map_err(failure)?,
    };
    *shared.queued.write().map_err(|_| ErrorInternalServerError("a lock is poisoned"))? = ids;
    shared.next.store(0, Ordering::Relaxed);
    Ok(HttpResponse::Ok().finish())
}

const RESERVE: &str = "UPDATE callbacks SET state = 'ROUTING', attempts_made = 1, attempt_id = $2, lease_token = $3, \
     lease_expires_at = $4 + 30000000, agent = 'bench', reserved_at = $4, updated_at = $4, version = version + 1 \
     WHERE id = $1 AND version = 4";
const NEW_ATTEMPT: &str = "INSERT INTO attempts (id, callback_id, service_id, agent, reserved_at) \
     SELECT $1, id, service_id, 'bench', $3 FROM callbacks WHERE id = $2";
const CONNECT: &str = "UPDATE callbacks SET state = 'PROCESSING', connected_at = $2, updated_at = $2, \
     version = version + 1 WHERE id = $1 AND version = 5";
const CONNECT_ATTEMPT: &str = "UPDATE attempts SET connected_at = $2 WHERE id = $1";
const COMPLETE: &str = "UPDATE callbacks SET state = 'COMPLETED', result = 'AGENT_CONNECTED', completed_at = $2, \
     attempt_id = NULL, lease_token = NULL, lease_expires_at = NULL, updated_at = $2, version = version + 1 \
     WHERE id = $1 AND version = 6";
const END_ATTEMPT: &str = "UPDATE attempts SET ended_at = $2, ended_by = 'completed' WHERE id = $1";

/// What a reservation hands out.
#[derive(Serialize)]
struct Handed {
    callback: Uuid,
    attempt: Uuid,
}

/// One transaction: the row, a new attempt, a line of the timeline. Which row is
/// next is known from memory.
async fn reserve(shared: web::Data<Shared>) -> Answer {
    let place = shared.next.fetch_add(1, Ordering::Relaxed);
    let next = shared.queued.read().ok().and_then(|ids| ids.get(place).copied());
    let Some(callback) = next else { return Ok(HttpResponse::Ok().json(())) };
    let at = now().micros();
    let attempt = new_id(at);
    let token = Uuid::from_bytes(rand::random()).simple().to_string();
    transaction!(&shared.pools, |conn| {
        let row = sqlx::query(RESERVE).bind(callback).bind(attempt).bind(&token).bind(at);
        row.execute(&mut *conn).await.map_err(failure)?;
        let row = sqlx::query(NEW_ATTEMPT).bind(attempt).bind(callback).bind(at);
        row.execute(&mut *conn).await.map_err(failure)?;
        let line = sqlx::query(TIMELINE).bind(callback).bind(at).bind("reserved");
        let line = line.bind("QUEUED").bind("ROUTING").bind(5_i64);
        line.execute(&mut *conn).await.map_err(failure)?;
    });
    Ok(HttpResponse::Ok().json(Handed { callback, attempt }))
}

/// One transaction: the row, its attempt, a line of the timeline.
async fn connect(shared: web::Data<Shared>, ids: web::Path<(Uuid, Uuid)>) -> Answer {
    let ((callback, attempt), at) = (ids.into_inner(), now().micros());
    transaction!(&shared.pools, |conn| {
        sqlx::query(CONNECT).bind(callback).bind(at).execute(&mut *conn).await.map_err(failure)?;
        sqlx::query(CONNECT_ATTEMPT).bind(attempt).bind(at).execute(&mut *conn).await.map_err(failure)?;
        let line = sqlx::query(TIMELINE).bind(callback).bind(at).bind("connected");
        let line = line.bind("ROUTING").bind("PROCESSING").bind(6_i64);
        line.execute(&mut *conn).await.map_err(failure)?;
    });
    Ok(HttpResponse::Ok().json(callback))
}

/// One transaction: the row, its attempt, a line of the timeline.
async fn complete(shared: web::Data<Shared>, ids: web::Path<(Uuid, Uuid)>) -> Answer {
    let ((callback, attempt), at) = (ids.into_inner(), now().micros());
    transaction!(&shared.pools, |conn| {
        sqlx::query(COMPLETE).bind(callback).bind(at).execute(&mut *conn).await.map_err(failure)?;
        sqlx::query(END_ATTEMPT).bind(attempt).bind(at).execute(&mut *conn).await.map_err(failure)?;
        let line = sqlx::query(TIMELINE).bind(callback).bind(at).bind("completed");
        let line = line.bind("PROCESSING").bind("COMPLETED").bind(7_i64);
        line.execute(&mut *conn).await.map_err(failure)?;
    });
    Ok(HttpResponse::Ok().json(callback))
}

/// Serves the endpoints until the process is asked to end.
pub(crate) async fn serve(url: &str) -> Result<()> {
    let shared = web::Data::new(Shared {
        pools: open(url).await?,
        queries: RwLock::default(),
        queued: RwLock::default(),
        next: AtomicUsize::new(0),
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .route("/queries", web::post().to(add_query))
            .route("/page/{number}", web::get().to(page))
            .route("/count/{number}", web::get().to(count))
            .route("/create", web::post().to(create))
            .route("/queue", web::post().to(read_queue))
            .route("/reserve", web::post().to(reserve))
            .route("/connect/{callback}/{attempt}", web::post().to(connect))
            .route("/complete/{callback}/{attempt}", web::post().to(complete))
    })
    .workers(2)
    .shutdown_timeout(1)
    .bind(("127.0.0.1", 0))?;
    println!("The bench listens on http://{}", server.addrs()[0]);
    Ok(server.run().await?)
}
