//! Lists of callbacks: pages in any order, counts, and search.
//!
//! A page is found by where it begins, never by an offset into the depth. A
//! list is one or several *runs*, each in the order of one index: a list by
//! state is a run for each state, one after the other; a list by time of
//! several states is their runs merged.
//!
//! A list is read as the *heads* of its rows: id, version and what it is sorted
//! by. What belongs to a version never changes, so the rows of a page that is
//! asked for again and again are [`Known`], and only the others are read whole.
//! A page that nobody asked for lately is read whole at once, and not kept:
//! who goes through all pages would only drive out what others look at.
//!
//! SQLite hands rows over as one JSON value: the driver copies each value
//! across a thread, and one is six times as fast as thousands. PostgreSQL is
//! the other way round, so there the rows come as rows.

mod count;
mod known;
mod selection;
mod summary;

use std::sync::Arc;

use ringback_domain::wire::list::Sort;
use ringback_domain::{CallbackId, ServiceId, StateName};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

pub use count::count;
pub use known::Known;
use known::{Head, heads, whole};
pub use selection::{Daily, Search, SearchBy, SearchColumn, Selection};
use selection::{Run, keep_plan, with_search_plan};
pub(super) use selection::{freeze, spell_id};
use summary::COLUMNS;
pub use summary::{Summary, current};

use super::sql::{Arg, Sql, append, fetch};
use super::{Conn, StoreResult};

/// Where a page begins: after this row, in the direction of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// The run that the row is in: 0 where there is one.
    run: usize,
    /// The row's value of the sorted time.
    key: i64,
    /// The row.
    id: Uuid,
    /// Read towards the beginning.
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
            // Written as two's complement, read the same way.
            key: u64::from_str_radix(parts.next()?, 16).ok()?.cast_signed(),
            id: Uuid::try_parse(parts.next()?).ok()?,
            backward,
        };
        parts.next().is_none().then_some(cursor)
    }
}

/// The page that is wanted.
#[derive(Clone, Copy, Debug, Hash)]
pub enum Start {
    /// From the beginning.
    First,
    /// After or before a row.
    At(Cursor),
    /// After this many rows.
    Skip(u32),
}

/// A page, and where its neighbours begin.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The rows.
    pub rows: Vec<Arc<Summary>>,
    /// Cursor of the next page.
    pub next: Option<Cursor>,
    /// Cursor of the previous page.
    pub previous: Option<Cursor>,
    /// They are likely to be asked for again.
    pub in_demand: bool,
}

/// How a list is put together.
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
            _ => vec![Run::Whole],
        };
        let merged = matches!(sort, Sort::DesiredTime | Sort::DesiredTimeDescending);
        if descending && !merged {
            runs.reverse();
        }
        Self { column, descending, runs, merged }
    }

    /// What a row is sorted by.
    fn key(&self, row: &Summary) -> i64 {
        match self.column {
            "created_at" => row.created_at.micros(),
            "updated_at" => row.updated_at.micros(),
            _ => row.desired_time.micros(),
        }
    }

    /// The ids of a run from where the page begins, in reading order.
    fn ids(
        &self,
        what: &str,
        run: Run,
        selection: &Selection,
        after: Option<Cursor>,
        backward: bool,
        limit: i64,
    ) -> Sql {
        let falling = self.descending != backward;
        let (mut after, (from, to)) = (after, selection.range());
        let (mut from, mut to) = (Some(from), Some(to));
        // A cursor is an end of the range itself. With two bounds on one side
        // the database may begin to read at the wrong one.
        if let (Some(cursor), "desired_time") = (after, self.column) {
            let end = if falling { &mut to } else { &mut from };
            if end.is_some_and(|end| (cursor.key < end) == falling) {
                *end = None;
            } else {
                after = None;
            }
        }
        let mut sql = Sql::new("SELECT ");
        sql.push(what).push(" FROM callbacks WHERE ");
        selection.conditions_within(&mut sql, run, from, to);
        if let Some(cursor) = after {
            sql.push(" AND (").push(self.column).push(", id) ").push(if falling { "< (" } else { "> (" });
            sql.bind(Arg::Int(cursor.key)).push(", ").bind(Arg::Id(cursor.id)).push(")");
        }
        self.order(&mut sql, falling);
        sql.push(" LIMIT ").bind(Arg::Int(limit));
        sql
    }

    fn order(&self, sql: &mut Sql, falling: bool) {
        let direction = if falling { " DESC" } else { "" };
        sql.push(" ORDER BY ").push(self.column).push(direction).push(", id").push(direction);
    }
}

