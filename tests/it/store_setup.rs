//! Two nodes over one database, for tests that need no HTTP.

use ringback_api::app::App;
use ringback_api::auth::Grant;
use ringback_api::clock::Clock;
use ringback_api::command::Tx;
use ringback_api::command::attempts::{self, Order};
use ringback_api::error::Error;
use ringback_api::store::{Store, callbacks, services, timeline};
use ringback_domain::callback::Callback;
use ringback_domain::callback::action::Action;
use ringback_domain::callback::transition::NewCallback;
use ringback_domain::service::Settings;
use ringback_domain::wire::callback::TimelineEntry;
use ringback_domain::{
    Actor, ActorKind, CallbackId, CallbackType, PhoneNumber, Request, Service, ServiceId, StateName,
    Timestamp, UserId, VisibleServices,
};
use ringback_tests::{Backend, Database};
use uuid::Uuid;

/// Records in one transaction while a test is set up.
const CHUNK: usize = 500;

/// Brings a database up to date and leaves no connection open.
pub(crate) async fn migrate(url: &str) {
    let store = Store::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
}

/// A database with two services, and two nodes that share its clock.
pub(crate) struct World {
    pub(crate) nodes: [App; 2],
    pub(crate) clock: Clock,
    pub(crate) services: [ServiceId; 2],
    pub(crate) database: Database,
}

/// A request to be made: when it is due, how urgent, and since when it waits.
#[derive(Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) service: ServiceId,
    pub(crate) due: Timestamp,
    pub(crate) priority: i32,
}

impl World {
    pub(crate) async fn new(backend: Backend) -> Self {
        let database = backend.database(migrate).await;
        let clock = Clock::manual("2030-06-03T10:00:00Z".parse().unwrap());
        let services = [ServiceId(clock.new_id()), ServiceId(clock.new_id())];
        let mut nodes = Vec::new();
        for _ in 0..2 {
            let store = Store::connect(database.url()).await.unwrap();
            nodes.push(App::new(store, clock.clone()).await.unwrap());
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
                        settings: Settings::default(),
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

    /// Scheduled callbacks as wished.
    pub(crate) async fn scheduled(&self, wishes: &[Wish]) -> Vec<Callback> {
        self.make(wishes, StateName::Scheduled).await
    }

    /// So many callbacks in a state, of the first service and due now.
    pub(crate) async fn some(&self, count: usize, state: StateName) -> Vec<Callback> {
        let wish = Wish { service: self.services[0], due: self.now(), priority: 0 };
        self.make(&vec![wish; count], state).await
    }

    /// Callbacks as wished, brought into a state. They were made an hour ago.
    pub(crate) async fn make(&self, wishes: &[Wish], state: StateName) -> Vec<Callback> {
        let mut made = Vec::new();
        for chunk in wishes.chunks(CHUNK) {
            let (chunk, clock) = (chunk.to_vec(), self.clock.clone());
            let part = async move |tx: &mut Tx<'_>| {
                Ok(chunk.iter().map(|wish| make_one(tx, &clock, *wish, state)).collect::<Vec<_>>())
            };
            made.extend(self.nodes[0].commands.change(&Grant::system("test"), part).await.unwrap());
        }
        made
    }

    /// Reserves on a node for one agent.
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

    /// What happened to a callback, after checking that its timeline has no
    /// gap, hangs together, and ends where the record is.
    pub(crate) async fn story(&self, id: CallbackId) -> Vec<Action> {
        let (callback, lines) = (self.find(id).await, self.timeline(id).await);
        check_story(&callback, &lines)
    }

    /// Every record, with its timeline.
    pub(crate) async fn close(self) {
        for node in &self.nodes {
            node.store.close().await;
        }
        drop(self.database);
    }
}

/// What the lines say happened, after checking them against the record.
pub(crate) fn check_story(callback: &Callback, lines: &[TimelineEntry]) -> Vec<Action> {
    let mut state = None;
    for (line, version) in lines.iter().zip(1_i64..) {
        assert_eq!((line.version, line.from_state), (version, state), "{:?} of {}", line.action, callback.id);
        state = Some(line.to_state);
    }
    assert_eq!(state, Some(callback.state.name()), "{}", callback.id);
    assert_eq!(lines.last().map(|line| line.version), Some(callback.version), "{}", callback.id);
    lines.iter().map(|line| line.action).collect()
}

fn make_one(tx: &mut Tx<'_>, clock: &Clock, wish: Wish, state: StateName) -> Callback {
    let actor = Actor::system("test");
    let made_at = wish.due.plus_seconds(-3_600);
    let new = NewCallback {
        id: CallbackId(clock.new_id()),
        desired_time: Some(wish.due),
        desired_window_seconds: 120,
        request: Request {
            service_id: wish.service,
            customer_number: PhoneNumber::try_from("+442079460318".to_owned()).unwrap(),
            callback_type: CallbackType::Scheduled,
            arrived_at: None,
            customer_time_zone: None,
            language: None,
            priority: wish.priority,
            user_data: None,
        },
    };
    let made = tx.save(Callback::schedule(new, &actor, made_at).unwrap());
    match state {
        StateName::Scheduled => made,
        StateName::Queued => tx.save(made.submit(&actor, wish.due).unwrap()),
        StateName::Completed => tx.save(made.cancel(&actor, wish.due).unwrap()),
        StateName::Routing | StateName::Processing => unreachable!("a test reserves by itself"),
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
    app.commands.save(None, grant, work).await
}
