//! Two nodes over one database, for tests that need no HTTP.

use ringback_api::app::App;
use ringback_api::auth::Grant;
use ringback_api::clock::Clock;
use ringback_api::command::attempts::{self, Order};
use ringback_api::command::{Audit, Tx};
use ringback_api::error::Error;
use ringback_api::store::{Store, callbacks, services, timeline};
use ringback_domain::callback::Callback;
use ringback_domain::callback::action::Action;
use ringback_domain::callback::transition::NewCallback;
use ringback_domain::retention::AUDIT_DAYS;
use ringback_domain::service::Settings;
use ringback_domain::wire::callback::TimelineEntry;
use ringback_domain::{
    Actor, ActorKind, CallbackId, CallbackType, PhoneNumber, Request, Service, ServiceId, StateName,
    Timestamp, UserId, VisibleServices,
};
use ringback_tests::{Backend, Database, another_number};
use uuid::Uuid;

/// Callbacks per transaction while a test is set up.
const CHUNK: usize = 500;

/// Brings a database up to date and leaves no connection open.
pub(crate) async fn migrate(url: &str) {
    let store = Store::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
}

/// A database with two services, and two nodes that share its clock.
pub(crate) struct Cluster {
    pub(crate) nodes: [App; 2],
    pub(crate) clock: Clock,
    pub(crate) services: [ServiceId; 2],
    pub(crate) database: Database,
}

/// A callback to create.
#[derive(Clone, Copy)]
pub(crate) struct CallbackSpec {
    pub(crate) service: ServiceId,
    pub(crate) due: Timestamp,
    pub(crate) priority: i32,
}

impl Cluster {
    pub(crate) async fn new(backend: Backend) -> Self {
        Self::new_at(backend, "2030-06-03T10:00:00Z".parse().unwrap()).await
    }

    /// The same, whose clock begins at a time.
    pub(crate) async fn new_at(backend: Backend, start: Timestamp) -> Self {
        let database = backend.database(migrate).await;
        let clock = Clock::manual(start);
        let services = [ServiceId(clock.new_id()), ServiceId(clock.new_id())];
        let mut nodes = Vec::new();
        for _ in 0..2 {
            let store = Store::connect(database.url()).await.unwrap();
            nodes.push(App::new(store, clock.clone(), AUDIT_DAYS).await.unwrap());
        }
        let now = clock.now();
        nodes[0]
            .store
            .transact(async move |conn| {
                for (id, name) in services.into_iter().zip(["Billing", "Claims"]) {
                    let service = Service {
                        id,
                        name: name.to_owned(),
                        time_zone: "Europe/London".to_owned(),
                        default_country: "GB".to_owned(),
                        settings: Settings { called_party_hours: Vec::new(), ..Settings::default() },
                        version: 1,
                    };
                    services::insert(conn, &service, now).await?;
                }
                Ok::<_, Error>(())
            })
            .await
            .unwrap();
        Self { nodes: nodes.try_into().unwrap(), clock, services, database }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Creates SCHEDULED callbacks.
    pub(crate) async fn scheduled(&self, specs: &[CallbackSpec]) -> Vec<Callback> {
        self.create(specs, StateName::Scheduled).await
    }

    /// Creates this many callbacks in a state, for the first service and due now.
    pub(crate) async fn create_in_state(&self, count: usize, state: StateName) -> Vec<Callback> {
        let spec = CallbackSpec { service: self.services[0], due: self.now(), priority: 0 };
        self.create(&vec![spec; count], state).await
    }

    /// Creates callbacks, an hour before they are due, and brings them into a
    /// state.
    pub(crate) async fn create(&self, specs: &[CallbackSpec], state: StateName) -> Vec<Callback> {
        let mut created = Vec::new();
        for chunk in specs.chunks(CHUNK) {
            let (chunk, clock) = (chunk.to_vec(), self.clock.clone());
            let part = async move |tx: &mut Tx<'_>| {
                Ok(chunk.iter().map(|spec| make_one(tx, &clock, *spec, state)).collect::<Vec<_>>())
            };
            created.extend(
                self.nodes[0].commands.change(Audit::None, &Grant::system("test"), part).await.unwrap(),
            );
        }
        created
    }

