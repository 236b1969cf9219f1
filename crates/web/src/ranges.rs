//! The date ranges and their bounds at a given time.

use ringback_domain::retention::RETENTION_DAYS;
use ringback_domain::wire::auth::Preferences;
use ringback_domain::wire::bulk::{DailyHours, TimeRange};
use ringback_domain::{TimeOfDay, Timestamp};

use crate::format::{self, Style};
use crate::{messages, zones};

/// A built-in range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum DateRange {
    /// The last thirty days until now.
    Last30Days,
    /// The last fourteen days until now.
    Last14Days,
    /// The last seven days until now.
    Last7Days,
    /// The previous calendar day.
    Yesterday,
    /// The current calendar day.
    #[default]
    Today,
    /// The next calendar day.
    Tomorrow,
    /// The next 24 hours from now.
    Next24Hours,
    /// The next seven days from now.
    Next7Days,
    /// The next fourteen days from now.
    Next14Days,
    /// The next thirty days from now.
    Next30Days,
}

/// The range of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Range {
    /// A built-in range.
    Preset(DateRange),
    /// From one time until another, which is not included: a custom range of a
    /// person, or one from an address.
    Custom(Timestamp, Timestamp),
    /// From one time of day until another, which is not included, every day.
    Daily(TimeOfDay, TimeOfDay),
}

impl Default for Range {
    fn default() -> Self {
        Self::Preset(DateRange::default())
    }
}

impl Range {
    /// The key in the preferences and in the drop-down.
    pub(crate) fn key(self) -> String {
        match self {
            Self::Preset(range) => range.slug().to_owned(),
            Self::Custom(from, to) => format!("{from}/{to}"),
            Self::Daily(from, to) => format!("{from}/{to}"),
        }
    }

    /// The range with this key.
    pub(crate) fn from_key(word: &str) -> Option<Self> {
        match word.split_once('/') {
            Some((from, to)) => Self::custom(from, to).or_else(|| Self::daily(from, to)),
            None => DateRange::from_slug(word).map(Self::Preset),
        }
    }

    /// A range between two times; `None` unless the first is earlier.
    pub(crate) fn custom(from: &str, to: &str) -> Option<Self> {
        let (from, to) = (from.parse().ok()?, to.parse().ok()?);
        (from < to).then_some(Self::Custom(from, to))
    }

    /// The hours between two times of day; `None` if they are equal.
    pub(crate) fn daily(from: &str, to: &str) -> Option<Self> {
        let (from, to) = (from.parse().ok()?, to.parse().ok()?);
        (from != to).then_some(Self::Daily(from, to))
    }

    /// The bounds at `now`. Daily hours reach back as long as records are kept,
    /// and a month ahead.
    pub(crate) fn bounds(self, now: Timestamp, utc: bool) -> TimeRange {
        match self {
            Self::Preset(range) => range.bounds(now, utc),
            Self::Custom(from, to) => TimeRange { from, to, daily: None },
            Self::Daily(from, to) => TimeRange {
                from: midnight(now, -RETENTION_DAYS, utc),
                to: midnight(now, 31, utc),
                daily: Some(DailyHours { from, to, time_zone: format::zone_name(utc) }),
            },
        }
    }

    /// The label of a range that has no name.
    pub(crate) fn label(self, style: Style) -> String {
        match self {
            Self::Preset(range) => range.label().to_owned(),
            Self::Custom(from, to) => format::span(from, to, style),
            Self::Daily(from, to) => format::every_day(from, to, style),
        }
    }

    /// The range to offer when this one is empty.
    pub(crate) const fn neighbour(self) -> DateRange {
        match self {
            Self::Preset(range) => range.neighbour(),
            Self::Custom(..) | Self::Daily(..) => DateRange::Today,
        }
    }
}

/// The custom ranges of a person, with their names.
pub(crate) fn custom_ranges(preferences: &Preferences) -> Vec<(Range, String)> {
    let dates = preferences.custom_ranges.iter();
    let hours = preferences.daily_ranges.iter();
    let dates = dates.map(|range| (Range::Custom(range.from, range.to), range.name.clone()));
    dates.chain(hours.map(|range| (Range::Daily(range.from, range.to), range.name.clone()))).collect()
}

const DAY: i64 = 86_400;

