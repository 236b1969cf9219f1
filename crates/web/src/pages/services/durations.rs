//! Lengths of time as people type them.

use crate::messages;

/// `1 h 30 min`: the length to the second.
pub(super) fn text(seconds: u32) -> String {
    let parts = [
        (seconds / 86_400, (|count| messages::days(u64::from(count))) as fn(u32) -> String),
        (seconds / 3_600 % 24, |count| messages::hours(count)),
        (seconds / 60 % 60, |count| messages::minutes(count)),
        (seconds % 60, |count| messages::seconds(count)),
    ];
    let parts: Vec<_> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, unit)| unit(count)).collect();
    if parts.is_empty() { messages::seconds(0) } else { parts.join(" ") }
}

/// A length as people type it: `90 s`, `1.5 min`, `1 h 30 min`, `3 Tage`. A number without a unit
/// is one of seconds. `None` if it cannot be read.
pub(super) fn read(text: &str) -> Option<u32> {
    let text = text.to_lowercase();
    let mut rest = text.trim();
    let mut seconds = 0.0;
    let mut parts = 0;
    while !rest.is_empty() {
        let (number, after) = split(rest, |sign| sign.is_ascii_digit() || matches!(sign, '.' | ','));
        let (unit, after) = split(after.trim_start(), char::is_alphabetic);
        let unit_seconds = match unit {
            "" if parts == 0 && after.trim().is_empty() => 1.0,
            _ => unit_seconds(unit)?,
        };
        seconds += number.replace(',', ".").parse::<f64>().ok()? * unit_seconds;
        rest = after.trim_start_matches('.').trim_start();
        parts += 1;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it ends at the bounds")]
    (parts > 0).then_some(seconds.round() as u32)
}

/// The signs at the beginning that are of a kind, and the rest.
fn split(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|sign| !is_part(sign)).unwrap_or(text.len()))
}

/// The unit by its name as the page writes it, or one that is usual in English, German or French.
fn unit_seconds(name: &str) -> Option<f64> {
    let own = [
        (messages::days(2), 86_400.0),
        (messages::hours(2), 3_600.0),
        (messages::minutes(2), 60.0),
        (messages::seconds(2), 1.0),
    ];
    let is_own = |text: &str| {
        let letters: String = text.to_lowercase().chars().filter(|sign| sign.is_alphabetic()).collect();
        !name.is_empty() && letters == name
    };
    if let Some((_, seconds)) = own.iter().find(|(text, _)| is_own(text)) {
        return Some(*seconds);
    }
    Some(match name {
        "s" | "sec" | "secs" | "second" | "seconds" | "sek" | "sekunde" | "sekunden" | "seconde"
        | "secondes" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" | "minuten" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" | "std" | "stunde" | "stunden" | "heure" | "heures" => 3_600.0,
        "d" | "day" | "days" | "t" | "tag" | "tage" | "tagen" | "j" | "jour" | "jours" => 86_400.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_type_them() {
        for text in ["5400", "5400 s", "90 min", "1.5 h", "1,5 Std.", "1 h 30 min", "1h30min", " 90 Minuten "]
        {
            assert_eq!(read(text), Some(5_400), "{text}");
        }
        for text in ["3 days", "3 Tage", "3 jours", "72 Stunden", "2 d 24 heures"] {
            assert_eq!(read(text), Some(259_200), "{text}");
        }
        for text in
            ["", "soon", "5 x", "h", "1 2", "1 h 30", "-5", "1..5 h", "1 month", "500 ms", "2 semaines"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("99999999999"), Some(u32::MAX));
    }

    #[test]
    fn what_is_shown_is_read_as_the_same() {
        for seconds in [0, 1, 59, 60, 90, 3_600, 5_400, 86_399, 86_400, 90_061, 259_200, 864_000] {
            assert_eq!(read(&text(seconds)), Some(seconds), "{}", text(seconds));
        }
        assert_eq!(text(5_400), "1 h 30 min");
        assert_eq!(text(259_200), "3 days");
    }
}
