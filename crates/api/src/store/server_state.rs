//! What the servers know of this database, by name.

use ringback_domain::Timestamp;

use super::{Backend, Conn, StoreResult, WriteConn, on};

const GET: &str = "SELECT value FROM server_state WHERE name = $1";
const SET: &str = "INSERT INTO server_state (name, value) VALUES ($1, $2) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const ADD: &str = "INSERT INTO server_state (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
const CLOCK: &str = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint";
const HOLD: &str = "UPDATE server_state SET value = value WHERE name = $1";

/// A value; `None` if it was never set.
pub async fn get(conn: &mut Conn, name: &str) -> StoreResult<Option<String>> {
    Ok(on!(conn, |c| sqlx::query_scalar(GET).bind(name).fetch_optional(c).await)?)
}

/// The time on the clock of a PostgreSQL server.
pub async fn clock(conn: &mut Conn) -> StoreResult<Timestamp> {
    Ok(on!(conn, |c| sqlx::query_scalar(CLOCK).fetch_one(c).await).map(Timestamp::from_micros)?)
}

/// Sets a value.
pub async fn set(conn: &mut WriteConn, name: &str, value: &str) -> StoreResult<()> {
    on!(conn, |c| sqlx::query(SET).bind(name).bind(value).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Sets a value unless there is one, and holds it until the transaction ends.
pub async fn add_and_hold(conn: &mut WriteConn, name: &str, value: &str) -> StoreResult<()> {
    on!(conn, |c| sqlx::query(ADD).bind(name).bind(value).execute(c).await.map(|_| ()))?;
    on!(conn, |c| sqlx::query(HOLD).bind(name).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Names the database itself: another name on the same data says that they were
/// restored from a dump. A copy of a SQLite file is the same database.
pub async fn identity(conn: &mut Conn) -> StoreResult<String> {
    match conn.backend() {
        Backend::Sqlite => Ok("sqlite".to_owned()),
        Backend::Postgres => Ok(on!(conn, |c| {
            sqlx::query_scalar(
                "SELECT system_identifier::text || ':' || oid::text FROM pg_control_system(), pg_database \
                 WHERE datname = current_database()",
            )
            .fetch_one(c)
            .await
        })?),
    }
}
