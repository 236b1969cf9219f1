//! Many listeners, of whom some come and go, and some do not read.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_api::app::App;
use ringback_api::auth::Grant;
use ringback_api::command::{Audit, Tx};
use ringback_api::limits::Limits;
use ringback_domain::{ApiScope, StateName};
use ringback_tests::app::{INTEGRATION, clear, text};
use ringback_tests::{Backend, Client, Options, TestApp, figure, size, wait_for};
use rstest::rstest;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::events::Events;
use crate::store_setup::{CallbackSpec, make_one};

const NUMBER: &str = "+442079460318";

/// A server with room for every stream; one that is not read is ended after a second.
async fn start(backend: Backend) -> TestApp {
    let limits = Limits { max_streams: 2_000, stream_stall: 1, ..Limits::default() };
    TestApp::start_with(backend, Options { limits, ..Options::default() }).await
}

/// Creates callbacks, some at a time. Returns their ids.
async fn create(app: &TestApp, count: usize) -> HashSet<String> {
    let client = app.key(ApiScope::CallbacksWrite);
    let part = join_all((0..8).map(async |number: usize| {
        let mut ids = Vec::new();
        for _ in (number..count).step_by(8) {
            ids.push(text(&client.create_immediate(app.service, NUMBER).await["id"]));
        }
        ids
    }));
    part.await.into_iter().flatten().collect()
}

/// Creates callbacks inside the server, which takes less time.
async fn create_at_once(app: &TestApp, count: usize) -> HashSet<String> {
    let (clock, service) = (app.clock.clone(), app.service);
    let create = async move |app: &App| {
        let spec = CallbackSpec { service, due: clock.now().plus_seconds(3_600), priority: 0 };
        let mut ids = HashSet::new();
        while ids.len() < count {
            let clock = clock.clone();
            let part = async move |tx: &mut Tx<'_>| {
                let made = (0..500).map(|_| make_one(tx, &clock, spec, StateName::Scheduled));
                Ok(made.map(|callback| callback.id.to_string()).collect::<Vec<_>>())
            };
            ids.extend(app.commands.change(Audit::None, &Grant::system("test"), part).await.unwrap());
        }
        ids
    };
    app.inside(create).await
}

/// Listens until it has heard of so many callbacks. It drops its stream now and then, at times
/// before it has kept the last id, and resumes.
async fn listen(client: &Client, seed: u64, count: usize, from: &str, resumed: &AtomicUsize) -> Vec<String> {
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut last, mut heard, mut ids) = (from.to_owned(), Vec::new(), HashSet::new());
    while heard.len() < count {
        let mut events = Events::open(client, Some(&last)).await;
        let until = heard.len() + rng.random_range(1..count);
        while heard.len() < count.min(until) {
            let (id, event) = events.next().await;
            if rng.random_bool(0.9) {
                last.clone_from(&id);
            }
            if ids.insert(id) {
                heard.push(text(&event["id"]));
            }
        }
        resumed.fetch_add(1, Ordering::Relaxed);
    }
    heard
}

/// Asks for a path, and never reads the answer. Its side has little room.
async fn open_unread(app: &TestApp, path: &str, headers: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(app.address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn listeners(client: &Client) -> usize {
    let metrics = client.get("/metrics").await.body;
    let gauge = metrics.lines().find_map(|line| line.strip_prefix("ringback_event_listeners ")).unwrap();
    gauge.parse().unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_are_not_read_end_and_others_miss_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = start(backend).await;
    let (many, unread, changes) = (size(60, 1_000), size(3, 10), size(40, 200));
    let reader = app.key(ApiScope::CallbacksRead);
    let from = Events::open(&reader, None).await.greeting().await;
    // More than fits between the server and a client that does not read.
    let before = create_at_once(&app, 9_000).await;
    let headers = format!("x-api-key: {}\r\nlast-event-id: {from}\r\n", clear(ApiScope::CallbacksRead));
    let unread = join_all((0..unread).map(|_| open_unread(&app, "/api/v1/events", &headers))).await;
    wait_for("the streams", async || (listeners(&reader).await >= unread.len()).then_some(())).await;

    let now = Events::open(&reader, None).await.greeting().await;
    let resumed = AtomicUsize::new(0);
    let everyone = join_all((0..many).map(|number| listen(&reader, number as u64, changes, &now, &resumed)));
    let (heard, created) = tokio::join!(everyone, create(&app, changes));
    for heard in heard {
        assert_eq!(heard.len(), changes);
        assert_eq!(heard.into_iter().collect::<HashSet<_>>(), created);
    }
    assert!(before.is_disjoint(&created));
    wait_for("the streams that nobody reads to end", async || {
        // Only what is written finds out that a listener has gone.
        create(&app, 1).await;
        (listeners(&reader).await == 0).then_some(())
    })
    .await;
    figure(format_args!(
        "{backend:?}: {many} listeners heard of {changes} changes each, in {} streams; {} were not read and ended",
        resumed.into_inner(),
        unread.len()
    ));
}

#[rstest]
#[tokio::test]
async fn a_stream_ends_once_its_token_expires(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = start(backend).await;
    let mut events = Events::open(&app.monitor().await, None).await;
    events.greeting().await;
    app.advance(601);
    // It asks every 10 s.
    let end = async { while events.chunk().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(30), end).await.expect("the stream ends");
    let created = app.integration().create_immediate(app.service, NUMBER).await;
    assert_eq!(created["version"], json!(1));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_is_not_read_ends_and_makes_room(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const EXPORT: &str = "/api/v1/callbacks/export?format=ndjson";
    let limits = Limits { max_exports: 1, export_stall: 1, ..Limits::default() };
    let app = TestApp::start_with(backend, Options { limits, ..Options::default() }).await;
    // More than fits between the server and a client that does not read.
    create_at_once(&app, 9_000).await;
    let mut unread = open_unread(&app, EXPORT, &format!("x-api-key: {INTEGRATION}\r\n")).await;
    let mut head = [0; 12];
    unread.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    let client = app.integration();
    wait_for("another export", async || {
        let answer = client.get(&format!("{EXPORT}&search=nothing")).await;
        (answer.status == 200).then_some(())
    })
    .await;
    let mut rest = Vec::new();
    let _ = unread.read_to_end(&mut rest).await;
    let rows = String::from_utf8_lossy(&rest).matches("\"callback_type\"").count();
    assert!(rows < 9_000, "the export was not cut off");
}
