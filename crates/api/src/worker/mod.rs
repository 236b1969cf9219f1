//! Background work: submitting due callbacks, releasing expired leases,
//! cancellations that could be undone, bulk cancellations and reschedules, sealing the audit, removing old records.
//!
//! Each worker may run on several nodes at once: a node skips the rows that
//! another has locked. Each round is a function of its own, so that a test can
//! run it at a time of its choice.

pub mod audit;
pub mod bulk;
pub mod bulk_reschedule;
pub mod cancellations;
pub mod clocks;
pub mod database_clock;
pub mod gauges;
pub mod holidays;
pub mod leases;
pub mod retention;
pub mod submitter;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::command::Commands;
use crate::error::Error;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::signals::Signals;
use crate::store::Store;

/// How long the clock must have been steady before callbacks are submitted and
/// leases expire: the longest lease, and time enough for a time server to
/// correct the clock.
const MIN_STEADY: Duration = Duration::from_mins(5);

/// The same for removing records, which cannot be undone.
const MIN_STEADY_FOR_REMOVAL: Duration = Duration::from_hours(24);

/// How often a worker polls for work without a signal: that of a node which has
/// failed.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How often records past their retention time are removed, and the release of
/// the time zone database is compared with those that callbacks were computed by.
const RETENTION_INTERVAL: Duration = Duration::from_secs(30);

/// The pause after a failed round.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The parts of the server that the workers use.
#[derive(Debug)]
pub struct Workers {
    /// Makes the changes.
    pub commands: Arc<Commands>,
    /// Read to find work before a command runs.
    pub store: Store,
    /// Decides what is due.
    pub clock: Clock,
    /// Lag and failures of the workers.
    pub metrics: Metrics,
    /// When each worker last did well.
    pub health: Arc<Health>,
    /// How many days entries of the audit are kept.
    pub audit_days: i64,
}

impl Workers {
    fn signals(&self) -> &Signals {
        self.commands.signals()
    }
}

/// Starts every worker of a node on the current thread. Each finishes its round
/// and ends when `stop` becomes true.
pub fn start(workers: &Arc<Workers>, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    vec![
        spawn(workers, stop, "submitter", submitter::round, async |workers| {
            workers.signals().due.sleep(workers.clock.now(), POLL_INTERVAL).await;
        }),
        spawn(workers, stop, "leases", leases::round, async |workers| {
            workers.signals().lease_end.sleep(workers.clock.now(), POLL_INTERVAL).await;
        }),
        spawn(workers, stop, "cancellations", cancellations::round, async |workers| {
            workers.signals().cancellation.sleep(workers.clock.now(), POLL_INTERVAL).await;
        }),
        spawn(workers, stop, "bulk_cancellations", bulk::round, async |workers| {
            let _ = tokio::time::timeout(POLL_INTERVAL, workers.signals().bulk.notified()).await;
        }),
        spawn(workers, stop, "bulk_reschedules", bulk_reschedule::round, async |workers| {
            let _ = tokio::time::timeout(POLL_INTERVAL, workers.signals().bulk_reschedule.notified()).await;
        }),
        spawn(workers, stop, "audit", audit::round, async |_| {
            tokio::time::sleep(audit::INTERVAL).await;
        }),
        spawn(workers, stop, "retention", retention::round, async |_| {
            tokio::time::sleep(RETENTION_INTERVAL).await;
        }),
        spawn(workers, stop, "clocks", clocks::round, async |_| {
            tokio::time::sleep(RETENTION_INTERVAL).await;
        }),
        spawn(workers, stop, "holidays", holidays::round, async |_| {
            tokio::time::sleep(holidays::INTERVAL).await;
        }),
        spawn(workers, stop, "database_clock", database_clock::round, async |_| {
            tokio::time::sleep(database_clock::INTERVAL).await;
        }),
        spawn(workers, stop, "gauges", gauges::round, async |_| {
            tokio::time::sleep(gauges::INTERVAL).await;
        }),
    ]
}

/// Runs rounds as long as there is work, then rests. A round returns how much it
/// did.
fn spawn<R, P>(
    workers: &Arc<Workers>,
    stop: &watch::Receiver<bool>,
    name: &'static str,
    round: R,
    rest: P,
) -> JoinHandle<()>
where
    R: AsyncFn(&Workers) -> Result<u64, Error> + 'static,
    P: AsyncFn(&Workers) + 'static,
{
    let (workers, mut stop) = (Arc::clone(workers), stop.clone());
    rt::spawn(async move {
        workers.health.good_round(name);
        while !*stop.borrow() {
            let done = supervised(&workers.metrics, &workers.health, name, round(&workers)).await;
            if done.is_some_and(|done| done > 0) {
                continue;
            }
            let failed = done.is_none();
            let pause = async {
                if failed {
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                } else {
                    rest(&workers).await;
                }
            };
            tokio::select! {
                () = pause => {}
                _ = stop.changed() => {}
            }
        }
    })
}

/// Runs a round. One that fails or panics is counted and logged, and its worker goes on after a
/// pause; meanwhile its lag grows. Gives how much it did, `None` if it failed.
async fn supervised(
    metrics: &Metrics,
    health: &Health,
    name: &'static str,
    round: impl Future<Output = Result<u64, Error>>,
) -> Option<u64> {
    match AssertUnwindSafe(round).catch_unwind().await {
        Ok(Ok(done)) => {
            health.good_round(name);
            return Some(done);
        }
        Ok(Err(error)) => {
            metrics.worker_failed(name);
            tracing::warn!(worker = name, error = error.cause(), "a round failed");
        }
        Err(_) => {
            metrics.worker_panicked(name);
            tracing::error!(worker = name, "a worker panicked, and is started again");
        }
    }
    let stalled = health.since_good_round(name).unwrap_or_default();
    metrics.worker_stalled(name, stalled.as_secs_f64());
    None
}

/// How late a piece of work is, in seconds, for the lag of a worker.
#[expect(clippy::cast_precision_loss, reason = "a gauge needs no more than 52 bits")]
fn seconds_late(since: ringback_domain::Timestamp, now: ringback_domain::Timestamp) -> f64 {
    (now.micros() - since.micros()).max(0) as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_worker_that_panics_goes_on_and_its_lag_grows() {
        let (metrics, health) = (Metrics::new().unwrap(), Health::default());
        health.good_round("submitter");
        tokio::time::sleep(Duration::from_millis(5)).await;
        let panics = async { panic!("as a test asks for") };
        assert_eq!(supervised(&metrics, &health, "submitter", panics).await, None);
        let text = metrics.text();
        assert!(text.contains("ringback_worker_panics_total{worker=\"submitter\"} 1"), "{text}");
        let lag = text
            .lines()
            .find_map(|line| line.strip_prefix("ringback_worker_lag_seconds{worker=\"submitter\"} "));
        assert!(lag.unwrap().parse::<f64>().unwrap() > 0.0, "{text}");
        assert_eq!(health.stalled(Duration::ZERO).len(), 1);
        assert_eq!(supervised(&metrics, &health, "submitter", async { Ok(3) }).await, Some(3));
        assert!(health.stalled(Duration::from_mins(1)).is_empty());
    }
}
