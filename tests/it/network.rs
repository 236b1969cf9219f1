//! A bad network between client, server and database: nobody waits for ever, and a request that
//! is repeated with its key has one effect.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use ringback_api::limits::Limits;
use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::proxy::{Fault, Proxy, Upstream};
use ringback_tests::{Answer, Backend, Client, TestApp, another_number, figure, size, wait_for};
use rstest::rstest;
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use tokio::time::timeout;
use uuid::Uuid;

const CALLBACKS: &str = "/api/v1/callbacks";
const RESERVATIONS: &str = "/api/v1/router/reservations";
/// Requests at the same time.
const CLIENTS: usize = 10;
/// Seconds for a statement.
const STATEMENT: u64 = 1;
/// When a caller has to know: the statement, as long as Ringback waits for it, and as long as it
/// waits for a connection, with some time for a slow machine, and for a dozen statements that are
/// each late by less than that.
const MAX_ANSWER: Duration = Duration::from_secs(STATEMENT + 5 + 5 + 4 + 8);

/// A POST that is repeated until its outcome is known.
#[derive(Clone)]
struct Keyed {
    key: String,
    path: &'static str,
    body: Value,
}

impl Keyed {
    fn create(app: &TestApp) -> Self {
        let body = json!({
            "callback_type": "immediate", "service_id": app.service, "customer_number": another_number(),
        });
        Self { key: Uuid::new_v4().to_string(), path: CALLBACKS, body }
    }

    fn reserve(app: &TestApp) -> Self {
        let body = json!({"agent": "agent-1", "services": [app.service], "limit": 1});
        Self { key: Uuid::new_v4().to_string(), path: RESERVATIONS, body }
    }

    /// The answer; `None` if the connection was lost before.
    async fn send(&self, client: &Client) -> Option<Answer> {
        let request = client.request(Method::POST, self.path).header("idempotency-key", &self.key);
        let response = request.json(&self.body).send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Some(Answer { status, headers, body: response.text().await.ok()? })
    }

    /// What it answers in the end.
    async fn repeat(&self, client: &Client) -> Value {
        let answer = wait_for("an answer", async || {
            self.send(client).await.filter(|answer| answer.status != 503 && answer.status != 409)
        })
        .await;
        assert!(answer.is_success(), "{answer}");
        answer.read()
    }
}

/// The callbacks that these requests made or reserved: each key has one, and no two have the same.
fn distinct(answers: &[Value]) -> HashSet<String> {
    let id = |answer: &Value| match answer["reservations"].as_array() {
        Some(reserved) => text(&reserved[0]["callback"]["id"]),
        None => text(&answer["id"]),
    };
    let ids: HashSet<String> = answers.iter().map(id).collect();
    assert_eq!(ids.len(), answers.len());
    ids
}

/// Sends the requests, some at a time. Gives the longest time until an answer and how many were
/// answered with which status; 0 stands for none.
async fn send_all(requests: &[Keyed], client: &Client, max: Duration) -> (Duration, HashMap<u16, usize>) {
    let (mut longest, mut counts) = (Duration::ZERO, HashMap::new());
    for some in requests.chunks(CLIENTS) {
        let sent = some.iter().map(async |request| {
            let began = Instant::now();
            let answer = timeout(max, request.send(client)).await.unwrap_or(None);
            (began.elapsed(), answer)
        });
        for (took, answer) in join_all(sent).await {
            longest = longest.max(took);
            let status = answer.as_ref().map_or(0, |answer| answer.status);
            if let Some(answer) = answer.filter(|answer| answer.status == 503) {
                assert!(answer.header("retry-after").is_some(), "{answer}");
            }
            *counts.entry(status).or_default() += 1;
        }
    }
    (longest, counts)
}

async fn total(client: &Client) -> usize {
    let counted = client.json(&format!("{CALLBACKS}/count")).await;
    usize::try_from(counted["total"].as_u64().unwrap()).unwrap()
}

