//! Generated office hours, with the clocks that they are read on.

use proptest::prelude::*;
use ringback_domain::calendar::office_hours::{DateException, MANUAL, OfficeHours, OpenInterval};
use ringback_domain::calendar::schedule::{Weekly, check_day};
use ringback_domain::date::{LocalDate, Weekday};
use ringback_domain::zone::{ZoneClock, ZoneOffset};
use ringback_domain::{TimeOfDay, Timestamp};
use strum::VariantArray;

pub(crate) const MINUTE: i64 = 60;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

pub(crate) fn begin() -> Timestamp {
    "2026-03-20T00:00:00Z".parse().expect("a time")
}

pub(crate) fn time(minutes: u16) -> TimeOfDay {
    TimeOfDay::of(minutes / 60, minutes % 60).expect("a time of the day")
}

fn interval(from: u16, to: u16) -> OpenInterval {
    let to = format!("{:02}:{:02}", to / 60, to % 60);
    OpenInterval { from: time(from), to: to.parse().expect("an end") }
}

/// A clock that changes up to three times, by up to two hours, at any minute.
pub(crate) fn clocks() -> impl Strategy<Value = ZoneClock> {
    let change =
        (0..14 * 24 * 60_i64, prop::sample::select(vec![-7_200, -3_600, -1_800, 1_800, 3_600, 7_200]));
    let base = prop::sample::select(vec![-39_600, -12_600, 0, 3_600, 20_700, 49_500]);
    (base, prop::collection::vec(change, 0..4)).prop_map(|(base, mut changes)| {
        changes.sort_unstable();
        let (mut seconds, mut offsets) =
            (base, vec![ZoneOffset { from: begin().plus_seconds(-30 * DAY), seconds: base }]);
        for (minute, by) in changes {
            seconds += by;
            offsets.push(ZoneOffset { from: begin().plus_seconds(minute * MINUTE), seconds });
        }
        offsets.dedup_by_key(|offset| offset.from);
        ZoneClock { name: "Test/Zone".to_owned(), offsets, until: begin().plus_seconds(400 * DAY) }
    })
}

/// Up to three intervals that do not overlap, over midnight and to the minute.
fn days() -> impl Strategy<Value = Vec<OpenInterval>> {
    prop::collection::vec((0..24 * 60_u16, 0..=24 * 60_u16), 0..4).prop_map(|pairs| {
        let mut intervals = Vec::new();
        for (from, to) in pairs {
            intervals.push(interval(from, to));
            if check_day(&intervals).is_err() {
                intervals.pop();
            }
        }
        intervals
    })
}

pub(crate) fn weeks() -> impl Strategy<Value = Weekly<OpenInterval>> {
    prop::collection::vec(days(), 7).prop_map(|days| {
        let mut weekly = Weekly::default();
        for (weekday, intervals) in Weekday::VARIANTS.iter().zip(days) {
            *weekly.on_mut(*weekday) = intervals;
        }
        weekly
    })
}

pub(crate) fn exceptions() -> impl Strategy<Value = Vec<DateException>> {
    let first: LocalDate = "2026-03-19".parse().expect("a date");
    prop::collection::btree_map(0..16_i64, days(), 0..4).prop_map(move |dates| {
        let exception = |(days, hours): (i64, Vec<OpenInterval>)| DateException {
            date: first.plus_days(days),
            closed: hours.is_empty(),
            hours,
            label: None,
            source: MANUAL.to_owned(),
        };
        dates.into_iter().map(exception).collect()
    })
}

pub(crate) fn hours() -> impl Strategy<Value = OfficeHours> {
    (weeks(), exceptions()).prop_map(|(weekly, exceptions)| OfficeHours::new(weekly, &exceptions))
}
