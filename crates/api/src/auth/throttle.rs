//! Slows down attempts to guess passwords.
//!
//! Each attempt counts as a failure before its password is looked at, so that
//! attempts at the same moment cannot share one place; a right password takes
//! back what was counted. Two counts are kept in the database, where all nodes
//! see them:
//!
//! - For one account from one network: after five failures, each further attempt
//!   must wait, twice as long every time, up to a quarter of an hour.
//! - For one account from anywhere: after five failures, one attempt in a second from
//!   networks that did not fail for it. That wait does not grow, since a guesser could
//!   otherwise lock the owner out. It doubles for those that did, once others failed too, so
//!   that many networks have little more than one guess each. A network from which the
//!   owner logged in lately is exempt.
//!
//! How many attempts one network may make for any accounts is counted by each
//! node, and the limit is high, as a whole site may share an address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use ringback_domain::Timestamp;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::store::log_in_attempts::{Attempts, Key};

/// Failures after which an attempt must wait.
const FREE_FAILURES: u32 = 5;
/// The longest wait of an account and network, and of a network that is one of several that failed.
const MAX_WAIT_SECONDS: i64 = 15 * 60;
/// The longest wait of an account from a network where nobody failed yet.
const MAX_ACCOUNT_WAIT_SECONDS: i64 = 1;
/// Attempts from one network in a minute, for any accounts.
const MAX_PER_MINUTE: u32 = 300;
/// Networks and waits that a node remembers.
const MAX_ENTRIES: usize = 10_000;

const MINUTE: Duration = Duration::from_mins(1);

/// An attempt to log in, by what it is counted under. The names are hashed, so
/// that each takes as little room as any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    network: IpAddr,
    /// The account.
    pub account: Key,
    /// The account and the network.
    pub pair: Key,
}

impl Attempt {
    /// An attempt for a user name, in the form that names are compared in.
    pub fn new(username: &str, address: IpAddr) -> Self {
        let network = network(address);
        let account: Key = Sha256::digest(username.as_bytes()).into();
        let pair = Sha256::new().chain_update(account).chain_update(network.to_string()).finalize().into();
        Self { network, account, pair }
    }
}

/// The addresses that one subscriber has: an IPv4 address, or the first half of
/// an IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Seconds to wait after this many failures.
fn wait_seconds(failures: u32, longest: i64) -> i64 {
    failures.checked_sub(FREE_FAILURES).map_or(0, |doublings| (1 << doublings.min(20)).min(longest))
}

/// Counts an attempt as a failure, or gives the time until which it must wait.
/// The wait is over at the latest when it would be if the last failure were now,
/// also after the clock was set back.
///
/// # Errors
/// The time from which on an attempt is admitted.
pub fn take_place(account: &mut Attempts, pair: &mut Attempts, now: Timestamp) -> Result<(), Timestamp> {
    let until = |attempts: &Attempts, longest| {
        let seconds = wait_seconds(attempts.failures, longest);
        attempts.last_at.min(now).plus_seconds(seconds)
    };
    let until_pair = until(pair, MAX_WAIT_SECONDS);
    let is_one_of_several = pair.failures > 0 && account.failures > pair.failures;
    let longest = if is_one_of_several { MAX_WAIT_SECONDS } else { MAX_ACCOUNT_WAIT_SECONDS };
    let until_account = if pair.is_known { now } else { until(account, longest) };
    let until = until_pair.max(until_account);
    if until > now {
        return Err(until);
    }
    for attempts in [account, pair] {
        attempts.failures = attempts.failures.saturating_add(1);
        attempts.last_at = now;
    }
    Ok(())
}

/// What a node remembers of attempts, so that most of those that must wait cost
/// the database nothing.
#[derive(Debug)]
pub struct Throttle {
    waits: Cache<Key, Timestamp>,
    networks: Mutex<HashMap<IpAddr, Minute>>,
}

/// Attempts of a network since the minute began.
#[derive(Clone, Copy, Debug)]
struct Minute {
    began: Instant,
    attempts: u32,
    /// One was refused, and the audit has it.
    is_audited: bool,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { waits: Cache::new(MAX_ENTRIES), networks: Mutex::default() }
    }
}

fn limited(until: Timestamp, now: Timestamp) -> Error {
    let seconds = until.seconds_since(now).clamp(0, MAX_WAIT_SECONDS).unsigned_abs();
    Error::RateLimited { retry_after_seconds: seconds + 1 }
}

