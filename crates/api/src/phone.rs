//! Parsing phone numbers in any notation.

use ringback_domain::PhoneNumber;
use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, Region};

/// Why a text is not a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNumber {
    /// It cannot be read as a number.
    #[error(
        "This is not a phone number. Use national or international notation, for example +44 20 7946 0318."
    )]
    Malformed,
    /// No number of its country has this length.
    #[error("No number of this country has this length. Check the digits and the country code.")]
    Impossible,
}

/// Reads a number in international notation, or in the national notation of
/// `country` (ISO 3166, two letters).
///
/// Only impossible numbers are refused: numbering plans change faster than the
/// library, and a valid number that is refused is a lost callback.
///
/// # Errors
/// [`BadNumber`] tells whether the text or its length is wrong.
pub fn read(text: &str, country: &str) -> Result<PhoneNumber, BadNumber> {
    let text = normalize(text);
    // With a country code in the text, the default region must not interpret
    // the following digits as its own code or trunk prefix.
    let region = if text.starts_with('+') { None } else { region(country) };
    let number = PHONE_NUMBER_UTIL.parse(&text, region).map_err(|error| match error {
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn | ParseError::TooLongNsn => {
            BadNumber::Impossible
        }
        ParseError::InvalidCountryCode | ParseError::NotANumber(_) => BadNumber::Malformed,
    })?;
    if !PHONE_NUMBER_UTIL.is_possible_number(&number) {
        return Err(BadNumber::Impossible);
    }
    let e164 = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned();
    PhoneNumber::try_from(e164).map_err(|_| BadNumber::Impossible)
}

/// Whether the text is the code of a country whose numbers can be read.
pub fn is_country(text: &str) -> bool {
    region(text).is_some()
}

fn region(text: &str) -> Option<Region> {
    let letters = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let region = text.parse().ok().filter(|_| letters)?;
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| region)
}

/// Replaces every kind of space, dash and plus by its ASCII form, and removes
/// invisible characters. The library reads digits of other scripts itself.
fn normalize(text: &str) -> String {
    let ascii = |letter: char| match letter {
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}'
        | '\u{ad}' => None,
        '\u{ff0b}' | '\u{207a}' | '\u{fe62}' => Some('+'),
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Some('-'),
        space if space.is_whitespace() => Some(' '),
        other => Some(other),
    };
    let normalized: String = text.chars().filter_map(ascii).collect();
    normalized.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E.164, international notation, national notation, region.
    fn examples() -> impl Iterator<Item = [&'static str; 4]> {
        let lines = include_str!("../testdata/phone-examples.tsv").lines();
        lines.filter(|line| !line.starts_with('#')).map(|line| {
            let mut parts = line.split('\t');
            std::array::from_fn(|_| parts.next().expect("four columns"))
        })
    }

    #[test]
    fn international_notation_means_the_same_in_every_country() {
        let mut countries: Vec<&str> = examples().map(|[.., country]| country).collect();
        countries.dedup();
        assert!(countries.len() > 200);
        for [e164, international, ..] in examples() {
            for country in countries.iter().step_by(8) {
                let number = read(international, country);
                assert_eq!(
                    number.as_ref().map(PhoneNumber::as_str),
                    Ok(e164),
                    "{international} in {country}"
                );
            }
        }
    }

    #[test]
    fn national_notation_is_read_in_its_own_country() {
        assert_eq!(examples().count(), 1_122);
        for [e164, _, national, country] in examples() {
            let number = read(national, country);
            assert_eq!(number.as_ref().map(PhoneNumber::as_str), Ok(e164), "{national} in {country}");
        }
    }

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
    fn a_national_number_may_begin_like_its_country_code_or_trunk_digit() {
        for (text, country, e164) in [
            ("391 234 5678", "IT", "+393912345678"),
            ("48 123 45 67", "PL", "+48481234567"),
            ("47 12 34 56", "NO", "+4747123456"),
            ("8 (800) 123-45-67", "RU", "+78001234567"),
            ("+7 812 123-45-67", "RU", "+78121234567"),
        ] {
            assert_eq!(read(text, country).unwrap().as_str(), e164, "{text}");
        }
    }

    #[test]
    fn dashes_spaces_and_digits_of_any_script_are_read() {
        for (text, country, e164) in [
            ("+4420-7946-0318", "US", "+442079460318"),
            ("+1212-555-0142", "GB", "+12125550142"),
            ("٠٢٠٧٩٤٦٠٣١٨", "GB", "+442079460318"),
            ("＋４４ ２０ ７９４６ ０３１８", "DE", "+442079460318"),
            ("०२० ७९४६ ०३१८", "GB", "+442079460318"),
            ("+44\u{202f}20\u{a0}7946\u{2009}0318", "DE", "+442079460318"),
            ("\u{202a}+44 20 7946\u{2011}0318\u{202c}", "DE", "+442079460318"),
            ("020 7946\u{2212}0318", "GB", "+442079460318"),
        ] {
            assert_eq!(read(text, country).as_ref().map(PhoneNumber::as_str), Ok(e164), "{text}");
        }
    }

    #[test]
    fn malformed_and_impossible_numbers_are_refused() {
        assert_eq!(read("hello", "GB"), Err(BadNumber::Malformed));
        assert_eq!(read("", "GB"), Err(BadNumber::Malformed));
        assert_eq!(read("+999 1234567", "GB"), Err(BadNumber::Malformed));
        assert_eq!(read("+44 12", "GB"), Err(BadNumber::Impossible));
        assert_eq!(read("+1 212 555 01421", "US"), Err(BadNumber::Impossible));
    }

    #[test]
    fn a_country_is_a_known_code_of_two_capital_letters() {
        assert!(is_country("GB"));
        for bad in ["gb", "XX", "GBR", "", "ZZ"] {
            assert!(!is_country(bad), "{bad}");
        }
    }
}
