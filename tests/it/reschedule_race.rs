//! Bulk reschedules that two nodes carry out while others book into the same slots, and a
//! server that is killed in the middle of one.

use std::collections::HashMap;

use futures_util::future::{join_all, join3};
use ringback_api::command::callbacks::{self as ordinary, Target};
use ringback_api::command::{Audit, Expected, Tx, bulk_reschedule as commands};
use ringback_api::error::Error;
use ringback_api::query::bulk::Selector;
use ringback_api::store::{StoreError, bulk_reschedule as store, rules, services};
use ringback_api::worker;
use ringback_domain::callback::Callback;
use ringback_domain::callback::action::Action;
use ringback_domain::wire::bulk::JobState;
use ringback_domain::wire::bulk_reschedule::{BulkReschedule, MoveOutcome, SpreadRange};
use ringback_domain::wire::calendar::CapacityRule;
use ringback_domain::wire::callback::RescheduleCallback;
use ringback_domain::{CapacityRuleId, JobId, ServiceId, Timestamp};
use ringback_tests::app::text;
use ringback_tests::{Backend, Client, size, wait_for};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ledger::{Server, read, set_up};
use crate::store_setup::{CallbackSpec, Cluster, migrate, person};

const SLOT: i64 = 900;

/// Places of a slot.
const CAPACITY: u32 = 5;

/// Two processes do not share a SQLite file.
const fn other(backend: Backend) -> usize {
    match backend {
        Backend::Sqlite => 0,
        Backend::Postgres => 1,
    }
}

/// Gives both services one rule: so many callbacks for each quarter of an hour.
async fn share_capacity(cluster: &Cluster) {
    let day = json!([{"from": "00:00", "to": "24:00", "capacity": CAPACITY}]);
    let weekly = json!({"mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": day});
    let rule = json!({"name": "Pool", "time_zone": "Europe/London", "slot_minutes": 15, "weekly": weekly});
    let rule: CapacityRule = serde_json::from_value(rule).unwrap();
    let (id, ids) = (Uuid::new_v4(), cluster.services);
    let give = async move |conn: &mut ringback_api::store::WriteConn| {
        rules::insert(conn, id, &rule).await?;
        for service in ids {
            let mut service = services::find(conn, service).await?.unwrap();
            service.settings.capacity_rule = Some(CapacityRuleId(id));
            services::update(conn, &service).await?;
        }
        Ok::<_, StoreError>(())
    };
    cluster.nodes[0].store.transact(give).await.unwrap();
    for node in &cluster.nodes {
        node.commands.signals().services.raise();
    }
}

fn spec(service: ServiceId, due: Timestamp) -> CallbackSpec {
    CallbackSpec { service, due, priority: 0 }
}

async fn start(cluster: &Cluster, callbacks: &[Callback], into: SpreadRange) -> JobId {
    let ids = callbacks.iter().map(|callback| callback.id).collect();
    let node = &cluster.nodes[0];
    let proposal = node.queries.propose(&Selector::Named(ids), into, &person()).await.unwrap();
    let create = async move |tx: &mut Tx<'_>| commands::create(tx, &proposal, into, false).await;
    node.commands.change(Audit::None, &person(), create).await.unwrap().id
}

async fn job(cluster: &Cluster, id: JobId) -> BulkReschedule {
    let mut conn = cluster.nodes[0].store.read().await.unwrap();
    store::find(&mut conn, id, None).await.unwrap().unwrap().job
}

