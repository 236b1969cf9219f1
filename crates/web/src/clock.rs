//! One timer for all ages and remaining times on the page.

use std::time::Duration;

use leptos::prelude::*;
use ringback_domain::Timestamp;

use crate::browser;

/// The time at two resolutions; both stop while the page is hidden.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    second: RwSignal<Timestamp>,
    coarse: RwSignal<Timestamp>,
}

/// Ages below this are shown in seconds.
const MAX_AGE_IN_SECONDS: i64 = 60;
/// How often the coarse time changes, in seconds.
const COARSE_INTERVAL: i64 = 10;

impl Clock {
    /// Starts the timer and gives it to the components below.
    pub(crate) fn provide() {
        let clock = Self { second: RwSignal::new(browser::now()), coarse: RwSignal::new(browser::now()) };
        let tick = move || {
            if browser::hidden() {
                return;
            }
            let now = browser::now();
            clock.second.set(now);
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
