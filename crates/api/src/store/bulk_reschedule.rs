//! Bulk reschedules: jobs, and the callbacks of each in the order in which they are moved.

use std::collections::BTreeSet;

use ringback_domain::wire::bulk::JobState;
use ringback_domain::wire::bulk_reschedule::{BulkReschedule, MoveOutcome, SpreadSlot};
use ringback_domain::wire::list::CountByState;
use ringback_domain::{CallbackId, DesiredTime, JobId, LocalTime, ServiceId, Timestamp, WallTime};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::inconsistent;
use super::sql::id_array;
use super::unreadable::leave_out;
use super::{Conn, StoreResult, WriteConn, on};

const INSERT: &str = "INSERT INTO bulk_reschedules (id, owner, job, spread, created_at, finished_at, has_work) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";
const UPDATE: &str = "UPDATE bulk_reschedules SET job = $2, finished_at = $3, has_work = $4 WHERE id = $1";
const FIND: &str = "SELECT id, owner, job, spread FROM bulk_reschedules \
     WHERE id = $1 AND (CAST($2 AS text) IS NULL OR owner = $2)";
const FIND_LOCKED: &str = "SELECT id, owner, job, spread FROM bulk_reschedules \
     WHERE id = $1 AND (CAST($2 AS text) IS NULL OR owner = $2) FOR UPDATE";
const TAKE_SQLITE: &str =
    "SELECT id, owner, job, '[]' AS spread FROM bulk_reschedules WHERE id = $1 AND has_work = 1";
const TAKE_POSTGRES: &str = "SELECT id, owner, job, '[]' AS spread FROM bulk_reschedules \
     WHERE id = $1 AND has_work FOR UPDATE SKIP LOCKED";
const LIST: &str = "SELECT id, owner, job, '[]' AS spread FROM bulk_reschedules \
     WHERE CAST($1 AS text) IS NULL OR owner = $1 ORDER BY created_at DESC, id DESC LIMIT 50";
const WITH_WORK_SQLITE: &str = "SELECT id, owner, job, '[]' AS spread FROM bulk_reschedules WHERE has_work = 1 \
     ORDER BY created_at, id LIMIT 100";
const WITH_WORK_POSTGRES: &str = "SELECT id, owner, job, '[]' AS spread FROM bulk_reschedules WHERE has_work \
     ORDER BY created_at, id LIMIT 100";
const ADD_SQLITE: &str = "INSERT INTO bulk_reschedule_items (job_id, number, callback_id, service_id, \
     customer_number, was, moved_to, version, outcome) \
     SELECT $1, n.value ->> 'number', unhex(n.value ->> 'callback_id'), unhex(n.value ->> 'service_id'), \
     n.value ->> 'customer_number', n.value ->> 'was', n.value ->> 'moved_to', n.value ->> 'version', \
     n.value ->> 'outcome' FROM json_each($2) AS n";
const ADD_POSTGRES: &str = "INSERT INTO bulk_reschedule_items (job_id, number, callback_id, service_id, \
     customer_number, was, moved_to, version, outcome) \
     SELECT $1, number, callback_id, service_id, customer_number, was, moved_to, version, outcome \
     FROM json_to_recordset($2::json) AS n (number bigint, callback_id uuid, service_id uuid, \
     customer_number text, was text, moved_to bigint, version bigint, outcome text)";
const SETTLE: &str = "UPDATE bulk_reschedule_items SET moved_to = $3, version = $4, outcome = $5, undo_outcome = $6 \
     WHERE job_id = $1 AND number = $2";

const FORBID_UNDO_SQLITE: &str = "UPDATE bulk_reschedule_items SET undo_outcome = 'not_permitted' \
     WHERE job_id = $1 AND outcome = 'moved' AND undo_outcome IS NULL \
     AND service_id NOT IN (SELECT unhex(value) FROM json_each($2))";
const FORBID_UNDO_POSTGRES: &str = "UPDATE bulk_reschedule_items SET undo_outcome = 'not_permitted' \
     WHERE job_id = $1 AND outcome = 'moved' AND undo_outcome IS NULL \
     AND service_id NOT IN (SELECT value::uuid FROM json_array_elements_text($2::json))";

macro_rules! items {
    ($rest:literal) => {
        concat!(
            "SELECT number, callback_id, service_id, customer_number, was, moved_to, version, outcome, undo_outcome \
             FROM bulk_reschedule_items WHERE job_id = $1 ",
            $rest
        )
    };
}

