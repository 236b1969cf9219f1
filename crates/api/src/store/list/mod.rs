//! Lists of callbacks: pages in any order, counts, and search.
//!
//! A page starts at a cursor, so that its cost does not grow with its depth.
//! A list consists of one or more *runs*, each in the order of one index: a list
//! by state has a run for each state, one after the other; a list by time of
//! several states merges their runs.
//!
//! A page in demand is read as the *heads* of its rows: id, version and the
//! sorted time. A row never changes within a version, so the full rows come from
//! the [`RowCache`], and only missing ones are read. A page that was not
//! requested recently is read in full and not cached: a reader of all pages
//! would evict the rows that people look at. An export reads its ids first, and then rows
//! by id.
//!
//! SQLite returns a page as one JSON value: its driver copies each value across
//! a thread, and one large value is six times as fast as thousands of small
//! ones. With PostgreSQL separate rows are faster.

mod cancelled;
mod count;
mod export;
mod row_cache;
mod selection;
mod summary;

use std::sync::Arc;

use ringback_domain::callback::Callback;
use ringback_domain::wire::list::Sort;
use ringback_domain::{CallbackId, PhoneNumber, ServiceId, StateName, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

pub use cancelled::{Cancelled, cancelled};
pub use count::count;
pub use export::{each_id, still_selected};
pub use row_cache::RowCache;
use row_cache::{Head, read_full_rows, read_heads};
pub use selection::{Daily, MIN_INDEXED_DIGITS, Search, SearchPlan, Selection, ids_by_state};
use selection::{Run, id_as_hex, pin_order, pin_plan, with_search_plan};
use summary::COLUMNS;
pub use summary::{Summary, current};

use super::callbacks::{columns, fetch_all};
use super::sql::{Arg, Sql, append, fetch};
use super::{Conn, StoreResult};

/// The place where a page starts: after this row, in the direction of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// The run that contains the row: 0 if there is only one.
    run: usize,
    /// The row's value of what is sorted by.
    key: i64,
    /// The row.
    id: Uuid,
    /// Whether the page lies before the row.
    backward: bool,
}

impl Cursor {
    /// The opaque text for clients.
    pub fn encode(&self) -> String {
        format!("{}{:x}.{:x}.{}", if self.backward { 'b' } else { 'f' }, self.run, self.key, self.id.simple())
    }

    /// The cursor that a client sent back.
    pub fn decode(text: &str) -> Option<Self> {
        let backward = match text.get(..1)? {
            "b" => true,
            "f" => false,
            _ => return None,
        };
        let mut parts = text.get(1..)?.split('.');
        let cursor = Self {
            run: usize::from_str_radix(parts.next()?, 16).ok()?,
            // `{:x}` writes a negative number as two's complement.
            key: u64::from_str_radix(parts.next()?, 16).ok()?.cast_signed(),
            id: Uuid::try_parse(parts.next()?).ok()?,
            backward,
        };
        parts.next().is_none().then_some(cursor)
    }
}

/// Where the requested page starts.
#[derive(Clone, Copy, Debug, Hash)]
pub enum Start {
    /// From the beginning.
    First,
    /// After or before a row.
    At(Cursor),
    /// After this many rows.
    Skip(u32),
}

/// A page, with the cursors of its neighbours.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The rows.
    pub rows: Vec<Arc<Summary>>,
    /// Cursor of the next page.
    pub next: Option<Cursor>,
    /// Cursor of the previous page.
    pub previous: Option<Cursor>,
    /// Whether the page was requested recently, so that it is worth caching.
    pub in_demand: bool,
}

/// How a list is composed of runs.
struct Plan {
    column: &'static str,
    descending: bool,
    runs: Vec<Run>,
    /// The runs are merged by key; otherwise they follow each other.
    merged: bool,
}