    /// Reserves callbacks on a node for one agent.
    pub(crate) async fn reserve(&self, node: usize, agent: &str, limit: usize) -> Vec<Callback> {
        let services = self.services.to_vec();
        let order = Order { agent: agent.to_owned(), services, limit, lease_seconds: 30 };
        attempts::reserve_together(&self.nodes[node].commands, &dialler(), &order).await.unwrap()
    }

    pub(crate) async fn find(&self, id: CallbackId) -> Callback {
        let mut conn = self.nodes[0].store.read().await.unwrap();
        callbacks::find(&mut conn, id, &VisibleServices::All).await.unwrap().unwrap()
    }

    pub(crate) async fn timeline(&self, id: CallbackId) -> Vec<TimelineEntry> {
        let mut conn = self.nodes[0].store.read().await.unwrap();
        timeline::of_callback(&mut conn, id).await.unwrap()
    }

    /// The actions in the timeline of a callback, after checking the timeline with
    /// [`check_timeline`].
    pub(crate) async fn actions(&self, id: CallbackId) -> Vec<Action> {
        let (callback, lines) = (self.find(id).await, self.timeline(id).await);
        check_timeline(&callback, &lines)
    }

    /// Closes the connections and removes the database.
    pub(crate) async fn close(self) {
        for node in &self.nodes {
            node.store.close().await;
        }
        drop(self.database);
    }
}

/// Checks that the lines have no gap, follow from each other and end at the state
/// of the record. Returns their actions.
pub(crate) fn check_timeline(callback: &Callback, lines: &[TimelineEntry]) -> Vec<Action> {
    let mut state = None;
    for (line, version) in lines.iter().zip(1_i64..) {
        assert_eq!((line.version, line.from_state), (version, state), "{:?} of {}", line.action, callback.id);
        state = Some(line.to_state);
    }
    assert_eq!(state, Some(callback.state.name()), "{}", callback.id);
    assert_eq!(lines.last().map(|line| line.version), Some(callback.version), "{}", callback.id);
    lines.iter().map(|line| line.action).collect()
}

/// Saves a callback, made an hour before it is due and brought into a state.
pub(crate) fn make_one(tx: &mut Tx<'_>, clock: &Clock, spec: CallbackSpec, state: StateName) -> Callback {
    let actor = Actor::system("test");
    let made_at = spec.due.plus_seconds(-3_600);
    let new = NewCallback {
        id: CallbackId(clock.new_id()),
        desired_time: Some(spec.due.into()),
        desired_window_seconds: 120,
        request: Request {
            service_id: spec.service,
            customer_number: PhoneNumber::try_from(another_number()).unwrap(),
            customer_number_extension: None,
            number_warning: None,
            callback_type: CallbackType::Scheduled,
            arrived_at: None,
            customer_time_zone: None,
            language: None,
            priority: spec.priority,
            user_data: None,
        },
    };
    let created = tx.save(Callback::schedule(new, &actor, made_at).unwrap());
    match state {
        StateName::Scheduled => created,
        StateName::Queued => tx.save(created.submit(0, &actor, spec.due).unwrap()),
        StateName::Completed => tx.save(created.cancel(&actor, spec.due).unwrap()),
        StateName::Routing | StateName::Processing => unreachable!("use `reserve` for these states"),
    }
}

/// A person who may see every service.
pub(crate) fn person() -> Grant {
    Grant {
        actor: Actor { kind: ActorKind::User, name: "kim".to_owned() },
        owner: "user:kim".to_owned(),
        user: Some(UserId(Uuid::nil())),
        ..Grant::system("test")
    }
}

/// A router that sees every service.
pub(crate) fn dialler() -> Grant {
    Grant { actor: Actor { kind: ActorKind::ApiKey, name: "dialler".to_owned() }, ..Grant::system("test") }
}

/// Runs a command that changes callbacks and nothing else, as the server does.
pub(crate) async fn run<F>(app: &App, grant: &Grant, work: F) -> Result<(), Error>
where
    F: AsyncFn(&mut Tx<'_>) -> Result<(), Error> + Send + Sync + 'static,
{
    app.commands.save(Audit::None, None, grant, work).await
}
