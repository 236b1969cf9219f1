//! Services, users and API keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{ApiScope, Role};
use crate::dial::{DialResult, Ratio, RetryPolicy, RetryRule};
use crate::id::{ApiKeyId, CalendarId, CapacityRuleId, NumberRuleId, ServiceId, UserId};
use crate::service::{ClosedWhenDue, DuplicatePolicy, LatePolicy, Limits, RuleSetId, Service, Settings};
use crate::time::Timestamp;
use crate::wire::callback::ActorView;

/// A service and its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceView {
    /// Identifier.
    pub id: ServiceId,
    /// The virtual queue's name, unique.
    #[schema(example = "Billing EN")]
    pub name: String,
    /// IANA zone of the service's wall clock.
    #[schema(example = "Europe/London")]
    pub time_zone: String,
    /// ISO 3166 two-letter country in which national numbers are read.
    #[schema(example = "GB")]
    pub default_country: String,
    /// What an administrator can change.
    #[serde(flatten)]
    pub settings: Settings,
    /// One more with each change; also the ETag.
    pub version: i64,
}

impl From<&Service> for ServiceView {
    fn from(service: &Service) -> Self {
        Self {
            id: service.id,
            name: service.name.clone(),
            time_zone: service.time_zone.clone(),
            default_country: service.default_country.clone(),
            settings: service.settings.clone(),
            version: service.version,
        }
    }
}

/// A new service; every other setting has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateService {
    /// The virtual queue's name, unique.
    #[schema(example = "Billing EN", min_length = 1, max_length = 100)]
    pub name: String,
    /// IANA zone of the service's wall clock.
    #[schema(example = "Europe/London")]
    pub time_zone: String,
    /// ISO 3166 two-letter country in which national numbers are read.
    #[schema(example = "GB", min_length = 2, max_length = 2)]
    pub default_country: String,
}

/// Changes of a service; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditService {
    /// Another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Another IANA zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Another default country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 2, max_length = 2)]
    pub default_country: Option<String>,
    /// Takes new callbacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_new: Option<bool>,
    /// Hands queued callbacks to routers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dial_pending: Option<bool>,
    /// Takes immediate callbacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immediate_enabled: Option<bool>,
    /// Takes scheduled callbacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_enabled: Option<bool>,
    /// Length of the desired-time window of new callbacks, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 86400)]
    pub desired_window_seconds: Option<u32>,
    /// What becomes of a callback whose window passed while nobody could make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_policy: Option<LatePolicy>,
    /// What becomes of a scheduled callback that falls due while the service is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_when_due: Option<ClosedWhenDue>,
    /// How far ahead a time can be chosen, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 366)]
    pub horizon_days: Option<u32>,
    /// How long before it a time can be chosen at the latest, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 604_800)]
    pub minimum_notice_seconds: Option<u32>,
    /// The calendars that open it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 20)]
    pub open_calendars: Option<Vec<CalendarId>>,
    /// The calendars whose exceptions close it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 20)]
    pub closed_calendars: Option<Vec<CalendarId>>,
    /// How many callbacks can be promised for each slot of the day; null for any
    /// number.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<CapacityRuleId>)]
    pub capacity_rule: Option<Option<CapacityRuleId>>,
    /// The rules on which numbers it calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 50)]
    pub number_rules: Option<Vec<NumberRuleId>>,
    /// The rule sets on the hours in which its customers are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 20)]
    pub called_party_hours: Option<Vec<RuleSetId>>,
    /// How often and when a customer is dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<EditRetryPolicy>,
    /// Seconds by which a callback for a chosen time goes before those that wait when
    /// that time comes: 0 for its turn among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 604_800)]
    pub appointment_lead_seconds: Option<u32>,
    /// What becomes of a request for a number that has an open callback of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_policy: Option<DuplicatePolicy>,
    /// How much may be asked of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<EditLimits>,
}