impl Plan {
    fn of(sort: Sort, selection: &Selection, services: &[ServiceId]) -> Self {
        let states =
            if selection.states.is_empty() { StateName::ALL.to_vec() } else { selection.states.clone() };
        let (column, descending) = match sort {
            Sort::DesiredTime | Sort::State | Sort::Service => ("desired_time", false),
            Sort::DesiredTimeDescending | Sort::StateDescending | Sort::ServiceDescending => {
                ("desired_time", true)
            }
            Sort::CreatedAt => ("created_at", false),
            Sort::CreatedAtDescending => ("created_at", true),
            Sort::UpdatedAt => ("updated_at", false),
            Sort::UpdatedAtDescending => ("updated_at", true),
            Sort::CustomerNumber => ("number_order", false),
            Sort::CustomerNumberDescending => ("number_order", true),
            Sort::CompletedAt => ("completed_order", false),
            Sort::CompletedAtDescending => ("completed_order", true),
            Sort::Priority => ("priority", false),
            Sort::PriorityDescending => ("priority", true),
        };
        let mut runs = match sort {
            Sort::State | Sort::StateDescending => StateName::ALL
                .iter()
                .copied()
                .filter(|state| states.contains(state))
                .map(Run::State)
                .collect(),
            Sort::Service | Sort::ServiceDescending => {
                let shown = selection.services.as_deref().unwrap_or(services);
                shown.iter().copied().map(Run::Service).collect()
            }
            Sort::DesiredTime | Sort::DesiredTimeDescending if !selection.states.is_empty() => {
                states.into_iter().map(Run::State).collect()
            }
            _ => vec![Run::All],
        };
        let merged = matches!(sort, Sort::DesiredTime | Sort::DesiredTimeDescending);
        if descending && !merged {
            runs.reverse();
        }
        Self { column, descending, runs, merged }
    }

    /// The value that a row is sorted by, as the database computes it.
    fn key(&self, row: &Summary) -> i64 {
        match self.column {
            "created_at" => row.created_at.micros(),
            "updated_at" => row.updated_at.micros(),
            "number_order" => number_order(&row.customer_number),
            "completed_order" => row.completed_at.map_or(i64::MAX, Timestamp::micros),
            "priority" => i64::from(row.priority),
            _ => row.desired_time.micros(),
        }
    }

    /// Selects `columns` of the rows of a run, in reading order.
    fn select(
        &self,
        columns: &str,
        run: Run,
        selection: &Selection,
        after: Option<Cursor>,
        backward: bool,
        limit: i64,
    ) -> Sql {
        let descending = self.descending != backward;
        let (mut after, (from, to)) = (after, selection.range());
        let (mut from, mut to) = (Some(from), Some(to));
        // A cursor takes the place of an end of the range. With two bounds on
        // one side the database may start to read at the wrong one.
        if let (Some(cursor), "desired_time") = (after, self.column) {
            let end = if descending { &mut to } else { &mut from };
            if end.is_some_and(|end| (cursor.key < end) == descending) {
                *end = None;
            } else {
                after = None;
            }
        }
        let mut sql = Sql::new("SELECT ");
        sql.push(columns).push(" FROM callbacks WHERE ");
        selection.conditions_within(&mut sql, run, from, to);
        if let Some(cursor) = after {
            sql.push(" AND (").push(self.column).push(", id) ").push(if descending { "< (" } else { "> (" });
            sql.bind(Arg::Int(cursor.key)).push(", ").bind(Arg::Id(cursor.id)).push(")");
        }
        self.order(&mut sql, descending);
        sql.push(" LIMIT ").bind(Arg::Int(limit));
        sql
    }

    fn order(&self, sql: &mut Sql, descending: bool) {
        let direction = if descending { " DESC" } else { "" };
        sql.push(" ORDER BY ").push(self.column).push(direction).push(", id").push(direction);
    }
}

/// A number as the 15 digits that it may have at most, filled up with zeros: in
/// this order numbers with the same beginning stand together.
fn number_order(number: &str) -> i64 {
    format!("{:0<15}", number.trim_start_matches('+')).parse().unwrap_or_default()
}

