//! Why a callback is not called now, and whether a number could be.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::callback::gates::{Answer, Gate};
use crate::callback::outcome::ResultCode;
use crate::callback::waiting::WaitingReason;
use crate::id::ServiceId;
use crate::time::Timestamp;

/// The gates between a callback and its call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gates {
    /// What each says now, in the order in which they are asked; empty in a conversation
    /// and afterwards.
    pub gates: Vec<GateView>,
    /// The first instant at which no clock is in the way any more; not given if that is
    /// more than 60 days away, or the callback will not be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<Timestamp>,
}

/// A gate, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateView {
    /// Which gate.
    pub gate: Gate,
    /// Whether it is open, and how it opens.
    pub verdict: Verdict,
    /// When it opens, or when the callback is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What the callback waits for here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<WaitingReason>,
    /// The result that the callback gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultCode>,
    /// The rule by which it is not open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<GateRule>,
    /// The same in words.
    #[schema(example = "The service is closed until 2026-11-25T09:00:00Z, by “Office”.")]
    pub detail: String,
}

/// Whether a gate is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Open,
    /// It opens at a time that is known.
    Until,
    /// It opens with an event.
    Waiting,
    /// It does not open: the callback is over with a result.
    Never,
}

/// The rule by which a gate is not open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateRule {
    /// Identifier of the calendar, the number rule, or the entry of the do-not-call list; or
    /// the name of a rule set, such as `courtesy`.
    pub id: String,
    /// What people call it.
    #[schema(example = "Office")]
    pub name: String,
    /// Its version; not given for what has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Where the reason of a rule set can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}

/// A number that somebody asks about before there is a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DryRun {
    /// The service that would call.
    pub service_id: ServiceId,
    /// The number as it would be sent to create a callback.
    #[schema(example = "+44 20 7946 0318", min_length = 1, max_length = 40)]
    pub customer_number: String,
    /// IANA zone of the customer's wall clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/London", max_length = 64)]
    pub customer_time_zone: Option<String>,
    /// When it would be called; now if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl GateView {
    /// What a gate says, with the rule by which it does.
    pub fn of(gate: Gate, answer: Answer, rule: Option<GateRule>, detail: String) -> Self {
        let (verdict, until, event, result) = match answer {
            Answer::Open => (Verdict::Open, None, None, None),
            Answer::Until(event, at) => (Verdict::Until, Some(at), Some(event), None),
            Answer::Waiting(event) => (Verdict::Waiting, None, Some(event), None),
            Answer::Ends(result, at) => {
                (Verdict::Never, Some(at), Some(WaitingReason::Cancellation), Some(result))
            }
            Answer::Never(result) => (Verdict::Never, None, None, Some(result)),
        };
        Self { gate, verdict, until, event, result, rule, detail }
    }
}
