//! P1: creating callbacks.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use serde_json::json;
use uuid::Uuid;

use crate::client::{Figures, Login, Result, load};
use crate::database::Backend;
use crate::process::Process;
use crate::report::{self, Goal, Row};
use crate::subject::Subject;
use crate::{Bench, now};

const CLIENTS: usize = 64;

/// Count of the customer numbers used so far.
static CUSTOMERS: AtomicUsize = AtomicUsize::new(0);

/// A number that no other request of this run uses: a service may refuse a second
/// callback for the same customer.
pub(crate) fn customer_number() -> String {
    format!("+44207{:07}", CUSTOMERS.fetch_add(1, Ordering::Relaxed) % 10_000_000)
}

/// A request for a callback tomorrow, as JSON.
pub(crate) fn request(service: Uuid) -> String {
    json!({
        "callback_type": "scheduled",
        "service_id": service,
        "customer_number": customer_number(),
        "desired_time": now().plus_seconds(86_400),
    })
    .to_string()
}

pub(crate) async fn measure(bench: &mut Bench) -> Result<()> {
    bench.report.figure("P1", "create over HTTP, one durable commit before each answer");
    report::rates();
    let ours = create(&bench.ours, bench).await?;
    let bare = create_bare(bench, "/create/single").await?;
    let beside = match &bench.beside {
        Some(other) => Some(create(other, bench).await?),
        None => None,
    };
    bench.report.row(&Row {
        label: "create",
        clients: CLIENTS,
        ours: ours.clone(),
        bare: Some(&bare),
        beside: beside.as_ref(),
        goals: &[Goal::OfBare(0.7), Goal::P99(15.0)],
    });
    if bench.ours.database.backend == Backend::Sqlite {
        let bare = create_bare(bench, "/create/grouped").await?;
        let label = "the same beside grouped commits";
        bench.report.row(&Row { label, clients: CLIENTS, ours, bare: Some(&bare), ..Row::default() });
    }
    report::note(
        "bare: a row of `callbacks` and a line of `timeline` in a transaction of their own, on a copy of this \
         database; on PostgreSQL over a pool of 16 connections, on SQLite over one writing connection, in the second \
         line with one commit for all that has queued up.",
    );
    Ok(())
}

async fn create_bare(bench: &Bench, path: &'static str) -> Result<Figures> {
    let service = bench.ours.services[0];
    post(&bench.bare.process, &bench.bare.login(), path, bench, move || service.to_string()).await
}

async fn create(subject: &Subject, bench: &Bench) -> Result<Figures> {
    let service = subject.services[0];
    post(subject.process()?, &subject.login()?, "/api/v1/callbacks", bench, move || request(service)).await
}

async fn post(
    process: &Process,
    login: &Login,
    path: &'static str,
    bench: &Bench,
    body: impl Fn() -> String + Send + Sync + 'static,
) -> Result<Figures> {
    load(process, login, CLIENTS, bench.options.seconds, move |client, _| {
        let body = body();
        async move { client.post(path, &body).await.map(|_| 1) }.boxed_local()
    })
    .await
}
