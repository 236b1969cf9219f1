//! A server of its own for each test, over a database of its own.

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
use ringback_api::server::{self, Config};
use ringback_api::store::api_keys::{self, ApiKey};
use ringback_api::store::users::{self, User};
use ringback_api::store::{Store, StoreError, services};
use ringback_api::telephony::simulator::Behaviour;
use ringback_api::worker;
use ringback_domain::service::Settings;
use ringback_domain::wire::admin::ApiKeyView;
use ringback_domain::wire::auth::LogIn;
use ringback_domain::wire::callback::ActorView;
use ringback_domain::wire::endpoint::CreateSession;
use ringback_domain::{ActorKind, ApiKeyId, ApiScope, Role, Service, ServiceId, Timestamp, UserId};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::{Answer, Backend, Client, Database};

/// Everybody's password.
pub const PASSWORD: &str = "an old horse staple";

/// When a manual clock begins.
pub const START: &str = "2026-11-24T09:00:00Z";

/// A supervisor who may see the first service only.
pub const RESTRICTED: &str = "branch";

/// How a server is to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its clock.
    pub clock: Clock,
    /// Runs the workers by themselves.
    pub workers: bool,
    /// Plays agents and customers.
    pub simulator: Option<Behaviour>,
    /// The built Callback UI.
    pub web_dir: Option<PathBuf>,
}

/// A clock that stands still, and no worker but those that a test runs.
impl Default for Options {
    fn default() -> Self {
        let start: Timestamp = START.parse().expect("a time");
        Self { clock: Clock::manual(start), workers: false, simulator: None, web_dir: None }
    }
}

/// The API key of a machine that reads and commands callbacks.
const INTEGRATION: &str = "rb_integration";

type Job = Box<dyn FnOnce(App) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

enum Message {
    Run(Job),
    Stop(oneshot::Sender<()>),
}

/// A running server, with two services, a person of each role and an API key
/// of each scope. Dropping it ends it.
#[derive(Debug)]
pub struct TestApp {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its clock.
    pub clock: Clock,
    /// The service `Billing EN`, of London.
    pub service: ServiceId,
    /// The service `Support DE`, of Berlin.
    pub other_service: ServiceId,
    messages: mpsc::UnboundedSender<Message>,
    thread: Option<JoinHandle<()>>,
    /// Goes away last.
    database: Database,
}

impl TestApp {
    /// Starts a server whose clock stands still and whose workers only run
    /// when told.
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, Options::default()).await
    }

    /// Starts a server.
    pub async fn start_with(backend: Backend, options: Options) -> Self {
        let database = backend.database(migrate).await;
        let (service, other_service) = (ServiceId(options.clock.new_id()), ServiceId(options.clock.new_id()));
        let (messages, inbox) = mpsc::unbounded_channel();
        let (ready, address) = oneshot::channel();
        let clock = options.clock.clone();
        let url = database.url().to_owned();
        // The server's system is not the test's: both may wait for the other.
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let store = Store::connect(&url).await.expect("the database opens");
                fill(&store, &options.clock, service, other_service).await;
                serve(store, options, ready, inbox).await;
            });
        });
        let address = address.await.expect("the server starts");
        Self { address, clock, service, other_service, messages, thread: Some(thread), database }
    }

    /// Stops the server as a signal would, and gives the database.
    pub async fn stop(mut self) {
        let (done, stopped) = oneshot::channel();
        self.messages.send(Message::Stop(done)).unwrap_or_else(|_| panic!("the server runs"));
        stopped.await.expect("the server stops");
        let thread = self.thread.take().expect("it was not stopped before");
        thread.join().expect("the server stopped without a fault");
    }

    /// Where the database is.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Runs something inside the server.
    pub async fn inside<T: Send + 'static>(&self, work: impl AsyncFnOnce(&App) -> T + Send + 'static) -> T {
        let (give, take) = oneshot::channel();
        let job: Job = Box::new(move |app| {
            Box::pin(async move {
                let _ = give.send(work(&app).await);
            })
        });
        self.messages.send(Message::Run(job)).unwrap_or_else(|_| panic!("the server runs"));
        take.await.expect("the server does what it is told")
    }

    /// Moves the clock on.
    pub fn pass(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
    }

    /// Submits what is due. Gives how many.
    pub async fn submit(&self) -> u64 {
        self.inside(async |app| worker::submitter::round(&app.workers).await.expect("a round")).await
    }

    /// Gives back what nobody holds any more. Gives how many.
    pub async fn expire_leases(&self) -> u64 {
        self.inside(async |app| worker::leases::round(&app.workers).await.expect("a round")).await
    }

    /// Removes what is kept no longer. Gives how many.
    pub async fn retain(&self) -> u64 {
        self.inside(async |app| worker::retention::round(&app.workers).await.expect("a round")).await
    }

    /// Works bulk cancellations off.
    pub async fn cancel_in_bulk(&self) {
        while self.cancel_some().await > 0 {}
    }

    /// Works on a bulk cancellation for a round. Gives how many it looked at.
    pub async fn cancel_some(&self) -> u64 {
        self.inside(async |app| worker::bulk::round(&app.workers).await.expect("a round")).await
    }

    /// A caller without credentials.
    pub fn nobody(&self) -> Client {
        Client::new(self.address)
    }

    /// A person who has just logged in.
    pub async fn log_in(&self, username: &str) -> Client {
        let log_in = LogIn { username: username.to_owned(), password: PASSWORD.to_owned() };
        let client = self.nobody();
        let session = client.call(&CreateSession(log_in)).await.expect("the password is right");
        client.with_token(session.access_token)
    }

    /// A person of a role who sees every service.
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

    /// A supervisor who may see the first service only.
    pub async fn restricted(&self) -> Client {
        self.log_in(RESTRICTED).await
    }

    /// A machine with one scope, for every service.
    pub fn key(&self, scope: ApiScope) -> Client {
        self.nobody().with_key(clear(scope))
    }

    /// A machine that reads and commands callbacks, for every service.
    pub fn integration(&self) -> Client {
        self.nobody().with_key(INTEGRATION)
    }

    /// A router.
    pub fn router(&self) -> Router<'_> {
        Router { app: self, client: self.key(ApiScope::Router) }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // Without a sender the server has nothing left to wait for.
        let (nobody, _) = mpsc::unbounded_channel();
        self.messages = nobody;
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

