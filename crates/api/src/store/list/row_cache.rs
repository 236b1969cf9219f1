//! A cache for the rows of pages in demand.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use quick_cache::sync::Cache;
use ringback_domain::CallbackId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::summary::{Summary, current, summaries};
use crate::store::conn::answered_in;
use crate::store::error::inconsistent;
use crate::store::sql::Arg;
use crate::store::sql::{Sql, bind_all, fetch};
use crate::store::{Conn, StoreResult};

/// Cached rows: a hundred pages, some 20 MB.
const MAX_ROWS: usize = 25_000;

/// Remembered requests: no more pages than the cache has room for, so that a
/// reader who cycles through more of them caches none.
const MAX_PAGES: usize = MAX_ROWS / 250;

/// What a page needs to know about a row before the full row is read.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) id: Uuid,
    pub(super) version: i64,
    /// The value of what is sorted by.
    pub(super) key: i64,
    /// The run that contains it: 0 if there is only one.
    pub(super) run: usize,
    /// The full row, if it was read in the same statement.
    pub(super) row: Option<Arc<Summary>>,
}

/// Runs a statement that selects id, version and key.
pub(super) async fn read_heads(conn: &mut Conn, mut sql: Sql) -> StoreResult<Vec<Head>> {
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
            answered_in(conn.max_silence(), bind_all!(query, sql.args).fetch_all(&mut **conn)).await?
        }
    };
    Ok(rows.into_iter().map(|(id, version, key)| Head { id, version, key, run: 0, row: None }).collect())
}

/// Runs a statement that selects full rows; `key` gives the value that a row is
/// sorted by. `None` if one cannot be read: where the page ends is then told by
/// the heads alone.
pub(super) async fn read_full_rows(
    conn: &mut Conn,
    sql: Sql,
    key: impl Fn(&Summary) -> i64,
) -> StoreResult<Option<Vec<Head>>> {
    let head = |row: Summary| Head {
        id: row.id.0,
        version: row.version,
        key: key(&row),
        run: 0,
        row: Some(Arc::new(row)),
    };
    let (rows, are_all) = summaries(conn, sql).await?;
    Ok(are_all.then(|| rows.into_iter().map(head).collect()))
}

/// A cache of rows by id and version. A row is used only if the database still
/// names its version, so a cached row is never stale.
#[derive(Debug)]
pub struct RowCache {
    rows: Cache<CallbackId, Arc<Summary>>,
    /// Hashes of recently requested pages.
    pages: Cache<u64, ()>,
    hasher: RandomState,
}

impl Default for RowCache {
    fn default() -> Self {
        Self { rows: Cache::new(MAX_ROWS), pages: Cache::new(MAX_PAGES), hasher: RandomState::default() }
    }
}

impl RowCache {
    /// Remembers a request for this page, and says whether there was one before.
    pub(super) fn note_request(&self, page: impl Hash) -> bool {
        let page = self.hasher.hash_one(page);
        let requested_before = self.pages.get(&page).is_some();
        if !requested_before {
            self.pages.insert(page, ());
        }
        requested_before
    }

    fn get(&self, head: &Head) -> Option<Arc<Summary>> {
        self.rows.get(&CallbackId(head.id)).filter(|row| row.version == head.version)
    }

    /// Whether most of these rows would have to be read from the database.
    pub(super) fn mostly_missing(&self, heads: &[Head]) -> bool {
        heads.iter().filter(|head| self.get(head).is_none()).count() * 2 > heads.len()
    }

    /// The rows for these heads; `keep` caches them. A row that has changed since
    /// is returned as it is now, and a deleted one is left out.
    pub(super) async fn rows(
        &self,
        conn: &mut Conn,
        heads: Vec<Head>,
        keep: bool,
    ) -> StoreResult<Vec<Arc<Summary>>> {
        let ids: Vec<Uuid> = heads.iter().map(|head| head.id).collect();
        let mut rows: Vec<Option<Arc<Summary>>> = Vec::with_capacity(heads.len());
        for head in heads {
            rows.push(match head.row {
                Some(row) => {
                    if keep {
                        self.rows.insert(row.id, Arc::clone(&row));
                    }
                    Some(row)
                }
                None => self.get(&head),
            });
        }
        let missing: Vec<Uuid> =
            ids.iter().zip(&rows).filter(|(_, row)| row.is_none()).map(|(id, _)| *id).collect();
        let mut read: HashMap<Uuid, Arc<Summary>> =
            current(conn, &missing).await?.into_iter().map(|row| (row.id.0, Arc::new(row))).collect();
        for (id, row) in ids.iter().zip(&mut rows) {
            if row.is_none()
                && let Some(found) = read.remove(id)
            {
                self.rows.insert(found.id, Arc::clone(&found));
                *row = Some(found);
            }
        }
        Ok(rows.into_iter().flatten().collect())
    }
}
