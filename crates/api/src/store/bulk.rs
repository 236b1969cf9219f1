//! Bulk cancellations: jobs over a frozen selection, and the outcome for each
//! callback.

use std::collections::BTreeMap;

use ringback_domain::wire::bulk::{BulkCancellation, JobState, Outcome, OutcomeCounts, Progress, ReportLine};
use ringback_domain::wire::callback::ActorView;
use ringback_domain::wire::list::CountByState;
use ringback_domain::{Actor, CallbackId, JobId, StateName, Timestamp};
use serde::Serialize;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::error::inconsistent;
use super::list::{Selection, freeze_statement, id_as_hex};
use super::sql::{Arg, Sql, fetch};
use super::{Backend, Conn, StoreResult, WriteConn, on};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, actor_kind, actor_name, state, dry_run, selected, done, total, outcomes, created_at, \
             finished_at FROM bulk_cancellations ",
            $rest
        )
    };
}

const FIND_OF_OWNER: &str = select!("WHERE id = $1 AND owner = $2");
const FIND_OF_OWNER_LOCKED: &str = select!("WHERE id = $1 AND owner = $2 FOR UPDATE");
const LIST: &str = select!("WHERE owner = $1 ORDER BY created_at DESC, id DESC LIMIT 50");
const UNFINISHED: &str = select!("WHERE finished_at IS NULL ORDER BY created_at, id LIMIT 1");
const UNFINISHED_LOCKED: &str =
    select!("WHERE finished_at IS NULL ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED");
const OLDEST_UNFINISHED: &str = "SELECT MIN(created_at) FROM bulk_cancellations WHERE finished_at IS NULL";
const INSERT: &str = "INSERT INTO bulk_cancellations (id, owner, actor_kind, actor_name, state, dry_run, selected, \
     done, total, outcomes, created_at, finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const UPDATE: &str =
    "UPDATE bulk_cancellations SET state = $2, done = $3, outcomes = $4, finished_at = $5 WHERE id = $1";
const PURGE: &str = "DELETE FROM bulk_cancellations WHERE finished_at <= $1";
const FREEZE_SQLITE: &str = "INSERT INTO bulk_cancellation_items (job_id, number, callback_id, service, \
     customer_number, desired_time, state_before, outcome) SELECT $1, n.key + 1, unhex(n.value ->> 'callback_id'), \
     n.value ->> 'service', n.value ->> 'customer_number', n.value ->> 'desired_time', n.value ->> 'state_before', \
     n.value ->> 'outcome' FROM json_each($2) AS n";
const FREEZE_POSTGRES: &str = "INSERT INTO bulk_cancellation_items (job_id, number, callback_id, service, \
     customer_number, desired_time, state_before, outcome) SELECT $1, n.number, n.callback_id, n.service, \
     n.customer_number, n.desired_time, n.state_before, n.outcome FROM ROWS FROM (json_to_recordset($2::json) \
     AS (callback_id uuid, service text, customer_number text, desired_time bigint, state_before text, \
     outcome text)) WITH ORDINALITY AS n (callback_id, service, customer_number, desired_time, state_before, \
     outcome, number)";
const SELECTED: &str = "SELECT state_before, COUNT(*) FROM bulk_cancellation_items \
     WHERE job_id = $1 GROUP BY state_before";
const BEGIN: &str = "UPDATE bulk_cancellations SET selected = $2, total = $3 WHERE id = $1";
const NEXT_ITEMS: &str = "SELECT number, callback_id FROM bulk_cancellation_items \
     WHERE job_id = $1 AND outcome IS NULL ORDER BY number LIMIT $2";
/// The outcomes are an object by item number. In a join with `json_each`,
/// `SQLite` would read the whole array for each item of the job.
const SETTLE_SQLITE: &str = "UPDATE bulk_cancellation_items SET \
     state_before = COALESCE($2 ->> ('$.\"' || number || '\".state_before'), state_before), \
     outcome = $2 ->> ('$.\"' || number || '\".outcome'), \
     cancelled_at = $2 ->> ('$.\"' || number || '\".cancelled_at'), \
     cancelled_by = $2 ->> ('$.\"' || number || '\".cancelled_by') \
     WHERE job_id = $1 AND number IN (SELECT CAST(key AS INTEGER) FROM json_each($2))";
