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
    /// When it was opened or refreshed last.
    pub last_used_at: Timestamp,
    /// From where, and with what.
    pub client: Client,
}

/// Where a session is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The network address.
    pub address: String,
    /// The program, by its name and system.
    pub program: String,
}

const INSERT: &str = "INSERT INTO sessions (id, user_id, services, created_at, expires_at, last_used_at, address, \
     program) VALUES ($1, $2, $3, $4, $5, $4, $6, $7)";
const FIND: &str = "SELECT id, user_id, services, expires_at, last_used_at, address, program FROM sessions \
     WHERE id = $1 AND ended_at IS NULL AND expires_at > $2";
const OF_USER: &str = "SELECT id, created_at, last_used_at, address, program FROM sessions \
     WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 AND last_used_at > $3 \
     ORDER BY last_used_at DESC, id DESC LIMIT 100";
const TOUCH: &str = "UPDATE sessions SET last_used_at = $2, address = $3, program = $4 WHERE id = $1";
const END_ONE: &str = "UPDATE sessions SET ended_at = $3 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL";
const END_OTHERS: &str =
    "UPDATE sessions SET ended_at = $3 WHERE user_id = $2 AND id <> $1 AND ended_at IS NULL";
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
const LAST_REVOCATION: &str = "SELECT COALESCE((SELECT MAX(ended_at) FROM sessions), 0), \
     COALESCE((SELECT MAX(revoked_at) FROM api_keys), 0), \
     (SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM users)";
const KEYS: &str = "SELECT kid, secret, created_at FROM signing_keys WHERE purpose = $1 \
     ORDER BY created_at DESC, kid DESC";
const ADD_KEY: &str = "INSERT INTO signing_keys (purpose, kid, secret, created_at) VALUES ($1, $2, $3, $4)";
const ADD_FIRST_KEY: &str = "INSERT INTO signing_keys (purpose, kid, secret, created_at) \
     SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE purpose = $1) \
     ON CONFLICT (purpose, kid) DO NOTHING";
const PURGE_KEYS: &str = "DELETE FROM signing_keys WHERE EXISTS (SELECT 1 FROM signing_keys n \
     WHERE n.purpose = signing_keys.purpose AND n.created_at > signing_keys.created_at AND n.created_at <= $1)";

/// Inserts a new session.
pub async fn insert(conn: &mut WriteConn, session: &Session, now: Timestamp) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(session.id.0)
            .bind(session.user_id.0)
            .bind(id_list(Some(&session.services)))
            .bind(now.micros())
            .bind(session.expires_at.micros())
            .bind(&session.client.address)
            .bind(&session.client.program)
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// The session with this id; `None` if it has ended or expired.
pub async fn find(conn: &mut Conn, id: SessionId, now: Timestamp) -> StoreResult<Option<Session>> {
    let row: Option<(Uuid, Uuid, String, i64, i64, String, String)> =
        on!(conn, |c| sqlx::query_as(FIND).bind(id.0).bind(now.micros()).fetch_optional(c).await)?;
    row.map(|(id, user_id, services, expires_at, last_used_at, address, program)| {
        Ok(Session {
            id: SessionId(id),
            user_id: UserId(user_id),
            services: serde_json::from_str(&services)
                .map_err(|_| inconsistent("sessions", id, "services"))?,
            expires_at: Timestamp::from_micros(expires_at),
            last_used_at: Timestamp::from_micros(last_used_at),
            client: Client { address, program },
        })
    })
    .transpose()
}

/// A session as its person sees it.
#[derive(Clone, Debug)]
pub struct OpenSession {
    /// Identifier.
    pub id: SessionId,
    /// When the person logged in.
    pub created_at: Timestamp,
    /// When it was refreshed last.
    pub last_used_at: Timestamp,
    /// From where, and with what.
    pub client: Client,
}

