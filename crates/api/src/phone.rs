//! Reading phone numbers in any notation, and writing them for people.

use ringback_domain::PhoneNumber;
use ringback_domain::phone::{Extension, NumberWarning};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::wire::reference::NumberKind;
use rlibphonenumber::{
    PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, PhoneNumberType, Region, ValidationError,
    get_national_significant_number_owned,
};

/// The release of the tables of numbers.
pub const TABLES: &str = "9.0.42";

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
    /// It holds two numbers.
    #[error("These are several numbers. Give one of them.")]
    Several,
}

impl BadNumber {
    /// Its code in a problem.
    pub const fn code(self) -> FieldCode {
        match self {
            Self::Malformed => FieldCode::MalformedNumber,
            Self::Impossible => FieldCode::ImpossibleNumber,
            Self::Several => FieldCode::SeveralNumbers,
        }
    }
}

/// A number as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The number to call.
    pub number: PhoneNumber,
    /// What is to be dialled once the call is answered.
    pub extension: Option<Extension>,
    /// What to tell people about it.
    pub warning: Option<NumberWarning>,
}

/// Digits by which a number may be longer than the tables know: numbering plans
/// change faster than they do, and a valid number that is refused is a lost
/// callback. The 15 digits of E.164 are the limit in any case.
const MAX_UNKNOWN_DIGITS: usize = 3;

/// Trunk prefixes that are taken off; with more of them it is no number.
const MAX_PREFIXES: usize = 5;

/// Reads a number in international notation, or in the national notation of
/// `country` (ISO 3166, two letters).
///
/// # Errors
/// [`BadNumber`] tells whether the text or its length is wrong, or whether there
/// are two numbers.
pub fn read(text: &str, country: &str) -> Result<Reading, BadNumber> {
    let text = normalize(text);
    if is_several(&text, country) {
        return Err(BadNumber::Several);
    }
    let number = canonical(without_old_mobile_digit(parse(&text, country)?))?;
    if keeps_trunk_prefix(&number) {
        return Err(BadNumber::Impossible);
    }
    let warning = match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
        Ok(_) => None,
        Err(error) if is_just_unknown(&number, error) => Some(NumberWarning::UnknownLength),
        Err(_) => return Err(BadNumber::Impossible),
    };
    let extension = number.extension.as_ref().filter(|digits| !digits.is_empty());
    Ok(Reading {
        number: PhoneNumber::try_from(e164(&number)).map_err(|_| BadNumber::Impossible)?,
        extension: extension
            .map(|digits| Extension::try_from(digits.clone()))
            .transpose()
            .map_err(|_| BadNumber::Malformed)?,
        warning,
    })
}

fn parse(text: &str, country: &str) -> Result<rlibphonenumber::PhoneNumber, BadNumber> {
    // With a country code in the text, the default region must not interpret
    // the following digits as its own code or trunk prefix.
    let region = if text.starts_with('+') { None } else { region(country) };
    PHONE_NUMBER_UTIL.parse(text, region).map_err(|error| match error {
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn | ParseError::TooLongNsn => {
            BadNumber::Impossible
        }
        ParseError::InvalidCountryCode | ParseError::NotANumber(_) => BadNumber::Malformed,
    })
}

fn e164(number: &rlibphonenumber::PhoneNumber) -> String {
    PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164).into_owned()
}

/// The number that its own E.164 form is read as, so that a search by that form finds it. Each
/// trunk prefix too many is taken off.
fn canonical(mut number: rlibphonenumber::PhoneNumber) -> Result<rlibphonenumber::PhoneNumber, BadNumber> {
    for _ in 0..MAX_PREFIXES {
        let again = parse(&e164(&number), "")?;
        if e164(&again) == e164(&number) {
            return Ok(number);
        }
        number = rlibphonenumber::PhoneNumber { extension: number.extension, ..again };
    }
    Err(BadNumber::Impossible)
}

