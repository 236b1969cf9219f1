//! The five states, each with the data that it owns.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::callback::outcome::ResultCode;
use crate::id::AttemptId;
use crate::time::Timestamp;

/// Where a callback stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Held by Ringback until the desired time; nobody is looking for an agent.
    Scheduled,
    /// Waits for an agent; none is assigned.
    Queued(Queued),
    /// An agent is reserved; the call is not with the agent yet.
    Routing(Routing),
    /// The agent handles the callback.
    Processing(Processing),
    /// Over, with a result.
    Completed(Completion),
}

/// What a QUEUED callback knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// When it entered the queue first.
    pub queued_at: Timestamp,
    /// Not handed out before this time, after a failed attempt.
    pub retry_at: Option<Timestamp>,
    /// Since when it is not handed out at all, until a person decides.
    pub quarantined_at: Option<Timestamp>,
}

/// The reservation of a callback for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The attempt that it opens.
    pub attempt_id: AttemptId,
    /// Proof of holding it; a later reservation has another one.
    pub lease_token: String,
    /// The agent's name as the router gave it.
    pub agent: String,
    /// The router that asked for it, by its key or user.
    pub holder: String,
    /// When the agent was reserved.
    pub reserved_at: Timestamp,
    /// When an attempt that is not connected by then is given back.
    pub lease_expires_at: Timestamp,
}

/// What a ROUTING callback knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// When it entered the queue first.
    pub queued_at: Timestamp,
    /// Who holds it.
    pub reservation: Reservation,
}

/// What a PROCESSING callback knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processing {
    /// When it entered the queue first.
    pub queued_at: Timestamp,
    /// Who holds it.
    pub reservation: Reservation,
    /// When agent and customer were connected.
    pub connected_at: Timestamp,
}

/// What a COMPLETED callback knows: the ending, and how far it had got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// How it ended.
    pub result: ResultCode,
    /// When it ended.
    pub completed_at: Timestamp,
    /// Who cancelled it, if a person did.
    pub cancelled_by: Option<String>,
    /// The router's own word for the outcome.
    pub disposition: Option<String>,
    /// When it entered the queue first, if it did.
    pub queued_at: Option<Timestamp>,
    /// The last agent, if one was reserved when it ended.
    pub agent: Option<String>,
    /// When that agent was reserved.
    pub reserved_at: Option<Timestamp>,
    /// When agent and customer were connected, if they were.
    pub connected_at: Option<Timestamp>,
}

/// The state without its data, in the guide's words.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
pub enum StateName {
    /// Held until the desired time.
    Scheduled,
    /// Waits for an agent.
    Queued,
    /// An agent is reserved.
    Routing,
    /// The agent handles it.
    Processing,
    /// Over.
    Completed,
}

impl std::fmt::Display for StateName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl State {
    /// The state's name.
    pub const fn name(&self) -> StateName {
        match self {
            Self::Scheduled => StateName::Scheduled,
            Self::Queued(_) => StateName::Queued,
            Self::Routing(_) => StateName::Routing,
            Self::Processing(_) => StateName::Processing,
            Self::Completed(_) => StateName::Completed,
        }
    }

    /// When the callback entered the queue first.
    pub const fn queued_at(&self) -> Option<Timestamp> {
        match self {
            Self::Scheduled => None,
            Self::Queued(state) => Some(state.queued_at),
            Self::Routing(state) => Some(state.queued_at),
            Self::Processing(state) => Some(state.queued_at),
            Self::Completed(state) => state.queued_at,
        }
    }

    /// The open reservation, if there is one.
    pub const fn reservation(&self) -> Option<&Reservation> {
        match self {
            Self::Routing(state) => Some(&state.reservation),
            Self::Processing(state) => Some(&state.reservation),
            Self::Scheduled | Self::Queued(_) | Self::Completed(_) => None,
        }
    }

    /// When agent and customer were connected.
    pub const fn connected_at(&self) -> Option<Timestamp> {
        match self {
            Self::Processing(state) => Some(state.connected_at),
            Self::Completed(state) => state.connected_at,
            Self::Scheduled | Self::Queued(_) | Self::Routing(_) => None,
        }
    }
}
