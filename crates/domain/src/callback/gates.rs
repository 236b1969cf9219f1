//! The gates between a callback and its call, in their order: the one rule for what a
//! callback waits for, for what is handed out, and for the answer to "why not now?".

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::calendar::called_party::{CalledParty, next_permitted};
use crate::calendar::office_hours::ServiceHours;
use crate::callback::Callback;
use crate::callback::outcome::ResultCode;
use crate::callback::state::{State, StateName};
use crate::callback::waiting::{WaitingFor, WaitingReason};
use crate::time::Timestamp;

/// A gate. They are asked in this order: first what the callback waits for by itself, then
/// what its service and its number allow, and at last who could call.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Gate {
    /// Its state, and its desired time.
    State,
    /// Whether its service hands callbacks out.
    Dialling,
    /// The number rules of its service.
    NumberRules,
    /// The do-not-call list.
    DoNotCall,
    /// When its service is open.
    OfficeHours,
    /// When the customer may be called, by the customer's own clock.
    CalledPartyHours,
    /// The pause after a failed attempt. Whether another follows is decided when one fails.
    Attempts,
    /// Whether its customer is being called for another callback.
    OtherCall,
    /// An agent who takes it.
    Agent,
}

/// What a gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It lets the callback through.
    Open,
    /// It opens then.
    Until(WaitingReason, Timestamp),
    /// It opens with an event that no clock tells.
    Waiting(WaitingReason),
    /// The callback is over then, with this result, unless somebody takes that back.
    Ends(ResultCode, Timestamp),
    /// It does not open: the callback is over when its turn comes, with this result.
    Never(ResultCode),
}

impl Answer {
    /// Whether it lets the callback through.
    pub fn is_open(self) -> bool {
        self == Self::Open
    }

    /// Whether the callback will not be made.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Ends(..) | Self::Never(_))
    }

    /// What a callback waits for that this keeps.
    const fn waiting_for(self) -> Option<WaitingFor> {
        let (reason, until) = match self {
            Self::Until(reason, until) => (reason, Some(until)),
            Self::Waiting(reason) => (reason, None),
            Self::Ends(_, at) => (WaitingReason::Cancellation, Some(at)),
            // It waits for its turn like any other.
            Self::Open | Self::Never(_) => return None,
        };
        Some(WaitingFor { reason, until })
    }
}

/// What the gates ask about a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub state: StateName,
    /// Start of its window.
    pub desired_time: Timestamp,
    /// Not handed out before this time, after a failed attempt.
    pub retry_at: Option<Timestamp>,
    /// Since when it is set aside.
    pub quarantined_at: Option<Timestamp>,
    /// When its cancellation takes effect, and the result that it gets then.
    pub cancellation: Option<(Timestamp, ResultCode)>,
}

impl From<&Callback> for Standing {
    fn from(callback: &Callback) -> Self {
        let queued = if let State::Queued(queued) = &callback.state { Some(queued) } else { None };
        let cancellation = callback.cancellation.as_ref();
        Self {
            state: callback.state.name(),
            desired_time: callback.desired_time,
            retry_at: queued.and_then(|queued| queued.retry_at),
            quarantined_at: queued.and_then(|queued| queued.quarantined_at),
            cancellation: cancellation
                .map(|pending| (pending.effective_at, ResultCode::of_cancellation(pending.by.kind))),
        }
    }
}

impl Standing {
    fn answer(&self, now: Timestamp) -> Answer {
        if let Some((at, result)) = self.cancellation {
            return Answer::Ends(result, at);
        }
        match self.state {
            StateName::Scheduled if now < self.desired_time => {
                Answer::Until(WaitingReason::DesiredTime, self.desired_time)
            }
            StateName::Scheduled => Answer::Waiting(WaitingReason::Submission),
            StateName::Queued if self.quarantined_at.is_some() => Answer::Waiting(WaitingReason::Decision),
            StateName::Routing => Answer::Waiting(WaitingReason::Connection),
            StateName::Queued | StateName::Processing | StateName::Completed => Answer::Open,
        }
    }

