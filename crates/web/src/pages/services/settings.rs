//! The settings of a service as the page knows them: where each is, what it is called, and how
//! its value is typed and read.

use ringback_domain::DialResult;
use ringback_domain::service::{ClosedWhenDue, DuplicatePolicy, LatePolicy, RuleSetId};
use ringback_domain::wire::service::SettingFaultKind;
use serde_json::{Value, json};

use super::durations;
use crate::browser;
use crate::components::input::SelectOption;
use crate::format;
use crate::messages;

type Text = fn() -> &'static str;

/// A setting that is saved with others.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    pub(super) pointer: &'static str,
    pub(super) label: Text,
    pub(super) hint: Option<Text>,
    pub(super) kind: Kind,
}

/// How a value is typed.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// A code of a country, in capitals.
    Country,
    Count,
    /// Empty for any number.
    OptionalCount,
    Seconds,
    /// Empty for any length.
    OptionalSeconds,
    /// `× 1.5`
    Factor,
    /// `10 %`, of a share that is 0.1
    Percent,
    Choice(fn() -> Vec<SelectOption>),
    /// One of these or none.
    One(Source),
    /// Any of these.
    Some(Source),
}

/// What there is to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Calendars,
    CapacityRules,
    NumberRules,
    RuleSets,
}

/// Ids and names of what there is to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) calendars: Vec<(String, String)>,
    pub(super) capacity_rules: Vec<(String, String)>,
    pub(super) number_rules: Vec<(String, String)>,
}

impl Known {
    pub(super) fn of(&self, source: Source) -> Vec<(String, String)> {
        match source {
            Source::Calendars => self.calendars.clone(),
            Source::CapacityRules => self.capacity_rules.clone(),
            Source::NumberRules => self.number_rules.clone(),
            Source::RuleSets => {
                let name = |set: RuleSetId| match set {
                    RuleSetId::Courtesy => messages::courtesy_hours().to_owned(),
                };
                [RuleSetId::Courtesy].map(|set| (set.as_str().to_owned(), name(set))).to_vec()
            }
        }
    }

    fn name(&self, source: Source, id: &str) -> String {
        let found = self.of(source).into_iter().find(|(known, _)| known == id);
        found.map_or_else(|| messages::deleted_rule().to_owned(), |(_, name)| name)
    }
}

/// A part of a retry rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RulePart {
    Max,
    Gap,
    Growth,
    Jitter,
}

impl RulePart {
    pub(super) const ALL: [Self; 4] = [Self::Max, Self::Gap, Self::Growth, Self::Jitter];

    /// Its name in the API.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Gap => "gap_seconds",
            Self::Growth => "growth",
            Self::Jitter => "jitter",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Max => messages::retry_max(),
            Self::Gap => messages::retry_gap(),
            Self::Growth => messages::retry_growth(),
            Self::Jitter => messages::retry_jitter(),
        }
    }

    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Max => Kind::Count,
            Self::Gap => Kind::Seconds,
            Self::Growth => Kind::Factor,
            Self::Jitter => Kind::Percent,
        }
    }
}

/// JSON pointer to a part of the rule for a result.
pub(super) fn rule_pointer(result: DialResult, part: RulePart) -> String {
    format!("/retry_policy/results/{}/{}", result.as_str(), part.name())
}

/// A value beyond every range, for what cannot be read: the check then says what is accepted.
const UNREADABLE: u32 = u32::MAX;

/// A number with a decimal point or comma and without its sign, to the hundredth.
fn decimal(text: &str) -> f64 {
    let number = text.trim().trim_matches(['%', '×', 'x', ' ', '\u{a0}', '\u{202f}']).replace(',', ".");
    number.parse().ok().filter(|number: &f64| number.is_finite()).unwrap_or(f64::from(UNREADABLE))
}

/// To the hundredth.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

