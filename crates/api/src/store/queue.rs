//! What is due, ready, leased and past its keeping, and how the queue moves.

use std::collections::{HashMap, HashSet};

use ringback_domain::callback::Callback;
use ringback_domain::phone::Extension;
use ringback_domain::retention::{expired_since, given_up_since};
use ringback_domain::{CallbackId, PhoneNumber, ServiceId, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::callbacks::{columns, fetch_all, fetch_counted};
use super::sql::{Arg, Sql, id_array};
use super::{Backend, Conn, StoreResult, WriteConn, on};
use crate::store::conn::answered_in;

const DUE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE state = 'SCHEDULED' AND cancel_at IS NULL AND desired_time <= $1 ORDER BY desired_time, id LIMIT $2"
);
const DUE_LOCKED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE state = 'SCHEDULED' AND cancel_at IS NULL AND desired_time <= $1 ORDER BY desired_time, id LIMIT $2 \
      FOR UPDATE SKIP LOCKED"
);
const NEXT_DUE: &str =
    "SELECT MIN(desired_time) FROM callbacks WHERE state = 'SCHEDULED' AND cancel_at IS NULL";

const NEXT_LEASE_END: &str = "SELECT MIN(lease_expires_at) FROM callbacks WHERE state = 'ROUTING'";

/// The open attempt of a callback's customer, in any service. As a value, so that
/// PostgreSQL looks it up for the few rows that it comes to.
macro_rules! open_attempt {
    () => {
        "(SELECT 1 FROM callbacks AS open WHERE open.state IN ('ROUTING', 'PROCESSING') \
          AND open.customer_number = callbacks.customer_number \
          AND COALESCE(open.customer_number_extension, '') = COALESCE(callbacks.customer_number_extension, '') \
          LIMIT 1)"
    };
}

const HAS_READY_SQLITE: &str = concat!(
    "SELECT priority FROM callbacks WHERE state = 'QUEUED' AND quarantined_at IS NULL AND cancel_at IS NULL \
     AND service_id IN (SELECT unhex(value) FROM json_each($1)) AND (retry_at IS NULL OR retry_at <= $2) AND (not_before IS NULL OR not_before <= $2) AND ",
    open_attempt!(),
    " IS NULL LIMIT 1"
);
const HAS_READY_POSTGRES: &str = concat!(
    "SELECT priority FROM callbacks WHERE state = 'QUEUED' AND quarantined_at IS NULL AND cancel_at IS NULL \
     AND service_id IN (SELECT value::uuid FROM json_array_elements_text($1::json)) \
     AND (retry_at IS NULL OR retry_at <= $2) AND (not_before IS NULL OR not_before <= $2) AND ",
    open_attempt!(),
    " IS NULL LIMIT 1"
);

const DEFER_SQLITE: &str = "UPDATE callbacks SET not_before = n.value ->> 1 FROM json_each($1) AS n \
     WHERE callbacks.id = unhex(n.value ->> 0)";
const DEFER_POSTGRES: &str = "UPDATE callbacks SET not_before = (n.value ->> 1)::bigint \
     FROM json_array_elements($1::json) AS n (value) WHERE callbacks.id = (n.value ->> 0)::uuid";
/// All of the queue, so that it waits for whoever passes one over at this moment.
const FORGET_DEFERRED: &str =
    "UPDATE callbacks SET not_before = NULL WHERE state = 'QUEUED' AND service_id = $1";
const NUMBER_CALLED: &str = "SELECT COUNT(*) FROM callbacks WHERE state IN ('ROUTING', 'PROCESSING') \
     AND customer_number = $1 AND COALESCE(customer_number_extension, '') = $2";

const OF_OLDER_TABLES: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE state = 'SCHEDULED' AND wall_time_tables IS NOT NULL AND wall_time_tables < $1 \
      ORDER BY wall_time_tables, id LIMIT $2"
);
const OF_OLDER_TABLES_LOCKED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE state = 'SCHEDULED' AND wall_time_tables IS NOT NULL AND wall_time_tables < $1 \
      ORDER BY wall_time_tables, id LIMIT $2 FOR UPDATE SKIP LOCKED"
);
const HAS_OLDER_TABLES: &str = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM callbacks WHERE state = 'SCHEDULED' \
     AND wall_time_tables IS NOT NULL AND wall_time_tables < $1 LIMIT 1) AS first";
