//! Clients that mean harm, or that behave as if they did.

use std::time::Duration;

use reqwest::Method;
use ringback_api::limits::Limits;
use ringback_domain::wire::problem::Problem;
use ringback_domain::{ApiScope, Role};
use ringback_tests::app::clear;
use ringback_tests::{Answer, Backend, Client, Options, TIMEOUT, TestApp, figure, size, wait_for};
use rstest::rstest;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, ToSocketAddrs};

const CALLBACKS: &str = "/api/v1/callbacks";
const ME: &str = "/api/v1/me";
const NUMBER: &str = "+442079460318";

/// What this process has in memory.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

#[tokio::test]
async fn made_up_methods_and_paths_add_nothing_to_the_metrics() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.anonymous();
    let probe = async |number: usize| {
        let method = Method::from_bytes(format!("M{number:X}").as_bytes()).unwrap();
        let path = ["/api/v1/callbacks", "/made/up", "/api/v1/up", "/health/x", "/swagger-ui/x"][number % 5];
        for (method, path) in [(method, path.to_owned()), (Method::GET, format!("{path}/{number}"))] {
            Answer::to(client.request(method, &path)).await;
        }
    };
    let series = async || {
        let text = client.get("/metrics").await.body;
        text.lines().filter(|line| line.starts_with("ringback_http")).count()
    };
    for number in 0..20 {
        probe(number).await;
    }
    series().await;
    let before = series().await;
    let (requests, resident) = (size(1_000, 500_000), resident_kib());
    for number in 20..20 + requests {
        probe(number).await;
    }
    assert_eq!(series().await, before);
    // In the soak this process, server and client in one, must not grow.
    figure(format_args!(
        "{} made-up requests: {resident} KiB before, {} KiB after",
        2 * requests,
        resident_kib()
    ));
}

