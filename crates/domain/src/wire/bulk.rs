//! Bulk cancellations.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::{IntoParams, ToSchema};

use crate::callback::Callback;
use crate::callback::state::StateName;
use crate::id::{CallbackId, JobId, ServiceId};
use crate::time::Timestamp;
use crate::time_of_day::TimeOfDay;
use crate::wire::callback::ActorView;
use crate::wire::list::{CountByState, SearchField};

/// Most callbacks that can be named one by one.
pub const MAX_IDS: usize = 10_000;

/// Which callbacks to cancel: either `ids` or `range`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CreateBulkCancellation {
    /// These callbacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 10000)]
    pub ids: Option<Vec<CallbackId>>,
    /// Every callback that the caller may see with a desired time in here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<TimeRange>,
    /// Of the range, only those that match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching: Option<Matching>,
    /// Seconds for which this can be undone; meanwhile nobody of the selection is
    /// called. At once unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 60)]
    pub undo_seconds: Option<u32>,
    /// Only count what would be cancelled, and cancel nothing.
    pub dry_run: bool,
}

/// A stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeRange {
    /// From this moment on.
    pub from: Timestamp,
    /// Before this moment.
    pub to: Timestamp,
    /// Of that, 62 days at most, only these hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily: Option<DailyHours>,
}

/// The same hours of every day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DailyHours {
    /// From this time of the day on.
    pub from: TimeOfDay,
    /// Before this time of the day; over midnight where it is earlier than
    /// `from`.
    pub to: TimeOfDay,
    /// IANA zone whose clocks show these times.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
}

/// The filters of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Matching {
    /// Only these states.
    pub state: Vec<StateName>,
    /// Only these services.
    #[schema(max_items = 500)]
    pub service: Vec<ServiceId>,
    /// Where to search: in one or the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub search_field: Vec<SearchField>,
    /// What to search.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub search: Option<String>,
    /// Only those still SCHEDULED after their window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue: Option<bool>,
}

/// A bulk cancellation and how far it has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkCancellation {
    /// Identifier of the job.
    pub id: JobId,
    /// Whether it is done.
    pub state: JobState,
    /// Nothing was cancelled; the counts say what would have been.
    pub dry_run: bool,
    /// How far it has got.
    pub progress: Progress,
    /// The frozen selection by state at the time of the request.
    pub selected: CountByState,
    /// Outcomes so far.
    pub outcomes: OutcomeCounts,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Until then a pending job can be undone; null where it could not be.
    pub effective_at: Option<Timestamp>,
    /// How many of its callbacks are held back, from the first. Not shown.
    #[serde(skip)]
    pub held: u64,
    /// When it was done or stopped.
    pub finished_at: Option<Timestamp>,
    /// Who asked for it.
    pub created_by: ActorView,
}

/// Where a job stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum JobState {
    /// Not begun.
    Pending,
    /// Being worked on.
    Running,
    /// Done; the outcomes say how.
    Completed,
    /// Ended by who asked for it, before it was done.
    Stopped,
    /// Given up.
    Failed,
}

/// How much of how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// Callbacks looked at.
    pub done: u64,
    /// Callbacks in the frozen selection.
    pub total: u64,
}

/// How many callbacks had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutcomeCounts {
    /// Cancelled by this job.
    pub cancelled: u64,
    /// Left alone because an agent was handling them.
    pub skipped_processing: u64,
    /// Were over already.
    pub already_completed: u64,
    /// Unknown, or not visible to who asked.
    pub not_permitted: u64,
    /// Could not be cancelled.
    pub failed: u64,
    /// Left alone because the job was stopped or their cancellation undone before
    /// their turn. Counts kept
    /// before jobs could be stopped do not name it.
    #[serde(default)]
    #[schema(required)]
    pub stopped: u64,
}

/// What became of one callback of the selection.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// Cancelled by this job.
    Cancelled,
    /// An agent was handling it.
    SkippedProcessing,
    /// It was over already.
    AlreadyCompleted,
    /// Unknown, or not visible to who asked.
    NotPermitted,
    /// It could not be cancelled.
    Failed,
    /// The job was stopped, or its cancellation undone, before its turn.
    Stopped,
}

/// How the Cancellation Summary Report is to look.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// `csv` or `xlsx`; as `Accept` says unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ReportFormat>,
    /// IANA zone of the times in a spreadsheet; UTC unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(example = "Europe/Berlin")]
    pub time_zone: Option<String>,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    /// Comma-separated values with a header line.
    Csv,
    /// A spreadsheet for people, for at most 100,000 rows.
    Xlsx,
}

/// Which cancellations to report, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CancellationsQuery {
    /// Cancelled from this moment on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Cancelled before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Only these services, by id; repeatable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[param(max_items = 500)]
    pub service: Vec<ServiceId>,
    /// Only what this person cancelled, by user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 100)]
    pub cancelled_by: Option<String>,
    /// JSON, page by page, unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<CancellationsFormat>,
    /// IANA zone of the times in a spreadsheet; UTC unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(example = "Europe/Berlin")]
    pub time_zone: Option<String>,
    /// Lines of a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 250, default = 250)]
    pub limit: Option<u32>,
    /// Where the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 400)]
    pub cursor: Option<String>,
}

/// The form of the report of cancellations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancellationsFormat {
    /// A page.
    #[default]
    Json,
    /// Comma-separated values with a header line, whole.
    Csv,
    /// A spreadsheet for people, whole, for at most 100,000 rows.
    Xlsx,
}

/// A line of the Cancellation Summary Report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportLine {
    /// Callback ID.
    pub callback_id: CallbackId,
    /// Service Name; null where not permitted.
    pub service: Option<String>,
    /// Customer Number; null where not permitted.
    pub customer_number: Option<String>,
    /// The same for people, in the groups of its country.
    #[serde(default)]
    pub customer_number_formatted: Option<String>,
    /// Desired Callback Time; null where not permitted.
    pub desired_time: Option<Timestamp>,
    /// The state when the job came to it; null where not permitted.
    pub state_before: Option<StateName>,
    /// What became of it; null while the job has not come to it.
    pub outcome: Option<Outcome>,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// User name of who cancelled it, if a person did.
    pub cancelled_by: Option<String>,
}

impl ReportLine {
    /// A line with nothing but the id.
    pub const fn of_id(callback_id: CallbackId) -> Self {
        Self {
            callback_id,
            service: None,
            customer_number: None,
            customer_number_formatted: None,
            desired_time: None,
            state_before: None,
            outcome: None,
            cancelled_at: None,
            cancelled_by: None,
        }
    }

    /// A line about a callback of the service of this name, without an outcome.
    pub fn of(callback: &Callback, service: Option<String>) -> Self {
        Self {
            service,
            customer_number: Some(callback.request.customer_number.as_str().to_owned()),
            desired_time: Some(callback.desired_time),
            state_before: Some(callback.state.name()),
            ..Self::of_id(callback.id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_kept_before_jobs_could_be_stopped_are_read() {
        let kept =
            r#"{"cancelled":2,"skipped_processing":0,"already_completed":0,"not_permitted":0,"failed":1}"#;
        let counts: OutcomeCounts = serde_json::from_str(kept).unwrap();
        assert_eq!((counts.cancelled, counts.failed, counts.stopped), (2, 1, 0));
    }
}
