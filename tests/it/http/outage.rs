//! The database fails: callers are told so, and the server goes on.

use futures_util::future::join_all;
use ringback_api::error::Error;
use ringback_api::store::Conn;
use ringback_api::worker;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, TestApp, wait_for};
use rstest::rstest;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

const CALLBACKS: &str = "/api/v1/callbacks";
const NUMBER: &str = "+442079460318";

/// Sets a pragma of the connection that writes.
async fn pragma(app: &TestApp, pragma: &'static str) {
    app.inside(async move |app| {
        let set = async move |conn: &mut ringback_api::store::WriteConn| {
            if let Conn::Sqlite(conn) = &mut **conn {
                (&mut **conn).execute(pragma).await.unwrap();
            }
            Ok::<_, Error>(())
        };
        // A connection that has just become read-only cannot commit.
        drop(app.store.transact(set).await);
    })
    .await;
}

/// Runs statements on a connection of our own.
async fn postgres(app: &TestApp, statements: &str) {
    let mut conn = PgConnection::connect(app.database_url()).await.unwrap();
    let statements = statements.replace("$name", app.database_url().rsplit_once('/').unwrap().1);
    conn.execute("SET default_transaction_read_only = off").await.unwrap();
    conn.execute(sqlx::raw_sql(AssertSqlSafe(statements))).await.unwrap();
}

/// Runs statements on a database of either kind.
pub(super) async fn execute(app: &TestApp, statements: &str) {
    if app.database_url().starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(app.database_url()).await.unwrap();
        pool.execute(sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))).await.unwrap();
        pool.close().await;
    } else {
        postgres(app, statements).await;
    }
}

/// Ends every other connection to the database.
const END_OTHERS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid();";

/// A connection that is still there.
const OTHERS: &str =
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

fn body(app: &TestApp) -> Value {
    json!({"callback_type": "immediate", "service_id": app.service, "customer_number": NUMBER})
}

#[track_caller]
fn unavailable(answer: &Answer, status: u16, kind: &str) {
    assert_eq!(answer.status, status, "{answer}");
    assert_eq!(answer.read::<Value>()["type"], format!("urn:ringback:problem:{kind}"));
    assert!(answer.header("retry-after").is_some(), "{answer}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_passes() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    // The least that SQLite allows: the pages that there are.
    pragma(&app, "PRAGMA max_page_count = 1").await;
    let large = json!({"note": "x".repeat(3_000)});
    let mut callback = body(&app);
    callback["user_data"] = large;
    let refused = wait_for("the disk to be full", async || {
        let answer = client.post(CALLBACKS, &callback).await;
        (answer.status != 201).then_some(answer)
    })
    .await;
    unavailable(&refused, 507, "storage-full");
    assert_eq!(client.get(CALLBACKS).await.status, 200, "what is there can be read");
    let ready = app.anonymous().get("/health/ready").await;
    pragma(&app, "PRAGMA max_page_count = 1000000").await;
    assert_eq!(client.post(CALLBACKS, &callback).await.status, 201, "{ready}");
    assert_eq!(app.anonymous().get("/health/ready").await.status, 200);
}

#[tokio::test]
async fn a_read_only_file_makes_the_server_unready() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    pragma(&app, "PRAGMA query_only = ON").await;
    unavailable(&client.post(CALLBACKS, &body(&app)).await, 503, "unavailable");
    let ready = app.anonymous().get("/health/ready").await;
    assert_eq!(ready.status, 503, "{ready}");
    assert_eq!(ready.read::<Value>()["problems"][0]["part"], "database");
    assert_eq!(client.get(CALLBACKS).await.status, 200, "what is there can be read");
}

#[tokio::test]
async fn a_server_that_became_a_standby_is_told() {
    let app = TestApp::start(Backend::Postgres).await;
    let client = app.key(ringback_domain::ApiScope::CallbacksWrite);
    let set = async |to: &str| {
        postgres(&app, &format!("ALTER DATABASE $name SET default_transaction_read_only = {to}")).await;
        // Only once it is set: what connects before would not know of it.
        postgres(&app, END_OTHERS).await;
    };
    set("on").await;
    unavailable(&client.post(CALLBACKS, &body(&app)).await, 503, "unavailable");
    let ready = app.anonymous().get("/health/ready").await;
    assert_eq!(ready.read::<Value>()["problems"][0]["part"], "database", "{ready}");
    set("off").await;
    // A request may meet a connection that was ended; its retry does not.
    wait_for("the new primary", async || {
        (client.post(CALLBACKS, &body(&app)).await.status == 201).then_some(())
    })
    .await;
}

