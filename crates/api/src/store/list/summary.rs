//! Rows of the list.

use std::fmt::Display;
use std::str::FromStr;

use ringback_domain::callback::{CallbackType, Origin};
use ringback_domain::phone::NumberWarning;
use ringback_domain::wire::callback::{ActorView, CancellationView};
use ringback_domain::{ActorKind, CallbackId, ResultCode, ServiceId, StateName, Timestamp};
use serde::{Deserialize, Deserializer};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow, Row};
use uuid::Uuid;

use crate::store::callbacks::json_rows;
use crate::store::conn::answered_in;
use crate::store::error::inconsistent;
use crate::store::sql::{Arg, Sql, bind_all, fetch};
use crate::store::unreadable::leave_out;
use crate::store::{Conn, StoreError, StoreResult};

/// A row of the list. The fields are in the order of `COLUMNS`, and are decoded
/// straight from the database's answer: pages are read thousands of times a
/// second.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Summary {
    /// Callback ID.
    pub id: CallbackId,
    /// The service.
    pub service_id: ServiceId,
    /// The number, in E.164 form.
    pub customer_number: String,
    /// What is dialled once the call is answered.
    pub customer_number_extension: Option<String>,
    /// What people are told about the number.
    pub number_warning: Option<NumberWarning>,
    /// Immediate or scheduled.
    pub callback_type: CallbackType,
    /// Why the record was created.
    pub origin: Origin,
    /// Its state.
    pub state: StateName,
    /// Its result, once COMPLETED.
    pub result: Option<ResultCode>,
    /// Start of the desired window.
    #[serde(deserialize_with = "micros")]
    pub desired_time: Timestamp,
    /// Length of the window, in seconds.
    pub desired_window_seconds: u32,
    /// When it was created.
    #[serde(deserialize_with = "micros")]
    pub created_at: Timestamp,
    /// The person who created it.
    pub created_by: Option<String>,
    /// When it last changed.
    #[serde(deserialize_with = "micros")]
    pub updated_at: Timestamp,
    /// Its version.
    pub version: i64,
    /// Queue priority: higher goes first.
    pub priority: i32,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// IANA zone.
    pub customer_time_zone: Option<String>,
    /// The record that it was recreated from.
    pub recreated_from: Option<CallbackId>,
    /// The record that was recreated from it.
    pub recreated_as: Option<CallbackId>,
    /// Dial attempts that failed or connected.
    pub attempts_made: u32,
    /// When the first of them began.
    #[serde(deserialize_with = "micros_or_null")]
    pub first_attempted_at: Option<Timestamp>,
    /// The reserved agent.
    pub agent: Option<String>,
    /// When it first entered the queue.
    #[serde(deserialize_with = "micros_or_null")]
    pub queued_at: Option<Timestamp>,
    /// When it can be reserved again after a failed attempt.
    #[serde(deserialize_with = "micros_or_null")]
    pub retry_at: Option<Timestamp>,
    /// Since when it is not handed out until a person decides.
    #[serde(deserialize_with = "micros_or_null")]
    pub quarantined_at: Option<Timestamp>,
    /// What kind of actor asked for a cancellation that can still be undone.
    pub cancel_kind: Option<ActorKind>,
    /// The actor's name.
    pub cancel_by: Option<String>,
    /// When it was asked for.
    #[serde(deserialize_with = "micros_or_null")]
    pub cancel_requested_at: Option<Timestamp>,
    /// When it takes effect.
    #[serde(deserialize_with = "micros_or_null")]
    pub cancel_at: Option<Timestamp>,
    /// When the agent was reserved.
    #[serde(deserialize_with = "micros_or_null")]
    pub reserved_at: Option<Timestamp>,
    /// When the customer was connected.
    #[serde(deserialize_with = "micros_or_null")]
    pub connected_at: Option<Timestamp>,
    /// When it was completed.
    #[serde(deserialize_with = "micros_or_null")]
    pub completed_at: Option<Timestamp>,
    /// Until when the customer may be called at any hour.
    #[serde(deserialize_with = "micros_or_null")]
    pub spared_until: Option<Timestamp>,
}

/// The columns of a summary.
pub(super) const COLUMNS: &str = "id, service_id, customer_number, customer_number_extension, number_warning, callback_type, origin, state, result, \
     desired_time, desired_window_seconds, created_at, created_by, updated_at, version, priority, language, \
     customer_time_zone, recreated_from, recreated_as, attempts_made, first_attempted_at, agent, queued_at, retry_at, quarantined_at, \
     cancel_kind, cancel_by, cancel_requested_at, cancel_at, reserved_at, connected_at, completed_at, spared_until";

/// The same as one JSON value, for SQLite.
const AS_JSON: &str = "SELECT COALESCE(json_group_array(json_array(hex(id), hex(service_id), \
     customer_number, customer_number_extension, number_warning, callback_type, origin, state, result, desired_time, desired_window_seconds, created_at, \
     created_by, updated_at, version, priority, language, customer_time_zone, \
     CASE WHEN recreated_from IS NULL THEN NULL ELSE hex(recreated_from) END, \
     CASE WHEN recreated_as IS NULL THEN NULL ELSE hex(recreated_as) END, \
     attempts_made, first_attempted_at, agent, queued_at, retry_at, quarantined_at, cancel_kind, cancel_by, cancel_requested_at, cancel_at, reserved_at, \
     connected_at, completed_at, spared_until)), '[]') \
     FROM (";

