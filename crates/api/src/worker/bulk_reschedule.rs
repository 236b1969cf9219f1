//! Carries out bulk reschedules, and undoes them.

use ringback_domain::wire::audit::AuditAction;

use super::{Workers, seconds_late};
use crate::command::{Audit, Tx, bulk_reschedule as commands};
use crate::error::Error;
use crate::store::bulk_reschedule as store;

/// Moves the next callback of the oldest job that no other node is working on. Returns how many
/// it processed.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    let jobs = store::with_work(&mut workers.store.read().await?).await?;
    let begun =
        |one: &store::OwnedJob| one.job.undo.as_ref().map_or(one.job.created_at, |undo| undo.requested_at);
    let oldest = jobs.iter().map(begun).min();
    let now = workers.clock.now();
    workers.metrics.worker_lag("bulk_reschedules", oldest.map_or(0.0, |since| seconds_late(since, now)));
    let mut failed = None;
    for found in jobs {
        let id = found.job.id;
        let work = async move |tx: &mut Tx<'_>| commands::work(tx, id).await;
        let audit = Audit::of(AuditAction::CallbackReschedule).with("bulk_reschedule", id);
        match workers.commands.change(audit, &commands::grant(&found), work).await {
            Ok(0) => {}
            Ok(done) => return Ok(done),
            // A job that cannot go on must not stop those behind it.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(0), Err)
}
