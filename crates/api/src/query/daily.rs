//! A filter on the same hours of every day, as the clocks of a time zone show
//! them. An hour that is repeated when the clocks go back matches both times; an
//! hour that is skipped when they go forward never matches.

use jiff::tz::{Offset, TimeZone};
use ringback_domain::Timestamp;
use ringback_domain::wire::list::CallbackFilter;
use ringback_domain::wire::problem::FieldCode;

use crate::error::Error;
use crate::fault::{Field, Part};
use crate::store::list::Daily;
use crate::time_zone;

/// Longest range of a filter with hours of every day.
const MAX_DAYS: i64 = 62;

const MINUTE: i64 = 60 * 1_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// The hours of a filter, if it has any.
pub fn of_filter(filter: &CallbackFilter) -> Result<Option<Daily>, Error> {
    if filter.daily_from.is_none() && filter.daily_to.is_none() && filter.time_zone.is_none() {
        return Ok(None);
    }
    let from = required(filter.daily_from, Field::DailyFrom)?;
    let to = required(filter.daily_to, Field::DailyTo)?;
    let zone = required(filter.time_zone.as_ref(), Field::TimeZone)?;
    let (begin, end) = (required(filter.from, Field::From)?, required(filter.to, Field::To)?);
    // The same hour at both ends could be no time, or the whole day.
    if from == to {
        let detail = "`daily_from` and `daily_to` must differ.";
        return Err(Error::invalid(Part::Parameter(Field::DailyTo), FieldCode::InvalidValue, detail));
    }
    let zone = time_zone::find(zone).ok_or_else(|| {
        Error::invalid(Part::Parameter(Field::TimeZone), FieldCode::UnknownTimeZone, time_zone::UNKNOWN)
    })?;
    if end.micros() - begin.micros() > MAX_DAYS * DAY {
        let detail = format!("Hours of every day cover at most {MAX_DAYS} days.");
        return Err(Error::invalid(Part::Parameter(Field::To), FieldCode::OutOfRange, detail));
    }
    let daily_start = i64::from(from.minutes()) * MINUTE;
    let shifts = offsets(&zone, begin, end).into_iter();
    Ok(Some(Daily {
        shifts: shifts.map(|(until, offset)| (until, (offset - daily_start).rem_euclid(DAY))).collect(),
        length: i64::from(from.minutes_until(to)) * MINUTE,
    }))
}

fn required<T>(value: Option<T>, field: Field) -> Result<T, Error> {
    let detail = "Give `daily_from`, `daily_to` and `time_zone` together, with `from` and `to`.";
    value.ok_or_else(|| Error::invalid(Part::Parameter(field), FieldCode::Required, detail))
}

/// The zone's offsets from UTC in microseconds within the range, each with the
/// time until which it applies.
fn offsets(zone: &TimeZone, begin: Timestamp, end: Timestamp) -> Vec<(Timestamp, i64)> {
    let micros = |offset: Offset| i64::from(offset.seconds()) * 1_000_000;
    // Years 1 to 9999 are within the range of both.
    let begin = jiff::Timestamp::from_microsecond(begin.micros()).unwrap_or(jiff::Timestamp::MIN);
    let mut offset = micros(zone.to_offset(begin));
    let mut found = Vec::new();
    for change in zone.following(begin) {
        let at = Timestamp::from_micros(change.timestamp().as_microsecond());
        if at >= end {
            break;
        }
        let next = micros(change.offset());
        // Some changes are of the name alone.
        if next != offset {
            found.push((at, offset));
            offset = next;
        }
    }
    found.push((end, offset));
    found
}

#[cfg(test)]
mod tests {
    use ringback_domain::TimeOfDay;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn filter(from: &str, to: &str, daily: (&str, &str), zone: &str) -> CallbackFilter {
        CallbackFilter {
            from: Some(at(from)),
            to: Some(at(to)),
            daily_from: Some(daily.0.parse().unwrap()),
            daily_to: Some(daily.1.parse().unwrap()),
            time_zone: Some(zone.to_owned()),
            ..CallbackFilter::default()
        }
    }

    /// The condition as the databases evaluate it.
    fn matches(daily: &Daily, time: Timestamp) -> bool {
        let shift = daily.shifts.iter().find(|(until, _)| time < *until);
        shift.is_some_and(|(_, shift)| (time.micros() + shift) % DAY < daily.length)
    }

