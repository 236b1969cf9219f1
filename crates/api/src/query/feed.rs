//! Live changes: one reader of the feed per node, one serialisation for all its
//! listeners.

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

/// Batches that a listener may lag behind before it has to read the database.
const BACKLOG: usize = 256;

/// How often the feed is polled while a listener or router waits: another
/// node's changes arrive within this time.
const POLL_INTERVAL: Duration = Duration::from_millis(40);

/// How often an idle reader checks for listeners and routers.
const IDLE_INTERVAL: Duration = Duration::from_millis(100);

/// Changes per statement.
pub const BATCH: i64 = 500;

/// A changed callback, as JSON for both kinds of listener.
#[derive(Debug)]
pub struct Event {
    /// Its position in the feed.
    pub position: Position,
    /// The service of the callback.
    pub service_id: ServiceId,
    /// For listeners who may manage callbacks.
    pub for_managers: String,
    /// For listeners who may only view them.
    pub for_viewers: String,
}

/// Consecutive changes, without a gap.
#[derive(Debug)]
pub struct Batch {
    /// The position before the first change. A listener that has not seen
    /// everything up to here has missed a batch and must read the database.
    pub from: Position,
    /// The position of the last change.
    pub to: Position,
    /// The changes.
    pub events: Vec<Arc<Event>>,
}

/// Delivers changes to every listener of this node.
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

    /// Changes from now on; `None` while the server is stopping.
    pub fn listen(&self) -> Option<broadcast::Receiver<Arc<Batch>>> {
        self.sender().map(|sender| sender.subscribe())
    }

    /// Ends every stream and accepts no more listeners.
    pub fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn has_listeners(&self) -> bool {
        self.sender().is_some_and(|sender| sender.receiver_count() > 0)
    }

    fn publish(&self, batch: Batch) {
        if let Some(sender) = self.sender() {
            // Sending fails if the last listener has just left.
            drop(sender.send(Arc::new(batch)));
        }
    }
}

impl Queries {
    /// The changes after a position, each with the callback as it is now, and the
    /// position of the last. A callback with several changes appears once, at the
    /// last of them.
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
        let positions = self.positions().await?;
        let now = self.clock.now();
        let mut events = Vec::with_capacity(rows.len());
        // In reverse, so that the first match is a callback's last change.
        for change in changes.iter().rev() {
            let Some(row) = rows.remove(&change.callback_id) else { continue };
            let text = |manage| {
                let view = view::of_summary(&row, &services, Some(&positions), Viewer::new(manage, now));
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

    /// The position of the newest change.
    pub async fn last_position(&self) -> Result<Position, Error> {
        let mut conn = self.store.read().await?;
        Ok(feed::last(&mut conn).await?)
    }

    /// Follows the feed until the server stops: publishes changes to the
    /// listeners, and wakes routers that wait on this node for callbacks of
    /// another.
    pub async fn follow_feed(&self) {
        let mut position = None;
        loop {
            // Changes of other nodes send no signal, so they are polled for.
            let pause = if position.is_some() { POLL_INTERVAL } else { IDLE_INTERVAL };
            let _ = tokio::time::timeout(pause, self.signals.changed.notified()).await;
            let routers_wait = self.store.backend() == Backend::Postgres && self.signals.ready.has_waiters();
            if !self.hub.has_listeners() && !routers_wait {
                position = None;
                continue;
            }
            if let Err(error) = self.catch_up(&mut position).await {
                tracing::warn!(error = error.cause(), "the feed could not be read");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }

    /// Handles every change after the position, and moves it to the last one.
    async fn catch_up(&self, position: &mut Option<Position>) -> Result<(), Error> {
        let mut from = if let Some(position) = *position {
            position
        } else {
            let now = self.last_position().await?;
            // An empty batch tells the first listeners where the changes start.
            self.hub.publish(Batch { from: now, to: now, events: Vec::new() });
            self.signals.ready.announce_all();
            *position = Some(now);
            now
        };
        loop {
            let to = if self.hub.has_listeners() {
                let (events, to) = self.changes_after(from).await?;
                if to != from {
                    self.hub.publish(Batch { from, to, events });
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

    /// Wakes the routers that wait for callbacks which changed after a position.
    /// Returns the position of the last change.
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
