//! Date and time of a scheduled callback.

use leptos::prelude::*;
use ringback_domain::Timestamp;

use super::forms::require;
use crate::browser;
use crate::components::field::FieldError;
use crate::components::input::TextField;
use crate::format::{self, Style};
use crate::messages;
use crate::ranges::{instant, wall_time};
use crate::session::Session;

/// The two fields.
#[derive(Clone, Copy)]
pub(super) struct When {
    date: RwSignal<String>,
    time: RwSignal<String>,
    date_error: FieldError,
    /// Where the server says what is wrong with the desired time.
    pub(super) time_error: FieldError,
}

/// Suggested times begin at a quarter of an hour.
const QUARTER: i64 = 15 * 60;

impl When {
    /// Filled in with a time.
    pub(super) fn at(at: Timestamp, style: Style) -> Self {
        let (date, time) = wall_time(at, style.utc);
        Self {
            date: RwSignal::new(date),
            time: RwSignal::new(time),
            date_error: RwSignal::new(None),
            time_error: RwSignal::new(None),
        }
    }

    /// Filled in with a time that is not far off.
    pub(super) fn soon(style: Style) -> Self {
        const SECOND: i64 = 1_000_000;
        let quarters = browser::now().micros() / SECOND / QUARTER + 2;
        Self::at(Timestamp::from_micros(quarters * QUARTER * SECOND), style)
    }

    /// Follows what is in the fields.
    pub(super) fn track(self) {
        self.date.track();
        self.time.track();
    }

    /// The instant; `None`, and the fields are marked, if there is none.
    pub(super) fn read(self, style: Style) -> Option<Timestamp> {
        let filled = [
            require(self.date, self.date_error, messages::enter_date()),
            require(self.time, self.time_error, messages::enter_time()),
        ];
        if filled != [true, true] {
            return None;
        }
        // Some browsers give seconds too.
        let time: String = self.time.get_untracked().chars().take(5).collect();
        let Some(at) = instant(&self.date.get_untracked(), &time, style.utc) else {
            self.time_error.set(Some(messages::no_such_time().to_owned()));
            return None;
        };
        if at <= browser::now() {
            self.time_error.set(Some(messages::time_in_past().to_owned()));
            return None;
        }
        Some(at)
    }
}

/// The fields, and the zone that they are in.
#[component]
pub(super) fn WhenFields(
    /// What is in them.
    when: When,
) -> impl IntoView {
    let session = Session::here();
    let zone = move || messages::time_zone_hint(format::zone(session.style()));
    view! {
        <div class="field">
            <div class="two">
                <TextField label=messages::date() value=when.date error=when.date_error kind="date" />
                <TextField label=messages::time() value=when.time error=when.time_error kind="time" />
            </div>
            <span class="hint">{zone}</span>
        </div>
    }
}
