//! Positions in the queue and estimated waits, up to a second old.
//!
//! A list shows the position of each queued callback. Counting for every row
//! would cost more than the page, so the order of all queues is read at most
//! once a second, and rows are looked up in it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::{Callback, QueuePlace};
use ringback_domain::{CallbackId, ServiceId, Timestamp};

use crate::directory::Services;
use crate::error::Error;
use crate::recent::Recent;
use crate::store::{Store, queue};

/// The estimated wait is based on the throughput of this many seconds.
const THROUGHPUT_SECONDS: i64 = 1_800;

/// Appointments that fall due within this many seconds are counted in the estimated
/// wait of those before whom they go then.
const APPOINTMENT_SECONDS: i64 = 4 * 3_600;

/// A copy that is older says nothing about where a callback stands.
const MAX_AGE: Duration = Duration::from_mins(1);

/// The position of every queued callback, and the throughput of each service.
#[derive(Debug, Default)]
pub struct Positions {
    places: HashMap<CallbackId, u32>,
    called: HashSet<CallbackId>,
    /// How many wait in each queue.
    waiting: HashMap<ServiceId, u32>,
    connected: HashMap<ServiceId, u32>,
    /// In how many seconds appointments fall due that go before all who wait now, and
    /// how many, the next first.
    appointments: HashMap<ServiceId, Vec<(u64, u64)>>,
}

impl Positions {
    /// Position in the queue, from 1; `None` unless the callback is queued.
    pub fn position(&self, id: CallbackId) -> Option<u32> {
        self.places.get(&id).copied()
    }

    /// Seconds that one more callback of a service is expected to wait; `None` if the service has
    /// connected nobody recently.
    pub fn expected_wait_seconds(&self, service: ServiceId) -> Option<u32> {
        let waiting = self.waiting.get(&service).copied().unwrap_or_default();
        self.estimated_wait_seconds(service, waiting + 1)
    }

    /// Whether its customer is being called for another callback, so that it waits.
    pub fn is_called(&self, id: CallbackId) -> bool {
        self.called.contains(&id)
    }

    /// Seconds until a callback at this position is expected to be reserved;
    /// `None` if the service has connected nobody recently.
    pub fn estimated_wait_seconds(&self, service: ServiceId, position: u32) -> Option<u32> {
        let connected = u64::from(*self.connected.get(&service)?).max(1);
        let wait = |places: u64| places * THROUGHPUT_SECONDS.unsigned_abs() / connected;
        let alone = wait(u64::from(position));
        let appointments = self.appointments.get(&service).into_iter().flatten();
        let due = appointments.take_while(|(seconds, _)| *seconds < alone).map(|(_, count)| count);
        let seconds = wait(u64::from(position) + due.sum::<u64>());
        Some(u32::try_from(seconds).unwrap_or(u32::MAX))
    }
}

/// The last copy of the positions in all queues.
#[derive(Debug, Default)]
pub struct PositionCache(Recent<Positions>);

impl PositionCache {
    /// The positions, at most about a second old.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn get(
        &self,
        store: &Store,
        services: &Services,
        now: Timestamp,
    ) -> Result<Arc<Positions>, Error> {
        let read = async || {
            let since = now.plus_seconds(-THROUGHPUT_SECONDS);
            let mut conn = store.read().await?;
            let order = queue::order(&mut conn, now).await?;
            let connected = queue::connected_since(&mut conn, since).await?;
            let until = now.plus_seconds(APPOINTMENT_SECONDS);
            let mut appointments: HashMap<_, Vec<_>> = HashMap::new();
            for (service, at, count) in queue::appointments(&mut conn, now, until).await? {
                let seconds = at.seconds_since(now).max(0).unsigned_abs();
                let lead = services.get(service).map_or(0, |one| one.settings.appointment_lead_seconds);
                if seconds < u64::from(lead) {
                    appointments.entry(service).or_default().push((seconds, u64::from(count)));
                }
            }
            let mut places = HashMap::with_capacity(order.len());
            let mut called = HashSet::new();
            let mut waiting = HashMap::new();
            let (mut current, mut position) = (None, 0);
            for (service, id, is_called) in order {
                if is_called {
                    called.insert(id);
                    continue;
                }
                position = if current == Some(service) { position + 1 } else { 1 };
                current = Some(service);
                places.insert(id, position);
                waiting.insert(service, position);
            }
            Ok(Positions { places, called, waiting, connected, appointments })
        };
        self.0.get(0, read).await
    }

    /// Seconds that one more callback of a service is expected to wait, if somebody looked lately.
    pub fn expected_wait_seconds(&self, service: ServiceId) -> Option<u32> {
        self.0.latest(MAX_AGE)?.expected_wait_seconds(service)
    }

    /// Where people saw a callback last, if somebody looked lately. It costs no
    /// statement, so that a command can keep it.
    pub fn last_seen(&self, callback: &Callback) -> Option<QueuePlace> {
        let positions = self.0.latest(MAX_AGE)?;
        let position = positions.position(callback.id)?;
        let estimated_wait_seconds = positions.estimated_wait_seconds(callback.request.service_id, position);
        Some(QueuePlace { position, estimated_wait_seconds })
    }
}
