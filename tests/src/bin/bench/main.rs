//! `cargo xtask bench`: the server beside the barest endpoints that do the
//! same, on the same rows, in the same run. What counts is the ratio.

#![expect(clippy::print_stdout, reason = "a table is what one runs this for")]

mod client;
mod data;
mod page;
mod raw;

use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Client, Figures, Result, load};
use futures_util::FutureExt;
use raw::{COLUMNS, Pool};
use ringback_api::auth::token::{new_secret, secret_hash};
use ringback_api::clock::Clock;
use ringback_api::server::{self, Config};
use ringback_api::store::api_keys;
use ringback_api::store::{Backend, Store, StoreError, services};
use ringback_domain::service::Settings;
use ringback_domain::{ApiScope, Service, ServiceId, Timestamp};
use ringback_tests::app::api_key;
use serde_json::Value;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

/// Rows in one transaction of the loading.
const CHUNK: usize = 100_000;

/// Pages that are read in turn: a hundred thousand rows.
const DIFFERENT_PAGES: usize = 400;

/// Clients, as the goals name them.
const CLIENTS: usize = 16;

struct Options {
    rows: usize,
    backends: Vec<Backend>,
    only: Vec<String>,
    time: Duration,
}

impl Options {
    fn read() -> Result<Self> {
        let mut options = Self {
            rows: 1_000_000,
            backends: vec![Backend::Sqlite, Backend::Postgres],
            only: Vec::new(),
            time: Duration::from_secs(5),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            match word.as_str() {
                "--rows" => options.rows = value.replace('_', "").parse()?,
                "--seconds" => options.time = Duration::from_secs(value.parse()?),
                "--only" => options.only = value.split(',').map(str::to_owned).collect(),
                "--backend" => {
                    options.backends = vec![match value.as_str() {
                        "sqlite" => Backend::Sqlite,
                        "postgres" => Backend::Postgres,
                        _ => return Err("--backend is sqlite or postgres".into()),
                    }];
                }
                _ => {
                    return Err("options: --rows N, --seconds N, --backend sqlite|postgres, --only \
                                list,search,count,create,route,page"
                        .into());
                }
            }
        }
        Ok(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|one| one == part)
    }
}

/// What is measured: our paths, the bare endpoint's, and the goal.
struct Case {
    name: String,
    ours: Vec<String>,
    bare: Vec<String>,
    clients: usize,
    goal: Goal,
}

#[derive(Clone, Copy)]
enum Goal {
    /// So much of the bare endpoint, and 99 % within so many milliseconds.
    Ratio(f64, f64),
    /// 95 % within so many milliseconds.
    Within(f64),
    None,
}

#[actix_web::main]
async fn main() -> Result<()> {
    let options = Options::read()?;
    for backend in &options.backends {
        bench(*backend, &options).await?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the setting of `cargo xtask bench`")]
fn postgres_server() -> Result<String> {
    std::env::var("RINGBACK_BENCH_POSTGRES")
        .map_err(|_| "RINGBACK_BENCH_POSTGRES names no server: run `cargo xtask bench`".into())
}

async fn run(pool: &Pool, sql: &str) -> Result<()> {
    let statement = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match pool {
        Pool::Sqlite(pool) => pool.execute(statement).await.map(drop)?,
        Pool::Postgres(pool) => pool.execute(statement).await.map(drop)?,
    }
    Ok(())
}

async fn column(pool: &Pool, sql: &str) -> Result<Vec<String>> {
    let sql = AssertSqlSafe(sql.to_owned());
    Ok(match pool {
        Pool::Sqlite(pool) => sqlx::query_scalar(sql).fetch_all(pool).await?,
        Pool::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await?,
    })
}

async fn open(backend: Backend, folder: &std::path::Path) -> Result<(String, Pool)> {
    match backend {
        Backend::Sqlite => {
            let file = folder.join("bench.db");
            let url = format!("sqlite:{}", file.display());
            let options = SqliteConnectOptions::new()
                .filename(file)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(Duration::from_secs(10))
                .pragma("cache_size", "-65536");
            let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
            Ok((url, Pool::Sqlite(pool)))
        }
        Backend::Postgres => {
            let server = postgres_server()?;
            let (address, _) = server.rsplit_once('/').ok_or("the server's address has no database")?;
            let name = format!("rb_bench_{}", Uuid::new_v4().simple());
            let url = format!("{address}/{name}");
            let maintenance = PgPoolOptions::new().max_connections(1).connect(&server).await?;
            maintenance.execute(sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))).await?;
            maintenance.close().await;
            let pool = PgPoolOptions::new().max_connections(16).connect(&url).await?;
            Ok((url, Pool::Postgres(pool)))
        }
    }
}