impl Summary {
    /// The cancellation that can still be undone.
    pub fn cancellation(&self) -> Option<CancellationView> {
        Some(CancellationView {
            by: ActorView { kind: self.cancel_kind?, name: self.cancel_by.clone()? },
            requested_at: self.cancel_requested_at?,
            effective_at: self.cancel_at?,
        })
    }
}

fn micros<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    i64::deserialize(deserializer).map(Timestamp::from_micros)
}

fn micros_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<i64>::deserialize(deserializer)?.map(Timestamp::from_micros))
}

/// Reads the columns of a row one after the other.
struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    fn value<T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>>(&mut self) -> sqlx::Result<T> {
        let at = self.next;
        self.next += 1;
        self.row.try_get(at)
    }

    fn parsed<T: FromStr<Err: Display>>(&mut self) -> sqlx::Result<T> {
        parse(self.value()?)
    }

    fn time(&mut self) -> sqlx::Result<Option<Timestamp>> {
        Ok(self.value::<Option<i64>>()?.map(Timestamp::from_micros))
    }

    fn number(&mut self) -> sqlx::Result<u32> {
        Ok(u32::try_from(self.value::<i64>()?).unwrap_or_default())
    }
}

fn parse<T: FromStr<Err: Display>>(text: &str) -> sqlx::Result<T> {
    text.parse().map_err(|error| sqlx::Error::Decode(format!("{text}: {error}").into()))
}

impl FromRow<'_, PgRow> for Summary {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let mut columns = Columns { row, next: 0 };
        let row = &mut columns;
        Ok(Self {
            id: CallbackId(row.value()?),
            service_id: ServiceId(row.value()?),
            customer_number: row.value()?,
            customer_number_extension: row.value()?,
            number_warning: row.value::<Option<&str>>()?.map(parse).transpose()?,
            callback_type: row.parsed()?,
            origin: row.parsed()?,
            state: row.parsed()?,
            result: row.value::<Option<&str>>()?.map(parse).transpose()?,
            desired_time: Timestamp::from_micros(row.value()?),
            desired_window_seconds: row.number()?,
            created_at: Timestamp::from_micros(row.value()?),
            created_by: row.value()?,
            updated_at: Timestamp::from_micros(row.value()?),
            version: row.value()?,
            priority: i32::try_from(row.value::<i64>()?).unwrap_or_default(),
            language: row.value()?,
            customer_time_zone: row.value()?,
            recreated_from: row.value::<Option<_>>()?.map(CallbackId),
            recreated_as: row.value::<Option<_>>()?.map(CallbackId),
            attempts_made: row.number()?,
            first_attempted_at: row.time()?,
            agent: row.value()?,
            queued_at: row.time()?,
            retry_at: row.time()?,
            quarantined_at: row.time()?,
            cancel_kind: row.value::<Option<&str>>()?.map(parse).transpose()?,
            cancel_by: row.value()?,
            cancel_requested_at: row.time()?,
            cancel_at: row.time()?,
            reserved_at: row.time()?,
            connected_at: row.time()?,
            completed_at: row.time()?,
            spared_until: row.time()?,
        })
    }
}

/// Runs a statement that selects [`COLUMNS`]. Gives the rows that can be read, and whether those
/// are all.
pub(super) async fn summaries(conn: &mut Conn, mut sql: Sql) -> StoreResult<(Vec<Summary>, bool)> {
    match conn {
        Conn::Sqlite(_) => {
            sql.text = format!("{AS_JSON}{})", sql.text);
            let json: String = fetch!(conn, sqlx::query_scalar::<_, String>, sql, fetch_one)?;
            match sonic_rs::from_str(&json) {
                Ok(rows) => Ok((rows, true)),
                Err(_) => Ok((leave_out(json_rows(&json)?.into_iter()), false)),
            }
        }
        Conn::Postgres(conn) => {
            let query = sqlx::query(AssertSqlSafe(sql.text));
            let max_silence = conn.max_silence();
            let rows = bind_all!(query, sql.args).fetch_all(&mut **conn);
            let rows = answered_in(max_silence, rows).await?;
            let read = leave_out(rows.iter().map(|row| Summary::from_row(row).map_err(|_| unreadable(row))));
            let are_all = read.len() == rows.len();
            Ok((read, are_all))
        }
    }
}

fn unreadable(row: &PgRow) -> StoreError {
    let id = row.try_get::<Uuid, _>(0).map_or_else(|_| "without id".to_owned(), |id| id.to_string());
    inconsistent("callbacks", id, "a column")
}

/// The current rows of these callbacks, in any order.
pub async fn current(conn: &mut Conn, ids: &[Uuid]) -> StoreResult<Vec<Summary>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(&format!("SELECT {COLUMNS} FROM callbacks WHERE "));
    sql.one_of("id", ids.iter().copied().map(Arg::Id));
    Ok(summaries(conn, sql).await?.0)
}
