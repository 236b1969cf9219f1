//! Seals entries of the audit soon after they were written.

use std::time::Duration;

use super::Workers;
use crate::auth::Grant;
use crate::command::audit::{SEAL_CHUNK, seal};
use crate::command::{Audit, Tx};
use crate::error::Error;
use crate::store::audit;

/// The pause between rounds: what comes meanwhile is sealed together.
pub const INTERVAL: Duration = Duration::from_millis(500);

/// Seals a chunk of what waits. Returns how many if more may be waiting.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    if !audit::is_waiting(&mut workers.store.read().await?).await? {
        return Ok(0);
    }
    let seal = async |tx: &mut Tx<'_>| seal(tx).await;
    let sealed = workers.commands.change(Audit::None, &Grant::system("audit"), seal).await? as u64;
    Ok(if sealed == SEAL_CHUNK.unsigned_abs() { sealed } else { 0 })
}
