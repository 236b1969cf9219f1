//! Wakes whoever waits for a kind of work on this node. Each signal is only a
//! hint: whoever waits also looks by themselves now and then, since another node
//! may have done the work that they wait for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
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
    /// Callbacks that can be handed out.
    pub ready: Ready,
    /// A callback changed.
    pub changed: Notify,
    /// A bulk cancellation was asked for.
    pub bulk: Notify,
    /// Raised when services change.
    pub services: Version,
    /// Raised when somebody is shut out, or what they may see changes.
    pub access: Version,
}

impl Signals {
    /// Wakes those who wait for what was just committed.
    pub fn announce(&self, transition: &Transition, now: Timestamp) {
        let callback = &transition.callback;
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

/// Raised by one whenever something changes that others keep a copy of.
#[derive(Debug, Default)]
pub struct Version(AtomicU64);

impl Version {
    /// Makes every copy stale.
    pub fn raise(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// What a copy that is made now is of.
    pub fn current(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The pause where the time has come, but there was nothing to do.
const OVERDUE_PAUSE: Duration = Duration::from_millis(20);

/// Sleeps until a time that others may bring forward.
#[derive(Debug)]
pub struct Alarm {
    /// What the sleeper waits for, in microseconds.
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

    /// Notes the time that the sleeper knows of, before it looks whether there
    /// is an earlier one.
    pub fn expect(&self, at: Option<Timestamp>) {
        self.at.store(at.map_or(i64::MAX, Timestamp::micros), Ordering::SeqCst);
    }

    /// Sleeps until the time that was noted, until an earlier one is set, or for
    /// `longest`.
    pub async fn sleep(&self, now: Timestamp, longest: Duration) {
        let micros = self.at.load(Ordering::SeqCst).saturating_sub(now.micros());
        // What is past and still there is somebody else's for the moment.
        let left = if micros <= 0 {
            OVERDUE_PAUSE
        } else {
            Duration::from_micros(micros.unsigned_abs()).min(longest)
        };
        let _ = tokio::time::timeout(left, self.sooner.notified()).await;
    }
}

/// Routers that wait for callbacks, by service. Each callback wakes one of
/// them, the one that has waited longest.
#[derive(Debug, Default)]
pub struct Ready {
    services: Mutex<HashMap<ServiceId, Arc<Notify>>>,
    waiting: AtomicUsize,
}

impl Ready {
    fn of(&self, service: ServiceId) -> Arc<Notify> {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(services.entry(service).or_default())
    }

    /// A callback of the service can be handed out.
    pub fn announce(&self, service: ServiceId) {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = services.get(&service) {
            waiting.notify_one();
        }
    }

    /// Services changed: any of them may hand callbacks out from now on.
    pub fn announce_all(&self) {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        services.values().for_each(|waiting| waiting.notify_one());
    }

    /// One can be handed out from this time on.
    fn announce_later(&self, service: ServiceId, at: Timestamp, now: Timestamp) {
        let waiting = self.of(service);
        let left = Duration::from_micros((at.micros() - now.micros()).max(0).unsigned_abs());
        tokio::spawn(async move {
            tokio::time::sleep(left).await;
            waiting.notify_one();
        });
    }

    /// Whether a router waits on this node.
    pub fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Waits for a callback of one of the services, for `longest`. One that is
    /// announced before the wait begins is not missed. Gives whether one was.
    pub async fn wait(&self, services: &[ServiceId], longest: Duration) -> bool {
        let _waiting = Waiting::new(&self.waiting);
        let waiting: Vec<Arc<Notify>> = services.iter().map(|service| self.of(*service)).collect();
        // What is dropped here after it was woken wakes the next in line.
        let mut woken: FuturesUnordered<_> = waiting.iter().map(|notify| notify.notified()).collect();
        tokio::time::timeout(longest, woken.next()).await.is_ok_and(|woken| woken.is_some())
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
    async fn an_alarm_goes_off_for_an_earlier_time_only() {
        let alarm = Alarm::default();
        alarm.expect(Some(at(100)));
        alarm.set(at(200));
        let sleep = async |longest| alarm.sleep(at(0), longest).await;
        let early = tokio::time::timeout(Duration::from_millis(20), sleep(LONG)).await;
        assert!(early.is_err(), "a later time wakes nobody");
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
            assert!(ready.is_awaited());
            ready.announce(other);
        });
        assert!(woken && !ready.is_awaited());
        assert!(!ready.wait(&[one], Duration::from_millis(5)).await);
    }

    #[tokio::test]
    async fn of_two_routers_one_is_woken_and_a_lost_wake_up_goes_to_the_next() {
        let ready = Ready::default();
        let services = [ServiceId(uuid::Uuid::from_u128(1))];
        ready.wait(&services, Duration::ZERO).await;
        let mut first = Box::pin(ready.wait(&services, LONG));
        let mut second = Box::pin(ready.wait(&services, LONG));
        assert!(
            futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending()
        );
        ready.announce(services[0]);
        // The client of the first has gone.
        drop(first);
        assert!(second.await);
    }
}
