//! Days, dates and lengths as people read them.

use js_sys::Object;
use ringback_domain::calendar::capacity::CapacityInterval;
use ringback_domain::calendar::schedule::EndOfInterval;
use ringback_domain::{LocalDate, TimeOfDay, Timestamp};
use wasm_bindgen::JsValue;

use super::rule::Kind;
use super::week;
use crate::browser::js_number;
use crate::format::{self, Style};
use crate::intl::{UTC, date_format, set};
use crate::language::locale;
use crate::messages;

const DAY_SECONDS: i64 = 86_400;

fn midnight(date: LocalDate) -> Timestamp {
    Timestamp::from_micros(0).plus_seconds(date.days() * DAY_SECONDS)
}

fn formatted(date: LocalDate, parts: &[(&str, &str)]) -> String {
    let options = Object::new();
    set(&options, "timeZone", UTC);
    for (part, style) in parts {
        set(&options, part, style);
    }
    let milliseconds = JsValue::from_f64(js_number(midnight(date).micros() / 1000));
    let text = date_format(&locale(), &options)
        .and_then(|format| format.format().call1(&JsValue::UNDEFINED, &milliseconds).ok());
    text.and_then(|text| text.as_string()).unwrap_or_else(|| date.to_string())
}

/// `Thu 24 Dec 2026`.
pub(super) fn date(date: LocalDate) -> String {
    formatted(date, &[("weekday", "short"), ("day", "numeric"), ("month", "short"), ("year", "numeric")])
}

/// A Monday, from which the days of the week are counted.
const MONDAY: i64 = 4;

/// `Thursday`, by the place in the week.
pub(super) fn weekday(index: usize) -> String {
    formatted(day_of_week(index), &[("weekday", "long")])
}

/// `Thu`.
pub(super) fn short_weekday(index: usize) -> String {
    formatted(day_of_week(index), &[("weekday", "short")])
}

fn day_of_week(index: usize) -> LocalDate {
    LocalDate::from_days(MONDAY + i64::try_from(index % 7).unwrap_or_default())
}

/// `9 h` or `9 h 30 min`.
pub(super) fn length(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (hours, 0) => messages::hours(hours),
        (0, minutes) => messages::minutes(minutes),
        (hours, minutes) => messages::hours_minutes(hours, minutes),
    }
}

/// `14:15`, or `24:00` for the end of a day in 24 hours.
pub(super) fn end(to: EndOfInterval, style: Style) -> String {
    let minutes = to.minutes();
    match TimeOfDay::of(minutes / 60, minutes % 60) {
        Some(time) => format::time_of_day(time, style),
        None if style.h24 => to.to_string(),
        None => TimeOfDay::of(0, 0).map(|time| format::time_of_day(time, style)).unwrap_or_default(),
    }
}

/// `09:00 – 12:30`, for a capacity rule with the capacity of each slot.
pub(super) fn interval(of: &CapacityInterval, kind: Kind, style: Style) -> String {
    let hours = messages::from_to(format::time_of_day(of.from, style), end(of.to, style));
    match kind {
        Kind::Hours => hours,
        Kind::Capacity => messages::interval_capacity(hours, of.capacity),
    }
}

/// All intervals of a day.
pub(super) fn day(intervals: &[CapacityInterval], kind: Kind, style: Style) -> String {
    if intervals.is_empty() {
        return nothing(kind).to_owned();
    }
    intervals.iter().map(|of| interval(of, kind, style)).collect::<Vec<_>>().join(", ")
}

/// What a day without intervals is.
pub(super) fn nothing(kind: Kind) -> &'static str {
    match kind {
        Kind::Hours => messages::closed(),
        Kind::Capacity => messages::no_capacity(),
    }
}

/// How long a day is open, or how many callbacks it can hold.
pub(super) fn sum(intervals: &[CapacityInterval], slot: Option<u16>) -> String {
    if intervals.is_empty() {
        return String::new();
    }
    match slot {
        None => length(intervals.iter().map(|of| u32::from(week::length(of))).sum()),
        Some(slot) => {
            let slots = |of: &CapacityInterval| u64::from(week::length(of) / slot.max(1));
            format::count(intervals.iter().map(|of| slots(of) * u64::from(of.capacity)).sum())
        }
    }
}
