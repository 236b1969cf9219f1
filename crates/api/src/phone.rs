//! Reading phone numbers in any notation.

use phonenumber::country;
use phonenumber::metadata::DATABASE;
use ringback_domain::PhoneNumber;

/// Why a text is no number that could be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNumber {
    /// It cannot be read as a number.
    #[error("this is not a phone number")]
    Malformed,
    /// No number of its country has this length.
    #[error("no number of this country has this length")]
    Impossible,
}

/// Reads a number in national form of the country, or in international form.
///
/// Only what cannot exist is refused: number plans change faster than their
/// description, and a number wrongly refused is a callback lost.
pub fn read(text: &str, default_country: &str) -> Result<PhoneNumber, BadNumber> {
    let country: Option<country::Id> = default_country.parse().ok();
    let number = phonenumber::parse(country, text.trim()).map_err(|_| BadNumber::Malformed)?;
    let national = number.national().to_string();
    let zeros = usize::from(number.national().zeros());
    let code = number.country().code();
    let plans = DATABASE.by_code(&code).unwrap_or_default();
    let length = u16::try_from(national.len() + zeros).unwrap_or(u16::MAX);
    let possible = plans.iter().any(|plan| plan.descriptors().general().possible_length().contains(&length));
    if !possible {
        return Err(BadNumber::Impossible);
    }
    let e164 = number.format().mode(phonenumber::Mode::E164).to_string();
    PhoneNumber::try_from(e164).map_err(|_| BadNumber::Impossible)
}

/// Whether the two letters name a country whose numbers can be read.
pub fn is_country(text: &str) -> bool {
    text.len() == 2
        && text.bytes().all(|byte| byte.is_ascii_uppercase())
        && text.parse::<country::Id>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_and_international_notation_give_the_same_number() {
        for text in ["020 7946 0318", "+44 20 7946 0318", "+44 (0)20 7946-0318", "+442079460318"] {
            assert_eq!(read(text, "GB").unwrap().as_str(), "+442079460318", "{text}");
        }
        assert_eq!(read("030 23125 760", "DE").unwrap().as_str(), "+493023125760");
        assert_eq!(read("(212) 555-0142", "US").unwrap().as_str(), "+12125550142");
        assert_eq!(read("+39 06 1234 5678", "GB").unwrap().as_str(), "+390612345678");
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        assert_eq!(read("hello", "GB"), Err(BadNumber::Malformed));
        assert_eq!(read("", "GB"), Err(BadNumber::Malformed));
        assert_eq!(read("+44 12", "GB"), Err(BadNumber::Impossible));
        assert_eq!(read("+1 212 555 01421", "US"), Err(BadNumber::Impossible));
    }

    #[test]
    fn a_country_is_two_capital_letters_that_are_known() {
        assert!(is_country("GB"));
        for bad in ["gb", "XX", "GBR", ""] {
            assert!(!is_country(bad), "{bad}");
        }
    }
}
