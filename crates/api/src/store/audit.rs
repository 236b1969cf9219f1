//! The audit: entries that wait to be sealed, and the chain of those that are.

use ringback_domain::wire::audit::{
    AuditAction, AuditActor, AuditEntry, AuditObject, AuditQuery, AuditResult,
};
use ringback_domain::{ActorKind, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::error::inconsistent;
use super::sql::{Arg, Sql, fetch};
use super::unreadable::leave_out;
use super::{Conn, StoreResult, WriteConn, on, server_state};

/// An entry before it is sealed.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it was.
    pub at: Timestamp,
    /// Who acted.
    pub actor: AuditActor,
    /// The client's address.
    pub address: Option<String>,
    /// The request.
    pub request_id: Option<Uuid>,
    /// What was done.
    pub action: AuditAction,
    /// To what.
    pub object: Option<Uuid>,
    /// Why it was refused; `None` if it was done.
    pub reason: Option<&'static str>,
    /// What else belongs to it: a JSON object.
    pub details: String,
}

/// An end of the chain: the number of an entry, and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The number; 0 before the first entry.
    pub number: i64,
    /// The hash.
    pub hash: [u8; 32],
}

/// The beginning of the chain.
const START: Link = Link { number: 0, hash: [0; 32] };

/// The last entry that was sealed.
const HEAD: &str = "audit_head";

/// The last entry that was removed.
const ANCHOR: &str = "audit_anchor";

macro_rules! columns {
    () => {
        "at, actor_kind, actor_id, actor_name, address, request_id, action, object_id, reason, details"
    };
}

const INSERT: &str =
    concat!("INSERT INTO audit_waiting (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
const WAITING: &str = concat!("SELECT seq, ", columns!(), " FROM audit_waiting ORDER BY seq LIMIT $1");
const SEALED: &str = concat!("SELECT number, previous_hash, hash, ", columns!(), " FROM audit");
const AFTER: &str = concat!(
    "SELECT number, previous_hash, hash, ",
    columns!(),
    " FROM audit WHERE number > $1 ORDER BY number LIMIT $2"
);
/// An entry moves as it is: only its number and the hashes come from here.
const SEAL_SQLITE: &str = concat!(
    "INSERT INTO audit (number, previous_hash, hash, ",
    columns!(),
    ") SELECT n.value ->> 1, unhex(n.value ->> 2), unhex(n.value ->> 3), ",
    columns!(),
    " FROM json_each($1) AS n JOIN audit_waiting ON seq = n.value ->> 0"
);
const SEAL_POSTGRES: &str = concat!(
    "INSERT INTO audit (number, previous_hash, hash, ",
    columns!(),
    ") SELECT (n.value ->> 1)::bigint, decode(n.value ->> 2, 'hex'), decode(n.value ->> 3, 'hex'), ",
    columns!(),
    " FROM json_array_elements($1::json) AS n (value) JOIN audit_waiting ON seq = (n.value ->> 0)::bigint"
);
const UNQUEUE_SQLITE: &str = "DELETE FROM audit_waiting WHERE seq IN (SELECT value ->> 0 FROM json_each($1))";
const UNQUEUE_POSTGRES: &str = "DELETE FROM audit_waiting \
     WHERE seq IN (SELECT (value ->> 0)::bigint FROM json_array_elements($1::json))";
const OLDEST: &str = "SELECT number, at, hash FROM audit ORDER BY number LIMIT $1";
const REMOVE: &str = "DELETE FROM audit WHERE number <= $1";

/// What is sealed of an entry: the columns as they are kept.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    at: i64,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_name: String,
    address: Option<String>,
    request_id: Option<Uuid>,
    action: String,
    object_id: Option<Uuid>,
    reason: Option<String>,
    details: String,
}

impl Row {
    /// The hash of this entry under a number, after the entry before.
    fn hash(&self, number: i64, previous: &[u8]) -> [u8; 32] {
        // A JSON array is unambiguous, and the same text for the same values.
        let canonical = json!([
            number,
            hex(previous),
            self.at,
            self.actor_kind,
            self.actor_id,
            self.actor_name,
            self.address,
            self.request_id,
            self.action,
            self.object_id,
            self.reason,
            self.details,
        ]);
        Sha256::digest(canonical.to_string()).into()
    }
}

