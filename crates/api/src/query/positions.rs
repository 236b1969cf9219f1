//! Positions in the queue and estimated waits, as of a moment ago.
//!
//! A list shows the place of each queued callback. Counting for every row
//! would cost more than the page, so the order of all queues is read at most
//! once a second and rows are looked up in it.

use std::collections::HashMap;
use std::sync::Arc;

use ringback_domain::{CallbackId, ServiceId};

use super::Queries;
use crate::error::Error;
use crate::recent::Recent;
use crate::store::queue;

/// Throughput is that of this many seconds.
const RECENT_SECONDS: i64 = 1_800;

/// The last look at all queues.
pub(super) type Queue = Recent<Positions>;

/// Every queued callback's place, and how fast each service's queue moves.
#[derive(Debug, Default)]
pub struct Positions {
    positions: HashMap<CallbackId, u32>,
    connected: HashMap<ServiceId, u32>,
}

impl Positions {
    /// Place in the queue, 1 for the next; unknown outside of it.
    pub fn position(&self, id: CallbackId) -> Option<u32> {
        self.positions.get(&id).copied()
    }

    /// Seconds until the turn of whoever has this place, if the service's
    /// queue moved recently.
    pub fn estimated_wait_seconds(&self, service: ServiceId, position: u32) -> Option<u32> {
        let connected = u64::from(*self.connected.get(&service)?);
        let seconds = u64::from(position) * RECENT_SECONDS.unsigned_abs() / connected.max(1);
        Some(u32::try_from(seconds).unwrap_or(u32::MAX))
    }
}

impl Queries {
    /// The queue as it was about a second ago.
    ///
    /// # Errors
    /// That the database cannot be read.
    pub async fn positions(&self) -> Result<Arc<Positions>, Error> {
        let read = async || {
            let since = self.clock.now().plus_seconds(-RECENT_SECONDS);
            let mut conn = self.store.read().await?;
            let order = queue::order(&mut conn).await?;
            let connected = queue::connected_since(&mut conn, since).await?;
            let mut positions = HashMap::with_capacity(order.len());
            let mut place = (None, 0);
            for (service, id) in order {
                place = if place.0 == Some(service) { (place.0, place.1 + 1) } else { (Some(service), 1) };
                positions.insert(id, place.1);
            }
            Ok(Positions { positions, connected })
        };
        self.queue.get(0, read).await
    }
}
