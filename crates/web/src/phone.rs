//! Groups the digits of phone numbers for reading. What a valid number is, the
//! server decides.

/// Country codes of one and two digits; all others have three.
const SHORT_CODES: [&str; 46] = [
    "1", "7", "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66",
    "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// By country code and first digits, the sizes of the groups of a national
/// number; further digits go to the last group.
const GROUPS: &[(&str, &str, &[usize])] = &[
    ("1", "", &[3, 3, 4]),
    ("33", "", &[1, 2, 2, 2, 2]),
    ("34", "", &[3, 3, 3]),
    ("39", "3", &[3, 3, 4]),
    ("39", "06", &[2, 4, 4]),
    ("39", "02", &[2, 4, 4]),
    ("41", "", &[2, 3, 2, 2]),
    ("44", "2", &[2, 4, 4]),
    ("44", "7", &[4, 3, 3]),
    ("44", "", &[3, 3, 4]),
    ("48", "", &[3, 3, 3]),
    ("49", "15", &[3, 4, 4]),
    ("49", "16", &[3, 4, 4]),
    ("49", "17", &[3, 4, 4]),
    ("49", "30", &[2, 4, 4]),
    ("49", "40", &[2, 4, 4]),
    ("49", "69", &[2, 4, 4]),
    ("49", "89", &[2, 4, 4]),
    ("49", "", &[3, 4, 4]),
    ("61", "4", &[3, 3, 3]),
    ("61", "", &[1, 4, 4]),
];

/// `+442079460318` as `+44 20 7946 0318`.
pub(crate) fn grouped(e164: &str) -> String {
    let Some(digits) =
        e164.strip_prefix('+').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    else {
        return e164.to_owned();
    };
    let code = SHORT_CODES.iter().find(|code| digits.starts_with(**code)).map_or(3, |code| code.len());
    let (code, mut national) = digits.split_at(code.min(digits.len()));
    let known = GROUPS.iter().find(|(of, start, _)| *of == code && national.starts_with(start));
    let mut text = format!("+{code}");
    let mut push = |group: &str| {
        if !group.is_empty() {
            text.push(' ');
            text.push_str(group);
        }
    };
    if let Some((_, _, sizes)) = known {
        for size in sizes.iter().take(sizes.len() - 1) {
            let (group, rest) = national.split_at((*size).min(national.len()));
            push(group);
            national = rest;
        }
    } else {
        while national.len() > 4 {
            let (group, rest) = national.split_at(3);
            push(group);
            national = rest;
        }
    }
    push(national);
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_as_their_country_does() {
        assert_eq!(grouped("+442079460318"), "+44 20 7946 0318");
        assert_eq!(grouped("+12125550142"), "+1 212 555 0142");
        assert_eq!(grouped("+33639981452"), "+33 6 39 98 14 52");
        assert_eq!(grouped("+35312345678"), "+353 123 456 78");
    }

    #[test]
    fn no_digit_is_lost_whatever_the_number() {
        for number in ["+49301", "+4930231254120099", "+1", "+44", "+999123456789012", "+7"] {
            assert_eq!(grouped(number).replace(' ', ""), number);
        }
        assert_eq!(grouped("anonymous"), "anonymous");
    }
}
