//! Updates the gauges that describe the database, so that a scrape needs no
//! statement.

use std::time::Duration;

use super::{Workers, seconds_late};
use crate::error::Error;
use crate::store::{feed, queue, unreadable};

/// How often the gauges are updated.
pub const INTERVAL: Duration = Duration::from_secs(10);

/// From this lag on the log names who keeps changes from the feed.
const MAX_FEED_LAG_SECONDS: f64 = 5.0;

/// Updates the gauges. Returns 0, as there is never more to do.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    let mut conn = workers.store.read().await?;
    let (queued, quarantined) = queue::len(&mut conn).await?;
    let held = feed::held_back(&mut conn).await?;
    drop(conn);
    let lag = held.as_ref().map_or(0.0, |held| seconds_late(held.since, workers.clock.now()));
    workers.metrics.feed_lag(lag);
    if let Some(held) = held.filter(|_| lag > MAX_FEED_LAG_SECONDS) {
        tracing::warn!(
            pid = held.pid,
            database = held.database,
            application = held.application,
            state = held.state,
            seconds = lag,
            "changes wait for a long transaction before listeners hear of them: end it"
        );
    }
    workers.metrics.queue_size(queued, quarantined);
    workers.metrics.unreadable_rows(unreadable::count());
    workers.metrics.clock_is_steady(workers.clock.steady_for().is_none());
    Ok(0)
}
