//! Views of the list that people named.

use ringback_domain::wire::saved_view::SavedView;
use ringback_domain::{SavedViewId, UserId};
use uuid::Uuid;

use super::error::inconsistent;
use super::unreadable::leave_out;
use super::{Conn, StoreError, StoreResult, WriteConn, on};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT v.id, v.owner_id, u.username, v.name, v.query, v.shared_with, v.version FROM saved_views v \
             JOIN users u ON u.id = v.owner_id ",
            $rest
        )
    };
}

const LIST: &str = select!("WHERE v.owner_id = $1 OR v.shared_with <> '[]' ORDER BY v.name, v.id");
const FIND: &str = select!("WHERE v.id = $1");
const COUNT: &str = "SELECT COUNT(*) FROM saved_views WHERE owner_id = $1";
const INSERT: &str = "INSERT INTO saved_views (id, owner_id, name, query, shared_with, version) \
     VALUES ($1, $2, $3, $4, $5, $6)";
const UPDATE: &str = "UPDATE saved_views SET name = $3, query = $4, shared_with = $5, version = version + 1 \
     WHERE id = $1 AND version = $2";
const DELETE: &str = "DELETE FROM saved_views WHERE id = $1";

#[derive(sqlx::FromRow)]
struct ViewRow {
    id: Uuid,
    owner_id: Uuid,
    username: String,
    name: String,
    query: String,
    shared_with: String,
    version: i64,
}

impl TryFrom<ViewRow> for SavedView {
    type Error = StoreError;

    fn try_from(row: ViewRow) -> StoreResult<Self> {
        Ok(Self {
            id: SavedViewId(row.id),
            shared_with: serde_json::from_str(&row.shared_with)
                .map_err(|_| inconsistent("saved_views", row.id, "shared_with"))?,
            name: row.name,
            query: row.query,
            owner_id: UserId(row.owner_id),
            owner: row.username,
            editable: false,
            version: row.version,
        })
    }
}

/// The views of a person and every shared one, by name; nothing is said to be editable.
pub async fn list(conn: &mut Conn, owner: UserId) -> StoreResult<Vec<SavedView>> {
    let rows: Vec<ViewRow> = on!(conn, |c| sqlx::query_as(LIST).bind(owner.0).fetch_all(c).await)?;
    Ok(leave_out(rows.into_iter().map(SavedView::try_from)))
}

/// The view with this id; it is not said to be editable.
pub async fn find(conn: &mut Conn, id: SavedViewId) -> StoreResult<Option<SavedView>> {
    let row: Option<ViewRow> = on!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(SavedView::try_from).transpose()
}

/// How many views a person has.
pub async fn count(conn: &mut Conn, owner: UserId) -> StoreResult<i64> {
    Ok(on!(conn, |c| sqlx::query_scalar(COUNT).bind(owner.0).fetch_one(c).await)?)
}

fn roles(view: &SavedView) -> String {
    serde_json::to_string(&view.shared_with).unwrap_or_default()
}

/// Inserts a new view.
///
/// # Errors
/// [`StoreError::Duplicate`] if its owner has one of that name.
pub async fn insert(conn: &mut WriteConn, view: &SavedView) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(view.id.0)
            .bind(view.owner_id.0)
            .bind(&view.name)
            .bind(&view.query)
            .bind(roles(view))
            .bind(view.version)
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Updates a view. `view.version` is the version that was read.
///
/// # Errors
/// [`StoreError::Stale`] if the view has another version by now or is gone,
/// [`StoreError::Duplicate`] if its owner has another of that name.
pub async fn update(conn: &mut WriteConn, view: &SavedView) -> StoreResult<()> {
    let changed = on!(conn, |c| {
        sqlx::query(UPDATE)
            .bind(view.id.0)
            .bind(view.version)
            .bind(&view.name)
            .bind(&view.query)
            .bind(roles(view))
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Deletes a view.
pub async fn delete(conn: &mut WriteConn, id: SavedViewId) -> StoreResult<()> {
    on!(conn, |c| sqlx::query(DELETE).bind(id.0).execute(c).await.map(|_| ()))?;
    Ok(())
}
