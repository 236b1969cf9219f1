//! The open callbacks of a service: those for a number, and how many there are.

use ringback_domain::phone::Extension;
use ringback_domain::zone::Span;
use ringback_domain::{Callback, CallbackId, PhoneNumber, ServiceId, Timestamp};

use super::callbacks::{columns, fetch_all};
use super::error::inconsistent;
use super::sql::{Arg, Sql, id_array};
use super::{Conn, StoreResult, WriteConn, locks, on};

/// A customer of a service.
#[derive(Clone, Copy, Debug)]
pub struct Customer<'a> {
    /// The service.
    pub service: ServiceId,
    /// Their number.
    pub number: &'a PhoneNumber,
    /// Its extension.
    pub extension: Option<&'a Extension>,
}

impl Customer<'_> {
    fn extension(&self) -> String {
        self.extension.map(|extension| extension.as_str().to_owned()).unwrap_or_default()
    }
}

/// A cancellation that can be undone no more has taken effect, whether or not its worker has come.
const OF_CUSTOMER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callbacks WHERE service_id = $1 AND customer_number = $2 \
     AND COALESCE(customer_number_extension, '') = $3 AND state <> 'COMPLETED' \
     AND (cancel_at IS NULL OR cancel_at > $4) ORDER BY id"
);
const PENDING_SQLITE: &str = "SELECT COUNT(*) FROM callbacks WHERE service_id = $1 AND state <> 'COMPLETED' \
     AND state <> 'PROCESSING' AND (cancel_at IS NULL OR cancel_at > $2) \
     AND id NOT IN (SELECT unhex(value) FROM json_each($3))";
const PENDING_POSTGRES: &str = "SELECT COUNT(*) FROM callbacks WHERE service_id = $1 AND state <> 'COMPLETED' \
     AND state <> 'PROCESSING' AND (cancel_at IS NULL OR cancel_at > $2) \
     AND id NOT IN (SELECT value::uuid FROM json_array_elements_text($3::json))";
const MADE_SQLITE: &str = "SELECT COUNT(*) FROM callbacks WHERE customer_number = $2 AND service_id = $1 \
     AND COALESCE(customer_number_extension, '') = $3 AND created_at >= $4 AND created_at < $5";
const MADE_POSTGRES: &str = "SELECT COUNT(*) FROM callbacks WHERE id IN \
     (SELECT id FROM callback_numbers WHERE customer_number = $2) AND service_id = $1 \
     AND COALESCE(customer_number_extension, '') = $3 AND created_at >= $4 AND created_at < $5";

/// Keeps others from making callbacks for the customer until the transaction ends.
pub async fn lock_customer(conn: &mut WriteConn, customer: Customer<'_>) -> StoreResult<()> {
    let name = format!("customer {} {} {}", customer.service, customer.number, customer.extension());
    locks::take(conn, name).await
}

/// Keeps others from making callbacks of a service that counts them until the transaction ends.
pub async fn lock_service(conn: &mut WriteConn, service: ServiceId) -> StoreResult<()> {
    locks::take(conn, format!("pending {service}")).await
}

/// The open callbacks for the customer, oldest first.
pub async fn of_customer(
    conn: &mut Conn,
    customer: Customer<'_>,
    now: Timestamp,
) -> StoreResult<Vec<Callback>> {
    let args = vec![
        Arg::Id(customer.service.0),
        Arg::Text(customer.number.to_string()),
        Arg::Text(customer.extension()),
        Arg::Int(now.micros()),
    ];
    fetch_all(conn, Sql { text: OF_CUSTOMER.to_owned(), args }).await
}

/// How many callbacks of a service wait to be connected, without these.
pub async fn pending(
    conn: &mut Conn,
    service: ServiceId,
    now: Timestamp,
    without: &[CallbackId],
) -> StoreResult<u64> {
    let sql = conn.backend().pick(PENDING_SQLITE, PENDING_POSTGRES);
    let without = id_array(without.iter().map(|id| id.0));
    let count: i64 = on!(conn, |c| {
        sqlx::query_scalar(sql).bind(service.0).bind(now.micros()).bind(without).fetch_one(c).await
    })?;
    u64::try_from(count).map_err(|_| inconsistent("callbacks", count, "count"))
}

/// How many callbacks were made for the customer within a stretch of time.
pub async fn made(conn: &mut Conn, customer: Customer<'_>, within: Span) -> StoreResult<u64> {
    let sql = conn.backend().pick(MADE_SQLITE, MADE_POSTGRES);
    let count: i64 = on!(conn, |c| {
        sqlx::query_scalar(sql)
            .bind(customer.service.0)
            .bind(customer.number.as_str())
            .bind(customer.extension())
            .bind(within.from.micros())
            .bind(within.to.micros())
            .fetch_one(c)
            .await
    })?;
    u64::try_from(count).map_err(|_| inconsistent("callbacks", count, "count"))
}
