//! Bulk reschedules: jobs over a frozen selection and a plan. Each callback is moved by an
//! ordinary reschedule in a transaction of its own, which says in the job what became of it:
//! stopped at any line, a job goes on where it was.

use std::slice;

use ringback_domain::calendar::availability::Unavailable;
use ringback_domain::calendar::spread::Placement;
use ringback_domain::callback::Callback;
use ringback_domain::callback::transition::Refusal;
use ringback_domain::wire::bulk::{JobState, Progress};
use ringback_domain::wire::bulk_reschedule::{
    BulkReschedule, MoveOutcome, SpreadRange, UNDO_SECONDS, UndoProgress,
};
use ringback_domain::wire::callback::ActorView;
use ringback_domain::{Actor, CallbackType, DesiredTime, JobId, Service, Timestamp, VisibleServices};

use super::booking::{Wish, lost, obstacle, rules_of};
use super::tx::Tx;
use crate::auth::Grant;
use crate::called_party::Customer;
use crate::error::Error;
use crate::fault::Field;
use crate::spread::plan;
use crate::store::bulk_reschedule::{self as store, Item, OwnedJob, Proposal};
use crate::store::{StoreError, callbacks};

/// How often another slot is looked for where others keep coming first.
const MAX_TRIES: usize = 10;

/// Creates a job over what was proposed. With `dry_run` the job is over at once, and its
/// outcomes say what would be moved.
///
/// # Errors
/// That the database is not available.
pub async fn create(
    tx: &mut Tx<'_>,
    proposal: &Proposal,
    into: SpreadRange,
    dry_run: bool,
) -> Result<BulkReschedule, Error> {
    let (grant, now) = (tx.grant(), tx.now());
    let mut items = proposal.items.clone();
    let mut job = BulkReschedule {
        id: JobId(tx.new_id()),
        state: JobState::Pending,
        dry_run,
        into,
        progress: Progress { done: 0, total: items.len() as u64 },
        selected: proposal.selected,
        outcomes: std::collections::BTreeMap::new(),
        spread: proposal.slots.clone(),
        created_at: now,
        finished_at: None,
        undo_until: None,
        undo: None,
        created_by: ActorView { kind: grant.actor.kind, name: grant.actor.name.clone() },
    };
    for item in &mut items {
        if dry_run && item.outcome.is_none() {
            item.outcome = Some(MoveOutcome::Moved);
        }
        if let Some(outcome) = item.outcome {
            count(&mut job, outcome);
        }
    }
    finish_if_done(&mut job, now);
    store::insert(tx.write()?, &job, &grant.owner).await?;
    store::add(tx.write()?, job.id, &items).await?;
    tx.bulk_reschedule_waits();
    tx.audit_object(job.id.0);
    tx.audit_detail("dry_run", dry_run);
    tx.audit_detail("selected", job.progress.total);
    tx.audit_detail("into", job.into);
    Ok(job)
}

fn count(job: &mut BulkReschedule, outcome: MoveOutcome) {
    *job.outcomes.entry(outcome).or_default() += 1;
    job.progress.done += 1;
}

/// How many callbacks a job has moved.
fn moved(job: &BulkReschedule) -> u64 {
    job.outcomes.get(&MoveOutcome::Moved).copied().unwrap_or_default()
}

fn finish_if_done(job: &mut BulkReschedule, now: Timestamp) {
    if job.progress.done >= job.progress.total {
        end(job, JobState::Completed, now);
    }
}

fn end(job: &mut BulkReschedule, state: JobState, now: Timestamp) {
    job.state = state;
    job.finished_at = Some(now);
    job.undo_until = (moved(job) > 0 && !job.dry_run).then(|| now.plus_seconds(UNDO_SECONDS));
}

/// Ends one of the caller's jobs, or for an administrator anybody's, where it stands, unless it
/// is over.
///
/// # Errors
/// That there is no such job that the caller may see.
pub async fn stop(tx: &mut Tx<'_>, id: JobId) -> Result<BulkReschedule, Error> {
    let (grant, now) = (tx.grant(), tx.now());
    let found = store::find_for_update(tx.write()?, id, grant.whose_jobs()).await?;
    let mut job = found.ok_or(Error::NotFound("bulk reschedule"))?.job;
    if job.finished_at.is_some() {
        tx.unchanged();
        return Ok(job);
    }
    let rest = job.progress.total.saturating_sub(job.progress.done);
    *job.outcomes.entry(MoveOutcome::Stopped).or_default() += rest;
    end(&mut job, JobState::Stopped, now);
    store::update(tx.write()?, &job).await?;
    Ok(job)
}

