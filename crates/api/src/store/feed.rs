//! The feed of changes: the timeline of every callback, in one gapless order.

use super::{Conn, StoreResult, on};

/// A position in the feed: its reader has seen every change up to here.
///
/// On PostgreSQL a higher number can be committed before a lower one. The feed is
/// therefore ordered by transaction, and read only up to the oldest transaction
/// that is still running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    tx: i64,
    seq: i64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.tx, self.seq)
    }
}

impl std::str::FromStr for Position {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (tx, seq) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self { tx: tx.parse()?, seq: seq.parse()? })
    }
}

/// A change of a callback in the feed.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// The position of the change.
    pub position: Position,
    /// The callback.
    pub callback_id: uuid::Uuid,
}

const AFTER_SQLITE: &str =
    "SELECT tx, seq, callback_id FROM timeline WHERE (tx, seq) > ($1, $2) ORDER BY tx, seq LIMIT $3";
const AFTER_POSTGRES: &str = "SELECT tx, seq, callback_id FROM timeline WHERE (tx, seq) > ($1, $2) \
     AND tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY tx, seq LIMIT $3";
const LAST_SQLITE: &str = "SELECT tx, seq FROM timeline ORDER BY tx DESC, seq DESC LIMIT 1";
const LAST_POSTGRES: &str = "SELECT tx, seq FROM timeline \
     WHERE tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY tx DESC, seq DESC LIMIT 1";

/// The newest position.
pub async fn last(conn: &mut Conn) -> StoreResult<Position> {
    let sql = conn.backend().pick(LAST_SQLITE, LAST_POSTGRES);
    let row: Option<(i64, i64)> = on!(conn, |c| sqlx::query_as(sql).fetch_optional(c).await)?;
    Ok(row.map(|(tx, seq)| Position { tx, seq }).unwrap_or_default())
}

/// The changes after a position, oldest first.
pub async fn after(conn: &mut Conn, position: Position, limit: i64) -> StoreResult<Vec<Change>> {
    let sql = conn.backend().pick(AFTER_SQLITE, AFTER_POSTGRES);
    let rows: Vec<(i64, i64, uuid::Uuid)> = on!(conn, |c| {
        sqlx::query_as(sql).bind(position.tx).bind(position.seq).bind(limit).fetch_all(c).await
    })?;
    Ok(rows
        .into_iter()
        .map(|(tx, seq, callback_id)| Change { position: Position { tx, seq }, callback_id })
        .collect())
}
