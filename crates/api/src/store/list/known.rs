//! Rows that are asked for again and again.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use quick_cache::sync::Cache;
use ringback_domain::CallbackId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::summary::{Summary, current, summaries};
use crate::store::error::inconsistent;
use crate::store::sql::Arg;
use crate::store::sql::{Sql, bind_all, fetch};
use crate::store::{Conn, StoreResult};

/// Rows that are kept: a hundred pages, some 20 MB.
const MOST_ROWS: usize = 25_000;

/// Pages of which is known that they were asked for: as many as are kept, so
/// that going round more than that keeps none.
const MOST_PAGES: usize = MOST_ROWS / 250;

/// What a page needs to know of a row before it is read whole.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) id: Uuid,
    pub(super) version: i64,
    /// The value of the sorted time.
    pub(super) key: i64,
    /// The run that it is in: 0 where there is one.
    pub(super) run: usize,
    /// The row, where it was read whole at once.
    pub(super) row: Option<Arc<Summary>>,
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
    Ok(rows.into_iter().map(|(id, version, key)| Head { id, version, key, run: 0, row: None }).collect())
}

/// The rows of a statement that selects them whole; `key` is what they are
/// sorted by.
pub(super) async fn whole(
    conn: &mut Conn,
    sql: Sql,
    key: impl Fn(&Summary) -> i64,
) -> StoreResult<Vec<Head>> {
    let head = |row: Summary| Head {
        id: row.id.0,
        version: row.version,
        key: key(&row),
        run: 0,
        row: Some(Arc::new(row)),
    };
    Ok(summaries(conn, sql).await?.into_iter().map(head).collect())
}

/// Rows that are asked for again and again, each at its version. It answers only
/// for the version that the database names, so it can be lost or full, never
/// wrong.
#[derive(Debug)]
pub struct Known {
    rows: Cache<CallbackId, Arc<Summary>>,
    /// Hashes of pages that were asked for.
    pages: Cache<u64, ()>,
    hasher: RandomState,
}

impl Default for Known {
    fn default() -> Self {
        Self { rows: Cache::new(MOST_ROWS), pages: Cache::new(MOST_PAGES), hasher: RandomState::default() }
    }
}

impl Known {
    /// Whether this page was asked for lately. From now on it was.
    pub(super) fn was_asked_for(&self, page: impl Hash) -> bool {
        let page = self.hasher.hash_one(page);
        let asked = self.pages.get(&page).is_some();
        if !asked {
            self.pages.insert(page, ());
        }
        asked
    }

    fn get(&self, head: &Head) -> Option<Arc<Summary>> {
        self.rows.get(&CallbackId(head.id)).filter(|row| row.version == head.version)
    }

    /// Whether most rows of these heads have to be read.
    pub(super) fn lacks_most(&self, heads: &[Head]) -> bool {
        heads.iter().filter(|head| self.get(head).is_none()).count() * 2 > heads.len()
    }

    /// The rows of these heads, kept from now on where `keep` says so. One that
    /// changed since is given as it is now, and one that is gone is left out.
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
