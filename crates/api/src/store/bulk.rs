//! Bulk cancellations: jobs over a frozen selection, and what became of each
//! callback.

use ringback_domain::wire::bulk::{BulkCancellation, JobState, Outcome, OutcomeCounts, Progress, ReportLine};
use ringback_domain::wire::callback::ActorView;
use ringback_domain::wire::list::CountByState;
use ringback_domain::{Actor, CallbackId, JobId, StateName, Timestamp};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::error::inconsistent;
use super::list::{Selection, freeze, spell_id};
use super::sql::{Arg, Sql, fetch};
use super::{Conn, StoreResult, on};

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
const INSERT_ITEM: &str = "INSERT INTO bulk_cancellation_items (job_id, number, callback_id, service, \
     customer_number, desired_time, state_before, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const SELECTED: &str = "SELECT state_before, COUNT(*) FROM bulk_cancellation_items \
     WHERE job_id = $1 GROUP BY state_before";
const BEGIN: &str = "UPDATE bulk_cancellations SET selected = $2, total = $3 WHERE id = $1";
const NEXT_ITEMS: &str = "SELECT number, callback_id FROM bulk_cancellation_items \
     WHERE job_id = $1 AND outcome IS NULL ORDER BY number LIMIT $2";
const SETTLE_ITEM: &str = "UPDATE bulk_cancellation_items SET state_before = COALESCE($3, state_before), \
     outcome = $4, cancelled_at = $5, cancelled_by = $6 WHERE job_id = $1 AND number = $2";
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

/// A callback named one by one, as far as the caller may know it.
#[derive(Clone, Debug)]
pub struct NamedItem {
    /// The callback.
    pub callback_id: CallbackId,
    /// Service name, number, desired time and state, where it may be seen.
    pub known: Option<(String, String, Timestamp, StateName)>,
}

/// Keeps a new job.
pub async fn insert(conn: &mut Conn, job: &BulkCancellation, owner: &str) -> StoreResult<()> {
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

/// Freezes everything that the selection holds now into the job's items.
pub async fn freeze_selection(conn: &mut Conn, job: JobId, selection: &Selection) -> StoreResult<()> {
    let mut sql = freeze(selection, job.0);
    spell_id(&mut sql, conn);
    // A count is what both drivers can answer alike.
    let counted = Sql { text: format!("{} RETURNING number", sql.text), args: sql.args };
    fetch!(conn, sqlx::query_as::<_, (i64,)>, counted, fetch_optional)?;
    Ok(())
}

/// Freezes callbacks that were named one by one.
pub async fn freeze_named(conn: &mut Conn, job: JobId, items: &[NamedItem]) -> StoreResult<()> {
    for (index, item) in items.iter().enumerate() {
        let (service, number, time, state) = match &item.known {
            Some((service, number, time, state)) => {
                (Some(service), Some(number), Some(time.micros()), Some(state.as_str()))
            }
            None => (None, None, None, None),
        };
        let outcome = item.known.is_none().then_some(Outcome::NotPermitted.as_str());
        on!(conn, |c| {
            sqlx::query(INSERT_ITEM)
                .bind(job.0)
                .bind(i64::try_from(index).unwrap_or_default() + 1)
                .bind(item.callback_id.0)
                .bind(service)
                .bind(number)
                .bind(time)
                .bind(state)
                .bind(outcome)
                .execute(c)
                .await
                .map(|_| ())
        })?;
    }
    Ok(())
}

/// Counts the frozen selection of a new job, by state and in all.
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

/// Keeps the counts of a new job, once its selection is frozen.
pub async fn begin(conn: &mut Conn, job: &BulkCancellation) -> StoreResult<()> {
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

/// Ends a job of this owner where it stands, unless it is over. It is held for
/// that: what a worker is at is finished before, and none comes after.
pub async fn stop(
    conn: &mut Conn,
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

/// The oldest job that is not done and that nobody else is at, held until the
/// transaction ends.
pub async fn take_unfinished(conn: &mut Conn) -> StoreResult<Option<BulkCancellation>> {
    let sql = conn.backend().pick(UNFINISHED, UNFINISHED_LOCKED);
    let row: Option<JobRow> = on!(conn, |c| sqlx::query_as(sql).fetch_optional(c).await)?;
    row.map(BulkCancellation::try_from).transpose()
}

/// When the oldest job that is not done was asked for.
pub async fn oldest_unfinished(conn: &mut Conn) -> StoreResult<Option<Timestamp>> {
    let micros: Option<i64> = on!(conn, |c| sqlx::query_scalar(OLDEST_UNFINISHED).fetch_one(c).await)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// Who asked for a job, for the callbacks that it cancels.
pub fn actor(job: &BulkCancellation) -> Actor {
    Actor { kind: job.created_by.kind, name: job.created_by.name.clone() }
}

/// The next items of a job that are not settled: their number and callback.
pub async fn next_items(conn: &mut Conn, job: JobId, limit: i64) -> StoreResult<Vec<(i64, CallbackId)>> {
    let rows: Vec<(i64, Uuid)> =
        on!(conn, |c| sqlx::query_as(NEXT_ITEMS).bind(job.0).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(number, id)| (number, CallbackId(id))).collect())
}

/// What became of one item.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The state when the job came to it.
    pub state_before: Option<StateName>,
    /// What became of it.
    pub outcome: Outcome,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// The person who cancelled it.
    pub cancelled_by: Option<String>,
}

/// Keeps what became of an item.
pub async fn settle(conn: &mut Conn, job: JobId, number: i64, settled: &Settled) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(SETTLE_ITEM)
            .bind(job.0)
            .bind(number)
            .bind(settled.state_before.map(StateName::as_str))
            .bind(settled.outcome.as_str())
            .bind(settled.cancelled_at.map(Timestamp::micros))
            .bind(settled.cancelled_by.as_deref())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Keeps how far a job has got.
pub async fn update(conn: &mut Conn, job: &BulkCancellation) -> StoreResult<()> {
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

/// Lines of the report after this number, with the number of the last. Stopping
/// writes nothing to the items that were left: their outcome is known here.
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
    let untouched = (job.state == JobState::Stopped).then_some(Outcome::Stopped);
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
                .or(untouched),
            cancelled_at: row.cancelled_at.map(Timestamp::from_micros),
            cancelled_by: row.cancelled_by,
        })
    });
    Ok((lines.collect::<StoreResult<_>>()?, last))
}

/// Removes jobs that were done before then, with their reports. Gives how many.
pub async fn purge(conn: &mut Conn, before: Timestamp) -> StoreResult<u64> {
    let removed = on!(conn, |c| {
        sqlx::query(PURGE).bind(before.micros()).execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(removed)
}

/// A new job that is about to begin.
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
