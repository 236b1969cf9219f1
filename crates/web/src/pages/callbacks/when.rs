//! Date and time of a scheduled callback.

use leptos::prelude::*;
use ringback_domain::Timestamp;

use crate::browser;
use crate::components::choice::{Card, RadioCards};
use crate::components::field::FieldError;
use crate::components::input::TextField;
use crate::format::{self, Style};
use crate::forms::require;
use crate::messages;
use crate::ranges::{instants, wall_time};
use crate::session::Session;

/// Which of two, where clocks are put back and a time comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    First,
    Second,
}

/// The fields.
#[derive(Clone, Copy)]
pub(super) struct When {
    date: RwSignal<String>,
    time: RwSignal<String>,
    /// Asked for where it matters.
    turn: RwSignal<Option<Turn>>,
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
        // Seconds are not in the fields.
        let turn = match instants(&date, &time, style.utc)[..] {
            [_, second] if at >= second => Turn::Second,
            _ => Turn::First,
        };
        Self {
            date: RwSignal::new(date),
            time: RwSignal::new(time),
            turn: RwSignal::new(Some(turn)),
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

    /// When that is.
    fn instants(self, style: Style) -> Vec<Timestamp> {
        // Some browsers give seconds too.
        let time: String = self.time.get().chars().take(5).collect();
        instants(&self.date.get(), &time, style.utc)
    }

    /// The instant that is meant, or what stands against it.
    fn instant(self, style: Style) -> Result<Timestamp, &'static str> {
        match (&self.instants(style)[..], self.turn.get()) {
            ([], _) => Err(messages::no_such_time()),
            ([_, _, ..], None) => Err(messages::choose_turn()),
            ([_, second, ..], Some(Turn::Second)) => Ok(*second),
            ([first, ..], _) => Ok(*first),
        }
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
        let at = untrack(|| self.instant(style));
        let at = at.map_err(|fault| self.time_error.set(Some(fault.to_owned()))).ok()?;
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
    let zone = move || {
        let style = session.style();
        let at = when.instant(style).unwrap_or_else(|_| browser::now());
        messages::time_zone_hint(format::zone_at(at, style))
    };
    let twice = Memo::new(move |_| when.instants(session.style()).len() > 1);
    // Another time is asked for anew.
    Effect::watch(move || (when.date.get(), when.time.get()), move |_, _, _| when.turn.set(None), false);
    let card = |turn, label, hint: &'static str| Card {
        value: Some(turn),
        label,
        hint: Signal::stored(Some(hint)),
        disabled: Signal::stored(false),
    };
    let turns = move || {
        vec![
            card(Turn::First, messages::first_turn(), messages::first_turn_hint()),
            card(Turn::Second, messages::second_turn(), messages::second_turn_hint()),
        ]
    };
    view! {
        <div class="field">
            <div class="two">
                <TextField label=messages::date() value=when.date error=when.date_error kind="date" />
                <TextField label=messages::time() value=when.time error=when.time_error kind="time" />
            </div>
            <span class="hint">{zone}</span>
            <Show when=move || twice.get()>
                <p class="hint" role="status">{messages::time_twice()}</p>
                <RadioCards label=messages::which_turn() value=when.turn cards=turns() />
            </Show>
        </div>
    }
}
