//! Bulk cancellations: jobs over a frozen selection, and the outcome for each
//! callback.

use ringback_domain::wire::bulk::{BulkCancellation, JobState, Outcome, OutcomeCounts, Progress, ReportLine};
use ringback_domain::wire::callback::ActorView;
use ringback_domain::wire::list::CountByState;
use ringback_domain::{Actor, CallbackId, JobId, StateName, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::error::inconsistent;
use super::unreadable::leave_out;
use super::{Conn, StoreResult, WriteConn, on};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, actor_kind, actor_name, state, dry_run, selected, done, total, outcomes, created_at, \
             finished_at, effective_at, held FROM bulk_cancellations ",
            $rest
        )
    };
}

const FIND_OF_OWNER: &str = select!("WHERE id = $1 AND (CAST($2 AS text) IS NULL OR owner = $2)");
const FIND_OF_OWNER_LOCKED: &str =
    select!("WHERE id = $1 AND (CAST($2 AS text) IS NULL OR owner = $2) FOR UPDATE");
const LIST: &str =
    select!("WHERE CAST($1 AS text) IS NULL OR owner = $1 ORDER BY created_at DESC, id DESC LIMIT 50");
/// Work there is for jobs that can be undone no more, and for those that were ended
/// and still hold callbacks back.
const UNFINISHED: &str = select!(
    "WHERE (finished_at IS NULL OR held > 0) AND (finished_at IS NOT NULL OR effective_at IS NULL \
     OR effective_at <= $2) ORDER BY created_at, id LIMIT 1 OFFSET $1"
);
const UNFINISHED_LOCKED: &str = select!(
    "WHERE (finished_at IS NULL OR held > 0) AND (finished_at IS NOT NULL OR effective_at IS NULL \
     OR effective_at <= $2) ORDER BY created_at, id LIMIT 1 OFFSET $1 FOR UPDATE SKIP LOCKED"
);
const OLDEST_UNFINISHED: &str = "SELECT MIN(COALESCE(finished_at, effective_at, created_at)) \
     FROM bulk_cancellations WHERE finished_at IS NULL OR held > 0";
const INSERT: &str = "INSERT INTO bulk_cancellations (id, owner, actor_kind, actor_name, state, dry_run, selected, \
     done, total, outcomes, created_at, finished_at, effective_at, held) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
const UPDATE: &str = "UPDATE bulk_cancellations SET state = $2, done = $3, outcomes = $4, finished_at = $5, held = $6 WHERE id = $1";
const PURGE_ITEMS: &str = "DELETE FROM bulk_cancellation_items WHERE (job_id, number) IN \
     (SELECT i.job_id, i.number FROM bulk_cancellations b JOIN bulk_cancellation_items i ON i.job_id = b.id \
     WHERE b.finished_at <= $1 LIMIT $2)";
const PURGE_SELECTIONS: &str = "DELETE FROM bulk_cancellation_selections WHERE (job_id, first) IN \
     (SELECT s.job_id, s.first FROM bulk_cancellations b JOIN bulk_cancellation_selections s ON s.job_id = b.id \
     WHERE b.finished_at <= $1 LIMIT $2)";
const PURGE: &str = "DELETE FROM bulk_cancellations WHERE id IN (SELECT id FROM bulk_cancellations b \
     WHERE finished_at <= $1 AND NOT EXISTS (SELECT 1 FROM bulk_cancellation_items i WHERE i.job_id = b.id) \
     AND NOT EXISTS (SELECT 1 FROM bulk_cancellation_selections s WHERE s.job_id = b.id) LIMIT $2)";
const KEEP_SQLITE: &str = "INSERT INTO bulk_cancellation_selections (job_id, first, ids) \
     SELECT $1, p.value ->> 0, unhex(p.value ->> 1) FROM json_each($2) AS p";
const KEEP_POSTGRES: &str = "INSERT INTO bulk_cancellation_selections (job_id, first, ids) \
     SELECT $1, (p ->> 0)::bigint, decode(p ->> 1, 'hex') FROM json_array_elements($2::json) AS p";
const SELECTED_FROM: &str = "SELECT first, ids FROM bulk_cancellation_selections \
     WHERE job_id = $1 AND first <= $2 ORDER BY first DESC LIMIT 1";
const SETTLE_SQLITE: &str = "INSERT INTO bulk_cancellation_items (job_id, number, callback_id, service, \
     customer_number, desired_time, state_before, outcome, cancelled_at, cancelled_by) \
     SELECT $1, n.value ->> 'number', unhex(n.value ->> 'callback_id'), n.value ->> 'service', \
     n.value ->> 'customer_number', n.value ->> 'desired_time', n.value ->> 'state_before', n.value ->> 'outcome', \
     n.value ->> 'cancelled_at', n.value ->> 'cancelled_by' FROM json_each($2) AS n";
