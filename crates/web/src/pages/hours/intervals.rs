//! The intervals of a day as fields, which the keyboard alone can edit.

use leptos::prelude::*;

use super::draft::{Draft, Line, Lines};
use super::names;
use super::rule::Kind;
use super::week::{self, DAY, WEEKDAYS};
use crate::browser;
use crate::components::icon_button::IconButton;
use crate::components::input::{TextField, TimeField};
use crate::components::unique_id;
use crate::format;
use crate::messages;
use crate::preferences::PreferenceStore;

/// The table of the week.
#[component]
pub(super) fn WeekTable(draft: Draft, may_edit: bool) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let row = move |day: usize| {
        let name = names::weekday(day);
        let cell = if may_edit {
            view! { <DayFields draft day lines=draft.days[day] name=name.clone() /> }.into_any()
        } else {
            (move || {
                let intervals: Vec<_> = draft.intervals(day).into_iter().map(|(_, of)| of).collect();
                names::day(&intervals, draft.kind, preferences.style())
            })
            .into_any()
        };
        view! { <tr><th scope="row">{name}</th><td>{cell}</td></tr> }
    };
    view! {
        <table class="intervals" aria-label=messages::every_week()>
            <tbody>{(0..WEEKDAYS.len()).map(row).collect_view()}</tbody>
        </table>
    }
}

/// The fields of a day of the week.
#[component]
fn DayFields(draft: Draft, day: usize, lines: Lines, name: String) -> impl IntoView {
    let next = (day + 1) % WEEKDAYS.len();
    let copy = move |()| {
        let copied = lines.get_untracked();
        let copied = copied.into_iter().map(|line| {
            let capacity = line.capacity.value().parse().unwrap_or(1);
            draft.line(line.from.value(), line.to.value(), capacity)
        });
        draft.days[next].set(copied.collect());
    };
    let label = messages::copy_to_day(&name, names::weekday(next));
    view! {
        <LineFields draft lines day=name>
            <IconButton icon="copy" label on_press=copy />
        </LineFields>
    }
}

/// The fields of a day: one group for each interval, and a button for another.
#[component]
pub(super) fn LineFields(
    draft: Draft,
    lines: Lines,
    /// The name of the day.
    #[prop(into)]
    day: String,
    /// Further buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let kind = draft.kind;
    let add_label = messages::add_interval(&day);
    let add_id = StoredValue::new(unique_id("add"));
    let add = move |()| {
        let (from, to, capacity) = next_interval(&lines.get_untracked());
        let line = draft.line(from, to, capacity);
        lines.update(|lines| lines.push(line));
        request_animation_frame(move || browser::focus_first(&format!("[data-line=\"{}\"] input", line.key)));
    };
    let day = StoredValue::new(day);
    let fields = move |line: Line| {
        let text = move || {
            let style = preferences.style();
            let interval = line.interval().map(|of| names::interval(&of, kind, style)).unwrap_or_default();
            messages::interval_of_day(day.get_value(), interval)
        };
        let remove = move |()| {
            lines.update(|lines| lines.retain(|other| other.key != line.key));
            // The button that had the focus is gone.
            browser::focus(&add_id.get_value());
        };
        let hourly = move || {
            let slots = 60 / draft.slot_minutes()?;
            let capacity: u64 = line.capacity.text.with(|text| text.trim().parse().ok())?;
            Some(messages::an_hour(format::count(capacity.saturating_mul(slots.into()))))
        };
        view! {
            <div class="interval" role="group" aria-label=text data-line=line.key>
                <TimeField
                    label=messages::range_from()
                    value=line.from.text
                    error=line.from.error
                    times=Signal::derive(move || preferences.style())
                />
                <span class="interval__dash" aria-hidden="true">"–"</span>
                <TimeField
                    label=messages::range_to()
                    value=line.to.text
                    error=line.to.error
                    times=Signal::derive(move || preferences.style())
                />
                {(kind == Kind::Capacity).then(|| view! {
                    <span class="interval__dash" aria-hidden="true">"×"</span>
                    <TextField
                        label=messages::per_slot()
                        value=line.capacity.text
                        error=line.capacity.error
                        inputmode="numeric"
                    />
                    <span class="interval__hour hint num">{hourly}</span>
                })}
                <IconButton
                    icon="x"
                    label=Signal::derive(move || messages::remove_range(text()))
                    on_press=remove
                />
            </div>
        }
    };
    view! {
        <div class="intervals__day">
            <For each=move || lines.get() key=|line| line.key children=fields />
            {move || lines.with(Vec::is_empty).then(|| view! { <span class="subtle intervals__none">{names::nothing(kind)}</span> })}
            <span class="intervals__buttons">
                <IconButton id=add_id.get_value() icon="plus" label=add_label on_press=add />
                {children.map(|children| children())}
            </span>
        </div>
    }
}

/// What a further interval begins with: an hour after the last one, or office hours.
fn next_interval(lines: &[Line]) -> (String, String, u32) {
    let last = lines.iter().filter_map(|line| untrack(|| line.interval())).max_by_key(|of| of.to);
    let Some(last) = last else { return ("09:00".to_owned(), "17:00".to_owned(), 1) };
    let from = last.to.minutes().saturating_add(60).min(DAY - 60);
    (week::text(from), week::text(from + 60), last.capacity)
}
