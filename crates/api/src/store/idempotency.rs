//! Answers to requests with an `Idempotency-Key`, stored in the transaction of
//! the request and replayed for a day.

use ringback_domain::Timestamp;

use super::{StoreResult, WriteConn, locks, on};

/// How long an answer is replayed.
pub const REPLAY_SECONDS: i64 = 86_400;

/// A key as one caller sent it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// The caller: the same text from another caller is another key.
    pub owner: String,
    /// The text.
    pub key: String,
    /// Hash of method, path and body.
    pub fingerprint: Vec<u8>,
}

/// The earlier use of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// None: run the request.
    New,
    /// The same request was run, with this answer.
    Answered(String),
    /// Another request used the key.
    OtherRequest,
}

const FIND: &str =
    "SELECT fingerprint, answer FROM idempotency_keys WHERE owner = $1 AND key = $2 AND created_at > $3";
const INSERT: &str = "INSERT INTO idempotency_keys (owner, key, fingerprint, answer, created_at) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (owner, key) DO UPDATE SET fingerprint = excluded.fingerprint, \
     answer = excluded.answer, created_at = excluded.created_at WHERE idempotency_keys.created_at <= $6";
const PURGE: &str = "DELETE FROM idempotency_keys WHERE (owner, key) IN \
     (SELECT owner, key FROM idempotency_keys WHERE created_at <= $1 ORDER BY created_at LIMIT $2)";

/// Looks up whether the key was used before. On PostgreSQL this locks the key
/// until the transaction ends.
pub async fn look_up(conn: &mut WriteConn, key: &IdempotencyKey, now: Timestamp) -> StoreResult<Seen> {
    // Two nodes could run the same key at once: the second waits here for the first.
    locks::take(conn, format!("{}\n{}", key.owner, key.key)).await?;
    let oldest = now.plus_seconds(-REPLAY_SECONDS).micros();
    let row: Option<(Vec<u8>, String)> = on!(conn, |c| {
        sqlx::query_as(FIND).bind(&key.owner).bind(&key.key).bind(oldest).fetch_optional(c).await
    })?;
    Ok(match row {
        None => Seen::New,
        Some((fingerprint, _)) if fingerprint != key.fingerprint => Seen::OtherRequest,
        Some((_, answer)) => Seen::Answered(answer),
    })
}

/// Saves the answer to a request under its key.
pub async fn keep(
    conn: &mut WriteConn,
    key: &IdempotencyKey,
    answer: &str,
    now: Timestamp,
) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(&key.owner)
            .bind(&key.key)
            .bind(&key.fingerprint)
            .bind(answer)
            .bind(now.micros())
            .bind(now.plus_seconds(-REPLAY_SECONDS).micros())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Removes answers that are no longer replayed, at most so many. Returns how many.
pub async fn purge(conn: &mut WriteConn, now: Timestamp, limit: i64) -> StoreResult<u64> {
    let oldest = now.plus_seconds(-REPLAY_SECONDS).micros();
    let removed = on!(conn, |c| sqlx::query(PURGE)
        .bind(oldest)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(removed)
}
