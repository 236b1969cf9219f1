//! Lists of callbacks: filter, page, count.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::callback::state::StateName;
use crate::id::ServiceId;
use crate::time::Timestamp;
use crate::time_of_day::TimeOfDay;
use crate::wire::bulk::TimeRange;

/// Most items of a page, and how many it has unless told.
pub const PAGE_LIMIT: u32 = 250;

/// Pages are numbered within this many rows; further on, a cursor leads.
pub const NUMBERED_ROWS: u32 = 10_000;

/// Most services that a filter names.
pub const MAX_FILTER_SERVICES: usize = 500;

/// Which callbacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CallbackFilter {
    /// Desired time from this moment on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Desired time before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Of `from` to `to`, 62 days at most, only desired times from this time of
    /// the day on, as clocks in `time_zone` show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_from: Option<TimeOfDay>,
    /// Before this time of the day; over midnight where it is earlier than
    /// `daily_from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_to: Option<TimeOfDay>,
    /// IANA zone of `daily_from` and `daily_to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(example = "Europe/Berlin")]
    pub time_zone: Option<String>,
    /// Only these states; repeatable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub state: Vec<StateName>,
    /// Only these services, by id; repeatable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[param(max_items = 500)]
    pub service: Vec<ServiceId>,
    /// Where to search, in the customer number unless told; repeatable: in one or
    /// the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub search_field: Vec<SearchField>,
    /// What to search: any part of the text, upper or lower case. A number may be
    /// in any notation, also in that of the visible services' countries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 100)]
    pub search: Option<String>,
    /// Only those still SCHEDULED after their window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue: Option<bool>,
}

impl From<TimeRange> for CallbackFilter {
    /// Everything with a desired time in the range.
    fn from(range: TimeRange) -> Self {
        let daily = range.daily;
        Self {
            from: Some(range.from),
            to: Some(range.to),
            daily_from: daily.as_ref().map(|daily| daily.from),
            daily_to: daily.as_ref().map(|daily| daily.to),
            time_zone: daily.map(|daily| daily.time_zone),
            ..Self::default()
        }
    }
}

/// Which page of which callbacks, in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The order; by desired time, earliest first, unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// Items of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 250, default = 250)]
    pub limit: Option<u32>,
    /// Where the page begins, from `next` or `previous` of another page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 400)]
    pub cursor: Option<String>,
    /// The page by number, from 1, within the first 10,000 rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
}

/// What a search looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchField {
    /// Customer Number; what stands between its digits does not count.
    #[default]
    CustomerNumber,
    /// Callback ID.
    Id,
    /// Service Name.
    Service,
    /// State and result as the list shows them: `COMPLETED (CANCELLED_BY_ADMIN)`.
    State,
    /// Result.
    Result,
    /// Agent.
    Agent,
    /// User name of who made it.
    CreatedBy,
    /// User name of who cancelled it.
    CancelledBy,
    /// Language tag.
    Language,
    /// The columns with text that the list shows by default: Customer Number,
    /// Callback ID, Service Name, State and Agent.
    Any,
}

impl SearchField {
    /// What [`Self::Any`] stands for.
    pub const ANY: [Self; 5] = [Self::CustomerNumber, Self::Id, Self::Service, Self::State, Self::Agent];
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Sort {
    /// Desired time, earliest first.
    #[default]
    #[serde(rename = "desired_time")]
    DesiredTime,
    /// Desired time, latest first.
    #[serde(rename = "-desired_time")]
    DesiredTimeDescending,
    /// Made, earliest first.
    #[serde(rename = "created_at")]
    CreatedAt,
    /// Made, latest first.
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
    /// Changed, earliest first.
    #[serde(rename = "updated_at")]
    UpdatedAt,
    /// Changed, latest first.
    #[serde(rename = "-updated_at")]
    UpdatedAtDescending,
    /// State in the order of a callback's life, then desired time.
    #[serde(rename = "state")]
    State,
    /// State in reverse.
    #[serde(rename = "-state")]
    StateDescending,
    /// Service name, then desired time.
    #[serde(rename = "service")]
    Service,
    /// Service name in reverse.
    #[serde(rename = "-service")]
    ServiceDescending,
    /// Customer number, digit by digit from its country code on.
    #[serde(rename = "customer_number")]
    CustomerNumber,
    /// Customer number in reverse.
    #[serde(rename = "-customer_number")]
    CustomerNumberDescending,
    /// Completed, earliest first; those that are not completed come last.
    #[serde(rename = "completed_at")]
    CompletedAt,
    /// Completed, latest first; those that are not completed come before them.
    #[serde(rename = "-completed_at")]
    CompletedAtDescending,
    /// Priority, lowest first.
    #[serde(rename = "priority")]
    Priority,
    /// Priority, highest first.
    #[serde(rename = "-priority")]
    PriorityDescending,
}

impl Sort {
    /// Every order.
    pub const ALL: [Self; 16] = [
        Self::DesiredTime,
        Self::DesiredTimeDescending,
        Self::CreatedAt,
        Self::CreatedAtDescending,
        Self::UpdatedAt,
        Self::UpdatedAtDescending,
        Self::State,
        Self::StateDescending,
        Self::Service,
        Self::ServiceDescending,
        Self::CustomerNumber,
        Self::CustomerNumberDescending,
        Self::CompletedAt,
        Self::CompletedAtDescending,
        Self::Priority,
        Self::PriorityDescending,
    ];
}

/// A page of a list in stable order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Cursor of the page after this one; null on the last.
    pub next: Option<String>,
    /// Cursor of the page before this one; null on the first.
    pub previous: Option<String>,
}

/// How exact a count is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountQuery {
    /// Stop counting here and say `at_least`, so that the answer stays quick.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_u64)]
    pub up_to: Option<u32>,
}

/// How many callbacks there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallbackCount {
    /// All of them.
    pub total: u64,
    /// Each state's share.
    pub by_state: CountByState,
    /// Of the SCHEDULED ones, those past their window.
    pub overdue: u64,
    /// Counting stopped at `up_to`: there are this many or more.
    pub at_least: bool,
    /// What `search` means in customer numbers: their digits contain one of these.
    /// Empty where the text is no part of a number.
    pub number_parts: Vec<String>,
}

/// A count for each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub struct CountByState {
    /// SCHEDULED ones.
    pub scheduled: u64,
    /// QUEUED ones.
    pub queued: u64,
    /// ROUTING ones.
    pub routing: u64,
    /// PROCESSING ones.
    pub processing: u64,
    /// COMPLETED ones.
    pub completed: u64,
}

impl CountByState {
    /// The count of one state.
    pub const fn of(&mut self, state: StateName) -> &mut u64 {
        match state {
            StateName::Scheduled => &mut self.scheduled,
            StateName::Queued => &mut self.queued,
            StateName::Routing => &mut self.routing,
            StateName::Processing => &mut self.processing,
            StateName::Completed => &mut self.completed,
        }
    }
}

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated values with a header line.
    #[default]
    Csv,
    /// One JSON record on each line.
    Ndjson,
    /// A spreadsheet for people: numbers as text, times as the clocks in `time_zone` show them.
    /// For at most 100,000 rows.
    Xlsx,
}

/// Most rows of an export as a spreadsheet.
pub const MAX_SHEET_ROWS: u32 = 100_000;

/// How an export is to look.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// The form; CSV unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
}

/// What *Callback Search* looks for: one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindQuery {
    /// A Callback ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 100)]
    pub id: Option<String>,
    /// A customer number in any notation. If no callback has it, those whose number
    /// contains its digits, three at least, are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 100)]
    pub customer_number: Option<String>,
}
