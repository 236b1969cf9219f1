//! What a row of the list shows.

use ringback_domain::callback::{CallbackType, Origin};
use ringback_domain::{CallbackId, ResultCode, ServiceId, StateName, Timestamp};
use serde::Deserialize;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::store::error::inconsistent;
use crate::store::sql::{Arg, Sql, fetch};
use crate::store::{Conn, StoreError, StoreResult};

/// What a row of the list shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Callback ID.
    pub id: CallbackId,
    /// The service.
    pub service_id: ServiceId,
    /// The number, in E.164 form.
    pub customer_number: String,
    /// Immediate or scheduled.
    pub callback_type: CallbackType,
    /// How the record came about.
    pub origin: Origin,
    /// Where it stands.
    pub state: StateName,
    /// How it ended.
    pub result: Option<ResultCode>,
    /// Start of the desired window.
    pub desired_time: Timestamp,
    /// Length of the window, in seconds.
    pub desired_window_seconds: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// The person who made it.
    pub created_by: Option<String>,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Its version.
    pub version: i64,
    /// Higher is sooner.
    pub priority: i32,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// IANA zone.
    pub customer_time_zone: Option<String>,
    /// The record that it repeats.
    pub recreated_from: Option<CallbackId>,
    /// The record that repeats it.
    pub recreated_as: Option<CallbackId>,
    /// Dial attempts that failed or connected.
    pub attempts_made: u32,
    /// The agent.
    pub agent: Option<String>,
    /// When it entered the queue first.
    pub queued_at: Option<Timestamp>,
    /// Not handed out before.
    pub retry_at: Option<Timestamp>,
    /// When the agent was reserved.
    pub reserved_at: Option<Timestamp>,
    /// When the call stood.
    pub connected_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// The columns of a summary: of the table, and as one JSON value for SQLite.
macro_rules! summary_columns {
    ($prefix:literal) => {
        concat!(
            $prefix,
            "id, ",
            $prefix,
            "service_id, ",
            $prefix,
            "customer_number, ",
            $prefix,
            "callback_type, ",
            $prefix,
            "origin, ",
            $prefix,
            "state, ",
            $prefix,
            "result, ",
            $prefix,
            "desired_time, ",
            $prefix,
            "desired_window_seconds, ",
            $prefix,
            "created_at, ",
            $prefix,
            "created_by, ",
            $prefix,
            "updated_at, ",
            $prefix,
            "version, ",
            $prefix,
            "priority, ",
            $prefix,
            "language, ",
            $prefix,
            "customer_time_zone, ",
            $prefix,
            "recreated_from, ",
            $prefix,
            "recreated_as, ",
            $prefix,
            "attempts_made, ",
            $prefix,
            "agent, ",
            $prefix,
            "queued_at, ",
            $prefix,
            "retry_at, ",
            $prefix,
            "reserved_at, ",
            $prefix,
            "connected_at, ",
            $prefix,
            "completed_at"
        )
    };
}
pub(in crate::store) use summary_columns;

pub(in crate::store) const AS_JSON: &str = "SELECT COALESCE(json_group_array(json_array(hex(id), hex(service_id), \
     customer_number, callback_type, origin, state, result, desired_time, desired_window_seconds, created_at, \
     created_by, updated_at, version, priority, language, customer_time_zone, \
     CASE WHEN recreated_from IS NULL THEN NULL ELSE hex(recreated_from) END, \
     CASE WHEN recreated_as IS NULL THEN NULL ELSE hex(recreated_as) END, \
     attempts_made, agent, queued_at, retry_at, reserved_at, connected_at, completed_at)), '[]') FROM (";

/// A row as it comes: the order of the fields is that of the columns.
#[derive(Debug, Deserialize, sqlx::FromRow)]
pub(in crate::store) struct SummaryRow {
    id: Uuid,
    service_id: Uuid,
    customer_number: String,
    callback_type: String,
    origin: String,
    state: String,
    result: Option<String>,
    desired_time: i64,
    desired_window_seconds: i64,
    created_at: i64,
    created_by: Option<String>,
    updated_at: i64,
    version: i64,
    priority: i64,
    language: Option<String>,
    customer_time_zone: Option<String>,
    recreated_from: Option<Uuid>,
    recreated_as: Option<Uuid>,
    attempts_made: i64,
    agent: Option<String>,
    queued_at: Option<i64>,
    retry_at: Option<i64>,
    reserved_at: Option<i64>,
    connected_at: Option<i64>,
    completed_at: Option<i64>,
}

impl TryFrom<SummaryRow> for Summary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> StoreResult<Self> {
        let wrong = |what| inconsistent("callbacks", row.id, what);
        let time = Timestamp::from_micros;
        Ok(Self {
            id: CallbackId(row.id),
            service_id: ServiceId(row.service_id),
            callback_type: row.callback_type.parse().map_err(|_| wrong("callback_type"))?,
            origin: row.origin.parse().map_err(|_| wrong("origin"))?,
            state: row.state.parse().map_err(|_| wrong("state"))?,
            result: row.result.as_deref().map(str::parse).transpose().map_err(|_| wrong("result"))?,
            customer_number: row.customer_number,
            desired_time: time(row.desired_time),
            desired_window_seconds: u32::try_from(row.desired_window_seconds).unwrap_or_default(),
            created_at: time(row.created_at),
            created_by: row.created_by,
            updated_at: time(row.updated_at),
            version: row.version,
            priority: i32::try_from(row.priority).unwrap_or_default(),
            language: row.language,
            customer_time_zone: row.customer_time_zone,
            recreated_from: row.recreated_from.map(CallbackId),
            recreated_as: row.recreated_as.map(CallbackId),
            attempts_made: u32::try_from(row.attempts_made).unwrap_or_default(),
            agent: row.agent,
            queued_at: row.queued_at.map(time),
            retry_at: row.retry_at.map(time),
            reserved_at: row.reserved_at.map(time),
            connected_at: row.connected_at.map(time),
            completed_at: row.completed_at.map(time),
        })
    }
}

/// Runs a query for summaries.
pub(in crate::store) async fn summaries(conn: &mut Conn, mut sql: Sql) -> StoreResult<Vec<Summary>> {
    let rows: Vec<SummaryRow> = if let Conn::Sqlite(_) = conn {
        sql.text = format!("{AS_JSON}{})", sql.text);
        let json: String = fetch!(conn, sqlx::query_scalar::<_, String>, sql, fetch_one)?;
        serde_json::from_str(&json).map_err(|_| inconsistent("callbacks", "list", "a page cannot be read"))?
    } else {
        fetch!(conn, sqlx::query_as::<_, SummaryRow>, sql, fetch_all)?
    };
    rows.into_iter().map(Summary::try_from).collect()
}