impl Kind {
    /// The value of what was typed; [`UNREADABLE`] where it is no number.
    pub(super) fn read(self, text: &str) -> Value {
        let text = text.trim();
        let count = || match text.parse::<u64>() {
            Ok(count) => u32::try_from(count).unwrap_or(UNREADABLE),
            Err(_) => UNREADABLE,
        };
        match self {
            Self::OptionalCount | Self::OptionalSeconds | Self::One(_) if text.is_empty() => Value::Null,
            Self::Count | Self::OptionalCount => json!(count()),
            Self::Seconds | Self::OptionalSeconds => json!(durations::read(text).unwrap_or(UNREADABLE)),
            Self::Factor => json!(rounded(decimal(text))),
            Self::Percent => json!(rounded(decimal(text) / 100.0)),
            Self::Country => json!(text.to_ascii_uppercase()),
            Self::Text | Self::Choice(_) | Self::One(_) | Self::Some(_) => json!(text),
        }
    }

    /// A value as it is typed.
    pub(super) fn text(self, value: &Value) -> String {
        let seconds = |value: &Value| value.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
        match (self, value) {
            (_, Value::Null) => String::new(),
            (Self::Seconds | Self::OptionalSeconds, _) => {
                seconds(value).map(durations::text).unwrap_or_default()
            }
            (Self::Factor, _) => value
                .as_f64()
                .map(|factor| messages::times_factor(format::decimal(factor)))
                .unwrap_or_default(),
            (Self::Percent, _) => value
                .as_f64()
                .map(|share| messages::percent(format::decimal(rounded(share * 100.0))))
                .unwrap_or_default(),
            (_, Value::String(text)) => text.clone(),
            _ => value.to_string(),
        }
    }

    /// A value in words.
    pub(super) fn describe(self, value: &Value, known: &Known) -> String {
        let text = self.text(value);
        match self {
            Self::Choice(options) => {
                let option = options().into_iter().find(|option| option.value == text);
                option.map_or(text, |option| option.label)
            }
            Self::OptionalCount | Self::OptionalSeconds if text.is_empty() => {
                messages::any_number().to_owned()
            }
            Self::One(_) if text.is_empty() => messages::capacity_unlimited().to_owned(),
            Self::One(source) => known.name(source, &text),
            Self::Some(source) => {
                let ids = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                let names: Vec<_> = ids.map(|id| known.name(source, id)).collect();
                if names.is_empty() { messages::none().to_owned() } else { names.join(", ") }
            }
            Self::Count | Self::OptionalCount => value.as_u64().map_or(text, format::count),
            _ => text,
        }
    }

    /// What is wrong with a value.
    pub(super) fn fault(self, kind: SettingFaultKind) -> String {
        match kind {
            SettingFaultKind::OutOfRange { least, most, optional } => {
                let whole = |number: f64| json!(browser::truncate(number));
                let bound = |number: f64| match self {
                    Self::Factor => format::decimal(number),
                    Self::Percent => messages::percent(format::decimal(number * 100.0)),
                    _ => self.describe(&whole(number), &Known::default()),
                };
                let (least, most) = (bound(least), bound(most));
                if optional {
                    messages::fault_between_or_empty(least, most)
                } else {
                    messages::fault_between(least, most)
                }
            }
            SettingFaultKind::TooMany { most, .. } => messages::fault_too_many_chosen(most),
            SettingFaultKind::FinalResult(_) => messages::fault_not_allowed().to_owned(),
        }
    }
}

fn option(value: impl Into<&'static str>, label: &'static str) -> SelectOption {
    SelectOption { value: value.into().to_owned(), label: label.to_owned() }
}

fn late_choices() -> Vec<SelectOption> {
    vec![
        option(LatePolicy::Make, messages::late_make()),
        option(LatePolicy::Ask, messages::late_ask()),
        option(LatePolicy::Close, messages::late_close()),
    ]
}

fn closed_choices() -> Vec<SelectOption> {
    vec![
        option(ClosedWhenDue::RollForward, messages::closed_roll_forward()),
        option(ClosedWhenDue::Fail, messages::closed_fail()),
    ]
}

