//! Changes for whoever listens: one reader of the feed for each node, one
//! serialisation for all listeners.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringback_domain::{ServiceId, StateName};
use tokio::sync::broadcast;

use super::Queries;
use super::view::{self, Viewer};
use crate::error::Error;
use crate::store::Backend;
use crate::store::feed::{self, Position};
use crate::store::list::{self, Summary};

/// Batches that a listener may be behind before it is sent to the database.
const BACKLOG: usize = 256;

/// How often the feed is looked at while somebody listens or waits: another
/// node's changes arrive within this time.
const LOOK: Duration = Duration::from_millis(40);

/// How often it is asked whether somebody does.
const REST: Duration = Duration::from_millis(100);

/// Changes that are read at once.
pub const BATCH: i64 = 500;

/// A changed callback, as text for both kinds of listener.
#[derive(Debug)]
pub struct Event {
    /// Where it stands in the feed.
    pub position: Position,
    /// The service of the callback.
    pub service_id: ServiceId,
    /// For those who may command callbacks.
    pub for_managers: String,
    /// For those who may only look.
    pub for_viewers: String,
}

/// Changes that follow each other without a gap.
#[derive(Debug)]
pub struct Batch {
    /// The position before the first. Whoever has not seen everything up to
    /// here has missed something and reads the feed by themselves.
    pub from: Position,
    /// The position after the last.
    pub to: Position,
    /// The changes.
    pub events: Vec<Arc<Event>>,
}

/// Hands changes to every listener of this node.
#[derive(Debug)]
pub struct Hub(Mutex<Option<broadcast::Sender<Arc<Batch>>>>);

impl Default for Hub {
    fn default() -> Self {
        Self(Mutex::new(Some(broadcast::channel(BACKLOG).0)))
    }
}

impl Hub {
    fn sender(&self) -> Option<broadcast::Sender<Arc<Batch>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes from now on; `None` where the server is stopping.
    pub fn listen(&self) -> Option<broadcast::Receiver<Arc<Batch>>> {
        self.sender().map(|sender| sender.subscribe())
    }

    /// Ends every stream, and takes no further listeners.
    pub fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn is_heard(&self) -> bool {
        self.sender().is_some_and(|sender| sender.receiver_count() > 0)
    }

    /// Nobody may be listening any more; that is no fault.
    fn tell(&self, batch: Batch) {
        if let Some(sender) = self.sender() {
            drop(sender.send(Arc::new(batch)));
        }
    }
}

impl Queries {
    /// The changes after a position, with each callback as it is now. A
    /// callback that changed often in between appears once, at its last change.
    pub async fn changes_after(&self, position: Position) -> Result<(Vec<Arc<Event>>, Position), Error> {
        let services = self.directory.services().await?;
        let mut conn = self.store.read().await?;
        let changes = feed::after(&mut conn, position, BATCH).await?;
        let Some(last) = changes.last().map(|change| change.position) else {
            return Ok((Vec::new(), position));
        };
        let mut ids: Vec<uuid::Uuid> = changes.iter().map(|change| change.callback_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut rows: std::collections::HashMap<_, _> =
            list::current(&mut conn, &ids).await?.into_iter().map(|row| (row.id.0, row)).collect();
        drop(conn);
        self.announce_ready(rows.values());
        let places = self.positions().await?;
        let now = self.clock.now();
        let mut events = Vec::with_capacity(rows.len());
        // Backwards, so that each callback is met at its last change first.
        for change in changes.iter().rev() {
            let Some(row) = rows.remove(&change.callback_id) else { continue };
            let text = |manage| {
                let view = view::of_summary(&row, &services, Some(&places), Viewer::new(manage, now));
                serde_json::to_string(&view).map_err(Error::internal)
            };
            events.push(Arc::new(Event {
                position: change.position,
                service_id: row.service_id,
                for_managers: text(true)?,
                for_viewers: text(false)?,
            }));
        }
        events.reverse();
        Ok((events, last))
    }

    /// Where the feed ends now.
    pub async fn last_position(&self) -> Result<Position, Error> {
        let mut conn = self.store.read().await?;
        Ok(feed::last(&mut conn).await?)
    }

    /// Follows the feed, tells the listeners and wakes the routers that wait here
    /// for another node's callbacks, until the server stops.
    pub async fn follow_feed(&self) {
        let mut position = None;
        loop {
            // Another node's changes are not signalled here.
            let pause = if position.is_some() { LOOK } else { REST };
            let _ = tokio::time::timeout(pause, self.signals.changed.notified()).await;
            let awaited = self.store.backend() == Backend::Postgres && self.signals.ready.is_awaited();
            if !self.hub.is_heard() && !awaited {
                position = None;
                continue;
            }
            if let Err(error) = self.follow_once(&mut position).await {
                tracing::warn!(error = error.cause(), "the feed could not be read");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }

    async fn follow_once(&self, position: &mut Option<Position>) -> Result<(), Error> {
        let mut from = if let Some(position) = *position {
            position
        } else {
            let now = self.last_position().await?;
            // Tells whoever came first where this reading begins.
            self.hub.tell(Batch { from: now, to: now, events: Vec::new() });
            self.signals.ready.announce_all();
            *position = Some(now);
            now
        };
        loop {
            let to = if self.hub.is_heard() {
                let (events, to) = self.changes_after(from).await?;
                if to != from {
                    self.hub.tell(Batch { from, to, events });
                }
                to
            } else {
                self.wake_routers(from).await?
            };
            *position = Some(to);
            if to == from {
                return Ok(());
            }
            from = to;
        }
    }

    /// Wakes the routers that wait for what changed after a position. Gives the
    /// position of the last change.
    async fn wake_routers(&self, position: Position) -> Result<Position, Error> {
        let mut conn = self.store.read().await?;
        let changes = feed::after(&mut conn, position, BATCH).await?;
        let Some(last) = changes.last() else { return Ok(position) };
        let mut ids: Vec<uuid::Uuid> = changes.iter().map(|change| change.callback_id).collect();
        ids.sort_unstable();
        ids.dedup();
        self.announce_ready(list::current(&mut conn, &ids).await?.iter());
        Ok(last.position)
    }

    fn announce_ready<'a>(&self, rows: impl Iterator<Item = &'a Summary>) {
        let now = self.clock.now();
        for row in rows {
            if row.state == StateName::Queued && row.retry_at.is_none_or(|at| at <= now) {
                self.signals.ready.announce(row.service_id);
            }
        }
    }
}
