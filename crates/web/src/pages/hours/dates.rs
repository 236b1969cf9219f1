//! The dates with other hours, or other capacity, than their day of the week.

use std::collections::BTreeMap;

use leptos::prelude::*;
use ringback_domain::LocalDate;
use ringback_domain::calendar::capacity::CapacityInterval;
use ringback_domain::calendar::office_hours::MANUAL;
use ringback_domain::calendar::schedule::{Schedule, Weekly};
use ringback_domain::wire::calendar::MAX_LABEL_CHARS;

use super::draft::{Draft, Input, read_day};
use super::intervals::LineFields;
use super::names;
use super::rule::{Exception, Kind};
use super::week;
use crate::clock;
use crate::components::button::Button;
use crate::components::choice::{Card, RadioCards};
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon_button::IconButton;
use crate::components::input::TextField;
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::zones;

/// The date that is being edited; `None` for a new one.
type Edited = RwSignal<Option<Option<LocalDate>>>;

/// The date that a clock of the zone shows now.
pub(super) fn today(zone: &str) -> LocalDate {
    let shown = zones::wall_time(clock::now(), zone).and_then(|(date, _)| date.parse().ok());
    shown.unwrap_or_else(|| LocalDate::from_days(clock::now().micros() / 86_400_000_000))
}

/// What the dates are called.
fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Hours => messages::other_dates(),
        Kind::Capacity => messages::other_capacity_dates(),
    }
}

/// The dates of a year.
#[component]
pub(super) fn Dates(draft: Draft, may_edit: bool) -> impl IntoView {
    let edited: Edited = RwSignal::new(None);
    let year = RwSignal::new(untrack(|| draft.zone.text.with(|zone| today(zone.trim())).year()));
    let of_year = Memo::new(move |_| {
        let year = year.get();
        draft
            .exceptions
            .with(|all| all.iter().filter(|of| of.date.year() == year).cloned().collect::<Vec<_>>())
    });
    let row = move |exception: Exception| view! { <DateRow draft exception edited may_edit /> };
    let kind = draft.kind;
    view! {
        <div class="part-head">
            <h3>{title(kind)}</h3>
            <span class="stepper">
                <IconButton
                    icon="chevron-left"
                    label=messages::year_before().to_owned()
                    on_press=move |()| year.update(|year| *year -= 1)
                />
                <b class="num" role="status">{move || year.get().to_string()}</b>
                <IconButton
                    icon="chevron-right"
                    label=messages::year_after().to_owned()
                    on_press=move |()| year.update(|year| *year += 1)
                />
            </span>
            {may_edit.then(|| view! {
                <Button icon="plus" on_press=move |()| edited.set(Some(None))>{messages::add_date()}</Button>
            })}
        </div>
        <p class="hint">{messages::dates_hint()}</p>
        {move || {
            let dates = of_year.get();
            if dates.is_empty() {
                return view! { <p class="subtle">{messages::no_dates(year.get())}</p> }.into_any();
            }
            view! {
                <ul class="dates" aria-label=title(kind)>{dates.into_iter().map(row).collect_view()}</ul>
            }
            .into_any()
        }}
        {move || edited.get().map(|date| view! { <DateDialog draft date edited year /> })}
    }
}

#[component]
fn DateRow(draft: Draft, exception: Exception, edited: Edited, may_edit: bool) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let Exception { date, label, source, intervals } = exception;
    let kind = draft.kind;
    let name = names::date(date);
    let (edit, remove) = (messages::edit_of(&name), messages::remove_range(&name));
    let closed = intervals.is_empty();
    view! {
        <li>
            <b class="num">{name}</b>
            <span class="dates__label">
                {label}{(source != MANUAL).then(|| view! { <code class="dates__source">{source}</code> })}
            </span>
            <span class="dates__hours num" class:subtle=closed>
                {move || names::day(&intervals, kind, preferences.style())}
            </span>
            {may_edit.then(|| view! {
                <span class="dates__buttons">
                    <IconButton
                        class="icon-button--accent"
                        icon="pencil"
                        label=edit
                        on_press=move |()| edited.set(Some(Some(date)))
                    />
                    <IconButton
                        icon="trash-2"
                        label=remove
                        on_press=move |()| draft.exceptions.update(|all| all.retain(|of| of.date != date))
                    />
                </span>
            })}
        </li>
    }
}

/// What the week says of a date, with what began the evening before.
fn week_on(weekly: Weekly<CapacityInterval>, date: LocalDate) -> Vec<CapacityInterval> {
    let schedule = Schedule { weekly, dates: BTreeMap::new() };
    let pieces = schedule.on(date);
    pieces
        .into_iter()
        .filter_map(|piece| week::interval(&week::text(piece.from), &week::text(piece.to), piece.of.capacity))
        .collect()
}

