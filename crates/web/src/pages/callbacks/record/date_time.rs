//! Date and time of a scheduled callback, in a zone that the person can choose.

use leptos::prelude::*;
use ringback_domain::Timestamp;
use ringback_domain::wall_time::Fold;
use ringback_domain::wire::callback::ChosenTime;
use ringback_domain::wire::problem::{FieldCode, FieldProblem};

use crate::api::Failure;
use crate::clock;
use crate::components::choice::{Card, RadioCards, Switch};
use crate::components::field::FieldError;
use crate::components::input::{SelectField, SelectOption, TextField, TimeField};
use crate::format::{self, Style};
use crate::forms::require;
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::zones::{self, instants, wall_time};

/// Which of the two occurrences of a time is meant when the clocks go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occurrence {
    First,
    Second,
}

/// Date, time and zone, and which occurrence is meant.
type Entries = ([String; 3], Option<Occurrence>);

/// The fields.
#[derive(Clone, Copy)]
pub(crate) struct DateTimeForm {
    date: RwSignal<String>,
    time: RwSignal<String>,
    /// The time zone of the fields; empty for the zone of all times on screen.
    zone: RwSignal<String>,
    /// Which occurrence is meant, if the time is ambiguous.
    occurrence: RwSignal<Option<Occurrence>>,
    date_error: FieldError,
    /// The error of the desired time.
    time_error: FieldError,
    /// The times nearest to one that was refused.
    nearest: RwSignal<Vec<Timestamp>>,
    /// The server refused it as no hour to call the customer at, so that it can be confirmed.
    outside_hours: RwSignal<bool>,
    outside_hours_confirmed: RwSignal<bool>,
    /// What was in the fields at the beginning.
    initial: StoredValue<Entries>,
}

/// Suggested times are multiples of this, in seconds.
const QUARTER: i64 = 15 * 60;

impl DateTimeForm {
    /// A form with a given time.
    pub(crate) fn at(at: Timestamp, style: Style) -> Self {
        let zone = format::zone_name(style.utc);
        let (date, time) = wall_time(at, &zone).unwrap_or_default();
        // The fields have no seconds.
        let occurrence = match instants(&date, &time, &zone)[..] {
            [_, second] if at >= second => Occurrence::Second,
            _ => Occurrence::First,
        };
        Self {
            initial: StoredValue::new(([date.clone(), time.clone(), String::new()], Some(occurrence))),
            date: RwSignal::new(date),
            time: RwSignal::new(time),
            zone: RwSignal::new(String::new()),
            occurrence: RwSignal::new(Some(occurrence)),
            date_error: RwSignal::new(None),
            time_error: RwSignal::new(None),
            nearest: RwSignal::new(Vec::new()),
            outside_hours: RwSignal::new(false),
            outside_hours_confirmed: RwSignal::new(false),
        }
    }

    /// The times nearest to one that was refused.
    pub(super) const fn nearest(self) -> RwSignal<Vec<Timestamp>> {
        self.nearest
    }

    /// Keeps the times that the server offers instead of the one that it refused.
    pub(super) fn offer(self, failure: &Failure) {
        if let Failure::Problem(problem) = failure {
            self.nearest.set(problem.slots.iter().map(|slot| slot.from).collect());
            let is_outside = |error: &FieldProblem| error.code == FieldCode::OutsidePermittedHours;
            if problem.errors.iter().any(is_outside) {
                self.outside_hours.set(true);
            }
        }
    }

    /// Fills in a time.
    pub(super) fn take(self, at: Timestamp, style: Style) {
        if let Some((date, time)) = wall_time(at, &untrack(|| self.zone_name(style))) {
            self.date.set(date);
            self.time.set(time);
            self.time_error.set(None);
            self.nearest.set(Vec::new());
        }
    }

    /// The day in the fields and their zone; tracked.
    pub(super) fn day(self, style: Style) -> (String, String) {
        (self.date.get(), self.zone_name(style))
    }

