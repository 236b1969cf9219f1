//! What a callback waits for, by the rules that hand it out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::callback::Callback;
use crate::callback::state::{State, StateName};
use crate::time::Timestamp;

/// What a callback waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingReason {
    /// SCHEDULED: its desired time lies ahead.
    DesiredTime,
    /// SCHEDULED although it is due: it has not been put into the queue. That
    /// takes a moment; longer where the workers stand still, or the server's clock
    /// jumped and is not trusted yet.
    Submission,
    /// It is about to be cancelled, and not called meanwhile.
    Cancellation,
    /// It was set aside, and waits for a person to decide.
    Decision,
    /// Its service does not hand callbacks out at the moment.
    Dialling,
    /// Its service is closed.
    Closed,
    /// The pause after a failed attempt.
    RetryGap,
    /// Its customer is being called for another callback, of this or another service.
    OtherCall,
    /// It is in line for an agent.
    Agent,
    /// ROUTING: it was offered to an agent, who is not connected yet.
    Connection,
}

/// What a callback waits for, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingFor {
    /// What it waits for.
    pub reason: WaitingReason,
    /// When that is over, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl WaitingFor {
    /// The same where the customer is being called for another callback: an agent is no
    /// help before that has ended.
    #[must_use]
    pub fn while_called(self) -> Self {
        let reason = if self.reason == WaitingReason::Agent { WaitingReason::OtherCall } else { self.reason };
        Self { reason, ..self }
    }
}

/// What the rules need to know of a callback.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Where it stands.
    pub state: StateName,
    /// Start of its window.
    pub desired_time: Timestamp,
    /// Not handed out before this time, after a failed attempt.
    pub retry_at: Option<Timestamp>,
    /// Since when it is set aside.
    pub quarantined_at: Option<Timestamp>,
    /// When its cancellation takes effect.
    pub cancel_at: Option<Timestamp>,
}

impl From<&Callback> for Standing {
    fn from(callback: &Callback) -> Self {
        let queued = if let State::Queued(queued) = &callback.state { Some(queued) } else { None };
        Self {
            state: callback.state.name(),
            desired_time: callback.desired_time,
            retry_at: queued.and_then(|queued| queued.retry_at),
            quarantined_at: queued.and_then(|queued| queued.quarantined_at),
            cancel_at: callback.cancellation.as_ref().map(|pending| pending.effective_at),
        }
    }
}

/// What the rules need to know of its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceStanding {
    /// It hands callbacks out.
    pub dials: bool,
    /// It is closed: until then, if it opens within the days that are looked at.
    pub closed: Option<Option<Timestamp>>,
}

/// What a callback waits for now; `None` in a conversation and afterwards.
pub fn waiting_for(callback: Standing, service: ServiceStanding, now: Timestamp) -> Option<WaitingFor> {
    let open = |reason| Some(WaitingFor { reason, until: None });
    let until = |reason, at| Some(WaitingFor { reason, until: Some(at) });
    if let Some(at) = callback.cancel_at {
        return until(WaitingReason::Cancellation, at);
    }
    match callback.state {
        StateName::Scheduled if now < callback.desired_time => {
            until(WaitingReason::DesiredTime, callback.desired_time)
        }
        StateName::Scheduled => open(WaitingReason::Submission),
        StateName::Queued if callback.quarantined_at.is_some() => open(WaitingReason::Decision),
        StateName::Queued if !service.dials => open(WaitingReason::Dialling),
        StateName::Queued => match (service.closed, callback.retry_at.filter(|at| now < *at)) {
            (Some(opens_at), _) => Some(WaitingFor { reason: WaitingReason::Closed, until: opens_at }),
            (None, Some(at)) => until(WaitingReason::RetryGap, at),
            (None, None) => open(WaitingReason::Agent),
        },
        StateName::Routing => open(WaitingReason::Connection),
        StateName::Processing | StateName::Completed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_way_longest_is_named() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let queued = Standing {
            state: StateName::Queued,
            desired_time: at(0),
            retry_at: None,
            quarantined_at: None,
            cancel_at: None,
        };
        let gap = Standing { retry_at: Some(at(20)), ..queued };
        let cases = [
            (Standing { state: StateName::Scheduled, ..queued }, true, WaitingReason::Submission, None),
            (
                Standing { state: StateName::Scheduled, desired_time: at(11), ..queued },
                false,
                WaitingReason::DesiredTime,
                Some(at(11)),
            ),
            (queued, true, WaitingReason::Agent, None),
            (gap, true, WaitingReason::RetryGap, Some(at(20))),
            (Standing { retry_at: Some(at(10)), ..queued }, true, WaitingReason::Agent, None),
            (gap, false, WaitingReason::Dialling, None),
            (Standing { quarantined_at: Some(at(1)), ..gap }, false, WaitingReason::Decision, None),
            (
                Standing { cancel_at: Some(at(15)), quarantined_at: Some(at(1)), ..gap },
                false,
                WaitingReason::Cancellation,
                Some(at(15)),
            ),
            (Standing { state: StateName::Routing, ..queued }, true, WaitingReason::Connection, None),
        ];
        for (standing, dials, reason, until) in cases {
            let service = ServiceStanding { dials, closed: None };
            assert_eq!(waiting_for(standing, service, at(10)), Some(WaitingFor { reason, until }));
        }
        for (closed, until) in [(Some(Some(at(90))), Some(at(90))), (Some(None), None)] {
            let service = ServiceStanding { dials: true, closed };
            let expected = Some(WaitingFor { reason: WaitingReason::Closed, until });
            assert_eq!(waiting_for(gap, service, at(10)), expected);
        }
        let service = ServiceStanding { dials: true, closed: None };
        for state in [StateName::Processing, StateName::Completed] {
            assert_eq!(waiting_for(Standing { state, ..queued }, service, at(10)), None);
        }
    }
}
