//! The clock, and the ids that contain its time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ringback_domain::Timestamp;
use uuid::Uuid;

/// Tells the time, and whether it can be trusted. Clones share their state.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    jump: Arc<Mutex<Jump>>,
}

/// Where the time comes from.
#[derive(Clone, Debug)]
enum Source {
    /// The machine's clock, and a monotonic one.
    System(Instant),
    /// Clocks that a test moves, in microseconds.
    Manual { wall: Arc<AtomicI64>, elapsed: Arc<AtomicI64> },
}

/// The last comparison of the wall clock with the monotonic clock.
#[derive(Debug, Default)]
struct Jump {
    last: Option<(Timestamp, Duration)>,
    /// Monotonic time of the last jump.
    since: Option<Duration>,
}

/// Corrections of the clock below this are not a jump.
const TOLERANCE_SECONDS: i64 = 5;

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::new(Source::System(Instant::now()))
    }

    /// A clock for tests, which stands still until it is moved.
    pub fn manual(start: Timestamp) -> Self {
        let wall = Arc::new(AtomicI64::new(start.micros()));
        Self::new(Source::Manual { wall, elapsed: Arc::default() })
    }

    fn new(source: Source) -> Self {
        let clock = Self { source, jump: Arc::default() };
        clock.steady_for();
        clock
    }

    /// The time now, in microseconds as both databases keep it.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where time comes from")]
    pub fn now(&self) -> Timestamp {
        match &self.source {
            Source::System(_) => chrono::Utc::now().into(),
            Source::Manual { wall, .. } => Timestamp::from_micros(wall.load(Ordering::SeqCst)),
        }
    }

    /// Monotonic time since the clock was created.
    fn elapsed(&self) -> Duration {
        match &self.source {
            Source::System(start) => start.elapsed(),
            Source::Manual { elapsed, .. } => {
                Duration::from_micros(elapsed.load(Ordering::SeqCst).unsigned_abs())
            }
        }
    }

    /// Time since the last jump of the clock; `None` if it never jumped. Workers
    /// that act on the time alone ask before each round: restoring a machine, or
    /// a bad time server, can set a clock days ahead.
    pub fn steady_for(&self) -> Option<Duration> {
        let (now, elapsed) = (self.now(), self.elapsed());
        let mut jump = self.jump.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((last, before)) = jump.last {
            let passed = i64::try_from(elapsed.saturating_sub(before).as_micros()).unwrap_or(i64::MAX);
            let ahead = (now.micros() - last.micros()).saturating_sub(passed) / 1_000_000;
            if ahead.abs() >= TOLERANCE_SECONDS {
                tracing::error!(
                    seconds = ahead,
                    "the clock jumped: callbacks are held back, and nothing is removed, until it has been steady"
                );
                jump.since = Some(elapsed);
            }
        }
        jump.last = Some((now, elapsed));
        jump.since.map(|since| elapsed.saturating_sub(since))
    }

    /// Whether the clock has not jumped for at least this long.
    pub fn is_steady(&self, min: Duration) -> bool {
        self.steady_for().is_none_or(|steady| steady >= min)
    }

    /// Lets time pass on a manual clock; has no effect on the machine's.
    pub fn advance_seconds(&self, seconds: i64) {
        if let Source::Manual { wall, elapsed } = &self.source {
            wall.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
            elapsed.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
        }
    }

    /// Sets a manual clock forwards or back without letting time pass.
    pub fn set_by_seconds(&self, seconds: i64) {
        if let Source::Manual { wall, .. } = &self.source {
            wall.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
        }
    }

    /// A new UUIDv7 with the current time.
    pub fn new_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().micros() / 1_000).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::manual("2026-11-24T09:00:00Z".parse().unwrap())
    }

    #[test]
    fn passing_time_is_not_a_jump() {
        let clock = clock();
        clock.advance_seconds(15 * 86_400);
        assert_eq!(clock.steady_for(), None);
        clock.set_by_seconds(TOLERANCE_SECONDS - 1);
        assert_eq!(clock.steady_for(), None);
    }

    #[test]
    fn a_clock_that_was_set_counts_as_steady_from_then_on() {
        for seconds in [15 * 86_400, -3_600] {
            let clock = clock();
            clock.set_by_seconds(seconds);
            assert_eq!(clock.steady_for(), Some(Duration::ZERO));
            clock.advance_seconds(60);
            assert_eq!(clock.steady_for(), Some(Duration::from_mins(1)));
            assert!(clock.is_steady(Duration::from_mins(1)));
            clock.set_by_seconds(-seconds);
            assert!(!clock.is_steady(Duration::from_mins(1)), "setting it back is a jump too");
        }
    }
}
