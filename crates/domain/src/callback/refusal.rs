//! Why a command is refused.

use crate::callback::state::StateName;

/// Why a command does not apply to the callback as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The state forbids the command.
    #[error("This is not possible while the callback is {0}.")]
    State(StateName),
    /// Only finished callbacks that did not reach the agent, once each.
    #[error("This callback cannot be recreated.")]
    NotRecreatable,
    /// The desired time is not reached.
    #[error("The callback is not due yet.")]
    NotDue,
    /// The gap after a failed attempt is not over.
    #[error("The pause after the last attempt is not over.")]
    RetryGap,
    /// Another reservation has taken the place of this one, or none is open.
    #[error("The reservation has ended. Reserve again.")]
    LeaseLost,
    /// Nobody may have it until a person puts it back into the queue.
    #[error("The callback is quarantined. Requeue it first.")]
    Quarantined,
    /// It is handed out as it is.
    #[error("The callback is not quarantined.")]
    NotQuarantined,
    /// The agent gave it back a moment ago.
    #[error("This agent is offered other callbacks for the time being.")]
    AgentPaused,
    /// The reservation has time left.
    #[error("The lease has not run out.")]
    LeaseAlive,
    /// It is about to be cancelled.
    #[error("The callback is about to be cancelled. Undo the cancellation first.")]
    Cancelling,
    /// There is no cancellation to undo.
    #[error("The callback is not about to be cancelled.")]
    NotCancelling,
    /// The cancellation can still be undone.
    #[error("The cancellation can still be undone.")]
    UndoPossible,
    /// There is time left to make it.
    #[error("There is time left to make the callback.")]
    NotExpired,
    /// A desired time has to lie ahead.
    #[error("The desired time must be in the future.")]
    DesiredTimePast,
    /// The window in which the customer wants the call is not over.
    #[error("The desired window has not passed.")]
    WindowOpen,
    /// A conversation does not end with this result.
    #[error("A conversation cannot end with this result.")]
    ResultNotAllowed,
}