/// Whether a number in which the tables see none of its country still has the 0 that is
/// dialled before national numbers there: without it there are too few digits.
fn keeps_trunk_prefix(number: &rlibphonenumber::PhoneNumber) -> bool {
    if PHONE_NUMBER_UTIL.is_valid_number(number)
        || !get_national_significant_number_owned(number).starts_with('0')
    {
        return false;
    }
    let country = PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code);
    country.and_then(trunk_prefix).is_some_and(|(_, trunk)| trunk == "0")
}

/// Whether a number is longer than the tables know, in a country whose numbers may
/// become longer. Those of North America have ten digits for good.
fn is_just_unknown(number: &rlibphonenumber::PhoneNumber, error: ValidationError) -> bool {
    if number.country_code == 1 || !matches!(error, ValidationError::TooLong | ValidationError::InvalidLength)
    {
        return false;
    }
    // A number that is possible without its last digits.
    (1..=MAX_UNKNOWN_DIGITS).any(|digits| {
        let mut shorter = number.clone();
        shorter.national_number /= 10_u64.pow(u32::try_from(digits).unwrap_or_default());
        PHONE_NUMBER_UTIL.is_possible_number(&shorter)
    })
}

/// Mexican mobile numbers, which have ten digits, had a 1 before them until 2019.
const OLD_MEXICAN_DIGIT: u64 = 10_000_000_000;

fn without_old_mobile_digit(mut number: rlibphonenumber::PhoneNumber) -> rlibphonenumber::PhoneNumber {
    if number.country_code == 52 && number.national_number / OLD_MEXICAN_DIGIT == 1 {
        number.national_number -= OLD_MEXICAN_DIGIT;
    }
    number
}

/// What people write between two numbers. A slash also stands between area code
/// and number.
const SEPARATORS: [&str; 14] =
    ["/", "|", "&", ", ", "; ", " or ", " and ", " oder ", " und ", " ou ", " et ", " o ", " y ", " e "];

/// Whether the text is one number and then another, or its end: `030 23125-760 / 761`.
fn is_several(text: &str, country: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_valid = |text: &str| {
        let number = parse(text, country);
        number.is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(&number))
    };
    SEPARATORS.iter().flat_map(|separator| lower.match_indices(separator)).any(|(at, separator)| {
        let after = &text[at + separator.len()..];
        after.chars().filter(|letter| letter.is_numeric()).count() >= 2 && is_valid(&text[..at])
    })
}

/// A number from the address of a page, in which a plus sign that was not encoded
/// arrives as a blank.
pub fn of_query(text: &str) -> String {
    let is_code = |rest: &&str| rest.starts_with(|first: char| ('1'..='9').contains(&first));
    text.strip_prefix(' ').filter(is_code).map_or_else(|| text.to_owned(), |rest| format!("+{rest}"))
}

/// Writes a number in international notation, in the groups of its country.
pub fn format(number: &str) -> String {
    PHONE_NUMBER_UTIL.parse(number, None).map_or_else(
        |_| number.to_owned(),
        |number| PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::International).into_owned(),
    )
}

/// What the tables know of a number: its country, its kind, and whether it is in a
/// range that is in use.
pub fn describe(number: &PhoneNumber) -> (Option<String>, Option<NumberKind>, bool) {
    let Ok(number) = PHONE_NUMBER_UTIL.parse(number.as_str(), None) else { return (None, None, false) };
    let country = PHONE_NUMBER_UTIL.get_region_for_number(&number);
    let kind = match PHONE_NUMBER_UTIL.get_number_type(&number) {
        PhoneNumberType::Unknown => None,
        PhoneNumberType::FixedLine => Some(NumberKind::FixedLine),
        PhoneNumberType::Mobile => Some(NumberKind::Mobile),
        PhoneNumberType::FixedLineOrMobile => Some(NumberKind::FixedLineOrMobile),
        PhoneNumberType::TollFree => Some(NumberKind::TollFree),
        PhoneNumberType::PremiumRate => Some(NumberKind::PremiumRate),
        _ => Some(NumberKind::Other),
    };
    let country = country.map(|region| region.to_string());
    // The code of numbers that belong to no country, such as of satellites.
    (country.filter(|code| code != "001"), kind, PHONE_NUMBER_UTIL.is_valid_number(&number))
}

