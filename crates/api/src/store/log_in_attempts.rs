//! Attempts to log in, by account and by account and network.

use ringback_domain::Timestamp;

use super::{Backend, StoreResult, WriteConn, on};

/// The hash of what is counted.
pub type Key = [u8; 32];

/// Attempts since the last success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Attempts that failed, or whose password is being checked.
    pub failures: u32,
    /// When the last one was.
    pub last_at: Timestamp,
    /// Whether somebody logged in to the account from the network.
    pub is_known: bool,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { failures: 0, last_at: Timestamp::from_micros(0), is_known: false }
    }
}

const LOCK: &str = "INSERT INTO log_in_attempts (key, failures, last_at, is_known) VALUES ($1, 0, 0, FALSE) \
     ON CONFLICT (key) DO NOTHING";
const FIND: &str = "SELECT failures, last_at, is_known FROM log_in_attempts WHERE key = $1";
const FIND_LOCKED: &str = "SELECT failures, last_at, is_known FROM log_in_attempts WHERE key = $1 FOR UPDATE";
const SAVE: &str = "INSERT INTO log_in_attempts (key, failures, last_at, is_known) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, \
     is_known = excluded.is_known";
const PURGE: &str = "DELETE FROM log_in_attempts WHERE key IN (SELECT key FROM log_in_attempts \
     WHERE last_at <= $1 AND ((is_known = FALSE AND failures < $4) OR (last_at <= $2 AND is_known = FALSE) \
     OR last_at <= $3) ORDER BY last_at LIMIT $5)";

/// A few failures are forgotten after this time.
const FEW_FAILURES_SECONDS: i64 = 3_600;

/// Failures that count as few.
const FEW_FAILURES: i64 = 5;

/// Many failures are forgotten after this time.
const FAILURES_SECONDS: i64 = 86_400;

/// A network without a log-in for this time is not known any more.
const KNOWN_SECONDS: i64 = 90 * 86_400;

/// The attempts for a key; on PostgreSQL it is locked until the transaction ends.
pub async fn find_locked(conn: &mut WriteConn, key: &Key) -> StoreResult<Attempts> {
    if conn.backend() == Backend::Postgres {
        // A row that is not there cannot be locked.
        on!(conn, |c| sqlx::query(LOCK).bind(&key[..]).execute(c).await.map(|_| ()))?;
    }
    let find = conn.backend().pick(FIND, FIND_LOCKED);
    read(conn, find, key).await
}

/// The attempts for a key.
pub async fn find(conn: &mut WriteConn, key: &Key) -> StoreResult<Attempts> {
    read(conn, FIND, key).await
}

async fn read(conn: &mut WriteConn, find: &'static str, key: &Key) -> StoreResult<Attempts> {
    let row: Option<(i64, i64, bool)> =
        on!(conn, |c| sqlx::query_as(find).bind(&key[..]).fetch_optional(c).await)?;
    Ok(row.map_or_else(Attempts::default, |(failures, last_at, is_known)| Attempts {
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
        last_at: Timestamp::from_micros(last_at),
        is_known,
    }))
}

/// Saves the attempts for a key.
pub async fn save(conn: &mut WriteConn, key: &Key, attempts: &Attempts) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(SAVE)
            .bind(&key[..])
            .bind(i64::from(attempts.failures))
            .bind(attempts.last_at.micros())
            .bind(attempts.is_known)
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Removes attempts that do not matter any more. Gives how many.
pub async fn purge(conn: &mut WriteConn, now: Timestamp, limit: i64) -> StoreResult<u64> {
    let before = |seconds: i64| now.plus_seconds(-seconds).micros();
    let removed = on!(conn, |c| {
        sqlx::query(PURGE)
            .bind(before(FEW_FAILURES_SECONDS))
            .bind(before(FAILURES_SECONDS))
            .bind(before(KNOWN_SECONDS))
            .bind(FEW_FAILURES)
            .bind(limit)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(removed)
}
