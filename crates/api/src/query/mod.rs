//! Every query of people and machines: lists, counts, records, exports, the feed.

pub mod audit;
mod availability;
pub mod bulk;
pub mod bulk_reschedule;
mod cancellations;
pub mod daily;
mod do_not_call;
pub mod export;
pub mod feed;
pub mod filter;
mod gates;
pub mod list;
mod number;
mod reference;
mod rendered;
pub mod view;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::error::Error;
use crate::limits::Bulkhead;
use crate::positions::{PositionCache, Positions};
use crate::signals::Signals;
use crate::store::list::RowCache;
use crate::store::{Backend, Store};

pub use feed::{Batch, Event, Hub};
pub use rendered::RenderedRow;

use rendered::RenderCache;

/// Answers queries, with their caches.
#[derive(Debug)]
pub struct Queries {
    /// The database.
    pub store: Store,
    /// The time of a query.
    pub clock: Clock,
    /// The services.
    pub directory: Arc<Directory>,
    /// Delivers changes to listeners.
    pub hub: Hub,
    /// Wakes the reader of the feed.
    signals: Arc<Signals>,
    /// Names the feed that positions are of.
    pub feed_epoch: String,
    positions: Arc<PositionCache>,
    /// Searches, exact counts and selections, which read much of the database.
    scans: Bulkhead,
    /// Pages of exports and reports.
    exports: Bulkhead,
    row_cache: RowCache,
    render_cache: RenderCache,
}

impl Queries {
    /// Queries on this database and its feed, with empty caches.
    pub fn new(
        store: Store,
        clock: Clock,
        directory: Arc<Directory>,
        signals: Arc<Signals>,
        feed_epoch: String,
        positions: Arc<PositionCache>,
    ) -> Self {
        // Fewer than there are connections for reading: what the Callback UI needs
        // goes on beside them.
        let (scans, exports) = match store.backend() {
            Backend::Sqlite => (2, 1),
            Backend::Postgres => (6, 4),
        };
        Self {
            store,
            clock,
            directory,
            hub: Hub::default(),
            signals,
            feed_epoch,
            positions,
            scans: Bulkhead::new(scans),
            exports: Bulkhead::new(exports),
            row_cache: RowCache::default(),
            render_cache: RenderCache::default(),
        }
    }
}

/// How long a scan, and a page of an export, waits for others.
const MAX_SCAN_WAIT: Duration = Duration::from_secs(5);
const MAX_EXPORT_WAIT: Duration = Duration::from_mins(1);

impl Queries {
    /// The positions, at most about a second old.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn positions(&self) -> Result<Arc<Positions>, Error> {
        let services = self.directory.services().await?;
        self.positions.get(&self.store, &services, self.clock.now()).await
    }

    /// Room for reading much of the database.
    ///
    /// # Errors
    /// [`Error::RateLimited`] if others take all of it for too long.
    async fn scan(&self) -> Result<OwnedSemaphorePermit, Error> {
        let room = self.scans.enter(MAX_SCAN_WAIT).await;
        room.ok_or(Error::RateLimited { retry_after_seconds: 1 })
    }

    /// Room for a page of an export.
    ///
    /// # Errors
    /// [`Error::RateLimited`] if others take all of it for too long.
    async fn export_turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        let room = self.exports.enter(MAX_EXPORT_WAIT).await;
        room.ok_or(Error::RateLimited { retry_after_seconds: 1 })
    }
}