/// A page of the selection. `services` are all services, ordered by name.
pub async fn page(
    conn: &mut Conn,
    cache: &RowCache,
    selection: &Selection,
    sort: Sort,
    start: Start,
    limit: u32,
    services: &[ServiceId],
) -> StoreResult<Rows> {
    let selection = &with_search_plan(conn, selection).await?;
    let plan = Plan::of(sort, selection, services);
    let (cursor, at_start) = match start {
        Start::First | Start::Skip(0) => (None, true),
        Start::At(cursor) => (Some(cursor), false),
        Start::Skip(rows) => match seek(conn, &plan, selection, rows).await? {
            Some(cursor) => (Some(cursor), false),
            None => return Ok(Rows { rows: Vec::new(), next: None, previous: None, in_demand: false }),
        },
    };
    let backward = cursor.is_some_and(|cursor| cursor.backward);
    let wanted = limit as usize + 1;
    let in_demand = cache.note_request((selection, sort, start, limit));
    let mut heads = read(conn, &plan, selection, cursor, backward, wanted, !in_demand).await?;
    if in_demand && cache.mostly_missing(&heads) {
        heads = read(conn, &plan, selection, cursor, backward, wanted, true).await?;
    }
    let more = heads.len() == wanted;
    heads.truncate(limit as usize);
    if backward {
        heads.reverse();
    }
    let edge = |head: Option<&Head>, backward| {
        head.map(|head| Cursor { run: head.run, key: head.key, id: head.id, backward })
    };
    let (has_next, has_previous) = if backward { (true, more) } else { (more, !at_start) };
    Ok(Rows {
        next: edge(heads.last().filter(|_| has_next), false),
        previous: edge(heads.first().filter(|_| has_previous), true),
        rows: cache.rows(conn, heads, in_demand).await?,
        in_demand,
    })
}

async fn read(
    conn: &mut Conn,
    plan: &Plan,
    selection: &Selection,
    cursor: Option<Cursor>,
    backward: bool,
    wanted: usize,
    full_rows: bool,
) -> StoreResult<Vec<Head>> {
    let runs = plan.runs.len();
    let order: Vec<usize> = if backward { (0..runs).rev().collect() } else { (0..runs).collect() };
    let descending = plan.descending != backward;
    let columns = if full_rows { COLUMNS.to_owned() } else { format!("id, version, {} AS k", plan.column) };
    let mut found: Vec<Head> = Vec::with_capacity(wanted);
    for index in order {
        let after = match cursor {
            Some(cursor) if !plan.merged => match index.cmp(&cursor.run) {
                std::cmp::Ordering::Equal => Some(cursor),
                // The pages before this one have read this run.
                ordering if ordering.is_lt() != backward => continue,
                _ => None,
            },
            other => other,
        };
        let room = if plan.merged { wanted } else { wanted - found.len() };
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let run = plan.runs[index];
        let mut sql = if selection.is_sparse() {
            // The inner statement picks the ids from the index, so that only
            // the rows of the page are read from the table.
            let mut sql = plan.select("id", run, selection, after, backward, limit);
            sql.text = format!("SELECT {columns} FROM callbacks WHERE id IN ({})", sql.text);
            plan.order(&mut sql, descending);
            sql
        } else {
            let mut sql = plan.select(&columns, run, selection, after, backward, limit);
            if plan.column == "desired_time" {
                pin_plan(&mut sql, conn);
            }
            sql
        };
        if plan.column != "desired_time" && (selection.from.is_none() || selection.to.is_none()) {
            pin_order(&mut sql, conn);
        }
        id_as_hex(&mut sql, conn);
        let run = if plan.merged { 0 } else { index };
        let heads = if full_rows {
            let Some(heads) = read_full_rows(conn, sql, |row| plan.key(row)).await? else {
                return Box::pin(read(conn, plan, selection, cursor, backward, wanted, false)).await;
            };
            heads
        } else {
            read_heads(conn, sql).await?
        };
        found.extend(heads.into_iter().map(|head| Head { run, ..head }));
        if !plan.merged && found.len() >= wanted {
            break;
        }
    }
    if plan.merged && runs > 1 {
        found.sort_by_key(|head| (head.key, head.id));
        if descending {
            found.reverse();
        }
        found.truncate(wanted);
    }
    Ok(found)
}