/// Changes of a service's limits; what is not named stays, and null is for any number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditLimits {
    /// Callbacks that are SCHEDULED, QUEUED or ROUTING at the same time.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    pub pending: Option<Option<u32>>,
    /// Callbacks that are made for a number within a day of the service's clock.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    pub per_number_per_day: Option<Option<u32>>,
    /// Estimated wait beyond which immediate callbacks are refused, in seconds.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 86_400)]
    pub longest_wait_seconds: Option<Option<u32>>,
}

impl EditLimits {
    /// Changes the limits.
    fn apply(&self, limits: &mut Limits) {
        limits.pending = self.pending.unwrap_or(limits.pending);
        limits.per_number_per_day = self.per_number_per_day.unwrap_or(limits.per_number_per_day);
        limits.longest_wait_seconds = self.longest_wait_seconds.unwrap_or(limits.longest_wait_seconds);
    }
}

/// Changes of a retry policy; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditRetryPolicy {
    /// Dial attempts in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 20)]
    pub max_attempts: Option<u32>,
    /// Seconds after the desired time in which there may be a further attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 864_000)]
    pub give_up_after_seconds: Option<u32>,
    /// The rules of dial results. There is none for `INVALID_NUMBER` and
    /// `NUMBER_BLOCKED`, which are final, nor for `CONNECTED`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "by_result")]
    pub results: BTreeMap<DialResult, EditRetryRule>,
}

/// The name of a dial result. It is read as a text, since only then a fault inside its rule
/// is told with the name.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct ResultName(DialResult);

impl TryFrom<String> for ResultName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse().map(Self).map_err(|_| format!("unknown variant `{name}`, expected a dial result"))
    }
}

fn by_result<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<DialResult, EditRetryRule>, D::Error> {
    let rules = BTreeMap::<ResultName, EditRetryRule>::deserialize(from)?;
    Ok(rules.into_iter().map(|(name, rule)| (name.0, rule)).collect())
}

/// Changes of the rule for a dial result; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditRetryRule {
    /// Attempts that may end so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000)]
    pub max: Option<u32>,
    /// Seconds from the first of them to the next attempt; 60 at least after `UNKNOWN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 86_400)]
    pub gap_seconds: Option<u32>,
    /// By what the gap grows with each further one, to the hundredth.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 1, maximum = 10)]
    pub growth: Option<Ratio>,
    /// The part of the gap that is added to it at most, by chance; to the hundredth.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1)]
    pub jitter: Option<Ratio>,
}

impl EditRetryPolicy {
    /// Changes the policy. A final result gets a rule as well, for the check to refuse.
    fn apply(&self, policy: &mut RetryPolicy) {
        policy.max_attempts = self.max_attempts.unwrap_or(policy.max_attempts);
        policy.give_up_after_seconds = self.give_up_after_seconds.unwrap_or(policy.give_up_after_seconds);
        for (result, edit) in &self.results {
            let rule = policy.results.entry(*result).or_insert(RetryRule::NEVER);
            rule.max = edit.max.unwrap_or(rule.max);
            rule.gap_seconds = edit.gap_seconds.unwrap_or(rule.gap_seconds);
            rule.growth = edit.growth.unwrap_or(rule.growth);
            rule.jitter = edit.jitter.unwrap_or(rule.jitter);
        }
    }
}

