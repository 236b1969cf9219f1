//! What is wrong with the settings of a service, and in what two versions of it differ.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dial::{
    DialResult, GROWTH, JITTER, MAX_ATTEMPTS, MAX_GAP_SECONDS, MAX_GIVE_UP_SECONDS, MAX_OF_RESULT, Ratio,
    RetryPolicy, RetryRule,
};
use crate::service::{
    Limits, MAX_APPOINTMENT_LEAD_SECONDS, MAX_HORIZON_DAYS, MAX_LONGEST_WAIT_SECONDS, MAX_NOTICE_SECONDS,
    MAX_PENDING, MAX_PER_NUMBER_PER_DAY, MAX_SERVICE_CALENDARS, MAX_SERVICE_NUMBER_RULES,
    MAX_SERVICE_RULE_SETS, MAX_WINDOW_SECONDS, Settings,
};
use crate::wire::admin::{EditService, ServiceView};
use crate::wire::problem::FieldCode;

/// A setting of a service that has a wrong value.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingFault {
    /// Where it is, from the outermost name on.
    pub path: Vec<&'static str>,
    /// What is wrong with it.
    pub kind: SettingFaultKind,
}

/// What is wrong with a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SettingFaultKind {
    /// The number lies outside a range.
    OutOfRange {
        /// The smallest number of the range.
        least: f64,
        /// The largest number of the range.
        most: f64,
        /// Null is accepted as well.
        optional: bool,
    },
    /// The list has more items than it may have.
    TooMany {
        /// So many it may have.
        most: usize,
        /// What it lists.
        items: &'static str,
    },
    /// Nobody is dialled again after this result, so it has no rule.
    FinalResult(DialResult),
}

impl SettingFault {
    /// The code of the fault in a problem.
    pub const fn code(&self) -> FieldCode {
        match self.kind {
            SettingFaultKind::OutOfRange { .. } => FieldCode::OutOfRange,
            SettingFaultKind::TooMany { .. } => FieldCode::TooLong,
            SettingFaultKind::FinalResult(_) => FieldCode::NotAllowed,
        }
    }

    /// The JSON pointer to the setting.
    pub fn pointer(&self) -> String {
        self.path.iter().fold(String::new(), |pointer, name| pointer + "/" + name)
    }
}

/// The detail of the fault in a problem.
impl fmt::Display for SettingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.path.last().copied().unwrap_or_default();
        match self.kind {
            SettingFaultKind::OutOfRange { least, most, optional } => {
                let null = if optional { "null or " } else { "" };
                write!(f, "`{name}` must be {null}between {least} and {most}.")
            }
            SettingFaultKind::TooMany { most, items } => write!(f, "Name at most {most} {items}."),
            SettingFaultKind::FinalResult(result) => {
                write!(f, "Nobody is called again after {}, so it has no rule.", result.as_str())
            }
        }
    }
}

/// Everything that is wrong with settings by themselves. Whether the calendars and rules that
/// they name exist is another question.
pub fn setting_faults(settings: &Settings) -> Vec<SettingFault> {
    let mut faults = Faults(Vec::new());
    for (name, value, least, most) in [
        ("desired_window_seconds", settings.desired_window_seconds, 1, MAX_WINDOW_SECONDS),
        ("horizon_days", settings.horizon_days, 1, MAX_HORIZON_DAYS),
        ("minimum_notice_seconds", settings.minimum_notice_seconds, 0, MAX_NOTICE_SECONDS),
        ("appointment_lead_seconds", settings.appointment_lead_seconds, 0, MAX_APPOINTMENT_LEAD_SECONDS),
    ] {
        faults.check(&[name], value, least, most);
    }
    faults.check_limits(settings.limits);
    faults.check_retry_policy(&settings.retry_policy);
    for (name, length, most, items) in [
        ("open_calendars", settings.open_calendars.len(), MAX_SERVICE_CALENDARS, "calendars"),
        ("closed_calendars", settings.closed_calendars.len(), MAX_SERVICE_CALENDARS, "calendars"),
        ("number_rules", settings.number_rules.len(), MAX_SERVICE_NUMBER_RULES, "number rules"),
        ("called_party_hours", settings.called_party_hours.len(), MAX_SERVICE_RULE_SETS, "rule sets"),
    ] {
        if length > most {
            faults.add(&[name], SettingFaultKind::TooMany { most, items });
        }
    }
    faults.0
}

