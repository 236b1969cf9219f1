//! Lets cancellations take effect that can be undone no more.

use super::{MIN_STEADY, Workers, seconds_late};
use crate::auth::Grant;
use crate::command::{Audit, Tx, sweep};
use crate::error::Error;
use crate::store::{queue, unreadable};

/// Cancels a chunk of the callbacks whose time to undo is over. Returns how many.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    if !workers.clock.is_steady(MIN_STEADY) {
        return Ok(0);
    }
    let alarm = &workers.commands.signals().cancellation;
    alarm.expect(None);
    let next = queue::next_cancellation(&mut workers.store.read().await?).await?;
    let now = workers.clock.now();
    workers.metrics.worker_lag("cancellations", next.map_or(0.0, |at| seconds_late(at, now)));
    alarm.expect(next);
    if next.is_none_or(|at| at > now) {
        return Ok(0);
    }
    let effect = async |tx: &mut Tx<'_>| sweep::effect_cancellations(tx).await;
    let done = workers.commands.change(Audit::None, &Grant::system("cancellations"), effect).await? as u64;
    if done == 0 && unreadable::count() > 0 {
        // What is due may be a row that cannot be read: the next poll looks again.
        alarm.expect(None);
    }
    Ok(done)
}