const CONFIRM_TABLES_SQLITE: &str = "UPDATE callbacks SET wall_time_tables = $1 \
     WHERE id IN (SELECT unhex(value) FROM json_each($2))";
const CONFIRM_TABLES_POSTGRES: &str = "UPDATE callbacks SET wall_time_tables = $1 \
     WHERE id IN (SELECT value::uuid FROM json_array_elements_text($2::json))";

const CANCELLED_BY_NOW: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE cancel_at <= $1 AND cancel_job IS NULL ORDER BY cancel_at, id LIMIT $2"
);
const CANCELLED_BY_NOW_LOCKED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE cancel_at <= $1 AND cancel_job IS NULL ORDER BY cancel_at, id LIMIT $2 \
      FOR UPDATE SKIP LOCKED"
);
const NEXT_CANCELLATION: &str =
    "SELECT MIN(cancel_at) FROM callbacks WHERE cancel_at IS NOT NULL AND cancel_job IS NULL";

const LEASES_OVER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE state = 'ROUTING' AND lease_expires_at <= $1 ORDER BY lease_expires_at, id LIMIT $2"
);
const LEASES_OVER_LOCKED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE state = 'ROUTING' AND lease_expires_at <= $1 ORDER BY lease_expires_at, id LIMIT $2 \
      FOR UPDATE SKIP LOCKED"
);

// The states are listed and nothing is in order, so that the index by state finds them:
// the order of desired times would read all that was completed before.
const GIVEN_UP: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE desired_time <= $1 \
      AND state IN ('SCHEDULED', 'QUEUED', 'ROUTING', 'PROCESSING') LIMIT $2"
);
const GIVEN_UP_LOCKED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE desired_time <= $1 \
      AND state IN ('SCHEDULED', 'QUEUED', 'ROUTING', 'PROCESSING') LIMIT $2 FOR UPDATE SKIP LOCKED"
);
const PURGE: &str = "DELETE FROM callbacks WHERE id IN \
     (SELECT id FROM callbacks WHERE desired_time <= $1 AND state = 'COMPLETED' ORDER BY desired_time, id LIMIT $2)";

const AHEAD: &str = concat!(
    "SELECT COUNT(*) FROM callbacks WHERE state = 'QUEUED' AND quarantined_at IS NULL AND cancel_at IS NULL AND service_id = $1 \
     AND (retry_at IS NULL OR retry_at <= $5) AND (not_before IS NULL OR not_before <= $5) AND (priority > $2 OR (priority = $2 AND (queue_arrival, id) < ($3, $4))) AND ",
    open_attempt!(),
    " IS NULL"
);
const ORDER: &str = concat!(
    "SELECT service_id, id, ",
    open_attempt!(),
    " IS NOT NULL FROM callbacks WHERE state = 'QUEUED' AND quarantined_at IS NULL AND cancel_at IS NULL \
     AND (retry_at IS NULL OR retry_at <= $1) AND (not_before IS NULL OR not_before <= $1) ORDER BY service_id, priority DESC, queue_arrival, id"
);
/// One value instead of many rows: see `list`.
const ORDER_JSON: &str = concat!(
    "SELECT COALESCE(json_group_array(json_array(lower(hex(service_id)), lower(hex(id)), \
     json(CASE WHEN called THEN 'true' ELSE 'false' END))), '[]') FROM (SELECT service_id, id, ",
    open_attempt!(),
    " IS NOT NULL AS called FROM callbacks WHERE state = 'QUEUED' AND quarantined_at IS NULL AND cancel_at IS NULL \
     AND (retry_at IS NULL OR retry_at <= $1) AND (not_before IS NULL OR not_before <= $1) ORDER BY service_id, priority DESC, queue_arrival, id)"
);
const IS_CALLED: &str =
    concat!("SELECT ", open_attempt!(), " IS NOT NULL FROM callbacks WHERE id = $1 AND state = 'QUEUED'");
