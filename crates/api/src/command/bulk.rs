//! Bulk cancellations: jobs over a frozen selection, worked off a chunk in each
//! transaction. Stopped at any line, a job goes on where it was.

use std::collections::HashMap;

use ringback_domain::callback::transition::Refusal;
use ringback_domain::wire::bulk::{BulkCancellation, JobState, Outcome};
use ringback_domain::{CallbackId, JobId, StateName};

use super::tx::Tx;
use crate::error::Error;
use crate::store::bulk::{self, ItemOutcome, NamedItem};
use crate::store::callbacks;
use crate::store::list::Selection;

/// Callbacks in one transaction: others are let through in between.
const CHUNK: i64 = 200;

/// What a request selects.
#[derive(Clone, Debug)]
pub enum Selector {
    /// These callbacks.
    Named(Vec<CallbackId>),
    /// Everything that matches.
    Matching(Selection),
}

/// Freezes a selection as a new job. With `dry_run` the job is over at once, and
/// its counts say what would be cancelled.
///
/// # Errors
/// That the database is not available.
pub async fn create(tx: &mut Tx<'_>, selector: &Selector, dry_run: bool) -> Result<BulkCancellation, Error> {
    let (grant, now) = (tx.grant(), tx.now());
    let mut job = bulk::new_job(JobId(tx.new_id()), &grant.actor, dry_run, now);
    bulk::insert(tx.write()?, &job, &grant.owner).await?;
    match selector {
        Selector::Matching(selection) => bulk::freeze_selection(tx.write()?, job.id, selection).await?,
        Selector::Named(ids) => {
            let services = tx.services().await?;
            let found = callbacks::find_all(tx.read(), ids).await?;
            let mut known: HashMap<CallbackId, _> = found
                .into_iter()
                .filter(|callback| grant.visible.contains(callback.request.service_id))
                .map(|callback| {
                    let service = services.get(callback.request.service_id);
                    let name = service.map(|service| service.name.clone()).unwrap_or_default();
                    let number = callback.request.customer_number.as_str().to_owned();
                    (callback.id, (name, number, callback.desired_time, callback.state.name()))
                })
                .collect();
            let items: Vec<NamedItem> =
                ids.iter().map(|id| NamedItem { callback_id: *id, details: known.remove(id) }).collect();
            bulk::freeze_named(tx.write()?, job.id, &items).await?;
            job.outcomes.not_permitted = items.iter().filter(|item| item.details.is_none()).count() as u64;
            job.progress.done = job.outcomes.not_permitted;
        }
    }
    bulk::count_items(tx.read(), &mut job).await?;
    if dry_run || job.progress.done == job.progress.total {
        job.state = JobState::Completed;
        job.finished_at = Some(now);
    }
    bulk::begin(tx.write()?, &job).await?;
    tx.bulk_waits();
    Ok(job)
}

/// Ends one of the caller's jobs where it stands, unless it is over.
///
/// # Errors
/// That there is no such job of the caller.
pub async fn stop(tx: &mut Tx<'_>, id: JobId) -> Result<BulkCancellation, Error> {
    let (grant, now) = (tx.grant(), tx.now());
    let job = bulk::stop(tx.write()?, id, &grant.owner, now).await?;
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
    let items = bulk::next_items(tx.read(), job.id, CHUNK).await?;
    let ids: Vec<CallbackId> = items.iter().map(|(_, id)| *id).collect();
    let found = callbacks::find_all_for_update(tx.write()?, &ids).await?;
    let found: HashMap<CallbackId, _> = found.into_iter().map(|callback| (callback.id, callback)).collect();
    let mut settled = Vec::with_capacity(items.len());
    for (number, id) in &items {
        let callback = found.get(id);
        let outcome = match callback.map(|callback| callback.cancel(&actor, now)) {
            // Removed meanwhile, which only happens to what is over.
            None | Some(Err(Refusal::State(StateName::Completed))) => Outcome::AlreadyCompleted,
            Some(Err(Refusal::State(StateName::Processing))) => Outcome::SkippedProcessing,
            Some(Err(_)) => Outcome::Failed,
            Some(Ok(over)) => {
                tx.save(over);
                Outcome::Cancelled
            }
        };
        let cancelled = outcome == Outcome::Cancelled;
        settled.push(ItemOutcome {
            number: *number,
            state_before: callback.map(|callback| callback.state.name()),
            outcome,
            cancelled_at: cancelled.then_some(now),
            cancelled_by: if cancelled { actor.username() } else { None },
        });
        count(&mut job, outcome);
    }
    tx.flush().await?;
    bulk::settle(tx.write()?, job.id, &settled).await?;
    job.state = JobState::Running;
    if job.progress.done >= job.progress.total || items.is_empty() {
        job.state = JobState::Completed;
        job.finished_at = Some(now);
    }
    bulk::update(tx.write()?, &job).await?;
    Ok(items.len() as u64)
}
