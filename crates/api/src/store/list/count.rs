//! How many callbacks there are.

use ringback_domain::wire::list::CallbackCount;
use ringback_domain::{StateName, Timestamp};
use sqlx::AssertSqlSafe;

use super::selection::{Run, Selection, spell_id, with_search_plan};
use crate::store::error::inconsistent;
use crate::store::sql::{Arg, Sql, append, fetch};
use crate::store::{Conn, StoreResult};

/// What the overdue ones are counted under.
const OVERDUE: &str = "overdue";

/// How many callbacks the selection has, by state. With `up_to`, counting
/// stops a little after it.
pub async fn count(
    conn: &mut Conn,
    selection: &Selection,
    up_to: Option<u32>,
    now: Timestamp,
) -> StoreResult<CallbackCount> {
    let selection = &with_search_plan(conn, selection).await?;
    let states = if selection.states.is_empty() { StateName::ALL.to_vec() } else { selection.states.clone() };
    let mut parts = Vec::new();
    if selection.search.is_some() {
        parts.push(found(selection, up_to));
    } else {
        parts.extend(states.iter().map(|state| run(state.as_str(), selection, Run::State(*state), up_to)));
    }
    if states.contains(&StateName::Scheduled) {
        let late = Selection {
            // Nothing later than now is overdue: that keeps the stretch short.
            to: Some(selection.to.map_or(now, |to| to.min(now))),
            overdue_at: Some(now),
            ..selection.clone()
        };
        parts.push(run(OVERDUE, &late, Run::State(StateName::Scheduled), up_to));
    }
    // One statement: between two, a callback could go on to another state and
    // be counted in both.
    let mut sql = Sql::default();
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            sql.push(" UNION ALL ");
        }
        append(&mut sql, part);
    }
    spell_id(&mut sql, conn);
    let rows: Vec<(String, i64)> = fetch!(conn, sqlx::query_as::<_, (String, i64)>, sql, fetch_all)?;
    let mut counted = CallbackCount::default();
    for (what, count) in rows {
        let count = count.unsigned_abs();
        if what == OVERDUE {
            counted.overdue = count;
        } else {
            let state = what.parse().map_err(|_| inconsistent("callbacks", "count", "state"))?;
            *counted.by_state.of(state) = count;
        }
    }
    counted.total = StateName::ALL.iter().copied().map(|state| *counted.by_state.of(state)).sum();
    counted.at_least = up_to.is_some_and(|limit| counted.total > u64::from(limit));
    Ok(counted)
}

/// What a search finds, in one go over the list.
fn found(selection: &Selection, up_to: Option<u32>) -> Sql {
    let mut sql =
        Sql::new("SELECT state, COUNT(*) FROM callbacks WHERE id IN (SELECT id FROM callbacks WHERE ");
    selection.conditions(&mut sql, Run::Whole);
    if let Some(limit) = up_to {
        sql.push(" LIMIT ").bind(Arg::Int(i64::from(limit) + 1));
    }
    sql.push(") GROUP BY state");
    sql
}

/// One stretch of the list, under this name.
fn run(name: &str, selection: &Selection, run: Run, up_to: Option<u32>) -> Sql {
    let mut sql = Sql::new(&format!("SELECT '{name}', COUNT(*) FROM "));
    sql.push(if up_to.is_some() { "(SELECT 1 AS one FROM callbacks WHERE " } else { "callbacks WHERE " });
    selection.conditions(&mut sql, run);
    if let Some(limit) = up_to {
        sql.push(" LIMIT ").bind(Arg::Int(i64::from(limit) + 1)).push(") r");
    }
    sql
}
