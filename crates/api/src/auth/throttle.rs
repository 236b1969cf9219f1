//! Slows down who guesses passwords.
//!
//! After five failures for one user name from one address each further try
//! waits, twice as long every time, a quarter of an hour at most. The owner
//! at another address is not shut out. An address as a whole may try some
//! hundred times a minute, whatever the names: a whole site may share one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::Error;

const FREE_FAILURES: u32 = 5;
const LONGEST: Duration = Duration::from_mins(15);
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(300).expect("three hundred is not zero");
/// Names that are remembered; the oldest are forgotten first.
const REMEMBERED: usize = 10_000;

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    fn wait(self) -> Duration {
        match self.count.checked_sub(FREE_FAILURES) {
            None => Duration::ZERO,
            Some(beyond) => Duration::from_secs(1 << beyond.min(20)).min(LONGEST),
        }
    }
}

/// What is known of failed log-ins on this node.
#[derive(Debug)]
pub struct Throttle {
    failures: Mutex<HashMap<(String, IpAddr), Failures>>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { failures: Mutex::default(), addresses: RateLimiter::keyed(Quota::per_minute(PER_MINUTE)) }
    }
}

impl Throttle {
    /// Whether a try is looked at now.
    ///
    /// # Errors
    /// [`Error::RateLimited`] with the seconds to wait.
    pub fn admit(&self, username: &str, address: IpAddr) -> Result<(), Error> {
        let limited = |wait: Duration| Error::RateLimited { retry_after_seconds: wait.as_secs() + 1 };
        if let Err(not_until) = self.addresses.check_key(&address) {
            return Err(limited(not_until.wait_time_from(self.addresses.clock().now())));
        }
        let failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = failures.get(&(username.to_owned(), address)) {
            let left = known.wait().saturating_sub(known.last.elapsed());
            if !left.is_zero() {
                return Err(limited(left));
            }
        }
        Ok(())
    }

    /// A try failed.
    pub fn failed(&self, username: &str, address: IpAddr) {
        let mut failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if failures.len() >= REMEMBERED {
            failures.retain(|_, known| known.last.elapsed() < LONGEST);
            if failures.len() >= REMEMBERED {
                let oldest = failures.iter().min_by_key(|(_, known)| known.last).map(|(key, _)| key.clone());
                oldest.and_then(|key| failures.remove(&key));
            }
        }
        let known = failures
            .entry((username.to_owned(), address))
            .or_insert(Failures { count: 0, last: Instant::now() });
        known.count += 1;
        known.last = Instant::now();
    }

    /// A try succeeded: the slate is clean.
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
    fn the_sixth_failure_in_a_row_is_not_looked_at_but_another_address_is() {
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