    /// Whether it can still be called.
    const fn is_ahead(&self) -> bool {
        !matches!(self.state, StateName::Processing | StateName::Completed)
    }
}

/// What the gates ask about its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceStanding {
    /// It hands callbacks out.
    pub dials: bool,
    /// It is closed: until then, if it opens within the days that are looked at.
    pub closed: Option<Option<Timestamp>>,
}

impl ServiceStanding {
    /// A service that hands callbacks out or not, with these hours.
    pub fn of(dials: bool, hours: &ServiceHours<'_>, now: Timestamp) -> Self {
        Self { dials, closed: (!hours.is_open(now)).then(|| hours.next_open(now)) }
    }
}

/// What the gates ask about the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NumberStanding {
    /// A number rule of the service refuses it.
    pub is_blocked: bool,
    /// It is on the do-not-call list.
    pub is_listed: bool,
}

/// A callback before its gates, or a number that somebody asks about.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The callback; `None` where there is none yet.
    pub callback: Option<Standing>,
    /// Its service.
    pub service: ServiceStanding,
    /// Its number.
    pub number: NumberStanding,
    /// The number is being called for another callback.
    pub is_called: bool,
    /// Its customer; `None` where people are called at any hour.
    pub party: Option<&'a CalledParty>,
}

impl Case<'_> {
    /// What one gate says now.
    pub fn ask(&self, gate: Gate, now: Timestamp) -> Answer {
        let blocked =
            |is_so| if is_so { Answer::Never(ResultCode::FAIL_NUMBER_BLOCKED) } else { Answer::Open };
        let waits = |is_so, reason| if is_so { Answer::Waiting(reason) } else { Answer::Open };
        let closed = |reason, opens_at: Option<Timestamp>| {
            opens_at.map_or(Answer::Waiting(reason), |at| Answer::Until(reason, at))
        };
        match gate {
            Gate::State => self.callback.map_or(Answer::Open, |callback| callback.answer(now)),
            Gate::Dialling => waits(!self.service.dials, WaitingReason::Dialling),
            Gate::NumberRules => blocked(self.number.is_blocked),
            Gate::DoNotCall => blocked(self.number.is_listed),
            Gate::OfficeHours => match self.service.closed {
                Some(opens_at) => closed(WaitingReason::Closed, opens_at),
                None => Answer::Open,
            },
            Gate::CalledPartyHours => match self.party.filter(|party| !party.permits(now)) {
                Some(party) => closed(WaitingReason::CalledPartyHours, party.next_permitted(now)),
                None => Answer::Open,
            },
            Gate::Attempts => match self.callback.and_then(|callback| callback.retry_at) {
                Some(at) if now < at => Answer::Until(WaitingReason::RetryGap, at),
                _ => Answer::Open,
            },
            Gate::OtherCall => waits(self.is_called, WaitingReason::OtherCall),
            Gate::Agent => {
                let has_one = self.callback.is_some_and(|callback| callback.state == StateName::Routing);
                waits(!has_one, WaitingReason::Agent)
            }
        }
    }

    /// What each gate says now, in order; nothing in a conversation and afterwards.
    pub fn answers(&self, now: Timestamp) -> impl Iterator<Item = (Gate, Answer)> {
        let is_ahead = self.callback.is_none_or(|callback| callback.is_ahead());
        let gates = if is_ahead { Gate::VARIANTS } else { &[] };
        gates.iter().map(move |gate| (*gate, self.ask(*gate, now)))
    }

    /// What the callback waits for now: the first gate that is to open. A gate that never
    /// does takes effect when it is its turn, so it waits for that. `None` in a conversation
    /// and afterwards.
    pub fn waiting_for(&self, now: Timestamp) -> Option<WaitingFor> {
        self.answers(now).find_map(|(_, answer)| answer.waiting_for())
    }

    /// The first instant from now on at which no clock is in the way; `None` if there is
    /// none within 60 days, or the callback will not be made. `hours` are those of the
    /// service.
    pub fn opens_at(&self, hours: &ServiceHours<'_>, now: Timestamp) -> Option<Timestamp> {
        if self.answers(now).any(|(_, answer)| answer.is_final()) {
            return None;
        }
        let desired = self.callback.filter(|callback| callback.state == StateName::Scheduled);
        let desired = desired.map(|callback| callback.desired_time);
        let retry_at = self.callback.and_then(|callback| callback.retry_at);
        let from = [desired, retry_at].into_iter().flatten().fold(now, Timestamp::max);
        next_permitted(hours, self.party, from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn queued() -> Standing {
        Standing {
            state: StateName::Queued,
            desired_time: at(0),
            retry_at: None,
            quarantined_at: None,
            cancellation: None,
        }
    }

    const OPEN: ServiceStanding = ServiceStanding { dials: true, closed: None };

    fn case(callback: Standing, service: ServiceStanding) -> Case<'static> {
        let number = NumberStanding::default();
        Case { callback: Some(callback), service, number, is_called: false, party: None }
    }

    fn waiting(callback: Standing, service: ServiceStanding) -> Option<WaitingFor> {
        case(callback, service).waiting_for(at(10))
    }

    #[test]
    fn what_stands_in_the_way_first_is_named() {
        let gap = Standing { retry_at: Some(at(20)), ..queued() };
        let stopped = ServiceStanding { dials: false, ..OPEN };
        let scheduled = Standing { state: StateName::Scheduled, ..queued() };
        let cases = [
            (scheduled, OPEN, WaitingReason::Submission, None),
            (
                Standing { desired_time: at(11), ..scheduled },
                stopped,
                WaitingReason::DesiredTime,
                Some(at(11)),
            ),
            (queued(), OPEN, WaitingReason::Agent, None),
            (gap, OPEN, WaitingReason::RetryGap, Some(at(20))),
            (Standing { retry_at: Some(at(10)), ..queued() }, OPEN, WaitingReason::Agent, None),
            (gap, stopped, WaitingReason::Dialling, None),
            (Standing { quarantined_at: Some(at(1)), ..gap }, stopped, WaitingReason::Decision, None),
            (
                Standing {
                    cancellation: Some((at(15), ResultCode::CANCELLED)),
                    quarantined_at: Some(at(1)),
                    ..gap
                },
                stopped,
                WaitingReason::Cancellation,
                Some(at(15)),
            ),
            (Standing { state: StateName::Routing, ..queued() }, OPEN, WaitingReason::Connection, None),
        ];
        for (standing, service, reason, until) in cases {
            assert_eq!(waiting(standing, service), Some(WaitingFor { reason, until }), "{standing:?}");
        }
        for closed in [Some(at(90)), None] {
            let service = ServiceStanding { dials: true, closed: Some(closed) };
            let expected = WaitingFor { reason: WaitingReason::Closed, until: closed };
            assert_eq!(waiting(gap, service), Some(expected));
        }
        let called = |callback| Case { is_called: true, ..case(callback, OPEN) }.waiting_for(at(10));
        assert_eq!(called(queued()).map(|waiting| waiting.reason), Some(WaitingReason::OtherCall));
        assert_eq!(called(gap).map(|waiting| waiting.reason), Some(WaitingReason::RetryGap));
        for state in [StateName::Processing, StateName::Completed] {
            assert_eq!(waiting(Standing { state, ..queued() }, OPEN), None);
        }
    }

    #[test]
    fn a_number_that_is_not_called_waits_for_its_turn_and_never_opens() {
        let number = NumberStanding { is_listed: true, ..NumberStanding::default() };
        let case = Case { number, ..case(queued(), OPEN) };
        let waiting = WaitingFor { reason: WaitingReason::Agent, until: None };
        assert_eq!(case.waiting_for(at(10)), Some(waiting));
        assert_eq!(case.ask(Gate::NumberRules, at(10)), Answer::Open);
        assert_eq!(case.ask(Gate::DoNotCall, at(10)), Answer::Never(ResultCode::FAIL_NUMBER_BLOCKED));
        assert_eq!(case.opens_at(&ServiceHours::default(), at(10)), None);
    }
}
