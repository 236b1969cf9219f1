//! Phone numbers in their one stored form.

use std::fmt;

/// A phone number in E.164 form: `+`, then 5 to 15 digits, the first not zero.
/// The shortest that is in use has 6: +98 9601.
///
/// Whether the number can exist in its country is checked where a request is
/// taken in, with the tables that only the server carries.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(try_from = "String")]
#[schema(value_type = String, example = "+442079460318", pattern = r"^\+[1-9][0-9]{4,14}$")]
pub struct PhoneNumber(String);

/// The text is no number in E.164 form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number in E.164 form such as +442079460318")]
pub struct NotE164;

impl PhoneNumber {
    /// The number as `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An extension: what is dialled once the call is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, example = "12", pattern = "^[0-9]{1,11}$")]
pub struct Extension(String);

/// The text is not an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an extension of 1 to 11 digits")]
pub struct NotAnExtension;

impl Extension {
    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Extension {
    type Error = NotAnExtension;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (1..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(Self(text)) } else { Err(NotAnExtension) }
    }
}

/// What people are told about a number that was taken all the same.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NumberWarning {
    /// It is longer than the known numbers of its country.
    UnknownLength,
}

impl TryFrom<String> for PhoneNumber {
    type Error = NotE164;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let fits = (5..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if fits { Ok(Self(text)) } else { Err(NotE164) }
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Numbers are personal data, and `Debug` output ends up in logs: all but the
/// last two digits are hidden.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber(…{})", &self.0[self.0.len() - 2..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plus_and_five_to_fifteen_digits_are_a_number() {
        for good in ["+989601", "+4420794", "+442079460318", "+123456789012345"] {
            assert!(PhoneNumber::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["442079460318", "+0442079460318", "+44 20 7946", "+1234", "+1234567890123456", "+", ""] {
            assert_eq!(PhoneNumber::try_from(bad.to_owned()), Err(NotE164), "{bad}");
        }
    }

    #[test]
    fn debug_output_hides_the_number() {
        let number = PhoneNumber::try_from("+442079460318".to_owned()).unwrap();
        assert_eq!(format!("{number:?}"), "PhoneNumber(…18)");
    }
}
