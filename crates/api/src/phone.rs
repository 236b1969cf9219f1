//! Reading phone numbers in any notation.

use phonenumber::country;
use phonenumber::metadata::{DATABASE, Metadata};
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
    let code = number.country().code();
    let plans = DATABASE.by_code(&code).unwrap_or_default();
    // Where a country has no prefix for calls inside it, such as Italy, a zero
    // at the beginning belongs to the number; the library drops it.
    let keeps_zero = plans.first().is_some_and(|plan| plan.national_prefix().is_none());
    let zero =
        if keeps_zero && number.carrier().is_some_and(|prefix| prefix.starts_with('0')) { "0" } else { "" };
    let national = format!("{zero}{}", number.national());
    let length = u16::try_from(national.len()).unwrap_or(u16::MAX);
    if !plans.iter().any(|plan| has_numbers_of(plan, length)) {
        return Err(BadNumber::Impossible);
    }
    PhoneNumber::try_from(format!("+{code}{national}")).map_err(|_| BadNumber::Impossible)
}

/// Whether any kind of number that can be called from abroad has this length:
/// the metadata says lengths for each kind only, not for the country.
fn has_numbers_of(plan: &Metadata, length: u16) -> bool {
    let kinds = plan.descriptors();
    let kinds = [
        kinds.fixed_line(),
        kinds.mobile(),
        kinds.toll_free(),
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.voip(),
        kinds.pager(),
        kinds.uan(),
        kinds.voicemail(),
    ];
    kinds.into_iter().flatten().any(|kind| kind.possible_length().contains(&length))
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
        for text in ["+39 06 1234 5678", "06 1234 5678"] {
            assert_eq!(read(text, "IT").unwrap().as_str(), "+390612345678", "{text}");
        }
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