    /// Whether the fields mean this time; tracked.
    pub(super) fn means(self, at: Timestamp, style: Style) -> bool {
        self.instants(style).contains(&at)
    }

    /// What the clock of the fields shows; tracked.
    pub(super) fn time_of(self, at: Timestamp, style: Style) -> String {
        let wall = wall_time(at, &self.zone_name(style)).and_then(|(_, time)| time.parse().ok());
        wall.map_or_else(|| format::time(at, style), |time| format::time_of_day(time, style))
    }

    /// A form with a time in the near future.
    pub(super) fn soon(style: Style) -> Self {
        const SECOND: i64 = 1_000_000;
        let quarters = clock::now().micros() / SECOND / QUARTER + 2;
        Self::at(Timestamp::from_micros(quarters * QUARTER * SECOND), style)
    }

    /// The name of the time zone of the fields.
    fn zone_name(self, style: Style) -> String {
        let zone = self.zone.get();
        if zone.is_empty() { format::zone_name(style.utc) } else { zone }
    }

    /// The instants that the fields may mean.
    fn instants(self, style: Style) -> Vec<Timestamp> {
        instants(&self.date.get(), &self.time.get(), &self.zone_name(style))
    }

    /// The instant that is meant, or the problem.
    fn instant(self, style: Style) -> Result<Timestamp, &'static str> {
        match (&self.instants(style)[..], self.occurrence.get()) {
            ([], _) => Err(messages::no_such_time()),
            ([_, _, ..], None) => Err(messages::choose_occurrence()),
            ([_, second, ..], Some(Occurrence::Second)) => Ok(*second),
            ([first, ..], _) => Ok(*first),
        }
    }

    /// Follows every change of the fields.
    pub(crate) fn track(self) {
        self.date.track();
        self.time.track();
        self.zone.track();
        self.occurrence.track();
    }

    /// The error of the time.
    pub(crate) const fn error(self) -> FieldError {
        self.time_error
    }

    /// The instant that is meant. `None` if a field is invalid; it is then marked.
    pub(crate) fn read_instant(self, style: Style) -> Option<Timestamp> {
        self.nearest.set(Vec::new());
        let filled = [
            require(self.date, self.date_error, messages::enter_date()),
            require(self.time, self.time_error, messages::enter_time()),
        ];
        if filled != [true, true] {
            return None;
        }
        let at = untrack(|| self.instant(style));
        let at = at.map_err(|fault| self.time_error.set(Some(fault.to_owned()))).ok()?;
        if at <= clock::now() {
            self.time_error.set(Some(messages::time_in_past().to_owned()));
            return None;
        }
        Some(at)
    }

    /// The fields that the server may report problems about.
    pub(super) fn fields(self) -> [(&'static str, FieldError); 2] {
        ["/desired_time", "/desired_local"].map(|pointer| (pointer, self.time_error))
    }

    /// The wall time. `None` if a field is invalid; it is then marked.
    pub(super) fn read(self, style: Style) -> Option<ChosenTime> {
        self.read_instant(style)?;
        let second = untrack(|| self.occurrence.get()) == Some(Occurrence::Second);
        Some(ChosenTime {
            desired_time: None,
            desired_local: format!("{}T{}", self.date.get_untracked(), self.time.get_untracked())
                .parse()
                .ok(),
            time_zone: Some(untrack(|| self.zone_name(style))),
            fold: Some(if second { Fold::Second } else { Fold::First }),
            hold: None,
            outside_hours_confirmed: self.outside_hours_confirmed.get_untracked(),
        })
    }

    fn entries(self) -> Entries {
        let texts = [self.date, self.time, self.zone].map(|text| text.get_untracked());
        (texts, self.occurrence.get_untracked())
    }

    /// Whether the form still means the time that it began with.
    pub(super) fn is_unchanged(self) -> bool {
        self.initial.with_value(|initial| *initial == self.entries())
    }

    /// The meaning of the fields in words.
    fn meaning(self, style: Style) -> String {
        let instant = self.instant(style);
        let at = instant.unwrap_or_else(|_| clock::now());
        let hint = messages::time_zone_hint(zones::label(&self.zone_name(style), at));
        if self.zone.with(String::is_empty) || instant.is_err() {
            return hint;
        }
        let here = messages::time_here(format::day_time(at, style), format::zone_name(style.utc));
        format!("{hint} {here}")
    }
}

