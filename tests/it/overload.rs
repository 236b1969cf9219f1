//! Far more requests than a server can answer: what it cannot do it refuses at once.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use ringback_domain::ServiceId;
use ringback_tests::{Backend, Client, figure, size, wait_for};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use crate::ledger::{Server, set_up};
use crate::store_setup::migrate;

const CALLBACKS: &str = "/api/v1/callbacks";
/// Connections that the tests' process can have.
const MAX_OPEN: usize = 8_000;

/// What became of the requests.
#[derive(Default)]
struct Outcomes {
    created: Vec<String>,
    accepted: Vec<Duration>,
    refused: Vec<Duration>,
    /// The connection failed.
    unanswered: usize,
}

/// Sends one request and notes its outcome.
async fn send(client: &Client, body: &Value, outcomes: &Mutex<Outcomes>) {
    let began = Instant::now();
    let sent = client.request(Method::POST, CALLBACKS).json(body).send().await;
    let Ok(answer) = sent else {
        outcomes.lock().unwrap().unanswered += 1;
        return;
    };
    let (status, wait) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
    let text = answer.text().await.unwrap_or_default();
    let mut outcomes = outcomes.lock().unwrap();
    match status {
        201 => {
            let created: Value = serde_json::from_str(&text).unwrap();
            outcomes.created.push(created["id"].as_str().unwrap().to_owned());
            outcomes.accepted.push(began.elapsed());
        }
        429 | 503 => {
            assert!(wait, "no Retry-After: {text}");
            assert!(text.contains("urn:ringback:problem:"), "{text}");
            outcomes.refused.push(began.elapsed());
        }
        _ => panic!("{status}: {text}"),
    }
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// The 99th percentile.
fn p99(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied().unwrap_or_default()
}

/// Clients that send one request after the other. Returns how many are answered in a second.
async fn peak(client: &Client, body: &Value, time: Duration) -> usize {
    let outcomes = Mutex::default();
    let until = Instant::now() + time;
    let loads = (0..32).map(async |_| {
        while Instant::now() < until {
            send(client, body, &outcomes).await;
        }
    });
    join_all(loads).await;
    let done = outcomes.into_inner().unwrap().created.len();
    (done * 1_000 / usize::try_from(time.as_millis()).unwrap()).max(1)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overloaded_server_refuses_and_loses_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = backend.database(migrate).await;
    let service = ServiceId(Uuid::new_v4());
    let key = set_up(database.url(), service).await;
    // Little room in the short run, so that some requests are refused.
    let room = size(16, 1_024).to_string();
    let server = Server::start_with(database.url(), &["--max-requests", &room]);
    let client = Client::new(&server.address).with_key(&key);
    let body =
        json!({"callback_type": "immediate", "service_id": service, "customer_number": "+442079460318"});
    let unloaded = peak(&client, &body, Duration::from_millis(size(500, 10_000) as u64)).await;
    let before = resident_kib(server.child.id());

    // An open loop: the next request does not wait for the last one.
    let seconds = size(1, 30);
    let outcomes = Arc::new(Mutex::<Outcomes>::default());
    let (mut running, mut sent, mut resident) = (JoinSet::new(), 0, before);
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = Instant::now();
    while began.elapsed().as_secs() < seconds as u64 {
        tick.tick().await;
        let due = 5 * unloaded * usize::try_from(began.elapsed().as_millis()).unwrap() / 1_000;
        while sent < due && running.len() < MAX_OPEN {
            let (client, body, outcomes) = (client.clone(), body.clone(), Arc::clone(&outcomes));
            running.spawn(async move { send(&client, &body, &outcomes).await });
            sent += 1;
        }
        while let Some(done) = running.try_join_next() {
            done.unwrap();
        }
        resident = resident.max(resident_kib(server.child.id()));
    }
    let took = began.elapsed();
    let in_time = outcomes.lock().unwrap().created.len();
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }

    let mut outcomes = std::mem::take(&mut *outcomes.lock().unwrap());
    let answered = outcomes.created.len() + outcomes.refused.len();
    assert_eq!(answered + outcomes.unanswered, sent);
    assert!(outcomes.unanswered <= sent / 100, "{} of {sent} were not answered", outcomes.unanswered);
    wait_for("the server to be ready", async || {
        (client.get("/health/ready").await.status == 200).then_some(())
    })
    .await;
    let counted: Value = client.get(&format!("{CALLBACKS}/count")).await.read();
    assert!(counted["total"].as_u64().unwrap() >= outcomes.created.len() as u64, "{counted}");
    for id in outcomes.created.iter().step_by(outcomes.created.len() / 500 + 1) {
        assert_eq!(client.get(&format!("{CALLBACKS}/{id}")).await.status, 200, "{id}");
    }
    figure(format_args!(
        "{backend:?}: {unloaded}/s unloaded; {}/s sent: {}/s accepted, p99 {:?}; {} refused, p99 {:?}; \
         {} unanswered; {before} KiB before, {resident} KiB at most",
        sent / seconds,
        in_time * 1_000 / usize::try_from(took.as_millis()).unwrap(),
        p99(&mut outcomes.accepted),
        outcomes.refused.len(),
        p99(&mut outcomes.refused),
        outcomes.unanswered
    ));
}
