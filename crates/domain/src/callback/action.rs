//! What happened to a callback, by name.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::UnknownName;

/// What happened to a callback: one word for each line of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The record was made.
    Created,
    /// Its desired time was moved.
    Rescheduled,
    /// It was due and entered the queue.
    Submitted,
    /// An agent was reserved for it.
    Reserved,
    /// Agent and customer were connected.
    Connected,
    /// The router gave it back.
    Released,
    /// The reservation ran out.
    LeaseExpired,
    /// The dial failed.
    AttemptFailed,
    /// The conversation ended.
    Finished,
    /// It was called off.
    Cancelled,
    /// It was repeated as a new record.
    Recreated,
    /// Its time to be kept ended before it was done.
    Expired,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 12] = [
        Self::Created,
        Self::Rescheduled,
        Self::Submitted,
        Self::Reserved,
        Self::Connected,
        Self::Released,
        Self::LeaseExpired,
        Self::AttemptFailed,
        Self::Finished,
        Self::Cancelled,
        Self::Recreated,
        Self::Expired,
    ];

    /// The action's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Rescheduled => "rescheduled",
            Self::Submitted => "submitted",
            Self::Reserved => "reserved",
            Self::Connected => "connected",
            Self::Released => "released",
            Self::LeaseExpired => "lease_expired",
            Self::AttemptFailed => "attempt_failed",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Recreated => "recreated",
            Self::Expired => "expired",
        }
    }
}

impl std::str::FromStr for Action {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|action| action.as_str() == text).ok_or(UnknownName)
    }
}
