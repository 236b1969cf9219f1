//! Cancelled callbacks, in the order in which they were cancelled.

use ringback_domain::wire::bulk::{Outcome, ReportLine};
use ringback_domain::{CallbackId, ServiceId, StateName, Timestamp};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::Cursor;
use crate::store::error::inconsistent;
use crate::store::sql::{Arg, Sql, fetch};
use crate::store::unreadable::leave_out;
use crate::store::{Conn, StoreResult};

/// Which cancellations.
#[derive(Clone, Debug, Default)]
pub struct Cancelled {
    /// Cancelled from this moment on.
    pub from: Option<Timestamp>,
    /// Cancelled before this moment.
    pub to: Option<Timestamp>,
    /// Of these services; of all if `None`.
    pub services: Option<Vec<ServiceId>>,
    /// By this person, as names are searched.
    pub by: Option<String>,
}

/// A row of the report: id, service, number, desired time, end, who, state before.
type Row = (Uuid, Uuid, String, i64, i64, Option<String>, Option<String>);

/// The next lines with their services, after a line, and where the page after
/// them begins if there may be one.
pub async fn cancelled(
    conn: &mut Conn,
    wanted: &Cancelled,
    after: Option<Cursor>,
    limit: u32,
) -> StoreResult<(Vec<(ServiceId, ReportLine)>, Option<Cursor>)> {
    let mut sql = Sql::new(
        "SELECT id, service_id, customer_number, desired_time, completed_at, cancelled_by, \
         (SELECT from_state FROM timeline WHERE callback_id = callbacks.id AND action = 'cancelled') \
         FROM callbacks WHERE result IN ('CANCELLED', 'CANCELLED_BY_ADMIN', 'CANCELLED_BY_USER')",
    );
    if let Some(from) = wanted.from {
        sql.push(" AND completed_at >= ").bind(Arg::Int(from.micros()));
    }
    if let Some(to) = wanted.to {
        sql.push(" AND completed_at < ").bind(Arg::Int(to.micros()));
    }
    if let Some(by) = &wanted.by {
        sql.push(" AND cancelled_by_folded = ").bind(Arg::Text(by.clone()));
    }
    if let Some(services) = &wanted.services {
        if services.is_empty() {
            return Ok((Vec::new(), None));
        }
        sql.push(" AND ");
        sql.one_of("service_id", services.iter().map(|service| Arg::Id(service.0)));
    }
    if let Some(after) = after {
        sql.push(" AND (completed_at, id) > (").bind(Arg::Int(after.key));
        sql.push(", ").bind(Arg::Id(after.id)).push(")");
    }
    sql.push(" ORDER BY completed_at, id LIMIT ").bind(Arg::Int(i64::from(limit)));
    let rows: Vec<Row> = fetch!(conn, sqlx::query_as::<_, Row>, sql, fetch_all)?;
    let is_full = rows.len() == limit as usize;
    let next =
        rows.last().filter(|_| is_full).map(|row| Cursor { run: 0, key: row.4, id: row.0, backward: false });
    Ok((leave_out(rows.into_iter().map(line)), next))
}

fn line(row: Row) -> StoreResult<(ServiceId, ReportLine)> {
    let (id, service, customer_number, desired_time, completed_at, cancelled_by, from_state) = row;
    let state_before: Option<StateName> = from_state
        .map(|state| state.parse().map_err(|_| inconsistent("timeline", id, "from_state")))
        .transpose()?;
    let line = ReportLine {
        customer_number: Some(customer_number),
        desired_time: Some(Timestamp::from_micros(desired_time)),
        state_before,
        outcome: Some(Outcome::Cancelled),
        cancelled_at: Some(Timestamp::from_micros(completed_at)),
        cancelled_by,
        ..ReportLine::of_id(CallbackId(id))
    };
    Ok((ServiceId(service), line))
}
