//! Times as a clock on the wall shows them, in a named zone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// Date and time of a wall clock, to the second, without an offset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, example = "2026-12-01T10:00:00",
    pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$")]
pub struct LocalTime(Timestamp);

/// The text is not date and time of a wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a local date and time such as 2026-12-01T10:00:00, without an offset")]
pub struct NotALocalTime;

impl FromStr for LocalTime {
    type Err = NotALocalTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = match text.len() {
            16 => ":00",
            19 => "",
            _ => return Err(NotALocalTime),
        };
        // In UTC every wall time is one instant.
        let as_utc = format!("{text}{seconds}Z").parse().map_err(|_| NotALocalTime)?;
        let read = Self(as_utc);
        // A lower-case letter or a second of 60 would read back as another text.
        if read.to_string().starts_with(text) { Ok(read) } else { Err(NotALocalTime) }
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().trim_end_matches('Z'))
    }
}

impl fmt::Debug for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for LocalTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Which of the two is meant where clocks go back and show a time twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// Before clocks go back.
    First,
    /// After clocks have gone back.
    Second,
}

/// What was promised where a person chose a time on a wall clock: it stays when
/// the law on that clock changes, and the instant moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WallTime {
    /// What the clock shows.
    pub local: LocalTime,
    /// IANA name of the clock's zone.
    pub time_zone: String,
    /// Release of the time zone database by which the instant was computed.
    pub tables: String,
}

/// When a customer wants the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredTime {
    /// The instant.
    pub at: Timestamp,
    /// The wall time that the instant was computed from, if it was.
    pub wall: Option<WallTime>,
    /// It was chosen and confirmed although it is no hour to call the customer at.
    pub outside_hours: bool,
}

impl From<Timestamp> for DesiredTime {
    fn from(at: Timestamp) -> Self {
        Self { at, wall: None, outside_hours: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_reads_back_from_its_text_and_has_no_offset() {
        for (text, written) in [
            ("2026-12-01T10:00", "2026-12-01T10:00:00"),
            ("2028-02-29T23:59:59", "2028-02-29T23:59:59"),
            ("0001-01-01T00:00", "0001-01-01T00:00:00"),
        ] {
            assert_eq!(text.parse::<LocalTime>().unwrap().to_string(), written);
        }
        for bad in [
            "",
            "2026-12-01",
            "2026-12-01T10:00Z",
            "2026-12-01T10:00:00Z",
            "2026-12-01T10:00+01:00",
            "2026-12-01t10:00:00",
            "2026-12-01 10:00:00",
            "2026-12-01T24:00",
            "2026-12-01T10:00:60",
            "2027-02-29T10:00",
            "2026-12-01T10:00:0",
        ] {
            assert_eq!(bad.parse::<LocalTime>(), Err(NotALocalTime), "{bad}");
        }
    }
}