/// Tells null from a value that is not given.
fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl EditService {
    /// The service with these changes.
    pub fn apply(&self, service: &mut Service) {
        if let Some(name) = &self.name {
            service.name.clone_from(name);
        }
        if let Some(time_zone) = &self.time_zone {
            service.time_zone.clone_from(time_zone);
        }
        if let Some(country) = &self.default_country {
            service.default_country.clone_from(country);
        }
        let settings = &mut service.settings;
        settings.accept_new = self.accept_new.unwrap_or(settings.accept_new);
        settings.dial_pending = self.dial_pending.unwrap_or(settings.dial_pending);
        settings.immediate_enabled = self.immediate_enabled.unwrap_or(settings.immediate_enabled);
        settings.scheduled_enabled = self.scheduled_enabled.unwrap_or(settings.scheduled_enabled);
        settings.desired_window_seconds =
            self.desired_window_seconds.unwrap_or(settings.desired_window_seconds);
        settings.late_policy = self.late_policy.unwrap_or(settings.late_policy);
        settings.closed_when_due = self.closed_when_due.unwrap_or(settings.closed_when_due);
        settings.horizon_days = self.horizon_days.unwrap_or(settings.horizon_days);
        settings.minimum_notice_seconds =
            self.minimum_notice_seconds.unwrap_or(settings.minimum_notice_seconds);
        if let Some(calendars) = &self.open_calendars {
            settings.open_calendars.clone_from(calendars);
        }
        if let Some(calendars) = &self.closed_calendars {
            settings.closed_calendars.clone_from(calendars);
        }
        settings.capacity_rule = self.capacity_rule.unwrap_or(settings.capacity_rule);
        if let Some(rules) = &self.number_rules {
            settings.number_rules.clone_from(rules);
        }
        if let Some(rule_sets) = &self.called_party_hours {
            settings.called_party_hours.clone_from(rule_sets);
        }
        if let Some(edit) = &self.retry_policy {
            edit.apply(&mut settings.retry_policy);
        }
        settings.appointment_lead_seconds =
            self.appointment_lead_seconds.unwrap_or(settings.appointment_lead_seconds);
        settings.duplicate_policy = self.duplicate_policy.unwrap_or(settings.duplicate_policy);
        if let Some(edit) = &self.limits {
            edit.apply(&mut settings.limits);
        }
    }
}

/// A person who may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserView {
    /// Identifier.
    pub id: UserId,
    /// User name, unique without regard to case.
    #[schema(example = "kim")]
    pub username: String,
    /// Name shown to people.
    pub display_name: String,
    /// What the person is here for.
    pub role: Role,
    /// The services that the person may see; null for all.
    pub services: Option<Vec<ServiceId>>,
    /// May not log in.
    pub disabled: bool,
    /// When the user was made.
    pub created_at: Timestamp,
    /// One more with each change; also the ETag.
    pub version: i64,
}

/// A new person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// User name: letters, digits, `.`, `_`, `-` and `@`.
    #[schema(example = "kim", min_length = 1, max_length = 64)]
    pub username: String,
    /// Name shown to people; the user name if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub display_name: Option<String>,
    /// Password of 8 to 256 characters, neither the user name nor a common one.
    #[schema(min_length = 8, max_length = 256)]
    pub password: String,
    /// What the person is here for.
    pub role: Role,
    /// The services that the person may see; all if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<ServiceId>>,
}

/// Without the password.
impl std::fmt::Debug for CreateUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateUser").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Changes of a person; what is not named stays. A new password, another role
/// or disabling ends the person's sessions.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditUser {
    /// Another display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub display_name: Option<String>,
    /// A new password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 8, max_length = 256)]
    pub password: Option<String>,
    /// Another role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Other services; in force at the next log-in. `all_services` wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<ServiceId>>,
    /// Every service, also those made later; in force at the next log-in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all_services: bool,
    /// Shut out, or let in again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// Without the password.
impl std::fmt::Debug for EditUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EditUser").field("role", &self.role).finish_non_exhaustive()
    }
}

/// A key for a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyView {
    /// Identifier.
    pub id: ApiKeyId,
    /// Name shown in the audit trail, unique among the keys in force.
    #[schema(example = "dialler")]
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<ApiScope>,
    /// The services that it may see; null for all.
    pub services: Option<Vec<ServiceId>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: ActorView,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A new key for a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiKey {
    /// Name shown in the audit trail.
    #[schema(example = "dialler", min_length = 1, max_length = 64)]
    pub name: String,
    /// What it may be used for; one at least.
    #[schema(min_items = 1)]
    pub scopes: Vec<ApiScope>,
    /// The services that it may see; all if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<ServiceId>>,
    /// When it ends by itself; never if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A key that was just made, with its clear text: this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedApiKey {
    /// The key's record.
    #[serde(flatten)]
    pub api_key: ApiKeyView,
    /// Sent as `x-api-key`; not shown again.
    pub key: String,
}
