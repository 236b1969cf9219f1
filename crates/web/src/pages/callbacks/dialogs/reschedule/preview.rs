//! What would be moved where: counts, the places before and after, and a line for each callback.

use std::collections::BTreeMap;

use leptos::prelude::*;
use ringback_domain::wire::bulk_reschedule::{MoveItem, MoveOutcome, SpreadSlot};
use ringback_domain::{ServiceId, Timestamp};

use super::count_of;
use super::scope::{Preview, RescheduleScope};
use crate::browser::shares;
use crate::clock;
use crate::components::icon::Icon;
use crate::format;
use crate::messages;
use crate::pages::callbacks::dialogs::bulk::tally;
use crate::pages::callbacks::list::page::PageState;
use crate::zones;

/// Most bars side by side.
const MAX_BARS: usize = 24;

/// How long the time of a bar may be, in seconds: the shortest with which there are not too many.
const BAR_SECONDS: [i64; 6] = [900, 1_800, 3_600, 4 * 3_600, DAY, 7 * DAY];
const DAY: i64 = 86_400;

/// Why a callback is not moved, in a word.
pub(super) fn reason(outcome: MoveOutcome) -> &'static str {
    match outcome {
        MoveOutcome::Moved => messages::will_move(),
        MoveOutcome::AlreadyThere => messages::already_there(),
        MoveOutcome::NotScheduled => messages::not_scheduled(),
        MoveOutcome::NotPermitted => messages::outcome_not_permitted(),
        MoveOutcome::ChangedMeanwhile => messages::move_changed_meanwhile(),
        MoveOutcome::Full => messages::slot_full(),
        MoveOutcome::Held => messages::slot_held(),
        MoveOutcome::OutsidePermittedHours => messages::slot_outside_hours(),
        MoveOutcome::NoCapacity => messages::no_capacity(),
        MoveOutcome::Exception => messages::slot_exception(),
        MoveOutcome::Closed => messages::closed(),
        MoveOutcome::BeyondHorizon => messages::slot_beyond_horizon(),
        MoveOutcome::TooSoon => messages::slot_too_soon(),
        MoveOutcome::Past => messages::slot_past(),
        MoveOutcome::Stopped => messages::not_begun(),
        MoveOutcome::Failed => messages::move_failed(),
    }
}