    #[test]
    fn a_time_matches_exactly_if_a_clock_of_the_zone_shows_these_hours() {
        for (zone, days) in [
            ("Europe/Berlin", ["2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z"]),
            ("America/St_Johns", ["2026-03-07T12:00:00Z", "2026-10-31T12:00:00Z"]),
            // Changes by half an hour, on the southern hemisphere.
            ("Australia/Lord_Howe", ["2026-04-04T00:00:00Z", "2026-10-03T00:00:00Z"]),
            ("UTC", ["2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z"]),
        ] {
            for begin in days {
                let end = at(begin).plus_seconds(36 * 3_600).to_string();
                for hours in [("02:15", "02:45"), ("02:30", "03:30"), ("22:00", "06:00"), ("06:00", "22:00")]
                {
                    let filter = filter(begin, &end, hours, zone);
                    let daily = of_filter(&filter).unwrap().unwrap();
                    for minutes in 0..36 * 60 {
                        let time = at(begin).plus_seconds(minutes * 60);
                        let instant = jiff::Timestamp::from_microsecond(time.micros()).unwrap();
                        let wall = time_zone::find(zone).unwrap().to_datetime(instant);
                        let wall: TimeOfDay =
                            format!("{:02}:{:02}", wall.hour(), wall.minute()).parse().unwrap();
                        let shown = wall.is_within(filter.daily_from.unwrap(), filter.daily_to.unwrap());
                        assert_eq!(matches(&daily, time), shown, "{time} in {zone}, {hours:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn hours_of_every_day_agree_with_current_tables_minute_by_minute() {
        const PART: i64 = 60 * 86_400;
        let mut zones: Vec<(&str, Vec<(Timestamp, i64)>)> = Vec::new();
        let lines = include_str!("../../testdata/zone-offsets.tsv").lines();
        for line in lines.filter(|line| !line.starts_with('#')) {
            let [zone, since, offset] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            if zones.last().is_none_or(|(last, _)| *last != zone) {
                zones.push((zone, Vec::new()));
            }
            let offset = offset.parse::<i64>().unwrap();
            zones.last_mut().unwrap().1.push((at(since), offset));
        }
        assert!(zones.len() >= 15);
        for (zone, offsets) in zones {
            let end = at("2028-01-01T00:00:00Z");
            let mut begin = at("2026-01-01T00:00:00Z");
            while begin < end {
                let until = begin.plus_seconds(PART).min(end);
                let filter = filter(&begin.to_string(), &until.to_string(), ("22:30", "08:15"), zone);
                let daily = of_filter(&filter).unwrap().unwrap();
                while begin < until {
                    let (_, offset) = offsets.iter().rev().find(|(since, _)| *since <= begin).unwrap();
                    let minute = (begin.micros() / MINUTE + offset / 60).rem_euclid(24 * 60);
                    let shown = !(8 * 60 + 15..22 * 60 + 30).contains(&minute);
                    assert_eq!(matches(&daily, begin), shown, "{begin} in {zone}");
                    begin = begin.plus_seconds(60);
                }
            }
        }
    }

    #[test]
    fn a_repeated_hour_matches_twice_and_a_skipped_one_never() {
        let matching_minutes = |begin, end, hours| {
            let daily = of_filter(&filter(begin, end, hours, "Europe/Berlin")).unwrap().unwrap();
            let minutes = (0..24 * 60).map(|minutes| at(begin).plus_seconds(minutes * 60));
            minutes.filter(|time| matches(&daily, *time)).count()
        };
        let back = ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
        assert_eq!(matching_minutes(back.0, back.1, ("02:00", "03:00")), 120);
        assert_eq!(matching_minutes(back.0, back.1, ("08:00", "11:00")), 180);
        let forward = ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        assert_eq!(matching_minutes(forward.0, forward.1, ("02:00", "03:00")), 0);
        assert_eq!(matching_minutes(forward.0, forward.1, ("01:30", "03:30")), 60);
    }

    #[test]
    fn a_range_without_clock_changes_has_one_shift() {
        let filter =
            filter("2026-11-10T00:00:00Z", "2026-12-25T00:00:00Z", ("08:00", "11:00"), "Europe/Berlin");
        assert_eq!(of_filter(&filter).unwrap().unwrap().shifts.len(), 1);
    }
}
