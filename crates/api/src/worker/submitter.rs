//! SCHEDULED → QUEUED, when the desired time has come.

use super::{MIN_STEADY, Workers, seconds_late};
use crate::auth::Grant;
use crate::command::{Audit, Tx, sweep};
use crate::error::Error;
use crate::store::{queue, unreadable};

/// Submits a chunk of the due callbacks. Returns how many.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    if !workers.clock.is_steady(MIN_STEADY) {
        return Ok(0);
    }
    let due = &workers.commands.signals().due;
    // Until the next due time is known, every new callback wakes the submitter.
    due.expect(None);
    let next = queue::next_due(&mut workers.store.read().await?).await?;
    let now = workers.clock.now();
    workers.metrics.worker_lag("submitter", next.map_or(0.0, |due| seconds_late(due, now)));
    due.expect(next);
    if next.is_none_or(|due| due > now) {
        return Ok(0);
    }
    let submit = async |tx: &mut Tx<'_>| sweep::submit_due(tx).await;
    let submitted = workers.commands.change(Audit::None, &Grant::system("scheduler"), submit).await? as u64;
    if submitted == 0 && unreadable::count() > 0 {
        // What is due may be a row that cannot be read: the next poll looks again.
        due.expect(None);
    }
    Ok(submitted)
}