fn duplicate_choices() -> Vec<SelectOption> {
    vec![
        option(DuplicatePolicy::Allow, messages::duplicate_allow()),
        option(DuplicatePolicy::ReturnExisting, messages::duplicate_return()),
        option(DuplicatePolicy::Replace, messages::duplicate_replace()),
        option(DuplicatePolicy::Refuse, messages::duplicate_refuse()),
    ]
}

/// Settings that belong together.
#[derive(Clone, Copy)]
pub(super) struct Group {
    pub(super) id: &'static str,
    pub(super) title: Text,
    pub(super) text: Text,
    pub(super) settings: &'static [Setting],
}

const fn setting(pointer: &'static str, label: Text, hint: Text, kind: Kind) -> Setting {
    Setting { pointer, label, hint: Some(hint), kind }
}

/// All settings but the switches and the rules of the results, group by group. The last group
/// has the rules.
pub(super) const GROUPS: [Group; 4] = [
    Group {
        id: "general",
        title: messages::group_general,
        text: messages::group_general_text,
        settings: &[
            Setting { pointer: "/name", label: messages::name, hint: None, kind: Kind::Text },
            setting("/time_zone", messages::time_zone, messages::time_zone_example, Kind::Text),
            setting("/default_country", messages::country, messages::country_hint, Kind::Country),
        ],
    },
    Group {
        id: "hours",
        title: messages::group_hours,
        text: messages::group_hours_text,
        settings: &[
            setting(
                "/open_calendars",
                messages::open_calendars,
                messages::open_calendars_hint,
                Kind::Some(Source::Calendars),
            ),
            setting(
                "/closed_calendars",
                messages::closed_calendars,
                messages::closed_calendars_hint,
                Kind::Some(Source::Calendars),
            ),
            setting(
                "/capacity_rule",
                messages::capacity_rule,
                messages::capacity_rule_hint,
                Kind::One(Source::CapacityRules),
            ),
            setting("/minimum_notice_seconds", messages::notice, messages::notice_hint, Kind::Seconds),
            setting("/horizon_days", messages::horizon_days, messages::horizon_hint, Kind::Count),
            setting("/desired_window_seconds", messages::window, messages::window_hint, Kind::Seconds),
            setting(
                "/appointment_lead_seconds",
                messages::appointment_lead,
                messages::appointment_lead_hint,
                Kind::Seconds,
            ),
            setting(
                "/closed_when_due",
                messages::closed_when_due,
                messages::closed_when_due_hint,
                Kind::Choice(closed_choices),
            ),
            setting(
                "/late_policy",
                messages::late_policy,
                messages::late_policy_hint,
                Kind::Choice(late_choices),
            ),
        ],
    },
    Group {
        id: "numbers",
        title: messages::group_numbers,
        text: messages::group_numbers_text,
        settings: &[
            setting(
                "/number_rules",
                messages::number_rules,
                messages::service_number_rules_hint,
                Kind::Some(Source::NumberRules),
            ),
            setting(
                "/called_party_hours",
                messages::called_party_hours,
                messages::called_party_hours_hint,
                Kind::Some(Source::RuleSets),
            ),
            setting(
                "/duplicate_policy",
                messages::duplicate_policy,
                messages::duplicate_policy_hint,
                Kind::Choice(duplicate_choices),
            ),
            setting(
                "/limits/per_number_per_day",
                messages::limit_per_number,
                messages::limit_per_number_hint,
                Kind::OptionalCount,
            ),
            setting(
                "/limits/pending",
                messages::limit_pending,
                messages::limit_pending_hint,
                Kind::OptionalCount,
            ),
            setting(
                "/limits/longest_wait_seconds",
                messages::limit_wait,
                messages::limit_wait_hint,
                Kind::OptionalSeconds,
            ),
        ],
    },
    Group {
        id: "retries",
        title: messages::group_retries,
        text: messages::group_retries_text,
        settings: &[
            setting(
                "/retry_policy/max_attempts",
                messages::max_attempts,
                messages::max_attempts_hint,
                Kind::Count,
            ),
            setting(
                "/retry_policy/give_up_after_seconds",
                messages::give_up_after,
                messages::give_up_after_hint,
                Kind::Seconds,
            ),
        ],
    },
];

