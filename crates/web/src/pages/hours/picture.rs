//! The week as a picture, in which one draws with the mouse. It says nothing that the
//! fields do not say, so that screen readers and the keyboard pass over it.

use leptos::prelude::*;
use ringback_domain::TimeOfDay;
use wasm_bindgen::JsCast;
use web_sys::{Element, PointerEvent};

use super::draft::Draft;
use super::names;
use super::rule::Kind;
use super::week::{self, DAY, Drag, Grip, Piece, WEEKDAYS, day_before, pieces};
use crate::browser::{self, shares};
use crate::clock::Clock;
use crate::components::icon::Icon;
use crate::format::{self, Style};
use crate::preferences::PreferenceStore;
use crate::zones;

/// Edges of office hours lie at multiples of this, in minutes.
const STEP: u16 = 15;

/// Pieces that are shorter have no room for a text, in minutes.
const MIN_LABELLED: u16 = 75;

/// The picture.
#[component]
pub(super) fn WeekPicture(draft: Draft, may_edit: bool) -> impl IntoView {
    let drag = StoredValue::new(None::<Drag>);
    let preferences = PreferenceStore::here();
    let style = Signal::derive(move || preferences.style());
    let largest = Memo::new(move |_| {
        let all = (0..7).flat_map(|day| draft.intervals(day));
        all.map(|(_, interval)| interval.capacity).max().unwrap_or_default().max(1)
    });
    let columns = (0..WEEKDAYS.len())
        .map(|day| view! { <Column draft day drag style largest may_edit /> })
        .collect_view();
    let clock = Clock::here();
    let away = Memo::new(move |_| {
        let (there, here) = (draft.zone.text.get(), format::zone_name(style.get().utc));
        zones::difference(clock.coarse(), there.trim(), &here).filter(|minutes| *minutes != 0)
    });
    view! {
        <div class="week" aria-hidden="true">
            <Gutter style away=Signal::stored(Some(0)) />
            {columns}
            <Gutter style away />
        </div>
    }
}

/// The hours beside the columns, in the calendar's zone or the viewer's.
#[component]
fn Gutter(style: Signal<Style>, #[prop(into)] away: Signal<Option<i32>>) -> impl IntoView {
    let hours = move || {
        let away = away.get()?;
        let hour = move |hour: u16| {
            let minutes = (i32::from(hour) * 60 + away).rem_euclid(i32::from(DAY));
            let minutes = u16::try_from(minutes).unwrap_or_default();
            let time = TimeOfDay::of(minutes / 60, minutes % 60)?;
            Some(view! {
                <span use:shares=vec![("--from", f64::from(hour) / 24.0)]>
                    {format::time_of_day(time, style.get())}
                </span>
            })
        };
        Some((2..24).step_by(2).filter_map(hour).collect_view())
    };
    view! {
        <div class="week__gutter" class:week__gutter--none=move || away.get().is_none()>
            <div class="week__name"></div>
            <div class="week__hours num">{hours}</div>
        </div>
    }
}

#[component]
fn Column(
    draft: Draft,
    day: usize,
    drag: StoredValue<Option<Drag>>,
    style: Signal<Style>,
    largest: Memo<u32>,
    may_edit: bool,
) -> impl IntoView {
    let shown = Memo::new(move |_| pieces(&draft.intervals(day), &draft.intervals(day_before(day))));
    let sum = move || {
        let intervals: Vec<_> = draft.intervals(day).into_iter().map(|(_, of)| of).collect();
        names::sum(&intervals, draft.slot_minutes())
    };
    let press = move |event: PointerEvent| {
        if !may_edit || event.button() != 0 {
            return;
        }
        let all = shown.get_untracked();
        let begun = begin(draft, day, &event, &all);
        if let (Some(_), Some(column)) = (begun, column_of(&event)) {
            event.prevent_default();
            let _ = column.set_pointer_capture(event.pointer_id());
        }
        drag.set_value(begun);
    };
    let move_to = move |event: PointerEvent| {
        if let (Some(drag), Some(minute)) = (drag.get_value(), minute_of(&event)) {
            apply(draft, &drag, minute);
        }
    };
    let end = move |_: PointerEvent| {
        if drag.get_value().is_some() {
            drag.set_value(None);
            draft.days[day].update(|lines| lines.sort_by_key(|line| line.from.value()));
        }
    };
    let blocks = move || {
        let largest = largest.get();
        let block = |piece| view! { <Block piece kind=draft.kind style largest may_edit /> };
        shown.get().into_iter().map(block).collect_view()
    };
    view! {
        <div class="week__day">
            <div class="week__name">
                {names::short_weekday(day)}<span class="subtle num">{sum}</span>
            </div>
            <div
                class="week__time"
                class:week__time--drawn=may_edit
                data-day=day
                on:pointerdown=press
                on:pointermove=move_to
                on:pointerup=end
                on:pointercancel=end
            >
                {blocks}
            </div>
        </div>
    }
}

