//! Bulk cancellations: jobs over a frozen selection, worked off a chunk in each
//! transaction. Stopped at any line, a job goes on where it was.
//!
//! A job that can be undone holds its callbacks back first, from the first to the
//! last, before its request is answered; `held` says how far it has got. Ended
//! before it is done, it lets them go from the last to the first.

use std::collections::HashMap;

use ringback_domain::callback::rules;
use ringback_domain::callback::transition::Refusal;
use ringback_domain::wire::bulk::{BulkCancellation, JobState, Outcome, ReportLine};
use ringback_domain::{CallbackId, JobId, StateName};

use super::callbacks::undo_seconds as undo_seconds_of;
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
pub async fn create(
    tx: &mut Tx<'_>,
    selected: &Selected,
    dry_run: bool,
    undo_seconds: Option<u32>,
) -> Result<BulkCancellation, Error> {
    let (grant, now) = (tx.grant(), tx.now());
    let undo_seconds = undo_seconds_of(undo_seconds)?;
    let mut job = bulk::new_job(JobId(tx.new_id()), &grant.actor, dry_run, now);
    job.selected = selected.by_state;
    job.outcomes.not_permitted = selected.not_permitted.len() as u64;
    job.progress.done = job.outcomes.not_permitted;
    job.progress.total = job.progress.done + selected.permitted.len() as u64;
    if dry_run || selected.permitted.is_empty() {
        job.state = JobState::Completed;
        job.finished_at = Some(now);
    } else if undo_seconds > 0 {
        job.effective_at = Some(now.plus_seconds(undo_seconds));
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
    tx.audit_detail("undo_seconds", undo_seconds);
    Ok(job)
}

/// How many of the job's callbacks it has come to.
const fn position(job: &BulkCancellation) -> u64 {
    job.progress.done.saturating_sub(job.outcomes.not_permitted)
}

/// Holds the next callbacks of a job back that can be undone. Gives whether there
/// may be more.
///
/// # Errors
/// That the database is not available.
pub async fn hold(tx: &mut Tx<'_>, id: JobId) -> Result<bool, Error> {
    let job = bulk::find_for_update(tx.write()?, id, None).await?;
    let waits = |job: &BulkCancellation| job.state == JobState::Pending && job.finished_at.is_none();
    let Some((mut job, effective_at)) =
        job.filter(waits).and_then(|job| job.effective_at.map(|at| (job, at)))
    else {
        return Ok(false);
    };
    let (actor, now) = (bulk::actor(&job), tx.now());
    let ids = bulk::selected(tx.read(), id, job.held, CHUNK).await?;
    if ids.is_empty() {
        return Ok(false);
    }
    for callback in callbacks::find_all_for_update(tx.write()?, &ids).await? {
        // What is in a conversation, over, or about to be cancelled stays as it is.
        if let Ok(held) = callback.request_cancellation(effective_at, Some(id), &actor, now) {
            tx.save(held);
        }
    }
    job.held += ids.len() as u64;
    bulk::update(tx.write()?, &job).await?;
    Ok(true)
}

/// Lets the last callbacks go that a job holds back although it is over. Gives
/// whether there may be more.
///
/// # Errors
/// That the database is not available.
pub async fn release(tx: &mut Tx<'_>, id: JobId) -> Result<bool, Error> {
    let job = bulk::find_for_update(tx.write()?, id, None).await?;
    let Some(mut job) = job.filter(|job| job.finished_at.is_some() && job.held > 0) else {
        return Ok(false);
    };
    release_last(tx, &mut job).await?;
    Ok(job.held > 0)
}

async fn release_last(tx: &mut Tx<'_>, job: &mut BulkCancellation) -> Result<u64, Error> {
    let (actor, now) = (bulk::actor(job), tx.now());
    // Chunks begin at multiples of their size, as the rows of a selection do.
    let first = (job.held.saturating_sub(1) / CHUNK as u64 * CHUNK as u64).max(position(job));
    let count = job.held.saturating_sub(first);
    let ids = bulk::selected(tx.read(), job.id, first, usize::try_from(count).unwrap_or(CHUNK)).await?;
    for callback in callbacks::find_all_for_update(tx.write()?, &ids).await? {
        let is_held = callback.cancellation.as_ref().is_some_and(|pending| pending.job == Some(job.id));
        if is_held && let Ok(undone) = callback.undo_cancellation(&actor, now) {
            tx.save(undone);
        }
    }
    job.held = if first > position(job) { first } else { 0 };
    bulk::update(tx.write()?, job).await?;
    Ok(count.max(1))
}

/// Ends one of the caller's jobs, or for an administrator anybody's, where it stands, unless it is over.
///
/// # Errors
/// That there is no such job that the caller may see.
pub async fn stop(tx: &mut Tx<'_>, id: JobId) -> Result<BulkCancellation, Error> {
    let (grant, now) = (tx.grant(), tx.now());
    let job = bulk::find_for_update(tx.write()?, id, grant.whose_jobs()).await?;
    let mut job = job.ok_or(Error::NotFound("bulk cancellation"))?;
    if job.finished_at.is_none() {
        job.state = JobState::Stopped;
        job.outcomes.stopped += job.progress.total.saturating_sub(job.progress.done);
        job.finished_at = Some(now);
        bulk::update(tx.write()?, &job).await?;
        tx.bulk_waits();
    }
    Ok(job)
}

/// Stops a job that has not taken effect; one that was stopped is given as it is.
///
/// # Errors
/// As [`stop`]; [`Error::JobInEffect`] where callbacks are cancelled by now.
pub async fn undo(tx: &mut Tx<'_>, id: JobId) -> Result<BulkCancellation, Error> {
    let grant = tx.grant();
    let job = bulk::find_for_update(tx.write()?, id, grant.whose_jobs()).await?;
    let job = job.ok_or(Error::NotFound("bulk cancellation"))?;
    let undone = job.state == JobState::Stopped && job.outcomes.cancelled == 0;
    if !undone && (job.state != JobState::Pending || job.effective_at.is_none()) {
        return Err(Error::JobInEffect(job.state));
    }
    stop(tx, id).await
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
    let Some(mut job) = bulk::take_unfinished(tx.write()?, now).await? else { return Ok(0) };
    if job.finished_at.is_some() {
        return release_last(tx, &mut job).await;
    }
    let actor = bulk::actor(&job);
    let services = tx.services().await?;
    let position = position(&job);
    let ids = bulk::selected(tx.read(), job.id, position, CHUNK).await?;
    let found = callbacks::find_all_for_update(tx.write()?, &ids).await?;
    let found: HashMap<CallbackId, _> = found.into_iter().map(|callback| (callback.id, callback)).collect();
    let mut items = Vec::with_capacity(ids.len());
    for (number, id) in (position + 1..).zip(&ids) {
        let callback = found.get(id);
        // It was held back, so somebody undid its own cancellation.
        let undone = number <= job.held
            && callback.is_some_and(|callback| {
                rules::can_cancel(callback.state.name()) && callback.cancellation.is_none()
            });
        let outcome = match callback.map(|callback| callback.cancel(&actor, now)) {
            _ if undone => Outcome::Stopped,
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
        job.held = 0;
    }
    bulk::update(tx.write()?, &job).await?;
    Ok(items.len() as u64)
}