/// A callback that the router holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// The attempt to report on.
    pub attempt: String,
    /// Proof of holding it.
    pub token: String,
    /// The callback as it was handed over.
    pub callback: Value,
}

impl Router<'_> {
    /// The next callbacks of both services, at most as many.
    pub async fn reserve(&self, limit: u32) -> Vec<Held> {
        let services = [self.app.service, self.app.other_service];
        let order = json!({ "agent": "agent-17", "services": services, "limit": limit });
        let answer = self.client.post("/api/v1/router/reservations", &order).await;
        assert_eq!(answer.status, 200, "{answer}");
        let answer: Value = answer.read();
        let held = answer["reservations"].as_array().expect("a list").iter();
        held.map(|held| Held {
            attempt: text(&held["attempt_id"]),
            token: text(&held["lease_token"]),
            callback: held["callback"].clone(),
        })
        .collect()
    }

    /// The next callback.
    pub async fn reserve_one(&self) -> Held {
        self.reserve(1).await.pop().expect("a callback waits")
    }

    /// Reports on an attempt, with more than the lease's token.
    pub async fn report(&self, held: &Held, what: &str, mut more: Value) -> Answer {
        more["lease_token"] = held.token.clone().into();
        self.client.post(&format!("/api/v1/attempts/{}/{what}", held.attempt), &more).await
    }
}

impl Client {
    /// Asks for an immediate callback; gives the record.
    pub async fn ask(&self, service: ServiceId, number: &str) -> Value {
        let body = json!({ "callback_type": "immediate", "service_id": service, "customer_number": number });
        self.made(&body).await
    }

    /// Asks for a scheduled callback; gives the record.
    pub async fn ask_for(&self, service: ServiceId, number: &str, desired_time: &str) -> Value {
        self.made(&json!({
            "callback_type": "scheduled",
            "service_id": service,
            "customer_number": number,
            "desired_time": desired_time,
        }))
        .await
    }

    /// Posts a callback that must be taken in; gives the record.
    pub async fn made(&self, body: &Value) -> Value {
        let answer = self.post("/api/v1/callbacks", body).await;
        assert_eq!(answer.status, 201, "{answer}");
        answer.read()
    }

    /// Reads a callback that must be there.
    pub async fn callback(&self, id: &Value) -> Value {
        let answer = self.get(&format!("/api/v1/callbacks/{}", text(id))).await;
        assert_eq!(answer.status, 200, "{answer}");
        answer.read()
    }

    /// Commands a callback.
    pub async fn command(&self, id: &Value, command: &str, body: &Value) -> Answer {
        self.post(&format!("/api/v1/callbacks/{}/{command}", text(id)), body).await
    }

    /// Reads JSON that must be there.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer}");
        answer.read()
    }

    /// Changes something in part.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::PATCH, path).json(body)).await
    }
}

/// The text of a JSON string.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Gives the database its schema.
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

/// The hash of [`PASSWORD`], with as little work as the algorithm allows.
fn cheap_hash() -> String {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).expect("the least parameters");
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
                    settings: Settings::default(),
                    version: 1,
                };
                services::insert(conn, &service, now).await?;
            }
            let everywhere = Role::ALL.iter().copied().map(|role| (role.as_str(), role, None));
            for (username, role, services) in
                everywhere.chain([(RESTRICTED, Role::Supervisor, Some(vec![first]))])
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
    ready: oneshot::Sender<SocketAddr>,
    mut inbox: mpsc::UnboundedReceiver<Message>,
) {
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        web_dir: options.web_dir,
        simulator: options.simulator,
        workers: options.workers,
        threads: 1,
    };
    let running = server::start(store, options.clock, config).await.expect("the server starts");
    let _ = ready.send(running.address);
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
    // The test is over, and its client does not close connections any more:
    // whatever is open ends with the process.
    running.app.queries.hub.close();
    let _ = tokio::time::timeout(Duration::from_secs(2), running.app.store.close()).await;
}