/// The preview, as far as there is one.
#[component]
pub(super) fn PreviewView(scope: RescheduleScope) -> impl IntoView {
    let counts = move || {
        scope.preview.with(|preview| {
            let Some(Ok(preview)) = preview else { return None };
            let moving = count_of(&preview.job.outcomes, MoveOutcome::Moved);
            Some((moving, preview.job.progress.total.saturating_sub(moving)))
        })
    };
    view! {
        <div class="reschedule__preview" aria-busy=move || scope.busy.get().then_some("true")>
            <p class="visually-hidden" role="status">
                {move || match (scope.busy.get(), counts()) {
                    (true, _) => messages::computing_preview().to_owned(),
                    (false, Some((moving, staying))) => {
                        messages::preview_summary(format::count(moving), format::count(staying))
                    }
                    (false, None) => String::new(),
                }}
            </p>
            {move || match scope.preview.get() {
                None => {
                    let text = if scope.busy.get() {
                        messages::computing_preview()
                    } else {
                        messages::preview_missing()
                    };
                    view! { <p class="subtle">{text}</p> }.into_any()
                }
                Some(Err(failure)) => view! {
                    <div class="note note--danger" role="alert">
                        <Icon name="circle-alert" />
                        <span>{failure.message()}</span>
                    </div>
                }
                .into_any(),
                Some(Ok(preview)) => view! { <Planned preview /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Planned(preview: Preview) -> impl IntoView {
    let Preview { job, lines } = preview;
    let moving = count_of(&job.outcomes, MoveOutcome::Moved);
    let free = |slot: &SpreadSlot| {
        slot.capacity.map(|capacity| u64::from(capacity.saturating_sub(slot.before.unwrap_or_default())))
    };
    let free: Option<u64> = job.spread.iter().map(free).sum();
    let mut entries = vec![
        (messages::will_move(), moving),
        (messages::will_stay(), job.progress.total.saturating_sub(moving)),
    ];
    entries.extend(free.map(|free| (messages::free_places(), free)));
    let total = job.progress.total;
    view! {
        {tally(entries)}
        <Bars slots=job.spread />
        <Lines lines total />
    }
}

/// What a bar stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bar {
    before: u64,
    moving: u64,
    /// `None` where any number fits.
    capacity: Option<u64>,
}

/// The slots in bars of equal time, counted from a midnight, and how long these are.
fn bars(slots: &[SpreadSlot], midnight: Timestamp) -> (i64, BTreeMap<Timestamp, Bar>) {
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else { return (0, BTreeMap::new()) };
    let bar = |seconds: i64, at: Timestamp| at.seconds_since(midnight).div_euclid(seconds);
    let number = |seconds: i64| bar(seconds, last.from) - bar(seconds, first.from) + 1;
    let fits = |seconds: &&i64| usize::try_from(number(**seconds)).is_ok_and(|number| number <= MAX_BARS);
    let seconds = BAR_SECONDS.iter().find(fits).copied().unwrap_or(BAR_SECONDS[BAR_SECONDS.len() - 1]);
    let mut bars: BTreeMap<Timestamp, Bar> = BTreeMap::new();
    for slot in slots {
        let from = midnight.plus_seconds(bar(seconds, slot.from) * seconds);
        let known = bars.get(&from).copied();
        let before = known.unwrap_or_default();
        let capacity = slot.capacity.map(u64::from);
        let both = |one: u64, other: u64| one + other;
        bars.insert(
            from,
            Bar {
                before: before.before + u64::from(slot.before.unwrap_or_default()),
                moving: before.moving + u64::from(slot.moving),
                capacity: known
                    .map_or(capacity, |known| known.capacity.zip(capacity).map(|(a, b)| both(a, b))),
            },
        );
    }
    (seconds, bars)
}

/// The places before and after, in bars with their numbers.
#[component]
fn Bars(slots: Vec<SpreadSlot>) -> impl IntoView {
    let page = PageState::here();
    let style = page.preferences.style_untracked();
    let start_of_day = |at| zones::start_of_day(at, 0, &format::zone_name(style.utc));
    let midnight = slots.first().map_or_else(clock::now, |first| start_of_day(first.from));
    let (seconds, bars) = bars(&slots, midnight);
    let is_of_one_day = slots.last().is_none_or(|last| start_of_day(last.from) == midnight);
    if bars.is_empty() {
        return ().into_any();
    }
    let height = |bar: &Bar| (bar.before + bar.moving).max(bar.capacity.unwrap_or_default());
    let most = bars.values().map(height).max().unwrap_or_default().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a bar needs no more than 52 bits")]
    let share = move |part: u64| part as f64 / most as f64;
    let bar = move |(from, bar): (Timestamp, Bar)| {
        let label = match seconds {
            // Noon is of the same day on either side of a change of clocks.
            DAY.. => format::day(from.plus_seconds(DAY / 2), style),
            _ if is_of_one_day => format::time(from, style),
            _ => format::day_time(from, style),
        };
        let shown = bar.capacity.unwrap_or_default();
        view! {
            <tr>
                <th scope="row" class="num">{label}</th>
                <td aria-hidden="true" class="spread__cell">
                    <span
                        class="spread__bar"
                        use:shares=vec![
                            ("--before", share(bar.before)),
                            ("--moving", share(bar.moving)),
                            ("--capacity", share(shown)),
                        ]
                    >
                        <span class="spread__capacity" hidden=bar.capacity.is_none()></span>
                        <span class="spread__moving"></span>
                        <span class="spread__before"></span>
                    </span>
                </td>
                <td class="num">{format::count(bar.before)}</td>
                <td class="num spread__plus">{(bar.moving > 0).then(|| messages::over(format::count(bar.moving)))}</td>
                <td class="num">{bar.capacity.map_or_else(|| messages::none().to_owned(), format::count)}</td>
            </tr>
        }
    };
    view! {
        <div
            class="compact-table__region spread__region"
            tabindex="0"
            role="group"
            aria-label=messages::spread_chart()
        >
        <table class="compact-table spread" aria-label=messages::spread_chart()>
            <thead>
                <tr>
                    <th scope="col">{messages::time()}</th>
                    <td aria-hidden="true"></td>
                    <th scope="col"><span class="spread__key spread__key--before"></span>{messages::booked()}</th>
                    <th scope="col"><span class="spread__key spread__key--moving"></span>{messages::arriving()}</th>
                    <th scope="col"><span class="spread__key spread__key--capacity"></span>{messages::capacity()}</th>
                </tr>
            </thead>
            <tbody>{bars.into_iter().map(bar).collect_view()}</tbody>
        </table>
        </div>
    }
    .into_any()
}

/// The name of a service that the person may see.
pub(super) fn service_name(page: PageState, id: Option<ServiceId>) -> Option<String> {
    let me = page.session.me()?;
    me.services.iter().find(|service| Some(service.id) == id).map(|service| service.name.clone())
}

/// How a callback is named: by its number, or by its id where that may not be seen.
pub(super) fn name_of(item: &MoveItem) -> String {
    item.customer_number_formatted.clone().unwrap_or_else(|| item.callback_id.to_string())
}

#[component]
fn Lines(lines: Vec<MoveItem>, total: u64) -> impl IntoView {
    let page = PageState::here();
    let style = page.preferences.style_untracked();
    let at = move |at: Option<Timestamp>| at.map(|at| format::day_time(at, style));
    let more = total.saturating_sub(lines.len() as u64);
    let line = move |item: MoveItem| {
        let (to, change) = match (item.outcome, item.from.zip(item.to)) {
            (Some(MoveOutcome::Moved) | None, Some((from, to))) => (at(Some(to)), change(from, to)),
            (outcome, _) => (
                Some(messages::stays().to_owned()),
                outcome.map(|outcome| reason(outcome).to_owned()).unwrap_or_default(),
            ),
        };
        let stays = item.to.is_none();
        view! {
            <tr class:is-staying=stays>
                <th scope="row" class="num" dir="ltr">{name_of(&item)}</th>
                <td>{service_name(page, item.service_id)}</td>
                <td class="num">{at(item.from)}</td>
                <td class="num reschedule__to">{to}</td>
                <td class="num muted">{change}</td>
            </tr>
        }
    };
    let heads = [
        messages::column_number(),
        messages::column_service(),
        messages::spread_from(),
        messages::spread_to(),
        messages::column_change(),
    ];
    view! {
        <div
            class="compact-table__region reschedule__lines"
            tabindex="0"
            role="group"
            aria-label=messages::preview_callbacks()
        >
            <table class="compact-table" aria-label=messages::preview_callbacks()>
                <thead>
                    <tr>{heads.map(|head| view! { <th scope="col">{head}</th> }).collect_view()}</tr>
                </thead>
                <tbody>{lines.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
        {(more > 0).then(|| view! { <p class="hint num">{messages::and_more(more)}</p> })}
    }
}

/// `+1 h 45 min`, to the minute.
fn change(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.seconds_since(from);
    let sign = if seconds < 0 { "−" } else { "+" };
    let rounded = (seconds.abs() + 30) / 60 * 60;
    let length = match rounded {
        ..3_600 => format::duration(rounded),
        _ if rounded % 3_600 == 0 && rounded < 2 * DAY => messages::hours(rounded / 3_600),
        _ => format::exact_duration(rounded),
    };
    format!("{sign}{length}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDNIGHT_IN_NEW_YORK: &str = "2026-11-24T05:00:00Z";

    fn bars(slots: &[SpreadSlot]) -> (i64, BTreeMap<Timestamp, Bar>) {
        super::bars(slots, MIDNIGHT_IN_NEW_YORK.parse().unwrap())
    }

    fn slot(quarter: i64, before: u32, moving: u32, capacity: Option<u32>) -> SpreadSlot {
        let from = "2026-11-24T16:00:00Z".parse::<Timestamp>().unwrap().plus_seconds(quarter * 900);
        let before = capacity.map(|_| before);
        SpreadSlot {
            capacity_rule: None,
            service_id: None,
            from,
            local: String::new(),
            before,
            moving,
            capacity,
        }
    }

    #[test]
    fn slots_are_drawn_one_by_one_or_together_where_there_are_many() {
        let (seconds, few) = bars(&[slot(0, 1, 1, Some(2)), slot(1, 0, 2, Some(2))]);
        assert_eq!((seconds, few.len()), (900, 2));
        let day: Vec<SpreadSlot> = (0..96).map(|quarter| slot(quarter, 1, 2, Some(4))).collect();
        let (seconds, bars) = bars(&day);
        assert_eq!(seconds, 3_600);
        assert_eq!(bars.values().map(|bar| bar.moving).sum::<u64>(), 192);
        let full = Bar { before: 4, moving: 8, capacity: Some(16) };
        assert!(bars.values().all(|bar| *bar == full), "{bars:?}");
    }

    #[test]
    fn bars_of_days_begin_at_midnight_of_the_reader() {
        let days: Vec<SpreadSlot> = (0..30 * 24).map(|hour| slot(hour * 4, 0, 1, Some(1))).collect();
        let (seconds, bars) = bars(&days);
        assert!(seconds >= DAY, "{seconds}");
        assert_eq!(bars.first_key_value().unwrap().0.to_string(), MIDNIGHT_IN_NEW_YORK);
    }

    #[test]
    fn a_bar_with_a_service_without_a_rule_has_no_limit() {
        let (_, bars) = bars(&[slot(0, 1, 1, Some(2)), slot(0, 0, 5, None)]);
        let expected = Bar { before: 1, moving: 6, capacity: None };
        assert_eq!(bars.into_values().collect::<Vec<_>>(), [expected]);
    }
}
