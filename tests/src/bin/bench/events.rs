//! P9: server-sent events to many listeners.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{interval, sleep, timeout};
use uuid::Uuid;

use crate::Bench;
use crate::client::{Client, Figures, Login, Result, watch};
use crate::create::request;
use crate::options::Options;
use crate::report::{self, Goal, Row, Single};
use crate::subject::Subject;

const LISTENERS: usize = 1_000;

/// Changes per second.
const CHANGES: u32 = 20;

/// How long a listener may take to connect, and an event to arrive.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The bytes of an event before the id of its callback.
const BEFORE_ID: &[u8] = b"data: {\"id\":\"";
const ID_LENGTH: usize = 36;

/// State shared by the listeners and the client that makes the changes.
#[derive(Default)]
struct Shared {
    connected: AtomicUsize,
    over: AtomicBool,
}

pub(crate) async fn measure(bench: &mut Bench) -> Result<()> {
    bench.report.figure("P9", "server-sent events, from the command until each listener has read the event");
    report::rates();
    let label = format!("{CHANGES} changes a second");
    let (ours, missed) = listen(&bench.ours, &bench.options).await?;
    bench.report.row(&Row {
        label: &label,
        clients: LISTENERS,
        ours,
        goals: &[Goal::P99(20.0)],
        ..Row::default()
    });
    if let Some(other) = &bench.beside {
        let (ours, _) = listen(other, &bench.options).await?;
        let label = format!("{label}, beside");
        bench.report.row(&Row { label: &label, clients: LISTENERS, ours, ..Row::default() });
    }
    println!();
    report::values();
    let label = "events that a listener missed";
    bench.report.value(&Single { label, ours: missed, at_most: Some(0.0), ..Single::default() });
    report::note("The listeners run in this program, on one thread: its own share is part of the times.");
    Ok(())
}

/// Returns the delays of all events at all listeners, and how many were missed.
#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
async fn listen(subject: &Subject, options: &Options) -> Result<(Figures, f64)> {
    let (shared, login) = (Arc::new(Shared::default()), subject.login()?);
    let thread = {
        let shared = Arc::clone(&shared);
        std::thread::spawn(move || run(&login, &shared).map_err(|error| error.to_string()))
    };
    let started = Instant::now();
    while shared.connected.load(Ordering::Relaxed) < LISTENERS {
        if started.elapsed() > TIMEOUT || thread.is_finished() {
            let connected = shared.connected.load(Ordering::Relaxed);
            return Err(format!("only {connected} of {LISTENERS} listeners could connect").into());
        }
        sleep(Duration::from_millis(20)).await;
    }
    let mut missed = 0;
    let figures = watch(subject.process()?, async {
        let created = make(subject, options).await?;
        shared.over.store(true, Ordering::Relaxed);
        let arrived = tokio::task::spawn_blocking(move || thread.join()).await?;
        let arrived = arrived.map_err(|_| "a listener panicked")??;
        let taken: Vec<_> = arrived
            .iter()
            .filter_map(|(id, at)| Some(at.saturating_duration_since(*created.get(id)?)))
            .collect();
        missed = (created.len() * LISTENERS).saturating_sub(taken.len());
        Ok(Figures::new(taken, options.seconds))
    })
    .await?;
    Ok((figures, missed as f64))
}

/// Creates callbacks at a steady rate. Returns when each was requested.
async fn make(subject: &Subject, options: &Options) -> Result<HashMap<Uuid, Instant>> {
    let mut client = subject.client().await?;
    let mut pace = interval(Duration::from_secs(1) / CHANGES);
    let mut created = HashMap::new();
    for _ in 0..CHANGES * u32::try_from(options.whole_seconds())? {
        pace.tick().await;
        let body = request(subject.services[0]);
        let since = Instant::now();
        let answer: Value = serde_json::from_slice(&client.post("/api/v1/callbacks", &body).await?)?;
        created.insert(answer["id"].as_str().unwrap_or_default().parse()?, since);
    }
    Ok(created)
}

type Arrivals = RefCell<Vec<(Uuid, Instant)>>;

/// Listens until a second after the last change has brought no event, 5 s at
/// most: other callbacks of the database have events, too.
fn run(login: &Login, shared: &Shared) -> Result<Vec<(Uuid, Instant)>> {
    let arrivals = Arrivals::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let all = async {
            let mut streams = Vec::new();
            for _ in 0..LISTENERS {
                streams.push(Client::connect(login).await?.stream("/api/v1/events").await?);
            }
            let listeners = streams.into_iter().map(|stream| listener(stream, shared, &arrivals));
            futures_util::future::try_join_all(listeners).await.map(drop)
        };
        let over = async {
            while !shared.over.load(Ordering::Relaxed) {
                sleep(Duration::from_millis(20)).await;
            }
            let complete = async {
                let mut before = usize::MAX;
                while before != arrivals.borrow().len() {
                    before = arrivals.borrow().len();
                    sleep(Duration::from_secs(1)).await;
                }
            };
            // The caller counts late events as missed.
            let _ = timeout(Duration::from_secs(5), complete).await;
        };
        tokio::select! {
            ended = all => ended.and(Err("the server closed a stream of events".into())),
            () = over => Ok(()),
        }
    })?;
    Ok(arrivals.into_inner())
}

async fn listener(mut stream: TcpStream, shared: &Shared, arrivals: &Arrivals) -> Result<()> {
    let mut buffer = Vec::with_capacity(1 << 13);
    let mut connected = false;
    loop {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
        let at = Instant::now();
        if !connected {
            if !buffer.starts_with(b"HTTP/1.1 200 ") {
                return Err("the server refused a listener".into());
            }
            connected = true;
            shared.connected.fetch_add(1, Ordering::Relaxed);
        }
        let mut from = 0;
        while let Some(found) = buffer[from..].windows(BEFORE_ID.len()).position(|bytes| bytes == BEFORE_ID) {
            let id = from + found + BEFORE_ID.len();
            let Some(text) = buffer.get(id..id + ID_LENGTH) else { break };
            arrivals.borrow_mut().push((Uuid::try_parse_ascii(text)?, at));
            from = id + ID_LENGTH;
        }
        // The rest may be the start of an id.
        let rest = buffer.len().saturating_sub(BEFORE_ID.len() + ID_LENGTH).max(from);
        buffer.drain(..rest);
    }
}
