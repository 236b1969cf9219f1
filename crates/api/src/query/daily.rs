//! A filter on the same hours of every day, as the clocks of a time zone show
//! them. An hour that is repeated when the clocks go back matches both times; an
//! hour that is skipped when they go forward never matches.

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;
use ringback_domain::Timestamp;
use ringback_domain::wire::list::CallbackFilter;
use ringback_domain::wire::problem::FieldCode;

use crate::error::Error;
use crate::fault::{Field, Part};
use crate::store::list::Daily;

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
    let zone = zone.parse().map_err(|_| {
        Error::invalid(
            Part::Parameter(Field::TimeZone),
            FieldCode::UnknownTimeZone,
            crate::time_zone::UNKNOWN,
        )
    })?;
    if end.micros() - begin.micros() > MAX_DAYS * DAY {
        let detail = format!("Hours of every day cover at most {MAX_DAYS} days.");
        return Err(Error::invalid(Part::Parameter(Field::To), FieldCode::OutOfRange, detail));
    }
    let daily_start = i64::from(from.minutes()) * MINUTE;
    let shifts = offsets(zone, begin, end).into_iter();
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
fn offsets(zone: Tz, begin: Timestamp, end: Timestamp) -> Vec<(Timestamp, i64)> {
    let offset = |micros: i64| {
        let at = Timestamp::from_micros(micros).to_chrono().naive_utc();
        i64::from(zone.offset_from_utc_datetime(&at).fix().local_minus_utc()) * 1_000_000
    };
    let (mut since, end) = (begin.micros(), end.micros());
    let mut found = Vec::new();
    while since < end {
        // A step of one day finds every change, as no zone has two in a day.
        let next = end.min(since + DAY);
        if offset(since) != offset(next) {
            let (mut before, mut after) = (since, next);
            while after - before > 1 {
                let middle = before.midpoint(after);
                let half = if offset(middle) == offset(since) { &mut before } else { &mut after };
                *half = middle;
            }
            found.push((Timestamp::from_micros(after), offset(since)));
        }
        since = next;
    }
    found.push((Timestamp::from_micros(end), offset(end)));
    found
}

#[cfg(test)]
mod tests {
    use ringback_domain::TimeOfDay;

    use chrono::Timelike;

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
                        let wall = time.to_chrono().with_timezone(&zone.parse::<Tz>().unwrap());
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
