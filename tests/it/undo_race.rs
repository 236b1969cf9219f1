//! Cancellations that can be undone, where others work at the same moment: on two
//! nodes, with many callbacks, and through a `kill -9`.

use futures_util::future::{join, join_all};
use ringback_api::clock::Clock;
use ringback_api::command::callbacks::{self as commands, Target};
use ringback_api::command::{Audit, Expected, Tx, bulk as bulk_commands};
use ringback_api::error::Error;
use ringback_api::store::bulk::{self, Selected};
use ringback_api::worker;
use ringback_domain::callback::Callback;
use ringback_domain::callback::action::Action;
use ringback_domain::wire::bulk::JobState;
use ringback_domain::wire::callback::CancelCallback;
use ringback_domain::{ServiceId, StateName};
use ringback_tests::{Backend, Client, figure, size, wait_for};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ledger::{Server, read, set_up};
use crate::store_setup::{Cluster, migrate, person, run};

/// The second node; two processes do not share a SQLite file.
const fn other(backend: Backend) -> usize {
    match backend {
        Backend::Sqlite => 0,
        Backend::Postgres => 1,
    }
}

async fn request(cluster: &Cluster, node: usize, callback: &Callback) -> Result<(), Error> {
    let target = Target { id: callback.id, expected: Expected::Any };
    let body = CancelCallback { undo_seconds: Some(10) };
    let cancel = async move |tx: &mut Tx<'_>| commands::cancel(tx, target, body).await.map(drop);
    run(&cluster.nodes[node], &person(), cancel).await
}

async fn undo(cluster: &Cluster, node: usize, callback: &Callback) -> Result<(), Error> {
    let target = Target { id: callback.id, expected: Expected::Any };
    let undo = async move |tx: &mut Tx<'_>| commands::undo_cancel(tx, target).await.map(drop);
    run(&cluster.nodes[node], &person(), undo).await
}

async fn effect_all(cluster: &Cluster, node: usize) {
    while worker::cancellations::round(&cluster.nodes[node].workers).await.unwrap() > 0 {}
}

