//! The do-not-call list. The scope of an entry is the id of a service, or the nil id for all,
//! so that a number has one entry of each.

use ringback_domain::do_not_call::{Covered, Entry, Scope};
use ringback_domain::{DoNotCallId, PhoneNumber, ServiceId, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::error::inconsistent;
use super::unreadable::leave_out;
use super::{Conn, StoreError, StoreResult, WriteConn, on};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, number, is_prefix, scope, reason, source, until, created_at, created_by FROM do_not_call ",
            $rest
        )
    };
}

const PAGE: &str = select!("WHERE number LIKE $1 AND (number, id) > ($2, $3) ORDER BY number, id LIMIT $4");
const FIND: &str = select!("WHERE id = $1");
const FIND_SAME: &str = select!("WHERE number = $1 AND is_prefix = $2 AND scope = $3");
const OF_TEXTS_SQLITE: &str = select!("WHERE number IN (SELECT value FROM json_each($1))");
const OF_TEXTS_POSTGRES: &str = select!("WHERE number IN (SELECT json_array_elements_text($1::json))");
const PUT_SQLITE: &str = "INSERT INTO do_not_call \
     (id, number, is_prefix, scope, reason, source, until, created_at, created_by) \
     SELECT unhex(value ->> 0), value ->> 1, value ->> 2, unhex(value ->> 3), value ->> 4, value ->> 5, \
     value ->> 6, value ->> 7, value ->> 8 FROM json_each($1) WHERE true \
     ON CONFLICT (number, is_prefix, scope) DO UPDATE \
     SET reason = excluded.reason, source = excluded.source, until = excluded.until";
const PUT_POSTGRES: &str = "INSERT INTO do_not_call \
     (id, number, is_prefix, scope, reason, source, until, created_at, created_by) \
     SELECT (value ->> 0)::uuid, value ->> 1, (value ->> 2)::boolean, (value ->> 3)::uuid, value ->> 4, \
     value ->> 5, (value ->> 6)::bigint, (value ->> 7)::bigint, value ->> 8 \
     FROM json_array_elements($1::json) \
     ON CONFLICT (number, is_prefix, scope) DO UPDATE \
     SET reason = excluded.reason, source = excluded.source, until = excluded.until";
const DELETE: &str = "DELETE FROM do_not_call WHERE id = $1";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: String,
    is_prefix: bool,
    scope: Uuid,
    reason: String,
    source: String,
    until: Option<i64>,
    created_at: i64,
    created_by: String,
}

impl TryFrom<Row> for Entry {
    type Error = StoreError;

    fn try_from(row: Row) -> StoreResult<Self> {
        let covered = if row.is_prefix {
            row.number.try_into().map(Covered::Prefix).ok()
        } else {
            row.number.try_into().map(Covered::Number).ok()
        };
        Ok(Self {
            id: DoNotCallId(row.id),
            covered: covered.ok_or_else(|| inconsistent("do_not_call", row.id, "number"))?,
            scope: if row.scope.is_nil() { Scope::All } else { Scope::Service(ServiceId(row.scope)) },
            reason: row.reason,
            source: row.source,
            until: row.until.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(row.created_at),
            created_by: row.created_by,
        })
    }
}

const fn scope_id(scope: Scope) -> Uuid {
    match scope {
        Scope::All => Uuid::nil(),
        Scope::Service(id) => id.0,
    }
}

fn key(covered: &Covered) -> (&str, bool) {
    match covered {
        Covered::Number(number) => (number.as_str(), false),
        Covered::Prefix(prefix) => (prefix.as_str(), true),
    }
}

/// Where a page of the list begins: behind this number and id.
pub type Place = (String, Uuid);

/// The entries behind a place whose numbers contain these digits, in the order of their
/// numbers, at most so many; and the place behind them where more may follow.
pub async fn page(
    conn: &mut Conn,
    digits: &str,
    after: Place,
    limit: u32,
) -> StoreResult<(Vec<Entry>, Option<Place>)> {
    let rows: Vec<Row> = on!(conn, |c| {
        sqlx::query_as(PAGE)
            .bind(format!("%{digits}%"))
            .bind(after.0)
            .bind(after.1)
            .bind(i64::from(limit))
            .fetch_all(c)
            .await
    })?;
    let is_full = usize::try_from(limit).is_ok_and(|limit| rows.len() >= limit);
    let end = rows.last().filter(|_| is_full).map(|row| (row.number.clone(), row.id));
    Ok((leave_out(rows.into_iter().map(Entry::try_from)), end))
}

/// The entry with this id.
pub async fn find(conn: &mut Conn, id: DoNotCallId) -> StoreResult<Option<Entry>> {
    let row: Option<Row> = on!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(Entry::try_from).transpose()
}

/// The entry for the same numbers and scope.
pub async fn find_same(conn: &mut Conn, covered: &Covered, scope: Scope) -> StoreResult<Option<Entry>> {
    let (number, is_prefix) = key(covered);
    let row: Option<Row> = on!(conn, |c| {
        let query = sqlx::query_as(FIND_SAME).bind(number).bind(is_prefix).bind(scope_id(scope));
        query.fetch_optional(c).await
    })?;
    row.map(Entry::try_from).transpose()
}

/// The entries that may be for one of these numbers.
pub async fn of_numbers<'a>(
    conn: &mut Conn,
    numbers: impl Iterator<Item = &'a PhoneNumber>,
) -> StoreResult<Vec<Entry>> {
    let beginnings = numbers.flat_map(|number| {
        let number = number.as_str();
        (2..=number.len()).map(move |length| &number[..length])
    });
    of_texts(conn, beginnings.collect()).await
}

/// The entries that are kept for numbers or prefixes of these.
pub async fn of_same(conn: &mut Conn, entries: &[Entry]) -> StoreResult<Vec<Entry>> {
    of_texts(conn, entries.iter().map(|entry| key(&entry.covered).0).collect()).await
}

/// The entries whose numbers or prefixes are written like this.
async fn of_texts(conn: &mut Conn, texts: Vec<&str>) -> StoreResult<Vec<Entry>> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let sql = conn.backend().pick(OF_TEXTS_SQLITE, OF_TEXTS_POSTGRES);
    let texts = json!(texts).to_string();
    let rows: Vec<Row> = on!(conn, |c| sqlx::query_as(sql).bind(texts).fetch_all(c).await)?;
    Ok(leave_out(rows.into_iter().map(Entry::try_from)))
}

/// Adds entries. One for the same numbers and scope takes the new reason, source and end, and
/// keeps its id.
pub async fn put(conn: &mut WriteConn, entries: &[Entry]) -> StoreResult<()> {
    let rows = entries.iter().map(|entry| {
        let (number, is_prefix) = key(&entry.covered);
        json!([
            entry.id.0.simple().to_string(),
            number,
            is_prefix,
            scope_id(entry.scope).simple().to_string(),
            entry.reason,
            entry.source,
            entry.until.map(Timestamp::micros),
            entry.created_at.micros(),
            entry.created_by,
        ])
    });
    let rows = json!(rows.collect::<Vec<_>>()).to_string();
    let sql = conn.backend().pick(PUT_SQLITE, PUT_POSTGRES);
    on!(conn, |c| sqlx::query(sql).bind(rows).execute(c).await.map(drop))?;
    Ok(())
}

/// Removes an entry.
pub async fn delete(conn: &mut WriteConn, id: DoNotCallId) -> StoreResult<()> {
    on!(conn, |c| sqlx::query(DELETE).bind(id.0).execute(c).await.map(drop))?;
    Ok(())
}
