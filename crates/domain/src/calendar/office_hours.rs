//! Calendars of office hours, and the hours that a service has by them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schedule::{EndOfInterval, Interval, Schedule, Weekly};
use crate::date::LocalDate;
use crate::time::Timestamp;
use crate::time_of_day::TimeOfDay;
use crate::zone::{Span, ZoneClock};

/// A stretch of a day in which people can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenInterval {
    /// When it begins.
    pub from: TimeOfDay,
    /// When it ends, on the next day where that is not after its beginning.
    pub to: EndOfInterval,
}

impl Interval for OpenInterval {
    fn begins(&self) -> TimeOfDay {
        self.from
    }

    fn ends(&self) -> EndOfInterval {
        self.to
    }
}

/// Where an exception comes from.
pub const MANUAL: &str = "manual";

/// Other hours than those of the week, for one date: everything about that date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DateException {
    /// The date.
    pub date: LocalDate,
    /// The whole date is closed. Otherwise `hours` says when it is open.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// When it is open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 48)]
    pub hours: Vec<OpenInterval>,
    /// What people call it, 100 characters at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "Christmas Eve")]
    pub label: Option<String>,
    /// Where it comes from: `manual`, a holiday set such as `holiday:DE-BE`, or an
    /// imported event such as `ics:` with its UID.
    #[serde(default = "manual")]
    #[schema(max_length = 300, example = "manual")]
    pub source: String,
}

fn manual() -> String {
    MANUAL.to_owned()
}

/// The hours of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeHours {
    schedule: Schedule<OpenInterval>,
    labels: BTreeMap<LocalDate, String>,
}

impl OfficeHours {
    /// Hours of the week with exceptions, of which the last of a date counts.
    pub fn new(weekly: Weekly<OpenInterval>, exceptions: &[DateException]) -> Self {
        let dates = exceptions.iter().map(|exception| (exception.date, exception.hours.clone())).collect();
        let label = |exception: &DateException| Some((exception.date, exception.label.clone()?));
        Self { schedule: Schedule { weekly, dates }, labels: exceptions.iter().filter_map(label).collect() }
    }

    /// Whether it is open.
    pub fn is_open(&self, clock: &ZoneClock, at: Timestamp) -> bool {
        self.schedule.at(clock.shown(at)).is_some()
    }

    /// What people call the exception of the date that the clock shows.
    pub fn label(&self, clock: &ZoneClock, at: Timestamp) -> Option<&str> {
        self.labels.get(&clock.shown(at).date).map(String::as_str)
    }

    /// Whether there is an exception for the date that the clock shows.
    pub fn is_exception(&self, clock: &ZoneClock, at: Timestamp) -> bool {
        self.schedule.dates.contains_key(&clock.shown(at).date)
    }

    /// When it is open, in order.
    pub fn spans(&self, clock: &ZoneClock, within: Span) -> Vec<Span> {
        let mut open = Vec::new();
        for steady in clock.steady(within) {
            for date in steady.dates() {
                let pieces = self.schedule.on(date).into_iter();
                open.extend(pieces.filter_map(|piece| steady.minutes(date, piece.from, piece.to)));
            }
        }
        union(open)
    }

    /// Whether it is open, since when and until when, as far as [`MAX_DAYS_AHEAD`]
    /// before and after show it.
    pub fn standing(&self, clock: &ZoneClock, at: Timestamp) -> Standing {
        let around = Span {
            from: at.plus_seconds(-MAX_DAYS_AHEAD * 86_400),
            to: at.plus_seconds(MAX_DAYS_AHEAD * 86_400),
        };
        let spans = self.spans(clock, around);
        let inside = |instant: Timestamp| (around.from < instant && instant < around.to).then_some(instant);
        let next = spans.partition_point(|span| span.to <= at);
        match spans.get(next) {
            Some(span) if span.from <= at => {
                Standing { open: true, since: inside(span.from), until: inside(span.to) }
            }
            following => {
                let before = next.checked_sub(1).and_then(|index| spans.get(index));
                let (since, until) = (before.map(|span| span.to), following.map(|span| span.from));
                Standing { open: false, since, until }
            }
        }
    }

    /// When its exceptions close it: what they leave of their dates.
    fn closures(&self, clock: &ZoneClock, within: Span) -> Vec<Span> {
        let mut closed = Vec::new();
        for steady in clock.steady(within) {
            for date in steady.dates().filter(|date| self.schedule.dates.contains_key(date)) {
                let mut from = 0;
                for piece in self.schedule.on(date) {
                    closed.extend(steady.minutes(date, from, piece.from));
                    from = from.max(piece.to);
                }
                closed.extend(steady.minutes(date, from, TimeOfDay::MINUTES));
            }
        }
        closed
    }

