//! A separate server and database for each test.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::rt::System;
use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use reqwest::Method;
use ringback_api::app::App;
use ringback_api::auth::token::secret_hash;
use ringback_api::clock::Clock;
use ringback_api::limits::Limits;
use ringback_api::server::{self, Config};
use ringback_api::store::api_keys::{self, ApiKey};
use ringback_api::store::users::{self, User};
use ringback_api::store::{Store, StoreError, services};
use ringback_api::telephony::simulator::Behaviour;
use ringback_api::worker;
use ringback_domain::retention::AUDIT_DAYS;
use ringback_domain::service::{MAX_HORIZON_DAYS, Settings};
use ringback_domain::wire::admin::ApiKeyView;
use ringback_domain::wire::auth::LogIn;
use ringback_domain::wire::callback::ActorView;
use ringback_domain::wire::endpoint::CreateSession;
use ringback_domain::{ActorKind, ApiKeyId, ApiScope, Role, Service, ServiceId, Timestamp, UserId};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::{Answer, Backend, Client, Database};

/// The password of every user.
pub const PASSWORD: &str = "an old horse staple";

/// The initial time of a manual clock.
pub const START: &str = "2026-11-24T09:00:00Z";

/// User name of a supervisor who may see only the first service.
pub const RESTRICTED: &str = "branch";

/// How to run a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its clock.
    pub clock: Clock,
    /// Whether the workers run in the background.
    pub workers: bool,
    /// Where browsers reach the server.
    pub public_url: Option<&'static str>,
    /// Networks of proxies.
    pub trusted_proxies: &'static [&'static str],
    /// A session that nobody used for so long ends.
    pub session_idle_seconds: i64,
    /// Whether `/metrics` has an address of its own.
    pub metrics_apart: bool,
    /// Simulates agents and customers.
    pub simulator: Option<Behaviour>,
    /// The built Callback UI.
    pub web_dir: Option<PathBuf>,
    /// What one caller may use.
    pub limits: Limits,
}

/// A clock that stands still, and no worker except those that the test runs.
impl Default for Options {
    fn default() -> Self {
        let start: Timestamp = START.parse().expect("a time");
        Self {
            clock: Clock::manual(start),
            workers: false,
            public_url: None,
            trusted_proxies: &[],
            session_idle_seconds: 12 * 3_600,
            metrics_apart: false,
            simulator: None,
            web_dir: None,
            limits: Limits::default(),
        }
    }
}

/// The API key of a machine that reads and manages callbacks.
pub const INTEGRATION: &str = "rb_integration";

type Job = Box<dyn FnOnce(App) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

enum Message {
    Run(Job),
    Stop(oneshot::Sender<()>),
}

/// A running server with two services, a user of each role and an API key of
/// each scope. Dropping it stops the server.
#[derive(Debug)]
pub struct TestApp {
    /// The address that it listens on.
    pub address: SocketAddr,
    /// The address of `/metrics`, if it is another.
    pub metrics_address: Option<SocketAddr>,
    /// Its clock.
    pub clock: Clock,
    /// The service `Billing EN`, of London.
    pub service: ServiceId,
    /// The service `Support DE`, of Berlin.
    pub other_service: ServiceId,
    messages: mpsc::UnboundedSender<Message>,
    thread: Option<JoinHandle<()>>,
    /// Removed last.
    database: Database,
}