/// Time zones to choose from, besides that of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Zones {
    /// The zone of the service.
    pub(super) service: Option<String>,
    /// The zone of the customer.
    pub(super) customer: Option<String>,
}

impl Zones {
    /// The options, with the zone of the page first; none if there is only one
    /// zone.
    fn choices(self, style: Style) -> Vec<SelectOption> {
        let shown = format::zone_name(style.utc);
        let known = |zone: &String| wall_time(clock::now(), zone).is_some();
        let mut choices = vec![SelectOption { value: String::new(), label: shown.clone() }];
        let named = [
            self.service.map(|zone| (messages::zone_of_service(&zone), zone)),
            self.customer.map(|zone| (messages::zone_of_customer(&zone), zone)),
        ];
        for (label, zone) in named.into_iter().flatten() {
            if zone != shown && choices.iter().all(|choice| choice.value != zone) && known(&zone) {
                choices.push(SelectOption { value: zone, label });
            }
        }
        if choices.len() > 1 { choices } else { Vec::new() }
    }
}

/// The fields and their time zone.
#[component]
pub(crate) fn DateTimeFields(
    /// The form.
    date_time: DateTimeForm,
    /// The zones to choose from.
    #[prop(into)]
    zones: Signal<Zones>,
) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let ambiguous = Memo::new(move |_| date_time.instants(preferences.style()).len() > 1);
    let choices = Memo::new(move |_| zones.get().choices(preferences.style()));
    // Resets a zone that is no longer an option.
    Effect::new(move |_| {
        let offered =
            choices.with(|choices| date_time.zone.with(|zone| choices.iter().any(|one| one.value == *zone)));
        if !offered && !date_time.zone.with_untracked(String::is_empty) {
            date_time.zone.set(String::new());
        }
    });
    // Another time needs a new choice, and is confirmed anew.
    Effect::watch(
        move || (date_time.date.get(), date_time.time.get(), date_time.zone.get()),
        move |_, _, _| {
            date_time.occurrence.set(None);
            date_time.outside_hours.set(false);
            date_time.outside_hours_confirmed.set(false);
        },
        false,
    );
    let card = |occurrence, label, hint: &'static str| Card {
        value: Some(occurrence),
        label,
        hint: Signal::stored(Some(hint)),
        disabled: Signal::stored(false),
    };
    let occurrences = move || {
        vec![
            card(Occurrence::First, messages::first_occurrence(), messages::first_occurrence_hint()),
            card(Occurrence::Second, messages::second_occurrence(), messages::second_occurrence_hint()),
        ]
    };
    view! {
        <div class="field">
            <div class="field-pair">
                <TextField label=messages::date() value=date_time.date error=date_time.date_error kind="date" />
                <TimeField
                    label=messages::time()
                    value=date_time.time
                    error=date_time.time_error
                    times=Signal::derive(move || preferences.style())
                />
            </div>
            {move || {
                let choices = choices.get();
                (!choices.is_empty()).then(|| view! {
                    <SelectField
                        label=messages::time_zone()
                        value=date_time.zone
                        error=RwSignal::new(None)
                        choices
                    />
                })
            }}
            <span class="hint">{move || date_time.meaning(preferences.style())}</span>
            <Show when=move || date_time.outside_hours.get()>
                <Switch
                    label=messages::outside_hours_confirmed()
                    on=date_time.outside_hours_confirmed
                    on_switch=move |on| date_time.outside_hours_confirmed.set(on)
                />
            </Show>
            <Show when=move || ambiguous.get()>
                <p class="hint" role="status">{messages::time_twice()}</p>
                <RadioCards label=messages::which_occurrence() value=date_time.occurrence cards=occurrences() />
            </Show>
        </div>
    }
}
