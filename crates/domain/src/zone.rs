//! What the clocks of a time zone show, over a stretch of time.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::date::LocalDate;
use crate::time::Timestamp;

/// Microseconds of a second, and of a day of 24 hours.
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// What the clock of a time zone shows, from some weeks ago until a year from now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ZoneClock {
    /// IANA name.
    #[schema(example = "Europe/London")]
    pub name: String,
    /// The offsets in order, each in force until the next begins.
    pub offsets: Vec<ZoneOffset>,
    /// Until when the last one is known to be in force.
    pub until: Timestamp,
}

/// An offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ZoneOffset {
    /// When it begins to be in force, or from when on it is known.
    pub from: Timestamp,
    /// Seconds that the clock is ahead of UTC.
    #[schema(example = 3600)]
    pub seconds: i32,
}

/// A stretch of time, its end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Its first instant.
    pub from: Timestamp,
    /// The instant at which it is over.
    pub to: Timestamp,
}

impl Span {
    /// The part that lies within another stretch; `None` if there is none.
    pub fn within(self, other: Self) -> Option<Self> {
        let span = Self { from: self.from.max(other.from), to: self.to.min(other.to) };
        (span.from < span.to).then_some(span)
    }
}

/// What a clock on the wall shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The day.
    pub date: LocalDate,
    /// Seconds since the clock's midnight, whole.
    pub second: u32,
}

impl Shown {
    /// The minute of the day.
    pub fn minute(self) -> u16 {
        u16::try_from(self.second / 60).unwrap_or_default()
    }
}

/// A stretch of time in which a clock runs evenly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steady {
    pub(crate) span: Span,
    /// Microseconds that the clock is ahead of UTC.
    ahead: i64,
}

impl Steady {
    /// What the clock shows, as microseconds of a clock that shows UTC.
    pub(crate) const fn wall(self, at: Timestamp) -> i64 {
        at.micros() + self.ahead
    }

    /// When the clock shows this, within the stretch or not.
    pub(crate) fn instant(self, wall: i64) -> Timestamp {
        Timestamp::from_micros(wall - self.ahead)
    }

    /// The days that the clock shows.
    pub(crate) fn dates(self) -> impl Iterator<Item = LocalDate> {
        let first = self.wall(self.span.from).div_euclid(DAY);
        let last = (self.wall(self.span.to) - 1).div_euclid(DAY);
        (first..=last).map(LocalDate::from_days)
    }

    /// The part in which the clock shows these minutes of a day.
    pub(crate) fn minutes(self, date: LocalDate, from: u16, to: u16) -> Option<Span> {
        let wall = |minute: u16| date.days() * DAY + i64::from(minute) * 60 * SECOND;
        Span { from: self.instant(wall(from)), to: self.instant(wall(to)) }.within(self.span)
    }
}

impl ZoneClock {
    /// Microseconds that the clock is ahead of UTC.
    fn ahead(&self, at: Timestamp) -> i64 {
        let begun = self.offsets.partition_point(|offset| offset.from <= at);
        let offset = self.offsets.get(begun.saturating_sub(1));
        offset.map_or(0, |offset| i64::from(offset.seconds) * SECOND)
    }

    /// What the clock shows at an instant.
    pub fn shown(&self, at: Timestamp) -> Shown {
        let wall = at.micros() + self.ahead(at);
        let second = u32::try_from(wall.rem_euclid(DAY) / SECOND).unwrap_or_default();
        Shown { date: LocalDate::from_days(wall.div_euclid(DAY)), second }
    }

