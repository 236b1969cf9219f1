//! What an ACD, a dialler or an agent desktop says and hears.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::callback::outcome::ResultCode;
use crate::callback::state::StateName;
use crate::dial::DialResult;
use crate::id::{AttemptId, ServiceId};
use crate::time::Timestamp;
use crate::wire::callback::CallbackView;
use crate::wire::problem::Problem;

/// Shortest, usual and longest lease, in seconds.
pub const LEASE_SECONDS: (u32, u32, u32) = (15, 30, 300);

/// Usual and longest time for which an agent who gave a callback back is offered
/// others, in seconds.
pub const PAUSE_SECONDS: (u32, u32) = (300, 86_400);

/// Most characters of a reason.
pub const MAX_REASON_CHARS: usize = 500;

/// Most callbacks in one reservation.
pub const MAX_RESERVATIONS: u32 = 50;

/// Longest wait for work, in seconds.
pub const MAX_WAIT_SECONDS: u32 = 30;

/// A request for the next queued callbacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    /// The agent to reserve for.
    #[schema(example = "agent-17", min_length = 1, max_length = 100)]
    pub agent: String,
    /// The services that the agent serves, by id; one at least.
    #[schema(min_items = 1, max_items = 100)]
    pub services: Vec<ServiceId>,
    /// Most callbacks to hand over; 1 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 50)]
    pub limit: Option<u32>,
    /// Seconds to wait for work if there is none; 0 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 30)]
    pub wait_seconds: Option<u32>,
    /// Seconds that the reservation lasts unless extended; 30 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 15, maximum = 300)]
    pub lease_seconds: Option<u32>,
}

/// What was handed over; empty where there was no work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reservations {
    /// The reservations, in the order of the queue.
    pub reservations: Vec<ReservationView>,
}

/// A callback handed over to one router.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReservationView {
    /// The attempt that the router reports on.
    pub attempt_id: AttemptId,
    /// Proof of holding it, needed by each report.
    pub lease_token: String,
    /// When the callback goes back to the queue unless extended or connected.
    pub lease_expires_at: Timestamp,
    /// The callback, with the customer's number.
    pub callback: CallbackView,
}

/// Proof of holding an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// As handed over with the reservation.
    pub lease_token: String,
}

/// The callback is given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseAttempt {
    /// As handed over with the reservation.
    pub lease_token: String,
    /// Why, for the timeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// Seconds for which this agent is offered other callbacks; 300 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 86400)]
    pub pause_seconds: Option<u32>,
}

/// Which attempts a router asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AttemptQuery {
    /// Only of this agent.
    #[param(max_length = 100)]
    pub agent: Option<String>,
}

/// A longer lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendLease {
    /// As handed over with the reservation.
    pub lease_token: String,
    /// Seconds from now; 30 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 15, maximum = 300)]
    pub lease_seconds: Option<u32>,
}

/// Until when the lease lasts now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExtendedLease {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// When the callback goes back to the queue unless extended or connected.
    pub lease_expires_at: Timestamp,
}

/// The dial failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FailAttempt {
    /// As handed over with the reservation.
    pub lease_token: String,
    /// How.
    pub dial_result: DialResult,
}

/// The conversation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteAttempt {
    /// As handed over with the reservation.
    pub lease_token: String,
    /// The callback's result; `AGENT_CONNECTED` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultCode>,
    /// The router's own word for the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub disposition: Option<String>,
}

/// Reports in one request at most.
pub const MAX_REPORTS: usize = 100;

/// Characters of a disposition.
pub const MAX_DISPOSITION_CHARS: usize = 200;

/// What a router reports of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// Agent and customer are connected.
    Connected,
    /// The callback is given back.
    Released,
    /// The dial failed.
    Failed,
    /// The conversation ended.
    Completed,
}

/// Reports of several attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttemptReports {
    /// The reports, in the order in which they are applied.
    #[schema(min_items = 1, max_items = 100)]
    pub reports: Vec<ReportOne>,
}

/// A report of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportOne {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// As handed over with the reservation.
    pub lease_token: String,
    /// What became of it.
    pub report: ReportKind,
    /// How the dial failed: with `failed`, and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dial_result: Option<DialResult>,
    /// The callback's result: with `completed` only; `AGENT_CONNECTED` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultCode>,
    /// The router's own word for the outcome: with `completed` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub disposition: Option<String>,
    /// Why it is given back: with `released` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// Seconds for which this agent is offered other callbacks: with `released`
    /// only; 300 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 86400)]
    pub pause_seconds: Option<u32>,
}

/// What became of the reports, in the same order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttemptOutcomes {
    /// One for each report.
    pub outcomes: Vec<AttemptOutcome>,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttemptOutcome {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// The status that the report would have been answered with by itself.
    pub status: u16,
    /// The callback's state after it, where it was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<StateName>,
    /// Why it was not applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}