const SETTLE_POSTGRES: &str = "UPDATE bulk_cancellation_items AS i SET \
     state_before = COALESCE(n.state_before, i.state_before), outcome = n.outcome, \
     cancelled_at = n.cancelled_at, cancelled_by = n.cancelled_by \
     FROM json_to_recordset($2::json) AS n (number bigint, state_before text, outcome text, cancelled_at bigint, \
     cancelled_by text) WHERE i.job_id = $1 AND i.number = n.number";
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
            finished_at: row.finished_at.map(Timestamp::from_micros),
            created_by: ActorView {
                kind: row.actor_kind.parse().map_err(|_| wrong("actor_kind"))?,
                name: row.actor_name,
            },
        })
    }
}

/// A callback that the caller named by its id.
#[derive(Clone, Debug)]
pub struct NamedItem {
    /// The callback.
    pub callback_id: CallbackId,
    /// Service name, number, desired time and state; `None` if the callback does
    /// not exist or is not visible to the caller.
    pub details: Option<(String, String, Timestamp, StateName)>,
}

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
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Copies the selected callbacks into the items of the job.
pub async fn freeze_selection(conn: &mut WriteConn, job: JobId, selection: &Selection) -> StoreResult<()> {
    let mut sql = freeze_statement(selection, job.0);
    id_as_hex(&mut sql, conn);
    // `fetch!` works on both databases only with a statement that returns rows.
    let returning = Sql { text: format!("{} RETURNING number", sql.text), args: sql.args };
    fetch!(conn, sqlx::query_as::<_, (i64,)>, returning, fetch_optional)?;
    Ok(())
}

/// Makes callbacks that were named by their ids the items of the job.
pub async fn freeze_named(conn: &mut WriteConn, job: JobId, items: &[NamedItem]) -> StoreResult<()> {
    let sql = conn.backend().pick(FREEZE_SQLITE, FREEZE_POSTGRES);
    let rows: Vec<NamedRow<'_>> = items.iter().map(NamedRow::from).collect();
    let rows = json(job, &rows)?;
    on!(conn, |c| sqlx::query(sql).bind(job.0).bind(rows).execute(c).await.map(|_| ()))?;
    Ok(())
}

#[derive(Serialize)]
struct NamedRow<'a> {
    callback_id: String,
    service: Option<&'a str>,
    customer_number: Option<&'a str>,
    desired_time: Option<i64>,
    state_before: Option<&'static str>,
    outcome: Option<&'static str>,
}

impl<'a> From<&'a NamedItem> for NamedRow<'a> {
    fn from(item: &'a NamedItem) -> Self {
        let details = item.details.as_ref();
        Self {
            callback_id: item.callback_id.0.simple().to_string(),
            service: details.map(|(service, ..)| service.as_str()),
            customer_number: details.map(|(_, number, ..)| number.as_str()),
            desired_time: details.map(|(_, _, time, _)| time.micros()),
            state_before: details.map(|(.., state)| state.as_str()),
            outcome: details.is_none().then_some(Outcome::NotPermitted.as_str()),
        }
    }
}

/// Counts the items of a new job, by state and in total.
pub async fn count_items(conn: &mut Conn, job: &mut BulkCancellation) -> StoreResult<()> {
    let rows: Vec<(Option<String>, i64)> =
        on!(conn, |c| sqlx::query_as(SELECTED).bind(job.id.0).fetch_all(c).await)?;
    for (state, count) in rows {
        job.progress.total += count.unsigned_abs();
        if let Some(state) = state {
            let wrong = |_| inconsistent("bulk_cancellation_items", job.id, "state_before");
            *job.selected.of(state.parse().map_err(wrong)?) = count.unsigned_abs();
        }
    }
    Ok(())
}