impl DateRange {
    /// Every range, earliest first.
    pub(crate) const ALL: [Self; 10] = [
        Self::Last30Days,
        Self::Last14Days,
        Self::Last7Days,
        Self::Yesterday,
        Self::Today,
        Self::Tomorrow,
        Self::Next24Hours,
        Self::Next7Days,
        Self::Next14Days,
        Self::Next30Days,
    ];
    /// The ranges that end now or earlier.
    pub(crate) const PAST: [Self; 4] = [Self::Last30Days, Self::Last14Days, Self::Last7Days, Self::Yesterday];
    /// The ranges around now.
    pub(crate) const NOW: [Self; 2] = [Self::Today, Self::Tomorrow];
    /// The ranges that begin now.
    pub(crate) const AHEAD: [Self; 4] =
        [Self::Next24Hours, Self::Next7Days, Self::Next14Days, Self::Next30Days];

    /// The name in the address and in the preferences.
    pub(crate) const fn slug(self) -> &'static str {
        match self {
            Self::Last30Days => "last-30-days",
            Self::Last14Days => "last-14-days",
            Self::Last7Days => "last-7-days",
            Self::Yesterday => "yesterday",
            Self::Today => "today",
            Self::Tomorrow => "tomorrow",
            Self::Next24Hours => "next-24-hours",
            Self::Next7Days => "next-7-days",
            Self::Next14Days => "next-14-days",
            Self::Next30Days => "next-30-days",
        }
    }

    /// The range with this name.
    pub(crate) fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.slug() == slug)
    }

    /// The label.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Last30Days => messages::last_30_days(),
            Self::Last14Days => messages::last_14_days(),
            Self::Last7Days => messages::last_7_days(),
            Self::Yesterday => messages::yesterday(),
            Self::Today => messages::today(),
            Self::Tomorrow => messages::tomorrow(),
            Self::Next24Hours => messages::next_24_hours(),
            Self::Next7Days => messages::next_7_days(),
            Self::Next14Days => messages::next_14_days(),
            Self::Next30Days => messages::next_30_days(),
        }
    }

    /// The bounds at `now`; days begin in UTC or in the browser's time zone.
    pub(crate) fn bounds(self, now: Timestamp, utc: bool) -> TimeRange {
        let day = |offset| midnight(now, offset, utc);
        let (from, to) = match self {
            Self::Last30Days => (now.plus_seconds(-30 * DAY), now),
            Self::Last14Days => (now.plus_seconds(-14 * DAY), now),
            Self::Last7Days => (now.plus_seconds(-7 * DAY), now),
            Self::Yesterday => (day(-1), day(0)),
            Self::Today => (day(0), day(1)),
            Self::Tomorrow => (day(1), day(2)),
            Self::Next24Hours => (now, now.plus_seconds(DAY)),
            Self::Next7Days => (now, now.plus_seconds(7 * DAY)),
            Self::Next14Days => (now, now.plus_seconds(14 * DAY)),
            Self::Next30Days => (now, now.plus_seconds(30 * DAY)),
        };
        TimeRange { from, to, daily: None }
    }

    /// The shortest range that contains a time, if there is one.
    pub(crate) fn narrowest_containing(at: Timestamp, now: Timestamp, utc: bool) -> Option<Self> {
        const BY_WIDTH: [DateRange; 10] = [
            DateRange::Today,
            DateRange::Tomorrow,
            DateRange::Yesterday,
            DateRange::Next24Hours,
            DateRange::Next7Days,
            DateRange::Last7Days,
            DateRange::Next14Days,
            DateRange::Last14Days,
            DateRange::Next30Days,
            DateRange::Last30Days,
        ];
        BY_WIDTH.into_iter().find(|range| {
            let bounds = range.bounds(now, utc);
            bounds.from <= at && at < bounds.to
        })
    }

    /// The range to offer when this one is empty.
    const fn neighbour(self) -> Self {
        match self {
            Self::Last30Days | Self::Last14Days | Self::Last7Days | Self::Today => Self::Next7Days,
            Self::Tomorrow | Self::Next24Hours => Self::Next14Days,
            Self::Yesterday | Self::Next7Days | Self::Next14Days | Self::Next30Days => Self::Last7Days,
        }
    }
}

/// The beginning of the day `offset` days after the day of `now`.
fn midnight(now: Timestamp, offset: i64, utc: bool) -> Timestamp {
    zones::start_of_day(now, offset, &format::zone_name(utc))
}
