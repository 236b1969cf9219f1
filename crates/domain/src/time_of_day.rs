//! Times of the day, to the minute.

use std::fmt;
use std::str::FromStr;

/// A time of the day as a clock on the wall shows it: `00:00` to `23:59`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(value_type = String, example = "08:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
pub struct TimeOfDay(u16);

/// The text is no time of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Use a time from 00:00 to 23:59, for example 08:00.")]
pub struct NotATimeOfDay;

const DAY: u16 = 24 * 60;

impl TimeOfDay {
    /// 14:15, as an example.
    pub const QUARTER_PAST_TWO: Self = Self(14 * 60 + 15);

    /// The time on a clock; none if a clock has no such time.
    pub fn of(hour: u16, minute: u16) -> Option<Self> {
        (hour < 24 && minute < 60).then(|| Self(hour * 60 + minute))
    }

    /// The minutes of a day.
    pub const MINUTES: u16 = DAY;

    /// The time that a clock shows so many minutes later.
    #[must_use]
    pub const fn plus_minutes(self, minutes: u16) -> Self {
        Self((self.0 + minutes % DAY) % DAY)
    }

    /// Minutes since midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// Minutes from this time until the clock shows the other one next; none
    /// where it does already.
    pub const fn minutes_until(self, other: Self) -> u16 {
        (DAY + other.0 - self.0) % DAY
    }

    /// Whether it lies from `from` until before `to`, over midnight where that
    /// is the earlier one.
    pub const fn is_within(self, from: Self, to: Self) -> bool {
        from.minutes_until(self) < from.minutes_until(to)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Debug for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TimeOfDay {
    type Err = NotATimeOfDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = |text: &str, below: u16| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number: &u16| digits && *number < below)
        };
        let (hours, minutes) = text.split_once(':').ok_or(NotATimeOfDay)?;
        match (digits(hours, 24), digits(minutes, 60)) {
            (Some(hours), Some(minutes)) => Ok(Self(hours * 60 + minutes)),
            _ => Err(NotATimeOfDay),
        }
    }
}

impl serde::Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> TimeOfDay {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_of_day_reads_back_from_its_text_and_nothing_else_is_one() {
        for minutes in 0..DAY {
            assert_eq!(TimeOfDay(minutes).to_string().parse(), Ok(TimeOfDay(minutes)));
        }
        for bad in ["", "8:00", "08:0", "24:00", "08:60", "+8:00", "08:00:00", "0800", "é:00"] {
            assert_eq!(bad.parse::<TimeOfDay>(), Err(NotATimeOfDay), "{bad}");
        }
    }

    #[test]
    fn hours_have_their_beginning_and_not_their_end_over_midnight_too() {
        let within = |time, from, to| at(time).is_within(at(from), at(to));
        for (time, inside) in [("07:59", false), ("08:00", true), ("10:59", true), ("11:00", false)] {
            assert_eq!(within(time, "08:00", "11:00"), inside, "{time}");
        }
        for (time, inside) in [("21:59", false), ("22:00", true), ("00:00", true), ("06:00", false)] {
            assert_eq!(within(time, "22:00", "06:00"), inside, "{time}");
        }
        assert!(within("23:59", "22:00", "00:00"));
        assert!(!within("08:00", "08:00", "08:00"));
    }
}
