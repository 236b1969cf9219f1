//! What Ringback does by itself when the time has come, a chunk in each
//! transaction.

use ringback_domain::callback::transition::{Refusal, Transition};
use ringback_domain::callback::{Callback, rules};
use ringback_domain::retention::RETENTION_DAYS;
use ringback_domain::service::{ClosedWhenDue, DEFAULT_APPOINTMENT_LEAD_SECONDS};
use ringback_domain::wall_time::{Fold, WallTime};
use ringback_domain::{Actor, CallbackType, ServiceId, StateName, Timestamp};

use super::tx::Tx;
use crate::auth::token::OLD_KEY_SECONDS;
use crate::directory::Services;
use crate::error::Error;
use crate::store::{
    bulk, bulk_reschedule, holds, idempotency, log_in_attempts, name_recordings, queue, sessions,
};
use crate::time_zone;

/// Records that one transaction takes on: a longer one would keep others
/// waiting.
pub const CHUNK: i64 = 500;

/// Records that one transaction removes: each goes with its timeline, attempts and entries of every
/// index, and nobody else writes to SQLite meanwhile.
pub const REMOVAL_CHUNK: i64 = 100;

type Step = fn(&Callback, &Actor, Timestamp) -> Result<Transition, Refusal>;

fn save_all(tx: &mut Tx<'_>, callbacks: &[Callback], step: Step) -> Result<usize, Error> {
    let (actor, now) = (tx.actor(), tx.now());
    for callback in callbacks {
        let moved = step(callback, actor, now).map_err(|refusal| Error::refused(refusal, callback))?;
        tx.save(moved);
    }
    Ok(callbacks.len())
}

/// SCHEDULED → QUEUED, where the desired time has come. Gives how many.
///
/// # Errors
/// That the database is not available.
pub async fn submit_due(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let now = tx.now();
    let due = queue::take_due(tx.write()?, now, CHUNK).await?;
    let late = |callback: &Callback| {
        rules::is_overdue(StateName::Scheduled, callback.desired_time, callback.desired_window_seconds, now)
    };
    // After an outage: what each service wants done with what it missed.
    let (late, due): (Vec<_>, Vec<_>) = due.into_iter().partition(late);
    let is_chosen = |callback: &Callback| callback.request.callback_type == CallbackType::Scheduled;
    let needed = !late.is_empty() || due.iter().any(Callback::is_appointment);
    let services = if needed { tx.services().await? } else { Services::default() };
    // Their hours were changed after the time was promised. Who asked for a call at once
    // waits in the queue.
    let is_closed =
        |callback: &Callback| is_chosen(callback) && services.closed(callback.request.service_id).is_some();
    let (closed, due): (Vec<_>, Vec<_>) = due.into_iter().partition(is_closed);
    let lead = |id: ServiceId| {
        services
            .get(id)
            .map_or(DEFAULT_APPOINTMENT_LEAD_SECONDS, |service| service.settings.appointment_lead_seconds)
    };
    for callback in &due {
        let moved = callback
            .submit(lead(callback.request.service_id), tx.actor(), now)
            .map_err(|refusal| Error::refused(refusal, callback))?;
        tx.save(moved);
    }
    for callback in &closed {
        let service = services.get(callback.request.service_id);
        let wanted = service.map(|service| service.settings.closed_when_due).unwrap_or_default();
        let moved = match (wanted, services.closed(callback.request.service_id).flatten()) {
            (ClosedWhenDue::RollForward, Some(opens_at)) => callback.roll_forward(opens_at, tx.actor(), now),
            (ClosedWhenDue::RollForward, None) | (ClosedWhenDue::Fail, _) => {
                callback.fail_closed(tx.actor(), now)
            }
        };
        tx.save(moved.map_err(|refusal| Error::refused(refusal, callback))?);
    }
    for callback in &late {
        let service = services.get(callback.request.service_id);
        let policy = service.map(|service| service.settings.late_policy).unwrap_or_default();
        let moved = callback
            .submit_late(policy, lead(callback.request.service_id), tx.actor(), now)
            .map_err(|refusal| Error::refused(refusal, callback))?;
        tx.save(moved);
    }
    Ok(late.len() + closed.len() + due.len())
}

