//! The customer's name in their own voice, one recording per callback. It is
//! removed some days after the callback is completed, before the record itself.

use ringback_domain::callback::Callback;
use ringback_domain::retention::{NAME_RECORDING_DAYS, name_recording_until};
use ringback_domain::wire::callback::NameRecording;
use ringback_domain::{CallbackId, State, Timestamp};

use super::{Conn, StoreResult, WriteConn, on};

const PUT: &str = "INSERT INTO name_recordings (callback_id, media_type, content, created_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (callback_id) DO UPDATE SET media_type = excluded.media_type, content = excluded.content, \
     created_at = excluded.created_at";
const DESCRIBE: &str = "SELECT media_type, CAST(LENGTH(content) AS BIGINT), created_at FROM name_recordings \
     WHERE callback_id = $1";
const READ: &str = "SELECT media_type, content FROM name_recordings WHERE callback_id = $1";
const REMOVE: &str = "DELETE FROM name_recordings WHERE callback_id = $1";
const COPY: &str = "INSERT INTO name_recordings (callback_id, media_type, content, created_at) \
     SELECT $2, media_type, content, created_at FROM name_recordings WHERE callback_id = $1";
const PURGE: &str = "DELETE FROM name_recordings WHERE callback_id IN (SELECT r.callback_id FROM name_recordings r \
     JOIN callbacks c ON c.id = r.callback_id WHERE c.completed_at < $1 LIMIT $2)";

/// Attaches a recording to a callback, or replaces it.
pub async fn put(
    conn: &mut WriteConn,
    id: CallbackId,
    media_type: &str,
    content: &[u8],
    now: Timestamp,
) -> StoreResult<()> {
    on!(conn, |c| {
        let query = sqlx::query(PUT).bind(id.0).bind(media_type).bind(content).bind(now.micros());
        query.execute(c).await.map(|_| ())
    })?;
    Ok(())
}

/// The recording of a callback without its content; `None` if it has none.
pub async fn describe(conn: &mut Conn, callback: &Callback) -> StoreResult<Option<NameRecording>> {
    let row: Option<(String, i64, i64)> =
        on!(conn, |c| sqlx::query_as(DESCRIBE).bind(callback.id.0).fetch_optional(c).await)?;
    Ok(row.map(|(media_type, bytes, created_at)| NameRecording {
        media_type,
        size_bytes: u32::try_from(bytes).unwrap_or_default(),
        created_at: Timestamp::from_micros(created_at),
        kept_until: expires_at(callback),
    }))
}

/// When the recording of a callback expires; `None` until the callback is
/// COMPLETED.
fn expires_at(callback: &Callback) -> Option<Timestamp> {
    match &callback.state {
        State::Completed(completion) => Some(name_recording_until(completion.completed_at)),
        _ => None,
    }
}

/// Media type and content of a recording; `None` if there is none, or if it has
/// expired.
pub async fn read(
    conn: &mut Conn,
    callback: &Callback,
    now: Timestamp,
) -> StoreResult<Option<(String, Vec<u8>)>> {
    if expires_at(callback).is_some_and(|expires_at| expires_at < now) {
        return Ok(None);
    }
    Ok(on!(conn, |c| sqlx::query_as(READ).bind(callback.id.0).fetch_optional(c).await)?)
}

/// Removes the recording of a callback. Returns whether there was one.
pub async fn remove(conn: &mut WriteConn, id: CallbackId) -> StoreResult<bool> {
    let removed =
        on!(conn, |c| sqlx::query(REMOVE).bind(id.0).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(removed > 0)
}

/// Copies the recording of a callback to its recreation, unless it has expired.
pub async fn copy(conn: &mut WriteConn, old: &Callback, to: CallbackId, now: Timestamp) -> StoreResult<()> {
    if expires_at(old).is_some_and(|expires_at| now <= expires_at) {
        on!(conn, |c| sqlx::query(COPY).bind(old.id.0).bind(to.0).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

/// Removes expired recordings.
pub async fn purge(conn: &mut WriteConn, now: Timestamp, limit: i64) -> StoreResult<u64> {
    let before = now.plus_seconds(-NAME_RECORDING_DAYS * 86_400).micros();
    let removed = on!(conn, |c| {
        sqlx::query(PURGE).bind(before).bind(limit).execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(removed)
}