    /// Whether an exception closes it.
    fn is_closed_by_exception(&self, clock: &ZoneClock, at: Timestamp) -> bool {
        self.is_exception(clock, at) && !self.is_open(clock, at)
    }
}

/// Whether a calendar is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is.
    pub open: bool,
    /// Since when, if that is known.
    pub since: Option<Timestamp>,
    /// Until when, if that is known.
    pub until: Option<Timestamp>,
}

/// A calendar that a service uses, with the clock of its zone.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'a> {
    /// Its hours.
    pub hours: &'a OfficeHours,
    /// The clock that they are read on.
    pub clock: &'a ZoneClock,
}

/// The hours of a service: those of any of its open calendars, without what the
/// exceptions of its closed calendars close.
#[derive(Clone, Debug, Default)]
pub struct ServiceHours<'a> {
    /// The calendars that open it; `None` if it is always open.
    pub open: Option<Vec<Calendar<'a>>>,
    /// The calendars whose exceptions close it.
    pub closed: Vec<Calendar<'a>>,
}

/// How many days ahead, or back, an opening is looked for.
pub const MAX_DAYS_AHEAD: i64 = 60;

impl ServiceHours<'_> {
    /// Whether the service is open.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let is_open = |calendar: &Calendar<'_>| calendar.hours.is_open(calendar.clock, at);
        let closes = |calendar: &Calendar<'_>| calendar.hours.is_closed_by_exception(calendar.clock, at);
        self.open.as_ref().is_none_or(|open| open.iter().any(is_open)) && !self.closed.iter().any(closes)
    }

    /// Whether it is an exception that closes the service now, and what people
    /// call it.
    pub fn exception(&self, at: Timestamp) -> Option<Option<&str>> {
        let mut all = self.closed.iter().chain(self.open.iter().flatten());
        let closing = all.find(|calendar| calendar.hours.is_closed_by_exception(calendar.clock, at))?;
        Some(closing.hours.label(closing.clock, at))
    }

    /// When the service is open, in order.
    pub fn spans(&self, within: Span) -> Vec<Span> {
        let spans = |calendar: &Calendar<'_>| calendar.hours.spans(calendar.clock, within);
        let mut open = match &self.open {
            Some(open) => union(open.iter().flat_map(spans).collect()),
            None => vec![within],
        };
        for calendar in &self.closed {
            open = without(&open, &union(calendar.hours.closures(calendar.clock, within)));
        }
        open
    }

    /// The next instant from `at` on at which it is open; `None` if there is none
    /// within [`MAX_DAYS_AHEAD`].
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        first_open(at, |at| self.is_open(at), |within| self.spans(within))
    }

    /// The calendar that closes the service now: one whose exception does, or the first
    /// of those that would open it.
    pub fn closing(&self, at: Timestamp) -> Option<&Calendar<'_>> {
        if self.is_open(at) {
            return None;
        }
        let mut all = self.closed.iter().chain(self.open.iter().flatten());
        let exception = all.find(|calendar| calendar.hours.is_closed_by_exception(calendar.clock, at));
        exception.or_else(|| self.open.as_ref()?.first())
    }
}

/// The first instant from `at` on that is open; `None` if there is none within
/// [`MAX_DAYS_AHEAD`].
pub(crate) fn first_open(
    at: Timestamp,
    is_open: impl Fn(Timestamp) -> bool,
    spans: impl Fn(Span) -> Vec<Span>,
) -> Option<Timestamp> {
    if is_open(at) {
        return Some(at);
    }
    (0..MAX_DAYS_AHEAD).find_map(|day| {
        let from = at.plus_seconds(day * 86_400);
        spans(Span { from, to: from.plus_seconds(86_400) }).first().map(|span| span.from)
    })
}

/// Stretches of time in order, those that touch joined.
fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => joined.push(span),
        }
    }
    joined
}

/// What others leave of stretches of time; both in order and not touching.
fn without(spans: &[Span], others: &[Span]) -> Vec<Span> {
    let mut left = Vec::with_capacity(spans.len());
    for span in spans {
        let mut from = span.from;
        for other in others.iter().filter(|other| other.to > span.from && other.from < span.to) {
            if other.from > from {
                left.push(Span { from, to: other.from });
            }
            from = from.max(other.to);
        }
        if from < span.to {
            left.push(Span { from, to: span.to });
        }
    }
    left
}