const SETTLE_POSTGRES: &str = "INSERT INTO bulk_cancellation_items (job_id, number, callback_id, service, \
     customer_number, desired_time, state_before, outcome, cancelled_at, cancelled_by) \
     SELECT $1, number, callback_id, service, customer_number, desired_time, state_before, outcome, cancelled_at, \
     cancelled_by FROM json_to_recordset($2::json) AS n (number bigint, callback_id uuid, service text, \
     customer_number text, desired_time bigint, state_before text, outcome text, cancelled_at bigint, \
     cancelled_by text)";
const REPORT: &str = "SELECT number, callback_id, service, customer_number, desired_time, state_before, outcome, \
     cancelled_at, cancelled_by FROM bulk_cancellation_items WHERE job_id = $1 AND number > $2 \
     ORDER BY number LIMIT $3";

#[derive(sqlx::FromRow)]
struct JobRow {
    id: Uuid,
    actor_kind: String,
    actor_name: String,
    state: String,
    dry_run: bool,
    selected: String,
    done: i64,
    total: i64,
    outcomes: String,
    created_at: i64,
    finished_at: Option<i64>,
    effective_at: Option<i64>,
    held: i64,
}

impl TryFrom<JobRow> for BulkCancellation {
    type Error = super::StoreError;

    fn try_from(row: JobRow) -> StoreResult<Self> {
        let wrong = |what| inconsistent("bulk_cancellations", row.id, what);
        Ok(Self {
            id: JobId(row.id),
            state: row.state.parse().map_err(|_| wrong("state"))?,
            dry_run: row.dry_run,
            progress: Progress { done: row.done.unsigned_abs(), total: row.total.unsigned_abs() },
            selected: serde_json::from_str(&row.selected).map_err(|_| wrong("selected"))?,
            outcomes: serde_json::from_str(&row.outcomes).map_err(|_| wrong("outcomes"))?,
            created_at: Timestamp::from_micros(row.created_at),
            effective_at: row.effective_at.map(Timestamp::from_micros),
            held: row.held.unsigned_abs(),
            finished_at: row.finished_at.map(Timestamp::from_micros),
            created_by: ActorView {
                kind: row.actor_kind.parse().map_err(|_| wrong("actor_kind"))?,
                name: row.actor_name,
            },
        })
    }
}

/// The callbacks of a new bulk cancellation.
#[derive(Clone, Debug, Default)]
pub struct Selected {
    /// Those that the caller named but may not cancel, or that do not exist.
    pub not_permitted: Vec<CallbackId>,
    /// The others, in the order in which they are cancelled.
    pub permitted: Vec<CallbackId>,
    /// How many of those there are in each state.
    pub by_state: CountByState,
}

/// Jobs that cannot be read and are passed over.
const MAX_UNREADABLE: i64 = 100;

/// Ids in a row of a stored selection: a worker reads one row in a round.
const IDS_IN_ROW: usize = 2_000;

