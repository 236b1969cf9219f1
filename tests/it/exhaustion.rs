//! Requests that would use a server up: too large, too deep, too slow, too much. Each has its answer,
//! and the memory of the server, a process of its own, grows by 32 MiB at most.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use futures_util::future::join_all;
use reqwest::Method;
use ringback_domain::ServiceId;
use ringback_domain::wire::problem::Problem;
use ringback_tests::{Answer, Backend, Client, Database, figure, size};
use rstest::rstest;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::contract::{Operation, operations};
use crate::http::hostile::dribble;
use crate::ledger::{Server, set_up};
use crate::store_setup::migrate;

/// KiB by which the memory may grow.
const MAX_GROWTH_KIB: u64 = 32 * 1024;
const UNKNOWN: &str = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";

/// A server, and what it had in memory once it had answered its first requests.
struct Watched {
    server: Server,
    client: Client,
    before: u64,
    max_growth: u64,
    service: Uuid,
    _database: Database,
}

impl Watched {
    async fn start(arguments: &[&str]) -> Self {
        Self::start_with(Backend::Sqlite, 0, arguments).await
    }

    /// A server that has this many callbacks.
    async fn start_with(backend: Backend, rows: usize, arguments: &[&str]) -> Self {
        let database = backend.database(migrate).await;
        let service = Uuid::new_v4();
        let key = set_up(database.url(), ServiceId(service)).await;
        if rows > 0 {
            add_rows(&database, service, rows).await;
        }
        let server = Server::start_with(database.url(), arguments);
        let client = Client::new(&server.address).with_key(key);
        let mut watched =
            Self { server, client, before: 0, max_growth: MAX_GROWTH_KIB, service, _database: database };
        for _ in 0..20 {
            watched.client.json("/api/v1/callbacks").await;
        }
        watched.count_from_here();
        watched
    }

    /// What is in memory by now, such as the caches of the database, does not count.
    fn count_from_here(&mut self) {
        self.before = self.memory("VmRSS");
        // Begins the peak anew.
        std::fs::write(self.process("clear_refs"), "5").unwrap();
    }

    fn process(&self, file: &str) -> String {
        format!("/proc/{}/{file}", self.server.child.id())
    }