impl Throttle {
    /// Admits an attempt as far as this node knows.
    ///
    /// # Errors
    /// [`Error::RateLimited`] with the seconds to wait.
    pub fn admit(&self, attempt: &Attempt, now: Timestamp) -> Result<(), Error> {
        if let Some(until) = self.waits.get(&attempt.pair)
            && until > now
            // A clock that was set back must not make anybody wait for longer.
            && until <= now.plus_seconds(MAX_WAIT_SECONDS)
        {
            return Err(limited(until, now));
        }
        self.minute(attempt, |minute| {
            if minute.attempts >= MAX_PER_MINUTE {
                let left = MINUTE.saturating_sub(minute.began.elapsed());
                return Err(Error::RateLimited { retry_after_seconds: left.as_secs() + 1 });
            }
            minute.attempts += 1;
            Ok(())
        })
    }

    /// Whether no other attempt of the network was refused in this minute.
    pub fn is_first_refusal(&self, attempt: &Attempt) -> bool {
        self.minute(attempt, |minute| !std::mem::replace(&mut minute.is_audited, true))
    }

    /// Looks at the current minute of the network.
    fn minute<T>(&self, attempt: &Attempt, look: impl FnOnce(&mut Minute) -> T) -> T {
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if networks.len() >= MAX_ENTRIES && !networks.contains_key(&attempt.network) {
            networks.retain(|_, minute| minute.began.elapsed() < MINUTE);
            if networks.len() >= MAX_ENTRIES {
                networks.clear();
            }
        }
        let fresh = Minute { began: Instant::now(), attempts: 0, is_audited: false };
        let minute = networks.entry(attempt.network).or_insert(fresh);
        if minute.began.elapsed() >= MINUTE {
            *minute = fresh;
        }
        look(minute)
    }

    /// Remembers how long an attempt must wait, and gives the error that says so.
    pub fn refuse(&self, attempt: &Attempt, until: Timestamp, now: Timestamp) -> Error {
        self.waits.insert(attempt.pair, until);
        limited(until, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros((NOW + seconds) * 1_000_000)
    }

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let wait = |failures| wait_seconds(failures, MAX_WAIT_SECONDS);
        assert_eq!([wait(4), wait(5), wait(6), wait(7), wait(40)], [0, 1, 2, 4, 900]);
    }

    #[test]
    fn five_failures_make_the_account_wait_in_one_network_only() {
        let (mut account, mut here) = (Attempts::default(), Attempts::default());
        for second in 0..5 {
            take_place(&mut account, &mut here, at(second)).unwrap();
        }
        assert_eq!(take_place(&mut account, &mut here, at(4)), Err(at(5)));
        take_place(&mut account, &mut here, at(5)).unwrap();
        assert_eq!(take_place(&mut account, &mut here, at(6)), Err(at(7)));
        take_place(&mut account, &mut Attempts::default(), at(6)).unwrap();
    }

    #[test]
    fn an_account_takes_one_attempt_a_second_from_fresh_networks() {
        let mut account = Attempts::default();
        let admitted = (0..100).filter(|_| take_place(&mut account, &mut Attempts::default(), at(0)).is_ok());
        assert_eq!(admitted.count(), 5);
        take_place(&mut account, &mut Attempts::default(), at(1)).unwrap();
        assert_eq!(take_place(&mut account, &mut Attempts::default(), at(1)), Err(at(2)));
        let mut known = Attempts { is_known: true, ..Attempts::default() };
        take_place(&mut account, &mut known, at(1)).unwrap();
    }

    /// Every second each of them tries again.
    #[test]
    fn fifty_networks_have_little_more_than_one_guess_each_in_ten_minutes() {
        let (mut account, mut pairs) = (Attempts::default(), vec![Attempts::default(); 50]);
        let mut admitted = 0;
        for second in 0..600 {
            for pair in &mut pairs {
                admitted += u32::from(take_place(&mut account, pair, at(second)).is_ok());
            }
        }
        assert!((50..=52).contains(&admitted), "{admitted}");
        take_place(&mut account, &mut Attempts::default(), at(600)).expect("the owner in a fresh network");
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nobody_wait_longer() {
        let mut pair = Attempts { failures: 6, last_at: at(100_000), is_known: false };
        assert_eq!(take_place(&mut Attempts::default(), &mut pair, at(0)), Err(at(2)));
    }

    #[test]
    fn one_network_cannot_try_many_accounts() {
        let throttle = Throttle::default();
        let attempt = |name: u32, address: &str| Attempt::new(&name.to_string(), address.parse().unwrap());
        for name in 0..MAX_PER_MINUTE {
            throttle.admit(&attempt(name, &format!("2001:db8::{name:x}")), at(0)).unwrap();
        }
        assert!(throttle.admit(&attempt(0, "2001:db8::ffff:1"), at(0)).is_err());
        throttle.admit(&attempt(0, "2001:db8:0:1::1"), at(0)).unwrap();
    }

    #[test]
    fn networks_are_ipv4_addresses_and_half_ipv6_addresses() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