/// Has the callbacks of a job moved back that did not change since and whose services the caller
/// may see. A job that is being undone, or was, is given as it is.
///
/// # Errors
/// That there is no such job that the caller may see; [`Error::CannotUndo`] while it is running,
/// when it moved nothing, and when it is too late.
pub async fn undo(tx: &mut Tx<'_>, id: JobId) -> Result<BulkReschedule, Error> {
    let (grant, now) = (tx.grant(), tx.now());
    let found = store::find_for_update(tx.write()?, id, grant.whose_jobs()).await?;
    let mut job = found.ok_or(Error::NotFound("bulk reschedule"))?.job;
    if job.undo.is_some() {
        tx.unchanged();
        return Ok(job);
    }
    if job.finished_at.is_none() {
        return Err(Error::CannotUndo("The bulk reschedule is running. Stop it first."));
    }
    let until = job.undo_until.ok_or(Error::CannotUndo("The bulk reschedule moved nothing."))?;
    if now > until {
        return Err(Error::CannotUndo("A bulk reschedule can be undone for 10 minutes after its end."));
    }
    let forbidden = match &grant.visible {
        VisibleServices::All => 0,
        VisibleServices::Only(visible) => store::forbid_undo(tx.write()?, id, visible).await?,
    };
    let (done, total) = (forbidden, moved(&job));
    job.undo = Some(UndoProgress {
        progress: Progress { done, total },
        outcomes: (forbidden > 0).then_some((MoveOutcome::NotPermitted, forbidden)).into_iter().collect(),
        requested_at: now,
        requested_by: ActorView { kind: grant.actor.kind, name: grant.actor.name.clone() },
        finished_at: (done >= total).then_some(now),
    });
    store::update(tx.write()?, &job).await?;
    tx.bulk_reschedule_waits();
    Ok(job)
}

/// Who asked for what a job does now, on whose behalf its callbacks are moved.
pub fn grant(found: &OwnedJob) -> Grant {
    let job = &found.job;
    let by = job.undo.as_ref().map_or(&job.created_by, |undo| &undo.requested_by);
    let actor = Actor { kind: by.kind, name: by.name.clone() };
    Grant { actor, owner: found.owner.clone(), ..Grant::system("bulk_reschedules") }
}

/// Moves the next callback of a job, or moves it back. Gives how many it looked at: none where
/// another node is at work on the job, or it is over.
///
/// # Errors
/// That the database is not available.
pub async fn work(tx: &mut Tx<'_>, id: JobId) -> Result<u64, Error> {
    let now = tx.now();
    let Some(OwnedJob { mut job, .. }) = store::take(tx.write()?, id).await? else {
        tx.unchanged();
        return Ok(0);
    };
    let is_undo = job.undo.is_some();
    let next = store::next(tx.read(), id, is_undo).await?;
    let outcome = match &next {
        None => None,
        Some(item) if is_undo => Some(settled(move_back(tx, item).await)?),
        Some(item) => Some(settled(move_forward(tx, &job, item).await)?),
    };
    if !matches!(outcome, Some((MoveOutcome::Moved, _))) {
        tx.unchanged();
    }
    if let (Some(mut item), Some((outcome, callback))) = (next, outcome) {
        if is_undo {
            item.undo_outcome = Some(outcome);
        } else {
            item.outcome = Some(outcome);
            item.moved_to = callback.as_ref().map(|callback| callback.desired_time);
        }
        if let (Some(selected), Some(callback)) = (&mut item.selected, callback) {
            selected.version = callback.version;
        }
        store::settle(tx.write()?, id, &item).await?;
        match &mut job.undo {
            Some(undo) => {
                *undo.outcomes.entry(outcome).or_default() += 1;
                undo.progress.done += 1;
            }
            None => count(&mut job, outcome),
        }
    } else {
        // Nothing is left, whatever was counted.
        job.progress.done = job.progress.total;
        if let Some(undo) = &mut job.undo {
            undo.progress.done = undo.progress.total;
        }
    }
    match &mut job.undo {
        Some(undo) if undo.progress.done >= undo.progress.total => undo.finished_at = Some(now),
        Some(_) => {}
        None => {
            job.state = JobState::Running;
            finish_if_done(&mut job, now);
        }
    }
    store::update(tx.write()?, &job).await?;
    Ok(1)
}

