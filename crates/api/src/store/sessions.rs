//! Log-in sessions, their refresh tokens, and the key that signs access
//! tokens.

use ringback_domain::{ServiceId, SessionId, Timestamp, UserId};
use uuid::Uuid;

use super::error::inconsistent;
use super::users::id_list;
use super::{Conn, StoreResult, WriteConn, on};

/// A log-in session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Identifier; every refresh token of the session refers to it.
    pub id: SessionId,
    /// The person who logged in.
    pub user_id: UserId,
    /// The services that the person may see, as of the log-in.
    pub services: Vec<ServiceId>,
    /// When the session expires.
    pub expires_at: Timestamp,
}

const INSERT: &str =
    "INSERT INTO sessions (id, user_id, services, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
const FIND: &str = "SELECT id, user_id, services, expires_at FROM sessions \
     WHERE id = $1 AND ended_at IS NULL AND expires_at > $2";
const SET_SERVICES: &str = "UPDATE sessions SET services = $2 WHERE id = $1";
const END: &str = "UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
const END_OF_USER: &str = "UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL";
const ADD_TOKEN: &str = "INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES ($1, $2, $3)";
const USE_TOKEN: &str = "UPDATE refresh_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL \
     RETURNING session_id";
/// The session of a token that was used recently, if its successor was not used.
const USED_RECENTLY: &str = "SELECT session_id FROM refresh_tokens t WHERE hash = $1 AND used_at >= $2 \
     AND NOT EXISTS (SELECT 1 FROM refresh_tokens o \
     WHERE o.session_id = t.session_id AND o.hash <> t.hash AND o.used_at >= t.used_at)";
const INVALIDATE_TOKENS: &str =
    "UPDATE refresh_tokens SET used_at = 0 WHERE session_id = $1 AND used_at IS NULL";
const SESSION_OF_TOKEN: &str = "SELECT session_id FROM refresh_tokens WHERE hash = $1";
const PURGE: &str = "DELETE FROM sessions WHERE id IN \
     (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
const KEY: &str = "SELECT kid, secret FROM signing_keys WHERE purpose = $1";
const ADD_KEY: &str = "INSERT INTO signing_keys (purpose, kid, secret, created_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (purpose) DO NOTHING";

/// Inserts a new session.
pub async fn insert(conn: &mut WriteConn, session: &Session, now: Timestamp) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(session.id.0)
            .bind(session.user_id.0)
            .bind(id_list(Some(&session.services)))
            .bind(now.micros())
            .bind(session.expires_at.micros())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// The session with this id; `None` if it has ended or expired.
pub async fn find(conn: &mut Conn, id: SessionId, now: Timestamp) -> StoreResult<Option<Session>> {
    let row: Option<(Uuid, Uuid, String, i64)> =
        on!(conn, |c| sqlx::query_as(FIND).bind(id.0).bind(now.micros()).fetch_optional(c).await)?;
    row.map(|(id, user_id, services, expires_at)| {
        Ok(Session {
            id: SessionId(id),
            user_id: UserId(user_id),
            services: serde_json::from_str(&services)
                .map_err(|_| inconsistent("sessions", id, "services"))?,
            expires_at: Timestamp::from_micros(expires_at),
        })
    })
    .transpose()
}

/// Changes the services that a session may see.
pub async fn set_services(conn: &mut WriteConn, id: SessionId, services: &[ServiceId]) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(SET_SERVICES).bind(id.0).bind(id_list(Some(services))).execute(c).await.map(|_| ())
    })?;
    Ok(())
}

/// Ends a session, which invalidates its tokens.
pub async fn end(conn: &mut WriteConn, id: SessionId, now: Timestamp) -> StoreResult<()> {
    on!(conn, |c| sqlx::query(END).bind(id.0).bind(now.micros()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Ends every session of a person.
pub async fn end_of_user(conn: &mut WriteConn, id: UserId, now: Timestamp) -> StoreResult<()> {
    on!(conn, |c| sqlx::query(END_OF_USER).bind(id.0).bind(now.micros()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Stores the hash of a new refresh token.
pub async fn add_token(
    conn: &mut WriteConn,
    hash: &[u8],
    session: SessionId,
    now: Timestamp,
) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(ADD_TOKEN).bind(hash).bind(session.0).bind(now.micros()).execute(c).await.map(|_| ())
    })?;
    Ok(())
}

/// The result of using a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// The token was valid, and is now used.
    Fresh(SessionId),
    /// The token was used before, so somebody has a copy.
    Reused(SessionId),
    /// The token was never issued.
    Unknown,
}

/// How long a used token is accepted again: a browser that reloads the page
/// during a refresh never receives the new token.
pub const GRACE_SECONDS: i64 = 10;

/// Uses a refresh token. A used token is accepted again within
/// [`GRACE_SECONDS`], as long as its successor was not used. The successor
/// becomes invalid then, so that a thief and the owner cannot both go on.
pub async fn use_token(conn: &mut WriteConn, hash: &[u8], now: Timestamp) -> StoreResult<TokenUse> {
    let fresh: Option<Uuid> =
        on!(conn, |c| sqlx::query_scalar(USE_TOKEN).bind(hash).bind(now.micros()).fetch_optional(c).await)?;
    if let Some(session) = fresh {
        return Ok(TokenUse::Fresh(SessionId(session)));
    }
    let since = now.plus_seconds(-GRACE_SECONDS).micros();
    let recent: Option<Uuid> =
        on!(conn, |c| sqlx::query_scalar(USED_RECENTLY).bind(hash).bind(since).fetch_optional(c).await)?;
    if let Some(session) = recent {
        on!(conn, |c| sqlx::query(INVALIDATE_TOKENS).bind(session).execute(c).await.map(|_| ()))?;
        return Ok(TokenUse::Fresh(SessionId(session)));
    }
    let used: Option<Uuid> =
        on!(conn, |c| sqlx::query_scalar(SESSION_OF_TOKEN).bind(hash).fetch_optional(c).await)?;
    Ok(used.map_or(TokenUse::Unknown, |session| TokenUse::Reused(SessionId(session))))
}

/// The session of a refresh token, used or not.
pub async fn session_of_token(conn: &mut Conn, hash: &[u8]) -> StoreResult<Option<SessionId>> {
    let session: Option<Uuid> =
        on!(conn, |c| sqlx::query_scalar(SESSION_OF_TOKEN).bind(hash).fetch_optional(c).await)?;
    Ok(session.map(SessionId))
}

/// Removes expired sessions with their tokens, at most so many. Returns how many.
pub async fn purge(conn: &mut WriteConn, now: Timestamp, limit: i64) -> StoreResult<u64> {
    let removed = on!(conn, |c| sqlx::query(PURGE)
        .bind(now.micros())
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(removed)
}

/// The signing key for a purpose; inserts this one if there is none yet. Nodes
/// that start at the same time all get the same key.
pub async fn key_or_insert(
    conn: &mut WriteConn,
    purpose: &str,
    kid: &str,
    secret: &[u8],
    now: Timestamp,
) -> StoreResult<(String, Vec<u8>)> {
    on!(conn, |c| {
        sqlx::query(ADD_KEY)
            .bind(purpose)
            .bind(kid)
            .bind(secret)
            .bind(now.micros())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(on!(conn, |c| sqlx::query_as(KEY).bind(purpose).fetch_one(c).await)?)
}
