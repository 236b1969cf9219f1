//! Intervals of the day: for each day of the week, and other ones for single dates.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::date::{LocalDate, Weekday};
use crate::time_of_day::TimeOfDay;
use crate::zone::Shown;

/// Most intervals of a day.
pub const MAX_INTERVALS: usize = 48;

const DAY: u16 = TimeOfDay::MINUTES;

/// When an interval ends: `00:01` to `24:00`. `00:00` is the same as `24:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, example = "18:00", pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
pub struct EndOfInterval(u16);

/// The text is no time at which an interval can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Use a time from 00:01 to 24:00, for example 18:00.")]
pub struct NotAnEnd;

impl EndOfInterval {
    /// Minutes since midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl FromStr for EndOfInterval {
    type Err = NotAnEnd;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "24:00" {
            return Ok(Self(DAY));
        }
        let minutes = text.parse::<TimeOfDay>().map_err(|_| NotAnEnd)?.minutes();
        Ok(Self(if minutes == 0 { DAY } else { minutes }))
    }
}

impl fmt::Display for EndOfInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Debug for EndOfInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for EndOfInterval {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EndOfInterval {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Something that lasts from one time of the day to another. An end that is not
/// after the beginning is one of the next day.
pub trait Interval {
    /// When it begins.
    fn begins(&self) -> TimeOfDay;
    /// When it ends.
    fn ends(&self) -> EndOfInterval;
}

fn crosses_midnight(interval: &impl Interval) -> bool {
    interval.ends().minutes() <= interval.begins().minutes()
}

/// The part of an interval that lies in one day, in minutes since midnight.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a, T> {
    /// When it begins.
    pub from: u16,
    /// When it ends; 1440 is the end of the day.
    pub to: u16,
    /// The interval.
    pub of: &'a T,
}

/// The intervals of each day of the week. A day that is left out has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Weekly<T> {
    /// Mondays.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub mon: Vec<T>,
    /// Tuesdays.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub tue: Vec<T>,
    /// Wednesdays.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub wed: Vec<T>,
    /// Thursdays.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub thu: Vec<T>,
    /// Fridays.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub fri: Vec<T>,
    /// Saturdays.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub sat: Vec<T>,
    /// Sundays.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub sun: Vec<T>,
}

impl<T> Default for Weekly<T> {
    fn default() -> Self {
        let [mon, tue, wed, thu, fri, sat, sun] = std::array::from_fn(|_| Vec::new());
        Self { mon, tue, wed, thu, fri, sat, sun }
    }
}

impl<T> Weekly<T> {
    /// The intervals that begin on this day of the week.
    pub const fn on(&self, weekday: Weekday) -> &Vec<T> {
        match weekday {
            Weekday::Mon => &self.mon,
            Weekday::Tue => &self.tue,
            Weekday::Wed => &self.wed,
            Weekday::Thu => &self.thu,
            Weekday::Fri => &self.fri,
            Weekday::Sat => &self.sat,
            Weekday::Sun => &self.sun,
        }
    }

    /// The same, to change them.
    pub const fn on_mut(&mut self, weekday: Weekday) -> &mut Vec<T> {
        match weekday {
            Weekday::Mon => &mut self.mon,
            Weekday::Tue => &mut self.tue,
            Weekday::Wed => &mut self.wed,
            Weekday::Thu => &mut self.thu,
            Weekday::Fri => &mut self.fri,
            Weekday::Sat => &mut self.sat,
            Weekday::Sun => &mut self.sun,
        }
    }
}

/// What is wrong with the intervals of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntervalFault {
    /// Two say something about the same minute.
    #[error("Intervals of one day must not overlap.")]
    Overlap,
    /// There are more than [`MAX_INTERVALS`].
    #[error("Give at most {MAX_INTERVALS} intervals a day.")]
    TooMany,
}

/// Checks the intervals that begin on one day.
///
/// # Errors
/// The first that is wrong, by its index.
pub fn check_day<T: Interval>(intervals: &[T]) -> Result<(), (usize, IntervalFault)> {
    if intervals.len() > MAX_INTERVALS {
        return Err((MAX_INTERVALS, IntervalFault::TooMany));
    }
    let end = |interval: &T| interval.ends().minutes() + if crosses_midnight(interval) { DAY } else { 0 };
    for (index, interval) in intervals.iter().enumerate() {
        let overlaps =
            |other: &T| other.begins().minutes() < end(interval) && interval.begins().minutes() < end(other);
        if intervals[..index].iter().any(overlaps) {
            return Err((index, IntervalFault::Overlap));
        }
    }
    Ok(())
}

/// Intervals of the week and of single dates. What is said of a date is everything
/// about it, from 00:00 to 24:00: what began the evening before ends at midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule<T> {
    /// For each day of the week.
    pub weekly: Weekly<T>,
    /// Instead of these, for single dates.
    pub dates: BTreeMap<LocalDate, Vec<T>>,
}

impl<T: Interval> Schedule<T> {
    /// The intervals that begin on a date.
    fn beginning(&self, date: LocalDate) -> &[T] {
        self.dates.get(&date).unwrap_or_else(|| self.weekly.on(date.weekday()))
    }

    /// What there is of intervals on a date, in order.
    pub fn on(&self, date: LocalDate) -> Vec<Piece<'_, T>> {
        let mut pieces: Vec<Piece<'_, T>> = Vec::new();
        if !self.dates.contains_key(&date) {
            let before =
                self.beginning(date.plus_days(-1)).iter().filter(|interval| crosses_midnight(*interval));
            pieces.extend(before.map(|of| Piece { from: 0, to: of.ends().minutes(), of }));
        }
        pieces.extend(self.beginning(date).iter().map(|of| Piece {
            from: of.begins().minutes(),
            to: if crosses_midnight(of) { DAY } else { of.ends().minutes() },
            of,
        }));
        pieces.sort_by_key(|piece| (piece.from, piece.to));
        pieces
    }

    /// The interval in which a clock shows this.
    pub fn at(&self, shown: Shown) -> Option<&T> {
        let minute = shown.minute();
        let own = self.beginning(shown.date).iter().find(|of| {
            let ends = if crosses_midnight(*of) { DAY } else { of.ends().minutes() };
            (of.begins().minutes()..ends).contains(&minute)
        });
        own.or_else(|| {
            let may_spill = !self.dates.contains_key(&shown.date);
            let before = if may_spill { self.beginning(shown.date.plus_days(-1)) } else { &[] };
            before.iter().find(|of| crosses_midnight(*of) && minute < of.ends().minutes())
        })
    }
}
