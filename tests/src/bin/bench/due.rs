//! P6 and P7: how soon callbacks are queued when they are due, and how soon a
//! waiting router gets them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ringback_domain::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant as Moment, sleep, sleep_until};
use uuid::Uuid;

use crate::client::{Client, Figures, Result, watch};
use crate::create::customer_number;
use crate::data::Kind;
use crate::database::{Backend, Pool};
use crate::options::Options;
use crate::report::{self, Goal, Row, Single};
use crate::route::{report_attempt, reserve};
use crate::subject::{Subject, between};
use crate::{Bench, now};

/// How long a server settles after its start before it counts as idle.
const SETTLE: Duration = Duration::from_secs(2);

/// How long an idle server is measured: the kernel counts in hundredths of a
/// second, so the result is exact to a tenth of a percent.
const IDLE: Duration = Duration::from_secs(10);

/// Pause between the burst and the callbacks at a steady rate.
const CALM_SECONDS: i64 = 12;

/// Callbacks per second that become due at the steady rate.
const STEADY: i64 = 200;

/// How long to wait for late callbacks.
const TIMEOUT: Duration = Duration::from_mins(10);

/// Callbacks per second for waiting routers, and how many routers wait.
const PICK_UPS: u32 = 20;
const ROUTERS: usize = 8;

/// The figures of a burst of due callbacks.
struct Burst {
    waiting: f64,
    /// Share of a core that the server used while nothing was due, in percent.
    idle: f64,
    /// From the desired time until the last one was QUEUED, in seconds.
    all: f64,
    early: f64,
    /// How late the callbacks at the steady rate were queued.
    lateness: Figures,
}