#[tokio::test]
async fn requests_survive_the_end_of_every_connection() {
    let app = TestApp::start(Backend::Postgres).await;
    let client = app.key(ringback_domain::ApiScope::CallbacksWrite);
    let create = async |key: String| {
        let keyed = client.request(reqwest::Method::POST, CALLBACKS).header("idempotency-key", key);
        let answer = Answer::to(keyed.json(&body(&app))).await;
        assert_eq!(answer.status, 201, "{answer}");
    };
    // It is there already: what is idle for a second is checked before it is used.
    let mut ending = PgConnection::connect(app.database_url()).await.unwrap();
    for round in 0..5 {
        // The first comes alone, and finds each connection of the last round lost, or the others do.
        create(format!("{round}")).await;
        join_all((0..20).map(|number| create(format!("{round}-{number}")))).await;
        // Callers are identified anew, as they are after each second.
        app.inside(async |app| app.commands.signals().access.raise()).await;
        ending.execute(END_OTHERS).await.unwrap();
        wait_for("the ends", async || {
            let left = sqlx::query(OTHERS).fetch_optional(&mut ending).await.unwrap();
            left.is_none().then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_panic_while_writing_is_our_fault_and_the_writer_goes_on() {
    let app = TestApp::start(Backend::Sqlite).await;
    let told = app
        .inside(async |app| {
            let panics =
                async |_: &mut ringback_api::store::WriteConn| -> Result<(), Error> { panic!("a test") };
            let error = app.store.transact(panics).await.unwrap_err();
            error.kind()
        })
        .await;
    assert_eq!(told, ringback_domain::wire::problem::ProblemKind::Internal);
    app.supervisor().await.create_immediate(app.service, NUMBER).await;
}

#[rstest]
#[tokio::test]
async fn a_row_that_cannot_be_read_stops_nobody_else(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(text(&client.create_immediate(app.service, NUMBER).await["id"]));
    }
    let id = |index: usize| match backend {
        Backend::Sqlite => format!("x'{}'", ids[index].replace('-', "")),
        Backend::Postgres => format!("'{}'", ids[index]),
    };
    // The first is broken while SCHEDULED, the second for the list, the third while QUEUED.
    execute(&app, &format!("UPDATE callbacks SET customer_number = '0' WHERE id = {}", id(0))).await;
    assert_eq!(app.submit().await, 3);
    execute(&app, &format!("UPDATE callbacks SET queued_at = NULL WHERE id = {}", id(1))).await;
    execute(
        &app,
        &format!(
            "UPDATE callbacks SET state = 'COMPLETED', result = 'NONSENSE', completed_at = 1 WHERE id = {}",
            id(2)
        ),
    )
    .await;
    let reserved = app.router().reserve(1).await;
    assert_eq!(reserved.len(), 1, "what stands behind the row is handed out");
    assert_eq!(text(&reserved[0].callback["id"]), ids[3]);

    let shown = |page: &Value| page["items"].as_array().unwrap().len();
    for query in ["", "?sort=state", "?sort=-updated_at"] {
        for _ in 0..3 {
            assert_eq!(shown(&client.json(&format!("{CALLBACKS}{query}")).await), 3, "{query}");
        }
    }
    let first = client.json(&format!("{CALLBACKS}?limit=2&sort=created_at")).await;
    let rest = format!("{CALLBACKS}?limit=2&sort=created_at&cursor={}", text(&first["next"]));
    assert_eq!(shown(&first) + shown(&client.json(&rest).await), 3, "paging goes on past the row");
    assert_eq!(client.get(&format!("{CALLBACKS}/{}", ids[1])).await.status, 500, "it is asked for alone");

    let job = client.post("/api/v1/bulk-cancellations", &json!({"ids": ids})).await;
    assert_eq!(job.status, 202, "{job}");
    app.finish_bulk_cancellations().await;
    let job = client.json(&format!("/api/v1/bulk-cancellations/{}", text(&job.read::<Value>()["id"]))).await;
    assert_eq!((&job["state"], &job["outcomes"]["cancelled"]), (&json!("completed"), &json!(1)), "{job}");

    app.inside(async |app| worker::gauges::round(&app.workers).await.map(drop).unwrap()).await;
    let metrics = app.anonymous().get("/metrics").await.body;
    let rows = metrics.lines().find_map(|line| line.strip_prefix("ringback_unreadable_rows ")).unwrap();
    assert!(rows.parse::<u32>().unwrap() >= 3, "{rows}");
}

#[rstest]
#[tokio::test]
async fn readiness_turns_before_the_server_stops(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let ready = async || app.anonymous().get("/health/ready").await;
    assert_eq!(ready().await.status, 200);
    app.inside(async |app| app.health.stop()).await;
    let answer = ready().await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.read::<Value>()["problems"][0]["part"], "server");
    assert_eq!(app.anonymous().get("/health/live").await.status, 200);
}
