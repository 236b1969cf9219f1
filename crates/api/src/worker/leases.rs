//! ROUTING → QUEUED, when a lease has expired.

use super::{MIN_STEADY, Workers, seconds_late};
use crate::auth::Grant;
use crate::command::{Audit, Tx, sweep};
use crate::error::Error;
use crate::store::{queue, unreadable};

/// Returns a chunk of callbacks with an expired lease to the queue. Returns how
/// many.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    if !workers.clock.is_steady(MIN_STEADY) {
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
    let expired = workers.commands.change(Audit::None, &Grant::system("leases"), expire).await? as u64;
    if expired == 0 && unreadable::count() > 0 {
        // What has ended may be of a row that cannot be read: the next poll looks again.
        lease_end.expect(None);
    }
    Ok(expired)
}