/// The open sessions of a person that were used since a time, the last used first.
pub async fn of_user(
    conn: &mut Conn,
    user: UserId,
    now: Timestamp,
    used_since: Timestamp,
) -> StoreResult<Vec<OpenSession>> {
    let rows: Vec<(Uuid, i64, i64, String, String)> = on!(conn, |c| {
        sqlx::query_as(OF_USER).bind(user.0).bind(now.micros()).bind(used_since.micros()).fetch_all(c).await
    })?;
    let session = |(id, created_at, last_used_at, address, program)| OpenSession {
        id: SessionId(id),
        created_at: Timestamp::from_micros(created_at),
        last_used_at: Timestamp::from_micros(last_used_at),
        client: Client { address, program },
    };
    Ok(rows.into_iter().map(session).collect())
}

/// Notes that a session was used.
pub async fn touch(conn: &mut WriteConn, id: SessionId, client: &Client, now: Timestamp) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(TOUCH)
            .bind(id.0)
            .bind(now.micros())
            .bind(&client.address)
            .bind(&client.program)
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Ends a session of a person. `false` if they have no such session.
pub async fn end_of(conn: &mut WriteConn, id: SessionId, user: UserId, now: Timestamp) -> StoreResult<bool> {
    let ended = on!(conn, |c| {
        sqlx::query(END_ONE)
            .bind(id.0)
            .bind(user.0)
            .bind(now.micros())
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(ended > 0)
}

/// Ends every session of a person but one.
pub async fn end_others(
    conn: &mut WriteConn,
    keep: SessionId,
    user: UserId,
    now: Timestamp,
) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(END_OTHERS).bind(keep.0).bind(user.0).bind(now.micros()).execute(c).await.map(|_| ())
    })?;
    Ok(())
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

/// What changes when somebody is shut out: a session ends, a key is revoked, or a
/// user changes.
pub async fn last_revocation(conn: &mut Conn) -> StoreResult<String> {
    let (session, key, users): (i64, i64, i64) =
        on!(conn, |c| sqlx::query_as(LAST_REVOCATION).fetch_one(c).await)?;
    Ok(format!("{session} {key} {users}"))
}

/// A key that the server made for itself.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerKey {
    /// Names it in what it signed.
    pub id: String,
    /// Its bytes.
    pub secret: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Without the secret.
impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The id of the first key of each purpose. Nodes that start at the same time all
/// insert it, and all get the same.
const FIRST_KEY: &str = "first";

/// The keys for a purpose, the newest first.
pub async fn keys(conn: &mut Conn, purpose: &str) -> StoreResult<Vec<ServerKey>> {
    let rows: Vec<(String, Vec<u8>, i64)> =
        on!(conn, |c| sqlx::query_as(KEYS).bind(purpose).fetch_all(c).await)?;
    let key = |(id, secret, at)| ServerKey { id, secret, created_at: Timestamp::from_micros(at) };
    Ok(rows.into_iter().map(key).collect())
}

async fn insert_key(
    conn: &mut WriteConn,
    statement: &'static str,
    purpose: &str,
    key: &ServerKey,
) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(statement)
            .bind(purpose)
            .bind(&key.id)
            .bind(&key.secret)
            .bind(key.created_at.micros())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Inserts the first key for a purpose, unless there is one.
pub async fn add_first_key(
    conn: &mut WriteConn,
    purpose: &str,
    secret: Vec<u8>,
    now: Timestamp,
) -> StoreResult<()> {
    let key = ServerKey { id: FIRST_KEY.to_owned(), secret, created_at: now };
    insert_key(conn, ADD_FIRST_KEY, purpose, &key).await
}

/// Inserts a further key for a purpose.
pub async fn add_key(conn: &mut WriteConn, purpose: &str, key: &ServerKey) -> StoreResult<()> {
    insert_key(conn, ADD_KEY, purpose, key).await
}

/// Removes keys whose successor was made by then.
pub async fn purge_keys(conn: &mut WriteConn, successor_made_by: Timestamp) -> StoreResult<()> {
    let by = successor_made_by.micros();
    on!(conn, |c| sqlx::query(PURGE_KEYS).bind(by).execute(c).await.map(|_| ()))?;
    Ok(())
}