/// Saves the counts of a new job, once its selection is frozen.
pub async fn begin(conn: &mut WriteConn, job: &BulkCancellation) -> StoreResult<()> {
    let selected = serde_json::to_string(&job.selected).unwrap_or_default();
    on!(conn, |c| {
        sqlx::query(BEGIN)
            .bind(job.id.0)
            .bind(selected)
            .bind(job.progress.total.cast_signed())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    update(conn, job).await
}

/// One job of this owner.
pub async fn find(conn: &mut Conn, id: JobId, owner: &str) -> StoreResult<Option<BulkCancellation>> {
    find_by(conn, FIND_OF_OWNER, id, owner).await
}

async fn find_by(
    conn: &mut Conn,
    sql: &'static str,
    id: JobId,
    owner: &str,
) -> StoreResult<Option<BulkCancellation>> {
    let row: Option<JobRow> =
        on!(conn, |c| sqlx::query_as(sql).bind(id.0).bind(owner).fetch_optional(c).await)?;
    row.map(BulkCancellation::try_from).transpose()
}

/// Stops a job of this owner, unless it has finished. The job is locked
/// meanwhile: a worker finishes its current chunk first and starts no other.
pub async fn stop(
    conn: &mut WriteConn,
    id: JobId,
    owner: &str,
    now: Timestamp,
) -> StoreResult<Option<BulkCancellation>> {
    let sql = conn.backend().pick(FIND_OF_OWNER, FIND_OF_OWNER_LOCKED);
    let Some(mut job) = find_by(conn, sql, id, owner).await? else { return Ok(None) };
    if job.finished_at.is_none() {
        job.state = JobState::Stopped;
        job.outcomes.stopped = job.progress.total.saturating_sub(job.progress.done);
        job.finished_at = Some(now);
        update(conn, &job).await?;
    }
    Ok(Some(job))
}

/// The newest jobs of this owner.
pub async fn list(conn: &mut Conn, owner: &str) -> StoreResult<Vec<BulkCancellation>> {
    let rows: Vec<JobRow> = on!(conn, |c| sqlx::query_as(LIST).bind(owner).fetch_all(c).await)?;
    rows.into_iter().map(BulkCancellation::try_from).collect()
}

/// The oldest unfinished job that no other node is working on, locked until the
/// transaction ends.
pub async fn take_unfinished(conn: &mut WriteConn) -> StoreResult<Option<BulkCancellation>> {
    let sql = conn.backend().pick(UNFINISHED, UNFINISHED_LOCKED);
    let row: Option<JobRow> = on!(conn, |c| sqlx::query_as(sql).fetch_optional(c).await)?;
    row.map(BulkCancellation::try_from).transpose()
}

/// When the oldest unfinished job was created.
pub async fn oldest_unfinished(conn: &mut Conn) -> StoreResult<Option<Timestamp>> {
    let micros: Option<i64> = on!(conn, |c| sqlx::query_scalar(OLDEST_UNFINISHED).fetch_one(c).await)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// The creator of a job, as the actor who cancels its callbacks.
pub fn actor(job: &BulkCancellation) -> Actor {
    Actor { kind: job.created_by.kind, name: job.created_by.name.clone() }
}

/// The next items of a job without an outcome: their number and callback.
pub async fn next_items(conn: &mut Conn, job: JobId, limit: i64) -> StoreResult<Vec<(i64, CallbackId)>> {
    let rows: Vec<(i64, Uuid)> =
        on!(conn, |c| sqlx::query_as(NEXT_ITEMS).bind(job.0).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(number, id)| (number, CallbackId(id))).collect())
}

/// The outcome of one item.
#[derive(Clone, Debug)]
pub struct ItemOutcome {
    /// The number of the item in the job.
    pub number: i64,
    /// The state of the callback when the job reached it.
    pub state_before: Option<StateName>,
    /// The outcome.
    pub outcome: Outcome,
    /// When the callback was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// The person who cancelled it.
    pub cancelled_by: Option<String>,
}

/// Saves the outcomes of items.
pub async fn settle(conn: &mut WriteConn, job: JobId, outcomes: &[ItemOutcome]) -> StoreResult<()> {
    let sql = conn.backend().pick(SETTLE_SQLITE, SETTLE_POSTGRES);
    let rows = outcomes.iter().map(OutcomeRow::from);
    let rows = match conn.backend() {
        Backend::Sqlite => json(job, &rows.map(|row| (row.number, row)).collect::<BTreeMap<_, _>>())?,
        Backend::Postgres => json(job, &rows.collect::<Vec<_>>())?,
    };
    on!(conn, |c| sqlx::query(sql).bind(job.0).bind(rows).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Rows as one JSON value to bind.
fn json(job: JobId, rows: &impl Serialize) -> StoreResult<String> {
    serde_json::to_string(rows)
        .map_err(|_| inconsistent("bulk_cancellation_items", job, "items cannot be written"))
}

#[derive(Serialize)]
struct OutcomeRow<'a> {
    number: i64,
    state_before: Option<&'static str>,
    outcome: &'static str,
    cancelled_at: Option<i64>,
    cancelled_by: Option<&'a str>,
}

impl<'a> From<&'a ItemOutcome> for OutcomeRow<'a> {
    fn from(item: &'a ItemOutcome) -> Self {
        Self {
            number: item.number,
            state_before: item.state_before.map(StateName::as_str),
            outcome: item.outcome.as_str(),
            cancelled_at: item.cancelled_at.map(Timestamp::micros),
            cancelled_by: item.cancelled_by.as_deref(),
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
    service: Option<String>,
    customer_number: Option<String>,
    desired_time: Option<i64>,
    state_before: Option<String>,
    outcome: Option<String>,
    cancelled_at: Option<i64>,
    cancelled_by: Option<String>,
}

/// Lines of the report after this number, with the number of the last. Items
/// that a stopped job did not reach have no outcome in the database; they are
/// reported as stopped.
pub async fn report(
    conn: &mut Conn,
    job: &BulkCancellation,
    after: i64,
    limit: i64,
) -> StoreResult<(Vec<ReportLine>, i64)> {
    let rows: Vec<ItemRow> =
        on!(conn, |c| sqlx::query_as(REPORT).bind(job.id.0).bind(after).bind(limit).fetch_all(c).await)?;
    let last = rows.last().map_or(after, |row| row.number);
    let wrong = |what| inconsistent("bulk_cancellation_items", job.id, what);
    let unreached = (job.state == JobState::Stopped).then_some(Outcome::Stopped);
    let lines = rows.into_iter().map(|row| {
        Ok(ReportLine {
            callback_id: CallbackId(row.callback_id),
            service: row.service,
            customer_number: row.customer_number,
            desired_time: row.desired_time.map(Timestamp::from_micros),
            state_before: row
                .state_before
                .as_deref()
                .map(str::parse)
                .transpose()
                .map_err(|_| wrong("state_before"))?,
            outcome: row
                .outcome
                .as_deref()
                .map(str::parse)
                .transpose()
                .map_err(|_| wrong("outcome"))?
                .or(unreached),
            cancelled_at: row.cancelled_at.map(Timestamp::from_micros),
            cancelled_by: row.cancelled_by,
        })
    });
    Ok((lines.collect::<StoreResult<_>>()?, last))
}

/// Removes jobs that finished before this time, with their reports. Returns how
/// many.
pub async fn purge(conn: &mut WriteConn, before: Timestamp) -> StoreResult<u64> {
    let removed = on!(conn, |c| {
        sqlx::query(PURGE).bind(before.micros()).execute(c).await.map(|done| done.rows_affected())
    })?;
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
        finished_at: None,
        created_by: ActorView { kind: actor.kind, name: actor.name.clone() },
    }
}