/// Inserts a new job.
pub async fn insert(conn: &mut WriteConn, job: &BulkCancellation, owner: &str) -> StoreResult<()> {
    let selected = serde_json::to_string(&job.selected).unwrap_or_default();
    let outcomes = serde_json::to_string(&job.outcomes).unwrap_or_default();
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(job.id.0)
            .bind(owner)
            .bind(job.created_by.kind.as_str())
            .bind(&job.created_by.name)
            .bind(job.state.as_str())
            .bind(job.dry_run)
            .bind(selected)
            .bind(job.progress.done.cast_signed())
            .bind(job.progress.total.cast_signed())
            .bind(outcomes)
            .bind(job.created_at.micros())
            .bind(job.finished_at.map(Timestamp::micros))
            .bind(job.effective_at.map(Timestamp::micros))
            .bind(job.held.cast_signed())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Stores the ids of a new job, in the order in which it is worked off.
pub async fn keep_selection(conn: &mut WriteConn, job: JobId, ids: &[CallbackId]) -> StoreResult<()> {
    let sql = conn.backend().pick(KEEP_SQLITE, KEEP_POSTGRES);
    let row = |(index, ids): (usize, &[CallbackId])| {
        let ids: String = ids.iter().map(|id| id.0.simple().to_string()).collect();
        (index * IDS_IN_ROW, ids)
    };
    let rows = json(job, &ids.chunks(IDS_IN_ROW).enumerate().map(row).collect::<Vec<_>>())?;
    on!(conn, |c| sqlx::query(sql).bind(job.0).bind(rows).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Ids of a job from this position on, at most so many. There are none only at
/// the end.
pub async fn selected(conn: &mut Conn, job: JobId, from: u64, limit: usize) -> StoreResult<Vec<CallbackId>> {
    let row: Option<(i64, Vec<u8>)> = on!(conn, |c| {
        sqlx::query_as(SELECTED_FROM).bind(job.0).bind(from.cast_signed()).fetch_optional(c).await
    })?;
    let Some((first, bytes)) = row else { return Ok(Vec::new()) };
    let (ids, _) = bytes.as_chunks();
    let before = usize::try_from(from.saturating_sub(first.unsigned_abs())).unwrap_or(usize::MAX);
    Ok(ids.iter().skip(before).take(limit).map(|id| CallbackId(Uuid::from_bytes(*id))).collect())
}

/// One job of this owner, or of anybody.
pub async fn find(conn: &mut Conn, id: JobId, owner: Option<&str>) -> StoreResult<Option<BulkCancellation>> {
    find_by(conn, FIND_OF_OWNER, id, owner).await
}

async fn find_by(
    conn: &mut Conn,
    sql: &'static str,
    id: JobId,
    owner: Option<&str>,
) -> StoreResult<Option<BulkCancellation>> {
    let row: Option<JobRow> =
        on!(conn, |c| sqlx::query_as(sql).bind(id.0).bind(owner).fetch_optional(c).await)?;
    row.map(BulkCancellation::try_from).transpose()
}

/// The same, locked until the transaction ends: a worker finishes its current chunk
/// first and starts no other.
pub async fn find_for_update(
    conn: &mut WriteConn,
    id: JobId,
    owner: Option<&str>,
) -> StoreResult<Option<BulkCancellation>> {
    let sql = conn.backend().pick(FIND_OF_OWNER, FIND_OF_OWNER_LOCKED);
    find_by(conn, sql, id, owner).await
}

/// The newest jobs of this owner, or of anybody.
pub async fn list(conn: &mut Conn, owner: Option<&str>) -> StoreResult<Vec<BulkCancellation>> {
    let rows: Vec<JobRow> = on!(conn, |c| sqlx::query_as(LIST).bind(owner).fetch_all(c).await)?;
    Ok(leave_out(rows.into_iter().map(BulkCancellation::try_from)))
}

/// The oldest job with work to do that no other node is working on, locked until
/// the transaction ends.
pub async fn take_unfinished(conn: &mut WriteConn, now: Timestamp) -> StoreResult<Option<BulkCancellation>> {
    let sql = conn.backend().pick(UNFINISHED, UNFINISHED_LOCKED);
    // A job that cannot be read must not stop those behind it.
    for passed_over in 0..MAX_UNREADABLE {
        let row: Option<JobRow> =
            on!(conn, |c| sqlx::query_as(sql).bind(passed_over).bind(now.micros()).fetch_optional(c).await)?;
        let Some(row) = row else { return Ok(None) };
        if let Some(job) = leave_out(std::iter::once(BulkCancellation::try_from(row))).pop() {
            return Ok(Some(job));
        }
    }
    Ok(None)
}

/// Since when there is work to do, or from when on.
pub async fn oldest_unfinished(conn: &mut Conn) -> StoreResult<Option<Timestamp>> {
    let micros: Option<i64> = on!(conn, |c| sqlx::query_scalar(OLDEST_UNFINISHED).fetch_one(c).await)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// The creator of a job, as the actor who cancels its callbacks.
pub fn actor(job: &BulkCancellation) -> Actor {
    Actor { kind: job.created_by.kind, name: job.created_by.name.clone() }
}

/// A line of the report, with its number in the job.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its number, counted from 1.
    pub number: u64,
    /// The line.
    pub line: ReportLine,
}

/// Stores what became of callbacks of a job.
pub async fn settle(conn: &mut WriteConn, job: JobId, items: &[Item]) -> StoreResult<()> {
    if items.is_empty() {
        return Ok(());
    }
    let sql = conn.backend().pick(SETTLE_SQLITE, SETTLE_POSTGRES);
    let rows = json(job, &items.iter().map(ItemRow::from).collect::<Vec<_>>())?;
    on!(conn, |c| sqlx::query(sql).bind(job.0).bind(rows).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Rows as one JSON value to bind.
fn json(job: JobId, rows: &impl Serialize) -> StoreResult<String> {
    serde_json::to_string(rows)
        .map_err(|_| inconsistent("bulk_cancellation_items", job, "items cannot be written"))
}

#[derive(Serialize)]
struct ItemRow<'a> {
    number: u64,
    callback_id: String,
    service: Option<&'a str>,
    customer_number: Option<&'a str>,
    desired_time: Option<i64>,
    state_before: Option<&'static str>,
    outcome: Option<&'static str>,
    cancelled_at: Option<i64>,
    cancelled_by: Option<&'a str>,
}

impl<'a> From<&'a Item> for ItemRow<'a> {
    fn from(Item { number, line }: &'a Item) -> Self {
        Self {
            number: *number,
            callback_id: line.callback_id.0.simple().to_string(),
            service: line.service.as_deref(),
            customer_number: line.customer_number.as_deref(),
            desired_time: line.desired_time.map(Timestamp::micros),
            state_before: line.state_before.map(StateName::as_str),
            outcome: line.outcome.map(Outcome::as_str),
            cancelled_at: line.cancelled_at.map(Timestamp::micros),
            cancelled_by: line.cancelled_by.as_deref(),
        }
    }
}

/// Saves the progress of a job.
pub async fn update(conn: &mut WriteConn, job: &BulkCancellation) -> StoreResult<()> {
    let outcomes = serde_json::to_string(&job.outcomes).unwrap_or_default();
    on!(conn, |c| {
        sqlx::query(UPDATE)
            .bind(job.id.0)
            .bind(job.state.as_str())
            .bind(job.progress.done.cast_signed())
            .bind(outcomes)
            .bind(job.finished_at.map(Timestamp::micros))
            .bind(job.held.cast_signed())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct StoredItem {
    number: i64,
    callback_id: Uuid,
    service: Option<String>,
    customer_number: Option<String>,
    desired_time: Option<i64>,
    state_before: Option<String>,
    outcome: String,
    cancelled_at: Option<i64>,
    cancelled_by: Option<String>,
}

impl TryFrom<StoredItem> for Item {
    type Error = super::StoreError;

    fn try_from(row: StoredItem) -> StoreResult<Self> {
        let wrong = |what| inconsistent("bulk_cancellation_items", row.callback_id, what);
        let state_before = row.state_before.as_deref().map(str::parse).transpose();
        let line = ReportLine {
            callback_id: CallbackId(row.callback_id),
            service: row.service,
            customer_number: row.customer_number,
            customer_number_formatted: None,
            desired_time: row.desired_time.map(Timestamp::from_micros),
            state_before: state_before.map_err(|_| wrong("state_before"))?,
            outcome: Some(row.outcome.parse().map_err(|_| wrong("outcome"))?),
            cancelled_at: row.cancelled_at.map(Timestamp::from_micros),
            cancelled_by: row.cancelled_by,
        };
        Ok(Self { number: row.number.unsigned_abs(), line })
    }
}

/// Callbacks that the job has come to, after this number.
pub async fn settled(conn: &mut Conn, job: JobId, after: u64, limit: usize) -> StoreResult<Vec<Item>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows: Vec<StoredItem> = on!(conn, |c| {
        sqlx::query_as(REPORT).bind(job.0).bind(after.cast_signed()).bind(limit).fetch_all(c).await
    })?;
    rows.into_iter().map(Item::try_from).collect()
}

/// Removes jobs that finished before this time, their reports first, at most so
/// many rows of each kind. Returns how many rows.
pub async fn purge(conn: &mut WriteConn, before: Timestamp, limit: i64) -> StoreResult<u64> {
    let mut removed = 0;
    // A selection has 2,000 ids in a row.
    for (sql, limit) in [(PURGE_ITEMS, limit), (PURGE_SELECTIONS, (limit / 20).max(1)), (PURGE, limit)] {
        removed += on!(conn, |c| {
            sqlx::query(sql)
                .bind(before.micros())
                .bind(limit)
                .execute(c)
                .await
                .map(|done| done.rows_affected())
        })?;
    }
    Ok(removed)
}

/// A new job that has not started.
pub fn new_job(id: JobId, actor: &Actor, dry_run: bool, now: Timestamp) -> BulkCancellation {
    BulkCancellation {
        id,
        state: JobState::Pending,
        dry_run,
        progress: Progress::default(),
        selected: CountByState::default(),
        outcomes: OutcomeCounts::default(),
        created_at: now,
        effective_at: None,
        held: 0,
        finished_at: None,
        created_by: ActorView { kind: actor.kind, name: actor.name.clone() },
    }
}
