//! Clients that record every successful answer, for proofs that nothing of it is lost.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rand::Rng;
use rand::rngs::StdRng;
use reqwest::Method;
use ringback_api::auth::token::{new_secret, secret_hash};
use ringback_api::clock::Clock;
use ringback_api::store::api_keys;
use ringback_api::store::{Store, StoreError, services};
use ringback_domain::service::Settings;
use ringback_domain::wire::callback::{AttemptView, Items, TimelineEntry};
use ringback_domain::{ApiScope, Service, ServiceId, StateName};
use ringback_tests::app::api_key;
use ringback_tests::{Client, another_number};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::program::program;

/// A server process. It is killed, never stopped gracefully.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(url: &str) -> Self {
        Self::start_with(url, &[])
    }

    /// The same with more arguments.
    pub(crate) fn start_with(url: &str, arguments: &[&str]) -> Self {
        Self::spawn(Self::command(url).args(arguments))
    }

    /// How a server is started.
    pub(crate) fn command(url: &str) -> Command {
        let mut command = Command::new(program());
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--database-url", url]);
        command
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
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
pub(crate) struct Request {
    key: String,
    path: String,
    body: Value,
    effect: Effect,
}

#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Created,
    Reserved,
    Connected { callback: String, attempt: String },
    Completed { callback: String },
    Cancelled { callback: String },
}

/// What the answers have told a client.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Callbacks, each with the furthest state that was confirmed.
    pub(crate) callbacks: HashMap<String, StateName>,
    /// Callbacks that this client created and has not cancelled.
    mine: Vec<String>,
    /// Attempts of this client, each with its callback.
    pub(crate) attempts: HashMap<String, String>,
    /// The request that was sent but not answered.
    pub(crate) open: Option<Request>,
    /// Requests to send next.
    next: Vec<Request>,
}

fn new_request(path: String, body: Value, effect: Effect) -> Request {
    Request { key: Uuid::new_v4().to_string(), path, body, effect }
}

impl Ledger {
    /// The next request: one that is planned, or a new one.
    pub(crate) fn next_request(&mut self, rng: &mut StdRng, service: ServiceId) -> Request {
        if let Some(next) = self.next.pop() {
            return next;
        }
        match rng.random_range(0..10) {
            0..5 => {
                let body = json!({"callback_type": "immediate", "service_id": service, "customer_number": another_number()});
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
    pub(crate) fn note_answer(&mut self, request: Request, status: u16, answer: &Value) {
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
pub(crate) async fn send(client: &Client, request: &Request) -> Option<(u16, Value)> {
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

pub(crate) async fn set_up(url: &str, service: ServiceId) -> String {
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
                settings: Settings { called_party_hours: Vec::new(), ..Settings::default() },
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

pub(crate) async fn read<T: serde::de::DeserializeOwned>(client: &Client, path: &str) -> T {
    client.get(path).await.read()
}

/// Sends the requests without an answer twice more: one effect, one answer.
pub(crate) async fn settle(client: &Client, ledgers: &mut [Ledger]) {
    for ledger in ledgers {
        if let Some(request) = ledger.open.take() {
            let first = send(client, &request).await.expect("an answer");
            let again = send(client, &request).await.expect("an answer");
            if (200..300).contains(&first.0) {
                assert_eq!(first, again, "{request:?}");
            }
            ledger.note_answer(request, first.0, &first.1);
        }
    }
}

/// Everything in the ledgers is in the database, and no attempt exists twice.
pub(crate) async fn check(client: &Client, ledgers: &[Ledger]) {
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
