//! Rules on the numbers that a service calls.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::id::{NumberRuleId, ServiceId};
use crate::number_rule::{NumberPattern, NumberRule, NumberRuleKind};
use crate::wire::callback::ServiceRef;
use crate::wire::reference::NumberKind;

/// Countries of a rule.
pub const MAX_COUNTRIES: usize = 300;

/// A number rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NumberRuleView {
    /// Identifier.
    pub id: NumberRuleId,
    /// Its name, unique.
    #[schema(example = "No premium numbers")]
    pub name: String,
    /// What it does.
    pub kind: NumberRuleKind,
    /// ISO 3166 two-letter codes, of an `allow_countries` rule.
    pub countries: Vec<String>,
    /// Which numbers a `block_pattern` rule covers.
    pub pattern: Option<NumberPattern>,
    /// The services that use it, of those that the caller may see.
    pub used_by: Vec<ServiceRef>,
    /// Raised by each change; also the ETag.
    pub version: i64,
}

/// Changes of a number rule; what is not named stays. Its kind cannot change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditNumberRule {
    /// Another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Other countries instead of all that there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 300)]
    pub countries: Option<Vec<String>>,
    /// Another pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<NumberPattern>,
}

/// Which number is tried, for which service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NumberTestQuery {
    /// The service whose rules count.
    #[param(required = true)]
    pub service: Option<ServiceId>,
    /// The number as it would be sent to create a callback.
    #[param(required = true, max_length = 100, example = "020 7946 0318")]
    pub number: String,
}

/// What the rules of a service say of a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NumberVerdict {
    /// The number that would be called, in E.164 form.
    #[schema(example = "+442079460318")]
    pub customer_number: String,
    /// The same for people, in the groups of its country.
    #[schema(example = "+44 20 7946 0318")]
    pub formatted: String,
    /// ISO 3166 code of its country; null where it is of none, or not known.
    #[schema(example = "GB")]
    pub country: Option<String>,
    /// What kind of number it is; null where that is not known.
    pub kind: Option<NumberKind>,
    /// Whether it may be called.
    pub allowed: bool,
    /// The matching rule, which refuses it.
    pub rule: Option<NumberRuleRef>,
    /// Whether it is on the do-not-call list.
    pub do_not_call: bool,
}

/// A number rule, as far as others name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NumberRuleRef {
    /// Identifier.
    pub id: NumberRuleId,
    /// Its name.
    pub name: String,
}

impl NumberRuleView {
    /// A rule as it is kept, and who uses it.
    pub fn of(id: NumberRuleId, rule: &NumberRule, used_by: Vec<ServiceRef>, version: i64) -> Self {
        let NumberRule { name, kind, countries, pattern } = rule.clone();
        Self { id, name, kind, countries, pattern, used_by, version }
    }
}
