//! `kill -9` under load: promised callbacks are kept.
//!
//! Clients record every successful answer. After restarts on the same database
//! all of it is still there, and a request without an answer is repeated with its
//! key and has one effect.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use ringback_api::auth::token::{new_secret, secret_hash};
use ringback_api::clock::Clock;
use ringback_api::store::api_keys;
use ringback_api::store::{Store, StoreError, services};
use ringback_domain::service::Settings;
use ringback_domain::wire::callback::{AttemptView, Items, TimelineEntry};
use ringback_domain::{ApiScope, Service, ServiceId, StateName};
use ringback_tests::app::api_key;
use ringback_tests::{Backend, Client, wait_for};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::program::program;
use crate::store_setup::migrate;

const KILLS: usize = 25;
/// Clients that load the server at the same time.
const CLIENTS: usize = 6;

/// A server process. It is killed, never stopped gracefully.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(url: &str) -> Self {
        let mut child = Command::new(program())
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--database-url", url])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("the server says where it listens").unwrap();
        // The server blocks if nobody reads what it prints.
        std::thread::spawn(move || lines.for_each(drop));
        let address = first.rsplit_once("http://").expect("an address").1.to_owned();
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request and its effect, once it is answered.
#[derive(Clone, Debug)]
struct Request {
    key: String,
    path: String,
    body: Value,
    effect: Effect,
}

#[derive(Clone, Debug)]
enum Effect {
    Created,
    Reserved,
    Connected { callback: String, attempt: String },
    Completed { callback: String },
    Cancelled { callback: String },
}

/// What the answers have told a client.
#[derive(Default)]
struct Ledger {
    /// Callbacks, each with the furthest state that was confirmed.
    callbacks: HashMap<String, StateName>,
    /// Callbacks that this client created and has not cancelled.
    mine: Vec<String>,
    /// Attempts of this client, each with its callback.
    attempts: HashMap<String, String>,
    /// The request that was sent but not answered.
    open: Option<Request>,
    /// Requests to send next.
    next: Vec<Request>,
}

fn new_request(path: String, body: Value, effect: Effect) -> Request {
    Request { key: Uuid::new_v4().to_string(), path, body, effect }
}

impl Ledger {
    /// The next request: one that is planned, or a new one.
    fn next_request(&mut self, rng: &mut StdRng, service: ServiceId) -> Request {
        if let Some(next) = self.next.pop() {
            return next;
        }
        match rng.random_range(0..10) {
            0..5 => {
                let body = json!({"callback_type": "immediate", "service_id": service, "customer_number": "+442079460318"});
                new_request("/api/v1/callbacks".into(), body, Effect::Created)
            }
            5..9 => {
                let body = json!({"agent": "agent-1", "services": [service], "limit": 3});
                new_request("/api/v1/router/reservations".into(), body, Effect::Reserved)
            }
            _ => {
                let Some(id) = self.mine.pop() else { return self.next_request(rng, service) };
                let path = format!("/api/v1/callbacks/{id}/cancel");
                new_request(path, Value::Null, Effect::Cancelled { callback: id })
            }
        }
    }

    fn note_state(&mut self, callback: &str, state: StateName) {
        let confirmed = self.callbacks.entry(callback.to_owned()).or_insert(state);
        *confirmed = (*confirmed).max(state);
    }

