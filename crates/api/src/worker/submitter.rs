//! SCHEDULED → QUEUED, when the desired time has come.

use super::{HOLD, Workers, seconds_late};
use crate::auth::Grant;
use crate::command::{Tx, sweep};
use crate::error::Error;
use crate::store::queue;

/// Submits what is due, a chunk of it. Gives how many.
///
/// # Errors
/// That the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    if !workers.clock.is_steady(HOLD) {
        return Ok(0);
    }
    let due = &workers.commands.signals().due;
    // What is made from now on wakes the submitter, until it knows better.
    due.expect(None);
    let next = queue::next_due(&mut workers.store.read().await?).await?;
    let now = workers.clock.now();
    workers.metrics.worker_lag("submitter", next.map_or(0.0, |due| seconds_late(due, now)));
    due.expect(next);
    if next.is_none_or(|due| due > now) {
        return Ok(0);
    }
    let submit = async |tx: &mut Tx<'_>| sweep::submit_due(tx).await;
    Ok(workers.commands.change(&Grant::system("scheduler"), submit).await? as u64)
}