/// The cursor after the first `skip` rows; `None` if there are fewer.
async fn seek(conn: &mut Conn, plan: &Plan, selection: &Selection, skip: u32) -> StoreResult<Option<Cursor>> {
    let mut left = i64::from(skip);
    if plan.merged {
        let mut all = Sql::default();
        for (index, run) in plan.runs.iter().enumerate() {
            let text =
                if index == 0 { "SELECT k, id FROM (SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" };
            all.push(text);
            append(&mut all, plan.select("desired_time AS k, id", *run, selection, None, false, left));
            all.push(&format!(") r{index}"));
        }
        let direction = if plan.descending { " DESC" } else { "" };
        all.push(&format!(") u ORDER BY k{direction}, id{direction} LIMIT 1 OFFSET "));
        all.bind(Arg::Int(left - 1));
        id_as_hex(&mut all, conn);
        let row: Option<(i64, Uuid)> = fetch!(conn, sqlx::query_as::<_, (i64, Uuid)>, all, fetch_optional)?;
        return Ok(row.map(|(key, id)| Cursor { run: 0, key, id, backward: false }));
    }
    for (index, run) in plan.runs.iter().enumerate() {
        let columns = format!("{} AS k, id", plan.column);
        let mut sql = plan.select(&columns, *run, selection, None, false, 1);
        sql.push(" OFFSET ").bind(Arg::Int(left - 1));
        id_as_hex(&mut sql, conn);
        let row: Option<(i64, Uuid)> = fetch!(conn, sqlx::query_as::<_, (i64, Uuid)>, sql, fetch_optional)?;
        if let Some((key, id)) = row {
            return Ok(Some(Cursor { run: index, key, id, backward: false }));
        }
        let mut count = plan.select("1", *run, selection, None, false, left);
        count.text = format!("SELECT COUNT(*) FROM ({}) r", count.text);
        id_as_hex(&mut count, conn);
        let counted: i64 = fetch!(conn, sqlx::query_scalar::<_, i64>, count, fetch_one)?;
        left -= counted;
    }
    Ok(None)
}

/// Callbacks with one of these numbers, or with this id, latest desired time
/// first: *Callback Search* has no time range.
pub async fn find(
    conn: &mut Conn,
    cache: &RowCache,
    numbers: &[String],
    id: Option<CallbackId>,
    services: Option<&[ServiceId]>,
    limit: u32,
) -> StoreResult<Vec<Arc<Summary>>> {
    let mut sql = Sql::new("SELECT id, version, desired_time AS k FROM callbacks WHERE ");
    if let Some(id) = id {
        sql.push("id = ").bind(Arg::Id(id.0));
    } else if numbers.is_empty() {
        return Ok(Vec::new());
    } else {
        sql.push(conn.backend().pick("", "id IN (SELECT id FROM callback_numbers WHERE "));
        sql.one_of("customer_number", numbers.iter().cloned().map(Arg::Text));
        sql.push(conn.backend().pick("", ")"));
    }
    if let Some(services) = services {
        if services.is_empty() {
            return Ok(Vec::new());
        }
        sql.push(" AND ");
        sql.one_of("service_id", services.iter().map(|service| Arg::Id(service.0)));
    }
    sql.push(" ORDER BY desired_time DESC, id DESC LIMIT ").bind(Arg::Int(i64::from(limit)));
    let heads = read_heads(conn, sql).await?;
    cache.rows(conn, heads, true).await
}

/// Callbacks for this number that are not over, latest desired time first.
pub async fn open_of_number(
    conn: &mut Conn,
    number: &PhoneNumber,
    services: Option<&[ServiceId]>,
    limit: u32,
) -> StoreResult<Vec<Callback>> {
    let mut sql = Sql::new(concat!("SELECT ", columns!(), " FROM callbacks WHERE state <> 'COMPLETED' AND "));
    sql.push(conn.backend().pick("", "id IN (SELECT id FROM callback_numbers WHERE "));
    sql.push("customer_number = ").bind(Arg::Text(number.as_str().to_owned()));
    sql.push(conn.backend().pick("", ")"));
    if let Some(services) = services {
        if services.is_empty() {
            return Ok(Vec::new());
        }
        sql.push(" AND ");
        sql.one_of("service_id", services.iter().map(|service| Arg::Id(service.0)));
    }
    sql.push(" ORDER BY desired_time DESC, id DESC LIMIT ").bind(Arg::Int(i64::from(limit)));
    fetch_all(conn, sql).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_encoding_and_decoding() {
        for (key, backward) in [(1_795_000_000_000_000, false), (-1, true), (i64::MIN, false)] {
            let cursor = Cursor { run: 3, key, id: Uuid::from_u128(7), backward };
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
        for bad in ["", "f", "x1.2.3", "f0.1.00000000000000000000000000000007.9", "é"] {
            assert_eq!(Cursor::decode(bad), None, "{bad}");
        }
    }
}
