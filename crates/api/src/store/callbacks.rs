//! Callback records: reading one, and writing a transition.

use std::collections::HashMap;
use std::sync::LazyLock;

use ringback_domain::callback::cancellation::Cancellation;
use ringback_domain::callback::state::{Processing, Queued, Reservation, Routing};
use ringback_domain::callback::transition::Transition;
use ringback_domain::callback::{AgentPause, Callback, QueuePlace, Reschedules};
use ringback_domain::dial::DialCounts;
use ringback_domain::phone::Extension;
use ringback_domain::{
    Actor, AttemptId, CallbackId, Completion, JobId, PhoneNumber, Request, ServiceId, State, StateName,
    Timestamp, VisibleServices, WallTime,
};
use serde::de::DeserializeOwned;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::error::inconsistent;
use super::sql::{Arg, Sql, bind_all, id_array};
use super::unreadable::leave_out;
use super::{Conn, StoreError, StoreResult, WriteConn, changes, on};
use crate::store::conn::answered_in;

macro_rules! columns {
    () => {
        "id, service_id, customer_number, customer_number_extension, number_warning, callback_type, arrived_at, queue_arrival, customer_time_zone, language, priority, \
         user_data, origin, created_at, created_by, desired_time, wall_time, wall_time_zone, wall_time_tables, desired_window_seconds, spared_until, reschedule_count, \
         last_rescheduled_at, rescheduled_by, dial_counts, first_attempted_at, leases_lost, last_position, last_wait_seconds, cancel_kind, cancel_by, cancel_requested_at, cancel_at, cancel_job, agent_pauses, \
         recreated_from, recreated_as, recreated_by, state, \
         queued_at, retry_at, quarantined_at, attempt_id, lease_token, lease_expires_at, agent, holder, reserved_at, connected_at, \
         completed_at, result, cancelled_by, disposition, updated_at, version"
    };
}
pub(super) use columns;

const FIND: &str = concat!("SELECT ", columns!(), " FROM callbacks WHERE id = $1");
const FIND_FOR_UPDATE: &str = concat!("SELECT ", columns!(), " FROM callbacks WHERE id = $1 FOR UPDATE");
const FIND_BY_ATTEMPT: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE id = (SELECT callback_id FROM attempts WHERE id = $1)"
);
const FIND_BY_ATTEMPT_FOR_UPDATE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE id = (SELECT callback_id FROM attempts WHERE id = $1) FOR UPDATE"
);

const FIND_ALL_SQLITE: &str =
    concat!("SELECT ", columns!(), " FROM callbacks WHERE id IN (SELECT unhex(value) FROM json_each($1))");
const FIND_ALL_POSTGRES: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE id IN (SELECT value::uuid FROM json_array_elements_text($1::json))"
);
/// In the order of their ids, so that two callers do not wait for each other.
const FIND_ALL_FOR_UPDATE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE id IN (SELECT value::uuid FROM json_array_elements_text($1::json)) ORDER BY id FOR UPDATE"
);
const OF_ATTEMPTS_SQLITE: &str =
    "SELECT id, callback_id FROM attempts WHERE id IN (SELECT unhex(value) FROM json_each($1))";
const OF_ATTEMPTS_POSTGRES: &str = "SELECT id, callback_id FROM attempts \
     WHERE id IN (SELECT value::uuid FROM json_array_elements_text($1::json))";
const EXTEND: &str = "UPDATE callbacks SET lease_expires_at = $3 WHERE id = $1 AND attempt_id = $2";