const LEN: &str = "SELECT COUNT(*), COUNT(quarantined_at) FROM callbacks WHERE state = 'QUEUED'";
const PROCESSING: &str = concat!("SELECT ", columns!(), " FROM callbacks WHERE state = 'PROCESSING'");
const QUARANTINED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE state = 'QUEUED' AND quarantined_at IS NOT NULL ORDER BY quarantined_at, id LIMIT $1"
);
const CANCELLING: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE cancel_at IS NOT NULL AND cancel_job IS NULL ORDER BY cancel_at, id LIMIT $1"
);
/// What a router holds, by its key or user. Few callbacks are in these states.
const OPEN_OF: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE state IN ('ROUTING', 'PROCESSING') AND holder = $1 ORDER BY reserved_at, id"
);
/// By the minute in which they fall due.
const APPOINTMENTS: &str = "SELECT service_id, desired_time / 60000000 AS minute, COUNT(*) FROM callbacks \
     WHERE state = 'SCHEDULED' AND desired_time > $1 AND desired_time <= $2 \
     GROUP BY service_id, minute ORDER BY minute";
const CONNECTED_SINCE: &str =
    "SELECT service_id, COUNT(*) FROM attempts WHERE connected_at > $1 GROUP BY service_id";

/// Callbacks that a query gives, each held until the transaction ends where
/// several nodes could take the same.
async fn taken(
    conn: &mut WriteConn,
    sqlite: &'static str,
    postgres: &'static str,
    until: Timestamp,
    limit: i64,
) -> StoreResult<Vec<Callback>> {
    let text = conn.backend().pick(sqlite, postgres).to_owned();
    let sql = |limit| Sql { text: text.clone(), args: vec![Arg::Int(until.micros()), Arg::Int(limit)] };
    readable(conn, sql, limit).await
}

/// The first callbacks of a query that can be read: rows that cannot must not
/// stand in the way of those behind them for good.
async fn readable(conn: &mut WriteConn, sql: impl Fn(i64) -> Sql, limit: i64) -> StoreResult<Vec<Callback>> {
    chosen(conn, sql, limit, |_| ()).await
}

/// As [`readable`], of those that `choose` leaves.
async fn chosen(
    conn: &mut WriteConn,
    sql: impl Fn(i64) -> Sql,
    limit: i64,
    choose: fn(&mut Vec<Callback>),
) -> StoreResult<Vec<Callback>> {
    let wanted = usize::try_from(limit).unwrap_or_default();
    let mut more = limit;
    loop {
        let (mut callbacks, rows) = fetch_counted(conn, sql(more)).await?;
        choose(&mut callbacks);
        let is_all = i64::try_from(rows).is_ok_and(|rows| rows < more);
        if is_all || callbacks.len() >= wanted || more > limit + MAX_PASSED_OVER {
            callbacks.truncate(wanted);
            return Ok(callbacks);
        }
        more += (more - limit).max(10);
    }
}

/// Rows at the head of a queue that are passed over, since they cannot be read or a row
/// before them has the same number.
const MAX_PASSED_OVER: i64 = 2_000;

/// SCHEDULED callbacks whose desired time has come.
pub async fn take_due(conn: &mut WriteConn, now: Timestamp, limit: i64) -> StoreResult<Vec<Callback>> {
    taken(conn, DUE, DUE_LOCKED, now, limit).await
}