#[derive(Debug, sqlx::FromRow)]
struct WaitingRow {
    seq: i64,
    #[sqlx(flatten)]
    row: Row,
}

/// An entry of the chain as it is kept.
#[derive(Debug, sqlx::FromRow)]
pub struct SealedRow {
    /// Its number.
    pub number: i64,
    /// The hash of the one before.
    pub previous_hash: Vec<u8>,
    /// Its hash.
    pub hash: Vec<u8>,
    #[sqlx(flatten)]
    row: Row,
}

impl SealedRow {
    /// Whether its hash is that of its columns.
    pub fn is_intact(&self) -> bool {
        self.row.hash(self.number, &self.previous_hash)[..] == self.hash
    }

    fn entry(self) -> StoreResult<AuditEntry> {
        let Self { number, previous_hash, hash, row } = self;
        let broken = |what| inconsistent("audit", number, what);
        let action: AuditAction = row.action.parse().map_err(|_| broken("the action"))?;
        let kind: ActorKind = row.actor_kind.parse().map_err(|_| broken("the kind of actor"))?;
        Ok(AuditEntry {
            number,
            at: Timestamp::from_micros(row.at),
            actor: AuditActor { kind, id: row.actor_id, name: row.actor_name },
            address: row.address,
            request_id: row.request_id,
            action,
            object: AuditObject { kind: action.object_kind().to_owned(), id: row.object_id },
            result: if row.reason.is_some() { AuditResult::Refused } else { AuditResult::Accepted },
            reason: row.reason,
            details: serde_json::from_str(&row.details).map_err(|_| broken("the details"))?,
            previous_hash: hex(&previous_hash),
            hash: hex(&hash),
        })
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Adds an entry, to be sealed soon.
pub async fn insert(conn: &mut WriteConn, entry: &Entry) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(entry.at.micros())
            .bind(entry.actor.kind.as_str())
            .bind(entry.actor.id)
            .bind(&entry.actor.name)
            .bind(&entry.address)
            .bind(entry.request_id)
            .bind(entry.action.as_str())
            .bind(entry.object)
            .bind(entry.reason)
            .bind(&entry.details)
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// How many entries wait to be sealed.
pub async fn count_waiting(conn: &mut Conn) -> StoreResult<i64> {
    Ok(on!(conn, |c| sqlx::query_scalar("SELECT COUNT(*) FROM audit_waiting").fetch_one(c).await)?)
}

/// Whether an entry waits to be sealed.
pub async fn is_waiting(conn: &mut Conn) -> StoreResult<bool> {
    Ok(on!(conn, |c| {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM audit_waiting)").fetch_one(c).await
    })?)
}

async fn link(conn: &mut Conn, name: &str) -> StoreResult<Link> {
    let Some(text) = server_state::get(conn, name).await? else { return Ok(START) };
    let read = |text: &str| {
        let (number, digits) = text.split_once(' ')?;
        let mut hash = [0; 32];
        for (index, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Link { number: number.parse().ok()?, hash })
    };
    read(&text).ok_or_else(|| inconsistent("server_state", name, "it is no link of the audit"))
}

/// The last entry that was sealed.
pub async fn head(conn: &mut Conn) -> StoreResult<Link> {
    link(conn, HEAD).await
}

/// The last entry that was removed since it was old.
pub async fn anchor(conn: &mut Conn) -> StoreResult<Link> {
    link(conn, ANCHOR).await
}

/// An end of the chain, held until the transaction ends: one node at a time moves it.
async fn held(conn: &mut WriteConn, name: &str) -> StoreResult<Link> {
    server_state::add_and_hold(conn, name, &text(START)).await?;
    link(conn, name).await
}

fn text(link: Link) -> String {
    format!("{} {}", link.number, hex(&link.hash))
}

/// Moves waiting entries into the chain, those before that were committed. Gives how many.
pub async fn seal(conn: &mut WriteConn, limit: i64) -> StoreResult<usize> {
    let mut last = held(conn, HEAD).await?;
    let waiting: Vec<WaitingRow> = on!(conn, |c| sqlx::query_as(WAITING).bind(limit).fetch_all(c).await)?;
    let mut sealed = Vec::with_capacity(waiting.len());
    for WaitingRow { seq, row } in &waiting {
        let number = last.number + 1;
        let hash = row.hash(number, &last.hash);
        sealed.push(json!([seq, number, hex(&last.hash), hex(&hash)]));
        last = Link { number, hash };
    }
    let rows = serde_json::Value::from(sealed).to_string();
    for sql in [
        conn.backend().pick(SEAL_SQLITE, SEAL_POSTGRES),
        conn.backend().pick(UNQUEUE_SQLITE, UNQUEUE_POSTGRES),
    ] {
        on!(conn, |c| sqlx::query(sql).bind(&rows).execute(c).await.map(|_| ()))?;
    }
    server_state::set(conn, HEAD, &text(last)).await?;
    Ok(waiting.len())
}

/// Removes the oldest entries from before a time, and keeps the hash of the last of them. Gives
/// how many.
pub async fn purge(conn: &mut WriteConn, before: Timestamp, limit: i64) -> StoreResult<u64> {
    held(conn, ANCHOR).await?;
    let oldest: Vec<(i64, i64, Vec<u8>)> =
        on!(conn, |c| sqlx::query_as(OLDEST).bind(limit).fetch_all(c).await)?;
    let old = oldest.into_iter().take_while(|(_, at, _)| *at < before.micros());
    let Some((number, _, hash)) = old.last() else { return Ok(0) };
    let hash = hash.try_into().map_err(|_| inconsistent("audit", number, "the hash"))?;
    server_state::set(conn, ANCHOR, &text(Link { number, hash })).await?;
    let removed = on!(conn, |c| {
        sqlx::query(REMOVE).bind(number).execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(removed)
}

/// The next entries of the chain.
pub async fn after(conn: &mut Conn, number: i64, limit: i64) -> StoreResult<Vec<SealedRow>> {
    Ok(on!(conn, |c| sqlx::query_as(AFTER).bind(number).bind(limit).fetch_all(c).await)?)
}

/// Where a page of the audit ends: the time and the number of its last entry.
pub type Place = (i64, i64);

/// The entries that match, newest first, from after a place on; and the place where the page
/// ends, if there are more.
pub async fn list(
    conn: &mut Conn,
    query: &AuditQuery,
    after: Option<Place>,
    limit: u32,
) -> StoreResult<(Vec<AuditEntry>, Option<Place>)> {
    let mut sql = Sql::new(SEALED);
    sql.push(" WHERE TRUE");
    let conditions = [
        (" AND at >= ", query.from.map(|at| Arg::Int(at.micros()))),
        (" AND at < ", query.to.map(|at| Arg::Int(at.micros()))),
        (" AND actor_id = ", query.actor.map(Arg::Id)),
        (" AND action = ", query.action.map(|action| Arg::Text(action.as_str().to_owned()))),
        (" AND object_id = ", query.object.map(Arg::Id)),
    ];
    for (condition, arg) in conditions {
        if let Some(arg) = arg {
            sql.push(condition).bind(arg);
        }
    }
    if let Some((at, number)) = after {
        sql.push(" AND (at, number) < (").bind(Arg::Int(at)).push(", ");
        sql.bind(Arg::Int(number)).push(")");
    }
    sql.push(" ORDER BY at DESC, number DESC LIMIT ").bind(Arg::Int(i64::from(limit) + 1));
    let mut rows: Vec<SealedRow> = fetch!(conn, sqlx::query_as::<_, SealedRow>, sql, fetch_all)?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let end = rows.last().filter(|_| has_more).map(|last| (last.row.at, last.number));
    // Somebody may have changed a row so that it cannot be read: the others are still shown.
    Ok((leave_out(rows.into_iter().map(SealedRow::entry)), end))
}
