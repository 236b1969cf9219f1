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
        moved.callback.queue_arrival = opens_at;
        moved.callback.wall_time = None;
        // The customer did not choose that time.
        moved.callback.spared_until = None;
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

    /// T3: puts a due callback into the queue. One that was promised for this time goes
    /// before those who have waited for less than `appointment_lead_seconds`.
    pub fn submit(
        &self,
        appointment_lead_seconds: u32,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        self.check_due(now)?;
        let queued = State::Queued(Queued { queued_at: now, retry_at: None, quarantined_at: None });
        let mut moved = self.moved(queued, Action::Submitted, actor, Detail::default(), now);
        moved.callback.queue_arrival = self.arrival(appointment_lead_seconds);
        Ok(moved)
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
        appointment_lead_seconds: u32,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        if !rules::is_overdue(self.state.name(), self.desired_time, self.desired_window_seconds, now) {
            return Err(Refusal::WindowOpen);
        }
        self.check_not_cancelling()?;
        match policy {
            LatePolicy::Make => self.submit(appointment_lead_seconds, actor, now),
            LatePolicy::Ask => {
                let mut moved = self.submit(appointment_lead_seconds, actor, now)?;
                if let State::Queued(queued) = &mut moved.callback.state {
                    queued.quarantined_at = Some(now);
                }
                moved.entry.action = Action::Quarantined;
                Ok(moved)
            }
            LatePolicy::Close => {
                let result = ResultCode::FAIL_MISSED_WINDOW;
                Ok(self.completed(result, Action::MissedWindow, actor, Detail::default(), now))
            }
        }
    }
}