/// Fills the empty tables: rows first, indexes after.
async fn fill(store: &Store, pool: &Pool, options: &Options, now: Timestamp, key: &str) -> Result<()> {
    let hash = secret_hash(key);
    store
        .write(async move |conn| {
            for index in 0..10_u128 {
                let service = Service {
                    id: service_id(index),
                    name: format!("Service {index}"),
                    time_zone: "Europe/London".to_owned(),
                    default_country: "GB".to_owned(),
                    settings: Settings::default(),
                    version: 1,
                };
                services::insert(conn, &service, now).await?;
            }
            let key = api_key("bench".to_owned(), ApiScope::ALL.to_vec(), now);
            api_keys::insert(conn, &key, &hash).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    let backend = store.backend();
    let (names, made) = match backend {
        Backend::Sqlite => (
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'callbacks' AND sql IS NOT NULL",
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'callbacks' AND sql IS NOT NULL",
        ),
        Backend::Postgres => (
            "SELECT indexname::text FROM pg_indexes WHERE tablename = 'callbacks' AND indexname LIKE 'callbacks\\_%' \
             AND indexdef NOT LIKE '%UNIQUE%'",
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'callbacks' AND indexname LIKE 'callbacks\\_%' \
             AND indexdef NOT LIKE '%UNIQUE%'",
        ),
    };
    let (names, made) = (column(pool, names).await?, column(pool, made).await?);
    for name in names {
        run(pool, &format!("DROP INDEX {name}")).await?;
    }
    let mut from = 1;
    while from <= options.rows {
        let to = (from + CHUNK - 1).min(options.rows);
        run(pool, &data::insert(backend, from, to, now.micros(), false)).await?;
        from = to + 1;
    }
    for index in made {
        run(pool, &index).await?;
    }
    let bare = match backend {
        Backend::Sqlite => {
            "CREATE TABLE bare (id BLOB PRIMARY KEY, customer_number TEXT, desired_time INTEGER, body TEXT)"
        }
        Backend::Postgres => {
            "CREATE TABLE bare (id UUID PRIMARY KEY, customer_number TEXT, desired_time BIGINT, body TEXT)"
        }
    };
    run(pool, bare).await?;
    match backend {
        Backend::Sqlite => {
            run(pool, "ANALYZE").await?;
            run(pool, "PRAGMA wal_checkpoint(TRUNCATE)").await
        }
        Backend::Postgres => run(pool, "VACUUM ANALYZE").await,
    }
}

fn service_id(index: u128) -> ServiceId {
    ServiceId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 + index))
}

async fn bench(backend: Backend, options: &Options) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (url, pool) = open(backend, folder.path()).await?;
    let store = Store::connect(&url).await?;
    store.migrate().await?;
    let (key, clock) = (new_secret(), Clock::system());
    let now = clock.now();
    let begun = Instant::now();
    fill(&store, &pool, options, now, &key).await?;
    println!("\n{backend:?}, {} callbacks, loaded in {:.0} s", options.rows, begun.elapsed().as_secs_f64());
    let web_dir = options.wants("page").then(|| page::WEB_DIR.into());
    if web_dir.is_some() && !page::is_built() {
        return Err("the page is not built: run `cargo xtask web`, or leave it out with --only".into());
    }
    let config =
        Config { listen: "127.0.0.1:0".parse()?, web_dir, simulator: None, workers: true, threads: 2 };
    let running = server::start(store, clock, config).await.map_err(|error| error.to_string())?;
    let ours = running.address.to_string();
    let mut statements = Vec::new();
    let cases = cases(backend, options, &ours, &key, &pool, now, &mut statements).await?;
    let bare = raw::start(pool.clone(), statements)?;
    println!(
        "| {:<44} | {:>3} | {:>8} | {:>8} | {:>5} | {:>7} | {:>7} | {:>7} | {:>8} | {:<18} | met |",
        "what", "cl.", "ours/s", "bare/s", "ratio", "p50 ms", "p95 ms", "p99 ms", "bare p99", "goal"
    );
    println!("|{}|", ["-".repeat(46), "-".repeat(5)].join("|") + &"|---".repeat(9));
    for case in &cases {
        measure(case, &ours, &bare, &key, options.time).await?;
    }
    if options.wants("create") {
        create(&ours, &bare, &key, options.time, now).await?;
    }
    if options.wants("route") {
        route(backend, &pool, &ours, &key, options, now).await?;
    }
    if options.wants("page") {
        page::measure(&ours, &key).await?;
    }
    running.stop().await;
    Ok(())
}