/// A row of `callbacks`, its fields in the order of `columns!`.
#[derive(Debug, sqlx::FromRow, serde::Deserialize)]
struct CallbackRow {
    id: Uuid,
    service_id: Uuid,
    customer_number: String,
    customer_number_extension: Option<String>,
    number_warning: Option<String>,
    callback_type: String,
    arrived_at: Option<i64>,
    queue_arrival: i64,
    customer_time_zone: Option<String>,
    language: Option<String>,
    priority: i64,
    user_data: Option<String>,
    origin: String,
    created_at: i64,
    created_by: Option<String>,
    desired_time: i64,
    wall_time: Option<String>,
    wall_time_zone: Option<String>,
    wall_time_tables: Option<String>,
    desired_window_seconds: i64,
    spared_until: Option<i64>,
    reschedule_count: i64,
    last_rescheduled_at: Option<i64>,
    rescheduled_by: Option<String>,
    dial_counts: Option<String>,
    first_attempted_at: Option<i64>,
    leases_lost: i64,
    last_position: Option<i64>,
    last_wait_seconds: Option<i64>,
    cancel_kind: Option<String>,
    cancel_by: Option<String>,
    cancel_requested_at: Option<i64>,
    cancel_at: Option<i64>,
    cancel_job: Option<Uuid>,
    agent_pauses: Option<String>,
    recreated_from: Option<Uuid>,
    recreated_as: Option<Uuid>,
    recreated_by: Option<String>,
    state: String,
    queued_at: Option<i64>,
    retry_at: Option<i64>,
    quarantined_at: Option<i64>,
    attempt_id: Option<Uuid>,
    lease_token: Option<String>,
    lease_expires_at: Option<i64>,
    agent: Option<String>,
    holder: Option<String>,
    reserved_at: Option<i64>,
    connected_at: Option<i64>,
    completed_at: Option<i64>,
    result: Option<String>,
    cancelled_by: Option<String>,
    disposition: Option<String>,
    updated_at: i64,
    version: i64,
}

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn agent_pauses(json: &str) -> Option<Vec<AgentPause>> {
    let pauses: Vec<(String, i64)> = serde_json::from_str(json).ok()?;
    Some(pauses.into_iter().map(|(agent, until)| AgentPause { agent, until: time(until) }).collect())
}

/// A count that was written from a `u32`.
fn count(value: i64) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

impl CallbackRow {
    fn reservation(&self) -> Option<Reservation> {
        Some(Reservation {
            attempt_id: AttemptId(self.attempt_id?),
            lease_token: self.lease_token.clone()?,
            agent: self.agent.clone()?,
            holder: self.holder.clone()?,
            reserved_at: time(self.reserved_at?),
            lease_expires_at: time(self.lease_expires_at?),
        })
    }

    fn cancellation(&self) -> Option<Cancellation> {
        Some(Cancellation {
            by: Actor { kind: self.cancel_kind.as_deref()?.parse().ok()?, name: self.cancel_by.clone()? },
            requested_at: time(self.cancel_requested_at?),
            effective_at: time(self.cancel_at?),
            job: self.cancel_job.map(JobId),
        })
    }

    /// The state with its data, if the columns make one.
    fn state(&self) -> Option<State> {
        Some(match self.state.parse().ok()? {
            StateName::Scheduled => State::Scheduled,
            StateName::Queued => {
                let (retry_at, quarantined_at) = (self.retry_at.map(time), self.quarantined_at.map(time));
                State::Queued(Queued { queued_at: time(self.queued_at?), retry_at, quarantined_at })
            }
            StateName::Routing => {
                State::Routing(Routing { queued_at: time(self.queued_at?), reservation: self.reservation()? })
            }
            StateName::Processing => State::Processing(Processing {
                queued_at: time(self.queued_at?),
                reservation: self.reservation()?,
                connected_at: time(self.connected_at?),
            }),
            StateName::Completed => State::Completed(Completion {
                result: self.result.as_deref()?.parse().ok()?,
                completed_at: time(self.completed_at?),
                cancelled_by: self.cancelled_by.clone(),
                disposition: self.disposition.clone(),
                queued_at: self.queued_at.map(time),
                agent: self.agent.clone(),
                reserved_at: self.reserved_at.map(time),
                connected_at: self.connected_at.map(time),
            }),
        })
    }
}

impl TryFrom<CallbackRow> for Callback {
    type Error = StoreError;

