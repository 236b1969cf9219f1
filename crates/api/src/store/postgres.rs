//! Connections to a PostgreSQL server, directly or through `PgBouncer` in
//! transaction mode: nothing here relies on a session.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool};

use super::conn::answered_in;
use super::error::{StoreError, StoreResult};

/// Connections to a server from one node.
pub(super) const MAX_CONNECTIONS: u32 = 16;

/// How long a caller waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the check of a connection may take that nobody used for a second.
const MAX_CHECK: Duration = Duration::from_secs(1);

/// What bounds a statement, and finds connections that lead nowhere. They are set once a
/// connection is there, since `PgBouncer` refuses them as parameters of its start.
const LIMITS: &str = "SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '30s'; SET tcp_keepalives_idle = 30; \
     SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '60s'";

/// Nodes that migrate at once wait for this lock.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(7262636272)";

const IS_ENCRYPTED: &str =
    "SELECT COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), FALSE)";

/// A pool of connections to the server that the URL names.
pub(super) async fn open(url: &str, statement_timeout: Duration) -> StoreResult<PgPool> {
    let limits = format!("SET statement_timeout = {}; {LIMITS}", statement_timeout.as_millis());
    // PgBouncer does not know `extra_float_digits`, and no column is a float.
    let options = PgConnectOptions::from_str(url)?.application_name("ringback").extra_float_digits(None);
    let is_remote = options.get_socket().is_none() && is_remote(options.get_host());
    let pool = PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |conn, _| {
            let limits = limits.clone();
            Box::pin(async move { conn.execute(sqlx::raw_sql(AssertSqlSafe(limits))).await.map(|_| ()) })
        })
        // A connection in steady use needs no question before each use. One to a server that
        // has become a standby is given up for another, which may lead to the new primary.
        .test_before_acquire(false)
        .before_acquire(|conn, meta| {
            Box::pin(async move {
                if meta.idle_for < Duration::from_secs(1) {
                    return Ok(true);
                }
                let is_primary = sqlx::query_scalar("SELECT NOT pg_is_in_recovery()").fetch_one(conn);
                answered_in(MAX_CHECK, is_primary).await
            })
        })
        .connect_with(options)
        .await
        .map_err(while_opening)?;
    check_prepared_statements(&pool).await?;
    if is_remote {
        let encrypted: bool = sqlx::query_scalar(IS_ENCRYPTED).fetch_one(&pool).await?;
        if !encrypted {
            tracing::warn!(
                "the connection to PostgreSQL on another host is not encrypted: add sslmode=verify-full to the URL"
            );
        }
    }
    Ok(pool)
}

/// What is wrong with a URL by which no connection can be opened.
fn while_opening(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Io(inner) if inner.kind() == ErrorKind::InvalidData => {
            StoreError::Untrusted(inner.to_string())
        }
        sqlx::Error::Io(inner) if inner.kind() == ErrorKind::NotFound => StoreError::Unavailable(format!(
            "{inner}: check the paths of the socket and of sslrootcert in the URL"
        )),
        _ => error.into(),
    }
}

/// Prepares a statement on two connections. A pooler that does not know of prepared statements
/// leads both to one connection of the server, where the second finds the name taken.
async fn check_prepared_statements(pool: &PgPool) -> StoreResult<()> {
    let (mut one, mut other) = (pool.acquire().await?, pool.acquire().await?);
    for conn in [&mut one, &mut other] {
        sqlx::query("SELECT 1").execute(&mut **conn).await?;
    }
    Ok(())
}

/// Brings the schema up to date, on connections without limits.
pub(super) async fn migrate(pool: &PgPool, mut migrations: Migrator) -> StoreResult<()> {
    let options = pool.connect_options();
    let mut holder = PgConnection::connect_with(&options).await?;
    let mut lock = holder.begin().await?;
    lock.execute(MIGRATION_LOCK).await?;
    let mut conn = PgConnection::connect_with(&options).await?;
    // Its own lock is one of the session, which a pooler does not keep.
    migrations.set_locking(false).run(&mut conn).await?;
    lock.commit().await?;
    conn.close().await?;
    holder.close().await?;
    Ok(())
}

/// Whether a host is another machine.
fn is_remote(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    !(loopback || host.eq_ignore_ascii_case("localhost") || host.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_sockets_are_this_machine() {
        for host in ["localhost", "127.0.0.1", "127.0.1.1", "::1", "[::1]", "/run/postgresql"] {
            assert!(!is_remote(host), "{host}");
        }
        for host in ["db.example.com", "10.0.0.5", "2001:db8::1"] {
            assert!(is_remote(host), "{host}");
        }
    }
}