async fn get(address: &str, key: &str, path: &str) -> Result<Value> {
    let mut client = Client::connect(address, key).await?;
    Ok(serde_json::from_slice(&client.get(path).await?)?)
}

/// What lists are read by: our name, the bare condition and the order.
const SORTS: [(&str, &str, &str); 10] = [
    ("desired_time", "1 = 1", "desired_time"),
    ("-desired_time", "1 = 1", "desired_time DESC"),
    ("created_at", "1 = 1", "created_at"),
    ("-created_at", "1 = 1", "created_at DESC"),
    ("updated_at", "1 = 1", "updated_at"),
    ("-updated_at", "1 = 1", "updated_at DESC"),
    ("state", "state = 'SCHEDULED'", "desired_time"),
    ("-state", "state = 'COMPLETED'", "desired_time DESC"),
    ("service", "service_id = {first}", "desired_time"),
    ("-service", "service_id = {last}", "desired_time DESC"),
];

fn id_literal(backend: Backend, id: Uuid) -> String {
    match backend {
        Backend::Sqlite => format!("x'{}'", id.simple()),
        Backend::Postgres => format!("'{id}'::uuid"),
    }
}

fn timestamp(value: &Value) -> Result<Timestamp> {
    value.as_str().unwrap_or_default().parse().map_err(|_| format!("{value} is no time").into())
}

