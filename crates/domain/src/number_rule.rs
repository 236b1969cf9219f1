//! Rules on the numbers that a service calls.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::phone::PhoneNumber;

/// What a number rule does.
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
pub enum NumberRuleKind {
    /// Only numbers of its countries are called, and of those of other rules of this kind.
    AllowCountries,
    /// Numbers that match its pattern are not called.
    BlockPattern,
    /// Numbers that the tables know as premium rate are not called.
    BlockPremium,
}

/// What the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The number.
    pub number: &'a PhoneNumber,
    /// ISO 3166 code of its country; `None` where it belongs to none, such as one of
    /// satellites.
    pub country: Option<&'a str>,
    /// Whether the tables know it as premium rate.
    pub is_premium: bool,
}

/// A number rule as it is created and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberRule {
    /// Its name, unique.
    #[schema(example = "No premium numbers", min_length = 1, max_length = 100)]
    pub name: String,
    /// What it does.
    pub kind: NumberRuleKind,
    /// ISO 3166 two-letter codes, of an `allow_countries` rule.
    #[serde(default)]
    #[schema(max_items = 300, example = json!(["DE", "AT"]))]
    pub countries: Vec<String>,
    /// Which numbers a `block_pattern` rule covers.
    #[serde(default)]
    pub pattern: Option<NumberPattern>,
}

/// The matching rule, as its index: the first that refuses the number, or `None` if it may be
/// called. Rules that block come before those that allow.
pub fn matching(rules: &[&NumberRule], candidate: Candidate<'_>) -> Option<usize> {
    let blocks = |rule: &NumberRule| match (rule.kind, &rule.pattern) {
        (NumberRuleKind::BlockPattern, Some(pattern)) => pattern.matches(candidate.number),
        (NumberRuleKind::BlockPremium, _) => candidate.is_premium,
        _ => false,
    };
    let allows = |rule: &NumberRule| rule.kind == NumberRuleKind::AllowCountries;
    let is_allowed = |rule: &NumberRule| {
        candidate.country.is_some_and(|country| rule.countries.iter().any(|allowed| allowed == country))
    };
    let is_refused = !rules.iter().any(|rule| allows(rule) && is_allowed(rule));
    let first = |test: &dyn Fn(&NumberRule) -> bool| rules.iter().position(|rule| test(rule));
    first(&blocks).or_else(|| first(&allows).filter(|_| is_refused))
}

/// The numbers that a pattern covers: `+` and digits as in E.164, `?` for any digit, and `*`
/// at the end for any that follow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NumberPattern(String);

/// A text is not a number pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "A pattern is a + and digits, with ? for any digit and * at the end for any that follow, \
     such as +4490*."
)]
pub struct BadPattern;

/// Digits of an E.164 number.
const MAX_DIGITS: usize = 15;

impl NumberPattern {
    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it covers the number.
    pub fn matches(&self, number: &PhoneNumber) -> bool {
        let (head, is_prefix) =
            self.0.strip_suffix('*').map_or((self.0.as_str(), false), |head| (head, true));
        let number = number.as_str();
        (number.len() == head.len() || is_prefix && number.len() > head.len())
            && head.bytes().zip(number.bytes()).all(|(wanted, digit)| wanted == b'?' || wanted == digit)
    }
}

impl TryFrom<String> for NumberPattern {
    type Error = BadPattern;

    fn try_from(text: String) -> Result<Self, BadPattern> {
        let head = text.strip_suffix('*').unwrap_or(&text);
        let digits = head.strip_prefix('+').ok_or(BadPattern)?;
        let is_sign = |sign: u8| sign.is_ascii_digit() || sign == b'?';
        let is_pattern = (1..=MAX_DIGITS).contains(&digits.len())
            && digits.bytes().all(is_sign)
            && !digits.starts_with('0');
        if is_pattern { Ok(Self(text)) } else { Err(BadPattern) }
    }
}

impl From<NumberPattern> for String {
    fn from(pattern: NumberPattern) -> Self {
        pattern.0
    }
}

impl utoipa::PartialSchema for NumberPattern {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .pattern(Some(r"^\+[1-9?][0-9?]{0,14}\*?$"))
            .examples(["+4490*"])
            .into()
    }
}

impl ToSchema for NumberPattern {}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(kind: NumberRuleKind, countries: &[&str], pattern: Option<&str>) -> NumberRule {
        NumberRule {
            name: "Rule".to_owned(),
            kind,
            countries: countries.iter().map(|country| (*country).to_owned()).collect(),
            pattern: pattern.map(|pattern| pattern.to_owned().try_into().unwrap()),
        }
    }

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_pattern_covers_what_it_says() {
        let cases = [
            ("+4490*", "+44901234567", true),
            ("+4490*", "+44801234567", false),
            ("+44901*", "+44901", true),
            ("+44??00", "+441200", true),
            ("+44??00", "+44120", false),
            ("+44??00", "+4412000", false),
            ("+442079460318", "+442079460318", true),
            ("+442079460318", "+442079460319", false),
            ("+?*", "+4412000", true),
        ];
        for (pattern, text, covered) in cases {
            let pattern = NumberPattern::try_from(pattern.to_owned()).unwrap();
            assert_eq!(pattern.matches(&number(text)), covered, "{pattern:?} {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for bad in ["", "+", "*", "+*", "44", "+44*1", "+44 90", "+0*", "+1234567890123456", "+44a", "++44"] {
            assert_eq!(NumberPattern::try_from(bad.to_owned()), Err(BadPattern), "{bad}");
        }
    }

    #[test]
    fn the_matching_rule_is_named() {
        use NumberRuleKind as K;
        let rules = [
            rule(K::AllowCountries, &["GB"], None),
            rule(K::AllowCountries, &["DE", "AT"], None),
            rule(K::BlockPremium, &[], None),
            rule(K::BlockPattern, &[], Some("+4420794603??")),
        ];
        let cases = [
            ("+442079460318", Some("GB"), false, Some(3)),
            ("+442079460418", Some("GB"), false, None),
            ("+442079460418", Some("GB"), true, Some(2)),
            ("+431234567", Some("AT"), false, None),
            ("+41441234567", Some("CH"), false, Some(0)),
            ("+870773111632", None, false, Some(0)),
        ];
        for (text, country, is_premium, expected) in cases {
            let number = number(text);
            let found = matching(&rules.each_ref(), Candidate { number: &number, country, is_premium });
            assert_eq!(found, expected, "{text}");
        }
        let number = number("+41441234567");
        let anything = Candidate { number: &number, country: None, is_premium: true };
        assert_eq!(matching(&[], anything), None, "without rules every number may be called");
    }
}
