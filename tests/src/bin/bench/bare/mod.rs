//! The bare endpoints that the server is compared with: the same durable writes
//! or the same rows, without validation, permissions or a state machine. They run
//! in a separate process, on a copy of the server's database and with the
//! server's settings: on PostgreSQL a pool of 16 connections, on SQLite one
//! connection that writes and four that read. Each write is a transaction with a
//! full sync. On SQLite waiting writes can also share a transaction, as in the
//! server.

mod writes;

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
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;
use writes::{Kind, Waiting, Write};

use crate::client::{Client, Login, Result};
use crate::data::{self, Batch};
use crate::database::Database;
use crate::now;
use crate::process::Process;

/// A database and the process that serves the bare endpoints over it.
#[derive(Debug)]
pub(crate) struct Bare {
    pub(crate) process: Process,
    pub(crate) database: Database,
    /// Number of the next row to insert.
    next_row: usize,
}

impl Bare {
    pub(crate) async fn start(database: Database) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--bare").arg(&database.url);
        // Far above the numbers of the copied rows.
        Ok(Self { process: Process::start(command, false).await?, database, next_row: 1_000_000_000 })
    }

    /// Adds callbacks by SQL.
    pub(crate) async fn add(&mut self, rows: usize, services: &[Uuid], kind: data::Kind) -> Result<()> {
        let batch = Batch { first: self.next_row, rows, now: now(), services, kind };
        data::add(&self.database, &batch).await?;
        self.next_row += rows;
        Ok(())
    }

    pub(crate) fn login(&self) -> Login {
        Login::anonymous(&self.process.address)
    }

    /// Registers a query for the endpoint `page` or `count`. Returns its path.
    pub(crate) async fn register(&self, endpoint: &str, sql: &str) -> Result<String> {
        let number = Client::connect(&self.login()).await?.post("/queries", sql).await?;
        Ok(format!("/{endpoint}/{}", String::from_utf8(number)?))
    }
}

/// The connections of the endpoints.
enum Pools {
    Sqlite { readers: SqlitePool, writer: SqlitePool, queue: mpsc::Sender<Waiting> },
    Postgres(PgPool),
}

/// State shared by the endpoints.
struct Shared {
    pools: Pools,
    queries: RwLock<Vec<String>>,
    /// Callbacks to reserve, and the index of the next.
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

/// An id like those of the server, which increase with time.
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
        let writer = pool(1).connect_with(options.clone()).await?;
        let readers = pool(4).connect_with(options.pragma("query_only", "ON")).await?;
        let (queue, waiting) = mpsc::channel(4_096);
        tokio::spawn(writes::group_commits(writer.clone(), waiting));
        Ok(Pools::Sqlite { readers, writer, queue })
    } else {
        let options = PgConnectOptions::from_str(url)?;
        let pool = PgPoolOptions::new().max_connections(16).test_before_acquire(false);
        Ok(Pools::Postgres(pool.connect_with(options).await?))
    }
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

/// The row before a page, for a query with parameters.
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

/// How writes are committed.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Commits {
    /// Each write by itself.
    Single,
    /// On SQLite, all waiting writes together.
    Grouped,
}

impl Shared {
    async fn write(&self, commits: Commits, write: Write) -> std::result::Result<(), Error> {
        let written = match (&self.pools, commits) {
            (Pools::Postgres(pool), _) => writes::postgres(pool, &write).await,
            (Pools::Sqlite { writer, .. }, Commits::Single) => writes::sqlite(writer, &[write]).await,
            (Pools::Sqlite { queue, .. }, Commits::Grouped) => {
                let (reply, answer) = oneshot::channel();
                queue.send((write, reply)).await.map_err(ErrorInternalServerError)?;
                answer.await.map_err(ErrorInternalServerError)?
            }
        };
        written.map_err(failure)
    }
}

/// Writes a row of `callbacks` and a line of the timeline.
async fn create(shared: web::Data<Shared>, commits: web::Path<Commits>, service: String) -> Answer {
    let other = Uuid::parse_str(&service).map_err(ErrorInternalServerError)?;
    let at = now().micros();
    let callback = new_id(at);
    shared.write(*commits, Write { kind: Kind::Create, callback, other, at }).await?;
    Ok(HttpResponse::Created().json(callback))
}

/// Reads the callbacks to reserve.
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

/// The answer of a reservation.
#[derive(Serialize)]
struct Reserved {
    callback: Uuid,
    attempt: Uuid,
}

/// Updates the row, and writes a new attempt and a line of the timeline. The next
/// row is taken from memory.
async fn reserve(shared: web::Data<Shared>, commits: web::Path<Commits>) -> Answer {
    let place = shared.next.fetch_add(1, Ordering::Relaxed);
    let next = shared.queued.read().ok().and_then(|ids| ids.get(place).copied());
    let Some(callback) = next else { return Ok(HttpResponse::Ok().json(())) };
    let at = now().micros();
    let attempt = new_id(at);
    shared.write(*commits, Write { kind: Kind::Reserve, callback, other: attempt, at }).await?;
    Ok(HttpResponse::Ok().json(Reserved { callback, attempt }))
}

/// Updates the row and its attempt, and writes a line of the timeline.
async fn connect(shared: web::Data<Shared>, path: web::Path<(Commits, Uuid, Uuid)>) -> Answer {
    let (commits, callback, other) = path.into_inner();
    shared.write(commits, Write { kind: Kind::Connect, callback, other, at: now().micros() }).await?;
    Ok(HttpResponse::Ok().json(callback))
}

/// Updates the row and its attempt, and writes a line of the timeline.
async fn complete(shared: web::Data<Shared>, path: web::Path<(Commits, Uuid, Uuid)>) -> Answer {
    let (commits, callback, other) = path.into_inner();
    shared.write(commits, Write { kind: Kind::Complete, callback, other, at: now().micros() }).await?;
    Ok(HttpResponse::Ok().json(callback))
}

/// Serves the endpoints until the process is stopped.
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
            .route("/create/{commits}", web::post().to(create))
            .route("/queue", web::post().to(read_queue))
            .route("/reserve/{commits}", web::post().to(reserve))
            .route("/connect/{commits}/{callback}/{attempt}", web::post().to(connect))
            .route("/complete/{commits}/{callback}/{attempt}", web::post().to(complete))
    })
    .workers(2)
    .shutdown_timeout(1)
    .bind(("127.0.0.1", 0))?;
    println!("The bench listens on http://{}", server.addrs()[0]);
    Ok(server.run().await?)
}