const NEXT_TO_MOVE: &str = items!("AND outcome IS NULL ORDER BY number LIMIT 1");
const NEXT_TO_UNDO: &str = items!("AND outcome = 'moved' AND undo_outcome IS NULL ORDER BY number LIMIT 1");
const ITEMS: &str = items!("AND number > $2 ORDER BY number LIMIT $3");
const PURGE_ITEMS: &str = "DELETE FROM bulk_reschedule_items WHERE (job_id, number) IN \
     (SELECT i.job_id, i.number FROM bulk_reschedules b JOIN bulk_reschedule_items i ON i.job_id = b.id \
     WHERE b.finished_at <= $1 LIMIT $2)";
const PURGE: &str = "DELETE FROM bulk_reschedules WHERE id IN (SELECT id FROM bulk_reschedules b \
     WHERE finished_at <= $1 AND NOT EXISTS (SELECT 1 FROM bulk_reschedule_items i WHERE i.job_id = b.id) \
     LIMIT $2)";

/// A job with its owner.
#[derive(Clone, Debug)]
pub struct OwnedJob {
    /// Who asked for it, as `user:` or `api_key:` and an id.
    pub owner: String,
    /// The job.
    pub job: BulkReschedule,
}

#[derive(sqlx::FromRow)]
struct JobRow {
    id: Uuid,
    owner: String,
    job: String,
    spread: String,
}

impl TryFrom<JobRow> for OwnedJob {
    type Error = super::StoreError;

    fn try_from(row: JobRow) -> StoreResult<Self> {
        let wrong = |what| inconsistent("bulk_reschedules", row.id, what);
        let job: BulkReschedule = serde_json::from_str(&row.job).map_err(|_| wrong("job"))?;
        let spread = serde_json::from_str(&row.spread).map_err(|_| wrong("spread"))?;
        Ok(Self { owner: row.owner, job: BulkReschedule { spread, ..job } })
    }
}

/// The job as it is kept, without its spread, and whether there is work to do.
fn document(job: &BulkReschedule) -> StoreResult<(String, bool)> {
    let kept = BulkReschedule { spread: Vec::new(), ..job.clone() };
    let text = serde_json::to_string(&kept).map_err(|_| unwritable(job.id))?;
    let is_moving = matches!(job.state, JobState::Pending | JobState::Running);
    let is_undoing = job.undo.as_ref().is_some_and(|undo| undo.finished_at.is_none());
    Ok((text, is_moving || is_undoing))
}

fn unwritable(job: JobId) -> super::StoreError {
    inconsistent("bulk_reschedules", job, "cannot be written")
}

/// Inserts a new job.
pub async fn insert(conn: &mut WriteConn, job: &BulkReschedule, owner: &str) -> StoreResult<()> {
    let (document, has_work) = document(job)?;
    let spread = serde_json::to_string(&job.spread).map_err(|_| unwritable(job.id))?;
    on!(conn, |c| {
        let query = sqlx::query(INSERT).bind(job.id.0).bind(owner).bind(document).bind(spread);
        let query = query.bind(job.created_at.micros()).bind(job.finished_at.map(Timestamp::micros));
        query.bind(has_work).execute(c).await.map(|_| ())
    })?;
    Ok(())
}

/// Saves how far a job has got.
pub async fn update(conn: &mut WriteConn, job: &BulkReschedule) -> StoreResult<()> {
    let (document, has_work) = document(job)?;
    on!(conn, |c| {
        let query = sqlx::query(UPDATE).bind(job.id.0).bind(document);
        let query = query.bind(job.finished_at.map(Timestamp::micros)).bind(has_work);
        query.execute(c).await.map(|_| ())
    })?;
    Ok(())
}

async fn one(
    conn: &mut Conn,
    sql: &'static str,
    id: JobId,
    owner: Option<&str>,
) -> StoreResult<Option<OwnedJob>> {
    let row: Option<JobRow> =
        on!(conn, |c| sqlx::query_as(sql).bind(id.0).bind(owner).fetch_optional(c).await)?;
    row.map(OwnedJob::try_from).transpose()
}

/// One job of this owner, or of anybody.
pub async fn find(conn: &mut Conn, id: JobId, owner: Option<&str>) -> StoreResult<Option<OwnedJob>> {
    one(conn, FIND, id, owner).await
}

