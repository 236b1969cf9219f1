//! What Ringback does by itself when the time has come, a chunk in each
//! transaction.

use ringback_domain::callback::Callback;
use ringback_domain::callback::transition::{Refusal, Transition};
use ringback_domain::retention::RETENTION_DAYS;
use ringback_domain::{Actor, Timestamp};

use super::tx::Tx;
use crate::error::Error;
use crate::store::{bulk, idempotency, name_recordings, queue, sessions};

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
    save_all(tx, &due, Callback::submit)
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

/// Completes what was not made while its record was kept. Gives how many.
///
/// # Errors
/// That the database is not available.
pub async fn expire_records(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let now = tx.now();
    let expired = queue::take_unfinished_past_keeping(tx.write()?, now, CHUNK).await?;
    for callback in &expired {
        tracing::warn!(callback.id = %callback.id, "a callback was not made while its record was kept");
    }
    save_all(tx, &expired, Callback::expire)
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
    /// Reports of bulk cancellations, which name numbers: kept as long as a record is.
    Reports,
}

impl Leftover {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::NameRecordings, Self::IdempotencyKeys, Self::Sessions, Self::Reports];
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
        Leftover::Reports => {
            bulk::purge(conn, now.plus_seconds(-RETENTION_DAYS * 86_400), REMOVAL_CHUNK * 5).await?
        }
    })
}
