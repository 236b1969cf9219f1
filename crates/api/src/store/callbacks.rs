//! Callback records: reading one, and writing a transition.

use ringback_domain::callback::command::Action;
use ringback_domain::callback::state::{Processing, Queued, Reservation, Routing};
use ringback_domain::callback::transition::{Entry, Transition};
use ringback_domain::callback::{Callback, Reschedules};
use ringback_domain::{
    AttemptId, CallbackId, Completion, DialResult, PhoneNumber, Request, ServiceId, State, StateName,
    Timestamp, VisibleServices,
};
use uuid::Uuid;

use super::error::inconsistent;
use super::{Conn, StoreError, StoreResult, on, timeline};

macro_rules! columns {
    () => {
        "id, service_id, customer_number, callback_type, arrived_at, customer_time_zone, language, priority, \
         user_data, origin, created_at, created_by, desired_time, desired_window_seconds, reschedule_count, \
         last_rescheduled_at, rescheduled_by, attempts_made, recreated_from, recreated_as, recreated_by, state, \
         queued_at, retry_at, attempt_id, lease_token, lease_expires_at, agent, reserved_at, connected_at, \
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

const INSERT: &str = "INSERT INTO callbacks (\
     id, service_id, customer_number, callback_type, arrived_at, queue_arrival, customer_time_zone, language, \
     priority, user_data, origin, created_at, created_by, desired_time, desired_window_seconds, expires_at, \
     reschedule_count, attempts_made, recreated_from, recreated_by, state, updated_at, version) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, 0, $17, $18, 'SCHEDULED', \
     $19, 1)";

/// The state and version that were read are part of the write.
const UPDATE: &str = "UPDATE callbacks SET queue_arrival = $3, desired_time = $4, expires_at = $5, \
     reschedule_count = $6, last_rescheduled_at = $7, rescheduled_by = $8, attempts_made = $9, recreated_as = $10, \
     recreated_by = $11, state = $12, queued_at = $13, retry_at = $14, attempt_id = $15, lease_token = $16, \
     lease_expires_at = $17, agent = $18, reserved_at = $19, connected_at = $20, completed_at = $21, result = $22, \
     cancelled_by = $23, disposition = $24, updated_at = $25, version = version + 1 \
     WHERE id = $1 AND version = $2";

const INSERT_ATTEMPT: &str =
    "INSERT INTO attempts (id, callback_id, service_id, agent, reserved_at) VALUES ($1, $2, $3, $4, $5)";
const CONNECT_ATTEMPT: &str = "UPDATE attempts SET connected_at = $2, dial_result = $3 WHERE id = $1";
const END_ATTEMPT: &str = "UPDATE attempts SET ended_at = $2, ended_by = $3, \
     dial_result = COALESCE($4, dial_result) WHERE id = $1 AND ended_at IS NULL";
const EXTEND: &str = "UPDATE callbacks SET lease_expires_at = $3 WHERE id = $1 AND attempt_id = $2";

/// A row of `callbacks`.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct CallbackRow {
    pub(super) id: Uuid,
    service_id: Uuid,
    customer_number: String,
    callback_type: String,
    arrived_at: Option<i64>,
    customer_time_zone: Option<String>,
    language: Option<String>,
    priority: i64,
    user_data: Option<String>,
    origin: String,
    created_at: i64,
    created_by: Option<String>,
    desired_time: i64,
    desired_window_seconds: i64,
    reschedule_count: i64,
    last_rescheduled_at: Option<i64>,
    rescheduled_by: Option<String>,
    attempts_made: i64,
    recreated_from: Option<Uuid>,
    recreated_as: Option<Uuid>,
    recreated_by: Option<String>,
    state: String,
    queued_at: Option<i64>,
    retry_at: Option<i64>,
    attempt_id: Option<Uuid>,
    lease_token: Option<String>,
    lease_expires_at: Option<i64>,
    agent: Option<String>,
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
            reserved_at: time(self.reserved_at?),
            lease_expires_at: time(self.lease_expires_at?),
        })
    }

    /// The state with its data, if the columns make one.
    fn state(&self) -> Option<State> {
        Some(match self.state.parse().ok()? {
            StateName::Scheduled => State::Scheduled,
            StateName::Queued => {
                State::Queued(Queued { queued_at: time(self.queued_at?), retry_at: self.retry_at.map(time) })
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
        let state = row.state().ok_or_else(|| wrong("the columns make no state"))?;
        Ok(Self {
            id: CallbackId(row.id),
            origin: row.origin.parse().map_err(|_| wrong("origin"))?,
            created_at: time(row.created_at),
            desired_time: time(row.desired_time),
            desired_window_seconds: count(row.desired_window_seconds),
            reschedules: Reschedules {
                count: count(row.reschedule_count),
                last_at: row.last_rescheduled_at.map(time),
                last_by: row.rescheduled_by,
            },
            attempts_made: count(row.attempts_made),
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
    conn: &mut Conn,
    id: CallbackId,
    visible: &VisibleServices,
) -> StoreResult<Option<Callback>> {
    let sql = conn.backend().pick(FIND, FIND_FOR_UPDATE);
    one(conn, sql, id.0, visible).await
}

/// The callback of an attempt, held against competitors until the transaction
/// ends.
pub async fn find_by_attempt(
    conn: &mut Conn,
    id: AttemptId,
    visible: &VisibleServices,
) -> StoreResult<Option<Callback>> {
    let sql = conn.backend().pick(FIND_BY_ATTEMPT, FIND_BY_ATTEMPT_FOR_UPDATE);
    one(conn, sql, id.0, visible).await
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

/// Keeps a new record, with the first line of its timeline.
///
/// # Errors
/// [`StoreError::Duplicate`] if the record it repeats was repeated already.
pub async fn insert(conn: &mut Conn, transition: &Transition) -> StoreResult<()> {
    let made = &transition.callback;
    let request = &made.request;
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(made.id.0)
            .bind(request.service_id.0)
            .bind(request.customer_number.as_str())
            .bind(request.callback_type.as_str())
            .bind(request.arrived_at.map(Timestamp::micros))
            .bind(made.queue_arrival().micros())
            .bind(request.customer_time_zone.as_deref())
            .bind(request.language.as_deref())
            .bind(i64::from(request.priority))
            .bind(request.user_data.as_deref())
            .bind(made.origin.as_str())
            .bind(made.created_at.micros())
            .bind(made.created_by.as_deref())
            .bind(made.desired_time.micros())
            .bind(i64::from(made.desired_window_seconds))
            .bind(made.expires_at().micros())
            .bind(made.recreated_from.map(|id| id.0))
            .bind(made.recreated_by.as_deref())
            .bind(made.updated_at.micros())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    timeline::append(conn, made, &transition.entry).await
}

/// Keeps a transition, under the version that it started from.
///
/// # Errors
/// [`StoreError::Stale`] if the record has another version by now.
pub async fn save(conn: &mut Conn, transition: &Transition) -> StoreResult<()> {
    let now = &transition.callback;
    let reservation = now.state.reservation();
    let (retry_at, completion) = match &now.state {
        State::Queued(queued) => (queued.retry_at, None),
        State::Completed(completion) => (None, Some(completion)),
        State::Scheduled | State::Routing(_) | State::Processing(_) => (None, None),
    };
    let agent =
        reservation.map(|held| held.agent.as_str()).or(completion.and_then(|over| over.agent.as_deref()));
    let reserved_at =
        reservation.map(|held| held.reserved_at).or(completion.and_then(|over| over.reserved_at));
    let changed = on!(conn, |c| {
        sqlx::query(UPDATE)
            .bind(now.id.0)
            .bind(now.version - 1)
            .bind(now.queue_arrival().micros())
            .bind(now.desired_time.micros())
            .bind(now.expires_at().micros())
            .bind(i64::from(now.reschedules.count))
            .bind(now.reschedules.last_at.map(Timestamp::micros))
            .bind(now.reschedules.last_by.as_deref())
            .bind(i64::from(now.attempts_made))
            .bind(now.recreated_as.map(|id| id.0))
            .bind(now.recreated_by.as_deref())
            .bind(now.state.name().as_str())
            .bind(now.state.queued_at().map(Timestamp::micros))
            .bind(retry_at.map(Timestamp::micros))
            .bind(reservation.map(|held| held.attempt_id.0))
            .bind(reservation.map(|held| held.lease_token.as_str()))
            .bind(reservation.map(|held| held.lease_expires_at.micros()))
            .bind(agent)
            .bind(reserved_at.map(Timestamp::micros))
            .bind(now.state.connected_at().map(Timestamp::micros))
            .bind(completion.map(|over| over.completed_at.micros()))
            .bind(completion.map(|over| over.result.as_str()))
            .bind(completion.and_then(|over| over.cancelled_by.as_deref()))
            .bind(completion.and_then(|over| over.disposition.as_deref()))
            .bind(now.updated_at.micros())
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if changed == 0 {
        return Err(StoreError::Stale);
    }
    record_attempt(conn, now, &transition.entry).await?;
    timeline::append(conn, now, &transition.entry).await
}

/// Keeps the history of attempts in step with the callback.
async fn record_attempt(conn: &mut Conn, callback: &Callback, entry: &Entry) -> StoreResult<()> {
    let (Some(id), Some(agent)) = (entry.detail.attempt_id, entry.detail.agent.as_deref()) else {
        return Ok(());
    };
    let at = callback.updated_at.micros();
    let dial_result = entry.detail.dial_result.map(DialResult::as_str);
    on!(conn, |c| {
        match entry.action {
            Action::Reserved => sqlx::query(INSERT_ATTEMPT)
                .bind(id.0)
                .bind(callback.id.0)
                .bind(callback.request.service_id.0)
                .bind(agent)
                .bind(at)
                .execute(c)
                .await
                .map(|_| ()),
            Action::Connected => sqlx::query(CONNECT_ATTEMPT)
                .bind(id.0)
                .bind(at)
                .bind(dial_result)
                .execute(c)
                .await
                .map(|_| ()),
            action => sqlx::query(END_ATTEMPT)
                .bind(id.0)
                .bind(at)
                .bind(action.as_str())
                .bind(dial_result)
                .execute(c)
                .await
                .map(|_| ()),
        }
    })?;
    Ok(())
}

/// Prolongs the lease of an open attempt. No version is spent on it: a
/// heartbeat must not make other people's reading stale.
pub async fn extend_lease(
    conn: &mut Conn,
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
