//! Every question that people and machines can ask.

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
use crate::store::list::Known;

pub use feed::{Batch, Event, Hub};
pub use positions::Positions;
pub use rendered::Rendered;

use positions::Queue;
use rendered::RenderedRows;

/// Answers questions.
#[derive(Debug)]
pub struct Queries {
    /// What is asked.
    pub store: Store,
    /// The moment of a question.
    pub clock: Clock,
    /// The services.
    pub directory: Arc<Directory>,
    /// Changes, for whoever listens.
    pub hub: Hub,
    /// Wakes the reader of the feed.
    signals: Arc<Signals>,
    queue: Queue,
    known: Known,
    rendered: RenderedRows,
}

impl Queries {
    /// Over a database.
    pub fn new(store: Store, clock: Clock, directory: Arc<Directory>, signals: Arc<Signals>) -> Self {
        Self {
            store,
            clock,
            directory,
            hub: Hub::default(),
            signals,
            queue: Queue::default(),
            known: Known::default(),
            rendered: RenderedRows::default(),
        }
    }
}