#[expect(clippy::too_many_lines, reason = "a list of what is measured")]
async fn cases(
    backend: Backend,
    options: &Options,
    ours: &str,
    key: &str,
    pool: &Pool,
    now: Timestamp,
    statements: &mut Vec<String>,
) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut bare = |kind: &str, sql: String| {
        statements.push(sql);
        vec![format!("/{kind}/{}", statements.len() - 1)]
    };
    if options.wants("list") {
        for (sort, condition, order) in SORTS {
            let condition = condition
                .replace("{first}", &id_literal(backend, service_id(0).0))
                .replace("{last}", &id_literal(backend, service_id(9).0));
            let (column_name, falling) = match order.split_once(' ') {
                Some((name, _)) => (name, true),
                None => (order, false),
            };
            let direction = if falling { " DESC" } else { "" };
            let tail = format!("ORDER BY {column_name}{direction}, id{direction} LIMIT 250");
            let first = format!("/api/v1/callbacks?sort={sort}");
            cases.push(Case {
                name: format!("page by {sort}, first"),
                ours: vec![first.clone()],
                bare: bare("page", format!("SELECT {COLUMNS} FROM callbacks WHERE {condition} {tail}")),
                clients: CLIENTS,
                goal: Goal::Ratio(0.8, 25.0),
            });
            let mut path = first;
            let mut edge = Value::Null;
            for _ in 1..40 {
                let page = get(ours, key, &path).await?;
                edge = page["items"].as_array().and_then(|items| items.last()).cloned().unwrap_or_default();
                let Some(next) = page["next"].as_str() else { break };
                path = format!("/api/v1/callbacks?sort={sort}&cursor={next}");
            }
            let id = id_literal(backend, edge["id"].as_str().unwrap_or_default().parse()?);
            let value = timestamp(&edge[column_name])?;
            let sign = if falling { "<" } else { ">" };
            let sql = format!(
                "SELECT {COLUMNS} FROM callbacks WHERE {condition} AND ({column_name}, id) {sign} ({}, {id}) {tail}",
                value.micros()
            );
            cases.push(Case {
                name: format!("page by {sort}, 40th"),
                ours: vec![path],
                bare: bare("page", sql),
                clients: CLIENTS,
                goal: Goal::Ratio(0.8, 25.0),
            });
        }
    }
    if options.wants("list") {
        // Rows that lie in no cache of the processor.
        let mut paths = vec!["/api/v1/callbacks".to_owned()];
        let after = bare(
            "page",
            format!(
                "SELECT {COLUMNS} FROM callbacks WHERE (desired_time, id) > ($1, $2) \
                 ORDER BY desired_time, id LIMIT 250"
            ),
        );
        let mut bare_paths = vec![format!("{}?key=0&id={}", after[0], Uuid::nil())];
        while paths.len() < DIFFERENT_PAGES {
            let page = get(ours, key, &paths[paths.len() - 1]).await?;
            let Some(next) = page["next"].as_str() else { break };
            paths.push(format!("/api/v1/callbacks?cursor={next}"));
            let edge = page["items"].as_array().and_then(|items| items.last()).cloned().unwrap_or_default();
            let (at, id) = (timestamp(&edge["desired_time"])?, edge["id"].as_str().unwrap_or_default());
            bare_paths.push(format!("{}?key={}&id={id}", after[0], at.micros()));
        }
        cases.push(Case {
            name: format!("{} different pages in turn", paths.len()),
            ours: paths,
            bare: bare_paths,
            clients: CLIENTS,
            goal: Goal::Ratio(0.8, 25.0),
        });
    }
    let (from, to) = (now.plus_seconds(-7 * 86_400), now.plus_seconds(7 * 86_400));
    if options.wants("search") {
        for (what, pattern) in [
            ("2 digits", "42"),
            ("4 digits", "4711"),
            ("6 digits", "471100"),
            ("8 digits, absent", "00000000"),
        ] {
            for clients in [1, CLIENTS] {
                let sql = format!(
                    "SELECT {COLUMNS} FROM callbacks WHERE id IN (SELECT id FROM callbacks WHERE desired_time >= {} \
                     AND desired_time < {} AND customer_number LIKE '%{pattern}%' ORDER BY desired_time, id \
                     LIMIT 250) ORDER BY desired_time, id",
                    from.micros(),
                    to.micros()
                );
                cases.push(Case {
                    name: format!("search in 14 days, {what}"),
                    ours: vec![format!("/api/v1/callbacks?from={from}&to={to}&search={pattern}")],
                    bare: bare("page", sql),
                    clients,
                    goal: if clients == 1 { Goal::Within(80.0) } else { Goal::None },
                });
            }
        }
        let some =
            column(pool, "SELECT customer_number FROM callbacks ORDER BY customer_number LIMIT 500").await?;
        let numbers = some
            .iter()
            .map(|number| format!("/api/v1/callbacks/search?customer_number={}", number.replace('+', "%2B")));
        cases.push(Case {
            name: "exact number".to_owned(),
            ours: numbers.collect(),
            bare: bare(
                "page",
                format!(
                    "SELECT {COLUMNS} FROM callbacks WHERE customer_number = '{}' ORDER BY desired_time DESC, id \
                     DESC LIMIT 250",
                    some[0]
                ),
            ),
            clients: 1,
            goal: Goal::Within(2.0),
        });
        let page = get(ours, key, "/api/v1/callbacks").await?;
        let ids: Vec<&str> =
            page["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str()).collect();
        let one = id_literal(backend, ids[0].parse()?);
        cases.push(Case {
            name: "exact id".to_owned(),
            ours: ids.iter().map(|id| format!("/api/v1/callbacks/search?id={id}")).collect(),
            bare: bare("page", format!("SELECT {COLUMNS} FROM callbacks WHERE id = {one}")),
            clients: 1,
            goal: Goal::Within(2.0),
        });
    }
    if options.wants("count") {
        // A tenth of the whole stretch of time, half of it past.
        let tenth = 1_206_000 / 10;
        let (from, to) = (now.plus_seconds(-tenth), now.plus_seconds(tenth));
        let range = format!("from={from}&to={to}");
        let within = format!("desired_time >= {} AND desired_time < {}", from.micros(), to.micros());
        for (what, filter, condition, goal) in [
            ("count of a tenth", range.clone(), within.as_str(), Goal::Within(60.0)),
            ("count of a tenth, up to 10,000", format!("{range}&up_to=10000"), &within, Goal::Within(60.0)),
            ("count of all", String::new(), "1 = 1", Goal::None),
            ("count of all, up to 10,000", "up_to=10000".to_owned(), "1 = 1", Goal::Within(60.0)),
        ] {
            for clients in [1, CLIENTS] {
                let sql = format!("SELECT state, COUNT(*) FROM callbacks WHERE {condition} GROUP BY state");
                cases.push(Case {
                    name: what.to_owned(),
                    ours: vec![format!("/api/v1/callbacks/count?{filter}")],
                    bare: bare("count", sql),
                    clients,
                    goal: if clients == 1 { goal } else { Goal::None },
                });
            }
        }
    }
    Ok(cases)
}

/// Runs a load beside the servers, which have this thread.
async fn aside(work: impl FnOnce() -> Figures + Send + 'static) -> Result<Figures> {
    Ok(tokio::task::spawn_blocking(work).await?)
}

async fn read(address: &str, key: &str, paths: &[String], clients: usize, time: Duration) -> Result<Figures> {
    let (address, key, paths) = (address.to_owned(), key.to_owned(), Arc::new(paths.to_vec()));
    aside(move || {
        load(&address, &key, clients, time, move |client, round| {
            let paths = Arc::clone(&paths);
            async move { client.get(&paths[round % paths.len()]).await.map(|_| 1) }.boxed_local()
        })
    })
    .await
}

