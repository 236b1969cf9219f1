//! Updates the gauges that describe the database, so that a scrape needs no
//! statement.

use std::time::Duration;

use super::Workers;
use crate::error::Error;
use crate::store::queue;

/// How often the gauges are updated.
pub const INTERVAL: Duration = Duration::from_secs(10);

/// Updates the gauges. Returns 0, as there is never more to do.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    let (queued, quarantined) = queue::len(&mut workers.store.read().await?).await?;
    workers.metrics.queue_size(queued, quarantined);
    workers.metrics.clock_is_steady(workers.clock.steady_for().is_none());
    Ok(0)
}
