//! Bulk cancellations: jobs over a frozen selection, worked off a chunk in each
//! transaction. Stopped at any line, a job goes on where it was.

use std::collections::HashMap;

use ringback_domain::callback::transition::Refusal;
use ringback_domain::wire::bulk::{BulkCancellation, JobState, Outcome, ReportLine};
use ringback_domain::{CallbackId, JobId, StateName};

use super::tx::Tx;
use crate::error::Error;
use crate::store::bulk::{self, Item, Selected};
use crate::store::{callbacks, unreadable};

/// Callbacks in one transaction: others are let through in between.
const CHUNK: usize = 200;

/// Creates a job over these callbacks, which stay selected whatever becomes of
/// them. With `dry_run` the job is over at once, and its counts say what would be
/// cancelled.
///
/// # Errors
/// That the database is not available.
pub async fn create(tx: &mut Tx<'_>, selected: &Selected, dry_run: bool) -> Result<BulkCancellation, Error> {
    let (grant, now) = (tx.grant(), tx.now());
    let mut job = bulk::new_job(JobId(tx.new_id()), &grant.actor, dry_run, now);
    job.selected = selected.by_state;
    job.outcomes.not_permitted = selected.not_permitted.len() as u64;
    job.progress.done = job.outcomes.not_permitted;
    job.progress.total = job.progress.done + selected.permitted.len() as u64;
    if dry_run || selected.permitted.is_empty() {
        job.state = JobState::Completed;
        job.finished_at = Some(now);
    }
    bulk::insert(tx.write()?, &job, &grant.owner).await?;
    bulk::keep_selection(tx.write()?, job.id, &selected.permitted).await?;
    let refused = |(id, number)| {
        let outcome = Some(Outcome::NotPermitted);
        Item { number, line: ReportLine { outcome, ..ReportLine::of_id(id) } }
    };
    let numbers = selected.permitted.len() as u64 + 1..;
    let items: Vec<Item> = selected.not_permitted.iter().copied().zip(numbers).map(refused).collect();
    bulk::settle(tx.write()?, job.id, &items).await?;
    tx.bulk_waits();
    tx.audit_object(job.id.0);
    tx.audit_detail("dry_run", dry_run);
    tx.audit_detail("selected", job.progress.total);
    Ok(job)
}

/// Ends one of the caller's jobs, or for an administrator anybody's, where it stands, unless it is over.
///
/// # Errors
/// That there is no such job that the caller may see.
pub async fn stop(tx: &mut Tx<'_>, id: JobId) -> Result<BulkCancellation, Error> {
    let (grant, now) = (tx.grant(), tx.now());
    let job = bulk::stop(tx.write()?, id, grant.whose_jobs(), now).await?;
    job.ok_or(Error::NotFound("bulk cancellation"))
}

fn count(job: &mut BulkCancellation, outcome: Outcome) {
    let counts = &mut job.outcomes;
    *match outcome {
        Outcome::Cancelled => &mut counts.cancelled,
        Outcome::SkippedProcessing => &mut counts.skipped_processing,
        Outcome::AlreadyCompleted => &mut counts.already_completed,
        Outcome::NotPermitted => &mut counts.not_permitted,
        Outcome::Failed => &mut counts.failed,
        Outcome::Stopped => &mut counts.stopped,
    } += 1;
    job.progress.done += 1;
}

/// Cancels the next callbacks of the oldest job on behalf of whoever asked for
/// it. Gives how many it looked at.
///
/// # Errors
/// That the database is not available.
pub async fn work(tx: &mut Tx<'_>) -> Result<u64, Error> {
    let now = tx.now();
    let Some(mut job) = bulk::take_unfinished(tx.write()?).await? else { return Ok(0) };
    let actor = bulk::actor(&job);
    let services = tx.services().await?;
    let position = job.progress.done.saturating_sub(job.outcomes.not_permitted);
    let ids = bulk::selected(tx.read(), job.id, position, CHUNK).await?;
    let found = callbacks::find_all_for_update(tx.write()?, &ids).await?;
    let found: HashMap<CallbackId, _> = found.into_iter().map(|callback| (callback.id, callback)).collect();
    let mut items = Vec::with_capacity(ids.len());
    for (number, id) in (position + 1..).zip(&ids) {
        let callback = found.get(id);
        let outcome = match callback.map(|callback| callback.cancel(&actor, now)) {
            None if unreadable::is_left_out("callbacks", id) => Outcome::Failed,
            // Removed meanwhile, which only happens to what is over.
            None | Some(Err(Refusal::State(StateName::Completed))) => Outcome::AlreadyCompleted,
            Some(Err(Refusal::State(StateName::Processing))) => Outcome::SkippedProcessing,
            Some(Err(_)) => Outcome::Failed,
            Some(Ok(over)) => {
                tx.save(over);
                Outcome::Cancelled
            }
        };
        let mut line = callback.map_or(ReportLine::of_id(*id), |callback| services.report_line(callback));
        line.outcome = Some(outcome);
        if outcome == Outcome::Cancelled {
            line.cancelled_at = Some(now);
            line.cancelled_by = actor.username();
        }
        items.push(Item { number, line });
        count(&mut job, outcome);
    }
    tx.flush().await?;
    bulk::settle(tx.write()?, job.id, &items).await?;
    job.state = JobState::Running;
    if job.progress.done >= job.progress.total || items.is_empty() {
        job.state = JobState::Completed;
        job.finished_at = Some(now);
    }
    bulk::update(tx.write()?, &job).await?;
    Ok(items.len() as u64)
}