/// The name and the kind of the setting at a pointer, for the versions of a service.
pub(super) fn at(pointer: &str) -> (String, Option<Kind>) {
    let of_group = GROUPS.iter().flat_map(|group| group.settings);
    if let Some(setting) = of_group.into_iter().find(|setting| setting.pointer == pointer) {
        return ((setting.label)().to_owned(), Some(setting.kind));
    }
    if let Some(switch) = super::switches::SWITCHES.iter().find(|switch| switch.pointer == pointer) {
        return ((switch.label)().to_owned(), None);
    }
    let rule = pointer.strip_prefix("/retry_policy/results/").and_then(|rule| rule.split_once('/'));
    let part = rule.and_then(|(_, name)| RulePart::ALL.into_iter().find(|part| part.name() == name));
    match (rule, part) {
        (Some((result, _)), Some(part)) => (messages::of_result(part.label(), result), Some(part.kind())),
        _ => (pointer.to_owned(), None),
    }
}

/// The value of a setting in words.
pub(super) fn describe(kind: Option<Kind>, value: &Value, known: &Known) -> String {
    match (kind, value) {
        (Some(kind), _) => kind.describe(value, known),
        (None, Value::Bool(on)) => if *on { messages::on() } else { messages::off() }.to_owned(),
        (None, _) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::wire::admin::{EditService, ServiceView};
    use ringback_domain::wire::service::service_changes;
    use ringback_domain::{Service, ServiceId};

    use super::*;

    fn view() -> ServiceView {
        let service = Service {
            id: ServiceId(uuid::Uuid::from_u128(1)),
            name: "A".to_owned(),
            time_zone: "UTC".to_owned(),
            default_country: "GB".to_owned(),
            settings: ringback_domain::service::Settings::default(),
            version: 1,
        };
        (&service).into()
    }

    /// Whoever adds a setting to the API adds it here as well.
    #[test]
    fn the_page_has_every_setting_of_the_api() {
        let service = serde_json::to_value(view()).unwrap();
        let mut missing = Vec::new();
        leaves(String::new(), &service, &mut missing);
        missing.retain(|pointer| at(pointer).0 == *pointer);
        assert_eq!(missing, ["/id", "/version"]);
    }

    fn leaves(pointer: String, value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| leaves(format!("{pointer}/{name}"), value, found));
            }
            _ => found.push(pointer),
        }
    }

    #[test]
    fn what_is_typed_and_not_changed_is_no_change() {
        let before = view();
        let mut json = serde_json::to_value(&before).unwrap();
        let mut pointers = Vec::new();
        leaves(String::new(), &json, &mut pointers);
        for pointer in pointers {
            let (_, Some(kind)) = at(&pointer) else { continue };
            if !matches!(kind, Kind::Some(_)) {
                let value = json.pointer_mut(&pointer).unwrap();
                *value = kind.read(&kind.text(value));
            }
        }
        assert_eq!(service_changes(&before, &serde_json::from_value(json).unwrap()), []);
        let _: EditService = serde_json::from_value(json!({})).unwrap();
    }

    #[test]
    fn numbers_are_read_with_their_signs_and_in_either_notation() {
        assert_eq!(Kind::Factor.read("× 1,5"), json!(1.5));
        assert_eq!(Kind::Percent.read("12 %"), json!(0.12));
        assert_eq!(Kind::Percent.text(&json!(0.12)), "12 %");
        assert_eq!(Kind::OptionalCount.read(" "), Value::Null);
        for text in ["-1", "many", "1.5", "99999999999"] {
            assert_eq!(Kind::Count.read(text), json!(UNREADABLE), "{text}");
        }
        assert_eq!(Kind::Country.read("gb"), json!("GB"));
    }
}