struct Faults(Vec<SettingFault>);

impl Faults {
    fn add(&mut self, path: &[&'static str], kind: SettingFaultKind) {
        self.0.push(SettingFault { path: path.to_vec(), kind });
    }

    fn check(&mut self, path: &[&'static str], value: u32, least: u32, most: u32) {
        if !(least..=most).contains(&value) {
            let (least, most) = (f64::from(least), f64::from(most));
            self.add(path, SettingFaultKind::OutOfRange { least, most, optional: false });
        }
    }

    fn check_limits(&mut self, limits: Limits) {
        for (name, limit, most) in [
            ("pending", limits.pending, MAX_PENDING),
            ("per_number_per_day", limits.per_number_per_day, MAX_PER_NUMBER_PER_DAY),
            ("longest_wait_seconds", limits.longest_wait_seconds, MAX_LONGEST_WAIT_SECONDS),
        ] {
            if limit.is_some_and(|limit| !(1..=most).contains(&limit)) {
                let kind = SettingFaultKind::OutOfRange { least: 1.0, most: f64::from(most), optional: true };
                self.add(&["limits", name], kind);
            }
        }
    }

    fn check_retry_policy(&mut self, policy: &RetryPolicy) {
        let give_up = policy.give_up_after_seconds;
        self.check(&["retry_policy", "max_attempts"], policy.max_attempts, 1, MAX_ATTEMPTS);
        self.check(&["retry_policy", "give_up_after_seconds"], give_up, 1, MAX_GIVE_UP_SECONDS);
        for (result, rule) in &policy.results {
            self.check_retry_rule(*result, rule);
        }
    }

    fn check_retry_rule(&mut self, result: DialResult, rule: &RetryRule) {
        let of_result = ["retry_policy", "results", result.as_str()];
        if RetryRule::default_for(result).is_none() {
            return self.add(&of_result, SettingFaultKind::FinalResult(result));
        }
        let at = |name| [&of_result[..], &[name]].concat();
        self.check(&at("max"), rule.max, 1, MAX_OF_RESULT);
        self.check(&at("gap_seconds"), rule.gap_seconds, result.min_gap_seconds(), MAX_GAP_SECONDS);
        for (name, range, ratio) in [("growth", GROWTH, rule.growth), ("jitter", JITTER, rule.jitter)] {
            if !range.contains(&ratio) {
                let [least, most] = [range.start(), range.end()].map(|ratio: &Ratio| ratio.as_f64());
                self.add(&at(name), SettingFaultKind::OutOfRange { least, most, optional: false });
            }
        }
    }
}

/// A value that differs between two versions of a service; also in the audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// JSON pointer to the value.
    pub pointer: String,
    /// The value before.
    pub from: Value,
    /// The value afterwards.
    pub to: Value,
}

/// The values that differ, in the order of their names. Lists are compared as a whole.
pub fn service_changes(before: &ServiceView, after: &ServiceView) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    if let (Ok(mut before), Ok(mut after)) = (serde_json::to_value(before), serde_json::to_value(after)) {
        for of in [&mut before, &mut after] {
            if let Value::Object(fields) = of {
                fields.remove("version");
            }
        }
        compare(String::new(), before, after, &mut changes);
    }
    changes
}

fn compare(pointer: String, before: Value, after: Value, changes: &mut Vec<FieldChange>) {
    match (before, after) {
        (Value::Object(before), Value::Object(mut after)) => {
            for (name, value) in before {
                let new = after.remove(&name).unwrap_or_default();
                compare(format!("{pointer}/{name}"), value, new, changes);
            }
            for (name, value) in after {
                compare(format!("{pointer}/{name}"), Value::Null, value, changes);
            }
        }
        (from, to) if from != to => changes.push(FieldChange { pointer, from, to }),
        _ => {}
    }
}

