//! P2: reserving, connecting and completing callbacks.

use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::{Value, json};

use crate::Bench;
use crate::client::{Client, Figures, Result, load};
use crate::data::Kind;
use crate::database::Backend;
use crate::options::Options;
use crate::report::{self, Goal, Row};
use crate::subject::Subject;

const ROUTERS: usize = 32;

/// Callbacks in a reservation and in a report.
const BATCH: usize = 50;

/// Callbacks to queue for each second of a measurement, one at a time and in
/// batches: more than any build can complete.
const ENOUGH: [usize; 2] = [8_000, 30_000];

const REPORTS: &str = "/api/v1/attempts/reports";

pub(crate) async fn measure(bench: &mut Bench) -> Result<()> {
    bench.report.figure("P2", "reserve, connect and complete, by 32 routers");
    report::rates();
    let mut own = bench.ours.fork().await?;
    let single = one_at_a_time(&mut own, &bench.options).await?;
    let bare = route_bare(bench, "single").await?;
    let beside = match &mut bench.beside {
        Some(other) => {
            let mut own = other.fork().await?;
            let figures = one_at_a_time(&mut own, &bench.options).await?;
            other.join(own).await?;
            Some(figures)
        }
        None => None,
    };
    bench.report.row(&Row {
        label: "one at a time",
        clients: ROUTERS,
        ours: single.clone(),
        bare: Some(&bare),
        beside: beside.as_ref(),
        goals: &[Goal::OfBare(0.5), Goal::OfBeside(2.0)],
    });
    if bench.ours.database.backend == Backend::Sqlite {
        let bare = route_bare(bench, "grouped").await?;
        let label = "the same beside grouped commits";
        bench.report.row(&Row { label, clients: ROUTERS, ours: single, bare: Some(&bare), ..Row::default() });
    }
    let batched = has_reports(&own).await?;
    let figures = in_batches(&mut own, &bench.options, batched).await?;
    bench.ours.join(own).await?;
    bench.report.row(&Row {
        label: "50 at a time",
        clients: ROUTERS,
        ours: figures,
        beside: beside.as_ref(),
        goals: &[Goal::OfBeside(10.0)],
        ..Row::default()
    });
    if !batched {
        report::note(&format!("this build has no {REPORTS}: the 50 were reported one by one."));
    }
    report::note(
        "bare: three transactions, each with an update of the row of `callbacks`, the row of `attempts` and a line of \
         `timeline`; which callback is next is known from memory. beside, in both lines: one at a time.",
    );
    Ok(())
}

async fn one_at_a_time(subject: &mut Subject, options: &Options) -> Result<Figures> {
    queue(subject, options, ENOUGH[0]).await?;
    let order = order(subject, 1);
    load(subject.process()?, &subject.login()?, ROUTERS, options.seconds, move |client, _| {
        let order = Arc::clone(&order);
        async move {
            let reserved = reserve(client, &order).await?;
            for one in &reserved {
                report_attempt(client, one, "connect").await?;
                report_attempt(client, one, "complete").await?;
            }
            Ok(reserved.len())
        }
        .boxed_local()
    })
    .await
}

async fn in_batches(subject: &mut Subject, options: &Options, reports: bool) -> Result<Figures> {
    queue(subject, options, ENOUGH[1]).await?;
    let order = order(subject, BATCH);
    load(subject.process()?, &subject.login()?, ROUTERS, options.seconds, move |client, _| {
        let order = Arc::clone(&order);
        async move {
            let reserved = reserve(client, &order).await?;
            if reserved.is_empty() {
                return Ok(0);
            }
            for (together, single) in [("connected", "connect"), ("completed", "complete")] {
                if reports {
                    report_all(client, &reserved, together).await?;
                } else {
                    for one in &reserved {
                        report_attempt(client, one, single).await?;
                    }
                }
            }
            Ok(reserved.len())
        }
        .boxed_local()
    })
    .await
}

async fn queue(subject: &mut Subject, options: &Options, a_second: usize) -> Result<()> {
    // In a small run the queue must not outgrow the other rows.
    let rows = (a_second * options.whole_seconds()).min(options.rows);
    let services = subject.services.clone();
    subject.add(rows, &services, Kind::Queued).await
}

/// The body of a reservation.
pub(crate) fn order(subject: &Subject, limit: usize) -> Arc<String> {
    Arc::new(json!({"agent": "bench", "services": subject.services, "limit": limit}).to_string())
}

/// Reserves callbacks and returns the reservations.
pub(crate) async fn reserve(client: &mut Client, order: &str) -> Result<Vec<Value>> {
    let answer = client.post("/api/v1/router/reservations", order).await?;
    match serde_json::from_slice::<Value>(&answer)?["reservations"].take() {
        Value::Array(reservations) => Ok(reservations),
        _ => Err("a reservation has no list of reservations".into()),
    }
}

/// Reports `connect` or `complete` on one reservation.
pub(crate) async fn report_attempt(client: &mut Client, reservation: &Value, report: &str) -> Result<()> {
    let attempt = reservation["attempt_id"].as_str().unwrap_or_default();
    let lease = json!({"lease_token": reservation["lease_token"]}).to_string();
    client.post(&format!("/api/v1/attempts/{attempt}/{report}"), &lease).await.map(drop)
}

async fn report_all(client: &mut Client, reservations: &[Value], report: &str) -> Result<()> {
    let reports: Vec<Value> = reservations
        .iter()
        .map(
            |one| json!({"attempt_id": one["attempt_id"], "lease_token": one["lease_token"], "report": report}),
        )
        .collect();
    let answer = client.post_json(REPORTS, &json!({"reports": reports})).await?;
    let outcomes = answer["outcomes"].as_array().map_or(&[][..], Vec::as_slice);
    match outcomes.iter().find(|outcome| outcome["status"] != 200) {
        Some(refused) => Err(format!("a report was refused: {refused}").into()),
        None if outcomes.len() < reservations.len() => Err("reports without an outcome".into()),
        None => Ok(()),
    }
}

/// Whether the build accepts several reports in one request.
async fn has_reports(subject: &Subject) -> Result<bool> {
    let (status, _) = subject.client().await?.send("POST", REPORTS, r#"{"reports":[]}"#).await?;
    Ok(!matches!(status, 404 | 405))
}

async fn route_bare(bench: &mut Bench, commits: &'static str) -> Result<Figures> {
    let rows = (ENOUGH[0] * bench.options.whole_seconds()).min(bench.options.rows);
    let services = &bench.ours.services;
    bench.bare.add(rows, services, Kind::Queued).await?;
    let bare = &bench.bare;
    Client::connect(&bare.login()).await?.post("/queue", "").await?;
    load(&bare.process, &bare.login(), ROUTERS, bench.options.seconds, move |client, _| {
        async move {
            let reserved: Value =
                serde_json::from_slice(&client.post(&format!("/reserve/{commits}"), "").await?)?;
            let (Some(callback), Some(attempt)) =
                (reserved["callback"].as_str(), reserved["attempt"].as_str())
            else {
                return Ok(0);
            };
            for step in ["connect", "complete"] {
                client.post(&format!("/{step}/{commits}/{callback}/{attempt}"), "").await?;
            }
            Ok(1)
        }
        .boxed_local()
    })
    .await
}