/// A page of the selection. `services` are all services ordered by name.
pub async fn page(
    conn: &mut Conn,
    known: &Known,
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
    let in_demand = known.was_asked_for((selection, sort, start, limit));
    let mut heads = read(conn, &plan, selection, cursor, backward, wanted, !in_demand).await?;
    if in_demand && known.lacks_most(&heads) {
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
        rows: known.rows(conn, heads, in_demand).await?,
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
    all_columns: bool,
) -> StoreResult<Vec<Head>> {
    let runs = plan.runs.len();
    let order: Vec<usize> = if backward { (0..runs).rev().collect() } else { (0..runs).collect() };
    let falling = plan.descending != backward;
    let columns = if all_columns { COLUMNS.to_owned() } else { format!("id, version, {} AS k", plan.column) };
    let mut found: Vec<Head> = Vec::with_capacity(wanted);
    for index in order {
        let after = match cursor {
            Some(cursor) if !plan.merged => match index.cmp(&cursor.run) {
                std::cmp::Ordering::Equal => Some(cursor),
                // This run was read already.
                ordering if ordering.is_lt() != backward => continue,
                _ => None,
            },
            other => other,
        };
        let room = if plan.merged { wanted } else { wanted - found.len() };
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let run = plan.runs[index];
        let mut sql = if selection.is_sparse() {
            // The index alone picks the rows; only those are looked at.
            let mut sql = plan.ids("id", run, selection, after, backward, limit);
            sql.text = format!("SELECT {columns} FROM callbacks WHERE id IN ({})", sql.text);
            plan.order(&mut sql, falling);
            sql
        } else {
            let mut sql = plan.ids(&columns, run, selection, after, backward, limit);
            if plan.column == "desired_time" {
                keep_plan(&mut sql, conn);
            }
            sql
        };
        spell_id(&mut sql, conn);
        let run = if plan.merged { 0 } else { index };
        let read =
            if all_columns { whole(conn, sql, |row| plan.key(row)).await? } else { heads(conn, sql).await? };
        found.extend(read.into_iter().map(|head| Head { run, ..head }));
        if !plan.merged && found.len() >= wanted {
            break;
        }
    }
    if plan.merged && runs > 1 {
        found.sort_by_key(|head| (head.key, head.id));
        if falling {
            found.reverse();
        }
        found.truncate(wanted);
    }
    Ok(found)
}

/// The row after which a page begins that skips so many, or `None` where there
/// are fewer.
async fn seek(conn: &mut Conn, plan: &Plan, selection: &Selection, skip: u32) -> StoreResult<Option<Cursor>> {
    let mut left = i64::from(skip);
    if plan.merged {
        let mut all = Sql::default();
        for (index, run) in plan.runs.iter().enumerate() {
            let text =
                if index == 0 { "SELECT k, id FROM (SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" };
            all.push(text);
            append(&mut all, plan.ids("desired_time AS k, id", *run, selection, None, false, left));
            all.push(&format!(") r{index}"));
        }
        let direction = if plan.descending { " DESC" } else { "" };
        all.push(&format!(") u ORDER BY k{direction}, id{direction} LIMIT 1 OFFSET "));
        all.bind(Arg::Int(left - 1));
        spell_id(&mut all, conn);
        let row: Option<(i64, Uuid)> = fetch!(conn, sqlx::query_as::<_, (i64, Uuid)>, all, fetch_optional)?;
        return Ok(row.map(|(key, id)| Cursor { run: 0, key, id, backward: false }));
    }
    for (index, run) in plan.runs.iter().enumerate() {
        let what = format!("{} AS k, id", plan.column);
        let mut sql = plan.ids(&what, *run, selection, None, false, 1);
        sql.push(" OFFSET ").bind(Arg::Int(left - 1));
        spell_id(&mut sql, conn);
        let row: Option<(i64, Uuid)> = fetch!(conn, sqlx::query_as::<_, (i64, Uuid)>, sql, fetch_optional)?;
        if let Some((key, id)) = row {
            return Ok(Some(Cursor { run: index, key, id, backward: false }));
        }
        let mut count = plan.ids("1", *run, selection, None, false, left);
        count.text = format!("SELECT COUNT(*) FROM ({}) r", count.text);
        spell_id(&mut count, conn);
        let counted: i64 = fetch!(conn, sqlx::query_scalar::<_, i64>, count, fetch_one)?;
        left -= counted;
    }
    Ok(None)
}

/// Callbacks with one of these numbers, or with this id, latest desired time
/// first: *Callback Search* has no time range.
pub async fn find(
    conn: &mut Conn,
    known: &Known,
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
        sql.one_of("customer_number", numbers.iter().cloned().map(Arg::Text));
    }
    if let Some(services) = services {
        if services.is_empty() {
            return Ok(Vec::new());
        }
        sql.push(" AND ");
        sql.one_of("service_id", services.iter().map(|service| Arg::Id(service.0)));
    }
    sql.push(" ORDER BY desired_time DESC, id DESC LIMIT ").bind(Arg::Int(i64::from(limit)));
    let heads = heads(conn, sql).await?;
    known.rows(conn, heads, true).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_from_its_text() {
        for (key, backward) in [(1_795_000_000_000_000, false), (-1, true), (i64::MIN, false)] {
            let cursor = Cursor { run: 3, key, id: Uuid::from_u128(7), backward };
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
        for bad in ["", "f", "x1.2.3", "f0.1.00000000000000000000000000000007.9", "é"] {
            assert_eq!(Cursor::decode(bad), None, "{bad}");
        }
    }
}