/// What to send to make these changes, and no others.
///
/// # Errors
/// That a value is not one of its setting.
pub fn edit_of(changes: &[FieldChange]) -> serde_json::Result<EditService> {
    let mut body = Value::Object(serde_json::Map::new());
    for change in changes {
        // Indexing makes an object of null.
        let place = change.pointer.split('/').skip(1).fold(&mut body, |place, name| &mut place[name]);
        *place = change.to.clone();
    }
    serde_json::from_value(body)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::service::{DuplicatePolicy, Service};
    use crate::{CapacityRuleId, NumberRuleId, ServiceId};

    fn service() -> Service {
        Service {
            id: ServiceId(Uuid::from_u128(1)),
            name: "Billing EN".to_owned(),
            time_zone: "Europe/London".to_owned(),
            default_country: "GB".to_owned(),
            settings: Settings {
                capacity_rule: Some(CapacityRuleId(Uuid::from_u128(2))),
                limits: Limits { pending: Some(3), ..Limits::default() },
                ..Settings::default()
            },
            version: 4,
        }
    }

    #[test]
    fn the_edit_of_the_changes_makes_one_version_of_the_other() {
        let before = service();
        let mut after = service();
        after.name = "Billing".to_owned();
        after.settings.capacity_rule = None;
        after.settings.number_rules = vec![NumberRuleId(Uuid::from_u128(3))];
        after.settings.called_party_hours = Vec::new();
        after.settings.duplicate_policy = DuplicatePolicy::Replace;
        after.settings.limits = Limits { per_number_per_day: Some(2), ..Limits::default() };
        let busy = after.settings.retry_policy.results.get_mut(&DialResult::Busy).unwrap();
        (busy.gap_seconds, busy.growth) = (7, Ratio::percent(150));
        let changes = service_changes(&(&before).into(), &(&after).into());
        let pointers: Vec<_> = changes.iter().map(|change| change.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/called_party_hours",
                "/capacity_rule",
                "/duplicate_policy",
                "/limits/pending",
                "/limits/per_number_per_day",
                "/name",
                "/number_rules",
                "/retry_policy/results/BUSY/gap_seconds",
                "/retry_policy/results/BUSY/growth",
            ]
        );
        let mut edited = before.clone();
        edit_of(&changes).unwrap().apply(&mut edited);
        assert_eq!(edited, after);
        assert_eq!(service_changes(&(&after).into(), &(&edited).into()), []);
        assert_eq!(edit_of(&[]).unwrap(), EditService::default());
    }

    #[test]
    fn a_fault_says_where_it_is_and_what_is_accepted() {
        let mut settings = Settings { horizon_days: 367, ..Settings::default() };
        settings.limits.pending = Some(0);
        let unknown = settings.retry_policy.results.get_mut(&DialResult::Unknown).unwrap();
        (unknown.gap_seconds, unknown.growth) = (59, Ratio::percent(99));
        settings.retry_policy.results.insert(DialResult::Connected, RetryRule::NEVER);
        let faults = setting_faults(&settings);
        let told: Vec<_> = faults.iter().map(|fault| format!("{} {fault}", fault.pointer())).collect();
        assert_eq!(
            told,
            [
                "/horizon_days `horizon_days` must be between 1 and 366.",
                "/limits/pending `pending` must be null or between 1 and 1000000.",
                "/retry_policy/results/CONNECTED Nobody is called again after CONNECTED, so it has no rule.",
                "/retry_policy/results/UNKNOWN/gap_seconds `gap_seconds` must be between 60 and 86400.",
                "/retry_policy/results/UNKNOWN/growth `growth` must be between 1 and 10.",
            ]
        );
        assert_eq!(setting_faults(&Settings::default()), []);
    }
}