#[rstest]
#[tokio::test]
async fn a_state_named_often_counts_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    client.create_immediate(app.service, NUMBER).await;
    let often = "state=SCHEDULED&".repeat(600);
    for sort in ["desired_time", "state", "-created_at"] {
        let page = client.json(&format!("{CALLBACKS}?{often}sort={sort}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{sort}");
    }
    assert_eq!(client.json(&format!("{CALLBACKS}/count?{often}")).await["total"], 1);
    assert_eq!(
        client.json(&format!("{CALLBACKS}?{often}page=1")).await["items"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_list_in_a_query_is_as_long_as_the_document_says() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let document = client.json("/openapi.json").await;
    let parameters = document["paths"][CALLBACKS]["get"]["parameters"].as_array().unwrap();
    let service = parameters.iter().find(|parameter| parameter["name"] == "service").unwrap();
    let most = usize::try_from(service["schema"]["maxItems"].as_u64().unwrap()).unwrap();
    let query = |count: usize| format!("{CALLBACKS}?{}", format!("service={}&", app.service).repeat(count));
    assert_eq!(client.get(&query(most)).await.status, 200);
    let answer = client.get(&query(most + 1)).await;
    assert_eq!(answer.status, 422, "{answer}");
    assert_eq!(answer.read::<Problem>().errors[0].pointer, "?service");
    let answer = client.get(&format!("{CALLBACKS}/count?up_to=0")).await;
    assert_eq!(answer.read::<Problem>().errors[0].pointer, "?up_to", "{answer}");
}

/// The fields that an answer refuses for a control character.
#[track_caller]
fn control(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 422, "{answer}");
    let problem: Problem = answer.read();
    assert!(problem.errors.iter().all(|error| error.code.as_str() == "control_character"), "{answer}");
    problem.errors.into_iter().map(|error| error.pointer).collect()
}

#[rstest]
#[tokio::test]
async fn control_characters_are_refused_wherever_they_come_in(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (admin, router) = (app.admin().await, app.key(ApiScope::Router));
    let callback = |more: Value| {
        let mut body =
            json!({"callback_type": "immediate", "service_id": app.service, "customer_number": NUMBER});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (client, path, body, pointer) in [
        (&admin, CALLBACKS, callback(json!({"customer_number": "+44\u{0}"})), "/customer_number"),
        (&admin, CALLBACKS, callback(json!({"language": "e\u{0}n"})), "/language"),
        (&admin, CALLBACKS, callback(json!({"user_data": {"a": [{"b": "\u{0}"}]}})), "/user_data/a/0/b"),
        (&admin, CALLBACKS, callback(json!({"user_data": {"a\u{0}": 1}})), "/user_data"),
        (
            &admin,
            "/api/v1/services",
            json!({"name": "x\u{0}", "time_zone": "Europe/Paris", "default_country": "FR"}),
            "/name",
        ),
        (
            &admin,
            "/api/v1/users",
            json!({"username": "kim\u{0}", "password": "a long password", "role": "monitor"}),
            "/username",
        ),
        (&admin, "/api/v1/session", json!({"username": "kim\u{0}", "password": "x"}), "/username"),
        (&admin, "/api/v1/api-keys", json!({"name": "k\u{7f}", "scopes": ["callbacks:read"]}), "/name"),
        (
            &router,
            "/api/v1/router/reservations",
            json!({"agent": "agent\n17", "services": [app.service]}),
            "/agent",
        ),
        (
            &router,
            "/api/v1/attempts/019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2/complete",
            json!({"lease_token": "\u{0}", "disposition": "\u{85}"}),
            "/disposition",
        ),
        (
            &router,
            "/api/v1/attempts/reports",
            json!({"reports": [{
                "attempt_id": "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2", "lease_token": "x", "report": "completed",
                "disposition": "\u{0}"
            }]}),
            "/reports/0/disposition",
        ),
    ] {
        let places = control(&client.post(path, &body).await);
        assert!(places.contains(&pointer.to_owned()), "{path}: {places:?}");
    }
    let preferences =
        admin.request(Method::PUT, "/api/v1/me/preferences").json(&json!({"last_range": "\u{0}"}));
    assert_eq!(control(&Answer::to(preferences).await), ["/last_range"]);
    for (path, pointer) in [
        ("/api/v1/callbacks?search=%00", "?search"),
        ("/api/v1/callbacks/count?time_zone=%1F", "?time_zone"),
        ("/api/v1/callbacks/search?customer_number=%2B44%00", "?customer_number"),
        ("/api/v1/callbacks?cursor=%7F", "?cursor"),
    ] {
        assert_eq!(control(&admin.get(path).await), [pointer], "{path}");
    }
    for path in ["/api/v1/callbacks/%00", "/api/v1/users/%00"] {
        assert_eq!(admin.get(path).await.status, 400, "{path}");
    }
    let key =
        admin.request(Method::POST, CALLBACKS).header("idempotency-key", "a\tb").json(&callback(json!({})));
    assert_eq!(Answer::to(key).await.status, 400);
    let lines = callback(json!({"user_data": {"note": "one\r\n\ttwo"}}));
    assert_eq!(admin.create(&lines).await["callback_type"], "immediate");
}

/// A connection that sends these bytes, and then one more now and then. Returns what it is
/// answered with until the server closes it.
pub(crate) async fn dribble(address: impl ToSocketAddrs, start: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(start.as_bytes()).await.unwrap();
    let (mut read, mut write) = socket.into_split();
    let writing = tokio::spawn(async move {
        while write.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    });
    let mut answer = Vec::new();
    let all = async {
        let mut part = [0; 4096];
        while let Ok(bytes @ 1..) = read.read(&mut part).await {
            answer.extend_from_slice(&part[..bytes]);
        }
    };
    tokio::time::timeout(2 * TIMEOUT, all).await.expect("the server ends the connection");
    writing.abort();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_request_that_dribbles_in_is_ended() {
    let limits = Limits { request_timeout: 1, ..Limits::default() };
    let app = TestApp::start_with(Backend::Sqlite, Options { limits, ..Options::default() }).await;
    let key = clear(ApiScope::CallbacksWrite);
    let body = format!(
        "POST {CALLBACKS} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
         content-length: 5000\r\n\r\n{{"
    );
    let answer = dribble(app.address, &body).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("urn:ringback:problem:too-slow"), "{answer}");
    let answer = dribble(app.address, "GET / HTTP/1.1\r\nhost:").await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    // The head of a second request has no answer, but it has an end.
    let second = "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost:";
    let answer = dribble(app.address, second).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Opens streams until one is refused; returns how many there are and the refusal.
async fn streams(client: &Client) -> (Vec<reqwest::Response>, Answer) {
    let mut open = Vec::new();
    loop {
        let response = client.request(Method::GET, "/api/v1/events").send().await.unwrap();
        if response.status() != 200 {
            let refused = Answer {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                body: response.text().await.unwrap(),
            };
            return (open, refused);
        }
        open.push(response);
    }
}

#[tokio::test]
async fn an_answer_may_take_longer_than_a_request() {
    let limits = Limits { request_timeout: 1, ..Limits::default() };
    let app = TestApp::start_with(Backend::Sqlite, Options { limits, ..Options::default() }).await;
    let wait = json!({"agent": "agent-17", "services": [app.service], "wait_seconds": 3});
    let router = app.key(ApiScope::Router).post("/api/v1/router/reservations", &wait).await;
    assert_eq!(router.status, 200);
    let mut stream = app.monitor().await.request(Method::GET, "/api/v1/events").send().await.unwrap();
    let _greeting = stream.chunk().await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    app.supervisor().await.create_immediate(app.service, NUMBER).await;
    assert!(stream.chunk().await.unwrap().is_some(), "a stream goes on");
}

#[tokio::test]
async fn one_caller_cannot_use_everything() {
    let limits = Limits { max_streams: 2, max_waiting_routers: 1, ..Limits::default() };
    let app = TestApp::start_with(Backend::Sqlite, Options { limits, ..Options::default() }).await;
    let (monitor, other) = (app.monitor().await, app.person(Role::Supervisor).await);
    let (open, refused) = streams(&monitor).await;
    assert_eq!((open.len(), refused.status), (2, 429), "{refused}");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(streams(&other).await.0.len(), 2, "another caller has streams of their own");
    drop(open);
    wait_for("a stream once others are closed", async || {
        // Only what is written finds out that a listener has gone.
        other.create_immediate(app.service, NUMBER).await;
        let response = monitor.request(Method::GET, "/api/v1/events").send().await.unwrap();
        (response.status() == 200).then_some(())
    })
    .await;

    let router = app.key(ApiScope::Router);
    let wait = json!({"agent": "agent-17", "services": [app.service], "wait_seconds": 20});
    let waiting = {
        let (router, wait) = (router.clone(), wait.clone());
        tokio::spawn(async move { router.post("/api/v1/router/reservations", &wait).await })
    };
    wait_for("the first router to wait", async || {
        app.inside(async |app| app.commands.signals().ready.has_waiters()).await.then_some(())
    })
    .await;
    let refused = router.post("/api/v1/router/reservations", &wait).await;
    assert_eq!(refused.status, 429, "{refused}");
    let at_once = json!({"agent": "agent-17", "services": [app.service]});
    assert_eq!(router.post("/api/v1/router/reservations", &at_once).await.status, 200);
    app.stop().await;
    let answer = waiting.await.unwrap();
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.read::<Value>()["reservations"], json!([]), "a server that stops answers routers");
}

#[tokio::test]
async fn a_server_without_room_refuses_and_still_answers_probes() {
    let limits = Limits { max_requests: 1, ..Limits::default() };
    let app = TestApp::start_with(Backend::Postgres, Options { limits, ..Options::default() }).await;
    let client = app.integration();
    let log_in = "POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                  content-length: 5000\r\n\r\n{";
    let mut slow = TcpStream::connect(app.address).await.unwrap();
    slow.write_all(log_in.as_bytes()).await.unwrap();
    let _unread = client.request(Method::GET, "/api/v1/events").send().await.unwrap();
    for _ in 0..20 {
        assert_eq!(client.get(ME).await.status, 200, "neither of them takes room");
    }

    let mut other = PgConnection::connect(app.database_url()).await.unwrap();
    other.execute("BEGIN; LOCK TABLE callbacks").await.unwrap();
    let page = {
        let client = client.clone();
        tokio::spawn(async move { client.get(CALLBACKS).await })
    };
    let refused = wait_for("a refusal", async || {
        let answer = client.get(ME).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{refused}");
    assert!(refused.body.contains("urn:ringback:problem:unavailable"), "{refused}");
    assert_eq!(client.get("/health/live").await.status, 200);
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(page.await.unwrap().status, 200);
    assert_eq!(client.get(ME).await.status, 200);
}
