//! The stream of events.

use reqwest::Method;
use ringback_api::store::feed;
use ringback_api::worker;
use ringback_domain::ApiScope;
use ringback_tests::app::{can, migrate};
use ringback_tests::{Backend, Client, TestApp, wait_for};
use rstest::rstest;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

const NUMBER: &str = "+442079460318";

/// Reads server-sent events as they arrive.
pub(super) struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    pub(super) async fn open(client: &Client, last: Option<&str>) -> Self {
        let mut request = client.request(Method::GET, "/api/v1/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next `callback` event: its id and its data.
    pub(super) async fn next(&mut self) -> (String, Value) {
        let (id, data) = self.next_of("callback").await;
        (id.unwrap(), data)
    }

    /// The id from which the stream starts.
    pub(super) async fn greeting(&mut self) -> String {
        while !self.text.contains("\n\n") {
            let chunk = self.chunk().await.expect("the stream begins");
            self.text.push_str(&chunk);
        }
        self.text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned()
    }

    /// What comes next; `None` at the end of the stream.
    pub(super) async fn chunk(&mut self) -> Option<String> {
        let chunk = self.response.chunk().await.ok().flatten()?;
        Some(std::str::from_utf8(&chunk).unwrap().to_owned())
    }

    /// The next event of a kind.
    async fn next_of(&mut self, kind: &str) -> (Option<String>, Value) {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    block.lines().find_map(|line| line.strip_prefix(name)).map(|text| text.trim().to_owned())
                };
                let (event, id, data) = (field("event:"), field("id:"), field("data:"));
                if event.as_deref() == Some(kind) {
                    return (id, serde_json::from_str(&data.unwrap()).unwrap());
                }
            }
            let chunk = tokio::time::timeout(ringback_tests::TIMEOUT, self.response.chunk());
            let chunk = chunk.await.expect("an event comes").unwrap().expect("the stream goes on");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

#[rstest]
#[tokio::test]
async fn listeners_receive_every_change_that_they_may_see(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (monitor, client) = (app.monitor().await, app.supervisor().await);
    let restricted = app.restricted().await;
    let mut all = Events::open(&monitor, None).await;
    let mut some = Events::open(&restricted, None).await;

    let hidden = client.create_immediate(app.other_service, "+4930123456").await["id"].clone();
    let id = client.create_immediate(app.service, NUMBER).await["id"].clone();
    let (first, event) = all.next().await;
    assert_eq!(event["id"], hidden);
    assert_eq!(can(&event), Vec::<&str>::new(), "a monitor can only view");
    let (_, event) = all.next().await;
    assert_eq!((&event["id"], &event["state"], &event["version"]), (&id, &json!("SCHEDULED"), &json!(1)));
    let (_, event) = some.next().await;
    assert_eq!(event["id"], id, "the other service is not visible");
    assert_eq!(can(&event), ["cancel", "reschedule"]);

    app.submit().await;
    let reserved = app.router().reserve(2).await;
    let reserved = reserved.iter().find(|reserved| reserved.callback["id"] == id).unwrap();
    app.router().report(reserved, "connect", json!({})).await;
    app.router().report(reserved, "complete", json!({})).await;
    let mut states = Vec::new();
    while states.last() != Some(&json!("COMPLETED")) {
        let (_, event) = some.next().await;
        assert_eq!(event["id"], id);
        states.push(event["state"].clone());
    }
    // Each event has the current record, so that fast changes may share one.
    assert!(states.iter().all(|state| state != "SCHEDULED"), "{states:?}");

    let mut resumed = Events::open(&monitor, Some(&first)).await;
    wait_for("the changes that were missed", async || {
        let (_, event) = resumed.next().await;
        assert!(event["id"] == id || event["version"] != 1, "an event that was seen is not repeated");
        (event["id"] == id && event["state"] == "COMPLETED").then_some(())
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn listeners_learn_that_a_new_log_in_would_change_their_services(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (admin, client) = (app.admin().await, app.supervisor().await);
    let changed = async || client.json("/api/v1/me").await["services_changed"].clone();
    assert_eq!(changed().await, false);
    let mut events = Events::open(&client, None).await;
    assert_eq!(events.next_of("services").await.1, false);

    let body = json!({"name": "New FR", "time_zone": "Europe/Paris", "default_country": "FR"});
    assert_eq!(admin.post("/api/v1/services", &body).await.status, 201);
    assert_eq!(
        events.next_of("services").await.1,
        true,
        "the new service is visible to them without a change of the user"
    );
    assert_eq!(changed().await, true);

    let reload = client.post("/api/v1/session/reload", &json!({})).await;
    assert_eq!(reload.read::<Value>()["services_changed"], false);
    let mut anew = Events::open(&client, None).await;
    assert_eq!(anew.next_of("services").await.1, false);
    assert_eq!(app.key(ApiScope::CallbacksRead).json("/api/v1/me").await["services_changed"], false);
}

#[tokio::test]
async fn a_stopping_server_ends_event_streams() {
    let app = TestApp::start(Backend::Sqlite).await;
    let monitor = app.monitor().await;
    let mut stream = Events::open(&monitor, None).await;
    let _greeting = stream.response.chunk().await.unwrap();
    let started = std::time::Instant::now();
    app.stop().await;
    assert!(started.elapsed().as_secs() < 8, "it waited for a listener");
    assert_eq!(stream.response.chunk().await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn an_id_of_another_feed_or_ahead_of_it_starts_anew(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (monitor, client) = (app.monitor().await, app.supervisor().await);
    let mut events = Events::open(&monitor, None).await;
    client.create_immediate(app.service, NUMBER).await;
    let (seen, _) = events.next().await;
    let epoch = seen.split('-').next().unwrap();
    for id in ["00000000-0-1".to_owned(), format!("{epoch}-999999999999-1")] {
        let mut anew = Events::open(&monitor, Some(&id)).await;
        let (id, _) = anew.next_of("resync").await;
        assert!(id.unwrap().starts_with(epoch));
        let created = client.create_immediate(app.service, NUMBER).await;
        assert_eq!(anew.next().await.1["id"], created["id"], "it goes on from now");
    }
    let request = monitor.request(Method::GET, "/api/v1/events").header("last-event-id", "17");
    assert_eq!(request.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_transaction_in_another_database_does_not_hold_events_back() {
    let app = TestApp::start(Backend::Postgres).await;
    let (monitor, client) = (app.monitor().await, app.supervisor().await);
    let other = Backend::Postgres.database(migrate).await;
    let mut stranger = PgConnection::connect(other.url()).await.unwrap();
    let mut foreign = stranger.begin().await.unwrap();
    foreign.execute("SELECT pg_current_xact_id()").await.unwrap();

    let mut events = Events::open(&monitor, None).await;
    for _ in 0..3 {
        let created = client.create_immediate(app.service, NUMBER).await;
        assert_eq!(events.next().await.1["id"], created["id"]);
    }
    assert!(feed_lag(&app).await < 1.0);

    let mut ours = PgConnection::connect(app.database_url()).await.unwrap();
    let mut own = ours.begin().await.unwrap();
    own.execute("SELECT pg_current_xact_id()").await.unwrap();
    let held = client.create_immediate(app.service, NUMBER).await;
    app.advance(60);
    assert!(feed_lag(&app).await >= 60.0, "one in our own database does, and is seen");
    let held_back = app
        .inside(async |app| feed::held_back(&mut app.store.read().await.unwrap()).await.unwrap().unwrap())
        .await;
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *own).await.unwrap();
    assert_eq!(held_back.pid, pid);
    own.commit().await.unwrap();
    assert_eq!(events.next().await.1["id"], held["id"]);
    foreign.rollback().await.unwrap();
}

async fn feed_lag(app: &TestApp) -> f64 {
    app.inside(async |app| worker::gauges::round(&app.workers).await.map(drop).unwrap()).await;
    let metrics = app.anonymous().get("/metrics").await.body;
    metrics.lines().find_map(|line| line.strip_prefix("ringback_feed_lag_seconds ")).unwrap().parse().unwrap()
}
