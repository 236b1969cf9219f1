//! Times, durations and counts as people read them.

use std::cell::RefCell;
use std::collections::HashMap;

use js_sys::{Array, Function, Intl, Object, Reflect};
use ringback_domain::{TimeOfDay, Timestamp};
use wasm_bindgen::JsValue;

use crate::browser::{self, js_number};
use crate::clock;
use crate::intl::{UTC, date_format, set};
use crate::language::locale;
pub(crate) use crate::language::{count, decimal};
use crate::messages;
use crate::zones;

/// How a person wants times to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Style {
    /// 14:15 instead of 2:15 PM.
    pub(crate) h24: bool,
    /// UTC instead of the browser's time zone.
    pub(crate) utc: bool,
}

/// Which parts of a time are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Parts {
    DayTime,
    DayTimeSeconds,
    Time,
    TimeSeconds,
    Day,
}

thread_local! {
    /// Making a formatter takes longer than formatting a whole page.
    static FORMATTERS: RefCell<HashMap<(Parts, bool, Style), Function>> = RefCell::default();
}

/// Whether the day has 24 hours by the custom of the language and the country.
pub(crate) fn locale_has_24h() -> bool {
    thread_local! {
        static H24: bool = {
            let options = Object::new();
            set(&options, "hour", "numeric");
            let chosen = date_format(&locale(), &options).map(|format| format.resolved_options());
            let cycle = chosen.and_then(|chosen| browser::property(&chosen, "hourCycle"));
            cycle.and_then(|cycle| cycle.as_string()).is_some_and(|cycle| cycle.starts_with("h2"))
        };
    }
    H24.with(|h24| *h24)
}

/// The options of a formatter.
fn options(parts: Parts, year: bool, h24: bool) -> Object {
    let options = Object::new();
    if matches!(parts, Parts::Day | Parts::DayTime | Parts::DayTimeSeconds) {
        set(&options, "weekday", "short");
        if year {
            set(&options, "year", "numeric");
        }
        set(&options, "day", "numeric");
        set(&options, "month", "short");
    }
    if parts != Parts::Day {
        set(&options, "hour", if h24 { "2-digit" } else { "numeric" });
        set(&options, "minute", "2-digit");
        set(&options, "hourCycle", if h24 { "h23" } else { "h12" });
    }
    if matches!(parts, Parts::TimeSeconds | Parts::DayTimeSeconds) {
        set(&options, "second", "2-digit");
    }
    options
}

fn formatter(parts: Parts, year: bool, style: Style) -> Function {
    FORMATTERS.with_borrow_mut(|cache| {
        cache
            .entry((parts, year, style))
            .or_insert_with(|| {
                let options = options(parts, year, style.h24);
                if style.utc {
                    set(&options, "timeZone", "UTC");
                }
                let locales = Array::of1(&JsValue::from_str(&locale()));
                Intl::DateTimeFormat::new(&locales, &options).format()
            })
            .clone()
    })
}

fn formatted(at: Timestamp, parts: Parts, style: Style) -> String {
    let (at, style) = match zones::as_if_utc(at, &zone_name(style.utc)) {
        Some(as_utc) => (as_utc, Style { utc: true, ..style }),
        None => (at, style),
    };
    told_by(&formatter(parts, !is_this_year(at), style), at)
}

/// Whether the year goes without saying; by UTC, which is near enough to say it or
/// not.
fn is_this_year(at: Timestamp) -> bool {
    at.to_string()[..4] == clock::now().to_string()[..4]
}

fn told_by(formatter: &Function, at: Timestamp) -> String {
    let milliseconds = JsValue::from_f64(js_number(at.micros() / 1000));
    let text = formatter.call1(&JsValue::UNDEFINED, &milliseconds);
    // Browsers put a narrow space before AM, which nobody types into a search.
    text.ok().and_then(|text| text.as_string()).unwrap_or_default().replace('\u{202f}', " ")
}

/// `Tue 24 Nov, 14:15`, with the year where it is not this one.
pub(crate) fn day_time(at: Timestamp, style: Style) -> String {
    formatted(at, Parts::DayTime, style)
}

/// `Tue 24 Nov, 14:15:07`.
pub(crate) fn day_time_seconds(at: Timestamp, style: Style) -> String {
    formatted(at, Parts::DayTimeSeconds, style)
}

/// `Tue 24 Nov, 14:15:07` in a time zone; `None` if the browser does not know the
/// zone.
pub(crate) fn day_time_seconds_in(at: Timestamp, style: Style, zone: &str) -> Option<String> {
    formatted_in(at, Parts::DayTimeSeconds, style, zone)
}

/// `Tue 24 Nov, 14:15` in a time zone; `None` if the browser does not know the
/// zone.
pub(crate) fn day_time_in(at: Timestamp, style: Style, zone: &str) -> Option<String> {
    formatted_in(at, Parts::DayTime, style, zone)
}

fn formatted_in(at: Timestamp, parts: Parts, style: Style, zone: &str) -> Option<String> {
    if let Some(as_utc) = zones::as_if_utc(at, zone) {
        return Some(formatted(as_utc, parts, Style { utc: true, ..style }));
    }
    let options = options(parts, !is_this_year(at), style.h24);
    set(&options, "timeZone", zone);
    Some(told_by(&date_format(&locale(), &options)?.format(), at))
}

/// `14:15`.
pub(crate) fn time(at: Timestamp, style: Style) -> String {
    formatted(at, Parts::Time, style)
}

