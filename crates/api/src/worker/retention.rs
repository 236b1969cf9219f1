//! Completes callbacks that were never made, and removes old records.

use super::{MIN_STEADY_FOR_REMOVAL, Workers};
use crate::auth::Grant;
use crate::command::sweep::Leftover;
use crate::command::{Audit, Tx, audit, sweep};
use crate::error::Error;

/// Completes one chunk and removes another. Returns how many records in all.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    if !workers.clock.is_steady(MIN_STEADY_FOR_REMOVAL) {
        return Ok(0);
    }
    let grant = Grant::system("retention");
    let expire = async |tx: &mut Tx<'_>| sweep::expire_records(tx).await;
    let expired = workers.commands.change(Audit::None, &grant, expire).await?;
    let purge = async |tx: &mut Tx<'_>| sweep::purge(tx).await;
    let removed = workers.commands.change(Audit::None, &grant, purge).await?;
    for leftover in Leftover::ALL {
        let purge = async move |tx: &mut Tx<'_>| sweep::purge_leftover(tx, leftover).await;
        while workers.commands.change(Audit::None, &grant, purge).await? > 0 {}
    }
    let days = workers.audit_days;
    let purge = async move |tx: &mut Tx<'_>| audit::purge(tx, days).await;
    while workers.commands.change(Audit::None, &grant, purge).await? > 0 {}
    workers.metrics.worker_lag("retention", 0.0);
    Ok(removed + expired as u64)
}
