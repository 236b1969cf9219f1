//! Points in time, in whole microseconds.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

/// A point in time: microseconds since the Unix epoch, UTC.
///
/// Microseconds, because PostgreSQL keeps no more: what was written is what is
/// read back, on both databases. On the wire it is RFC 3339 with `Z`. What comes in
/// may have another offset, and may leave the seconds out as ISO 8601 does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-24T14:15:00Z")]
pub struct Timestamp(i64);

/// Why a text is no timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATimestamp {
    /// It is no RFC 3339 date and time, or out of range.
    #[error(
        "Use RFC 3339, for example 2026-11-24T14:15:00Z or 2026-11-24T15:15:00+01:00; in a query string, \
         write + as %2B."
    )]
    Malformed,
    /// It does not say which zone its clock is in.
    #[error("Add Z or an offset such as +01:00 to the time.")]
    NoOffset,
}

const SECOND: i64 = 1_000_000;

impl Timestamp {
    /// 0001-01-01 and 9999-12-31: what four-digit years can say.
    const RANGE: std::ops::RangeInclusive<i64> =
        -62_135_596_800 * SECOND..=253_402_300_799 * SECOND + 999_999;

    /// The instant that lies this many microseconds after the Unix epoch,
    /// held inside the years 1 to 9999.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(*Self::RANGE.start(), *Self::RANGE.end()))
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by whole seconds, forwards or (negative) backwards.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(SECOND)))
    }

    /// Whole seconds from `earlier` until this instant; negative if it lies after.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).div_euclid(SECOND)
    }

    /// The same instant for chrono's calendar.
    ///
    /// # Panics
    /// Never: every `Timestamp` is inside chrono's range.
    pub fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).expect("years 1 to 9999 are inside chrono's range")
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self::from_micros(instant.timestamp_micros())
    }
}

/// `00` to `99`, one after the other.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0_u8;
    while number < 100 {
        pairs[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    pairs
};

/// Writes `value` in decimal, zero-padded, into the whole of `into`, whose
/// length is even.
fn digits(into: &mut [u8], mut value: u32) {
    for pair in into.chunks_exact_mut(2).rev() {
        pair.copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
}

/// Year, month and day of a count of days since 1970-01-01, by the algorithm
/// of Neri and Schneider for the proleptic Gregorian calendar. A page of the
/// list formats more than a thousand dates; chrono's formatter takes ten times
/// as long.
fn civil(days_since_epoch: i64) -> (u32, u32, u32) {
    let shifted = days_since_epoch + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |value: i64| u32::try_from(value).unwrap_or_default();
    (small(year), small(month), small(day))
}

/// The text of a timestamp, on the stack.
struct Text {
    bytes: [u8; 27],
    len: usize,
}

impl Text {
    fn of(at: Timestamp) -> Self {
        let seconds = at.0.div_euclid(SECOND);
        let fraction = u32::try_from(at.0.rem_euclid(SECOND)).unwrap_or_default();
        let (year, month, day) = civil(seconds.div_euclid(86_400));
        let of_day = u32::try_from(seconds.rem_euclid(86_400)).unwrap_or_default();
        let mut bytes = *b"0000-00-00T00:00:00.000000Z";
        digits(&mut bytes[0..4], year);
        digits(&mut bytes[5..7], month);
        digits(&mut bytes[8..10], day);
        digits(&mut bytes[11..13], of_day / 3_600);
        digits(&mut bytes[14..16], of_day / 60 % 60);
        digits(&mut bytes[17..19], of_day % 60);
        let len = if fraction == 0 {
            bytes[19] = b'Z';
            20
        } else {
            digits(&mut bytes[20..26], fraction);
            27
        };
        Self { bytes, len }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Text::of(*self).as_str())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Adds the seconds to a time that ends with its minutes: Java leaves them out where
/// they are 0.
fn with_seconds(text: &str) -> Cow<'_, str> {
    const MINUTES: usize = "2026-11-24T14:15".len();
    match text.split_at_checked(MINUTES) {
        Some((minutes, rest)) if !rest.starts_with(':') => format!("{minutes}:00{rest}").into(),
        _ => text.into(),
    }
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = with_seconds(text);
        let micros = match DateTime::parse_from_rfc3339(&text) {
            Ok(instant) => instant.timestamp_micros(),
            Err(_) if DateTime::parse_from_rfc3339(&format!("{text}Z")).is_ok() => {
                return Err(NotATimestamp::NoOffset);
            }
            Err(_) => return Err(NotATimestamp::Malformed),
        };
        if Self::RANGE.contains(&micros) { Ok(Self(micros)) } else { Err(NotATimestamp::Malformed) }
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Text::of(*self).as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_as_rfc_3339_in_utc_with_microseconds_at_most() {
        let whole: Timestamp = "2026-11-24T15:15:00+01:00".parse().unwrap();
        assert_eq!(whole.to_string(), "2026-11-24T14:15:00Z");
        let fraction: Timestamp = "1969-12-31T23:59:59.123456789Z".parse().unwrap();
        assert_eq!(fraction.to_string(), "1969-12-31T23:59:59.123456Z");
    }

    #[test]
    fn the_seconds_may_be_left_out() {
        for (short, long) in [
            ("2026-12-20T10:00Z", "2026-12-20T10:00:00Z"),
            ("2026-12-20T10:00+01:00", "2026-12-20T09:00:00Z"),
            ("2026-12-20t10:00z", "2026-12-20T10:00:00Z"),
        ] {
            assert_eq!(short.parse::<Timestamp>().unwrap().to_string(), long);
        }
    }

    #[test]
    fn a_time_without_offset_is_told_from_one_that_is_malformed() {
        for text in ["2026-11-24T15:15:00", "2026-11-24T15:15", "2026-11-24T15:15:00.5"] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATimestamp::NoOffset), "{text}");
        }
        for text in [
            "",
            "2026-11-24",
            "2026-11-24T15Z",
            "2026-11-24T15:1Z",
            "2026-11-24T15:15:00 01:00",
            "0000-01-01T00:00Z",
            "2026-11-24T15:15é",
            "2026-11-24T15:15.5Z5",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATimestamp::Malformed), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn our_formatter_agrees_with_chrono(micros in *Timestamp::RANGE.start()..=*Timestamp::RANGE.end()) {
            let at = Timestamp::from_micros(micros);
            proptest::prop_assert_eq!(at.to_string().parse::<Timestamp>(), Ok(at));
            let expected = at.to_chrono().format("%Y-%m-%dT%H:%M:%S").to_string();
            proptest::prop_assert_eq!(&at.to_string()[..19], expected.as_str());
        }
    }
}
