//! API keys; only their hashes are stored.

use ringback_domain::wire::admin::ApiKeyView;
use ringback_domain::wire::callback::ActorView;
use ringback_domain::{ApiKeyId, Timestamp};
use uuid::Uuid;

use super::error::inconsistent;
use super::unreadable::leave_out;
use super::users::id_list;
use super::{Conn, StoreError, StoreResult, WriteConn, on};

/// An API key and its owner.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// The key as clients see it.
    pub view: ApiKeyView,
    /// The creator, as in `Grant::owner`.
    pub owner: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, scopes, services, owner, actor_kind, actor_name, created_at, expires_at, revoked_at FROM \
             api_keys ",
            $rest
        )
    };
}

const LIST: &str = select!("ORDER BY created_at, id");
const FIND_BY_HASH: &str = select!("WHERE hash = $1");
const FIND: &str = select!("WHERE id = $1");
const INSERT: &str = "INSERT INTO api_keys (id, name, hash, scopes, services, owner, actor_kind, actor_name, \
     created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const REVOKE: &str = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    name: String,
    scopes: String,
    services: Option<String>,
    owner: String,
    actor_kind: String,
    actor_name: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl TryFrom<KeyRow> for ApiKey {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> StoreResult<Self> {
        let wrong = |what| inconsistent("api_keys", row.id, what);
        let view = ApiKeyView {
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
            created_by: ActorView {
                kind: row.actor_kind.parse().map_err(|_| wrong("actor_kind"))?,
                name: row.actor_name,
            },
            expires_at: row.expires_at.map(Timestamp::from_micros),
            revoked_at: row.revoked_at.map(Timestamp::from_micros),
        };
        Ok(Self { view, owner: row.owner })
    }
}

/// Every key, oldest first.
pub async fn list(conn: &mut Conn) -> StoreResult<Vec<ApiKey>> {
    let rows: Vec<KeyRow> = on!(conn, |c| sqlx::query_as(LIST).fetch_all(c).await)?;
    Ok(leave_out(rows.into_iter().map(ApiKey::try_from)))
}

/// The key with this id.
pub async fn find(conn: &mut Conn, id: ApiKeyId) -> StoreResult<Option<ApiKey>> {
    let row: Option<KeyRow> = on!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(ApiKey::try_from).transpose()
}

/// The key with this hash, even if it has expired or was revoked.
pub async fn find_by_hash(conn: &mut Conn, hash: &[u8]) -> StoreResult<Option<ApiKey>> {
    let row: Option<KeyRow> = on!(conn, |c| sqlx::query_as(FIND_BY_HASH).bind(hash).fetch_optional(c).await)?;
    row.map(ApiKey::try_from).transpose()
}

/// Inserts a new key.
///
/// # Errors
/// [`StoreError::Duplicate`] if a key that is not revoked has the same name.
pub async fn insert(conn: &mut WriteConn, key: &ApiKey, hash: &[u8]) -> StoreResult<()> {
    let view = &key.view;
    let scopes = serde_json::to_string(&view.scopes).unwrap_or_default();
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(view.id.0)
            .bind(&view.name)
            .bind(hash)
            .bind(scopes)
            .bind(id_list(view.services.as_deref()))
            .bind(&key.owner)
            .bind(view.created_by.kind.as_str())
            .bind(&view.created_by.name)
            .bind(view.created_at.micros())
            .bind(view.expires_at.map(Timestamp::micros))
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Revokes a key, which stays in the list. Revoking it again changes nothing.
pub async fn revoke(conn: &mut WriteConn, id: ApiKeyId, now: Timestamp) -> StoreResult<()> {
    on!(conn, |c| sqlx::query(REVOKE).bind(id.0).bind(now.micros()).execute(c).await.map(|_| ()))?;
    Ok(())
}
