//! What an export reads: all of its ids at one moment, then the rows of some of them at a time.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::TryStreamExt;
use ringback_domain::CallbackId;
use sqlx::AssertSqlSafe;
use tokio::task::coop::consume_budget;
use uuid::Uuid;

use super::selection::{Run, Selection, id_as_hex, with_search_plan};
use super::summary::{COLUMNS, Summary, summaries};
use crate::store::sql::{Arg, Sql, bind_all, id_array};
use crate::store::{Conn, StoreResult, on};

/// Tells the ids of the selection one by one, in the order of desired times. They are those of one
/// moment, whatever moves while they are told.
pub async fn each_id(
    conn: &mut Conn,
    selection: &Selection,
    mut tell: impl FnMut(CallbackId),
) -> StoreResult<()> {
    let selection = with_search_plan(conn, selection).await?;
    // Any other index of SQLite would have it sort all of them in memory.
    let from = conn.backend().pick("callbacks INDEXED BY callbacks_by_desired_time", "callbacks");
    let mut sql = Sql::new("SELECT id FROM ");
    sql.push(from).push(" WHERE ");
    selection.conditions(&mut sql, Run::All);
    sql.push(" ORDER BY desired_time, id");
    id_as_hex(&mut sql, conn);
    on!(conn, |c| {
        let query = sqlx::query_scalar::<_, Uuid>(AssertSqlSafe(sql.text));
        let mut ids = bind_all!(query, sql.args).fetch(c);
        while let Some(id) = ids.try_next().await? {
            tell(CallbackId(id));
            // They come faster than they are taken: others have to be answered meanwhile.
            consume_budget().await;
        }
        Ok(())
    })
}

/// Those of these callbacks that still belong to the selection, in this order.
pub async fn still_selected(
    conn: &mut Conn,
    selection: &Selection,
    ids: &[CallbackId],
) -> StoreResult<Vec<Arc<Summary>>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // First the rows, then the conditions: the other way round costs as much as the whole list.
    let mut sql = Sql::new("WITH named AS MATERIALIZED (SELECT * FROM callbacks WHERE id IN (SELECT ");
    sql.push(
        conn.backend().pick("unhex(value) FROM json_each(", "value::uuid FROM json_array_elements_text("),
    );
    sql.bind(Arg::Text(id_array(ids.iter().map(|id| id.0)))).push(conn.backend().pick("", "::json"));
    sql.push(&format!("))) SELECT {COLUMNS} FROM named WHERE "));
    selection.conditions(&mut sql, Run::All);
    id_as_hex(&mut sql, conn);
    let (rows, _) = summaries(conn, sql).await?;
    let mut rows: HashMap<CallbackId, Summary> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id).map(Arc::new)).collect())
}
