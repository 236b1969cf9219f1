//! Works bulk cancellations off, a chunk in each transaction: stopped at any
//! line, it goes on where it was.

use actix_web::web::Data;
use ringback_domain::callback::transition::Refusal;
use ringback_domain::wire::bulk::{BulkCancellation, JobState, Outcome};
use ringback_domain::{StateName, VisibleServices};

use super::seconds_late;
use crate::app::App;
use crate::error::Error;
use crate::store::bulk::{self, Settled};
use crate::store::callbacks;

/// Callbacks in one transaction: others are let through in between.
const CHUNK: i64 = 200;

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

/// Cancels the next callbacks of the oldest job. Gives how many it looked at.
pub async fn round(app: &Data<App>) -> Result<u64, Error> {
    let now = app.clock.now();
    let context = app.clone();
    if bulk::oldest_unfinished(&mut app.store.read().await?).await?.is_none() {
        app.metrics.worker_lag("bulk_cancellations", 0.0);
        return Ok(0);
    }
    let (settled, cancelled) = app
        .store
        .write(async move |conn| {
            let Some(mut job) = bulk::take_unfinished(conn).await? else { return Ok((0, Vec::new())) };
            context.metrics.worker_lag("bulk_cancellations", seconds_late(job.created_at, now));
            let actor = bulk::actor(&job);
            let items = bulk::next_items(conn, job.id, CHUNK).await?;
            let mut cancelled = Vec::new();
            for (number, id) in &items {
                let found = callbacks::find_for_update(conn, *id, &VisibleServices::All).await?;
                let state_before = found.as_ref().map(|callback| callback.state.name());
                let outcome = match found.as_ref().map(|callback| callback.cancel(&actor, now)) {
                    // Removed meanwhile, which only happens to what is over.
                    None | Some(Err(Refusal::State(StateName::Completed))) => Outcome::AlreadyCompleted,
                    Some(Err(Refusal::State(StateName::Processing))) => Outcome::SkippedProcessing,
                    Some(Err(_)) => Outcome::Failed,
                    Some(Ok(over)) => {
                        callbacks::save(conn, &over).await?;
                        cancelled.push(over);
                        Outcome::Cancelled
                    }
                };
                let done = outcome == Outcome::Cancelled;
                let settled = Settled {
                    state_before,
                    outcome,
                    cancelled_at: done.then_some(now),
                    cancelled_by: if done { actor.username() } else { None },
                };
                bulk::settle(conn, job.id, *number, &settled).await?;
                count(&mut job, outcome);
            }
            job.state = JobState::Running;
            if job.progress.done >= job.progress.total || items.is_empty() {
                job.state = JobState::Completed;
                job.finished_at = Some(now);
            }
            bulk::update(conn, &job).await?;
            Ok::<_, Error>((items.len() as u64, cancelled))
        })
        .await?;
    for over in &cancelled {
        app.announce(over);
    }
    Ok(settled)
}
