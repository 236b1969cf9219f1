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
    /// Microseconds that the clock which this one follows is ahead of the machine's.
    offset: Arc<AtomicI64>,
    jump: Arc<Mutex<Jump>>,
}

/// Where the time comes from.
#[derive(Clone, Debug)]
enum Source {
    /// The machine's clock, and a monotonic one. A test sets it wrong by some seconds.
    System { start: Instant, wrong_by: i64 },
    /// Clocks that a test moves, in microseconds.
    Manual { wall: Arc<AtomicI64>, elapsed: Arc<AtomicI64> },
}

/// The last comparison of the wall clock with the monotonic clock.
#[derive(Debug, Default)]
struct Jump {
    last: Option<(Timestamp, Duration)>,
    /// Whether another clock is followed by now.
    follows: bool,
    /// Monotonic time of the last jump.
    since: Option<Duration>,
}

/// Corrections of the clock below this are not a jump.
const TOLERANCE_SECONDS: i64 = 5;

/// Microseconds by which a clock that follows another may be corrected without a word.
const MAX_SILENT_CORRECTION: i64 = 1_000_000;

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::system_wrong_by(0)
    }

    /// The machine's clock as it would be if it was so many seconds ahead, for tests.
    pub fn system_wrong_by(seconds: i64) -> Self {
        Self::new(Source::System { start: Instant::now(), wrong_by: seconds })
    }

    /// A clock for tests, which stands still until it is moved.
    pub fn manual(start: Timestamp) -> Self {
        let wall = Arc::new(AtomicI64::new(start.micros()));
        Self::new(Source::Manual { wall, elapsed: Arc::default() })
    }

    fn new(source: Source) -> Self {
        let clock = Self { source, offset: Arc::default(), jump: Arc::default() };
        clock.steady_for();
        clock
    }

    /// The time now, in microseconds as both databases keep it.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where time comes from")]
    pub fn now(&self) -> Timestamp {
        match &self.source {
            Source::System { wrong_by, .. } => {
                let machine = Timestamp::from(chrono::Utc::now()).micros();
                let offset = self.offset.load(Ordering::SeqCst);
                Timestamp::from_micros(machine + wrong_by * 1_000_000 + offset)
            }
            Source::Manual { wall, .. } => Timestamp::from_micros(wall.load(Ordering::SeqCst)),
        }
    }

    /// Monotonic time since the clock was created.
    fn elapsed(&self) -> Duration {
        match &self.source {
            Source::System { start, .. } => start.elapsed(),
            Source::Manual { elapsed, .. } => {
                Duration::from_micros(elapsed.load(Ordering::SeqCst).unsigned_abs())
            }
        }
    }

    /// Reads another clock, and goes by it from then on: nodes that share a database have to agree on
    /// the time. A difference that may be due to how long reading took is left as it is. The first
    /// comparison sets the clock; a later one that moves it far is a jump. A manual clock stays as
    /// its test sets it.
    ///
    /// # Errors
    /// That the other clock cannot be read.
    pub async fn follow<E>(&self, read: impl AsyncFnOnce() -> Result<Timestamp, E>) -> Result<(), E> {
        if matches!(self.source, Source::Manual { .. }) {
            return Ok(());
        }
        // A jump of the machine's clock must not be mended before it is noticed.
        self.steady_for();
        let (began, before) = (self.elapsed(), self.now());
        let other = read().await?;
        let took = self.elapsed().saturating_sub(began);
        let uncertainty = i64::try_from(took.as_micros() / 2).unwrap_or(i64::MAX);
        let ahead = (other.micros() - before.micros()).saturating_sub(uncertainty);
        let is_certain = ahead.abs() > uncertainty;
        if is_certain {
            self.offset.fetch_add(ahead, Ordering::SeqCst);
        }
        let mut jump = self.jump.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut jump.follows, true) {
            jump.last = None;
        }
        drop(jump);
        if is_certain && ahead.abs() >= MAX_SILENT_CORRECTION {
            tracing::warn!(
                seconds = ahead / 1_000_000,
                "this node's clock differs from the database's, which is used: set it right"
            );
        }
        Ok(())
    }

    /// Seconds that the clock which this one follows is ahead of the machine's.
    #[expect(clippy::cast_precision_loss, reason = "a gauge needs no more than 52 bits")]
    pub fn offset_seconds(&self) -> f64 {
        self.offset.load(Ordering::SeqCst) as f64 / 1_000_000.0
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
    use std::convert::Infallible;

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

    async fn follow(clock: &Clock, ahead_by_seconds: i64) {
        let read = async || Ok::<_, Infallible>(Clock::system().now().plus_seconds(ahead_by_seconds));
        let Ok(()) = clock.follow(read).await;
    }

    #[tokio::test]
    async fn a_clock_goes_by_the_one_that_it_follows() {
        let clock = Clock::system_wrong_by(-7);
        follow(&clock, 0).await;
        assert!((clock.offset_seconds() - 7.0).abs() < 1.0, "{}", clock.offset_seconds());
        assert_eq!(clock.steady_for(), None, "the first comparison is not a jump");
        follow(&clock, 3_600).await;
        assert!((clock.offset_seconds() - 3_607.0).abs() < 1.0, "{}", clock.offset_seconds());
        assert!(clock.steady_for().is_some(), "a later one is, if it moves the clock far");
    }

    #[tokio::test]
    async fn a_difference_below_the_time_of_reading_changes_nothing() {
        let clock = Clock::system();
        let slow = async || {
            tokio::time::sleep(Duration::from_millis(30)).await;
            let read = Clock::system().now();
            tokio::time::sleep(Duration::from_millis(30)).await;
            Ok::<_, Infallible>(read)
        };
        let Ok(()) = clock.follow(slow).await;
        assert!(clock.offset_seconds().abs() < f64::EPSILON, "{}", clock.offset_seconds());
        let manual = self::clock();
        follow(&manual, 60).await;
        assert_eq!(manual.now(), self::clock().now());
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
