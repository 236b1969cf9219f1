//! Capacity: how many callbacks can be promised for each slot of the day.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schedule::{EndOfInterval, Interval, Schedule, Weekly};
use crate::date::LocalDate;
use crate::time::Timestamp;
use crate::time_of_day::TimeOfDay;
use crate::zone::{Span, Steady, ZoneClock};

/// The lengths that a slot can have, in minutes: divisors of an hour, so that slots
/// begin with the hours.
pub const SLOT_MINUTES: [u16; 8] = [5, 6, 10, 12, 15, 20, 30, 60];

/// The length of a slot where no rule says another, in minutes.
pub const DEFAULT_SLOT_MINUTES: u16 = 15;

/// Most callbacks that a slot can hold.
pub const MAX_CAPACITY: u32 = 10_000;

/// A stretch of a day in which each slot has the same capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityInterval {
    /// When it begins, with a slot.
    pub from: TimeOfDay,
    /// When it ends, with a slot, on the next day where that is not after its beginning.
    pub to: EndOfInterval,
    /// Callbacks for each slot.
    #[schema(maximum = 10_000, example = 4)]
    pub capacity: u32,
}

impl Interval for CapacityInterval {
    fn begins(&self) -> TimeOfDay {
        self.from
    }

    fn ends(&self) -> EndOfInterval {
        self.to
    }
}

/// Other capacity than that of the week, for one date: everything about that date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityException {
    /// The date.
    pub date: LocalDate,
    /// Its capacity; empty for none.
    #[schema(max_items = 48)]
    pub slots: Vec<CapacityInterval>,
    /// What people call it, 100 characters at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "Christmas Eve")]
    pub label: Option<String>,
}

/// How the day is cut, and what each part of it can hold. Slots partition the day of
/// the clock: every instant is in exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    slot_minutes: u16,
    schedule: Schedule<CapacityInterval>,
}

/// A part of the day that callbacks are promised for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// From its start, by which it is known, until the next begins.
    pub span: Span,
    /// Callbacks that it can hold.
    pub capacity: u32,
}

impl Capacity {
    /// Capacity of the week with exceptions, of which the last of a date counts.
    pub fn new(
        slot_minutes: u16,
        weekly: Weekly<CapacityInterval>,
        exceptions: &[CapacityException],
    ) -> Self {
        let dates = exceptions.iter().map(|exception| (exception.date, exception.slots.clone())).collect();
        Self { slot_minutes: slot_minutes.max(1), schedule: Schedule { weekly, dates } }
    }

    /// The length of a slot, in minutes.
    pub const fn slot_minutes(&self) -> u16 {
        self.slot_minutes
    }

    /// The slot that contains an instant.
    pub fn slot_at(&self, clock: &ZoneClock, at: Timestamp) -> Slot {
        self.slot(slot_at(clock.steady_at(at), self.slot_minutes, at), clock)
    }

    /// The slots that begin within a stretch of time, in order.
    pub fn slots(&self, clock: &ZoneClock, within: Span) -> Vec<Slot> {
        slots(clock, self.slot_minutes, within).into_iter().map(|span| self.slot(span, clock)).collect()
    }

    fn slot(&self, span: Span, clock: &ZoneClock) -> Slot {
        let full = self.schedule.at(clock.shown(span.from)).map_or(0, |interval| interval.capacity);
        let length = u64::try_from(span.to.micros() - span.from.micros()).unwrap_or_default();
        let whole = u64::from(self.slot_minutes) * 60_000_000;
        // A slot that a change of the clock cuts off holds its share, rounded down.
        let share = u64::from(full) * length / whole;
        Slot { span, capacity: u32::try_from(share).unwrap_or(u32::MAX) }
    }
}

/// The slot of this length in minutes that contains an instant. It begins when the
/// clock shows a multiple of the length, or when the clock changes.
fn slot_at(steady: Steady, slot_minutes: u16, at: Timestamp) -> Span {
    let length = i64::from(slot_minutes) * 60_000_000;
    let begun = steady.wall(at).div_euclid(length) * length;
    let slot = Span { from: steady.instant(begun), to: steady.instant(begun + length) };
    slot.within(steady.span).unwrap_or(slot)
}

/// A stretch of time in which slots follow each other at equal distances.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// The stretch.
    pub span: Span,
    /// When a slot begins, or would: in the stretch, or before it.
    pub anchor: Timestamp,
    /// Microseconds from the beginning of a slot to the next.
    pub length: i64,
}

impl Grid {
    /// When the slot begins that lies so many slots after the anchor.
    pub fn slot(&self, index: i64) -> Timestamp {
        Timestamp::from_micros(self.anchor.micros() + index * self.length).max(self.span.from)
    }
}

/// The grids of the slots of this length in minutes, in order.
pub fn grids(clock: &ZoneClock, slot_minutes: u16, within: Span) -> Vec<Grid> {
    let length = i64::from(slot_minutes) * 60_000_000;
    let grid = |steady: Steady| {
        let begun = steady.wall(steady.span.from).div_euclid(length) * length;
        Grid { span: steady.span, anchor: steady.instant(begun), length }
    };
    clock.steady(within).map(grid).collect()
}

/// The slots of this length in minutes that begin within a stretch of time, in order.
pub fn slots(clock: &ZoneClock, slot_minutes: u16, within: Span) -> Vec<Span> {
    let mut slots = Vec::new();
    let mut next = slot_at(clock.steady_at(within.from), slot_minutes, within.from);
    while next.from < within.to {
        if next.from >= within.from {
            slots.push(next);
        }
        next = slot_at(clock.steady_at(next.to), slot_minutes, next.to);
    }
    slots
}
