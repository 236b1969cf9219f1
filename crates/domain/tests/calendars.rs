//! Properties of office hours and capacity, on generated calendars and clocks.

mod hours;

use hours::{DAY, MINUTE, begin, clocks, exceptions, hours, time, weeks};
use proptest::prelude::*;
use ringback_domain::Timestamp;
use ringback_domain::calendar::capacity::{Capacity, CapacityException, CapacityInterval, SLOT_MINUTES};
use ringback_domain::calendar::office_hours::{
    Calendar, DateException, OfficeHours, OpenInterval, ServiceHours,
};
use ringback_domain::calendar::schedule::Weekly;
use ringback_domain::date::{LocalDate, Weekday};
use ringback_domain::zone::{Span, ZoneClock};
use strum::VariantArray;

/// Two weeks.
fn fortnight() -> Span {
    Span { from: begin(), to: begin().plus_seconds(14 * DAY) }
}

/// Whether it is open by the rule as it is written: what the clock shows lies in an
/// interval of its day, or in one of the day before that goes on over midnight.
fn is_open_by_the_book(
    weekly: &Weekly<OpenInterval>,
    exceptions: &[DateException],
    clock: &ZoneClock,
    at: Timestamp,
) -> bool {
    let shown = clock.shown(at);
    let exception = |date: LocalDate| exceptions.iter().find(|exception| exception.date == date);
    let of = |date: LocalDate| exception(date).map_or_else(|| weekly.on(date.weekday()), |own| &own.hours);
    let minute = shown.minute();
    let today = of(shown.date).iter().any(|open| {
        let (from, to) = (open.from.minutes(), open.to.minutes());
        if to > from { (from..to).contains(&minute) } else { minute >= from }
    });
    let spilled = of(shown.date.plus_days(-1))
        .iter()
        .any(|open| open.to.minutes() <= open.from.minutes() && minute < open.to.minutes());
    today || (spilled && exception(shown.date).is_none())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_calendar_is_open_when_its_clock_shows_its_hours(
        weekly in weeks(), exceptions in exceptions(), clock in clocks(),
    ) {
        let hours = OfficeHours::new(weekly.clone(), &exceptions);
        let spans = hours.spans(&clock, fortnight());
        let mut span = 0;
        for minute in 0..14 * 24 * 60 {
            let at = begin().plus_seconds(minute * MINUTE);
            let by_the_book = is_open_by_the_book(&weekly, &exceptions, &clock, at);
            prop_assert_eq!(hours.is_open(&clock, at), by_the_book, "{} {}", at, clock.shown(at).date);
            while spans.get(span).is_some_and(|span| span.to <= at) {
                span += 1;
            }
            let inside = spans.get(span).is_some_and(|span| span.from <= at);
            prop_assert_eq!(inside, by_the_book, "{} in {:?}", at, spans);
        }
        for pair in spans.windows(2) {
            prop_assert!(pair[0].to < pair[1].from, "{:?}", pair);
        }
    }

    #[test]
    fn a_service_is_open_with_any_open_calendar_unless_one_closes_it(
        calendars in prop::collection::vec((hours(), clocks()), 0..3),
        closing in prop::collection::vec((hours(), clocks()), 0..3),
        minutes in prop::collection::vec(0..14 * 24 * 60_i64, 100),
    ) {
        let service = ServiceHours {
            open: (!calendars.is_empty())
                .then(|| calendars.iter().map(|(hours, clock)| Calendar { hours, clock }).collect()),
            closed: closing.iter().map(|(hours, clock)| Calendar { hours, clock }).collect(),
        };
        let spans = service.spans(fortnight());
        for minute in minutes {
            let at = begin().plus_seconds(minute * MINUTE);
            let open = calendars.is_empty() || calendars.iter().any(|(hours, clock)| hours.is_open(clock, at));
            let closed = closing.iter().any(|(hours, clock)| hours.is_exception(clock, at) && !hours.is_open(clock, at));
            prop_assert_eq!(service.is_open(at), open && !closed);
            prop_assert_eq!(spans.iter().any(|span| span.from <= at && at < span.to), open && !closed);
            let next = service.next_open(at);
            if open && !closed {
                prop_assert_eq!(next, Some(at));
            } else if let Some(next) = next {
                prop_assert!(next > at && service.is_open(next) && !service.is_open(next.plus_seconds(-1)));
            }
        }
    }

    #[test]
    fn slots_partition_the_day_however_long_it_is(
        clock in clocks(), slot_minutes in prop::sample::select(SLOT_MINUTES.to_vec()), day in 1..13_i64,
    ) {
        let capacity = Capacity::new(slot_minutes, Weekly::default(), &[]);
        let date = clock.shown(begin()).date.plus_days(day);
        let day = clock.day(date);
        let slots = capacity.slots(&clock, day);
        prop_assert_eq!(slots.first().map_or(day.to, |slot| slot.span.from), day.from);
        prop_assert_eq!(slots.last().map_or(day.from, |slot| slot.span.to), day.to);
        let mut at = day.from;
        for slot in &slots {
            prop_assert_eq!(slot.span.from, at);
            let length = slot.span.to.seconds_since(slot.span.from);
            prop_assert!(length > 0 && length <= i64::from(slot_minutes) * MINUTE);
            for instant in [slot.span.from, slot.span.to.plus_seconds(-1)] {
                prop_assert_eq!(capacity.slot_at(&clock, instant), *slot);
            }
            at = slot.span.to;
        }
    }

    #[test]
    fn a_slot_holds_what_the_clock_says_at_its_start_or_its_share(
        clock in clocks(), slot_minutes in prop::sample::select(SLOT_MINUTES.to_vec()), full in 0..50_u32,
    ) {
        let every_day = CapacityInterval { from: time(0), to: "24:00".parse().unwrap(), capacity: full };
        let mut weekly = Weekly::default();
        for weekday in Weekday::VARIANTS {
            *weekly.on_mut(*weekday) = vec![every_day];
        }
        let closed = CapacityException { date: "2026-03-25".parse().unwrap(), slots: Vec::new(), label: None };
        let capacity = Capacity::new(slot_minutes, weekly, std::slice::from_ref(&closed));
        for slot in capacity.slots(&clock, fortnight()) {
            let length = u32::try_from(slot.span.to.seconds_since(slot.span.from)).unwrap();
            let share = if clock.shown(slot.span.from).date == closed.date {
                0
            } else {
                full * length / (u32::from(slot_minutes) * 60)
            };
            prop_assert_eq!(slot.capacity, share);
        }
    }
}
