//! Every query of people and machines: lists, counts, records, exports, the feed.

pub mod bulk;
pub mod daily;
pub mod feed;
pub mod filter;
pub mod list;
mod positions;
mod rendered;
pub mod view;

use std::sync::Arc;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::signals::Signals;
use crate::store::Store;
use crate::store::list::RowCache;

pub use feed::{Batch, Event, Hub};
pub use positions::Positions;
pub use rendered::RenderedRow;

use positions::PositionCache;
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
    positions: PositionCache,
    row_cache: RowCache,
    render_cache: RenderCache,
}

impl Queries {
    /// Queries on this database, with empty caches.
    pub fn new(store: Store, clock: Clock, directory: Arc<Directory>, signals: Arc<Signals>) -> Self {
        Self {
            store,
            clock,
            directory,
            hub: Hub::default(),
            signals,
            positions: PositionCache::default(),
            row_cache: RowCache::default(),
            render_cache: RenderCache::default(),
        }
    }
}
