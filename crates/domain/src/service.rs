//! A service: the virtual queue that a callback waits in.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::dial::RetryPolicy;
use crate::id::{CalendarId, CapacityRuleId, NumberRuleId, ServiceId};
use crate::time::Timestamp;

/// Seconds that the desired callback time lasts unless the service says
/// otherwise: the time is a short window, not an instant.
pub const DEFAULT_WINDOW_SECONDS: u32 = 120;

/// Longest window that a service may set, in seconds: one day.
pub const MAX_WINDOW_SECONDS: u32 = 86_400;

/// A service and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Identifier; other records refer to it.
    pub id: ServiceId,
    /// The virtual queue's name, unique.
    pub name: String,
    /// IANA zone of the service's wall clock.
    pub time_zone: String,
    /// ISO 3166 two-letter country in which national numbers are read.
    pub default_country: String,
    /// What may be asked of the service, and what it does.
    pub settings: Settings,
    /// Raised by each change.
    pub version: i64,
}

/// What an administrator can change about a service. It is kept as one document,
/// in which a setting that is missing has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// Takes new callbacks.
    #[schema(required = true)]
    pub accept_new: bool,
    /// Hands queued callbacks to routers.
    #[schema(required = true)]
    pub dial_pending: bool,
    /// Takes immediate callbacks.
    #[schema(required = true)]
    pub immediate_enabled: bool,
    /// Takes scheduled callbacks.
    #[schema(required = true)]
    pub scheduled_enabled: bool,
    /// Length of the desired-time window, in seconds.
    #[schema(required = true)]
    pub desired_window_seconds: u32,
    /// What becomes of a callback whose window passed while nobody could make it.
    #[schema(required = true)]
    pub late_policy: LatePolicy,
    /// What becomes of a scheduled callback that falls due while the service is closed,
    /// since its hours were changed.
    #[schema(required = true)]
    pub closed_when_due: ClosedWhenDue,
    /// How far ahead a time can be chosen, in days.
    #[schema(required = true)]
    pub horizon_days: u32,
    /// How long before it a time can be chosen at the latest, in seconds.
    #[schema(required = true)]
    pub minimum_notice_seconds: u32,
    /// The calendars that open it: it is open when any of them is, and always
    /// without one.
    #[schema(required = true)]
    pub open_calendars: Vec<CalendarId>,
    /// The calendars whose exceptions close it, such as one of public holidays.
    #[schema(required = true)]
    pub closed_calendars: Vec<CalendarId>,
    /// How many callbacks can be promised for each slot of the day; null for any
    /// number.
    #[schema(required = true)]
    pub capacity_rule: Option<CapacityRuleId>,
    /// The rules on which numbers it calls; any number without one.
    #[schema(required = true)]
    pub number_rules: Vec<NumberRuleId>,
    /// The rule sets on the hours in which its customers are called, by their own clocks;
    /// at any hour without one.
    #[schema(required = true)]
    pub called_party_hours: Vec<RuleSetId>,
    /// How often and when a customer is dialled.
    #[schema(required = true)]
    pub retry_policy: RetryPolicy,
    /// Seconds by which a callback for a chosen time goes before those that wait when
    /// that time comes: it takes its place in the queue as if it had waited so long.
    #[schema(required = true)]
    pub appointment_lead_seconds: u32,
    /// What becomes of a request for a number that has an open callback of the service.
    #[schema(required = true)]
    pub duplicate_policy: DuplicatePolicy,
    /// How much may be asked of it.
    #[schema(required = true)]
    pub limits: Limits,
}

/// What becomes of a request for a number, with its extension, that has an open callback of
/// the same service: one that is not COMPLETED.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub enum DuplicatePolicy {
    /// It is refused.
    Refuse,
    /// It is answered with the open callback, and makes no other.
    ReturnExisting,
    /// The open callback is cancelled for it. While that is ROUTING or PROCESSING the
    /// request is refused.
    Replace,
    /// It is one callback more.
    #[default]
    Allow,
}