/// The same, locked until the transaction ends.
pub async fn find_for_update(
    conn: &mut WriteConn,
    id: JobId,
    owner: Option<&str>,
) -> StoreResult<Option<OwnedJob>> {
    let sql = conn.backend().pick(FIND, FIND_LOCKED);
    one(conn, sql, id, owner).await
}

/// A job with work to do that no other node is working on, locked until the transaction ends.
pub async fn take(conn: &mut WriteConn, id: JobId) -> StoreResult<Option<OwnedJob>> {
    let sql = conn.backend().pick(TAKE_SQLITE, TAKE_POSTGRES);
    let row: Option<JobRow> = on!(conn, |c| sqlx::query_as(sql).bind(id.0).fetch_optional(c).await)?;
    row.map(OwnedJob::try_from).transpose()
}

/// The newest jobs of this owner, or of anybody.
pub async fn list(conn: &mut Conn, owner: Option<&str>) -> StoreResult<Vec<BulkReschedule>> {
    let rows: Vec<JobRow> = on!(conn, |c| sqlx::query_as(LIST).bind(owner).fetch_all(c).await)?;
    let jobs = leave_out(rows.into_iter().map(OwnedJob::try_from));
    Ok(jobs.into_iter().map(|one| one.job).collect())
}

/// Jobs with work to do, oldest first.
pub async fn with_work(conn: &mut Conn) -> StoreResult<Vec<OwnedJob>> {
    let sql = conn.backend().pick(WITH_WORK_SQLITE, WITH_WORK_POSTGRES);
    let rows: Vec<JobRow> = on!(conn, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    Ok(leave_out(rows.into_iter().map(OwnedJob::try_from)))
}

/// What a job knows of a callback that its owner may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Its service.
    pub service: ServiceId,
    /// Its number.
    pub customer_number: String,
    /// The desired time that it had.
    pub was: DesiredTime,
    /// Its version when it was selected; once it was moved, its version then.
    pub version: i64,
}

/// A callback of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its number in the job, counted from 1.
    pub number: u64,
    /// The callback.
    pub callback: CallbackId,
    /// `None` where the job's owner may not see it.
    pub selected: Option<Selection>,
    /// Where it was moved, or is planned to be.
    pub moved_to: Option<Timestamp>,
    /// `None` until the job has come to it.
    pub outcome: Option<MoveOutcome>,
    /// What became of it when the job was undone.
    pub undo_outcome: Option<MoveOutcome>,
}

/// What a bulk reschedule is about, and what is planned for it.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// How many of the selection are in each state.
    pub selected: CountByState,
    /// The callbacks in the order in which they are moved; those that stay have an outcome.
    pub items: Vec<Item>,
    /// What is planned for each slot.
    pub slots: Vec<SpreadSlot>,
}

/// A desired time as JSON.
#[derive(Serialize, Deserialize)]
struct StoredTime {
    at: i64,
    outside_hours: bool,
    wall: Option<(LocalTime, String, String)>,
}

impl From<&DesiredTime> for StoredTime {
    fn from(time: &DesiredTime) -> Self {
        let wall = |wall: &WallTime| (wall.local, wall.time_zone.clone(), wall.tables.clone());
        Self { at: time.at.micros(), outside_hours: time.outside_hours, wall: time.wall.as_ref().map(wall) }
    }
}

impl From<StoredTime> for DesiredTime {
    fn from(stored: StoredTime) -> Self {
        let wall = |(local, time_zone, tables)| WallTime { local, time_zone, tables };
        Self {
            at: Timestamp::from_micros(stored.at),
            wall: stored.wall.map(wall),
            outside_hours: stored.outside_hours,
        }
    }
}

#[derive(Serialize)]
struct NewItem<'a> {
    number: u64,
    callback_id: String,
    service_id: Option<String>,
    customer_number: Option<&'a str>,
    was: Option<String>,
    moved_to: Option<i64>,
    version: Option<i64>,
    outcome: Option<&'static str>,
}

impl<'a> From<&'a Item> for NewItem<'a> {
    fn from(item: &'a Item) -> Self {
        let selected = item.selected.as_ref();
        let was = |one: &Selection| serde_json::to_string(&StoredTime::from(&one.was)).unwrap_or_default();
        Self {
            number: item.number,
            callback_id: item.callback.0.simple().to_string(),
            service_id: selected.map(|one| one.service.0.simple().to_string()),
            customer_number: selected.map(|one| one.customer_number.as_str()),
            was: selected.map(was),
            moved_to: item.moved_to.map(Timestamp::micros),
            version: selected.map(|one| one.version),
            outcome: item.outcome.map(MoveOutcome::as_str),
        }
    }
}

