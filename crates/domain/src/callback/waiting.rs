//! What a callback waits for; `gates` says which.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// It is no hour to call its customer at, by the customer's own clock.
    CalledPartyHours,
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
