//! Rows that were read lately.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use quick_cache::sync::Cache;
use ringback_domain::CallbackId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::summary::{Summary, current};
use crate::store::error::inconsistent;
use crate::store::sql::Arg;
use crate::store::sql::{Sql, bind_all, fetch};
use crate::store::{Conn, StoreResult};

/// Rows that are kept: a hundred pages, some 20 MB.
const MOST: usize = 25_000;

/// What a page needs to know of a row before it is read whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) id: Uuid,
    pub(super) version: i64,
    /// The value of the sorted time.
    pub(super) key: i64,
    /// The run that it is in: 0 where there is one.
    pub(super) run: usize,
}

/// The rows of a statement that selects id, version and key.
pub(super) async fn heads(conn: &mut Conn, mut sql: Sql) -> StoreResult<Vec<Head>> {
    let rows: Vec<(Uuid, i64, i64)> = match conn {
        Conn::Sqlite(_) => {
            sql.text = format!(
                "SELECT COALESCE(json_group_array(json_array(hex(id), version, k)), '[]') FROM ({})",
                sql.text
            );
            let json: String = fetch!(conn, sqlx::query_scalar::<_, String>, sql, fetch_one)?;
            serde_json::from_str(&json)
                .map_err(|error| inconsistent("callbacks", error, "a page cannot be read"))?
        }
        Conn::Postgres(conn) => {
            let query = sqlx::query_as(AssertSqlSafe(sql.text));
            bind_all!(query, sql.args).fetch_all(&mut **conn).await?
        }
    };
    Ok(rows.into_iter().map(|(id, version, key)| Head { id, version, key, run: 0 }).collect())
}

/// Rows that were read lately, each at its version. It answers only for the
/// version that the database names, so it can be lost or full, never wrong.
pub struct Known(Cache<CallbackId, Arc<Summary>>);

impl Default for Known {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").field("rows", &self.0.len()).finish()
    }
}

impl Known {
    /// The rows of these heads. One that changed since is given as it is now,
    /// and one that is gone is left out.
    pub(super) async fn rows(&self, conn: &mut Conn, heads: &[Head]) -> StoreResult<Vec<Arc<Summary>>> {
        let mut rows: Vec<Option<Arc<Summary>>> = heads
            .iter()
            .map(|head| self.0.get(&CallbackId(head.id)).filter(|row| row.version == head.version))
            .collect();
        let missing: Vec<Uuid> =
            heads.iter().zip(&rows).filter(|(_, row)| row.is_none()).map(|(head, _)| head.id).collect();
        let mut read: HashMap<CallbackId, Arc<Summary>> =
            current(conn, &missing).await?.into_iter().map(|row| (row.id, Arc::new(row))).collect();
        for (head, row) in heads.iter().zip(&mut rows) {
            if row.is_none()
                && let Some(found) = read.remove(&CallbackId(head.id))
            {
                self.0.insert(found.id, Arc::clone(&found));
                *row = Some(found);
            }
        }
        Ok(rows.into_iter().flatten().collect())
    }
}
