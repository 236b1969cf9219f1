//! What a server notes of its database for itself.

use super::tx::Tx;
use crate::error::Error;
use crate::store::{feed, server_state};

/// The epoch of the feed: changed when the database was restored.
const FEED_EPOCH: &str = "feed_epoch";
/// The database that the epoch is of.
const FEED_DATABASE: &str = "feed_database";
/// When a server last tried whether it can write.
const WRITTEN_AT: &str = "written_at";

/// The epoch of the feed. The first server on a database that was restored from
/// a dump begins another one: positions of before mean nothing any more.
///
/// # Errors
/// That the database is not available.
pub async fn feed_epoch(tx: &mut Tx<'_>, database: &str) -> Result<String, Error> {
    let id = tx.new_id().simple().to_string();
    // The end of an id is random.
    let fresh = &id[id.len() - 8..];
    server_state::add_and_hold(tx.write()?, FEED_EPOCH, fresh).await?;
    let of = server_state::get(tx.read(), FEED_DATABASE).await?;
    if of.as_deref() != Some(database) {
        server_state::set(tx.write()?, FEED_EPOCH, fresh).await?;
        server_state::set(tx.write()?, FEED_DATABASE, database).await?;
        if of.is_some() {
            tracing::warn!("the database was restored: listeners are told to read everything again");
            feed::begin_again(tx.write()?).await?;
        }
    }
    let epoch = server_state::get(tx.read(), FEED_EPOCH).await?;
    epoch.ok_or_else(|| Error::Internal(anyhow::anyhow!("the epoch of the feed is gone")))
}

/// Bytes that fit on a disk which was full, before commands are tried again: more than a callback
/// takes with its entries in every index.
const ROOM_BYTES: usize = 256 * 1024;

/// Writes, to find out whether that is possible. On a disk that was full a few bytes find a place
/// where no command does, so it is asked for more there.
///
/// # Errors
/// That it is not.
pub async fn try_to_write(tx: &mut Tx<'_>, was_full: bool) -> Result<(), Error> {
    let mut now = tx.now().micros().to_string();
    if was_full {
        // SQLite does not write pages that stay the same.
        now = now.repeat(ROOM_BYTES / now.len());
    }
    Ok(server_state::set(tx.write()?, WRITTEN_AT, &now).await?)
}
