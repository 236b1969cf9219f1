//! ROUTING → QUEUED, when a lease has ended.

use super::{HOLD, Workers, seconds_late};
use crate::auth::Grant;
use crate::command::{Tx, sweep};
use crate::error::Error;
use crate::store::queue;

/// Gives back what nobody holds any more, a chunk of it. Gives how many.
///
/// # Errors
/// That the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    if !workers.clock.is_steady(HOLD) {
        return Ok(0);
    }
    let lease_end = &workers.commands.signals().lease_end;
    lease_end.expect(None);
    let next = queue::next_lease_end(&mut workers.store.read().await?).await?;
    let now = workers.clock.now();
    workers.metrics.worker_lag("leases", next.map_or(0.0, |end| seconds_late(end, now)));
    lease_end.expect(next);
    if next.is_none_or(|end| end > now) {
        return Ok(0);
    }
    let expire = async |tx: &mut Tx<'_>| sweep::expire_leases(tx).await;
    Ok(workers.commands.change(&Grant::system("leases"), expire).await? as u64)
}