/// How many of the first digits tell where a number is, `most` at most: those of its country
/// alone if it is not bound to a place there; `None` if the tables do not know it.
pub fn digits_of_place(number: &str, most: usize) -> Option<usize> {
    let number = PHONE_NUMBER_UTIL.parse(number, None).ok()?;
    if PHONE_NUMBER_UTIL.get_number_type(&number) == PhoneNumberType::Unknown {
        return None;
    }
    let of_country = number.country_code.to_string().len();
    Some(if PHONE_NUMBER_UTIL.is_number_geographical(&number) { most } else { of_country })
}

/// The country code, and the digits that stand before a national number as people
/// of the country write it; `None` if there are none.
fn trunk_prefix(country: Region) -> Option<(i32, String)> {
    let example = PHONE_NUMBER_UTIL.get_example_number(country).ok()?;
    let written = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::National);
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let trunk = digits.strip_suffix(get_national_significant_number_owned(&example).as_str())?;
    (!trunk.is_empty()).then(|| (example.country_code, trunk.to_owned()))
}

/// What a search text means in customer numbers. Lists and *Callback Search* read
/// a text by this, and the page takes it from the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// The numbers that the whole text may be.
    pub numbers: Vec<String>,
    /// The digits of which a number has to contain one or the other; empty if the
    /// text is no part of a number.
    pub parts: Vec<String>,
}

/// What ends a number and begins its extension, or another parameter of a link.
const EXTENSION_MARKS: [char; 4] = [';', '#', 'x', 'X'];

/// Digits after a `00` from which on it stands for a plus: with fewer, they are more
/// likely the end of a number.
const MIN_DIGITS_ABROAD: usize = 5;