async fn work(cluster: &Cluster, node: usize, id: JobId) {
    loop {
        let done = worker::bulk_reschedule::round(&cluster.nodes[node].workers).await.unwrap();
        let now = job(cluster, id).await;
        if now.finished_at.is_some() && now.undo.is_none_or(|undo| undo.finished_at.is_some()) {
            return;
        }
        if done == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Competitors, who move callbacks of their own into the same slots. Gives how many got a place.
async fn compete(cluster: &Cluster, node: usize, rivals: &[Callback], slots: &[Timestamp]) -> usize {
    let book = async |(index, rival): (usize, &Callback)| {
        let (id, time) = (rival.id, slots[index % slots.len()]);
        let body = RescheduleCallback { desired_time: Some(time), ..RescheduleCallback::default() };
        let target = Target { id, expected: Expected::Any };
        let book = async move |tx: &mut Tx<'_>| ordinary::reschedule(tx, target, &body).await.map(drop);
        match cluster.nodes[node].commands.change(Audit::None, &person(), book).await {
            Ok(()) => 1,
            Err(Error::NotBookable { .. }) => 0,
            Err(error) => panic!("{error:?}"),
        }
    };
    let mut booked = 0;
    for (round, chunk) in rivals.chunks(4).enumerate() {
        let numbered = chunk.iter().enumerate().map(|(index, rival)| (round * 4 + index, rival));
        booked += join_all(numbered.map(book)).await.into_iter().sum::<usize>();
    }
    booked
}

#[rstest]
#[actix_web::test]
async fn two_nodes_and_competitors_never_fill_a_slot_beyond_its_capacity(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    share_capacity(&cluster).await;
    let now = cluster.now();
    let (count, rivals, quarters) = (size(120, 1_000), size(60, 500), size(30, 250));
    let specs = |count: usize, from: i64| -> Vec<CallbackSpec> {
        (0..count)
            .map(|index| {
                let seconds = from + i64::try_from(index / CAPACITY as usize).unwrap() * SLOT;
                spec(cluster.services[index % 2], now.plus_seconds(seconds))
            })
            .collect()
    };
    let day = 86_400;
    let callbacks = cluster.scheduled(&specs(count, day)).await;
    let others = cluster.scheduled(&specs(rivals, 8 * day)).await;
    let from = now.plus_seconds(15 * day);
    let slots: Vec<Timestamp> =
        (0..i64::try_from(quarters).unwrap()).map(|index| from.plus_seconds(index * SLOT)).collect();
    let into = SpreadRange { from, to: from.plus_seconds(i64::try_from(quarters).unwrap() * SLOT) };
    let id = start(&cluster, &callbacks, into).await;
    let node = other(backend);
    let work =
        join3(work(&cluster, 0, id), work(&cluster, node, id), compete(&cluster, node, &others, &slots));
    let ((), (), booked) = Box::pin(work).await;

    let done = job(&cluster, id).await;
    assert_eq!(done.state, JobState::Completed);
    let moved = done.outcomes[&MoveOutcome::Moved];
    let full = done.outcomes.get(&MoveOutcome::Full).copied().unwrap_or_default();
    assert_eq!(moved + full, count as u64, "{done:?}");
    assert_eq!(moved + booked as u64, quarters as u64 * u64::from(CAPACITY), "no place was left: {done:?}");
    let mut filled: HashMap<Timestamp, u32> = HashMap::new();
    let mut rescheduled = 0;
    for callback in callbacks.iter().chain(&others) {
        let time = cluster.find(callback.id).await.desired_time;
        if time >= from {
            *filled.entry(time).or_default() += 1;
        }
    }
    for callback in &callbacks {
        let actions = cluster.actions(callback.id).await;
        assert!(actions.len() <= 2, "nobody is moved twice: {actions:?}");
        rescheduled += u64::from(actions == [Action::Created, Action::Rescheduled]);
    }
    assert_eq!(rescheduled, moved);
    assert!(filled.values().all(|count| *count <= CAPACITY), "{filled:?}");
    assert!(full > 0 && booked > 0, "there was no race: {moved} moved, {booked} booked");

    // Undoing it races with itself on two nodes, and with those who want the old slots.
    let undo = async move |tx: &mut Tx<'_>| commands::undo(tx, id).await.map(drop);
    cluster.nodes[0].commands.change(Audit::None, &person(), undo).await.unwrap();
    let old: Vec<Timestamp> = callbacks.iter().map(|callback| callback.desired_time).collect();
    let later: Vec<Callback> = others.clone();
    let work = join3(
        self::work(&cluster, 0, id),
        self::work(&cluster, node, id),
        compete(&cluster, node, &later, &old),
    );
    Box::pin(work).await;
    let undo = job(&cluster, id).await.undo.unwrap();
    assert_eq!(undo.progress.done, moved);
    let mut filled: HashMap<Timestamp, u32> = HashMap::new();
    for callback in callbacks.iter().chain(&others) {
        *filled.entry(cluster.find(callback.id).await.desired_time).or_default() += 1;
    }
    assert!(filled.values().all(|count| *count <= CAPACITY), "{filled:?}");
    let mut back = 0;
    for callback in &callbacks {
        let actions = cluster.actions(callback.id).await;
        if actions.len() == 3 {
            back += 1;
            assert_eq!(cluster.find(callback.id).await.desired_time, callback.desired_time);
        }
    }
    assert_eq!(undo.outcomes.get(&MoveOutcome::Moved).copied().unwrap_or_default(), back);
    cluster.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_goes_on_with_its_bulk_reschedule(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = backend.database(migrate).await;
    let service = ServiceId(Uuid::new_v4());
    let key = set_up(database.url(), service).await;
    let count = size(300, 2_000);
    let mut server = Server::start(database.url());
    let mut client = Client::new(&server.address).with_key(&key);
    let tomorrow = ringback_api::clock::Clock::system().now().plus_seconds(2 * 86_400);
    let mut ids = Vec::new();
    for number in 0..count {
        let number = format!("+44207946{number:04}");
        let time = tomorrow.to_string();
        ids.push(client.create_scheduled(service, &number, &time).await["id"].clone());
    }
    let into = json!({"from": tomorrow.plus_seconds(86_400), "to": tomorrow.plus_seconds(2 * 86_400)});
    let answer = client.post("/api/v1/bulk-reschedules", &json!({"ids": ids, "into": into})).await;
    assert_eq!(answer.status, 202, "{answer}");
    let path = format!("/api/v1/bulk-reschedules/{}", text(&answer.read::<Value>()["id"]));
    let mut kills = 0;
    let mut seen = 0;
    loop {
        let job = wait_for("the job", async || {
            let job: Value = read(&client, &path).await;
            let done = job["progress"]["done"].as_u64().unwrap();
            (done >= seen + count as u64 / 6 || job["state"] == "completed").then_some(job)
        })
        .await;
        if job["state"] == "completed" {
            assert_eq!(job["outcomes"], json!({"moved": count}), "after {kills} kills");
            break;
        }
        seen = job["progress"]["done"].as_u64().unwrap();
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        kills += 1;
        server = Server::start(database.url());
        client = Client::new(&server.address).with_key(&key);
    }
    assert!(kills >= 2, "it was killed {kills} times");
    for id in &ids {
        let callback: Value = read(&client, &format!("/api/v1/callbacks/{}", text(id))).await;
        assert_eq!(callback["metrics"]["reschedule_count"], 1, "{callback}");
        assert!(text(&callback["desired_time"]) > tomorrow.plus_seconds(86_399).to_string());
    }
}
