//! Date and time of a scheduled callback, in a zone that somebody thinks in.

use leptos::prelude::*;
use ringback_domain::Timestamp;

use crate::browser;
use crate::components::choice::{Card, RadioCards};
use crate::components::field::FieldError;
use crate::components::input::{Choice, SelectField, TextField};
use crate::format::{self, Style};
use crate::forms::require;
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::zones::{self, instants, wall_time};

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
    /// The zone of the two; empty for that of all times on screen.
    zone: RwSignal<String>,
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
        let zone = format::zone_name(style.utc);
        let (date, time) = wall_time(at, &zone).unwrap_or_default();
        // Seconds are not in the fields.
        let turn = match instants(&date, &time, &zone)[..] {
            [_, second] if at >= second => Turn::Second,
            _ => Turn::First,
        };
        Self {
            date: RwSignal::new(date),
            time: RwSignal::new(time),
            zone: RwSignal::new(String::new()),
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

    /// The name of the zone that the fields are in.
    fn zone_name(self, style: Style) -> String {
        let zone = self.zone.get();
        if zone.is_empty() { format::zone_name(style.utc) } else { zone }
    }

    /// When the fields are.
    fn instants(self, style: Style) -> Vec<Timestamp> {
        // Some browsers give seconds too.
        let time: String = self.time.get().chars().take(5).collect();
        instants(&self.date.get(), &time, &self.zone_name(style))
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

    /// What the fields mean, in words.
    fn meaning(self, style: Style) -> String {
        let instant = self.instant(style);
        let at = instant.unwrap_or_else(|_| browser::now());
        let hint = messages::time_zone_hint(zones::label(&self.zone_name(style), at));
        if self.zone.with(String::is_empty) || instant.is_err() {
            return hint;
        }
        let here = messages::time_here(format::day_time(at, style), format::zone_name(style.utc));
        format!("{hint} {here}")
    }
}

/// Zones in which a callback may be thought of, besides that on screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Zones {
    /// Of the service.
    pub(super) service: Option<String>,
    /// Of the customer.
    pub(super) customer: Option<String>,
}

impl Zones {
    /// Those to choose from, if there is a choice, with that on screen first.
    fn choices(self, style: Style) -> Vec<Choice> {
        let shown = format::zone_name(style.utc);
        let known = |zone: &String| wall_time(browser::now(), zone).is_some();
        let mut choices = vec![Choice { value: String::new(), label: shown.clone() }];
        let named = [
            self.service.map(|zone| (messages::zone_of_service(&zone), zone)),
            self.customer.map(|zone| (messages::zone_of_customer(&zone), zone)),
        ];
        for (label, zone) in named.into_iter().flatten() {
            if zone != shown && choices.iter().all(|choice| choice.value != zone) && known(&zone) {
                choices.push(Choice { value: zone, label });
            }
        }
        if choices.len() > 1 { choices } else { Vec::new() }
    }
}

/// The fields, and the zone that they are in.
#[component]
pub(super) fn WhenFields(
    /// What is in them.
    when: When,
    /// The zones to choose from.
    #[prop(into)]
    zones: Signal<Zones>,
) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let twice = Memo::new(move |_| when.instants(preferences.style()).len() > 1);
    let choices = Memo::new(move |_| zones.get().choices(preferences.style()));
    // A zone that is no choice any more.
    Effect::new(move |_| {
        let offered =
            choices.with(|choices| when.zone.with(|zone| choices.iter().any(|one| one.value == *zone)));
        if !offered && !when.zone.with_untracked(String::is_empty) {
            when.zone.set(String::new());
        }
    });
    // Another time is asked for anew.
    Effect::watch(
        move || (when.date.get(), when.time.get(), when.zone.get()),
        move |_, _, _| when.turn.set(None),
        false,
    );
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
            {move || {
                let choices = choices.get();
                (!choices.is_empty()).then(|| view! {
                    <SelectField
                        label=messages::time_zone()
                        value=when.zone
                        error=RwSignal::new(None)
                        choices
                    />
                })
            }}
            <span class="hint">{move || when.meaning(preferences.style())}</span>
            <Show when=move || twice.get()>
                <p class="hint" role="status">{messages::time_twice()}</p>
                <RadioCards label=messages::which_turn() value=when.turn cards=turns() />
            </Show>
        </div>
    }
}