impl TestApp {
    /// Starts a server whose clock stands still, and whose workers run only when
    /// the test runs them.
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, Options::default()).await
    }

    /// Starts a server with these options.
    pub async fn start_with(backend: Backend, options: Options) -> Self {
        let database = backend.database(migrate).await;
        let (service, other_service) = (ServiceId(options.clock.new_id()), ServiceId(options.clock.new_id()));
        let (messages, inbox) = mpsc::unbounded_channel();
        let (ready, address) = oneshot::channel();
        let clock = options.clock.clone();
        let url = database.url().to_owned();
        // The server has its own runtime: test and server wait for each other.
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let store = Store::connect(&url).await.expect("the database opens");
                fill(&store, &options.clock, service, other_service).await;
                serve(store, options, ready, inbox).await;
            });
        });
        let (address, metrics_address) = address.await.expect("the server starts");
        Self {
            address,
            metrics_address,
            clock,
            service,
            other_service,
            messages,
            thread: Some(thread),
            database,
        }
    }

    /// Stops the server as a signal would.
    pub async fn stop(mut self) {
        let (done, stopped) = oneshot::channel();
        self.messages.send(Message::Stop(done)).unwrap_or_else(|_| panic!("the server runs"));
        stopped.await.expect("the server stops");
        let thread = self.thread.take().expect("it was not stopped yet");
        thread.join().expect("the server did not panic");
    }

    /// The URL of the database.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Runs a function inside the server.
    pub async fn inside<T: Send + 'static>(&self, work: impl AsyncFnOnce(&App) -> T + Send + 'static) -> T {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |app| {
            Box::pin(async move {
                let _ = sender.send(work(&app).await);
            })
        });
        self.messages.send(Message::Run(job)).unwrap_or_else(|_| panic!("the server runs"));
        receiver.await.expect("the server runs the function")
    }

    /// Lets time pass on the server's clock.
    pub fn advance(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
    }

    /// Submits due callbacks. Returns how many.
    pub async fn submit(&self) -> u64 {
        self.inside(async |app| worker::submitter::round(&app.workers).await.expect("a round")).await
    }

    /// Returns callbacks with expired leases to the queue. Returns how many.
    pub async fn expire_leases(&self) -> u64 {
        self.inside(async |app| worker::leases::round(&app.workers).await.expect("a round")).await
    }

    /// Cancels what can be undone no more. Returns how many.
    pub async fn effect_cancellations(&self) -> u64 {
        self.inside(async |app| worker::cancellations::round(&app.workers).await.expect("a round")).await
    }

    /// Updates the gauges that describe the database.
    pub async fn update_gauges(&self) {
        self.inside(async |app| worker::gauges::round(&app.workers).await.expect("a round")).await;
    }

    /// Removes records past their retention time. Returns how many.
    pub async fn run_retention(&self) -> u64 {
        self.inside(async |app| worker::retention::round(&app.workers).await.expect("a round")).await
    }

    /// Brings calendars up to date with their holiday sets. Returns how many changed.
    pub async fn follow_holidays(&self) -> u64 {
        self.inside(async |app| worker::holidays::round(&app.workers).await.expect("a round")).await
    }

    /// Seals what waits in the audit.
    pub async fn seal_audit(&self) {
        while self.inside(async |app| worker::audit::round(&app.workers).await.expect("a round")).await > 0 {}
    }

    /// Runs the worker until all bulk cancellations are finished.
    pub async fn finish_bulk_cancellations(&self) {
        while self.run_bulk_round().await > 0 {}
    }

    /// Runs one round of bulk cancellations. Returns how many items it processed.
    pub async fn run_bulk_round(&self) -> u64 {
        self.inside(async |app| worker::bulk::round(&app.workers).await.expect("a round")).await
    }

    /// Runs the worker until all bulk reschedules are finished and those that are undone are back.
    pub async fn finish_bulk_reschedules(&self) {
        while self.run_bulk_reschedule_round().await > 0 {}
    }

    /// Moves the next callback of a bulk reschedule. Returns how many it processed.
    pub async fn run_bulk_reschedule_round(&self) -> u64 {
        self.inside(async |app| worker::bulk_reschedule::round(&app.workers).await.expect("a round")).await
    }

    /// A caller without credentials.
    pub fn anonymous(&self) -> Client {
        Client::new(self.address)
    }

    /// A person who has just logged in.
    pub async fn log_in(&self, username: &str) -> Client {
        let log_in = LogIn { username: username.to_owned(), password: PASSWORD.to_owned() };
        let client = self.anonymous();
        let session = client.call(&CreateSession(log_in)).await.expect("the password is right");
        client.with_token(session.access_token)
    }

    /// A person with a role who may see every service.
    pub async fn person(&self, role: Role) -> Client {
        self.log_in(role.as_str()).await
    }

    /// An administrator.
    pub async fn admin(&self) -> Client {
        self.person(Role::Administrator).await
    }

    /// A supervisor.
    pub async fn supervisor(&self) -> Client {
        self.person(Role::Supervisor).await
    }

    /// A monitor.
    pub async fn monitor(&self) -> Client {
        self.person(Role::Monitor).await
    }

    /// A developer.
    pub async fn developer(&self) -> Client {
        self.person(Role::Developer).await
    }

    /// A supervisor who may see only the first service.
    pub async fn restricted(&self) -> Client {
        self.log_in(RESTRICTED).await
    }

    /// A machine with one scope, for every service.
    pub fn key(&self, scope: ApiScope) -> Client {
        self.anonymous().with_key(clear(scope))
    }

    /// A machine that reads and manages callbacks, for every service.
    pub fn integration(&self) -> Client {
        self.anonymous().with_key(INTEGRATION)
    }

    /// A router.
    pub fn router(&self) -> Router<'_> {
        Router { app: self, client: self.key(ApiScope::Router) }
    }
}

