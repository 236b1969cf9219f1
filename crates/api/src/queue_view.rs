//! Places in the queue and estimated waits, as of a moment ago.
//!
//! A list shows the place of each queued callback. Counting for every row
//! would cost more than the page, so the order of all queues is read at most
//! once a second and rows are looked up in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ringback_domain::{CallbackId, ServiceId};
use tokio::sync::Mutex as Turn;

use crate::app::App;
use crate::error::Error;
use crate::store::queue;

/// How long a look at the queue is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// Throughput is that of this many seconds.
const RECENT_SECONDS: i64 = 1_800;

/// The last look.
#[derive(Debug, Default)]
pub struct QueueView {
    last: Mutex<Option<(Arc<Places>, Instant)>>,
    /// Held by whoever looks anew.
    turn: Turn<()>,
}

impl QueueView {
    fn last(&self) -> Option<(Arc<Places>, Instant)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn believed(&self) -> Option<Arc<Places>> {
        self.last().filter(|(_, since)| since.elapsed() < BELIEVED).map(|(places, _)| places)
    }
}

/// Every queued callback's place, and how fast each service's queue moves.
#[derive(Debug, Default)]
pub struct Places {
    places: HashMap<CallbackId, u32>,
    connected: HashMap<ServiceId, u32>,
}

impl Places {
    /// Place in the queue, 1 for the next; unknown outside of it.
    pub fn position(&self, id: CallbackId) -> Option<u32> {
        self.places.get(&id).copied()
    }

    /// Seconds until the turn of whoever has this place, if the service's
    /// queue moved recently.
    pub fn estimated_wait_seconds(&self, service: ServiceId, position: u32) -> Option<u32> {
        let connected = u64::from(*self.connected.get(&service)?);
        let seconds = u64::from(position) * RECENT_SECONDS.unsigned_abs() / connected.max(1);
        Some(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// Callbacks in all queues.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

impl App {
    /// The queue as it was about a second ago. One caller looks anew, and the
    /// others go on with the last look meanwhile.
    pub async fn places(&self) -> Result<Arc<Places>, Error> {
        if let Some(places) = self.queue.believed() {
            return Ok(places);
        }
        let _turn = match (self.queue.turn.try_lock(), self.queue.last()) {
            (Ok(turn), _) => turn,
            (Err(_), Some((places, _))) => return Ok(places),
            (Err(_), None) => self.queue.turn.lock().await,
        };
        // Whoever had the turn before may have looked.
        if let Some(places) = self.queue.believed() {
            return Ok(places);
        }
        let since = self.clock.now().plus_seconds(-RECENT_SECONDS);
        let mut conn = self.store.read().await?;
        let order = queue::order(&mut conn).await?;
        let connected = queue::connected_since(&mut conn, since).await?;
        let mut places = HashMap::with_capacity(order.len());
        let mut place = (None, 0);
        for (service, id) in order {
            place = if place.0 == Some(service) { (place.0, place.1 + 1) } else { (Some(service), 1) };
            places.insert(id, place.1);
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge needs no more than 52 bits")]
        self.metrics.queue_size.set(places.len() as f64);
        let places = Arc::new(Places { places, connected });
        *self.queue.last.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Arc::clone(&places), Instant::now()));
        Ok(places)
    }
}