/// What became of a callback, with the callback if it was moved.
type Settled = (MoveOutcome, Option<Callback>);

/// A fault in the records of one callback does not stop the others.
fn settled(outcome: Result<Settled, Error>) -> Result<Settled, Error> {
    match outcome {
        Err(error @ (Error::Internal(_) | Error::Store(StoreError::Inconsistent { .. }))) => {
            tracing::error!(%error, "a callback cannot be moved");
            Ok((MoveOutcome::Failed, None))
        }
        other => other,
    }
}

/// The callback of an item with its service, unless it changed.
async fn unchanged(tx: &mut Tx<'_>, item: &Item) -> Result<Option<(Callback, Service)>, Error> {
    let callback = callbacks::find(tx.read(), item.callback, &VisibleServices::All).await?;
    let version = item.selected.as_ref().map(|selected| selected.version);
    let Some(callback) = callback.filter(|callback| Some(callback.version) == version) else {
        return Ok(None);
    };
    let service = tx.service(callback.request.service_id).await?;
    Ok(service.map(|service| (callback, service)))
}

/// Moves a callback to the slot that was planned for it or, if that is taken by now, to the first
/// that is not.
async fn move_forward(tx: &mut Tx<'_>, job: &BulkReschedule, item: &Item) -> Result<Settled, Error> {
    let Some((callback, service)) = unchanged(tx, item).await? else {
        return Ok((MoveOutcome::ChangedMeanwhile, None));
    };
    let now = tx.now();
    let customer = Customer { spared_until: None, ..Customer::from(&callback) };
    let party = customer.called_by(&service, now);
    let mut to = item.moved_to.unwrap_or(callback.desired_time);
    for _ in 0..MAX_TRIES {
        let wish = Wish {
            service: &service,
            kind: CallbackType::Scheduled,
            at: to,
            field: Field::DesiredTime,
            freed: slice::from_ref(&callback.id),
            party: party.as_ref(),
        };
        // A slot that has begun since it was planned is as good as taken.
        let found = if to <= now {
            Some((rules_of(tx, slice::from_ref(&service)).await?, Unavailable::Past))
        } else {
            obstacle(tx, wish).await?
        };
        let Some((rules, reason)) = found else {
            return Ok(reschedule(tx, &callback, to.into()));
        };
        let alone = slice::from_ref(&callback);
        let plan = plan(tx.read(), &[&service], &rules, now, job.into, alone).await?;
        match plan.placements.first() {
            Some(Placement::Moves(next)) => to = *next,
            Some(Placement::AlreadyThere) => return Ok((MoveOutcome::AlreadyThere, None)),
            Some(Placement::Stays(reason)) => return Ok(((*reason).into(), None)),
            None => return Ok((reason.into(), None)),
        }
    }
    Ok((MoveOutcome::Full, None))
}

/// Gives a callback its old time back.
async fn move_back(tx: &mut Tx<'_>, item: &Item) -> Result<Settled, Error> {
    let (Some((callback, service)), Some(selected)) = (unchanged(tx, item).await?, &item.selected) else {
        return Ok((MoveOutcome::ChangedMeanwhile, None));
    };
    let wish = Wish {
        service: &service,
        kind: CallbackType::Scheduled,
        at: selected.was.at,
        field: Field::DesiredTime,
        freed: slice::from_ref(&callback.id),
        party: None,
    };
    match lost(tx, wish).await? {
        Some(reason) => Ok((reason.into(), None)),
        None => Ok(reschedule(tx, &callback, selected.was.clone())),
    }
}

fn reschedule(tx: &mut Tx<'_>, callback: &Callback, to: DesiredTime) -> Settled {
    match callback.reschedule(to, tx.actor(), tx.now()) {
        Ok(moved) => {
            tx.audit_object(callback.id.0);
            tx.audit_detail("desired_time", moved.callback.desired_time);
            (MoveOutcome::Moved, Some(tx.save(moved)))
        }
        Err(Refusal::DesiredTimePast) => (MoveOutcome::Past, None),
        Err(_) => (MoveOutcome::ChangedMeanwhile, None),
    }
}
