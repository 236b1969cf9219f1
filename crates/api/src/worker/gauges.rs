//! Sets the gauges that describe the database, so that reading them costs
//! nothing.

use std::time::Duration;

use super::Workers;
use crate::error::Error;
use crate::store::queue;

/// How old a gauge may be.
pub const INTERVAL: Duration = Duration::from_secs(10);

/// Looks once; there is never more to do.
///
/// # Errors
/// That the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    let queued = queue::len(&mut workers.store.read().await?).await?;
    workers.metrics.queue_size(queued);
    workers.metrics.clock_is_steady(workers.clock.steady_for().is_none());
    Ok(0)
}
