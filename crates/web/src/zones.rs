//! Wall times in named time zones: by the server's tables, as far as it was asked
//! for them, else by the browser's, which may be older.

use std::cell::RefCell;
use std::collections::HashMap;

use js_sys::{Date, Intl, Object};
use ringback_domain::wire::reference::ZoneClock;
use ringback_domain::{LocalDate, Timestamp};
use wasm_bindgen::JsValue;

use crate::browser::{js_number, property};
use crate::intl::{UTC, date_format, set};
use crate::messages;

const DAY: i64 = 86_400;

thread_local! {
    /// Making a formatter takes longer than formatting a whole page.
    static FORMATTERS: RefCell<HashMap<String, Intl::DateTimeFormat>> = RefCell::default();
}

thread_local! {
    /// The clocks that the server said, by zone.
    static CLOCKS: RefCell<HashMap<String, ZoneClock>> = RefCell::default();
}

/// Computes with the server's clocks from now on.
pub(crate) fn adopt(clocks: Vec<ZoneClock>) {
    CLOCKS.with_borrow_mut(|known| known.extend(clocks.into_iter().map(|clock| (clock.name.clone(), clock))));
}

/// The instant at which UTC's clock shows what the zone's shows at `at`; `None` if
/// the server did not say.
pub(crate) fn as_if_utc(at: Timestamp, zone: &str) -> Option<Timestamp> {
    CLOCKS.with_borrow(|clocks| {
        let clock = clocks.get(zone).filter(|clock| at < clock.until)?;
        let begun = clock.offsets.partition_point(|offset| offset.from <= at);
        let offset = clock.offsets.get(begun.checked_sub(1)?)?;
        Some(at.plus_seconds(offset.seconds.into()))
    })
}

/// A formatter for the parts of a wall time; `None` if the browser does not
/// know the zone.
fn formatter(zone: &str) -> Option<Intl::DateTimeFormat> {
    FORMATTERS.with_borrow_mut(|cache| {
        if let Some(formatter) = cache.get(zone) {
            return Some(formatter.clone());
        }
        let options = Object::new();
        set(&options, "timeZone", zone);
        set(&options, "hourCycle", "h23");
        set(&options, "year", "numeric");
        for part in ["month", "day", "hour", "minute"] {
            set(&options, part, "2-digit");
        }
        let formatter = date_format("en", &options)?;
        cache.insert(zone.to_owned(), formatter.clone());
        Some(formatter)
    })
}

/// The wall time of an instant in the form of date and time fields; `None` if
/// the browser does not know the zone.
pub(crate) fn wall_time(at: Timestamp, zone: &str) -> Option<(String, String)> {
    let as_utc = if zone == UTC { Some(at) } else { as_if_utc(at, zone) };
    if let Some(as_utc) = as_utc {
        let text = as_utc.to_string();
        return Some((text[..10].to_owned(), text[11..16].to_owned()));
    }
    let parts = formatter(zone)?.format_to_parts(&Date::new(&js_number(at.micros() / 1000).into()));
    let part = |name: &str| {
        let kind = |part: &JsValue| property(part, "type")?.as_string();
        let found = parts.iter().find(|part| kind(part).as_deref() == Some(name))?;
        property(&found, "value")?.as_string()
    };
    let day = format!("{:0>4}-{}-{}", part("year")?, part("month")?, part("day")?);
    Some((day, format!("{}:{}", part("hour")?, part("minute")?)))
}

/// The instants of a wall time given as `YYYY-MM-DD` and `HH:MM`, in order.
/// None if the date or zone is invalid or the clock skips the time; two if the
/// clock goes back.
pub(crate) fn instants(date: &str, time: &str, zone: &str) -> Vec<Timestamp> {
    let Ok(as_utc) = format!("{date}T{time}:00Z").parse::<Timestamp>() else { return Vec::new() };
    // The offsets of the day before and the day after: clocks change less often
    // than that.
    let offsets = [-DAY, DAY].map(|away| offset(as_utc.plus_seconds(away), zone));
    let mut found: Vec<_> = offsets.into_iter().flatten().map(|ahead| as_utc.plus_seconds(-ahead)).collect();
    found.retain(|at| wall_time(*at, zone).is_some_and(|wall| (&*wall.0, &*wall.1) == (date, time)));
    found.sort_unstable();
    found.dedup();
    found
}

/// The first instant of the day that begins `days` after that of `now`. Where clocks
/// skip its midnight, the day begins with the time after.
pub(crate) fn start_of_day(now: Timestamp, days: i64, zone: &str) -> Timestamp {
    let day = |at: Timestamp| at.to_string()[..10].to_owned();
    let today = wall_time(now, zone).map_or_else(|| day(now), |(date, _)| date);
    let Ok(midnight) = format!("{today}T00:00:00Z").parse::<Timestamp>() else { return now };
    let midnight = midnight.plus_seconds(days * DAY);
    let first = instants(&day(midnight), "00:00", zone).into_iter().next();
    let before = offset(midnight.plus_seconds(-DAY), zone).unwrap_or_default();
    first.unwrap_or_else(|| midnight.plus_seconds(-before))
}