#[component]
fn Block(piece: Piece, kind: Kind, style: Signal<Style>, largest: u32, may_edit: bool) -> impl IntoView {
    let share = |minutes: u16| f64::from(minutes) / f64::from(DAY);
    let text = move || {
        let of = week::interval(&week::text(piece.from % DAY), &week::text(piece.to), piece.capacity);
        of.map(|of| names::interval(&of, kind, style.get())).unwrap_or_default()
    };
    let load = if kind == Kind::Hours { 1.0 } else { f64::from(piece.capacity) / f64::from(largest) };
    // The axis says the hours; the capacity stands nowhere else.
    let label = move || match kind {
        Kind::Hours => text(),
        Kind::Capacity => format::count(piece.capacity.into()),
    };
    let labelled = piece.to - piece.from >= MIN_LABELLED;
    let grip = |grip: &'static str, shown: bool| {
        (may_edit && shown).then(|| view! { <i class="week__grip" data-grip=grip data-key=piece.key></i> })
    };
    view! {
        <div
            class="week__block"
            class:week__block--none=kind == Kind::Capacity && piece.capacity == 0
            data-grip="whole"
            data-key=piece.key
            use:shares=vec![("--from", share(piece.from)), ("--to", share(piece.to)), ("--load", load)]
        >
            {labelled.then(|| view! { <span class="week__text num" title=text>{label}</span> })}
            {may_edit.then(|| view! {
                <i class="week__remove" data-grip="remove" data-key=piece.key><Icon name="x" class="icon--small" /></i>
            })}
            {grip("from", piece.begins)}
            {grip("to", piece.ends)}
        </div>
    }
}

/// What a press begins; a press on the cross removes at once.
fn begin(draft: Draft, day: usize, event: &PointerEvent, all: &[Piece]) -> Option<Drag> {
    let minute = minute_of(event)?;
    let step = untrack(|| draft.slot_minutes()).unwrap_or(STEP);
    let target: Element = event.target()?.dyn_into().ok()?;
    let Some(held) = target.closest("[data-grip]").ok().flatten() else {
        let capacity = all.iter().map(|piece| piece.capacity).max().unwrap_or(1);
        let line = draft.line(String::new(), String::new(), capacity);
        let drag = Drag::new(line.key, minute, all, step, capacity)?;
        draft.days[day].update(|lines| lines.push(line));
        apply(draft, &drag, minute);
        return Some(drag);
    };
    let key: u32 = held.get_attribute("data-key")?.parse().ok()?;
    let piece = *all.iter().find(|piece| piece.key == key)?;
    let grip = match held.get_attribute("data-grip")?.as_str() {
        "remove" => {
            for lines in draft.days {
                if lines.with_untracked(|lines| lines.iter().any(|line| line.key == key)) {
                    lines.update(|lines| lines.retain(|line| line.key != key));
                }
            }
            return None;
        }
        "from" => Grip::From,
        "to" => Grip::To,
        // Half of an interval cannot be moved without the other half.
        _ if !(piece.begins && piece.ends) => return None,
        _ => Grip::Whole,
    };
    Some(Drag::of(piece, grip, minute, all, step))
}

/// Writes into the fields what the drag makes of them.
fn apply(draft: Draft, drag: &Drag, minute: u16) {
    let (from, to) = drag.at(minute);
    let all = draft.days.into_iter().flat_map(|lines| lines.get_untracked());
    let Some(line) = all.into_iter().find(|line| line.key == drag.piece.key) else { return };
    if drag.grip != Grip::To {
        line.from.set(week::text(from));
    }
    if drag.grip != Grip::From {
        line.to.set(week::text(to));
    }
}

fn column_of(event: &PointerEvent) -> Option<Element> {
    event.current_target()?.dyn_into().ok()
}

/// The minute of the day under the pointer. Days are columns on wide screens and rows
/// on narrow ones.
fn minute_of(event: &PointerEvent) -> Option<u16> {
    let column = column_of(event)?.get_bounding_client_rect();
    let share = if column.height() > column.width() {
        (f64::from(event.client_y()) - column.top()) / column.height()
    } else {
        let share = (f64::from(event.client_x()) - column.left()) / column.width();
        if browser::right_to_left() { 1.0 - share } else { share }
    };
    u16::try_from(browser::truncate(share.clamp(0.0, 1.0) * f64::from(DAY))).ok()
}
