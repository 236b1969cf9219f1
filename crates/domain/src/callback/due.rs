//! What becomes of a callback whose time has come: pure functions, as the other
//! transitions.

use crate::access::Actor;
use crate::callback::action::Action;
use crate::callback::outcome::ResultCode;
use crate::callback::refusal::Refusal;
use crate::callback::state::{Queued, State, StateName};
use crate::callback::transition::{Detail, Transition};
use crate::callback::{Callback, rules};
use crate::service::LatePolicy;
use crate::time::Timestamp;

impl Callback {
    /// T2: moves a due callback to when its service opens, where the service is closed:
    /// its hours changed after the time was promised.
    pub fn roll_forward(
        &self,
        opens_at: Timestamp,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        self.check_due(now)?;
        let detail = Detail {
            desired_time: Some(opens_at),
            previous_desired_time: Some(self.desired_time),
            ..Detail::default()
        };
        let mut moved = self.moved(State::Scheduled, Action::RolledForward, actor, detail, now);
        moved.callback.desired_time = opens_at;
        moved.callback.wall_time = None;
        Ok(moved)
    }

    /// T4: gives a due callback up, where its service is closed.
    pub fn fail_closed(&self, actor: &Actor, now: Timestamp) -> Result<Transition, Refusal> {
        self.check_due(now)?;
        let result = ResultCode::FAIL_BUSINESS_CLOSED;
        Ok(self.completed(result, Action::BusinessClosed, actor, Detail::default(), now))
    }

    /// Checks that its time has come, and that it is not about to be cancelled.
    fn check_due(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.state.name() != StateName::Scheduled {
            return Err(self.forbidden());
        }
        self.check_not_cancelling()?;
        if now < self.desired_time { Err(Refusal::NotDue) } else { Ok(()) }
    }

    /// T3: puts a due callback into the queue.
    pub fn submit(&self, actor: &Actor, now: Timestamp) -> Result<Transition, Refusal> {
        self.check_due(now)?;
        let queued = State::Queued(Queued { queued_at: now, retry_at: None, quarantined_at: None });
        Ok(self.moved(queued, Action::Submitted, actor, Detail::default(), now))
    }

    /// T8: gives a callback up whose turn has come, where a rule that came after its promise
    /// says that its number is not called. `rule` is the name of the rule.
    pub fn block_number(&self, rule: &str, actor: &Actor, now: Timestamp) -> Result<Transition, Refusal> {
        if self.state.name() != StateName::Queued {
            return Err(self.forbidden());
        }
        self.check_not_cancelling()?;
        let detail = Detail { reason: Some(rule.to_owned()), ..Detail::default() };
        Ok(self.completed(ResultCode::FAIL_NUMBER_BLOCKED, Action::NumberBlocked, actor, detail, now))
    }

    /// T3 or T4: does with a callback whose window has passed what its service
    /// wants done with it.
    pub fn submit_late(
        &self,
        policy: LatePolicy,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        if !rules::is_overdue(self.state.name(), self.desired_time, self.desired_window_seconds, now) {
            return Err(Refusal::WindowOpen);
        }
        self.check_not_cancelling()?;
        match policy {
            LatePolicy::Make => self.submit(actor, now),
            LatePolicy::Ask => {
                let queued =
                    State::Queued(Queued { queued_at: now, retry_at: None, quarantined_at: Some(now) });
                Ok(self.moved(queued, Action::Quarantined, actor, Detail::default(), now))
            }
            LatePolicy::Close => {
                let result = ResultCode::FAIL_MISSED_WINDOW;
                Ok(self.completed(result, Action::MissedWindow, actor, Detail::default(), now))
            }
        }
    }
}