    /// Records the answer to a request. A conflict means that it had no effect.
    fn note_answer(&mut self, request: Request, status: u16, answer: &Value) {
        if !(200..300).contains(&status) {
            assert!(matches!(status, 404 | 409), "{status} to {request:?}: {answer}");
            return;
        }
        match request.effect {
            Effect::Created => {
                let id = answer["id"].as_str().unwrap();
                self.note_state(id, StateName::Scheduled);
                self.mine.push(id.to_owned());
            }
            Effect::Reserved => {
                for one in answer["reservations"].as_array().unwrap() {
                    let attempt = one["attempt_id"].as_str().unwrap().to_owned();
                    let callback = one["callback"]["id"].as_str().unwrap().to_owned();
                    let lease = json!({"lease_token": one["lease_token"]});
                    self.attempts.insert(attempt.clone(), callback.clone());
                    let path = |report: &str| format!("/api/v1/attempts/{attempt}/{report}");
                    let completed = Effect::Completed { callback: callback.clone() };
                    self.next.push(new_request(path("complete"), lease.clone(), completed));
                    let connected = Effect::Connected { callback, attempt: attempt.clone() };
                    self.next.push(new_request(path("connect"), lease, connected));
                }
            }
            Effect::Connected { callback, attempt } => {
                assert_eq!(self.attempts.get(&attempt), Some(&callback));
                self.note_state(&callback, StateName::Processing);
            }
            Effect::Completed { callback } | Effect::Cancelled { callback } => {
                self.note_state(&callback, StateName::Completed);
            }
        }
    }
}

/// Sends a request with its key. `None` if it may or may not have had an effect.
async fn send(client: &Client, request: &Request) -> Option<(u16, Value)> {
    let mut builder = client.request(Method::POST, &request.path).header("Idempotency-Key", &request.key);
    if !request.body.is_null() {
        builder = builder.json(&request.body);
    }
    let response = builder.send().await.ok()?;
    let status = response.status().as_u16();
    let body = response.bytes().await.ok()?;
    // A request with this key that is still running, or a server error, says
    // nothing about the effect either.
    let value: Value = serde_json::from_slice(&body).ok()?;
    let unknown = status >= 500 || value["type"].as_str().is_some_and(|kind| kind.ends_with("in-flight"));
    (!unknown).then_some((status, value))
}

/// Sends requests without a pause until one is not answered.
async fn load(client: &Client, ledger: &mut Ledger, seed: u64, service: ServiceId, answered: &AtomicUsize) {
    let mut rng = StdRng::seed_from_u64(seed);
    loop {
        let request = ledger.open.take().unwrap_or_else(|| ledger.next_request(&mut rng, service));
        ledger.open = Some(request.clone());
        match send(client, &request).await {
            Some((status, answer)) => {
                ledger.open = None;
                ledger.note_answer(request, status, &answer);
                answered.fetch_add(1, Ordering::Relaxed);
            }
            None => return,
        }
    }
}

