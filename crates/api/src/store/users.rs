//! Users and their preferences.

use ringback_domain::{Role, ServiceId, Timestamp, UserId};
use uuid::Uuid;

use super::error::inconsistent;
use super::unreadable::leave_out;
use super::{Conn, StoreError, StoreResult, WriteConn, on};

/// A person who can log in.
#[derive(Clone, Debug)]
pub struct User {
    /// Identifier.
    pub id: UserId,
    /// User name in lower case.
    pub username: String,
    /// The name that is shown.
    pub display_name: String,
    /// The role, which gives permissions.
    pub role: Role,
    /// The services that the person may see; `None` for all.
    pub services: Option<Vec<ServiceId>>,
    /// Hash of the password, with its parameters.
    pub password_hash: String,
    /// Whether the user is barred from logging in.
    pub disabled: bool,
    /// When the user was created.
    pub created_at: Timestamp,
    /// Incremented by each change.
    pub version: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, username, display_name, role, services, password_hash, disabled, created_at, version \
             FROM users ",
            $rest
        )
    };
}

const LIST: &str = select!("ORDER BY username");
const FIND: &str = select!("WHERE id = $1");
const FIND_BY_USERNAME: &str = select!("WHERE username = $1");
const INSERT: &str = "INSERT INTO users (id, username, display_name, role, services, password_hash, disabled, \
     created_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)";
const UPDATE: &str = "UPDATE users SET display_name = $3, role = $4, services = $5, password_hash = $6, \
     disabled = $7, version = version + 1 WHERE id = $1 AND version = $2";
/// Administrators who may log in, locked on PostgreSQL until the transaction ends: of
/// two who shut each other out at the same moment, one waits for the other.
const ADMINISTRATORS: &str = select!("WHERE role = 'administrator' AND disabled = FALSE ORDER BY id");
const ADMINISTRATORS_LOCKED: &str =
    select!("WHERE role = 'administrator' AND disabled = FALSE ORDER BY id FOR UPDATE");
const COUNT: &str = "SELECT COUNT(*) FROM users";
const PREFERENCES: &str = "SELECT preferences FROM users WHERE id = $1";
const SET_PREFERENCES: &str = "UPDATE users SET preferences = $2 WHERE id = $1";

#[derive(sqlx::FromRow)]
struct UserRow {
    id: Uuid,
    username: String,
    display_name: String,
    role: String,
    services: Option<String>,
    password_hash: String,
    disabled: bool,
    created_at: i64,
    version: i64,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> StoreResult<Self> {
        let wrong = |what| inconsistent("users", row.id, what);
        Ok(Self {
            id: UserId(row.id),
            role: row.role.parse().map_err(|_| wrong("role"))?,
            services: row
                .services
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(|_| wrong("services"))?,
            username: row.username,
            display_name: row.display_name,
            password_hash: row.password_hash,
            disabled: row.disabled,
            created_at: Timestamp::from_micros(row.created_at),
            version: row.version,
        })
    }
}

/// A list of ids as JSON, as it is stored; `None` stands for all services.
pub(super) fn id_list(ids: Option<&[ServiceId]>) -> Option<String> {
    // Writing ids as JSON cannot fail.
    ids.and_then(|ids| serde_json::to_string(ids).ok())
}

/// Every user, ordered by user name.
pub async fn list(conn: &mut Conn) -> StoreResult<Vec<User>> {
    let rows: Vec<UserRow> = on!(conn, |c| sqlx::query_as(LIST).fetch_all(c).await)?;
    Ok(leave_out(rows.into_iter().map(User::try_from)))
}

/// The user with this id.
pub async fn find(conn: &mut Conn, id: UserId) -> StoreResult<Option<User>> {
    let row: Option<UserRow> = on!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(User::try_from).transpose()
}

/// The user with this user name, given in lower case.
pub async fn find_by_username(conn: &mut Conn, username: &str) -> StoreResult<Option<User>> {
    let row: Option<UserRow> =
        on!(conn, |c| sqlx::query_as(FIND_BY_USERNAME).bind(username).fetch_optional(c).await)?;
    row.map(User::try_from).transpose()
}

/// The administrators who may log in; on PostgreSQL they are locked until the
/// transaction ends.
pub async fn administrators_locked(conn: &mut WriteConn) -> StoreResult<Vec<User>> {
    let find = conn.backend().pick(ADMINISTRATORS, ADMINISTRATORS_LOCKED);
    let rows: Vec<UserRow> = on!(conn, |c| sqlx::query_as(find).fetch_all(c).await)?;
    rows.into_iter().map(User::try_from).collect()
}

/// Whether there are no users yet.
pub async fn is_empty(conn: &mut Conn) -> StoreResult<bool> {
    let count: i64 = on!(conn, |c| sqlx::query_scalar(COUNT).fetch_one(c).await)?;
    Ok(count == 0)
}

/// Inserts a new user.
///
/// # Errors
/// [`StoreError::Duplicate`] if the user name is taken.
pub async fn insert(conn: &mut WriteConn, user: &User) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(user.id.0)
            .bind(&user.username)
            .bind(&user.display_name)
            .bind(user.role.as_str())
            .bind(id_list(user.services.as_deref()))
            .bind(&user.password_hash)
            .bind(user.disabled)
            .bind(user.created_at.micros())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Updates a user. `user.version` is the version that was read.
///
/// # Errors
/// [`StoreError::Stale`] if the user has another version by now.
pub async fn update(conn: &mut WriteConn, user: &User) -> StoreResult<()> {
    let changed = on!(conn, |c| {
        sqlx::query(UPDATE)
            .bind(user.id.0)
            .bind(user.version)
            .bind(&user.display_name)
            .bind(user.role.as_str())
            .bind(id_list(user.services.as_deref()))
            .bind(&user.password_hash)
            .bind(user.disabled)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// The user's preferences as JSON; `None` if they never saved any.
pub async fn preferences(conn: &mut Conn, id: UserId) -> StoreResult<Option<String>> {
    let row: Option<Option<String>> =
        on!(conn, |c| sqlx::query_scalar(PREFERENCES).bind(id.0).fetch_optional(c).await)?;
    Ok(row.flatten())
}

/// Saves the user's preferences, as JSON.
pub async fn set_preferences(conn: &mut WriteConn, id: UserId, preferences: &str) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(SET_PREFERENCES).bind(id.0).bind(preferences).execute(c).await.map(|_| ())
    })?;
    Ok(())
}