/// Stores the callbacks of a new job.
pub async fn add(conn: &mut WriteConn, job: JobId, items: &[Item]) -> StoreResult<()> {
    if items.is_empty() {
        return Ok(());
    }
    let sql = conn.backend().pick(ADD_SQLITE, ADD_POSTGRES);
    let rows: Vec<NewItem<'_>> = items.iter().map(NewItem::from).collect();
    let rows = serde_json::to_string(&rows).map_err(|_| unwritable(job))?;
    on!(conn, |c| sqlx::query(sql).bind(job.0).bind(rows).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Leaves callbacks of all services but these where they were moved. Gives how many that are.
pub async fn forbid_undo(conn: &mut WriteConn, job: JobId, but: &BTreeSet<ServiceId>) -> StoreResult<u64> {
    let sql = conn.backend().pick(FORBID_UNDO_SQLITE, FORBID_UNDO_POSTGRES);
    let but = id_array(but.iter().map(|id| id.0));
    Ok(on!(conn, |c| {
        sqlx::query(sql).bind(job.0).bind(but).execute(c).await.map(|done| done.rows_affected())
    })?)
}

/// Stores what became of a callback.
pub async fn settle(conn: &mut WriteConn, job: JobId, item: &Item) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(SETTLE)
            .bind(job.0)
            .bind(item.number.cast_signed())
            .bind(item.moved_to.map(Timestamp::micros))
            .bind(item.selected.as_ref().map(|one| one.version))
            .bind(item.outcome.map(MoveOutcome::as_str))
            .bind(item.undo_outcome.map(MoveOutcome::as_str))
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    number: i64,
    callback_id: Uuid,
    service_id: Option<Uuid>,
    customer_number: Option<String>,
    was: Option<String>,
    moved_to: Option<i64>,
    version: Option<i64>,
    outcome: Option<String>,
    undo_outcome: Option<String>,
}

impl TryFrom<ItemRow> for Item {
    type Error = super::StoreError;

    fn try_from(row: ItemRow) -> StoreResult<Self> {
        let wrong = |what| inconsistent("bulk_reschedule_items", row.callback_id, what);
        let outcome = |text: Option<String>| text.as_deref().map(str::parse::<MoveOutcome>).transpose();
        let selected = match (row.service_id, row.customer_number, row.was, row.version) {
            (Some(service), Some(customer_number), Some(was), Some(version)) => {
                let was: StoredTime = serde_json::from_str(&was).map_err(|_| wrong("was"))?;
                Some(Selection { service: ServiceId(service), customer_number, was: was.into(), version })
            }
            _ => None,
        };
        Ok(Self {
            number: row.number.unsigned_abs(),
            callback: CallbackId(row.callback_id),
            selected,
            moved_to: row.moved_to.map(Timestamp::from_micros),
            outcome: outcome(row.outcome).map_err(|_| wrong("outcome"))?,
            undo_outcome: outcome(row.undo_outcome).map_err(|_| wrong("undo_outcome"))?,
        })
    }
}

/// The next callback that is to be moved, or moved back.
pub async fn next(conn: &mut Conn, job: JobId, undo: bool) -> StoreResult<Option<Item>> {
    let sql = if undo { NEXT_TO_UNDO } else { NEXT_TO_MOVE };
    let row: Option<ItemRow> = on!(conn, |c| sqlx::query_as(sql).bind(job.0).fetch_optional(c).await)?;
    row.map(Item::try_from).transpose()
}

/// Callbacks of a job after this number, at most so many.
pub async fn items(conn: &mut Conn, job: JobId, after: u64, limit: u32) -> StoreResult<Vec<Item>> {
    let rows: Vec<ItemRow> = on!(conn, |c| {
        let query = sqlx::query_as(ITEMS).bind(job.0).bind(after.cast_signed());
        query.bind(i64::from(limit)).fetch_all(c).await
    })?;
    rows.into_iter().map(Item::try_from).collect()
}

/// Removes jobs that finished before this time, their callbacks first, at most so many rows of
/// each kind. Gives how many rows.
pub async fn purge(conn: &mut WriteConn, before: Timestamp, limit: i64) -> StoreResult<u64> {
    let mut removed = 0;
    for sql in [PURGE_ITEMS, PURGE] {
        removed += on!(conn, |c| {
            let query = sqlx::query(sql).bind(before.micros()).bind(limit);
            query.execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(removed)
}
