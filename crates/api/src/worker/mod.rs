//! Work that goes on by itself: submitting what is due, giving back what nobody
//! holds any more, bulk cancellations, removing what is kept no longer.
//!
//! Each worker may run on several nodes at once: what one has taken, the others
//! pass over. Each round is a function of its own, so that a test can run it at
//! a time of its choice.

pub mod bulk;
pub mod gauges;
pub mod leases;
pub mod retention;
pub mod submitter;

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::command::Commands;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::signals::Signals;
use crate::store::Store;

/// After its clock jumped, a node submits nothing and takes no lease over for
/// the longest time that a lease can have left; a time server has had its
/// chance by then.
const HOLD: Duration = Duration::from_mins(5);

/// What is removed is gone: that waits for a clock that was steady for a day.
const HOLD_REMOVAL: Duration = Duration::from_hours(24);

/// How often a worker looks by itself for what no signal tells: another node's
/// work after that node was lost.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often records are looked through for those that are kept no longer.
const RETENTION_INTERVAL: Duration = Duration::from_secs(30);

/// The pause after a round that failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What the workers of a node work with.
#[derive(Debug)]
pub struct Workers {
    /// Changes.
    pub commands: Arc<Commands>,
    /// What is looked at before a change.
    pub store: Store,
    /// The clock that says what is due.
    pub clock: Clock,
    /// Figures.
    pub metrics: Metrics,
}

impl Workers {
    fn signals(&self) -> &Signals {
        self.commands.signals()
    }
}

/// Starts every worker of a node on the current thread. Each ends after its
/// round when `stop` turns true.
pub fn start(workers: &Arc<Workers>, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    vec![
        spawn(workers, stop, "submitter", submitter::round, async |workers| {
            workers.signals().due.sleep(workers.clock.now(), LOOK_AGAIN).await;
        }),
        spawn(workers, stop, "leases", leases::round, async |workers| {
            workers.signals().lease_end.sleep(workers.clock.now(), LOOK_AGAIN).await;
        }),
        spawn(workers, stop, "bulk_cancellations", bulk::round, async |workers| {
            let _ = tokio::time::timeout(LOOK_AGAIN, workers.signals().bulk.notified()).await;
        }),
        spawn(workers, stop, "retention", retention::round, async |_| {
            tokio::time::sleep(RETENTION_INTERVAL).await;
        }),
        spawn(workers, stop, "gauges", gauges::round, async |_| {
            tokio::time::sleep(gauges::INTERVAL).await;
        }),
    ]
}

/// Runs rounds for as long as there is work, then rests. A round tells how much
/// it did.
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
        while !*stop.borrow() {
            let failed = match round(&workers).await {
                Ok(0) => false,
                Ok(_) => continue,
                Err(error) => {
                    workers.metrics.worker_failed(name);
                    tracing::warn!(worker = name, error = error.cause(), "a round failed");
                    true
                }
            };
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

/// How late something is, in seconds, for the lag of a worker.
#[expect(clippy::cast_precision_loss, reason = "a gauge needs no more than 52 bits")]
fn seconds_late(since: ringback_domain::Timestamp, now: ringback_domain::Timestamp) -> f64 {
    (now.micros() - since.micros()).max(0) as f64 / 1_000_000.0
}
