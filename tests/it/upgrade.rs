//! Servers stop, migrate and are replaced while others work.

use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use rand::Rng;
use reqwest::Method;
use ringback_domain::ServiceId;
use ringback_tests::{Backend, Client, Database, another_number, figure, size, wait_for};
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::ledger::{Server, set_up};
use crate::program::program;
use crate::store_setup::migrate;

const CALLBACKS: &str = "/api/v1/callbacks";
/// Clients that load the server at the same time.
const CLIENTS: usize = 8;

/// What every additive migration does, whatever it adds.
const ADDITIVE: &str =
    "ALTER TABLE callbacks ADD COLUMN added TEXT; CREATE TABLE later (id BIGINT NOT NULL); ";
/// The same of one that older programs cannot work with.
const BREAKING: &str = "UPDATE server_state SET value = '2' WHERE name = 'readable_from'; ";

async fn execute(url: &str, statements: &str) {
    let statements = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
    if url.starts_with("sqlite") {
        let mut conn = SqliteConnection::connect(url).await.unwrap();
        conn.execute(statements).await.unwrap();
        conn.close().await.unwrap();
    } else {
        PgConnection::connect(url).await.unwrap().execute(statements).await.unwrap();
    }
}

/// Does what the second migration of a later version would do.
async fn migrate_further(database: &Database, changes: &str) {
    let row = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
               SELECT 2, 'later', success, checksum, 1 FROM _sqlx_migrations";
    execute(database.url(), &format!("{changes}{row}")).await;
}

/// A database with nothing in it.
async fn empty(backend: Backend) -> Database {
    match backend {
        Backend::Sqlite => backend.database(async |_| {}).await,
        Backend::Postgres => {
            let database = backend.database(migrate).await;
            execute(database.url(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
            database
        }
    }
}

/// The program's command on a database.
fn command(arguments: &[&str], database: &Database) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).args(["--database-url", database.url()]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn body(service: ServiceId) -> Value {
    json!({"callback_type": "immediate", "service_id": service, "customer_number": another_number()})
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_answers_every_request_that_it_has(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    for _ in 0..size(1, 20) {
        let database = backend.database(migrate).await;
        let service = ServiceId(Uuid::new_v4());
        let key = set_up(database.url(), service).await;
        let mut server = Server::start(database.url());
        let client = Client::new(&server.address).with_key(&key);
        let (answered, over) = (AtomicUsize::new(0), AtomicBool::new(false));
        // A client, or the load balancer for it, goes elsewhere once the server is not ready.
        let load = async |_| {
            let mut created = 0;
            while !over.load(Ordering::Relaxed) {
                let request = client.request(Method::POST, CALLBACKS).json(&body(service));
                let answer = request.send().await.expect("what was sent is answered");
                assert_eq!(answer.status().as_u16(), 201);
                created += 1;
                answered.fetch_add(1, Ordering::Relaxed);
            }
            created
        };
        let waiting = async {
            let order =
                json!({"agent": "agent-1", "services": [Uuid::new_v4()], "limit": 1, "wait_seconds": 30});
            client.post("/api/v1/router/reservations", &order).await.status
        };
        let stop = async {
            wait_for("answers", async || (answered.load(Ordering::Relaxed) > 50).then_some(())).await;
            let began = Instant::now();
            kill_process(Pid::from_child(&server.child), Signal::TERM).unwrap();
            wait_for("the server to say that it is not ready", async || {
                (client.get("/health/ready").await.status == 503).then_some(())
            })
            .await;
            over.store(true, Ordering::Relaxed);
            began
        };
        let ((created, waited), began) = join(join(join_all((0..CLIENTS).map(load)), waiting), stop).await;
        assert!(waited < 500, "a router that waits is answered, with {waited}");
        assert!(server.child.wait().unwrap().success());
        figure(format_args!("{backend:?}: stopped after {:?}", began.elapsed()));
        assert!(began.elapsed() < Duration::from_secs(10));
        let server = Server::start(database.url());
        let counted = Client::new(&server.address).with_key(&key).json(&format!("{CALLBACKS}/count")).await;
        assert_eq!(counted["total"], created.iter().sum::<usize>());
    }
}

#[rstest]
#[tokio::test]
async fn servers_that_migrate_at_once_do_not_disturb_each_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    for _ in 0..size(1, 20) {
        let database = empty(backend).await;
        let all: Vec<_> = (0..4).map(|_| command(&["migrate"], &database).spawn().unwrap()).collect();
        for one in all {
            succeeded(&one.wait_with_output().unwrap());
        }
        set_up(database.url(), ServiceId(Uuid::new_v4())).await;
    }
}

#[rstest]
#[tokio::test]
async fn a_migration_that_was_killed_is_made_by_the_next_start(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    for _ in 0..size(10, 200) {
        let database = empty(backend).await;
        let mut migrating = command(&["migrate"], &database).spawn().unwrap();
        let pause = rand::rng().random_range(0..100);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        migrating.kill().unwrap();
        migrating.wait().unwrap();
        succeeded(&command(&["migrate"], &database).output().unwrap());
        set_up(database.url(), ServiceId(Uuid::new_v4())).await;
    }
}

#[rstest]
#[tokio::test]
async fn an_older_server_works_on_a_schema_that_only_grew(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = backend.database(migrate).await;
    let service = ServiceId(Uuid::new_v4());
    let key = set_up(database.url(), service).await;
    // It runs while the newer version migrates, and is started again afterwards.
    let running = Server::start(database.url());
    let before = Client::new(&running.address).with_key(&key);
    for _ in 0..20 {
        before.create(&body(service)).await;
    }
    migrate_further(&database, ADDITIVE).await;
    let use_all = async |client: &Client| {
        let created = client.create(&body(service)).await;
        let cancelled = client.command(&created["id"], "cancel", &json!({})).await;
        assert_eq!(cancelled.status, 200, "{cancelled}");
        let read = client.callback(&created["id"]).await;
        assert_eq!(read["state"], "COMPLETED");
        client.json(CALLBACKS).await["items"].as_array().unwrap().len()
    };
    assert_eq!(use_all(&before).await, 21);
    drop(running);
    succeeded(&command(&["migrate"], &database).output().unwrap());
    let again = Server::start(database.url());
    assert_eq!(use_all(&Client::new(&again.address).with_key(&key)).await, 22);
}

#[rstest]
#[tokio::test]
async fn an_older_server_refuses_a_schema_that_it_cannot_read(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = backend.database(migrate).await;
    migrate_further(&database, BREAKING).await;
    let serve = ["serve", "--listen", "127.0.0.1:0", "--log", "off"];
    for arguments in [&serve[..], &["serve", "--migrate", "--log", "off"], &["migrate"]] {
        let output = command(arguments, &database).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(message.contains("use the newer version, or restore the backup"), "{arguments:?}: {message}");
    }
}