async fn set_up(url: &str, service: ServiceId) -> String {
    let store = Store::connect(url).await.unwrap();
    let (key, now) = (new_secret(), Clock::system().now());
    let hash = secret_hash(&key);
    store
        .transact(async move |conn| {
            let service = Service {
                id: service,
                name: "Billing".to_owned(),
                time_zone: "Europe/London".to_owned(),
                default_country: "GB".to_owned(),
                settings: Settings::default(),
                version: 1,
            };
            services::insert(conn, &service, now).await?;
            let key = api_key("crash".to_owned(), ApiScope::ALL.to_vec(), now);
            api_keys::insert(conn, &key, &hash).await?;
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    store.close().await;
    key
}

async fn read<T: serde::de::DeserializeOwned>(client: &Client, path: &str) -> T {
    client.get(path).await.read()
}

/// Everything in the ledgers is in the database, and no attempt exists twice.
async fn check(client: &Client, ledgers: &[Ledger]) {
    let mut reserved = HashSet::new();
    for ledger in ledgers {
        assert!(ledger.attempts.keys().all(|attempt| reserved.insert(attempt.clone())), "reserved twice");
    }
    let mut checked: HashMap<&str, StateName> = HashMap::new();
    for (id, state) in ledgers.iter().flat_map(|ledger| &ledger.callbacks) {
        let confirmed = checked.entry(id).or_insert(*state);
        *confirmed = (*confirmed).max(*state);
    }
    for (id, confirmed) in checked {
        let lines: Items<TimelineEntry> = read(client, &format!("/api/v1/callbacks/{id}/timeline")).await;
        let mut state = None;
        for (line, version) in lines.items.iter().zip(1_i64..) {
            assert_eq!((line.version, line.from_state), (version, state), "{id}");
            state = Some(line.to_state);
        }
        assert!(state >= Some(confirmed), "{id} was {confirmed} once and is {state:?} now");
        let attempts: Items<AttemptView> = read(client, &format!("/api/v1/callbacks/{id}/attempts")).await;
        let open = attempts.items.iter().filter(|attempt| attempt.ended_at.is_none()).count();
        let live = matches!(state, Some(StateName::Routing | StateName::Processing));
        assert_eq!(open, usize::from(live), "{id} is {state:?}: {attempts:?}");
        let conversations = attempts.items.iter().filter(|one| one.connected_at.is_some()).count();
        assert!(conversations <= 1, "{id} was connected {conversations} times");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_keeps_its_promises_and_resumes_its_work(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = backend.database(migrate).await;
    let service = ServiceId(Uuid::new_v4());
    let key = set_up(database.url(), service).await;
    let mut ledgers: Vec<Ledger> = (0..CLIENTS).map(|_| Ledger::default()).collect();
    let mut rng = StdRng::seed_from_u64(9);
    for kill in 0..KILLS {
        let mut server = Server::start(database.url());
        let client = Client::new(&server.address).with_key(&key);
        let answered = AtomicUsize::new(0);
        // The server is killed after this many answers.
        let enough = rng.random_range(1..120);
        let loads = ledgers.iter_mut().enumerate().map(|(number, ledger)| {
            load(&client, ledger, (kill * CLIENTS + number) as u64, service, &answered)
        });
        let killer = async {
            wait_for("answers", async || (answered.load(Ordering::Relaxed) >= enough).then_some(())).await;
            server.child.kill().unwrap();
            server.child.wait().unwrap();
        };
        tokio::join!(join_all(loads), killer);
    }

    let promised: usize = ledgers.iter().map(|ledger| ledger.callbacks.len() + ledger.attempts.len()).sum();
    assert!(promised > 10 * KILLS, "{promised} promises are too few to prove anything");
    let server = Server::start(database.url());
    let client = Client::new(&server.address).with_key(&key);
    // Requests without an answer are sent twice more: one effect, one answer.
    for ledger in &mut ledgers {
        if let Some(request) = ledger.open.take() {
            let first = send(&client, &request).await.expect("an answer");
            let again = send(&client, &request).await.expect("an answer");
            if (200..300).contains(&first.0) {
                assert_eq!(first, again, "{request:?}");
            }
            ledger.note_answer(request, first.0, &first.1);
        }
    }
    // The workers resume: every due callback is submitted, and every expired
    // lease returns its callback to the queue.
    let count = async |state: &str| {
        let counted: Value = read(&client, &format!("/api/v1/callbacks/count?state={state}")).await;
        counted["total"].as_u64().unwrap()
    };
    wait_for("the queue", async || (count("SCHEDULED").await == 0).then_some(())).await;
    check(&client, &ledgers).await;
    drop(server);
    expire_leases(database.url()).await;
    let server = Server::start(database.url());
    let client = Client::new(&server.address).with_key(&key);
    let count = async |state: &str| {
        let counted: Value = read(&client, &format!("/api/v1/callbacks/count?state={state}")).await;
        counted["total"].as_u64().unwrap()
    };
    wait_for("the leases", async || (count("ROUTING").await == 0).then_some(())).await;
    check(&client, &ledgers).await;
    drop(server);
    if backend == Backend::Sqlite {
        let pool = sqlx::SqlitePool::connect(database.url()).await.unwrap();
        let found: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&pool).await.unwrap();
        assert_eq!(found, "ok");
        pool.close().await;
    }
}

/// Makes every lease expire now.
async fn expire_leases(url: &str) {
    const EXPIRE: &str = "UPDATE callbacks SET lease_expires_at = 1 WHERE state = 'ROUTING'";
    if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(EXPIRE).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(EXPIRE).execute(&pool).await.unwrap();
        pool.close().await;
    }
}