    fn try_from(row: CallbackRow) -> StoreResult<Self> {
        let wrong = |what| inconsistent("callbacks", row.id, what);
        let wall_time = match (&row.wall_time, &row.wall_time_zone, &row.wall_time_tables) {
            (Some(local), Some(time_zone), Some(tables)) => Some(WallTime {
                local: local.parse().map_err(|_| wrong("wall_time"))?,
                time_zone: time_zone.clone(),
                tables: tables.clone(),
            }),
            _ => None,
        };
        let cancellation = row.cancellation();
        if cancellation.is_some() != row.cancel_at.is_some() {
            return Err(wrong("cancellation"));
        }
        let state = row.state().ok_or_else(|| wrong("the columns make no state"))?;
        Ok(Self {
            id: CallbackId(row.id),
            origin: row.origin.parse().map_err(|_| wrong("origin"))?,
            created_at: time(row.created_at),
            desired_time: time(row.desired_time),
            wall_time,
            desired_window_seconds: count(row.desired_window_seconds),
            spared_until: row.spared_until.map(time),
            reschedules: Reschedules {
                count: count(row.reschedule_count),
                last_at: row.last_rescheduled_at.map(time),
                last_by: row.rescheduled_by,
            },
            dial_counts: match &row.dial_counts {
                Some(counts) => serde_json::from_str(counts).map_err(|_| wrong("dial_counts"))?,
                None => DialCounts::default(),
            },
            first_attempted_at: row.first_attempted_at.map(time),
            queue_arrival: time(row.queue_arrival),
            leases_lost: count(row.leases_lost),
            last_place: row.last_position.map(|position| QueuePlace {
                position: count(position),
                estimated_wait_seconds: row.last_wait_seconds.map(count),
            }),
            cancellation,
            agent_pauses: match &row.agent_pauses {
                Some(pauses) => agent_pauses(pauses).ok_or_else(|| wrong("agent_pauses"))?,
                None => Vec::new(),
            },
            recreated_from: row.recreated_from.map(CallbackId),
            recreated_as: row.recreated_as.map(CallbackId),
            recreated_by: row.recreated_by,
            updated_at: time(row.updated_at),
            version: row.version,
            created_by: row.created_by,
            request: Request {
                service_id: ServiceId(row.service_id),
                customer_number: PhoneNumber::try_from(row.customer_number)
                    .map_err(|_| inconsistent("callbacks", row.id, "customer_number"))?,
                customer_number_extension: row
                    .customer_number_extension
                    .map(Extension::try_from)
                    .transpose()
                    .map_err(|_| inconsistent("callbacks", row.id, "customer_number_extension"))?,
                number_warning: row
                    .number_warning
                    .as_deref()
                    .map(str::parse)
                    .transpose()
                    .map_err(|_| inconsistent("callbacks", row.id, "number_warning"))?,
                callback_type: row
                    .callback_type
                    .parse()
                    .map_err(|_| inconsistent("callbacks", row.id, "callback_type"))?,
                arrived_at: row.arrived_at.map(time),
                customer_time_zone: row.customer_time_zone,
                language: row.language,
                priority: i32::try_from(row.priority).unwrap_or_default(),
                user_data: row.user_data,
            },
            state,
        })
    }
}

/// The callback, if there is one that may be seen.
pub async fn find(
    conn: &mut Conn,
    id: CallbackId,
    visible: &VisibleServices,
) -> StoreResult<Option<Callback>> {
    one(conn, FIND, id.0, visible).await
}

/// The same, held against competitors until the transaction ends.
pub async fn find_for_update(
    conn: &mut WriteConn,
    id: CallbackId,
    visible: &VisibleServices,
) -> StoreResult<Option<Callback>> {
    let sql = conn.backend().pick(FIND, FIND_FOR_UPDATE);
    one(conn, sql, id.0, visible).await
}

/// The callback of an attempt.
pub async fn find_by_attempt(
    conn: &mut Conn,
    id: AttemptId,
    visible: &VisibleServices,
) -> StoreResult<Option<Callback>> {
    one(conn, FIND_BY_ATTEMPT, id.0, visible).await
}

/// The same, held against competitors until the transaction ends.
pub async fn find_by_attempt_for_update(
    conn: &mut WriteConn,
    id: AttemptId,
    visible: &VisibleServices,
) -> StoreResult<Option<Callback>> {
    let sql = conn.backend().pick(FIND_BY_ATTEMPT, FIND_BY_ATTEMPT_FOR_UPDATE);
    one(conn, sql, id.0, visible).await
}

/// Which callback each of these attempts is of.
pub async fn of_attempts(conn: &mut Conn, ids: &[AttemptId]) -> StoreResult<HashMap<AttemptId, CallbackId>> {
    let sql = conn.backend().pick(OF_ATTEMPTS_SQLITE, OF_ATTEMPTS_POSTGRES);
    let ids = id_array(ids.iter().map(|id| id.0));
    let rows: Vec<(Uuid, Uuid)> = on!(conn, |c| sqlx::query_as(sql).bind(ids).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(attempt, callback)| (AttemptId(attempt), CallbackId(callback))).collect())
}