/// Adds a date, or changes one. What it says is kept with everything else.
#[component]
fn DateDialog(draft: Draft, date: Option<LocalDate>, edited: Edited, year: RwSignal<i32>) -> impl IntoView {
    let kind = draft.kind;
    let before = draft.exceptions.with_untracked(|all| all.iter().find(|of| Some(of.date) == date).cloned());
    let day = Input::new(date.map(|date| date.to_string()).unwrap_or_default());
    let label = Input::new(before.as_ref().map(|of| of.label.clone()).unwrap_or_default());
    let closed = RwSignal::new(before.as_ref().is_none_or(|of| of.intervals.is_empty()));
    let as_lines = move |intervals: &[CapacityInterval]| {
        let line = |of: &CapacityInterval| draft.line(of.from.to_string(), of.to.to_string(), of.capacity);
        intervals.iter().map(line).collect::<Vec<_>>()
    };
    let lines = RwSignal::new(before.as_ref().map(|of| as_lines(&of.intervals)).unwrap_or_default());
    // Other hours begin as those of the day of the week.
    Effect::new(move |_| {
        let Ok(date) = day.text.with(|day| day.parse::<LocalDate>()) else { return };
        if !closed.get() && lines.with_untracked(Vec::is_empty) {
            lines.set(as_lines(&untrack(|| week_on(draft.weekly(), date))));
        }
    });
    let source = before.map_or_else(|| MANUAL.to_owned(), |of| of.source);
    let handle = DialogHandle::new(match kind {
        Kind::Hours => messages::date_title(),
        Kind::Capacity => messages::capacity_date_title(),
    });
    let submit = move |()| {
        let slot = untrack(|| draft.slot_minutes());
        let read = read_date(day, draft, date);
        let text = label.value();
        if text.chars().count() > MAX_LABEL_CHARS {
            label.refuse(messages::fault_label());
            return handle.focus_first_error();
        }
        let intervals = if closed.get_untracked() {
            Some(Vec::new())
        } else {
            lines.with_untracked(|lines| read_day(lines, slot))
        };
        let (Some(read), Some(intervals)) = (read, intervals) else { return handle.focus_first_error() };
        if !closed.get_untracked() && intervals.is_empty() {
            return handle.problem.set(Some(messages::fault_intervals().to_owned()));
        }
        let exception = Exception { date: read, label: text, source: source.clone(), intervals };
        draft.exceptions.update(|all| {
            all.retain(|of| Some(of.date) != date);
            all.push(exception);
            all.sort_by_key(|of| of.date);
        });
        year.set(read.year());
        handle.close();
    };
    let card =
        |value, label| Card { value, label, hint: Signal::stored(None), disabled: Signal::stored(false) };
    let own = match kind {
        Kind::Hours => messages::own_hours(),
        Kind::Capacity => messages::own_capacity(),
    };
    let cards = vec![card(true, names::nothing(kind)), card(false, own)];
    view! {
        <Dialog
            handle
            class="dialog--medium"
            on_close=move |()| edited.set(None)
            on_submit=submit
            action=handle.submit(messages::apply())
        >
            <div class="field-pair">
                <TextField label=messages::date() value=day.text error=day.error kind="date" autofocus=true />
                <TextField
                    label=messages::date_label()
                    value=label.text
                    error=label.error
                    placeholder=messages::date_label_example().to_owned()
                />
            </div>
            <RadioCards label=title(kind) value=closed cards />
            <Show when=move || !closed.get()>
                <LineFields draft lines day=messages::date() />
            </Show>
        </Dialog>
    }
}

/// The date in the field. `None` if it is none, or there is another entry for it; the
/// field is then marked.
fn read_date(day: Input, draft: Draft, before: Option<LocalDate>) -> Option<LocalDate> {
    let Ok(date) = day.value().parse::<LocalDate>() else {
        day.refuse(messages::enter_date());
        return None;
    };
    let taken = draft.exceptions.with_untracked(|all| all.iter().any(|of| of.date == date));
    if taken && before != Some(date) {
        day.refuse(messages::fault_date_taken());
        return None;
    }
    Some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_begins_with_what_spills_into_it() {
        let mut weekly = Weekly::default();
        weekly.fri = vec![week::interval("22:00", "02:00", 1).unwrap()];
        weekly.sat = vec![week::interval("09:00", "13:00", 1).unwrap()];
        let on = |date: &str| {
            let intervals = week_on(weekly.clone(), date.parse().unwrap());
            intervals.iter().map(|of| format!("{}-{}", of.from, of.to)).collect::<Vec<_>>()
        };
        assert_eq!(on("2026-11-28"), ["00:00-02:00", "09:00-13:00"]);
        assert_eq!(on("2026-11-27"), ["22:00-24:00"]);
    }
}
