//! Services.

use ringback_domain::service::Settings;
use ringback_domain::{Service, ServiceId, Timestamp};
use uuid::Uuid;

use super::{Conn, StoreError, StoreResult, on};

const LIST: &str = "SELECT id, name, time_zone, default_country, accept_new, dial_pending, immediate_enabled, \
     scheduled_enabled, desired_window_seconds, version FROM services ORDER BY name, id";
const INSERT: &str = "INSERT INTO services (id, name, time_zone, default_country, accept_new, dial_pending, \
     immediate_enabled, scheduled_enabled, desired_window_seconds, created_at, version) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)";
const UPDATE: &str = "UPDATE services SET name = $3, time_zone = $4, default_country = $5, accept_new = $6, \
     dial_pending = $7, immediate_enabled = $8, scheduled_enabled = $9, desired_window_seconds = $10, \
     version = version + 1 WHERE id = $1 AND version = $2";

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the columns are switches")]
struct ServiceRow {
    id: Uuid,
    name: String,
    time_zone: String,
    default_country: String,
    accept_new: bool,
    dial_pending: bool,
    immediate_enabled: bool,
    scheduled_enabled: bool,
    desired_window_seconds: i64,
    version: i64,
}

impl From<ServiceRow> for Service {
    fn from(row: ServiceRow) -> Self {
        Self {
            id: ServiceId(row.id),
            name: row.name,
            time_zone: row.time_zone,
            default_country: row.default_country,
            settings: Settings {
                accept_new: row.accept_new,
                dial_pending: row.dial_pending,
                immediate_enabled: row.immediate_enabled,
                scheduled_enabled: row.scheduled_enabled,
                desired_window_seconds: u32::try_from(row.desired_window_seconds).unwrap_or_default(),
            },
            version: row.version,
        }
    }
}

/// Every service, ordered by name.
pub async fn list(conn: &mut Conn) -> StoreResult<Vec<Service>> {
    let rows: Vec<ServiceRow> = on!(conn, |c| sqlx::query_as(LIST).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Service::from).collect())
}

/// Keeps a new service.
///
/// # Errors
/// [`StoreError::Duplicate`] if the name is taken.
pub async fn insert(conn: &mut Conn, service: &Service, now: Timestamp) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(service.id.0)
            .bind(&service.name)
            .bind(&service.time_zone)
            .bind(&service.default_country)
            .bind(service.settings.accept_new)
            .bind(service.settings.dial_pending)
            .bind(service.settings.immediate_enabled)
            .bind(service.settings.scheduled_enabled)
            .bind(i64::from(service.settings.desired_window_seconds))
            .bind(now.micros())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Keeps a changed service under the version that it was read with.
///
/// # Errors
/// [`StoreError::Stale`] if it has another version by now,
/// [`StoreError::Duplicate`] if the name is taken.
pub async fn update(conn: &mut Conn, service: &Service) -> StoreResult<()> {
    let changed = on!(conn, |c| {
        sqlx::query(UPDATE)
            .bind(service.id.0)
            .bind(service.version)
            .bind(&service.name)
            .bind(&service.time_zone)
            .bind(&service.default_country)
            .bind(service.settings.accept_new)
            .bind(service.settings.dial_pending)
            .bind(service.settings.immediate_enabled)
            .bind(service.settings.scheduled_enabled)
            .bind(i64::from(service.settings.desired_window_seconds))
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Stale) }
}