/// Another server over the same database, with the same clock. Dropping it stops
/// the server.
#[derive(Debug)]
pub struct Node {
    /// The address that it listens on.
    pub address: SocketAddr,
    messages: Option<mpsc::UnboundedSender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl TestApp {
    /// Starts another server over the database, which several nodes may share only
    /// on PostgreSQL.
    pub async fn start_node(&self) -> Node {
        self.start_node_at(self.database_url(), Limits::default()).await
    }

    /// The same, which reaches the database at another URL.
    pub async fn start_node_at(&self, url: &str, limits: Limits) -> Node {
        let options = Options { clock: self.clock.clone(), limits, ..Options::default() };
        Self::start_node_with(url, options).await
    }

    /// Starts a server with these options over a database that is filled already.
    pub async fn start_node_with(url: &str, options: Options) -> Node {
        let (messages, inbox) = mpsc::unbounded_channel();
        let (ready, address) = oneshot::channel();
        let url = url.to_owned();
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let store = Store::connect_with(&url, options.limits.statement_timeout()).await;
                let store = store.expect("the database opens");
                serve(store, options, ready, inbox).await;
            });
        });
        let (address, _) = address.await.expect("the server starts");
        Node { address, messages: Some(messages), thread: Some(thread) }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.messages = None;
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the node panicked");
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // Dropping the sender ends the server's loop.
        let (closed, _) = mpsc::unbounded_channel();
        self.messages = closed;
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}

/// Reserves callbacks and reports on them, as a dialler does.
#[derive(Debug)]
pub struct Router<'a> {
    app: &'a TestApp,
    client: Client,
}

/// A callback that the router has reserved.
#[derive(Clone, Debug)]
pub struct ReservedCallback {
    /// The attempt to report on.
    pub attempt: String,
    /// The lease token.
    pub token: String,
    /// The callback as the reservation returned it.
    pub callback: Value,
}

impl Router<'_> {
    /// Reserves up to `limit` callbacks of both services.
    pub async fn reserve(&self, limit: u32) -> Vec<ReservedCallback> {
        let services = [self.app.service, self.app.other_service];
        let order = json!({ "agent": "agent-17", "services": services, "limit": limit });
        let answer = self.client.post("/api/v1/router/reservations", &order).await;
        assert_eq!(answer.status, 200, "{answer}");
        let answer: Value = answer.read();
        let reserved = answer["reservations"].as_array().expect("a list").iter();
        reserved
            .map(|reserved| ReservedCallback {
                attempt: text(&reserved["attempt_id"]),
                token: text(&reserved["lease_token"]),
                callback: reserved["callback"].clone(),
            })
            .collect()
    }

    /// Reserves the next callback, of which there must be one.
    pub async fn reserve_one(&self) -> ReservedCallback {
        self.reserve(1).await.pop().expect("a callback is queued")
    }

    /// Reports on an attempt; `fields` are those beside the lease token.
    pub async fn report(&self, reserved: &ReservedCallback, report: &str, mut fields: Value) -> Answer {
        fields["lease_token"] = reserved.token.clone().into();
        self.client.post(&format!("/api/v1/attempts/{}/{report}", reserved.attempt), &fields).await
    }
}

impl Client {
    /// Creates an immediate callback and returns it.
    pub async fn create_immediate(&self, service: ServiceId, number: &str) -> Value {
        let body = json!({ "callback_type": "immediate", "service_id": service, "customer_number": number });
        self.create(&body).await
    }

    /// Creates a scheduled callback and returns it.
    pub async fn create_scheduled(&self, service: ServiceId, number: &str, desired_time: &str) -> Value {
        self.create(&json!({
            "callback_type": "scheduled",
            "service_id": service,
            "customer_number": number,
            "desired_time": desired_time,
        }))
        .await
    }

    /// Creates a callback and returns it; panics if the server refuses it.
    pub async fn create(&self, body: &Value) -> Value {
        let answer = self.post("/api/v1/callbacks", body).await;
        assert_eq!(answer.status, 201, "{answer}");
        answer.read()
    }

    /// Reads a callback, which must exist.
    pub async fn callback(&self, id: &Value) -> Value {
        let answer = self.get(&format!("/api/v1/callbacks/{}", text(id))).await;
        assert_eq!(answer.status, 200, "{answer}");
        answer.read()
    }

    /// Runs a command on a callback.
    pub async fn command(&self, id: &Value, command: &str, body: &Value) -> Answer {
        self.post(&format!("/api/v1/callbacks/{}/{command}", text(id)), body).await
    }

    /// Reads JSON from a path, which must exist.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer}");
        answer.read()
    }

    /// Patches a resource.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::PATCH, path).json(body)).await
    }
}

