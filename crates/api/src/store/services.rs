//! Services.

use ringback_domain::{Service, ServiceId, Timestamp};
use uuid::Uuid;

use super::error::inconsistent;
use super::sql::id_array;
use super::unreadable::leave_out;
use super::{Conn, StoreError, StoreResult, WriteConn, on};

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, name, time_zone, default_country, settings, version FROM services ", $rest)
    };
}

const LIST: &str = select!("ORDER BY name, id");
const FIND: &str = select!("WHERE id = $1");
const FIND_ALL_SQLITE: &str = select!("WHERE id IN (SELECT unhex(value) FROM json_each($1))");
const FIND_ALL_POSTGRES: &str =
    select!("WHERE id IN (SELECT value::uuid FROM json_array_elements_text($1::json))");
const HOLD_SQLITE: &str = "SELECT version FROM services WHERE id = $1 AND version = $2";
const HOLD_POSTGRES: &str = "SELECT version FROM services WHERE id = $1 AND version = $2 FOR SHARE";
const INSERT: &str = "INSERT INTO services (id, name, time_zone, default_country, settings, created_at, version) \
     VALUES ($1, $2, $3, $4, $5, $6, 1)";
const UPDATE: &str = "UPDATE services SET name = $3, time_zone = $4, default_country = $5, settings = $6, \
     version = version + 1 WHERE id = $1 AND version = $2";

#[derive(sqlx::FromRow)]
struct ServiceRow {
    id: Uuid,
    name: String,
    time_zone: String,
    default_country: String,
    settings: String,
    version: i64,
}

impl TryFrom<ServiceRow> for Service {
    type Error = StoreError;

    fn try_from(row: ServiceRow) -> StoreResult<Self> {
        Ok(Self {
            id: ServiceId(row.id),
            settings: serde_json::from_str(&row.settings)
                .map_err(|_| inconsistent("services", row.id, "settings"))?,
            name: row.name,
            time_zone: row.time_zone,
            default_country: row.default_country,
            version: row.version,
        })
    }
}

/// Every service, ordered by name.
pub async fn list(conn: &mut Conn) -> StoreResult<Vec<Service>> {
    let rows: Vec<ServiceRow> = on!(conn, |c| sqlx::query_as(LIST).fetch_all(c).await)?;
    Ok(leave_out(rows.into_iter().map(Service::try_from)))
}

/// The service with this id.
pub async fn find(conn: &mut Conn, id: ServiceId) -> StoreResult<Option<Service>> {
    let row: Option<ServiceRow> = on!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(Service::try_from).transpose()
}

/// The services with these ids that exist, in any order.
pub async fn find_all(conn: &mut Conn, ids: &[ServiceId]) -> StoreResult<Vec<Service>> {
    let sql = conn.backend().pick(FIND_ALL_SQLITE, FIND_ALL_POSTGRES);
    let ids = id_array(ids.iter().map(|id| id.0));
    let rows: Vec<ServiceRow> = on!(conn, |c| sqlx::query_as(sql).bind(ids).fetch_all(c).await)?;
    Ok(leave_out(rows.into_iter().map(Service::try_from)))
}

/// Keeps a service as it is until the transaction ends.
///
/// # Errors
/// [`StoreError::Stale`] if it has another version by now.
pub async fn hold(conn: &mut WriteConn, service: &Service) -> StoreResult<()> {
    let sql = conn.backend().pick(HOLD_SQLITE, HOLD_POSTGRES);
    let held: Option<i64> = on!(conn, |c| {
        sqlx::query_scalar(sql).bind(service.id.0).bind(service.version).fetch_optional(c).await
    })?;
    held.map(drop).ok_or(StoreError::Stale)
}

fn settings(service: &Service) -> StoreResult<String> {
    serde_json::to_string(&service.settings)
        .map_err(|_| inconsistent("services", service.id, "settings cannot be written"))
}

/// Inserts a new service.
///
/// # Errors
/// [`StoreError::Duplicate`] if the name is taken.
pub async fn insert(conn: &mut WriteConn, service: &Service, now: Timestamp) -> StoreResult<()> {
    let settings = settings(service)?;
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(service.id.0)
            .bind(&service.name)
            .bind(&service.time_zone)
            .bind(&service.default_country)
            .bind(settings)
            .bind(now.micros())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Updates a service. `service.version` is the version that was read.
///
/// # Errors
/// [`StoreError::Stale`] if the service has another version by now,
/// [`StoreError::Duplicate`] if the name is taken.
pub async fn update(conn: &mut WriteConn, service: &Service) -> StoreResult<()> {
    let settings = settings(service)?;
    let changed = on!(conn, |c| {
        sqlx::query(UPDATE)
            .bind(service.id.0)
            .bind(service.version)
            .bind(&service.name)
            .bind(&service.time_zone)
            .bind(&service.default_country)
            .bind(settings)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Stale) }
}