/// Reads a search text: a number or a part of one, as people of these countries
/// write it.
pub fn seek<'a>(text: &str, countries: impl Iterator<Item = &'a str>) -> Sought {
    let mut countries: Vec<&str> = countries.collect();
    countries.sort_unstable();
    countries.dedup();
    let whole = countries.iter().filter_map(|country| read(text, country).ok());
    let mut numbers: Vec<String> = whole.map(|read| read.number.as_str().to_owned()).collect();
    // People write `+44 (0)20` and leave the zero out when they dial.
    let text = normalize(text).replace("(0)", "");
    let end = text.find(EXTENSION_MARKS).map(|end| text[..end].trim_end().trim_end_matches(['e', 'E']));
    let text = end.filter(|text| !text.is_empty()).unwrap_or(&text);
    let digits = PHONE_NUMBER_UTIL.normalize_digits_only(text);
    if digits.is_empty() || text.chars().any(|sign| !sign.is_numeric() && !" +-()./".contains(sign)) {
        return Sought::default();
    }
    let mut parts: Vec<String> = numbers.iter().map(|number| number[1..].to_owned()).collect();
    if !text.starts_with('+') {
        // What is dialled before the code of a country, and before a national number.
        let abroad = ["00", "011"].into_iter().filter_map(|prefix| digits.strip_prefix(prefix));
        parts.extend(abroad.filter(|rest| rest.len() >= MIN_DIGITS_ABROAD).map(str::to_owned));
        for (code, trunk) in countries.into_iter().filter_map(region).filter_map(trunk_prefix) {
            parts.extend(digits.strip_prefix(trunk.as_str()).map(|rest| format!("{code}{rest}")));
        }
    }
    parts.push(digits);
    numbers.extend(parts.iter().map(|part| format!("+{part}")));
    for list in [&mut numbers, &mut parts] {
        list.sort_unstable();
        list.dedup();
    }
    // What contains another part finds nothing that the other does not.
    let all = parts.clone();
    parts.retain(|part| !all.iter().any(|other| other != part && part.contains(other)));
    Sought { numbers, parts }
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
/// invisible characters and the scheme of a link. The library reads digits of other
/// scripts itself.
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
    let text: String = text.chars().filter_map(ascii).collect();
    let scheme = text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:"));
    text[scheme.map_or(0, str::len)..].trim().to_owned()
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
                    number.as_ref().map(|read| read.number.as_str()),
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
            assert_eq!(number.as_ref().map(|read| read.number.as_str()), Ok(e164), "{national} in {country}");
        }
    }

    fn number(text: &str, country: &str) -> String {
        match read(text, country) {
            Ok(read) => read.number.as_str().to_owned(),
            Err(bad) => format!("{bad:?}"),
        }
    }

    /// Numbering plans change each month: old tables warn of good numbers.
    #[test]
    fn the_tables_are_not_older_than_nine_months() {
        const RELEASED: &str = "2026-10-26";
        let released: jiff::civil::Date = RELEASED.parse().unwrap();
        let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
        assert!(
            today.duration_since(released).as_hours() < 274 * 24,
            "rlibphonenumber has newer tables than {TABLES}"
        );
        let lock = include_str!("../../../Cargo.lock");
        let version = "name = \"rlibphonenumber\"\nversion = \"2.2.15\"";
        assert!(lock.contains(version), "name the tables of the new version in TABLES, and their date here");
    }

    #[test]
    fn an_extension_is_kept_apart() {
        for text in [
            "+44 20 7946 0318 ext 12",
            "+44 20 7946 0318 x12",
            "020 7946 0318 extension 12",
            "020 7946 0318 #12",
            "+442079460318;ext=12",
            "tel:+44-20-7946-0318;ext=12",
        ] {
            let read = read(text, "GB").unwrap();
            assert_eq!(read.number.as_str(), "+442079460318", "{text}");
            assert_eq!(read.extension.as_ref().map(Extension::as_str), Some("12"), "{text}");
        }
        assert_eq!(read("020 7946 0318", "GB").unwrap().extension, None);
    }

    #[test]
    fn two_numbers_are_refused_as_two() {
        for (text, country) in [
            ("030 23125-760 / 761", "DE"),
            ("030 23125-760/761", "DE"),
            ("+49 30 23125-760 oder +49 30 23125-761", "DE"),
            ("020 7946 0318 / 020 7946 0319", "GB"),
            ("020 7946 0318 or 0319", "GB"),
            ("+1 212 555 0142, 555 0143", "US"),
            ("01 42 68 53 00 & 01 42 68 53 01", "FR"),
        ] {
            assert_eq!(read(text, country), Err(BadNumber::Several), "{text}");
        }
        for (text, country, e164) in [
            ("030/23125760", "DE", "+493023125760"),
            ("0171/3920012", "DE", "+491713920012"),
            ("06221/54-0000", "DE", "+496221540000"),
            ("03/6234567", "BE", "+3236234567"),
        ] {
            assert_eq!(number(text, country), e164, "{text}");
        }
    }

    #[test]
    fn a_number_longer_than_the_tables_know_is_taken_with_a_warning() {
        for (text, number) in [("+220 1234567890", "+2201234567890"), ("+44 20 7946 03180", "+4420794603180")]
        {
            let read = read(text, "GM").unwrap();
            assert_eq!((read.number.as_str(), read.warning), (number, Some(NumberWarning::UnknownLength)));
        }
        assert_eq!(read("+44 20 7946 0318", "GB").unwrap().warning, None);
        for text in ["+1 212 555 01421", "+44 20 7946 0318 1234 5", "+220 12"] {
            assert_eq!(read(text, "US"), Err(BadNumber::Impossible), "{text}");
        }
    }

    #[test]
    fn mexican_numbers_lose_the_digit_that_mobiles_had() {
        for text in ["+52 1 55 1234 5678", "+5215512345678", "+52 55 1234 5678"] {
            assert_eq!(number(text, "US"), "+525512345678", "{text}");
        }
        let with_extension = read("+52 1 55 1234 5678 ext. 12", "US").unwrap();
        assert_eq!(with_extension.number.as_str(), "+525512345678");
        assert_eq!(with_extension.extension.unwrap().as_str(), "12");
        assert_eq!(number("1 55 1234 5678", "MX"), "+525512345678");
        assert_eq!(read("+52 1 0000 000000", "US"), Err(BadNumber::Impossible));
    }

    #[test]
    fn a_search_finds_what_people_type_of_a_number() {
        let parts = |text: &str| seek(text, ["GB", "US", "RU", "IT"].into_iter()).parts;
        for (text, number) in [
            ("020 7946 0318", "+442079460318"),
            ("020 79", "+442079460318"),
            ("+44 (0)20 79", "+442079460318"),
            ("7946", "+442079460318"),
            ("8 800", "+78001234567"),
            ("06 1234", "+390612345678"),
            ("(212) 555", "+12125550142"),
            ("0044 20 79", "+442079460318"),
            ("011 44 20 79", "+442079460318"),
            ("tel:+44-20-7946-0318;ext=12", "+442079460318"),
            ("TEL:7946-0318;phone-context=+4420", "+442079460318"),
            ("020 7946 0318 ext. 12", "+442079460318"),
            ("+44 20 7946 0318 x12", "+442079460318"),
            ("0018", "+442079460018"),
            ("٠٢٠ ٧٩٤٦", "+442079460318"),
        ] {
            let parts = parts(text);
            assert!(parts.iter().any(|part| number.contains(part)), "{text}: {parts:?}");
        }
        for (text, number) in [("020 79", "+493079000000"), ("0018", "+442079460318")] {
            assert!(!parts(text).iter().any(|part| number.contains(part)), "{text}");
        }
        for none in ["Kim", "x0318", "5b1e90c2", "+", "12 Kim", ""] {
            assert_eq!(seek(none, ["GB"].into_iter()), Sought::default(), "{none}");
        }
    }

    #[test]
    fn a_plus_sign_that_was_not_encoded_is_read() {
        assert_eq!(of_query(" 44 20"), "+44 20");
        for same in ["+44 20", "020", " 020", "  44", " Kim"] {
            assert_eq!(of_query(same), same);
        }
    }

    #[test]
    fn a_number_is_written_in_the_groups_of_its_country() {
        assert_eq!(format("+442079460318"), "+44 20 7946 0318");
        assert_eq!(format("+12125550142"), "+1 212-555-0142");
        assert_eq!(format("+33142685300"), "+33 1 42 68 53 00");
        assert_eq!(format("unknown"), "unknown");
    }

    #[test]
    fn national_and_international_notation_give_the_same_number() {
        for text in ["020 7946 0318", "+44 20 7946 0318", "+44 (0)20 7946-0318", "+442079460318"] {
            assert_eq!(number(text, "GB"), "+442079460318", "{text}");
        }
        assert_eq!(number("030 23125 760", "DE"), "+493023125760");
        assert_eq!(number("(212) 555-0142", "US"), "+12125550142");
        for text in ["+39 06 1234 5678", "06 1234 5678"] {
            assert_eq!(number(text, "IT"), "+390612345678", "{text}");
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
            assert_eq!(number(text, country), e164, "{text}");
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
            assert_eq!(number(text, country), e164, "{text}");
        }
    }

    #[test]
    fn malformed_and_impossible_numbers_are_refused() {
        assert_eq!(read("hello", "GB"), Err(BadNumber::Malformed));
        assert_eq!(read("", "GB"), Err(BadNumber::Malformed));
        assert_eq!(read("+999 1234567", "GB"), Err(BadNumber::Malformed));
        assert_eq!(read("+44 12", "GB"), Err(BadNumber::Impossible));
        // What is left of a number whose end is missing, with the 0 before it.
        for (text, country) in [("020 7946", "GB"), ("+44 0207946", "US")] {
            assert_eq!(read(text, country), Err(BadNumber::Impossible), "{text}");
        }
        // No prefix, but a part of the number.
        for (text, country) in [("06 698 12345", "IT"), ("07 07 12 34 56", "CI")] {
            assert!(read(text, country).is_ok(), "{text}");
        }
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
