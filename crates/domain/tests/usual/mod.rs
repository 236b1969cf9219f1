//! The moment at which the tests of the state machine play, and what is usual there.

use ringback_domain::calendar::office_hours::ServiceHours;
use ringback_domain::callback::Retry;
use ringback_domain::dial::{Ratio, RetryPolicy};
use ringback_domain::{Actor, ActorKind, Timestamp, WallTime};

/// So many seconds after the moment at which the tests play.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let moment: Timestamp = "2026-11-24T14:15:00Z".parse().expect("a time");
    moment.plus_seconds(seconds)
}

pub(crate) fn person() -> Actor {
    Actor { kind: ActorKind::User, name: "kim".to_owned() }
}

/// So many attempts, each so long after the one before.
pub(crate) fn plain_policy(max_attempts: u32, gap_seconds: u32) -> RetryPolicy {
    let mut policy = RetryPolicy { max_attempts, ..RetryPolicy::default() };
    for rule in policy.results.values_mut() {
        (rule.max, rule.gap_seconds) = (1_000, gap_seconds);
        (rule.growth, rule.jitter) = (Ratio::percent(100), Ratio::percent(0));
    }
    policy
}

/// A policy, for a service that is always open.
pub(crate) fn always(policy: &RetryPolicy) -> Retry<'_> {
    const OPEN: &ServiceHours<'static> = &ServiceHours { open: None, closed: Vec::new() };
    Retry { policy, hours: OPEN, party: None }
}

/// A wall time that was read by this release of the time zone database.
pub(crate) fn wall_time(tables: &str) -> WallTime {
    let local = "2026-11-24T10:00".parse().expect("a wall time");
    WallTime { local, time_zone: "America/Vancouver".to_owned(), tables: tables.to_owned() }
}
