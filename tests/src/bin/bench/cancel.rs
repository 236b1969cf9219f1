//! P8: a bulk cancellation, and its effect on concurrent requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use crate::client::{Figures, Result, steady, watch};
use crate::create::request;
use crate::data::Kind;
use crate::report::{self, Goal, Row, Single};
use crate::subject::Subject;
use crate::{Bench, now};

/// The rate of each kind of concurrent request.
const CONCURRENT_PER_SECOND: u32 = 20;

/// Callbacks for the concurrent reservations.
const QUEUED: usize = 5_000;

/// How long a bulk cancellation may take.
const TIMEOUT: Duration = Duration::from_mins(15);

/// The figures of a bulk cancellation.
struct Measured {
    all: Figures,
    /// Callbacks of the selection that the job does not count as cancelled.
    missing: f64,
    /// The concurrent requests.
    others: [(&'static str, Figures); 3],
}

pub(crate) async fn measure(bench: &mut Bench) -> Result<()> {
    bench
        .report
        .figure("P8", "bulk cancellation, with a page, a create and a reserve 20 times a second meanwhile");
    report::rates();
    let count = bench.options.tenth();
    let ours = cancel(&mut bench.ours, count).await?;
    let beside = match &mut bench.beside {
        Some(other) => Some(cancel(other, count).await?),
        None => None,
    };
    let bare = bare(bench, count).await?;
    let label = format!("cancel {count}");
    bench.report.row(&Row {
        label: &label,
        clients: 1,
        ours: ours.all,
        bare: Some(&bare),
        beside: beside.as_ref().map(|it| &it.all),
        goals: &[Goal::OfBare(0.3)],
    });
    for (label, ours) in ours.others {
        let label = format!("{label} meanwhile");
        bench.report.row(&Row {
            label: &label,
            clients: 1,
            ours,
            goals: &[Goal::P99(50.0)],
            ..Row::default()
        });
    }
    for (label, ours) in beside.into_iter().flat_map(|beside| beside.others) {
        let label = format!("{label} meanwhile, beside");
        bench.report.row(&Row { label: &label, clients: 1, ours, ..Row::default() });
    }
    println!();
    report::values();
    let label = "callbacks that the job does not count as cancelled";
    bench.report.value(&Single { label, ours: ours.missing, at_most: Some(0.0), ..Single::default() });
    report::note(
        "bare: one transaction of three statements: the items with their outcomes, the rows of `callbacks`, the lines \
         of `timeline`; without any other request meanwhile.",
    );
    Ok(())
}

async fn cancel(subject: &mut Subject, count: usize) -> Result<Measured> {
    let service = subject.new_service(&format!("Bulk {}", Uuid::new_v4().simple())).await?;
    let mut own = subject.fork().await?;
    own.insert(count, &[service], Kind::Waiting).await?;
    let services = own.services.clone();
    own.insert(QUEUED, &services, Kind::Queued).await?;
    own.start().await?;
    let cancelled = cancel_all(&own, service, count).await?;
    subject.join(own).await?;
    Ok(cancelled)
}

/// Cancels all callbacks of the service, with concurrent requests.
async fn cancel_all(subject: &Subject, service: Uuid, count: usize) -> Result<Measured> {
    let login = subject.login()?;
    let (service_of_new, order) = (subject.services[0], reservation(&subject.services));
    let stop = AtomicBool::new(false);
    let page = steady(&login, CONCURRENT_PER_SECOND, &stop, |client, _| {
        async { client.get("/api/v1/callbacks").await.map(drop) }.boxed_local()
    });
    let create = steady(&login, CONCURRENT_PER_SECOND, &stop, move |client, _| {
        let body = request(service_of_new);
        async move { client.post("/api/v1/callbacks", &body).await.map(drop) }.boxed_local()
    });
    let reserve = steady(&login, CONCURRENT_PER_SECOND, &stop, move |client, _| {
        let order = Arc::clone(&order);
        async move { client.post("/api/v1/router/reservations", &order).await.map(drop) }.boxed_local()
    });
    let job = async {
        let done = job(subject, service, count).await;
        stop.store(true, Ordering::Relaxed);
        done
    };
    let (job, page, create, reserve) = tokio::join!(job, page, create, reserve);
    let (all, missing) = job?;
    Ok(Measured { all, missing, others: [("page", page?), ("create", create?), ("reserve", reserve?)] })
}

/// The body of a reservation that outlasts the measurement.
fn reservation(services: &[Uuid]) -> Arc<String> {
    Arc::new(json!({"agent": "bench", "services": services, "lease_seconds": 300}).to_string())
}

/// Starts the bulk cancellation and waits for its end. Returns its speed, and the
/// number of callbacks that it does not count as cancelled.
async fn job(subject: &Subject, service: Uuid, count: usize) -> Result<(Figures, f64)> {
    let mut client = subject.client().await?;
    let body = json!({
        "range": {"from": now(), "to": now().plus_seconds(15 * 86_400)},
        "matching": {"service": [service]},
    });
    let mut missing = 0.0;
    let figures = watch(subject.process()?, async {
        let started = Instant::now();
        let mut job = client.post_json("/api/v1/bulk-cancellations", &body).await?;
        let path = format!("/api/v1/bulk-cancellations/{}", job["id"].as_str().unwrap_or_default());
        while matches!(job["state"].as_str(), Some("pending" | "running")) {
            if started.elapsed() > TIMEOUT {
                return Err("the bulk cancellation does not end".into());
            }
            sleep(Duration::from_millis(50)).await;
            job = client.get_json(&path).await?;
        }
        let taken = started.elapsed();
        let cancelled = job["outcomes"]["cancelled"].as_f64().unwrap_or_default();
        missing = f64::from(u32::try_from(count)?) - cancelled;
        let mut figures = Figures::new(vec![taken], taken);
        figures.done = count;
        Ok(figures)
    })
    .await?;
    Ok((figures, missing))
}

async fn bare(bench: &Bench, count: usize) -> Result<Figures> {
    let pool = bench.bare.database.connect().await?;
    let at = now().micros();
    // The columns of the server's own table of items.
    let table = "CREATE TABLE bare_items (number BIGINT PRIMARY KEY, callback_id UUID NOT NULL, service TEXT, \
         customer_number TEXT, desired_time BIGINT, state_before TEXT, outcome TEXT, cancelled_at BIGINT, \
         cancelled_by TEXT)";
    pool.run(table).await?;
    let items = format!(
        "INSERT INTO bare_items SELECT row_number() OVER (ORDER BY desired_time, id), id, 'Service 0', customer_number, \
         desired_time, state, 'CANCELLED', {at}, NULL FROM (SELECT id, customer_number, desired_time, state \
         FROM callbacks WHERE state = 'SCHEDULED' ORDER BY desired_time, id LIMIT {count}) AS selected"
    );
    let rows = format!(
        "UPDATE callbacks SET state = 'COMPLETED', result = 'CANCELLED', completed_at = {at}, updated_at = {at}, \
         version = version + 1 WHERE id IN (SELECT callback_id FROM bare_items)"
    );
    let lines = format!(
        "INSERT INTO timeline (callback_id, at, action, actor_kind, actor_name, from_state, to_state, version, detail) \
         SELECT id, {at}, 'cancelled', 'api_key', 'bench', 'SCHEDULED', 'COMPLETED', version, '{{}}' \
         FROM callbacks WHERE id IN (SELECT callback_id FROM bare_items)"
    );
    let taken = pool.transaction(&[items, rows, lines]).await?;
    let done = pool.number("SELECT COUNT(*) FROM bare_items").await?;
    pool.close().await;
    let mut figures = Figures::new(vec![taken], taken);
    figures.done = usize::try_from(done)?;
    Ok(figures)
}
