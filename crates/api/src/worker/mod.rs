//! Work that goes on by itself: submitting what is due, giving back what
//! nobody holds any more, bulk cancellations, and removing what is over.
//!
//! Each worker may run on several nodes at once: what one has taken, the
//! others pass over. Each round is a function of its own, so that a test can
//! run it at a time of its choice.

pub mod bulk;
pub mod leases;
pub mod retention;
pub mod submitter;

use std::time::Duration;

use actix_web::rt;
use actix_web::web::Data;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::app::App;
use crate::error::Error;

/// Records that one transaction takes on: a longer one would block others.
pub const CHUNK: i64 = 500;

/// After its clock jumped, a node submits nothing and takes no lease over for
/// the longest time that a lease can have left; a time server has had its
/// chance by then.
const HOLD: Duration = Duration::from_mins(5);

/// What is removed is gone: that waits for a clock that was steady for a day.
const HOLD_REMOVAL: Duration = Duration::from_hours(24);

/// Starts every worker of a node on the current thread. Each ends after its
/// round when `stop` turns true.
pub fn start(app: &Data<App>, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    let every = Duration::from_millis;
    vec![
        spawn(
            app,
            stop,
            "submitter",
            every(100),
            |app| Some(&app.signals.scheduled),
            async |app| submitter::round(app).await,
        ),
        spawn(app, stop, "leases", every(250), |_| None, async |app| leases::round(app).await),
        spawn(
            app,
            stop,
            "bulk_cancellations",
            every(500),
            |app| Some(&app.signals.bulk),
            async |app| bulk::round(app).await,
        ),
        spawn(app, stop, "retention", every(30_000), |_| None, async |app| retention::round(app).await),
    ]
}

/// Runs rounds for as long as there is work, then waits for the signal or the
/// interval. A round tells how much it did.
fn spawn<F>(
    app: &Data<App>,
    stop: &watch::Receiver<bool>,
    name: &'static str,
    interval: Duration,
    signal: fn(&App) -> Option<&Notify>,
    round: F,
) -> JoinHandle<()>
where
    F: AsyncFn(&Data<App>) -> Result<u64, Error> + 'static,
{
    let (app, mut stop) = (app.clone(), stop.clone());
    rt::spawn(async move {
        while !*stop.borrow() {
            let pause = match round(&app).await {
                Ok(0) => interval,
                Ok(_) => continue,
                Err(error) => {
                    app.metrics.worker_failed(name);
                    tracing::warn!(worker = name, error = %error.cause(), "a round failed");
                    interval.max(Duration::from_secs(1))
                }
            };
            let woken = async {
                match signal(&app) {
                    Some(signal) => signal.notified().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = woken => {}
                () = tokio::time::sleep(pause) => {}
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