    /// The stretches of time in which the clock runs evenly, in order.
    pub(crate) fn steady(&self, span: Span) -> impl Iterator<Item = Steady> + '_ {
        let first = self.offsets.partition_point(|offset| offset.from <= span.from);
        let changes =
            self.offsets[first..].iter().map(|offset| offset.from).take_while(move |at| *at < span.to);
        let starts = std::iter::once(span.from).chain(changes.clone());
        let ends = changes.chain(std::iter::once(span.to));
        starts
            .zip(ends)
            .filter(|(from, to)| from < to)
            .map(|(from, to)| Steady { span: Span { from, to }, ahead: self.ahead(from) })
    }

    /// The stretch around an instant in which the clock runs evenly.
    pub(crate) fn steady_at(&self, at: Timestamp) -> Steady {
        let begun = self.offsets.partition_point(|offset| offset.from <= at);
        let from = self.offsets.get(begun.saturating_sub(1)).filter(|_| begun > 1);
        let span = Span {
            from: from.map_or(Timestamp::from_micros(i64::MIN), |offset| offset.from),
            to: self.offsets.get(begun).map_or(Timestamp::from_micros(i64::MAX), |offset| offset.from),
        };
        Steady { span, ahead: self.ahead(at) }
    }

    /// What the clock shows at an instant, with its offset from UTC, as RFC 3339 writes
    /// it to the second.
    pub fn local_text(&self, at: Timestamp) -> String {
        let ahead = self.ahead(at) / SECOND;
        let wall = at.plus_seconds(ahead).to_string();
        let sign = if ahead < 0 { '-' } else { '+' };
        let minutes = ahead.abs() / 60;
        format!("{}{sign}{:02}:{:02}", &wall[..19], minutes / 60, minutes % 60)
    }

    /// The first instant at which the clock shows this day, or a later one where it
    /// skips the day.
    pub fn first_instant(&self, date: LocalDate) -> Timestamp {
        let midnight = date.days() * DAY;
        // No clock is further from UTC than a day.
        let around = Span {
            from: Timestamp::from_micros(midnight - 2 * DAY),
            to: Timestamp::from_micros(midnight + 2 * DAY),
        };
        let first = |steady: Steady| {
            let at = steady.instant(midnight).max(steady.span.from);
            (at < steady.span.to).then_some(at)
        };
        self.steady(around).find_map(first).unwrap_or(around.from)
    }

    /// From the first instant of a day to the first of the next: 24 hours, or what
    /// the clock makes of them. Empty where the clock skips the day.
    pub fn day(&self, date: LocalDate) -> Span {
        Span { from: self.first_instant(date), to: self.first_instant(date.plus_days(1)) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub(crate) fn clock(offsets: &[(&str, i32)]) -> ZoneClock {
        let offsets = offsets.iter().map(|(from, seconds)| ZoneOffset { from: at(from), seconds: *seconds });
        ZoneClock { name: "Test/Zone".to_owned(), offsets: offsets.collect(), until: at("2028-01-01T00:00Z") }
    }

    pub(crate) fn berlin() -> ZoneClock {
        clock(&[
            ("2026-01-01T00:00Z", 3_600),
            ("2026-03-29T01:00Z", 7_200),
            ("2026-10-25T01:00Z", 3_600),
            ("2027-03-28T01:00Z", 7_200),
        ])
    }

    fn hours(clock: &ZoneClock, date: &str) -> i64 {
        let day = clock.day(date.parse().unwrap());
        day.to.seconds_since(day.from) / 3_600
    }

    #[test]
    fn a_day_is_as_long_as_its_clock_makes_it() {
        for (date, length) in [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)]
        {
            assert_eq!(hours(&berlin(), date), length, "{date}");
        }
        // Cairo: midnight is skipped in April, and the last hour of a day is repeated in October.
        let cairo = clock(&[
            ("2026-01-01T00:00Z", 7_200),
            ("2026-04-23T22:00Z", 10_800),
            ("2026-10-29T21:00Z", 7_200),
        ]);
        assert_eq!(cairo.first_instant("2026-04-24".parse().unwrap()), at("2026-04-23T22:00Z"));
        assert_eq!((hours(&cairo, "2026-04-23"), hours(&cairo, "2026-04-24")), (24, 23));
        assert_eq!((hours(&cairo, "2026-10-29"), hours(&cairo, "2026-10-30")), (25, 24));
        // Apia skipped a whole day in 2011.
        let apia = clock(&[("2011-01-01T00:00Z", -36_000), ("2011-12-30T10:00Z", 50_400)]);
        assert_eq!(
            [hours(&apia, "2011-12-29"), hours(&apia, "2011-12-30"), hours(&apia, "2011-12-31")],
            [24, 0, 24]
        );
    }

    #[test]
    fn a_clock_shows_its_offset_from_the_instant_of_the_change_on() {
        let shown = |text| {
            let shown = berlin().shown(at(text));
            format!("{} {:02}:{:02}", shown.date, shown.minute() / 60, shown.minute() % 60)
        };
        assert_eq!(shown("2026-03-29T00:59:59Z"), "2026-03-29 01:59");
        assert_eq!(shown("2026-03-29T01:00:00Z"), "2026-03-29 03:00");
        assert_eq!(shown("2026-10-25T00:59:59Z"), "2026-10-25 02:59");
        assert_eq!(shown("2026-10-25T01:00:00Z"), "2026-10-25 02:00");
    }
}
