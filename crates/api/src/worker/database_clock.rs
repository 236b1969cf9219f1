//! Keeps the node's clock in step with the database's, so that nodes agree on what is due.

use std::time::Duration;

use super::Workers;
use crate::clock::Clock;
use crate::error::Error;
use crate::store::{Backend, Conn, server_state};

/// The pause between comparisons.
pub const INTERVAL: Duration = Duration::from_secs(5);

/// Compares the clocks. Returns 0, as there is never more to do.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    follow(&mut workers.store.read().await?, &workers.clock).await?;
    workers.metrics.clock_offset(workers.clock.offset_seconds());
    Ok(0)
}

/// Lets a clock follow the database's. A SQLite database has none, and one node.
///
/// # Errors
/// If the database is not available.
pub async fn follow(conn: &mut Conn, clock: &Clock) -> Result<(), Error> {
    if conn.backend() == Backend::Sqlite {
        return Ok(());
    }
    Ok(clock.follow(async || server_state::clock(conn).await).await?)
}
