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
