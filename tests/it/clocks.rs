//! Two nodes whose clocks differ, on one database.

use std::collections::HashSet;
use std::time::Duration;

use ringback_api::clock::Clock;
use ringback_domain::{ApiScope, Timestamp};
use ringback_tests::app::{INTEGRATION, Node, clear, text};
use ringback_tests::{Backend, Client, Options, TestApp, another_number};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

const NUMBER: &str = "+442079460318";

/// What measuring the clocks may be wrong by on a busy machine, in seconds.
const TOLERANCE: i64 = 1;

/// A node that is ahead of the database by 5 s, and one that is as far behind.
struct Nodes {
    ahead: Client,
    behind: Client,
    // In the order in which they are ended.
    _node: Node,
    database: PgConnection,
    app: TestApp,
}

fn wrong_by(seconds: i64) -> Options {
    Options { clock: Clock::system_wrong_by(seconds), workers: true, ..Options::default() }
}

impl Nodes {
    async fn start() -> Self {
        let app = TestApp::start_with(Backend::Postgres, wrong_by(5)).await;
        let node = TestApp::start_node_with(app.database_url(), wrong_by(-5)).await;
        let (ahead, behind) = (app.anonymous(), Client::new(node.address));
        let database = PgConnection::connect(app.database_url()).await.unwrap();
        Self { ahead, behind, _node: node, database, app }
    }

    async fn now(&mut self) -> Timestamp {
        let now = sqlx::query_scalar("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint");
        Timestamp::from_micros(now.fetch_one(&mut self.database).await.unwrap())
    }

    /// Waits until a callback has left a state, on the database's clock not before a time.
    async fn leaves(&mut self, id: &Value, state: &str, earliest: Timestamp) {
        let reader = self.ahead.clone().with_key(INTEGRATION);
        while reader.callback(id).await["state"] == state {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let now = self.now().await;
        assert!(now.plus_seconds(TOLERANCE) >= earliest, "left {state} at {now}, before {earliest}");
    }
}

fn near(one: Timestamp, other: Timestamp) -> bool {
    (one.micros() - other.micros()).abs() <= TOLERANCE * 1_000_000
}

#[tokio::test]
async fn nodes_whose_clocks_differ_go_by_the_database_clock() {
    let mut nodes = Nodes::start().await;
    let service = nodes.app.service;
    let behind = nodes.behind.clone().with_key(INTEGRATION);

    // Nothing is queued early.
    let desired = nodes.now().await.plus_seconds(3);
    let due = behind.create_scheduled(service, NUMBER, &desired.to_string()).await["id"].clone();
    nodes.leaves(&due, "SCHEDULED", desired).await;

    // No cancellation takes effect early.
    let later = nodes.now().await.plus_seconds(3_600).to_string();
    let undoable = behind.create_scheduled(service, NUMBER, &later).await["id"].clone();
    let before = nodes.now().await;
    assert!(behind.command(&undoable, "cancel", &json!({"undo_seconds": 3})).await.is_success());
    nodes.leaves(&undoable, "SCHEDULED", before.plus_seconds(3)).await;

    // No lease is taken over early. Most of it is taken away, since it lasts long.
    let router = nodes.behind.clone().with_key(clear(ApiScope::Router));
    let order = json!({"agent": "agent-17", "services": [service], "lease_seconds": 15});
    let before = nodes.now().await;
    let reserved: Value = router.post("/api/v1/router/reservations", &order).await.read();
    let reserved = &reserved["reservations"][0];
    let until: Timestamp = text(&reserved["lease_expires_at"]).parse().unwrap();
    let took = nodes.now().await.micros() - before.micros();
    assert!(near(until, before.plus_seconds(15)) || took > TOLERANCE * 1_000_000, "{until} from {before}");
    let shorten =
        "UPDATE callbacks SET lease_expires_at = lease_expires_at - 12000000 WHERE state = 'ROUTING'";
    sqlx::query(shorten).execute(&mut nodes.database).await.unwrap();
    nodes.leaves(&reserved["callback"]["id"].clone(), "ROUTING", until.plus_seconds(-12)).await;

    for (client, expected) in [(&nodes.ahead, -5.0), (&nodes.behind, 5.0)] {
        let metrics = client.get("/metrics").await.body;
        let offset = metrics.lines().find_map(|line| line.strip_prefix("ringback_clock_offset_seconds "));
        let offset: f64 = offset.unwrap().parse().unwrap();
        assert!((offset - expected).abs() < 1.0, "{offset}");
    }
}

#[tokio::test]
async fn nodes_whose_clocks_differ_hand_nothing_out_twice() {
    let nodes = Nodes::start().await;
    let create = nodes.ahead.clone().with_key(INTEGRATION);
    let mut created = HashSet::new();
    for _ in 0..30 {
        created.insert(text(&create.create_immediate(nodes.app.service, &another_number()).await["id"]));
    }
    let take = async |client: &Client| {
        let router = client.clone().with_key(clear(ApiScope::Router));
        let order = json!({
            "agent": "agent-17", "services": [nodes.app.service], "limit": 3, "wait_seconds": 2, "lease_seconds": 60,
        });
        let mut taken = Vec::new();
        loop {
            let answer: Value = router.post("/api/v1/router/reservations", &order).await.read();
            let reserved = answer["reservations"].as_array().unwrap();
            if reserved.is_empty() {
                return taken;
            }
            taken.extend(reserved.iter().map(|one| text(&one["callback"]["id"])));
        }
    };
    let (one, other) = tokio::join!(take(&nodes.ahead), take(&nodes.behind));
    let taken: Vec<String> = one.into_iter().chain(other).collect();
    assert_eq!(taken.len(), created.len());
    assert_eq!(taken.into_iter().collect::<HashSet<_>>(), created);
}
