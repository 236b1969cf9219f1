//! Moving many callbacks at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::{IntoParams, ToSchema};

use crate::calendar::availability::Unavailable;
use crate::id::{CallbackId, CapacityRuleId, JobId, ServiceId};
use crate::time::Timestamp;
use crate::wire::bulk::{JobState, Matching, Progress, TimeRange};
use crate::wire::callback::ActorView;
use crate::wire::list::CountByState;

/// Most callbacks that one request can move.
pub const MAX_MOVES: usize = 10_000;

/// Longest stretch of time that callbacks can be spread over, in days.
pub const MAX_SPREAD_DAYS: i64 = 31;

/// Most slots that the spread of a job lists.
pub const MAX_SPREAD_SLOTS: usize = 3_000;

/// Seconds after the end of a bulk reschedule within which it can be undone.
pub const UNDO_SECONDS: i64 = 600;

/// Which callbacks to move, either `ids` or `range`, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBulkReschedule {
    /// These callbacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 10000)]
    pub ids: Option<Vec<CallbackId>>,
    /// Every SCHEDULED callback that the caller may see with a desired time in here, 10,000 at
    /// most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<TimeRange>,
    /// Of the range, only those that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<Matching>,
    /// Where they are moved: to slots that begin in here.
    pub into: SpreadRange,
    /// Only compute what would be moved where, and move nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// A stretch of time, of 31 days at most, that callbacks are spread over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpreadRange {
    /// From this moment on.
    pub from: Timestamp,
    /// Before this moment.
    pub to: Timestamp,
}

/// A bulk reschedule and how far it has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkReschedule {
    /// Identifier of the job.
    pub id: JobId,
    /// Whether it is done.
    pub state: JobState,
    /// Nothing was moved; the outcomes say what would have been.
    pub dry_run: bool,
    /// Where callbacks are moved.
    pub into: SpreadRange,
    /// How far it has got.
    pub progress: Progress,
    /// The frozen selection by state at the time of the request.
    pub selected: CountByState,
    /// Outcomes so far; those that nothing had are left out.
    #[schema(value_type = BTreeMap<String, u64>, example = json!({"moved": 12, "full": 2}))]
    pub outcomes: BTreeMap<MoveOutcome, u64>,
    /// What was planned for each slot at the time of the request, in order, 3,000 at most. Empty
    /// in a list of jobs.
    pub spread: Vec<SpreadSlot>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was done or stopped.
    pub finished_at: Option<Timestamp>,
    /// Until then it can be undone; null while it is not over, and where it moved nothing.
    pub undo_until: Option<Timestamp>,
    /// How far undoing it has got; null unless somebody asked for that.
    pub undo: Option<UndoProgress>,
    /// Who asked for it.
    pub created_by: ActorView,
}

/// How far moving callbacks back has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UndoProgress {
    /// How many of those that were moved have been looked at.
    pub progress: Progress,
    /// Outcomes so far; `moved` are back. Those that nothing had are left out.
    #[schema(value_type = BTreeMap<String, u64>, example = json!({"moved": 11, "changed_meanwhile": 1}))]
    pub outcomes: BTreeMap<MoveOutcome, u64>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Who asked for it.
    pub requested_by: ActorView,
    /// When it was done.
    pub finished_at: Option<Timestamp>,
}

/// A slot that callbacks are moved to, with what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpreadSlot {
    /// The rule whose slot it is; null where the service has none.
    pub capacity_rule: Option<CapacityRuleId>,
    /// The service, where it has no rule; otherwise null, since services share a rule.
    pub service_id: Option<ServiceId>,
    /// When it begins.
    pub from: Timestamp,
    /// The same on the clock of the rule or the service, with its offset from UTC.
    #[schema(example = "2026-12-01T10:30:00+01:00")]
    pub local: String,
    /// Callbacks and holds in it before; null where any number fits.
    pub before: Option<u32>,
    /// Callbacks that are moved into it.
    pub moving: u32,
    /// Callbacks that it can hold; null for any number.
    pub capacity: Option<u32>,
}

/// What becomes of a callback of a bulk reschedule.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MoveOutcome {
    /// It is moved.
    Moved,
    /// It has a slot there already, and keeps it.
    AlreadyThere,
    /// It is not SCHEDULED, or about to be cancelled.
    NotScheduled,
    /// Unknown, or not visible to who asked.
    NotPermitted,
    /// Somebody or something changed it after it was selected, or after it was moved.
    ChangedMeanwhile,
    /// The slots in question are fully booked.
    Full,
    /// What is not booked of them is held for others.
    Held,
    /// They are no hours to call the customer at, by the customer's own clock.
    OutsidePermittedHours,
    /// No capacity is planned for them.
    NoCapacity,
    /// The service is closed on that date, by an exception.
    Exception,
    /// The service is closed then, or no slot begins then.
    Closed,
    /// They are further ahead than the service plans.
    BeyondHorizon,
    /// They are nearer than the service's minimum notice, or have begun.
    TooSoon,
    /// They are over.
    Past,
    /// The job was stopped before its turn.
    Stopped,
    /// It could not be moved.
    Failed,
}

impl From<Unavailable> for MoveOutcome {
    fn from(reason: Unavailable) -> Self {
        match reason {
            Unavailable::Past => Self::Past,
            Unavailable::TooSoon => Self::TooSoon,
            Unavailable::BeyondHorizon => Self::BeyondHorizon,
            Unavailable::Closed => Self::Closed,
            Unavailable::Exception => Self::Exception,
            Unavailable::NoCapacity => Self::NoCapacity,
            Unavailable::Full => Self::Full,
            Unavailable::Held => Self::Held,
            Unavailable::OutsidePermittedHours => Self::OutsidePermittedHours,
            // Neither keeps a callback that there is already from being moved.
            Unavailable::NotAccepting | Unavailable::LimitReached => Self::Failed,
        }
    }
}

/// A callback of a bulk reschedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MoveItem {
    /// Callback ID.
    pub callback_id: CallbackId,
    /// Its service; null where not permitted.
    pub service_id: Option<ServiceId>,
    /// Customer number; null where not permitted.
    pub customer_number: Option<String>,
    /// The same for people, in the groups of its country.
    pub customer_number_formatted: Option<String>,
    /// Its desired time when it was selected; null where not permitted.
    pub from: Option<Timestamp>,
    /// Where it is or would be moved; null if it stays.
    pub to: Option<Timestamp>,
    /// What became of it, or would become in a dry run; null while the job has not come to it.
    pub outcome: Option<MoveOutcome>,
    /// What became of it when the job was undone; null unless it was.
    pub undo_outcome: Option<MoveOutcome>,
}

/// Which callbacks of a bulk reschedule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MoveItemsQuery {
    /// Only those that were not moved, or after undoing, not moved back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stayed: Option<bool>,
    /// Items of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 250, default = 250)]
    pub limit: Option<u32>,
    /// Where the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 20)]
    pub cursor: Option<String>,
}
