//! Locks by name, which end with their transaction.

use super::{Conn, StoreResult, WriteConn};
use crate::store::conn::answered_in;

const TAKE: &str = "SELECT 1::bigint FROM pg_advisory_xact_lock(hashtextextended($1, 0))";

/// Waits until nobody else has the lock of this name, and has it until the transaction ends.
/// `SQLite` has one writer, which is this transaction.
pub(super) async fn take(conn: &mut WriteConn, name: String) -> StoreResult<()> {
    if let Conn::Postgres(conn) = conn.either() {
        answered_in(conn.max_silence(), sqlx::query(TAKE).bind(name).execute(&mut **conn)).await?;
    }
    Ok(())
}
