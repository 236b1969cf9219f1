//! The server's clock, which decides what is due, and one timer for all ages and
//! remaining times on the page.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::*;
use ringback_domain::Timestamp;

use crate::browser;

thread_local! {
    /// How far the server's clock is ahead of this computer's, in microseconds.
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

/// A smaller difference is not corrected, in microseconds: answers say the time to
/// the second, and take a while to arrive.
const TOLERANCE: i64 = 2_000_000;

/// The server's time.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_micros(browser::device_time().micros() + AHEAD.get())
}

/// Compares this computer's clock with an answer of the server, to a request that
/// was sent at a time of this computer.
pub(crate) fn compare(sent: Timestamp, answered: Timestamp) {
    let (sent, received) = (sent.micros(), browser::device_time().micros());
    // An answer that took long, or came after a sleep, says too little.
    if (0..=TOLERANCE * 2).contains(&(received - sent)) {
        AHEAD.set(corrected(AHEAD.get(), i64::midpoint(sent, received), answered.micros()));
    }
}

/// The new correction, given the old one and a time that the server gave as a
/// whole second.
const fn corrected(old: i64, here: i64, answered: i64) -> i64 {
    let ahead = answered + 500_000 - here;
    if ahead.abs() <= TOLERANCE {
        0
    } else if (ahead - old).abs() <= TOLERANCE {
        old
    } else {
        ahead
    }
}

/// The time at two resolutions; both stop while the page is hidden.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    second: RwSignal<Timestamp>,
    coarse: RwSignal<Timestamp>,
    /// How far this computer's clock is ahead of the server's, in seconds.
    wrong_by: RwSignal<i64>,
}

/// Ages below this are shown in seconds.
const MAX_AGE_IN_SECONDS: i64 = 60;
/// How often the coarse time changes, in seconds.
const COARSE_INTERVAL: i64 = 10;

impl Clock {
    /// Starts the timer and gives it to the components below.
    pub(crate) fn provide() {
        let clock =
            Self { second: RwSignal::new(now()), coarse: RwSignal::new(now()), wrong_by: RwSignal::new(0) };
        let tick = move || {
            if browser::hidden() {
                return;
            }
            let now = now();
            clock.second.set(now);
            let wrong_by = -AHEAD.get() / 1_000_000;
            if clock.wrong_by.get_untracked() != wrong_by {
                clock.wrong_by.set(wrong_by);
                clock.coarse.set(now);
            }
            if now.seconds_since(clock.coarse.get_untracked()).abs() >= COARSE_INTERVAL {
                clock.coarse.set(now);
            }
        };
        set_interval(tick, Duration::from_secs(1));
        provide_context(clock);
    }

    /// The clock of the page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// How far this computer's clock is ahead of the server's, in seconds;
    /// negative if it is behind. Tracked.
    pub(crate) fn wrong_by(self) -> i64 {
        self.wrong_by.get()
    }

    /// Changes every second; tracked.
    pub(crate) fn second(self) -> Timestamp {
        self.second.get()
    }

    /// Changes every few seconds; tracked.
    pub(crate) fn coarse(self) -> Timestamp {
        self.coarse.get()
    }

    /// Seconds since `start`; tracked every second only while the seconds are
    /// shown.
    pub(crate) fn since(self, start: Timestamp) -> i64 {
        let age = self.coarse.get().seconds_since(start);
        if (-MAX_AGE_IN_SECONDS - COARSE_INTERVAL..MAX_AGE_IN_SECONDS + COARSE_INTERVAL).contains(&age) {
            self.second.get().seconds_since(start)
        } else {
            age
        }
    }
}

#[cfg(test)]
mod tests {
    use super::corrected;

    #[test]
    fn only_a_clear_difference_is_corrected() {
        const HOUR: i64 = 3_600_000_000;
        assert_eq!(corrected(0, 10_900_000, 10_000_000), 0);
        let ahead = corrected(0, 0, HOUR);
        assert_eq!(ahead, HOUR + 500_000);
        // The next answer, whose second has just begun, changes nothing.
        assert_eq!(corrected(ahead, 400_000, HOUR), ahead);
        // The clock was put right.
        assert_eq!(corrected(ahead, HOUR, HOUR), 0);
    }
}