pub(crate) async fn burst(bench: &mut Bench) -> Result<()> {
    bench.report.figure("P6", "many callbacks due in the same second");
    let due = bench.options.tenth();
    let ours = one_burst(&mut bench.ours, &bench.options).await?;
    let beside = match &mut bench.beside {
        Some(other) => Some(one_burst(other, &bench.options).await?),
        None => None,
    };
    let bare = bare_burst(bench, due).await?;
    let all = format!("{due} due at once: until all are QUEUED, s");
    let lateness = format!("{STEADY} due a second: p99 of the lateness, ms");
    report::values();
    for (label, part, at_most) in [
        ("callbacks that wait for a later time", (|it| it.waiting) as fn(&Burst) -> f64, None),
        ("idle before, % of a core", |it| it.idle, Some(0.5)),
        (all.as_str(), |it| it.all, Some(6.0)),
        ("of all that were due, QUEUED early", |it| it.early, Some(0.0)),
        (lateness.as_str(), |it| it.lateness.within(990), Some(100.0)),
    ] {
        let bare = (label == all).then_some(bare.as_secs_f64());
        let (ours, beside) = (part(&ours), beside.as_ref().map(part));
        bench.report.value(&Single { label, ours, bare, beside, at_most });
    }
    report::note(&format!(
        "bare: one transaction that updates as many rows of `callbacks` and writes their lines of `timeline`, each by \
         one statement. The steady rate begins {CALM_SECONDS} s after the burst; its lateness is \
         `queued_at` less the desired time."
    ));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn as_f64(count: i64) -> f64 {
    count as f64
}

/// The query for whether callbacks with a desired time up to `until` are still
/// SCHEDULED.
fn late(until: Timestamp) -> String {
    format!(
        "SELECT COUNT(*) FROM (SELECT 1 FROM callbacks WHERE state = 'SCHEDULED' AND desired_time <= {} LIMIT 1) AS late",
        until.micros()
    )
}

async fn one_burst(subject: &mut Subject, options: &Options) -> Result<Burst> {
    let id = Uuid::new_v4().simple();
    let at_once = subject.new_service(&format!("At once {id}")).await?;
    let steady = subject.new_service(&format!("Steady {id}")).await?;
    let mut own = subject.fork().await?;
    let (due, waiting) = fill(&mut own, options, at_once, steady).await?;
    own.start().await?;
    let measured = follow(&own, due, at_once, steady, options).await?;
    subject.join(own).await?;
    Ok(Burst { waiting: as_f64(waiting), ..measured })
}

/// Adds callbacks for later and callbacks that become due. Returns when they are
/// due, which leaves time to fill the table and to measure the idle server, and
/// the number of callbacks for later.
async fn fill(own: &mut Subject, options: &Options, at_once: Uuid, steady: Uuid) -> Result<(Timestamp, i64)> {
    let pool = own.database.connect().await?;
    let scheduled = "SELECT COUNT(*) FROM callbacks WHERE state = 'SCHEDULED'";
    let missing = options.rows.saturating_sub(usize::try_from(pool.number(scheduled).await?)?);
    let (started, services) = (Instant::now(), own.services.clone());
    own.insert(missing, &services, Kind::Waiting).await?;
    let waiting = pool.number(scheduled).await?;
    pool.close().await;
    // Twice the time that inserting a tenth of the rows takes at this speed.
    let filling =
        started.elapsed().as_secs() * 2 * u64::try_from(options.tenth())? / u64::try_from(missing.max(1))?;
    let lead = filling + 2 * SETTLE.as_secs() + IDLE.as_secs() + 5;
    let due = now().plus_seconds(i64::try_from(lead)?);
    own.insert(options.tenth(), &[at_once], Kind::DueAt(due)).await?;
    let from = Kind::DueFrom(due.plus_seconds(CALM_SECONDS), STEADY);
    own.insert(usize::try_from(STEADY)? * options.whole_seconds(), &[steady], from).await?;
    Ok((due, waiting))
}

async fn follow(
    own: &Subject,
    due: Timestamp,
    at_once: Uuid,
    steady: Uuid,
    options: &Options,
) -> Result<Burst> {
    let backend = own.database.backend;
    sleep(SETTLE).await;
    let idle = own.process()?.stopwatch()?;
    sleep(IDLE).await;
    let idle = idle.cores()? * 100.0;
    if now() >= due {
        return Err(
            "the table took too long to fill: the callbacks were due before the server was ready".into()
        );
    }
    let pool = own.database.connect().await?;
    sleep(between(now(), due)).await;
    let all = wait_until_none(&pool, due, due).await?;
    let last = due.plus_seconds(CALM_SECONDS + i64::try_from(options.seconds.as_secs())?);
    sleep(between(now(), last)).await;
    wait_until_none(&pool, last, last).await?;
    let early = format!(
        "SELECT COUNT(*) FROM callbacks WHERE service_id IN ({}, {}) AND queued_at < desired_time",
        backend.id(at_once),
        backend.id(steady)
    );
    let early = as_f64(pool.number(&early).await?);
    let lateness = format!(
        "SELECT queued_at - desired_time FROM callbacks WHERE service_id = {} AND queued_at IS NOT NULL",
        backend.id(steady)
    );
    let lateness = pool.numbers(&lateness).await?;
    pool.close().await;
    let lateness = lateness.into_iter().map(|micros| Duration::from_micros(micros.unsigned_abs())).collect();
    Ok(Burst { waiting: 0.0, idle, all, early, lateness: Figures::new(lateness, options.seconds) })
}

/// Waits until no callback that is due by `until` is SCHEDULED. Returns how many
/// seconds after `since` that was.
async fn wait_until_none(pool: &Pool, until: Timestamp, since: Timestamp) -> Result<f64> {
    let (query, started) = (late(until), Instant::now());
    while pool.number(&query).await? > 0 {
        if started.elapsed() > TIMEOUT {
            return Err("callbacks are still SCHEDULED minutes after their desired time".into());
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(between(since, now()).as_secs_f64())
}

async fn bare_burst(bench: &mut Bench, rows: usize) -> Result<Duration> {
    let due = now();
    bench.bare.add(rows, &bench.ours.services, Kind::DueAt(due)).await?;
    let (at, pool) = (due.micros(), bench.bare.database.connect().await?);
    let lines = format!(
        "INSERT INTO timeline (callback_id, at, action, actor_kind, actor_name, from_state, to_state, version, detail) \
         SELECT id, {at}, 'submitted', 'system', 'bench', 'SCHEDULED', 'QUEUED', version + 1, '{{}}' FROM callbacks \
         WHERE state = 'SCHEDULED' AND desired_time = {at}"
    );
    let update = format!(
        "UPDATE callbacks SET state = 'QUEUED', queued_at = {at}, updated_at = {at}, version = version + 1 \
         WHERE state = 'SCHEDULED' AND desired_time = {at}"
    );
    let taken = pool.transaction(&[lines, update]).await?;
    pool.close().await;
    Ok(taken)
}

/// When a router received each callback.
type Arrivals = Arc<Mutex<HashMap<Uuid, Timestamp>>>;

/// When the time of a pick-up starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// The desired time.
    Due,
    /// The request that created the callback.
    Created,
}

pub(crate) async fn pick_up(bench: &mut Bench) -> Result<()> {
    bench.report.figure("P7", "until a waiting router has the callback");
    report::rates();
    let one_node = [Goal::Median(3.0), Goal::P99(15.0)];
    for (from, label, goals) in
        [(From::Due, "from the desired time", &one_node[..]), (From::Created, "from the request", &[])]
    {
        let ours = picked_up(&bench.ours, &bench.ours, from, &bench.options).await?;
        bench.report.row(&Row { label, clients: ROUTERS, ours, goals, ..Row::default() });
        if let Some(other) = &bench.beside {
            let ours = picked_up(other, other, from, &bench.options).await?;
            let label = format!("{label}, beside");
            bench.report.row(&Row { label: &label, clients: ROUTERS, ours, ..Row::default() });
        }
    }
    if bench.ours.database.backend == Backend::Postgres {
        let mut node = bench.ours.node();
        node.start().await?;
        let two_nodes = [Goal::P99(60.0)];
        for (from, label) in [
            (From::Due, "from the desired time, made on another node"),
            (From::Created, "from the request to another node"),
        ] {
            let ours = picked_up(&bench.ours, &node, from, &bench.options).await?;
            bench.report.row(&Row { label, clients: ROUTERS, ours, goals: &two_nodes, ..Row::default() });
        }
        node.stop().await?;
    }
    report::note("A callback that never reached a router counts as a minute.");
    Ok(())
}

/// Measures pick-ups of callbacks that are created on one node, by routers that
/// wait on `waiting`.
async fn picked_up(creating: &Subject, waiting: &Subject, from: From, options: &Options) -> Result<Figures> {
    let service = creating.new_service(&format!("Pick-up {}", Uuid::new_v4().simple())).await?;
    // Another node may see a new service only after a second.
    sleep(Duration::from_millis(1_500)).await;
    let arrivals = Arrivals::default();
    let mut routers = Vec::new();
    for _ in 0..ROUTERS {
        routers.push(actix_web::rt::spawn(router(waiting.client().await?, service, Arc::clone(&arrivals))));
    }
    let figures = watch(waiting.process()?, async {
        let created = make(creating, service, from, options).await?;
        let started = Instant::now();
        let missing = || arrivals.lock().is_ok_and(|arrivals| arrivals.len() < created.len());
        while missing() && started.elapsed() < Duration::from_secs(20) {
            if let Some(ended) = routers.iter().position(actix_web::rt::task::JoinHandle::is_finished) {
                return routers.swap_remove(ended).await?.map(|()| Figures::default());
            }
            sleep(Duration::from_millis(20)).await;
        }
        let arrivals = arrivals.lock().map_err(|_| "a router panicked")?;
        let taken = created.iter().map(|(id, since)| {
            arrivals.get(id).map_or(Duration::from_mins(1), |arrived| between(*since, *arrived))
        });
        Ok(Figures::new(taken.collect(), options.seconds))
    })
    .await;
    routers.iter().for_each(actix_web::rt::task::JoinHandle::abort);
    figures
}

/// Waits for callbacks, and handles each at once.
async fn router(mut client: Client, service: Uuid, arrivals: Arrivals) -> Result<()> {
    let order = json!({"agent": "bench", "services": [service], "wait_seconds": 20}).to_string();
    loop {
        let reserved = reserve(&mut client, &order).await?;
        let at = now();
        for one in &reserved {
            let id = one["callback"]["id"].as_str().unwrap_or_default().parse()?;
            arrivals.lock().map_err(|_| "a router panicked")?.insert(id, at);
            report_attempt(&mut client, one, "connect").await?;
            report_attempt(&mut client, one, "complete").await?;
        }
    }
}

/// Creates callbacks at a steady rate, or callbacks that become due at one.
/// Returns the time from which each is measured.
async fn make(
    creating: &Subject,
    service: Uuid,
    from: From,
    options: &Options,
) -> Result<Vec<(Uuid, Timestamp)>> {
    let mut client = creating.client().await?;
    let pace = Duration::from_secs(1) / PICK_UPS;
    let (first, started) = (now().plus_seconds(3), Moment::now());
    let mut created = Vec::new();
    for number in 0..PICK_UPS * u32::try_from(options.whole_seconds())? {
        let mut body = json!({"callback_type": "immediate", "service_id": service, "customer_number": customer_number()});
        let mut since = Timestamp::from_micros(first.micros() + i64::try_from((pace * number).as_micros())?);
        if from == From::Due {
            body["callback_type"] = "scheduled".into();
            body["desired_time"] = json!(since);
        } else {
            sleep_until(started + pace * number).await;
            since = now();
        }
        let answer: Value = client.post_json("/api/v1/callbacks", &body).await?;
        created.push((answer["id"].as_str().unwrap_or_default().parse()?, since));
    }
    if let Some((_, last)) = created.last() {
        sleep(between(now(), *last)).await;
    }
    Ok(created)
}
