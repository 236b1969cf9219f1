//! How many statements each command sends to the database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use crate::Bench;
use crate::client::{Client, Result};
use crate::create::request;
use crate::data::Kind;
use crate::process::Log;
use crate::report;
use crate::route::{order, report_attempt, reserve};
use crate::subject::Subject;

/// How often each command is run.
const RUNS: usize = 20;

/// How long the background statements of the server are counted.
const IDLE: Duration = Duration::from_secs(3);

/// How long to wait for the statements that a command triggers in the background.
const SETTLE: Duration = Duration::from_millis(500);

pub(crate) async fn measure(bench: &mut Bench) -> Result<()> {
    bench.report.figure("Statements", "how many each command sends to the database");
    count(&mut bench.ours, "ours").await?;
    if let Some(other) = &mut bench.beside {
        count(other, "beside").await?;
    }
    report::note(
        "Counted in the log of sqlx, which has COMMIT but not the BEGIN of a PostgreSQL transaction. Statements \
         of workers that a command wakes count, and background statements do not.",
    );
    Ok(())
}

/// Restarts the server with a log of its statements, and without it afterwards.
async fn count(subject: &mut Subject, name: &str) -> Result<()> {
    let services = subject.services.clone();
    subject.stop().await?;
    subject.insert(RUNS * 10, &services, Kind::Queued).await?;
    let mut logged = subject.node();
    logged.set("RINGBACK_LOG", "sqlx=debug");
    logged.set("RINGBACK_LOG_FORMAT", "json");
    logged.start().await?;
    let counted = commands(&logged).await;
    logged.stop().await?;
    subject.start().await?;
    let counted = counted?;
    if counted.iter().all(|(_, statements)| statements.is_empty()) {
        report::note(&format!("{name}: the server logs no statements"));
        return Ok(());
    }
    let each: Vec<String> =
        counted.iter().map(|(label, statements)| format!("{label} {}", statements.len())).collect();
    report::note(&format!("{name}, statements: {}", each.join(", ")));
    for (label, statements) in counted {
        println!("  {label}: {}", statements.join("; "));
    }
    Ok(())
}

async fn commands(subject: &Subject) -> Result<Vec<(&'static str, Vec<String>)>> {
    let mut client = subject.client().await?;
    let (order, service) = (order(subject, 1), subject.services[0]);
    // The first command of each kind also fills caches.
    let first = create(&mut client, service).await?;
    let mut reservations = reserve(&mut client, &order).await?;
    cancel(&mut client, &first).await?;
    let mut counter = Counter::start(Arc::clone(&subject.process()?.log)).await?;

    let mut found = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..RUNS {
        ids.push(create(&mut client, service).await?);
    }
    found.push(("create", counter.statements().await?));
    for _ in 0..RUNS {
        reservations.extend(reserve(&mut client, &order).await?);
    }
    found.push(("reserve", counter.statements().await?));
    for report in ["connect", "complete"] {
        for one in reservations.iter().rev().take(RUNS) {
            report_attempt(&mut client, one, report).await?;
        }
        found.push((report, counter.statements().await?));
    }
    for id in &ids {
        cancel(&mut client, id).await?;
    }
    found.push(("cancel", counter.statements().await?));
    Ok(found)
}

async fn create(client: &mut Client, service: Uuid) -> Result<String> {
    let created: Value = serde_json::from_slice(&client.post("/api/v1/callbacks", &request(service)).await?)?;
    Ok(created["id"].as_str().unwrap_or_default().to_owned())
}

async fn cancel(client: &mut Client, id: &str) -> Result<()> {
    client.post_json(&format!("/api/v1/callbacks/{id}/cancel"), &json!({})).await.map(drop)
}

/// How often each statement was logged, by its first words and its full text.
type Times = HashMap<(String, String), f64>;

/// Counts the statements in the log, command by command.
struct Counter {
    log: Log,
    /// Lines that have been read.
    read: usize,
    since: Instant,
    /// Background statements per second.
    background: Times,
}

impl Counter {
    async fn start(log: Log) -> Result<Self> {
        sleep(SETTLE).await;
        let mut counter = Self { log, read: 0, since: Instant::now(), background: Times::new() };
        counter.next()?;
        sleep(IDLE).await;
        let (_, background) = counter.next()?;
        counter.background =
            background.into_iter().map(|(it, times)| (it, times / IDLE.as_secs_f64())).collect();
        Ok(counter)
    }

    /// The first words of each statement that one of the commands since the last
    /// call sent.
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    async fn statements(&mut self) -> Result<Vec<String>> {
        sleep(SETTLE).await;
        let lasted = self.since.elapsed().as_secs_f64();
        let (order, times) = self.next()?;
        let mut own = Vec::new();
        for statement in order {
            let background = self.background.get(&statement).copied().unwrap_or_default() * lasted;
            let each = (times[&statement] - background) / RUNS as f64;
            // A statement counts if at least half of the commands send it.
            own.extend(
                (1..=9).take_while(|count| f64::from(*count) <= each + 0.5).map(|_| statement.0.clone()),
            );
        }
        Ok(own)
    }

    /// The statements since the last call, in the order in which they appeared.
    fn next(&mut self) -> Result<(Vec<(String, String)>, Times)> {
        let log = self.log.lock().map_err(|_| "the log is lost")?;
        let (mut order, mut times) = (Vec::new(), Times::new());
        for line in &log[self.read..] {
            let Ok(entry) = serde_json::from_str::<Value>(line) else { continue };
            if entry["target"] == "sqlx::query" {
                let field = |name: &str| entry["fields"][name].as_str().unwrap_or_default().to_owned();
                let statement = (field("summary"), field("db.statement"));
                if !times.contains_key(&statement) {
                    order.push(statement.clone());
                }
                *times.entry(statement).or_default() += 1.0;
            }
        }
        self.read = log.len();
        self.since = Instant::now();
        Ok((order, times))
    }
}
