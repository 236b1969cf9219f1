//! How many callbacks there are.

use ringback_domain::wire::list::{CallbackCount, CountByState};
use ringback_domain::{StateName, Timestamp};
use sqlx::AssertSqlSafe;

use super::selection::{Run, Selection, spell_id, with_search_plan};
use crate::store::error::inconsistent;
use crate::store::sql::{Arg, Sql, fetch};
use crate::store::{Conn, StoreResult};

/// How many callbacks the selection has, by state. With `up_to`, counting
/// stops a little after it.
pub async fn count(
    conn: &mut Conn,
    selection: &Selection,
    up_to: Option<u32>,
    now: Timestamp,
) -> StoreResult<CallbackCount> {
    let selection = &with_search_plan(conn, selection).await?;
    let mut counted = CallbackCount::default();
    if selection.search.is_some() {
        counted.by_state = count_found(conn, selection, up_to).await?;
    } else {
        let states =
            if selection.states.is_empty() { StateName::ALL.to_vec() } else { selection.states.clone() };
        for state in states {
            *counted.by_state.of(state) = count_run(conn, selection, Run::State(state), up_to).await?;
        }
    }
    counted.total = StateName::ALL.into_iter().map(|state| *counted.by_state.of(state)).sum();
    counted.at_least = up_to.is_some_and(|limit| counted.total > u64::from(limit));
    if selection.states.is_empty() || selection.states.contains(&StateName::Scheduled) {
        let late = Selection {
            // Nothing later than now is overdue: that keeps the stretch short.
            to: Some(selection.to.map_or(now, |to| to.min(now))),
            overdue_at: Some(now),
            ..selection.clone()
        };
        counted.overdue = count_run(conn, &late, Run::State(StateName::Scheduled), up_to).await?;
    }
    Ok(counted)
}

/// Counts what a search finds, in one go over the list.
async fn count_found(
    conn: &mut Conn,
    selection: &Selection,
    up_to: Option<u32>,
) -> StoreResult<CountByState> {
    let mut sql =
        Sql::new("SELECT state, COUNT(*) FROM callbacks WHERE id IN (SELECT id FROM callbacks WHERE ");
    selection.conditions(&mut sql, Run::Whole);
    if let Some(limit) = up_to {
        sql.push(" LIMIT ").bind(Arg::Int(i64::from(limit) + 1));
    }
    sql.push(") GROUP BY state");
    spell_id(&mut sql, conn);
    let rows: Vec<(String, i64)> = fetch!(conn, sqlx::query_as::<_, (String, i64)>, sql, fetch_all)?;
    let mut counts = CountByState::default();
    for (state, count) in rows {
        let state = state.parse().map_err(|_| inconsistent("callbacks", "count", "state"))?;
        *counts.of(state) = count.unsigned_abs();
    }
    Ok(counts)
}

async fn count_run(conn: &mut Conn, selection: &Selection, run: Run, up_to: Option<u32>) -> StoreResult<u64> {
    let mut sql = Sql::new(if up_to.is_some() {
        "SELECT COUNT(*) FROM (SELECT 1 FROM callbacks WHERE "
    } else {
        "SELECT COUNT(*) FROM callbacks WHERE "
    });
    selection.conditions(&mut sql, run);
    if let Some(limit) = up_to {
        sql.push(" LIMIT ").bind(Arg::Int(i64::from(limit) + 1)).push(") r");
    }
    spell_id(&mut sql, conn);
    let counted: i64 = fetch!(conn, sqlx::query_scalar::<_, i64>, sql, fetch_one)?;
    Ok(u64::try_from(counted).unwrap_or_default())
}