/// `14:15`, for a time of day.
pub(crate) fn time_of_day(time: TimeOfDay, style: Style) -> String {
    // A time of day is not converted between zones.
    let at = Timestamp::from_micros(0).plus_seconds(i64::from(time.minutes()) * 60);
    told_by(&formatter(Parts::Time, false, Style { utc: true, ..style }), at)
}

/// A time of day as people type it: `14:15`, `2.15 pm`, `1415`, `9 Uhr`.
pub(crate) fn read_time(text: &str) -> Option<TimeOfDay> {
    let text: String = text.to_lowercase().chars().filter(|letter| !letter.is_whitespace()).collect();
    let letters: String = text.chars().filter(|letter| letter.is_alphabetic()).collect();
    let parts: Vec<&str> =
        text.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let (hour, minute) = match parts[..] {
        [whole] if whole.len() > 2 => whole.split_at_checked(whole.len() - 2)?,
        [hour] => (hour, "0"),
        [hour, minute] if minute.len() == 2 => (hour, minute),
        // A browser may add the seconds.
        [hour, minute, "00"] => (hour, minute),
        _ => return None,
    };
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match letters.as_str() {
        "" | "h" | "uhr" => hour,
        "am" | "a" if (1..=12).contains(&hour) => hour % 12,
        "pm" | "p" if (1..=12).contains(&hour) => hour % 12 + 12,
        _ => return None,
    };
    TimeOfDay::of(hour, minute)
}

/// `14:15:07`.
pub(crate) fn time_seconds(at: Timestamp, style: Style) -> String {
    formatted(at, Parts::TimeSeconds, style)
}

/// `Tue 24 Nov`.
pub(crate) fn day(at: Timestamp, style: Style) -> String {
    formatted(at, Parts::Day, style)
}

/// `Tue 24 Nov, 14:00 – 18:00`, or with both days.
pub(crate) fn span(from: Timestamp, to: Timestamp, style: Style) -> String {
    let same = day(from, style) == day(to, style);
    let end = if same { time(to, style) } else { day_time(to, style) };
    messages::from_to(day_time(from, style), end)
}

/// `8:00 AM – 11:00 AM every day`.
pub(crate) fn every_day(from: TimeOfDay, to: TimeOfDay, style: Style) -> String {
    let [from, to] = [from, to].map(|at| time_of_day(at, style));
    messages::every_day(messages::from_to(from, to))
}

/// The time if it is today, otherwise the day.
pub(crate) fn time_or_day(at: Timestamp, today: &str, style: Style) -> String {
    let day = day(at, style);
    if day == today { time_seconds(at, style) } else { day }
}

/// `2026-11-24-14-15`, in UTC, for names of files.
pub(crate) fn for_file_name(at: Timestamp) -> String {
    at.to_string().chars().take(16).map(|letter| if letter.is_ascii_digit() { letter } else { '-' }).collect()
}

/// The name of the zone in which times are shown.
pub(crate) fn zone_name(utc: bool) -> String {
    thread_local! {
        /// Asking the browser takes longer than formatting a time.
        static LOCAL: String = {
            let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
            let name = Reflect::get(&options, &"timeZone".into()).ok().and_then(|name| name.as_string());
            name.unwrap_or_else(|| UTC.to_owned())
        };
    }
    if utc { UTC.to_owned() } else { LOCAL.with(Clone::clone) }
}

/// The zone in which times are shown, with its current offset from UTC.
pub(crate) fn zone(style: Style) -> String {
    zone_at(clock::now(), style)
}

/// The zone in which times are shown, with its offset from UTC at a time.
pub(crate) fn zone_at(at: Timestamp, style: Style) -> String {
    zones::label(&zone_name(style.utc), at)
}

/// `12 min`: one unit, rounded down.
pub(crate) fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..60 => messages::seconds(seconds),
        60..7_200 => messages::minutes(seconds / 60),
        7_200..172_800 => messages::hours(seconds / 3_600),
        _ => messages::days(u64::try_from(seconds / 86_400).unwrap_or_default()),
    }
}

/// `3 min 28 s`: two units.
pub(crate) fn exact_duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..60 => messages::seconds(seconds),
        60..3_600 => messages::minutes_seconds(seconds / 60, seconds % 60),
        3_600..172_800 => messages::hours_minutes(seconds / 3_600, seconds % 3_600 / 60),
        _ => duration(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_type_them() {
        for text in
            ["14:15", "14.15", "1415", "2:15 PM", "2.15pm", "02:15 p.m.", "14:15 Uhr", "14h15", "14:15:00"]
        {
            assert_eq!(read_time(text).unwrap().to_string(), "14:15", "{text}");
        }
        let read = |text| read_time(text).map(|time| time.to_string());
        assert_eq!(read("9"), Some("09:00".to_owned()));
        assert_eq!(read("12 am"), Some("00:00".to_owned()));
        assert_eq!(read("915"), Some("09:15".to_owned()));
        for text in ["", "25:00", "13 pm", "0 am", "14:5", "14:60", "noon", "14:15:30", "123456"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn durations_have_one_or_two_units() {
        assert_eq!(duration(41), "41 s");
        assert_eq!(duration(725), "12 min");
        assert_eq!(duration(72_000), "20 h");
        assert_eq!(duration(200_000), "2 days");
        assert_eq!(exact_duration(208), "3 min 28 s");
        assert_eq!(exact_duration(3_720), "1 h 2 min");
    }
}