#[rstest]
#[actix_web::test]
async fn a_cancellation_is_undone_or_takes_effect_but_never_both(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let callbacks = cluster.create_in_state(size(1_200, 5_000), StateName::Queued).await;
    join_all(callbacks.iter().map(|callback| request(&cluster, 0, callback))).await;
    assert_eq!(cluster.reserve(0, "agent", 10).await.len(), 0);
    cluster.clock.advance_seconds(10);
    let undo_some = async {
        let mut undone = Vec::new();
        for chunk in callbacks.rchunks(16) {
            undone.extend(join_all(chunk.iter().map(|callback| undo(&cluster, 0, callback))).await);
        }
        undone
    };
    // Both nodes let them take effect meanwhile.
    let node = other(backend);
    let effect = async { join(effect_all(&cluster, 0), effect_all(&cluster, node)).await };
    let (undone, _) = join(undo_some, effect).await;
    effect_all(&cluster, 0).await;
    let mut kept = 0;
    for callback in &callbacks {
        let actions = cluster.actions(callback.id).await;
        match cluster.find(callback.id).await.state.name() {
            StateName::Queued => {
                kept += 1;
                assert_eq!(actions[2..], [Action::CancellationRequested, Action::CancellationUndone]);
            }
            state => {
                assert_eq!(state, StateName::Completed);
                assert_eq!(actions[2..], [Action::CancellationRequested, Action::Cancelled]);
            }
        }
    }
    assert_eq!(undone.iter().filter(|outcome| outcome.is_ok()).count(), kept);
    assert!(
        undone
            .iter()
            .filter_map(|outcome| outcome.as_ref().err())
            .all(|error| matches!(error, Error::Refused { state: StateName::Completed, .. }))
    );
    figure(format_args!("{kept} of {} undone on {backend:?}", callbacks.len()));
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn what_is_about_to_be_cancelled_is_never_in_a_routers_hands(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let callbacks = cluster.create_in_state(size(1_000, 5_000), StateName::Queued).await;
    let cancel = async {
        for chunk in callbacks.chunks(16) {
            for outcome in join_all(chunk.iter().map(|callback| request(&cluster, 0, callback))).await {
                outcome.unwrap();
            }
        }
    };
    let node = other(backend);
    let reserve = async {
        let mut count = 0;
        while let reserved = cluster.reserve(node, "agent", 5).await
            && !reserved.is_empty()
        {
            count += reserved.len();
        }
        count
    };
    let ((), reserved) = join(cancel, reserve).await;
    assert_eq!(cluster.reserve(node, "agent", 5).await.len(), 0);
    for callback in &callbacks {
        let now = cluster.find(callback.id).await;
        assert!(now.cancellation.is_some() && now.state.reservation().is_none(), "{now:?}");
        let actions = cluster.actions(callback.id).await;
        assert_eq!(actions.last(), Some(&Action::CancellationRequested));
    }
    figure(format_args!("{reserved} were reserved before on {backend:?}"));
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn twenty_thousand_are_held_back_and_let_go_by_one_request_each(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(false, true)] undone: bool,
) {
    let cluster = Cluster::new(backend).await;
    let callbacks = cluster.create_in_state(size(20_000, 20_000), StateName::Queued).await;
    let commands = &cluster.nodes[0].commands;
    let selected =
        Selected { permitted: callbacks.iter().map(|callback| callback.id).collect(), ..Selected::default() };
    let create = async move |tx: &mut Tx<'_>| bulk_commands::create(tx, &selected, false, Some(10)).await;
    let id = commands.change(Audit::None, &person(), create).await.unwrap().id;
    let started = std::time::Instant::now();
    let hold = async move |tx: &mut Tx<'_>| bulk_commands::hold(tx, id).await;
    while commands.change(Audit::None, &person(), hold).await.unwrap() {}
    figure(format_args!("{} held back in {:?} on {backend:?}", callbacks.len(), started.elapsed()));
    let node = other(backend);
    assert_eq!(cluster.reserve(node, "agent", 10).await.len(), 0);
    let work =
        async |node: usize| while worker::bulk::round(&cluster.nodes[node].workers).await.unwrap() > 0 {};
    if undone {
        let started = std::time::Instant::now();
        let undo = async move |tx: &mut Tx<'_>| bulk_commands::undo(tx, id).await;
        commands.change(Audit::None, &person(), undo).await.unwrap();
        // The request was cut off: workers let them go.
        join(work(0), work(node)).await;
        figure(format_args!("{} let go in {:?} on {backend:?}", callbacks.len(), started.elapsed()));
    } else {
        cluster.clock.advance_seconds(10);
        join(work(0), work(node)).await;
    }
    let mut conn = cluster.nodes[0].store.read().await.unwrap();
    let job = bulk::find(&mut conn, id, None).await.unwrap().unwrap();
    drop(conn);
    let (state, cancelled) = if undone { (JobState::Stopped, 0) } else { (JobState::Completed, 20_000) };
    assert_eq!((job.state, job.outcomes.cancelled, job.held), (state, cancelled, 0));
    for callback in callbacks.iter().step_by(97) {
        let now = cluster.find(callback.id).await;
        let expected = if undone { StateName::Queued } else { StateName::Completed };
        assert_eq!((now.state.name(), now.cancellation), (expected, None));
    }
    let reserved = cluster.reserve(node, "agent", 10).await;
    assert_eq!(reserved.len(), if undone { 10 } else { 0 });
    cluster.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_still_cancels_what_was_asked_for_and_not_undone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = backend.database(migrate).await;
    let service = ServiceId(Uuid::new_v4());
    let key = set_up(database.url(), service).await;
    let mut server = Server::start(database.url());
    let client = Client::new(&server.address).with_key(&key);
    let tomorrow = Clock::system().now().plus_seconds(86_400).to_string();
    let mut ids = Vec::new();
    for number in 0..6 {
        let number = format!("+44207946000{number}");
        ids.push(client.create_scheduled(service, &number, &tomorrow).await["id"].clone());
    }
    let later = json!({ "undo_seconds": 2 });
    for id in &ids[..2] {
        assert_eq!(client.command(id, "cancel", &later).await.status, 200);
    }
    assert_eq!(client.command(&ids[1], "cancel/undo", &json!({})).await.status, 200);
    let bulk = json!({ "ids": [ids[2], ids[3]], "undo_seconds": 2 });
    assert_eq!(client.post("/api/v1/bulk-cancellations", &bulk).await.status, 202);
    server.child.kill().unwrap();
    server.child.wait().unwrap();

    let server = Server::start(database.url());
    let client = Client::new(&server.address).with_key(&key);
    let count = async || {
        let counted: Value = read(&client, "/api/v1/callbacks/count?state=COMPLETED").await;
        counted["total"].as_u64()
    };
    wait_for("the cancellations", async || (count().await == Some(3)).then_some(())).await;
    let expected = ["COMPLETED", "SCHEDULED", "COMPLETED", "COMPLETED", "SCHEDULED", "SCHEDULED"];
    for (id, expected) in ids.iter().zip(expected) {
        let view: Value = client.callback(id).await;
        assert_eq!((&view["state"], &view["cancellation"]), (&json!(expected), &Value::Null));
    }
}