#[rstest]
#[tokio::test]
async fn nobody_waits_for_ever_for_a_database_behind_a_bad_network(
    #[values(Fault::ALL[0], Fault::ALL[1], Fault::ALL[2], Fault::ALL[3], Fault::ALL[4])] fault: Fault,
) {
    let app = TestApp::start(Backend::Postgres).await;
    let options: PgConnectOptions = app.database_url().parse().unwrap();
    let socket = options.get_socket().unwrap().join(".s.PGSQL.5432");
    let proxy = Proxy::start(Upstream::Unix(socket)).await;
    let url = format!("postgres://postgres@{}/{}", proxy.address, options.get_database().unwrap());
    let limits = Limits { statement_timeout: STATEMENT, ..Limits::default() };
    let node = app.start_node_at(&url, limits).await;
    let all = app.key(ApiScope::CallbacksRead);
    let client = Client::new(node.address).with_key(ringback_tests::app::clear(ApiScope::CallbacksWrite));

    let requests: Vec<Keyed> = (0..size(20, 1_000)).map(|_| Keyed::create(&app)).collect();
    let (half, rest) = requests.split_at(CLIENTS);
    // Connections that are open, and those that are made.
    send_all(half, &client, MAX_ANSWER).await;
    proxy.set(fault);
    let (longest, counts) = send_all(rest, &client, MAX_ANSWER).await;
    figure(format_args!("{fault:?}: answers {counts:?}, the slowest after {longest:?}"));
    assert!(counts.keys().all(|status| matches!(status, 201 | 503)), "{counts:?}");
    let ready = client.get("/health/ready");
    let ready = timeout(MAX_ANSWER, ready).await.expect("readiness is answered");
    assert!(matches!(ready.status, 200 | 503), "{ready}");

    proxy.set(Fault::None);
    let ended = Instant::now();
    let mut answers = Vec::new();
    for request in &requests {
        answers.push(request.repeat(&client).await);
        if answers.len() == 1 {
            figure(format_args!("{fault:?}: back after {:?}", ended.elapsed()));
        }
    }
    distinct(&answers);
    assert_eq!(total(&all).await, requests.len(), "each has one effect");
}

#[rstest]
#[tokio::test]
async fn a_request_repeated_over_a_bad_network_has_one_effect(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Fault::ALL[0], Fault::ALL[1], Fault::ALL[2], Fault::ALL[3], Fault::ALL[4])] fault: Fault,
) {
    let app = TestApp::start(backend).await;
    let proxy = Proxy::start(Upstream::Tcp(app.address)).await;
    let through = |scope| Client::new(proxy.address).with_key(ringback_tests::app::clear(scope));
    // A caller that gives up after less than the latency. Slices are slow, but arrive.
    let max = if fault == Fault::Slices { MAX_ANSWER } else { Duration::from_millis(400) };
    let (writer, router) = (through(ApiScope::CallbacksWrite), through(ApiScope::Router));

    let mut lost = 0;
    let mut run = async |requests: Vec<Keyed>, bad: &Client, good: &Client| {
        proxy.set(fault);
        lost += send_all(&requests, bad, max).await.1.get(&0).copied().unwrap_or_default();
        proxy.set(Fault::None);
        let mut answers = Vec::new();
        for request in &requests {
            answers.push(request.repeat(good).await);
        }
        distinct(&answers)
    };
    let count = size(20, 1_000);
    let create = (0..count).map(|_| Keyed::create(&app)).collect();
    let created = run(create, &writer, &app.key(ApiScope::CallbacksWrite)).await;
    assert_eq!(total(&app.key(ApiScope::CallbacksRead)).await, count);
    while app.submit().await > 0 {}
    let reserve = (0..count).map(|_| Keyed::reserve(&app)).collect();
    let reserved = run(reserve, &router, &app.key(ApiScope::Router)).await;
    assert_eq!(reserved, created, "each was reserved once");
    figure(format_args!("{fault:?} on {backend:?}: {} requests, {lost} without an answer", 2 * count));
    assert_eq!(lost > 0, fault != Fault::Slices, "{lost} were not answered");
}