/// The commands that a callback allows its viewer, by name in order.
pub fn can(callback: &Value) -> Vec<&str> {
    let can = callback["can"].as_object().expect("what is possible").iter();
    can.filter(|(_, possible)| **possible == true).map(|(name, _)| name.as_str()).collect()
}

/// The text of a JSON string.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string")).to_owned()
}

/// Creates the schema of the database.
pub async fn migrate(url: &str) {
    let store = Store::connect(url).await.expect("the database opens");
    store.migrate().await.expect("the migrations run");
    store.close().await;
}

/// The API key of a scope in clear text.
pub fn clear(scope: ApiScope) -> String {
    format!("rb_{scope:?}")
}

/// An API key for every service.
pub fn api_key(name: String, scopes: Vec<ApiScope>, now: Timestamp) -> ApiKey {
    let view = ApiKeyView {
        id: ApiKeyId(uuid::Uuid::new_v4()),
        name,
        scopes,
        services: None,
        created_at: now,
        created_by: ActorView { kind: ActorKind::System, name: "test".to_owned() },
        expires_at: None,
        revoked_at: None,
    };
    ApiKey { view, owner: "test".to_owned() }
}

/// The hash of [`PASSWORD`] with the cheapest parameters of the algorithm.
fn cheap_hash() -> String {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).expect("the minimum parameters");
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    hasher.hash_password(PASSWORD.as_bytes()).expect("a hash").to_string()
}

async fn fill(store: &Store, clock: &Clock, first: ServiceId, second: ServiceId) {
    let (clock, now, hash) = (clock.clone(), clock.now(), cheap_hash());
    store
        .transact(async move |conn| {
            for (id, name, time_zone, country) in
                [(first, "Billing EN", "Europe/London", "GB"), (second, "Support DE", "Europe/Berlin", "DE")]
            {
                let service = Service {
                    id,
                    name: name.to_owned(),
                    time_zone: time_zone.to_owned(),
                    default_country: country.to_owned(),
                    // Tests also plan a year ahead, and call people at any hour.
                    settings: Settings {
                        horizon_days: MAX_HORIZON_DAYS,
                        called_party_hours: Vec::new(),
                        ..Settings::default()
                    },
                    version: 1,
                };
                services::insert(conn, &service, now).await?;
            }
            let unrestricted = Role::ALL.iter().copied().map(|role| (role.as_str(), role, None));
            for (username, role, services) in
                unrestricted.chain([(RESTRICTED, Role::Supervisor, Some(vec![first]))])
            {
                let user = User {
                    id: UserId(clock.new_id()),
                    username: username.to_owned(),
                    display_name: username.to_owned(),
                    role,
                    services,
                    password_hash: hash.clone(),
                    disabled: false,
                    created_at: now,
                    version: 1,
                };
                users::insert(conn, &user).await?;
            }
            for scope in ApiScope::ALL.iter().copied() {
                let key = api_key(format!("{scope:?}"), vec![scope], now);
                api_keys::insert(conn, &key, &secret_hash(&clear(scope))).await?;
            }
            let scopes = vec![ApiScope::CallbacksRead, ApiScope::CallbacksWrite];
            let key = api_key("integration".to_owned(), scopes, now);
            api_keys::insert(conn, &key, &secret_hash(INTEGRATION)).await?;
            Ok::<_, StoreError>(())
        })
        .await
        .expect("services, people and keys are new");
}

async fn serve(
    store: Store,
    options: Options,
    ready: oneshot::Sender<(SocketAddr, Option<SocketAddr>)>,
    mut inbox: mpsc::UnboundedReceiver<Message>,
) {
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        public_url: options.public_url.map(|url| url.parse().expect("a URL")),
        trusted_proxies: options.trusted_proxies.iter().map(|one| one.parse().expect("a network")).collect(),
        metrics_listen: options.metrics_apart.then(|| SocketAddr::from(([127, 0, 0, 1], 0))),
        session_idle_seconds: options.session_idle_seconds,
        audit_days: AUDIT_DAYS,
        web_dir: options.web_dir,
        simulator: options.simulator,
        workers: options.workers,
        limits: options.limits,
        threads: 1,
    };
    let running = server::start(store, options.clock, config).await.expect("the server starts");
    let _ = ready.send((running.address, running.metrics_address));
    while let Some(message) = inbox.recv().await {
        match message {
            Message::Run(job) => job(running.app.clone()).await,
            Message::Stop(done) => {
                running.stop().await;
                let _ = done.send(());
                return;
            }
        }
    }
    // The client of the finished test leaves connections open, so the server does
    // not wait for them.
    running.app.queries.hub.close();
    let _ = tokio::time::timeout(Duration::from_secs(2), running.app.store.close()).await;
}