/// The first instant of a date.
pub(crate) fn first_instant(date: LocalDate, zone: &str) -> Timestamp {
    let noon = Timestamp::from_micros(0).plus_seconds(date.days() * DAY + DAY / 2);
    let ahead = offset(noon, zone).unwrap_or_default();
    start_of_day(noon.plus_seconds(-ahead), 0, zone)
}

/// The offset from UTC at an instant, in seconds.
fn offset(at: Timestamp, zone: &str) -> Option<i64> {
    let minute = Timestamp::from_micros(at.micros() - at.micros().rem_euclid(60_000_000));
    let (date, time) = wall_time(minute, zone)?;
    let wall: Timestamp = format!("{date}T{time}:00Z").parse().ok()?;
    Some(wall.seconds_since(minute))
}

/// How many minutes the clock of another zone is ahead of a zone's at an instant;
/// `None` if the browser does not know one of them.
pub(crate) fn difference(at: Timestamp, zone: &str, other: &str) -> Option<i32> {
    i32::try_from((offset(at, other)? - offset(at, zone)?) / 60).ok()
}

/// The clock of a zone as the server said it.
pub(crate) fn clock_of(zone: &str) -> Option<ZoneClock> {
    CLOCKS.with_borrow(|clocks| clocks.get(zone).cloned())
}

/// A zone with its offset from UTC at an instant: `Europe/Berlin, UTC+01:00`.
pub(crate) fn label(zone: &str, at: Timestamp) -> String {
    let Some(ahead) = offset(at, zone).filter(|_| zone != UTC) else { return zone.to_owned() };
    let sign = if ahead < 0 { '-' } else { '+' };
    let minutes = ahead.abs() / 60;
    messages::zone_offset(zone, format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

#[cfg(test)]
mod tests {
    use ringback_domain::Timestamp;
    use ringback_domain::wire::reference::{ZoneClock, ZoneOffset};

    use super::{UTC, adopt, instants, start_of_day, wall_time};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The server's word on a zone.
    fn clock(name: &str, offsets: &[(&str, i32)]) {
        let offsets = offsets.iter().map(|(from, seconds)| ZoneOffset { from: at(from), seconds: *seconds });
        let until = at("2027-12-31T00:00:00Z");
        adopt(vec![ZoneClock { name: name.to_owned(), offsets: offsets.collect(), until }]);
    }

    #[test]
    fn a_wall_time_of_utc_is_one_instant_and_comes_back() {
        let [at] = instants("2027-10-31", "02:30", UTC)[..] else { panic!("not one") };
        assert_eq!(at.to_string(), "2027-10-31T02:30:00Z");
        assert_eq!(wall_time(at, UTC), Some(("2027-10-31".to_owned(), "02:30".to_owned())));
        assert!(instants("2027-02-30", "02:30", UTC).is_empty());
    }

    #[test]
    fn wall_times_are_those_of_the_server() {
        clock("America/Vancouver", &[("2026-09-01T00:00:00Z", -25_200)]);
        let wall = wall_time(at("2026-12-01T17:30:00Z"), "America/Vancouver");
        assert_eq!(wall, Some(("2026-12-01".to_owned(), "10:30".to_owned())));
        assert_eq!(instants("2026-12-01", "10:30", "America/Vancouver"), [at("2026-12-01T17:30:00Z")]);
    }

    #[test]
    fn a_time_that_clocks_repeat_is_two_instants_and_one_that_they_skip_none() {
        let changes = [("2026-10-25T01:00:00Z", 3_600), ("2027-03-28T01:00:00Z", 7_200)];
        clock("Europe/Berlin", &[&[("2026-09-01T00:00:00Z", 7_200)][..], &changes].concat());
        let twice = [at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")];
        assert_eq!(instants("2026-10-25", "02:30", "Europe/Berlin"), twice);
        assert!(instants("2027-03-28", "02:30", "Europe/Berlin").is_empty());
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_begins_an_hour_later() {
        clock("Africa/Cairo", &[("2027-01-01T00:00:00Z", 7_200), ("2027-04-29T22:00:00Z", 10_800)]);
        let day = |days| start_of_day(at("2027-04-29T10:00:00Z"), days, "Africa/Cairo").to_string();
        assert_eq!(
            [0, 1, 2].map(day),
            ["2027-04-28T22:00:00Z", "2027-04-29T22:00:00Z", "2027-04-30T21:00:00Z"]
        );
    }
}
