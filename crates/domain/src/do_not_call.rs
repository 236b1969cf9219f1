//! The numbers that must not be called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{DoNotCallId, ServiceId};
use crate::phone::PhoneNumber;
use crate::time::Timestamp;

/// The services that an entry is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every service, also those made later.
    #[default]
    All,
    /// This service.
    Service(ServiceId),
}

const ALL: &str = "all";

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str(ALL),
            Self::Service(id) => id.fmt(f),
        }
    }
}

/// The text is no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Give `all`, or the id of a service.")]
pub struct BadScope;

impl FromStr for Scope {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Self, BadScope> {
        if text == ALL {
            return Ok(Self::All);
        }
        text.parse().map(Self::Service).map_err(|_| BadScope)
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Scope {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some("`all`, or the id of a service"))
            .pattern(Some("^(all|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"))
            .examples([ALL])
            .into()
    }
}

impl ToSchema for Scope {}

/// The beginning that numbers have in common: `+` and 1 to 14 digits of E.164.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, example = "+4490", pattern = r"^\+[1-9][0-9]{0,13}$")]
pub struct NumberPrefix(String);

/// The text is no beginning of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A prefix is a + and 1 to 14 digits, such as +4490.")]
pub struct BadPrefix;

impl NumberPrefix {
    /// The prefix as `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NumberPrefix {
    type Error = BadPrefix;

    fn try_from(text: String) -> Result<Self, BadPrefix> {
        let digits = text.strip_prefix('+').ok_or(BadPrefix)?;
        let is_prefix = (1..=14).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        if is_prefix { Ok(Self(text)) } else { Err(BadPrefix) }
    }
}

/// Which numbers an entry is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Covered {
    /// One number.
    Number(PhoneNumber),
    /// All that begin alike.
    Prefix(NumberPrefix),
}

impl Covered {
    /// Whether the number is among them.
    pub fn contains(&self, number: &PhoneNumber) -> bool {
        match self {
            Self::Number(own) => own == number,
            Self::Prefix(prefix) => number.as_str().starts_with(prefix.as_str()),
        }
    }
}

/// An entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Identifier.
    pub id: DoNotCallId,
    /// The numbers.
    pub covered: Covered,
    /// The services.
    pub scope: Scope,
    /// Why, in the words of whoever added it.
    pub reason: String,
    /// Where it comes from, such as `manual` or the name of a register.
    pub source: String,
    /// From then on the numbers are called again; never if `None`.
    pub until: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
    /// The person or key that added it.
    pub created_by: String,
}

impl Entry {
    /// Whether the service must not call the number now.
    pub fn forbids(&self, service: ServiceId, number: &PhoneNumber, now: Timestamp) -> bool {
        let is_for = match self.scope {
            Scope::All => true,
            Scope::Service(id) => id == service,
        };
        is_for && self.until.is_none_or(|until| now < until) && self.covered.contains(number)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn number(text: &str) -> PhoneNumber {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn an_entry_forbids_its_numbers_to_its_services_until_it_ends() {
        let [mine, other] = [1, 2].map(|id| ServiceId(Uuid::from_u128(id)));
        let entry = Entry {
            id: DoNotCallId(Uuid::nil()),
            covered: Covered::Prefix("+4490".to_owned().try_into().unwrap()),
            scope: Scope::Service(mine),
            reason: String::new(),
            source: "manual".to_owned(),
            until: Some(at(10)),
            created_at: at(0),
            created_by: String::new(),
        };
        assert!(entry.forbids(mine, &number("+449012345"), at(9)));
        assert!(!entry.forbids(mine, &number("+449112345"), at(9)));
        assert!(!entry.forbids(other, &number("+449012345"), at(9)));
        assert!(!entry.forbids(mine, &number("+449012345"), at(10)));
        let whole =
            Entry { covered: Covered::Number(number("+449012345")), scope: Scope::All, until: None, ..entry };
        assert!(whole.forbids(other, &number("+449012345"), at(10)));
        assert!(!whole.forbids(other, &number("+4490123456"), at(10)));
    }

    #[test]
    fn scopes_and_prefixes_are_read_from_their_texts() {
        for text in ["all", "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        assert_eq!("some".parse::<Scope>(), Err(BadScope));
        for bad in ["", "+", "44", "+0", "+44 90", "+123456789012345"] {
            assert_eq!(NumberPrefix::try_from(bad.to_owned()), Err(BadPrefix), "{bad}");
        }
    }
}