async fn measure(case: &Case, ours: &str, bare: &str, key: &str, time: Duration) -> Result<()> {
    let mine = read(ours, key, &case.ours, case.clients, time).await?;
    let beside = read(bare, key, &case.bare, case.clients, time).await?;
    line(&case.name, case.clients, &mine, Some(&beside), case.goal);
    Ok(())
}

fn line(what: &str, clients: usize, ours: &Figures, bare: Option<&Figures>, goal: Goal) {
    let ratio = bare.map(|bare| ours.rate() / bare.rate());
    let (p50, p95, p99) = (ours.within(500), ours.within(950), ours.within(990));
    let (goal, met) = match goal {
        Goal::Ratio(least, most) => (
            format!("{least:.1}x, p99 {most:.0} ms"),
            Some(ratio.is_some_and(|ratio| ratio >= least) && p99 <= most),
        ),
        Goal::Within(most) => (format!("p95 {most:.0} ms"), Some(p95 <= most)),
        Goal::None => (String::new(), None),
    };
    let met = met.map_or("", |met| if met { "yes" } else { "NO" });
    let bare_p99 = bare.map_or(String::new(), |bare| format!("{:.1}", bare.within(990)));
    let bare = bare.map_or(String::new(), |bare| format!("{:.0}", bare.rate()));
    let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
    println!(
        "| {what:<44} | {clients:>3} | {:>8.0} | {bare:>8} | {ratio:>5} | {p50:>7.1} | {p95:>7.1} | {p99:>7.1} | \
         {bare_p99:>8} | {goal:<18} | {met:<3} |",
        ours.rate()
    );
}

/// P1: requests taken in.
async fn create(ours: &str, bare: &str, key: &str, time: Duration, now: Timestamp) -> Result<()> {
    let body = serde_json::json!({
        "callback_type": "scheduled",
        "service_id": service_id(0),
        "customer_number": "+442079460318",
        "desired_time": now.plus_seconds(86_400),
    })
    .to_string();
    let post = async |address: &str, path: &'static str| {
        let (address, key, body) = (address.to_owned(), key.to_owned(), Arc::new(body.clone()));
        aside(move || {
            load(&address, &key, 64, time, move |client, _| {
                let body = Arc::clone(&body);
                async move { client.post(path, &body).await.map(|_| 1) }.boxed_local()
            })
        })
        .await
    };
    let mine = post(ours, "/api/v1/callbacks").await?;
    let beside = post(bare, "/insert").await?;
    line("create, one commit each in the bare endpoint", 64, &mine, Some(&beside), Goal::Ratio(0.5, 15.0));
    Ok(())
}

/// P2: callbacks handed out, connected and completed.
async fn route(
    backend: Backend,
    pool: &Pool,
    ours: &str,
    key: &str,
    options: &Options,
    now: Timestamp,
) -> Result<()> {
    for batch in [1_usize, 50] {
        let first = options.rows + 1_000_000 * batch;
        let enough = usize::try_from(options.time.as_secs())? * 8_000;
        // Due a while ago: they come before whatever else is queued.
        run(pool, &data::insert(backend, first, first + enough, now.micros(), true)).await?;
        let services: Vec<ServiceId> = (0..10).map(service_id).collect();
        let order =
            Arc::new(serde_json::json!({"agent": "bench", "services": services, "limit": batch}).to_string());
        let (address, key, time) = (ours.to_owned(), key.to_owned(), options.time);
        let figures = aside(move || {
            load(&address, &key, 32, time, move |client, _| {
                let order = Arc::clone(&order);
                async move {
                    let taken = client.post("/api/v1/router/reservations", &order).await?;
                    let taken: Value = serde_json::from_slice(&taken)?;
                    let taken = taken["reservations"].as_array().cloned().unwrap_or_default();
                    for one in &taken {
                        let attempt = one["attempt_id"].as_str().unwrap_or_default();
                        let lease = serde_json::json!({"lease_token": one["lease_token"]}).to_string();
                        client.post(&format!("/api/v1/attempts/{attempt}/connect"), &lease).await?;
                        client.post(&format!("/api/v1/attempts/{attempt}/complete"), &lease).await?;
                    }
                    Ok(taken.len())
                }
                .boxed_local()
            })
        })
        .await?;
        line(&format!("reserve {batch}, connect, complete"), 32, &figures, None, Goal::None);
    }
    Ok(())
}