/// Computes SCHEDULED callbacks anew whose wall time was read by an older release
/// of the time zone database: the wall time was promised, so the instant moves.
/// Gives how many were looked at.
///
/// # Errors
/// That the database is not available.
pub async fn follow_clocks(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let tables = &time_zone::tables().version;
    let older = queue::take_of_older_tables(tx.write()?, tables, CHUNK).await?;
    let (mut same, mut moved_ids) = (Vec::new(), Vec::new());
    for callback in &older {
        let Some(wall) = &callback.wall_time else { continue };
        let instants =
            time_zone::find(&wall.time_zone).and_then(|zone| time_zone::instants(wall.local, &zone));
        // A zone that is gone from the tables leaves the instant as it is.
        match instants {
            Some(instants) if !instants.include(callback.desired_time) => {
                let desired_time = instants.choose(Fold::First);
                tracing::warn!(
                    callback.id = %callback.id,
                    wall_time = %wall.local,
                    zone = wall.time_zone,
                    from = %callback.desired_time,
                    to = %desired_time,
                    "the law on clocks changed: a callback keeps its wall time and moves"
                );
                let wall = WallTime { tables: tables.clone(), ..wall.clone() };
                let moved = callback
                    .follow_clocks(desired_time, wall, tx.actor(), tx.now())
                    .map_err(|refusal| Error::refused(refusal, callback))?;
                moved_ids.push(tx.save(moved).id);
            }
            _ => same.push(callback.id),
        }
    }
    // The list that an administrator reads.
    tx.audit_detail("time_zone_database", tables);
    tx.audit_detail("moved", moved_ids);
    queue::confirm_tables(tx.write()?, tables, &same).await?;
    Ok(older.len())
}

/// SCHEDULED or QUEUED → COMPLETED, where a cancellation can be undone no more.
/// Gives how many.
///
/// # Errors
/// That the database is not available.
pub async fn effect_cancellations(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let now = tx.now();
    let cancelled = queue::take_cancelled(tx.write()?, now, CHUNK).await?;
    save_all(tx, &cancelled, |callback, _, now| callback.effect_cancellation(now))
}

/// ROUTING → QUEUED, where a lease has ended. Gives how many.
///
/// # Errors
/// That the database is not available.
pub async fn expire_leases(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let now = tx.now();
    let ended = queue::take_expired_leases(tx.write()?, now, CHUNK).await?;
    save_all(tx, &ended, Callback::expire_lease)
}

/// Completes what was not made in time, some days before its record is removed.
/// Gives how many.
///
/// # Errors
/// That the database is not available.
pub async fn expire_records(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let now = tx.now();
    let given_up = queue::take_given_up(tx.write()?, now, CHUNK).await?;
    for callback in &given_up {
        tracing::warn!(callback.id = %callback.id, "a callback was not made in time and is given up");
    }
    save_all(tx, &given_up, Callback::expire)
}

/// Removes records 14 days after their desired time. Gives how many.
///
/// # Errors
/// That the database is not available.
pub async fn purge(tx: &mut Tx<'_>) -> Result<u64, Error> {
    let now = tx.now();
    Ok(queue::purge(tx.write()?, now, REMOVAL_CHUNK).await?)
}

/// What is removed beside records, each in transactions of its own.
#[derive(Clone, Copy, Debug)]
pub enum Leftover {
    /// Recorded names, some days after the callback is over.
    NameRecordings,
    /// Answers to idempotency keys, after a day.
    IdempotencyKeys,
    /// Sessions that have ended.
    Sessions,
    /// Failed log-ins.
    LogInAttempts,
    /// Signing keys whose tokens have run out.
    Keys,
    /// Holds that have ended.
    Holds,
    /// Reports of bulk cancellations, which name numbers: kept as long as a record is.
    Reports,
    /// Bulk reschedules, which name numbers too.
    BulkReschedules,
}

impl Leftover {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::NameRecordings,
        Self::IdempotencyKeys,
        Self::Sessions,
        Self::LogInAttempts,
        Self::Keys,
        Self::Holds,
        Self::Reports,
        Self::BulkReschedules,
    ];
}

/// Removes a chunk of what is kept no longer. Gives how many rows; none are left
/// once it is 0.
///
/// # Errors
/// That the database is not available.
pub async fn purge_leftover(tx: &mut Tx<'_>, what: Leftover) -> Result<u64, Error> {
    let now = tx.now();
    let conn = tx.write()?;
    Ok(match what {
        Leftover::NameRecordings => name_recordings::purge(conn, now, REMOVAL_CHUNK / 5).await?,
        Leftover::IdempotencyKeys => idempotency::purge(conn, now, REMOVAL_CHUNK * 5).await?,
        // Each has a refresh token for every few minutes that it lasted.
        Leftover::Sessions => sessions::purge(conn, now, REMOVAL_CHUNK / 5).await?,
        Leftover::LogInAttempts => log_in_attempts::purge(conn, now, REMOVAL_CHUNK * 5).await?,
        // There are few of these: they are changed by hand.
        Leftover::Keys => {
            sessions::purge_keys(conn, now.plus_seconds(-OLD_KEY_SECONDS)).await?;
            0
        }
        Leftover::Holds => holds::purge(conn, now, REMOVAL_CHUNK * 5).await?,
        Leftover::BulkReschedules => {
            let before = now.plus_seconds(-RETENTION_DAYS * 86_400);
            bulk_reschedule::purge(conn, before, REMOVAL_CHUNK * 5).await?
        }
        Leftover::Reports => {
            bulk::purge(conn, now.plus_seconds(-RETENTION_DAYS * 86_400), REMOVAL_CHUNK * 5).await?
        }
    })
}
