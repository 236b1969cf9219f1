//! How many statements each command sends to the database.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::Bench;
use crate::client::{Client, Result};
use crate::create::request;
use crate::data::Kind;
use crate::process::Log;
use crate::report;
use crate::route::{order, report_attempt, reserve};
use crate::subject::Subject;

/// How often each command is given. What happens less often is not its own.
const TIMES: usize = 20;

/// Until the log has what a command left to be done.
const SETTLE: Duration = Duration::from_millis(500);

pub(crate) async fn measure(bench: &mut Bench) -> Result<()> {
    bench.report.figure("Statements", "how many each command sends to the database");
    count(&mut bench.ours, "ours").await?;
    if let Some(other) = &mut bench.beside {
        count(other, "beside").await?;
    }
    report::note(
        "Counted in the log of sqlx, which has no BEGIN and COMMIT of a PostgreSQL transaction. What a command wakes \
         counts, and what runs by itself does not.",
    );
    Ok(())
}

/// Restarts the server with a log of its statements, and without it afterwards.
async fn count(subject: &mut Subject, name: &str) -> Result<()> {
    let services = subject.services.clone();
    subject.stop().await?;
    subject.insert(TIMES * 10, &services, Kind::Queued).await?;
    let mut logged = subject.node();
    logged.set("RINGBACK_LOG", "sqlx=debug");
    logged.set("RINGBACK_LOG_FORMAT", "json");
    logged.start().await?;
    let counted = commands(&logged).await;
    logged.stop().await?;
    subject.start().await?;
    let counted = counted?;
    if counted.iter().all(|(_, statements)| *statements == 0) {
        report::note(&format!("{name}: the server logs no statements"));
    } else {
        let each: Vec<String> = counted.iter().map(|(what, count)| format!("{what} {count}")).collect();
        report::note(&format!("{name}, statements: {}", each.join(", ")));
    }
    Ok(())
}

async fn commands(subject: &Subject) -> Result<Vec<(&'static str, usize)>> {
    let log = &subject.process()?.log;
    let mut client = subject.client().await?;
    let order = order(subject, 1);
    let body = request(subject.services[0]);
    // The first of each kind reads what is kept in memory from then on.
    let mut made = create(&mut client, &body).await?;
    let mut held = reserve(&mut client, &order).await?;
    cancel(&mut client, &made).await?;
    sleep(SETTLE).await;
    let mut ids = Vec::new();
    let mut counted = Vec::new();

    let from = mark(log)?;
    for _ in 0..TIMES {
        made = create(&mut client, &body).await?;
        ids.push(made);
    }
    counted.push(("create", since(log, from).await?));
    let from = mark(log)?;
    for _ in 0..TIMES {
        held.extend(reserve(&mut client, &order).await?);
    }
    counted.push(("reserve", since(log, from).await?));
    for what in ["connect", "complete"] {
        let from = mark(log)?;
        for one in held.iter().rev().take(TIMES) {
            report_attempt(&mut client, one, what).await?;
        }
        counted.push((what, since(log, from).await?));
    }
    let from = mark(log)?;
    for id in &ids {
        cancel(&mut client, id).await?;
    }
    counted.push(("cancel", since(log, from).await?));
    Ok(counted)
}

async fn create(client: &mut Client, body: &str) -> Result<String> {
    let made: Value = serde_json::from_slice(&client.post("/api/v1/callbacks", body).await?)?;
    Ok(made["id"].as_str().unwrap_or_default().to_owned())
}

async fn cancel(client: &mut Client, id: &str) -> Result<()> {
    client.post_json(&format!("/api/v1/callbacks/{id}/cancel"), &json!({})).await.map(drop)
}

fn mark(log: &Log) -> Result<usize> {
    Ok(log.lock().map_err(|_| "the log is lost")?.len())
}

/// The statements of one command, of those that were logged since `from`.
async fn since(log: &Log, from: usize) -> Result<usize> {
    sleep(SETTLE).await;
    let log = log.lock().map_err(|_| "the log is lost")?;
    let mut times: HashMap<String, usize> = HashMap::new();
    for line in &log[from..] {
        let Ok(entry) = serde_json::from_str::<Value>(line) else { continue };
        if entry["target"] == "sqlx::query" {
            let fields = &entry["fields"];
            *times.entry(format!("{}{}", fields["summary"], fields["db.statement"])).or_default() += 1;
        }
    }
    let own = times.values().filter(|times| **times >= TIMES / 2);
    Ok(own.map(|times| (times + TIMES / 2) / TIMES).sum())
}
