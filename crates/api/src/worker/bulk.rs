//! Carries out bulk cancellations.

use super::{Workers, seconds_late};
use crate::auth::Grant;
use crate::command::{Audit, Tx, bulk as commands};
use crate::error::Error;
use crate::store::bulk;

/// Cancels the next callbacks of the oldest job. Returns how many it processed.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    let oldest = bulk::oldest_unfinished(&mut workers.store.read().await?).await?;
    let now = workers.clock.now();
    workers.metrics.worker_lag("bulk_cancellations", oldest.map_or(0.0, |since| seconds_late(since, now)));
    if oldest.is_none_or(|since| since > now) {
        return Ok(0);
    }
    let work = async |tx: &mut Tx<'_>| commands::work(tx).await;
    workers.commands.change(Audit::None, &Grant::system("bulk_cancellations"), work).await
}
