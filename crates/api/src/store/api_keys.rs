//! Keys of machines; only their hashes are kept.

use ringback_domain::{ApiKeyId, ApiScope, ServiceId, Timestamp};
use uuid::Uuid;

use super::error::inconsistent;
use super::users::id_list;
use super::{Conn, StoreError, StoreResult, on};

/// A key of a machine.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Identifier.
    pub id: ApiKeyId,
    /// Name shown in the audit trail.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<ApiScope>,
    /// The services that it may see; `None` for all.
    pub services: Option<Vec<ServiceId>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, name, scopes, services, created_at, expires_at, revoked_at FROM api_keys ", $rest)
    };
}

const LIST: &str = select!("ORDER BY created_at, id");
const FIND_BY_HASH: &str = select!("WHERE hash = $1");
const FIND: &str = select!("WHERE id = $1");
const INSERT: &str = "INSERT INTO api_keys (id, name, hash, scopes, services, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";
const REVOKE: &str = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    name: String,
    scopes: String,
    services: Option<String>,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl TryFrom<KeyRow> for ApiKey {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> StoreResult<Self> {
        let wrong = |what| inconsistent("api_keys", row.id, what);
        Ok(Self {
            id: ApiKeyId(row.id),
            scopes: serde_json::from_str(&row.scopes).map_err(|_| wrong("scopes"))?,
            services: row
                .services
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(|_| wrong("services"))?,
            name: row.name,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_micros),
            revoked_at: row.revoked_at.map(Timestamp::from_micros),
        })
    }
}

/// Every key, oldest first.
pub async fn list(conn: &mut Conn) -> StoreResult<Vec<ApiKey>> {
    let rows: Vec<KeyRow> = on!(conn, |c| sqlx::query_as(LIST).fetch_all(c).await)?;
    rows.into_iter().map(ApiKey::try_from).collect()
}

/// One key.
pub async fn find(conn: &mut Conn, id: ApiKeyId) -> StoreResult<Option<ApiKey>> {
    let row: Option<KeyRow> = on!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(ApiKey::try_from).transpose()
}

/// The key with this hash, in force or not.
pub async fn find_by_hash(conn: &mut Conn, hash: &[u8]) -> StoreResult<Option<ApiKey>> {
    let row: Option<KeyRow> = on!(conn, |c| sqlx::query_as(FIND_BY_HASH).bind(hash).fetch_optional(c).await)?;
    row.map(ApiKey::try_from).transpose()
}

/// Keeps a new key.
///
/// # Errors
/// [`StoreError::Duplicate`] if a key in force has the name.
pub async fn insert(conn: &mut Conn, key: &ApiKey, hash: &[u8]) -> StoreResult<()> {
    let scopes = serde_json::to_string(&key.scopes).unwrap_or_default();
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(key.id.0)
            .bind(&key.name)
            .bind(hash)
            .bind(scopes)
            .bind(id_list(key.services.as_deref()))
            .bind(key.created_at.micros())
            .bind(key.expires_at.map(Timestamp::micros))
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Revokes a key; it stays in the list. Again is the same as once.
pub async fn revoke(conn: &mut Conn, id: ApiKeyId, now: Timestamp) -> StoreResult<()> {
    on!(conn, |c| sqlx::query(REVOKE).bind(id.0).bind(now.micros()).execute(c).await.map(|_| ()))?;
    Ok(())
}
