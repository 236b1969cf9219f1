//! Slows down attempts to guess passwords.
//!
//! After five failed attempts for one user name from one address, each further
//! attempt must wait, twice as long every time, up to a quarter of an hour. The
//! owner of the user name can still log in from another address. The limit for
//! an address with any user names is much higher, as a whole site may share it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::Error;

/// Failures of one user name from one address before it must wait.
const FREE_FAILURES: u32 = 5;
const MAX_WAIT: Duration = Duration::from_mins(15);
/// Attempts from one address, for any user names.
const MAX_PER_MINUTE: NonZeroU32 = NonZeroU32::new(300).expect("300 is not zero");
/// Remembered pairs of user name and address; the oldest are dropped first.
const MAX_ENTRIES: usize = 10_000;

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    fn wait(self) -> Duration {
        match self.count.checked_sub(FREE_FAILURES) {
            None => Duration::ZERO,
            Some(doublings) => Duration::from_secs(1 << doublings.min(20)).min(MAX_WAIT),
        }
    }
}

/// The failed log-ins on this node.
#[derive(Debug)]
pub struct Throttle {
    failures: Mutex<HashMap<(String, IpAddr), Failures>>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { failures: Mutex::default(), addresses: RateLimiter::keyed(Quota::per_minute(MAX_PER_MINUTE)) }
    }
}

impl Throttle {
    /// Admits an attempt to log in, or makes it wait.
    ///
    /// # Errors
    /// [`Error::RateLimited`] with the seconds to wait.
    pub fn admit(&self, username: &str, address: IpAddr) -> Result<(), Error> {
        let limited = |wait: Duration| Error::RateLimited { retry_after_seconds: wait.as_secs() + 1 };
        if let Err(not_until) = self.addresses.check_key(&address) {
            return Err(limited(not_until.wait_time_from(self.addresses.clock().now())));
        }
        let failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(entry) = failures.get(&(username.to_owned(), address)) {
            let left = entry.wait().saturating_sub(entry.last.elapsed());
            if !left.is_zero() {
                return Err(limited(left));
            }
        }
        Ok(())
    }

    /// Notes a failed attempt.
    pub fn failed(&self, username: &str, address: IpAddr) {
        let mut failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if failures.len() >= MAX_ENTRIES {
            failures.retain(|_, entry| entry.last.elapsed() < MAX_WAIT);
            if failures.len() >= MAX_ENTRIES {
                let oldest = failures.iter().min_by_key(|(_, entry)| entry.last).map(|(key, _)| key.clone());
                oldest.and_then(|key| failures.remove(&key));
            }
        }
        let entry = failures
            .entry((username.to_owned(), address))
            .or_insert(Failures { count: 0, last: Instant::now() });
        entry.count += 1;
        entry.last = Instant::now();
    }

    /// Notes a successful log-in, which clears the failures.
    pub fn succeeded(&self, username: &str, address: IpAddr) {
        let mut failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        failures.remove(&(username.to_owned(), address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn five_failures_block_one_user_name_at_one_address() {
        let throttle = Throttle::default();
        for _ in 0..FREE_FAILURES {
            throttle.admit("kim", HERE).unwrap();
            throttle.failed("kim", HERE);
        }
        assert!(matches!(throttle.admit("kim", HERE), Err(Error::RateLimited { .. })));
        throttle.admit("kim", "192.0.2.7".parse().unwrap()).unwrap();
        throttle.admit("lee", HERE).unwrap();
    }

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let wait = |count| Failures { count, last: Instant::now() }.wait().as_secs();
        assert_eq!([wait(4), wait(5), wait(6), wait(7), wait(40)], [0, 1, 2, 4, 900]);
    }
}
