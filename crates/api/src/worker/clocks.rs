//! Moves callbacks that were promised at a wall time when the law on that clock
//! changes: with a newer release of the time zone database.

use ringback_domain::wire::audit::AuditAction;

use super::Workers;
use crate::auth::Grant;
use crate::command::audit::Audit;
use crate::command::{Tx, sweep};
use crate::error::Error;
use crate::store::queue;
use crate::time_zone;

/// Looks at one chunk of callbacks that an older release was used for. Gives how
/// many.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    let tables = &time_zone::tables().version;
    if !queue::has_older_tables(&mut workers.store.read().await?, tables).await? {
        return Ok(0);
    }
    let audit = Audit::of(AuditAction::CallbackFollowClocks);
    let follow = async |tx: &mut Tx<'_>| sweep::follow_clocks(tx).await;
    Ok(workers.commands.change(audit, &Grant::system("clocks"), follow).await? as u64)
}