async fn one(
    conn: &mut Conn,
    sql: &'static str,
    id: Uuid,
    visible: &VisibleServices,
) -> StoreResult<Option<Callback>> {
    let row: Option<CallbackRow> = on!(conn, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    let callback = row.map(Callback::try_from).transpose()?;
    Ok(callback.filter(|callback| visible.contains(callback.request.service_id)))
}

/// `columns!` as SQLite writes them into a JSON array.
static AS_JSON: LazyLock<String> = LazyLock::new(|| {
    let ids = ["id", "service_id", "recreated_from", "recreated_as", "attempt_id", "cancel_job"];
    let value = |name: &str| {
        if ids.contains(&name) { format!("nullif(hex({name}), '')") } else { name.to_owned() }
    };
    columns!().split(", ").map(value).collect::<Vec<_>>().join(", ")
});

/// The callbacks of a query of `columns!`, in its order, without those that
/// cannot be read.
pub(super) async fn fetch_all(conn: &mut Conn, sql: Sql) -> StoreResult<Vec<Callback>> {
    Ok(fetch_counted(conn, sql).await?.0)
}

/// The same, and how many rows there are in all. From SQLite they come as one
/// value: its driver hands over each value of each row by itself.
pub(super) async fn fetch_counted(conn: &mut Conn, mut sql: Sql) -> StoreResult<(Vec<Callback>, usize)> {
    let rows: Vec<StoreResult<CallbackRow>> = match conn.either() {
        Conn::Sqlite(conn) => {
            sql.text =
                format!("SELECT json_group_array(json_array({})) FROM ({})", AS_JSON.as_str(), sql.text);
            let query = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql.text));
            let json = bind_all!(query, sql.args).fetch_one(&mut **conn).await?;
            json_rows(&json)?
        }
        Conn::Postgres(conn) => {
            let query = sqlx::query_as::<_, CallbackRow>(AssertSqlSafe(sql.text));
            let max_silence = conn.max_silence();
            let rows = bind_all!(query, sql.args).fetch_all(&mut **conn);
            answered_in(max_silence, rows).await?.into_iter().map(Ok).collect()
        }
    };
    let count = rows.len();
    Ok((leave_out(rows.into_iter().map(|row| Callback::try_from(row?))), count))
}

/// Rows of a JSON array. Each is tried by itself only if they cannot be read
/// together.
pub(super) fn json_rows<T: DeserializeOwned>(json: &str) -> StoreResult<Vec<StoreResult<T>>> {
    if let Ok(rows) = serde_json::from_str::<Vec<T>>(json) {
        return Ok(rows.into_iter().map(Ok).collect());
    }
    let rows: Vec<serde_json::Value> = serde_json::from_str(json)
        .map_err(|_| inconsistent("callbacks", "rows", "they do not have their columns"))?;
    let one = |row: serde_json::Value| {
        let id = row[0].as_str().unwrap_or("without id").to_ascii_lowercase();
        let id = Uuid::try_parse(&id).map_or(id, |id| id.to_string());
        serde_json::from_value(row).map_err(|_| inconsistent("callbacks", id, "a column"))
    };
    Ok(rows.into_iter().map(one).collect())
}

/// The callbacks of these ids. What does not exist is left out; they come in
/// any order.
pub async fn find_all(conn: &mut Conn, ids: &[CallbackId]) -> StoreResult<Vec<Callback>> {
    let sql = conn.backend().pick(FIND_ALL_SQLITE, FIND_ALL_POSTGRES);
    all(conn, sql, ids).await
}

async fn all(conn: &mut Conn, sql: &'static str, ids: &[CallbackId]) -> StoreResult<Vec<Callback>> {
    let ids = Arg::Text(id_array(ids.iter().map(|id| id.0)));
    fetch_all(conn, Sql { text: sql.to_owned(), args: vec![ids] }).await
}

/// The callbacks of these ids, held against competitors until the transaction
/// ends. What does not exist is left out; they come in any order.
pub async fn find_all_for_update(conn: &mut WriteConn, ids: &[CallbackId]) -> StoreResult<Vec<Callback>> {
    let sql = conn.backend().pick(FIND_ALL_SQLITE, FIND_ALL_FOR_UPDATE);
    all(conn, sql, ids).await
}

/// Keeps changes, each under the version that it started from, with the history
/// of attempts and the timeline.
///
/// # Errors
/// [`StoreError::Stale`] if a callback has another version by now,
/// [`StoreError::Duplicate`] if a record that is repeated was repeated already.
pub async fn save(conn: &mut WriteConn, changes: &[Transition]) -> StoreResult<()> {
    changes::apply(conn, changes::Change::all(changes, None)).await
}

/// Prolongs the lease of an open attempt. No version is spent on it: a
/// heartbeat must not make other people's reading stale.
pub async fn extend_lease(
    conn: &mut WriteConn,
    callback: CallbackId,
    attempt: AttemptId,
    until: Timestamp,
) -> StoreResult<()> {
    let changed = on!(conn, |c| {
        sqlx::query(EXTEND)
            .bind(callback.0)
            .bind(attempt.0)
            .bind(until.micros())
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Stale) }
}
