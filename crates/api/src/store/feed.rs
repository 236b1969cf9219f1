//! The feed of changes: the timeline of every callback, in one gapless order.

use ringback_domain::Timestamp;

use super::{Conn, StoreResult, WriteConn, on};
use crate::store::conn::answered_in;

/// A position in the feed: its reader has seen every change up to here.
///
/// On PostgreSQL a higher number can be committed before a lower one. The feed is
/// therefore ordered by transaction, and read only up to the oldest transaction
/// of this database that is still running.
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
const LAST_SQLITE: &str = "SELECT tx, seq FROM timeline ORDER BY tx DESC, seq DESC LIMIT 1";

/// The oldest transaction that still runs and may write to the feed, or the next
/// one. Transactions number through all databases of a server: those known to be
/// of another database are passed over. One of which nothing is known counts as
/// ours, since its number is given out a moment before its lock is seen.
macro_rules! floor {
    () => {
        "(SELECT COALESCE(MIN(x::text::bigint), pg_snapshot_xmax(pg_current_snapshot())::text::bigint) \
         FROM pg_snapshot_xip(pg_current_snapshot()) AS x WHERE x::xid NOT IN (\
         SELECT l.transactionid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted \
         AND a.datid <> (SELECT oid FROM pg_database WHERE datname = current_database()) \
         UNION ALL SELECT p.transaction FROM pg_prepared_xacts p WHERE p.database <> current_database()))"
    };
}
const AFTER_POSTGRES: &str = concat!(
    "SELECT tx, seq, callback_id FROM timeline WHERE (tx, seq) > ($1, $2) AND tx < ",
    floor!(),
    " ORDER BY tx, seq LIMIT $3"
);
const LAST_POSTGRES: &str =
    concat!("SELECT tx, seq FROM timeline WHERE tx < ", floor!(), " ORDER BY tx DESC, seq DESC LIMIT 1");
const HELD_BACK: &str = concat!(
    "SELECT at, floor FROM timeline, (SELECT ",
    floor!(),
    " AS floor) f WHERE tx >= floor \
     ORDER BY tx, seq LIMIT 1"
);
const HOLDER: &str = "SELECT a.pid, COALESCE(a.datname::text, ''), COALESCE(a.application_name, ''), \
     COALESCE(a.state, '') FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
     WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.transactionid = $1::text::xid8::xid";

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

/// What keeps committed changes from the feed.
#[derive(Clone, Debug)]
pub struct HeldBack {
    /// When the oldest of them was made.
    pub since: Timestamp,
    /// The process of the database whose transaction they wait for; 0 if it has just ended.
    pub pid: i32,
    /// Its database.
    pub database: String,
    /// What it calls itself.
    pub application: String,
    /// What it does: `idle in transaction`, for example.
    pub state: String,
}

/// Whether a running transaction keeps committed changes from the feed.
pub async fn held_back(conn: &mut Conn) -> StoreResult<Option<HeldBack>> {
    let Conn::Postgres(conn) = conn.either() else { return Ok(None) };
    let max_silence = conn.max_silence();
    let held = sqlx::query_as(HELD_BACK).fetch_optional(&mut **conn);
    let held: Option<(i64, i64)> = answered_in(max_silence, held).await?;
    let Some((at, transaction)) = held else { return Ok(None) };
    let holder = sqlx::query_as(HOLDER).bind(transaction.to_string()).fetch_optional(&mut **conn);
    let holder: Option<(i32, String, String, String)> = answered_in(max_silence, holder).await?;
    let (pid, database, application, state) = holder.unwrap_or_default();
    Ok(Some(HeldBack { since: Timestamp::from_micros(at), pid, database, application, state }))
}

/// Puts everything that is in the feed before all that comes: after a dump was
/// restored, the numbers of its transactions mean nothing to this server.
pub async fn begin_again(conn: &mut WriteConn) -> StoreResult<()> {
    on!(conn, |c| sqlx::query("UPDATE timeline SET tx = 0 WHERE tx <> 0").execute(c).await.map(|_| ()))?;
    Ok(())
}