/// How much may be asked of a service; null for any number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Limits {
    /// Callbacks that are SCHEDULED, QUEUED or ROUTING at the same time.
    #[schema(required = true)]
    pub pending: Option<u32>,
    /// Callbacks that are made for a number, with its extension, within a day of the
    /// service's clock, whatever becomes of them.
    #[schema(required = true)]
    pub per_number_per_day: Option<u32>,
    /// Immediate callbacks are refused while one more would wait longer, in seconds, as far
    /// as that can be estimated.
    #[schema(required = true)]
    pub longest_wait_seconds: Option<u32>,
}

/// Most callbacks that a service may let be pending.
pub const MAX_PENDING: u32 = 1_000_000;

/// Most callbacks for a number and day that a service may set as its limit.
pub const MAX_PER_NUMBER_PER_DAY: u32 = 1_000;

/// Longest estimated wait that a service may set as its limit, in seconds: a day.
pub const MAX_LONGEST_WAIT_SECONDS: u32 = 86_400;

/// A rule set on the hours in which people are called, by its id.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RuleSetId {
    /// 08:00 to 21:00 of every day.
    Courtesy,
}

impl RuleSetId {
    /// The id as text.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What becomes of a callback that falls due after its window has passed, such as
/// after an outage.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub enum LatePolicy {
    /// It is made as soon as possible.
    #[default]
    Make,
    /// It is quarantined until a person decides.
    Ask,
    /// It completes as `FAIL_MISSED_WINDOW`.
    Close,
}

/// What becomes of a scheduled callback that falls due while its service is closed.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub enum ClosedWhenDue {
    /// It moves to when the service opens next, or completes as
    /// `FAIL_BUSINESS_CLOSED` where that is more than 60 days away.
    #[default]
    RollForward,
    /// It completes as `FAIL_BUSINESS_CLOSED`.
    Fail,
}

/// Days ahead that a time can be chosen in unless the service says otherwise.
pub const DEFAULT_HORIZON_DAYS: u32 = 30;

/// Most days ahead that a service may set.
pub const MAX_HORIZON_DAYS: u32 = 366;

/// Longest notice that a service may want, in seconds: a week.
pub const MAX_NOTICE_SECONDS: u32 = 7 * 86_400;

/// By what an appointment goes before those that wait unless the service says
/// otherwise, in seconds: a day, which is before everybody.
pub const DEFAULT_APPOINTMENT_LEAD_SECONDS: u32 = 86_400;

/// The most by which a service may let appointments go before others, in seconds: a week.
pub const MAX_APPOINTMENT_LEAD_SECONDS: u32 = 7 * 86_400;

/// Most calendars of each kind that a service may have.
pub const MAX_SERVICE_CALENDARS: usize = 20;

/// Most rule sets on called-party hours that a service may name.
pub const MAX_SERVICE_RULE_SETS: usize = 20;

/// Most number rules that a service may have.
pub const MAX_SERVICE_NUMBER_RULES: usize = 50;

impl Settings {
    /// The latest time that can be chosen now.
    pub fn latest_time(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(i64::from(self.horizon_days) * 86_400)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            accept_new: true,
            dial_pending: true,
            immediate_enabled: true,
            scheduled_enabled: true,
            desired_window_seconds: DEFAULT_WINDOW_SECONDS,
            late_policy: LatePolicy::default(),
            closed_when_due: ClosedWhenDue::default(),
            horizon_days: DEFAULT_HORIZON_DAYS,
            minimum_notice_seconds: 0,
            open_calendars: Vec::new(),
            closed_calendars: Vec::new(),
            capacity_rule: None,
            number_rules: Vec::new(),
            called_party_hours: vec![RuleSetId::Courtesy],
            retry_policy: RetryPolicy::default(),
            appointment_lead_seconds: DEFAULT_APPOINTMENT_LEAD_SECONDS,
            duplicate_policy: DuplicatePolicy::default(),
            limits: Limits::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_an_older_document_lacks_has_its_default() {
        let kept: Settings = serde_json::from_str(r#"{"dial_pending": false}"#).unwrap();
        assert_eq!(kept, Settings { dial_pending: false, ..Settings::default() });
    }
}
