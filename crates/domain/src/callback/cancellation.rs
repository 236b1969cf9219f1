//! Cancelling a callback, at once or so that it can be undone for some seconds:
//! pure functions, as the other transitions.

use crate::access::{Actor, ActorKind};
use crate::callback::Callback;
use crate::callback::action::Action;
use crate::callback::outcome::ResultCode;
use crate::callback::refusal::Refusal;
use crate::callback::rules;
use crate::callback::state::{Queued, State, StateName};
use crate::callback::transition::{Detail, Transition};
use crate::id::JobId;
use crate::time::Timestamp;

/// Most seconds for which a cancellation can be undone.
pub const MAX_UNDO_SECONDS: u32 = 60;

/// A cancellation that has not taken effect. Meanwhile the callback is SCHEDULED
/// or QUEUED, and is neither submitted nor handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// Who asked for it.
    pub by: Actor,
    /// When.
    pub requested_at: Timestamp,
    /// When the callback is over, unless this is undone before.
    pub effective_at: Timestamp,
    /// The bulk cancellation that carries it out.
    pub job: Option<JobId>,
}

impl ResultCode {
    /// The result of a callback that is called off.
    pub fn of_cancellation(by: ActorKind) -> Self {
        if by == ActorKind::User { Self::CANCELLED_BY_ADMIN } else { Self::CANCELLED }
    }
}

impl Callback {
    /// T4, T8 or T9: calls the callback off. PROCESSING and COMPLETED stay.
    pub fn cancel(&self, actor: &Actor, now: Timestamp) -> Result<Transition, Refusal> {
        if !rules::can_cancel(self.state.name()) {
            return Err(self.forbidden());
        }
        let result = ResultCode::of_cancellation(actor.kind);
        let detail = self.state.reservation().map(Detail::of).unwrap_or_default();
        let mut moved = self.completed(result, Action::Cancelled, actor, detail, now);
        if let State::Completed(completion) = &mut moved.callback.state {
            completion.cancelled_by = actor.username();
        }
        Ok(moved)
    }

    /// T2, T6 or T12: the callback is about to be cancelled. One that is ROUTING goes back
    /// to its place in the queue, and its attempt ends.
    pub fn request_cancellation(
        &self,
        effective_at: Timestamp,
        job: Option<JobId>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        if !rules::can_cancel(self.state.name()) {
            return Err(self.forbidden());
        }
        self.check_not_cancelling()?;
        let state = match &self.state {
            State::Routing(routing) => {
                State::Queued(Queued { queued_at: routing.queued_at, retry_at: None, quarantined_at: None })
            }
            state => state.clone(),
        };
        let of_attempt = self.state.reservation().map(Detail::of).unwrap_or_default();
        let detail = Detail { effective_at: Some(effective_at), ..of_attempt };
        let mut moved = self.moved(state, Action::CancellationRequested, actor, detail, now);
        moved.callback.cancellation =
            Some(Cancellation { by: actor.clone(), requested_at: now, effective_at, job });
        Ok(moved)
    }

    /// T2 or T12: the callback is not cancelled after all, and keeps its place.
    pub fn undo_cancellation(&self, actor: &Actor, now: Timestamp) -> Result<Transition, Refusal> {
        if self.state.name() == StateName::Completed {
            return Err(self.forbidden());
        }
        if self.cancellation.is_none() {
            return Err(Refusal::NotCancelling);
        }
        let state = self.state.clone();
        let mut moved = self.moved(state, Action::CancellationUndone, actor, Detail::default(), now);
        moved.callback.cancellation = None;
        Ok(moved)
    }

    /// T4 or T8: the time to undo the cancellation is over, so it takes effect on
    /// behalf of whoever asked for it.
    pub fn effect_cancellation(&self, now: Timestamp) -> Result<Transition, Refusal> {
        let cancellation = self.cancellation.as_ref().ok_or(Refusal::NotCancelling)?;
        if now < cancellation.effective_at {
            return Err(Refusal::UndoPossible);
        }
        self.cancel(&cancellation.by, now)
    }

    /// Refuses what must not happen while a cancellation waits.
    pub(super) fn check_not_cancelling(&self) -> Result<(), Refusal> {
        if self.cancellation.is_some() { Err(Refusal::Cancelling) } else { Ok(()) }
    }
}