/// When the next SCHEDULED callback is due.
pub async fn next_due(conn: &mut Conn) -> StoreResult<Option<Timestamp>> {
    let micros: Option<i64> = on!(conn, |c| sqlx::query_scalar(NEXT_DUE).fetch_one(c).await)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// Whether a SCHEDULED callback was computed by an older release of the time zone
/// database.
pub async fn has_older_tables(conn: &mut Conn, tables: &str) -> StoreResult<bool> {
    let found: i64 = on!(conn, |c| sqlx::query_scalar(HAS_OLDER_TABLES).bind(tables).fetch_one(c).await)?;
    Ok(found > 0)
}

/// SCHEDULED callbacks whose instant was computed from a wall time by an older
/// release of the time zone database.
pub async fn take_of_older_tables(
    conn: &mut WriteConn,
    tables: &str,
    limit: i64,
) -> StoreResult<Vec<Callback>> {
    let text = conn.backend().pick(OF_OLDER_TABLES, OF_OLDER_TABLES_LOCKED);
    let sql =
        |limit| Sql { text: text.to_owned(), args: vec![Arg::Text(tables.to_owned()), Arg::Int(limit)] };
    readable(conn, sql, limit).await
}

/// Notes that this release gives these callbacks the same instants.
pub async fn confirm_tables(conn: &mut WriteConn, tables: &str, ids: &[CallbackId]) -> StoreResult<()> {
    let ids = id_array(ids.iter().map(|id| id.0));
    let sql = conn.backend().pick(CONFIRM_TABLES_SQLITE, CONFIRM_TABLES_POSTGRES);
    on!(conn, |c| sqlx::query(sql).bind(tables).bind(ids).execute(c).await.map(drop))?;
    Ok(())
}

/// When the next cancellation takes effect, those of bulk cancellations aside.
pub async fn next_cancellation(conn: &mut Conn) -> StoreResult<Option<Timestamp>> {
    let micros: Option<i64> = on!(conn, |c| sqlx::query_scalar(NEXT_CANCELLATION).fetch_one(c).await)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// Callbacks whose cancellation can be undone no more, those of bulk cancellations
/// aside.
pub async fn take_cancelled(conn: &mut WriteConn, now: Timestamp, limit: i64) -> StoreResult<Vec<Callback>> {
    taken(conn, CANCELLED_BY_NOW, CANCELLED_BY_NOW_LOCKED, now, limit).await
}

/// When the next lease runs out.
pub async fn next_lease_end(conn: &mut Conn) -> StoreResult<Option<Timestamp>> {
    let micros: Option<i64> = on!(conn, |c| sqlx::query_scalar(NEXT_LEASE_END).fetch_one(c).await)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// ROUTING callbacks whose lease has run out.
pub async fn take_expired_leases(
    conn: &mut WriteConn,
    now: Timestamp,
    limit: i64,
) -> StoreResult<Vec<Callback>> {
    taken(conn, LEASES_OVER, LEASES_OVER_LOCKED, now, limit).await
}

/// Unfinished callbacks that are given up by now.
pub async fn take_given_up(conn: &mut WriteConn, now: Timestamp, limit: i64) -> StoreResult<Vec<Callback>> {
    taken(conn, GIVEN_UP, GIVEN_UP_LOCKED, given_up_since(now), limit).await
}

/// Removes finished records past their keeping, with all that belongs to them.
/// Gives how many.
pub async fn purge(conn: &mut WriteConn, now: Timestamp, limit: i64) -> StoreResult<u64> {
    let removed = on!(conn, |c| {
        let until = expired_since(now).micros();
        sqlx::query(PURGE).bind(until).bind(limit).execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(removed)
}

/// The next queued callbacks of these services in the order of the queue:
/// priority, then arrival, then id. A number that has an open attempt waits for its end,
/// whatever the service, and of one number only the first is taken. On PostgreSQL those that
/// a competitor is taking are passed over. With an agent, those that the agent is paused for
/// are.
pub async fn take_ready(
    conn: &mut WriteConn,
    services: &[ServiceId],
    now: Timestamp,
    limit: usize,
    agent: Option<&str>,
) -> StoreResult<Vec<Callback>> {
    if services.is_empty() {
        return Ok(Vec::new());
    }
    let backend = conn.backend();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    chosen(conn, |limit| next_ready(backend, services, now, limit, agent), limit, one_of_each_number).await
}

/// Leaves the first callback of each number, with its extension.
fn one_of_each_number(callbacks: &mut Vec<Callback>) {
    let mut numbers = HashSet::new();
    callbacks.retain(|callback| {
        let request = &callback.request;
        numbers.insert((request.customer_number.clone(), request.customer_number_extension.clone()))
    });
}

fn next_ready(
    backend: Backend,
    services: &[ServiceId],
    now: Timestamp,
    limit: i64,
    agent: Option<&str>,
) -> Sql {
    let limit = Arg::Int(limit);
    let ready = |sql: &mut Sql| {
        for column in ["retry_at", "not_before"] {
            sql.push(&format!(" AND ({column} IS NULL OR {column} <= "))
                .bind(Arg::Int(now.micros()))
                .push(")");
        }
        sql.push(" AND ").push(open_attempt!()).push(" IS NULL");
        if let Some(agent) = agent {
            sql.push(" AND (agent_pauses IS NULL OR NOT EXISTS (SELECT 1 FROM ");
            sql.push(backend.pick(
                "json_each(agent_pauses) AS p WHERE p.value ->> 1 > ",
                "json_array_elements(agent_pauses::json) AS p(value) WHERE (p.value ->> 1)::bigint > ",
            ));
            sql.bind(Arg::Int(now.micros())).push(" AND p.value ->> 0 = ");
            sql.bind(Arg::Text(agent.to_owned())).push("))");
        }
    };
    let mut sql = Sql::new(concat!("SELECT ", columns!(), " FROM callbacks WHERE "));
    match backend {
        Backend::Sqlite => {
            // Each queue is read in its order by its index, and the heads are
            // merged; asked for all at once it would read and sort them whole.
            sql.push("id IN (SELECT id FROM (");
            for (index, service) in services.iter().enumerate() {
                sql.push(if index == 0 { "" } else { " UNION ALL " });
                sql.push(
                    "SELECT id, priority, queue_arrival FROM callbacks WHERE state = 'QUEUED' \
                     AND quarantined_at IS NULL AND cancel_at IS NULL AND service_id = ",
                );
                sql.bind(Arg::Id(service.0));
                ready(&mut sql);
            }
            sql.push(" ORDER BY priority DESC, queue_arrival, id LIMIT ").bind(limit);
            sql.push(")) ORDER BY priority DESC, queue_arrival, id");
        }
        Backend::Postgres => {
            sql.push("state = 'QUEUED' AND quarantined_at IS NULL AND cancel_at IS NULL AND ");
            sql.one_of("service_id", services.iter().map(|service| Arg::Id(service.0)));
            ready(&mut sql);
            sql.push(" ORDER BY priority DESC, queue_arrival, id LIMIT ").bind(limit);
            sql.push(" FOR UPDATE SKIP LOCKED");
        }
    }
    sql
}

/// Passes these queued callbacks over until then: their customers are not called at this
/// hour. They are held in this transaction.
pub async fn defer(conn: &mut WriteConn, deferred: &[(CallbackId, Timestamp)]) -> StoreResult<()> {
    let rows = deferred.iter().map(|(id, until)| json!([id.0.simple().to_string(), until.micros()]));
    let rows = json!(rows.collect::<Vec<_>>()).to_string();
    let sql = conn.backend().pick(DEFER_SQLITE, DEFER_POSTGRES);
    on!(conn, |c| sqlx::query(sql).bind(rows).execute(c).await.map(drop))?;
    Ok(())
}

/// Passes no callback of this service over any more, since its rules have changed: they are
/// looked at again when it is their turn.
pub async fn forget_deferred(conn: &mut WriteConn, service: ServiceId) -> StoreResult<()> {
    on!(conn, |c| sqlx::query(FORGET_DEFERRED).bind(service.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Whether this number is in an open attempt.
pub async fn is_number_called(
    conn: &mut Conn,
    number: &PhoneNumber,
    extension: Option<&Extension>,
) -> StoreResult<bool> {
    let extension = extension.map_or("", Extension::as_str);
    let called: i64 = on!(conn, |c| {
        sqlx::query_scalar(NUMBER_CALLED).bind(number.as_str()).bind(extension).fetch_one(c).await
    })?;
    Ok(called > 0)
}

/// Whether a queued callback of one of these services can be handed out.
pub async fn has_ready(conn: &mut Conn, services: &[ServiceId], now: Timestamp) -> StoreResult<bool> {
    let sql = conn.backend().pick(HAS_READY_SQLITE, HAS_READY_POSTGRES);
    let services = id_array(services.iter().map(|id| id.0));
    let found: Option<i64> =
        on!(conn, |c| sqlx::query_scalar(sql).bind(services).bind(now.micros()).fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// How many callbacks are QUEUED, and how many of those are quarantined.
pub async fn len(conn: &mut Conn) -> StoreResult<(i64, i64)> {
    Ok(on!(conn, |c| sqlx::query_as(LEN).fetch_one(c).await)?)
}

/// How many queued callbacks of the service come before this one. Those in the gap
/// after a failed attempt are not in line, nor are those whose customers are not called at
/// this hour or whose number has an open attempt.
pub async fn ahead_of(conn: &mut Conn, callback: &Callback, now: Timestamp) -> StoreResult<u32> {
    let ahead: i64 = on!(conn, |c| {
        sqlx::query_scalar(AHEAD)
            .bind(callback.request.service_id.0)
            .bind(i64::from(callback.request.priority))
            .bind(callback.queue_arrival.micros())
            .bind(callback.id.0)
            .bind(now.micros())
            .fetch_one(c)
            .await
    })?;
    Ok(u32::try_from(ahead).unwrap_or(u32::MAX))
}

/// Whether the customer of a queued callback is being called for another.
pub async fn is_called(conn: &mut Conn, id: CallbackId) -> StoreResult<bool> {
    let called: Option<bool> =
        on!(conn, |c| sqlx::query_scalar(IS_CALLED).bind(id.0).fetch_optional(c).await)?;
    Ok(called.unwrap_or_default())
}

/// Every callback that is in line but for an open attempt of its number, by service, in the
/// order of its queue; whether there is such an attempt.
pub async fn order(conn: &mut Conn, now: Timestamp) -> StoreResult<Vec<(ServiceId, CallbackId, bool)>> {
    let rows: Vec<(Uuid, Uuid, bool)> = match conn {
        Conn::Sqlite(c) => {
            let json: String = sqlx::query_scalar(ORDER_JSON).bind(now.micros()).fetch_one(&mut **c).await?;
            serde_json::from_str(&json)
                .map_err(|_| super::error::inconsistent("callbacks", "queue", "the order cannot be read"))?
        }
        Conn::Postgres(c) => {
            let max_silence = c.max_silence();
            let rows = sqlx::query_as(ORDER).bind(now.micros()).fetch_all(&mut **c);
            answered_in(max_silence, rows).await?
        }
    };
    Ok(rows.into_iter().map(|(service, id, called)| (ServiceId(service), CallbackId(id), called)).collect())
}

/// Every PROCESSING callback, for a connector that starts again and wants to
/// know which of them are its own.
pub async fn processing(conn: &mut Conn) -> StoreResult<Vec<Callback>> {
    fetch_all(conn, Sql::new(PROCESSING)).await
}

/// Callbacks that are set aside, those first that have been for longest.
pub async fn quarantined(conn: &mut Conn, limit: i64) -> StoreResult<Vec<Callback>> {
    fetch_all(conn, Sql { text: QUARANTINED.to_owned(), args: vec![Arg::Int(limit)] }).await
}

/// Callbacks that are about to be cancelled, the next first, those of bulk
/// cancellations aside.
pub async fn cancelling(conn: &mut Conn, limit: i64) -> StoreResult<Vec<Callback>> {
    fetch_all(conn, Sql { text: CANCELLING.to_owned(), args: vec![Arg::Int(limit)] }).await
}

/// ROUTING and PROCESSING callbacks of this holder, in the order of their
/// reservations.
pub async fn open_of(conn: &mut Conn, holder: &str) -> StoreResult<Vec<Callback>> {
    fetch_all(conn, Sql { text: OPEN_OF.to_owned(), args: vec![Arg::Text(holder.to_owned())] }).await
}

/// How many SCHEDULED callbacks of each service fall due in each minute of a stretch of
/// time, the next first.
pub async fn appointments(
    conn: &mut Conn,
    after: Timestamp,
    until: Timestamp,
) -> StoreResult<Vec<(ServiceId, Timestamp, u32)>> {
    let rows: Vec<(Uuid, i64, i64)> = on!(conn, |c| {
        sqlx::query_as(APPOINTMENTS).bind(after.micros()).bind(until.micros()).fetch_all(c).await
    })?;
    let minute = |minute: i64| Timestamp::from_micros(minute * 60_000_000);
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(rows.into_iter().map(|(service, at, some)| (ServiceId(service), minute(at), count(some))).collect())
}

/// Callbacks connected since then, by service.
pub async fn connected_since(conn: &mut Conn, since: Timestamp) -> StoreResult<HashMap<ServiceId, u32>> {
    let rows: Vec<(Uuid, i64)> =
        on!(conn, |c| sqlx::query_as(CONNECTED_SINCE).bind(since.micros()).fetch_all(c).await)?;
    Ok(rows
        .into_iter()
        .map(|(service, connected)| (ServiceId(service), u32::try_from(connected).unwrap_or(u32::MAX)))
        .collect())
}