    /// KiB of the server.
    fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(self.process("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// The peak stays within the limit, and the server answers.
    async fn is_well(&self, what: &str) {
        let growth = self.memory("VmHWM").saturating_sub(self.before);
        figure(format_args!("{what}: {} KiB before, {growth} KiB more at its peak", self.before));
        assert!(growth <= self.max_growth, "{what}: {growth} KiB");
        assert_eq!(self.client.get("/health/live").await.status, 200, "{what}");
    }

    async fn send(&self, operation: &Operation, body: reqwest::Body) -> Option<Answer> {
        let method: Method = operation.method.to_uppercase().parse().unwrap();
        let path = operation
            .path
            .replace("{id}", UNKNOWN)
            .replace("{attempt_id}", UNKNOWN)
            .replace("{hold}", UNKNOWN);
        let request = self.client.request(method, &path).header("content-type", "application/json");
        // A server may refuse a body, and close the connection, before all of it was sent.
        let response = request.body(body).send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Some(Answer { status, headers, body: response.text().await.ok()? })
    }
}

fn with_json() -> Vec<Operation> {
    let body = |operation: &Operation| {
        operation.value["requestBody"]["content"].get("application/json").is_some()
            // An API key is nobody who has a password or preferences.
            && operation.value["x-permission"] != "own_preferences"
    };
    operations().into_iter().filter(body).collect()
}

#[tokio::test]
async fn bodies_of_ten_megabytes_are_refused_without_being_kept() {
    let watched = Watched::start(&[]).await;
    let mut answered = 0;
    for operation in with_json() {
        let sends = (0..8).map(async |number| {
            let body = match number % 2 {
                0 => vec![b' '; 10_000_000],
                _ => format!("{{\"x\": \"{}\"}}", "y".repeat(10_000_000)).into_bytes(),
            };
            watched.send(&operation, body.into()).await
        });
        for answer in join_all(sends).await.into_iter().flatten() {
            assert_eq!(answer.status, 413, "{}: {answer}", operation.id());
            assert_eq!(answer.read::<Problem>().kind, "urn:ringback:problem:too-large");
            answered += 1;
        }
    }
    assert!(answered > 0);
    // A body whose length nobody announced is read up to the limit.
    let mut socket = TcpStream::connect(&watched.server.address).await.unwrap();
    let head = "POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\n\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
    for _ in 0..160 {
        if socket.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut answer = vec![0; 12];
    if socket.read_exact(&mut answer).await.is_ok() {
        assert_eq!(answer, b"HTTP/1.1 413");
    }
    watched.is_well("bodies of 10 MB").await;
}

#[tokio::test]
async fn json_ten_thousand_deep_is_refused() {
    const DEPTH: usize = 10_000;
    let watched = Watched::start(&[]).await;
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH));
    let (lists, objects) = (deep("[", "]"), deep("{\"a\":", "}"));
    let field = |name: &str, value: &str| format!("{{\"{name}\": {value}}}");
    let bodies = [
        lists.clone(),
        objects.clone(),
        "[".repeat(60_000),
        field("user_data", &objects),
        field("user_data", &field("\\u0041", &lists)),
        field("ids", &lists),
        field("made_up", &lists),
    ];
    for operation in with_json() {
        for body in &bodies {
            let answer = watched.send(&operation, body.clone().into()).await.expect("an answer");
            assert!([400, 422].contains(&answer.status), "{}: {answer}", operation.id());
        }
    }
    let mut body = json!({"callback_type": "immediate", "service_id": watched.service, "customer_number": "+442079460318"});
    body["user_data"] = json!("DEEP");
    let body = body.to_string().replace("\"DEEP\"", &field("a", &lists));
    let create = operations().into_iter().find(|one| one.id() == "create_callback").unwrap();
    let answer = watched.send(&create, body.into()).await.expect("an answer");
    assert_eq!(answer.status, 422, "{answer}");
    watched.is_well("JSON 10,000 deep").await;
}

#[tokio::test]
async fn numbers_beyond_every_limit_are_refused() {
    let watched = Watched::start(&[]).await;
    let mut tried = 0;
    for operation in operations() {
        for parameter in operation.value["parameters"].as_array().into_iter().flatten() {
            if parameter["schema"]["type"] != "integer" {
                continue;
            }
            let name = parameter["name"].as_str().unwrap();
            let path = operation.path.replace("{id}", "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2");
            for number in ["1000000000", "4294967296", "99999999999999999999999", "-1", "1e9"] {
                let answer = watched.client.get(&format!("{path}?{name}={number}")).await;
                // Counting stops by itself at what there is.
                if name == "up_to" && number == "1000000000" {
                    assert_eq!(answer.status, 200, "{answer}");
                    continue;
                }
                assert_eq!(answer.status, 422, "{} {name}={number}: {answer}", operation.id());
                tried += 1;
            }
        }
    }
    assert!(tried >= 15, "{tried}");
    let reserve = |field: &str, value: Value| {
        let mut body = json!({"agent": "agent-17", "services": [watched.service]});
        body[field] = value;
        body
    };
    let many = |count: usize| vec![UNKNOWN; count];
    for (path, body) in [
        ("/router/reservations", reserve("limit", json!(1_000_000_000))),
        ("/router/reservations", reserve("wait_seconds", json!(1_000_000_000))),
        ("/router/reservations", reserve("lease_seconds", json!(1_000_000_000))),
        ("/router/reservations", reserve("services", json!(many(1_000)))),
        ("/bulk-cancellations", json!({"ids": many(10_001)})),
        (
            "/attempts/reports",
            json!({"reports": many(101).iter().map(|id| {
            json!({"attempt_id": id, "lease_token": "x", "report": "connected"})
        }).collect::<Vec<_>>()}),
        ),
    ] {
        let answer = watched.client.post(&format!("/api/v1{path}"), &body).await;
        assert_eq!(answer.status, 422, "{path}: {answer}");
    }
    watched.is_well("numbers beyond every limit").await;
}

#[tokio::test]
async fn sockets_that_dribble_are_ended_and_keep_nobody_waiting() {
    let watched = Watched::start(&["--request-timeout", "3"]).await;
    let body = format!(
        "POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: 60000\r\n\r\n{}",
        " ".repeat(50_000)
    );
    let head = format!("GET /api/v1/callbacks HTTP/1.1\r\nhost: x\r\nx-filler: {}", "x".repeat(2_000));
    let sockets = size(100, 1_000);
    let slow = (0..sockets).map(|number| {
        let (body, head) = (&body, &head);
        let address = &watched.server.address;
        async move { dribble(address, if number % 2 == 0 { body } else { head }).await }
    });
    let others = async {
        for _ in 0..50 {
            assert_eq!(watched.client.get("/api/v1/callbacks").await.status, 200);
        }
    };
    let (answers, ()) = tokio::join!(join_all(slow), others);
    for answer in &answers {
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    watched.is_well(&format!("{sockets} dribbling sockets")).await;
}

/// Callbacks that wait, made by the database.
pub(crate) async fn add_rows(database: &Database, service: Uuid, count: usize) {
    const DAY: i64 = 86_400_000_000;
    const COLUMNS: &str = "(id, service_id, customer_number, callback_type, queue_arrival, priority, origin, \
         created_at, desired_time, desired_window_seconds, expires_at, reschedule_count, attempts_made, state, \
         updated_at, version)";
    let now = ringback_api::clock::Clock::system().now().micros();
    let values = format!(
        "'+442079460318', 'scheduled', {now}, 0, 'api', {now}, {now} + {DAY} + n, 120, {now} + 15 * {DAY} + n, 0, 0, \
         'SCHEDULED', {now}, 1"
    );
    if database.url().starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
        let insert = format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
             INSERT INTO callbacks {COLUMNS} SELECT randomblob(16), ?, {values} FROM numbers"
        );
        sqlx::query(sqlx::AssertSqlSafe(insert)).bind(service).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        let insert = format!(
            "INSERT INTO callbacks {COLUMNS} SELECT gen_random_uuid(), $1, {values} FROM generate_series(1, {count}) n"
        );
        sqlx::query(sqlx::AssertSqlSafe(insert)).bind(service).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

#[rstest]
#[tokio::test]
async fn an_export_of_many_rows_is_streamed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("csv", "ndjson", "xlsx")] format: &str,
) {
    let is_sheet = format == "xlsx";
    let rows = size(20_000, if is_sheet { 100_000 } else { 1_000_000 });
    let mut watched = Watched::start_with(backend, rows, &[]).await;
    let path = format!("/api/v1/callbacks/export?format={format}");
    let request = watched.client.request(Method::GET, &path);
    let export = async || request.try_clone().unwrap().send().await.unwrap();
    let mut response = export().await;
    while response.chunk().await.unwrap().is_some() {}
    figure(format_args!("caches grew by {} KiB", watched.memory("VmHWM").saturating_sub(watched.before)));
    watched.count_from_here();
    // A few rows take a few MiB, or all of them would take too much.
    watched.max_growth = size(8 * 1024, 32 * 1024) as u64;
    // One that nobody reads waits for its reader instead of filling the memory.
    let unread = export().await;
    let mut response = export().await;
    assert_eq!((unread.status().as_u16(), response.status().as_u16()), (200, 200));
    let (mut lines, mut bytes, mut book) = (0, 0, Vec::new());
    while let Some(part) = response.chunk().await.unwrap() {
        bytes += part.len();
        if is_sheet {
            book.extend_from_slice(&part);
        } else {
            lines += part.split(|byte| *byte == b'\n').count() - 1;
        }
    }
    watched.is_well(&format!("{rows} rows as {format} on {backend:?}, {} KiB", bytes / 1024)).await;
    drop(unread);
    if is_sheet {
        lines = Xlsx::new(Cursor::new(book)).unwrap().worksheet_range_at(0).unwrap().unwrap().height();
    }
    assert_eq!(lines, rows + usize::from(format != "ndjson"), "every row once");
}
