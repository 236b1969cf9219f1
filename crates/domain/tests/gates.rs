//! Properties of the gates, on generated callbacks, services, customers and clocks.

#[expect(dead_code, reason = "each test uses what it needs of it")]
mod common;
mod hours;

use std::sync::Arc;

use common::{machine, request, reservation};
use hours::{DAY, MINUTE, begin, clocks, hours};
use proptest::prelude::*;
use ringback_domain::calendar::called_party::{CalledParty, ZoneSource};
use ringback_domain::calendar::office_hours::{Calendar, OfficeHours, ServiceHours};
use ringback_domain::callback::Callback;
use ringback_domain::callback::cancellation::Cancellation;
use ringback_domain::callback::gates::{Answer, Case, Gate, NumberStanding, ServiceStanding, Standing};
use ringback_domain::callback::state::{Processing, Queued, Routing};
use ringback_domain::callback::waiting::WaitingReason;
use ringback_domain::service::RuleSetId;
use ringback_domain::zone::ZoneClock;
use ringback_domain::{State, Timestamp};

#[derive(Debug)]
struct World {
    callback: Callback,
    calendars: Vec<(OfficeHours, ZoneClock)>,
    party: Option<CalledParty>,
    dials: bool,
    number: NumberStanding,
    is_called: bool,
    now: Timestamp,
}

impl World {
    fn hours(&self) -> ServiceHours<'_> {
        let calendars = self.calendars.iter().map(|(hours, clock)| Calendar { hours, clock });
        ServiceHours { open: (!self.calendars.is_empty()).then(|| calendars.collect()), closed: Vec::new() }
    }

    fn case(&self) -> Case<'_> {
        Case {
            callback: Some(Standing::from(&self.callback)),
            service: ServiceStanding::of(self.dials, &self.hours(), self.now),
            number: self.number,
            is_called: self.is_called,
            party: self.party.as_ref(),
        }
    }
}

fn minute(minute: i64) -> Timestamp {
    begin().plus_seconds(DAY + minute * MINUTE)
}

fn callbacks() -> impl Strategy<Value = Callback> {
    let minutes = || prop::option::of(0..2_000_i64);
    (0..5_u8, 1..2_000_i64, minutes(), minutes(), minutes()).prop_map(
        |(state, desired, retry, aside, cancel)| {
            let made = Callback::schedule(request(7, Some(minute(desired))), &machine(), minute(0));
            let mut callback = made.expect("it is made").callback;
            let (queued_at, reservation) = (minute(0), reservation(1, minute(0), 30));
            callback.state = match state {
                0 => State::Scheduled,
                1 | 2 => State::Queued(Queued {
                    queued_at,
                    retry_at: retry.map(minute),
                    quarantined_at: aside.filter(|minute| *minute < 200).map(minute),
                }),
                3 => State::Routing(Routing { queued_at, reservation }),
                _ => State::Processing(Processing { queued_at, reservation, connected_at: minute(0) }),
            };
            let effective_at = cancel.filter(|minute| *minute < 300 && state < 3).map(minute);
            callback.cancellation = effective_at.map(|effective_at| Cancellation {
                by: machine(),
                requested_at: minute(0),
                effective_at,
                job: None,
            });
            callback
        },
    )
}

fn parties() -> impl Strategy<Value = Option<CalledParty>> {
    let party = (prop::collection::vec(clocks(), 1..3), prop::option::of(0..2_000_i64));
    prop::option::of(party.prop_map(|(clocks, spared)| CalledParty {
        clocks: clocks.into_iter().map(Arc::new).collect(),
        source: ZoneSource::Number,
        rule_sets: vec![RuleSetId::Courtesy],
        spared_until: spared.map(minute),
    }))
}

fn worlds() -> impl Strategy<Value = World> {
    let rarely = || prop::bool::weighted(0.1);
    let calendars = prop::collection::vec((hours(), clocks()), 0..3);
    let number = (rarely(), rarely());
    let number = number.prop_map(|(is_blocked, is_listed)| NumberStanding { is_blocked, is_listed });
    (callbacks(), calendars, parties(), rarely(), number, rarely(), 0..2_000_i64).prop_map(
        |(callback, calendars, party, stopped, number, is_called, now)| World {
            callback,
            calendars,
            party,
            dials: !stopped,
            number,
            is_called,
            now: minute(now),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_callback_waits_for_the_first_gate_that_is_to_open(world in worlds()) {
        let case = world.case();
        let expected = case.answers(world.now).find_map(|(_, answer)| match answer {
            Answer::Open | Answer::Never(_) => None,
            Answer::Until(reason, until) => Some((reason, Some(until))),
            Answer::Waiting(reason) => Some((reason, None)),
            Answer::Ends(_, at) => Some((WaitingReason::Cancellation, Some(at))),
        });
        let waiting = case.waiting_for(world.now).map(|waiting| (waiting.reason, waiting.until));
        prop_assert_eq!(waiting, expected);
        prop_assert_eq!(waiting.is_none(), matches!(world.callback.state, State::Processing(_)));
    }

    #[test]
    fn what_only_waits_for_an_agent_can_be_handed_out(world in worlds()) {
        let shut: Vec<Gate> =
            world.case().answers(world.now).filter(|(_, answer)| !answer.is_open()).map(|(gate, _)| gate).collect();
        let handed_out = world.callback.reserve(reservation(2, world.now, 30), &machine(), world.now);
        if shut == [Gate::Agent] {
            prop_assert!(handed_out.is_ok(), "{:?}", handed_out);
        }
        if handed_out.is_ok() {
            prop_assert!(!shut.contains(&Gate::State) && !shut.contains(&Gate::Attempts), "{:?}", shut);
        }
    }

    /// By the minute, in which hours and clocks are kept.
    #[test]
    fn it_opens_at_the_first_minute_at_which_no_clock_is_in_the_way(world in worlds()) {
        let (hours, case) = (world.hours(), world.case());
        let queued = if let State::Queued(queued) = &world.callback.state { Some(queued) } else { None };
        let is_free = |at: Timestamp| {
            hours.is_open(at)
                && world.party.as_ref().is_none_or(|party| party.permits(at))
                && (world.callback.state != State::Scheduled || world.callback.desired_time <= at)
                && queued.and_then(|queued| queued.retry_at).is_none_or(|retry_at| retry_at <= at)
        };
        let is_final = case.answers(world.now).any(|(_, answer)| answer.is_final());
        let found = case.opens_at(&hours, world.now);
        let first = (0..3 * 24 * 60).map(|minute| world.now.plus_seconds(minute * MINUTE)).find(|at| is_free(*at));
        match first {
            _ if is_final => prop_assert_eq!(found, None),
            Some(first) => prop_assert_eq!(found, Some(first)),
            None => prop_assert!(found.is_none_or(|at| is_free(at) && at > world.now.plus_seconds(3 * DAY - MINUTE))),
        }
    }
}
