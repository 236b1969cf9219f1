//! Wakes workers, routers and listeners that wait on this node. A signal is only
//! a hint: a waiter also polls, since another node may have made or done the
//! work.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use ringback_domain::callback::transition::Transition;
use ringback_domain::{ServiceId, State, Timestamp};
use tokio::sync::Notify;

/// The signals of a node.
#[derive(Debug, Default)]
pub struct Signals {
    /// When the next SCHEDULED callback is due.
    pub due: Alarm,
    /// When the next lease ends.
    pub lease_end: Alarm,
    /// When the next cancellation takes effect.
    pub cancellation: Alarm,
    /// Callbacks that can be reserved.
    pub ready: Ready,
    /// A callback changed.
    pub changed: Notify,
    /// A bulk cancellation was created.
    pub bulk: Notify,
    /// A bulk reschedule was created or is to be undone.
    pub bulk_reschedule: Notify,
    /// Raised when services change.
    pub services: Version,
    /// Raised when access is revoked, or visible services change.
    pub access: Version,
}

impl Signals {
    /// Wakes the waiters that a committed transition concerns.
    pub fn announce(&self, transition: &Transition, now: Timestamp) {
        let callback = &transition.callback;
        if let Some(pending) = &callback.cancellation {
            self.cancellation.set(pending.effective_at);
            self.changed.notify_one();
            return;
        }
        match &callback.state {
            State::Scheduled => self.due.set(callback.desired_time),
            State::Queued(queued) => match queued.retry_at.filter(|at| *at > now) {
                None => self.ready.announce(callback.request.service_id),
                Some(at) => self.ready.announce_later(callback.request.service_id, at, now),
            },
            State::Routing(routing) => self.lease_end.set(routing.reservation.lease_expires_at),
            State::Processing(_) | State::Completed(_) => {}
        }
        self.changed.notify_one();
    }
}

/// The version of data that other parts cache.
#[derive(Debug, Default)]
pub struct Version(AtomicU64);

impl Version {
    /// Invalidates every cached copy.
    pub fn raise(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// The version of a copy that is made now.
    pub fn current(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The pause if the time has come but another node has locked the work.
const OVERDUE_PAUSE: Duration = Duration::from_millis(20);

/// Sleeps until a time that others may bring forward.
#[derive(Debug)]
pub struct Alarm {
    /// The time that the sleeper waits for, in microseconds.
    at: AtomicI64,
    sooner: Notify,
}

impl Default for Alarm {
    fn default() -> Self {
        Self { at: AtomicI64::new(i64::MAX), sooner: Notify::new() }
    }
}

impl Alarm {
    /// Wakes the sleeper if it would sleep past this time.
    pub fn set(&self, at: Timestamp) {
        if at.micros() < self.at.load(Ordering::SeqCst) {
            self.sooner.notify_one();
        }
    }

    /// Sets the time to sleep until; `None` lets any time wake the sleeper. It
    /// must be cleared before the database is read, or an earlier time that is set
    /// meanwhile is missed.
    pub fn expect(&self, at: Option<Timestamp>) {
        self.at.store(at.map_or(i64::MAX, Timestamp::micros), Ordering::SeqCst);
    }

    /// Sleeps until the expected time, until an earlier one is set, or for
    /// `max`.
    pub async fn sleep(&self, now: Timestamp, max: Duration) {
        let micros = self.at.load(Ordering::SeqCst).saturating_sub(now.micros());
        // Overdue work that the last round left is locked by another node.
        let left =
            if micros <= 0 { OVERDUE_PAUSE } else { Duration::from_micros(micros.unsigned_abs()).min(max) };
        let _ = tokio::time::timeout(left, self.sooner.notified()).await;
    }
}

/// Routers that wait for callbacks, by service. Each callback wakes the router
/// that has waited longest.
#[derive(Debug, Default)]
pub struct Ready {
    services: Mutex<HashMap<ServiceId, Arc<Notify>>>,
    waiting: AtomicUsize,
    stopping: AtomicBool,
    stopped: Notify,
}

impl Ready {
    fn of(&self, service: ServiceId) -> Arc<Notify> {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(services.entry(service).or_default())
    }

    /// A callback of the service can be reserved.
    pub fn announce(&self, service: ServiceId) {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = services.get(&service) {
            waiting.notify_one();
        }
    }

    /// Callbacks of any service may have become available, as the services have
    /// changed.
    pub fn announce_all(&self) {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        services.values().for_each(|waiting| waiting.notify_one());
    }

    /// A callback of the service can be reserved from this time on.
    fn announce_later(&self, service: ServiceId, at: Timestamp, now: Timestamp) {
        let waiting = self.of(service);
        let left = Duration::from_micros((at.micros() - now.micros()).max(0).unsigned_abs());
        tokio::spawn(async move {
            tokio::time::sleep(left).await;
            waiting.notify_one();
        });
    }

    /// Nobody waits any more: the node stops, and answers routers with nothing.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.stopped.notify_waiters();
    }

    /// Whether the node stops.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Whether a router waits on this node.
    pub fn has_waiters(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Waits up to `max` for a callback of one of the services. A callback that
    /// was announced before the wait began is not missed. Returns whether there
    /// was one.
    pub async fn wait(&self, services: &[ServiceId], max: Duration) -> bool {
        let _waiting = Waiting::new(&self.waiting);
        let mut stopped = std::pin::pin!(self.stopped.notified());
        // From here on a stop is not missed.
        stopped.as_mut().enable();
        if self.is_stopping() {
            return false;
        }
        let waiting: Vec<Arc<Notify>> = services.iter().map(|service| self.of(*service)).collect();
        // A notified future that is dropped passes its notification on.
        let mut woken: FuturesUnordered<_> = waiting.iter().map(|notify| notify.notified()).collect();
        tokio::select! {
            woken = tokio::time::timeout(max, woken.next()) => woken.is_ok_and(|woken| woken.is_some()),
            () = stopped => false,
        }
    }
}

/// Counts a router while it waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn only_an_earlier_time_wakes_the_sleeper() {
        let alarm = Alarm::default();
        alarm.expect(Some(at(100)));
        alarm.set(at(200));
        let sleep = async |max| alarm.sleep(at(0), max).await;
        let early = tokio::time::timeout(Duration::from_millis(20), sleep(LONG)).await;
        assert!(early.is_err(), "a later time must not wake the sleeper");
        alarm.set(at(50));
        sleep(LONG).await;
    }

    #[tokio::test]
    async fn a_callback_wakes_the_router_that_waits_for_its_service() {
        let ready = Ready::default();
        let [one, other] = [1, 2].map(|id| ServiceId(uuid::Uuid::from_u128(id)));
        let both = [one, other];
        let (woken, ()) = tokio::join!(ready.wait(&both, LONG), async {
            tokio::task::yield_now().await;
            assert!(ready.has_waiters());
            ready.announce(other);
        });
        assert!(woken && !ready.has_waiters());
        assert!(!ready.wait(&[one], Duration::from_millis(5)).await);
    }

    #[tokio::test]
    async fn a_wake_up_for_a_lost_router_goes_to_the_next() {
        let ready = Ready::default();
        let services = [ServiceId(uuid::Uuid::from_u128(1))];
        ready.wait(&services, Duration::ZERO).await;
        let mut first = Box::pin(ready.wait(&services, LONG));
        let mut second = Box::pin(ready.wait(&services, LONG));
        assert!(
            futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending()
        );
        ready.announce(services[0]);
        // The client of the first router has disconnected.
        drop(first);
        assert!(second.await);
    }
}
