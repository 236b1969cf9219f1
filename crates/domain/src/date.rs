//! Days of the calendar, without a time or a zone.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

/// A day of the Gregorian calendar, in the years 1 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, format = Date, example = "2026-12-24")]
pub struct LocalDate(NaiveDate);

/// The text is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Use a date such as 2026-12-24.")]
pub struct NotADate;

/// A day of the week.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl LocalDate {
    /// The day that lies so many days after 1970-01-01, held inside the years 1 to 9999.
    pub fn from_days(days: i64) -> Self {
        let (first, last) = (Self::day_number(1, 1, 1), Self::day_number(9999, 12, 31));
        let days = i32::try_from(days.clamp(first, last)).unwrap_or_default();
        Self(NaiveDate::from_epoch_days(days).unwrap_or_default())
    }

    fn day_number(year: i32, month: u32, day: u32) -> i64 {
        NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default().to_epoch_days().into()
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i64 {
        self.0.to_epoch_days().into()
    }

    /// The day that lies so many days later, or earlier if negative.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_days(self.days() + days)
    }

    /// Its day of the week.
    pub fn weekday(self) -> Weekday {
        Weekday::VARIANTS[self.0.weekday().num_days_from_monday() as usize]
    }

    /// Its year.
    pub fn year(self) -> i32 {
        self.0.year()
    }
}

impl FromStr for LocalDate {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = text.parse().map(Self).map_err(|_| NotADate)?;
        // Signs, spaces and missing zeros would read back as another text.
        if date.to_string() == text && date.year() > 0 { Ok(date) } else { Err(NotADate) }
    }
}

impl fmt::Display for LocalDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for LocalDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for LocalDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_reads_back_from_its_text_and_nothing_else_is_one() {
        for text in ["0001-01-01", "2026-11-27", "2028-02-29", "9999-12-31"] {
            assert_eq!(text.parse::<LocalDate>().unwrap().to_string(), text);
        }
        for bad in ["", "2026-1-1", "2027-02-29", "+2026-01-01", "0000-01-01", "2026-01-01Z", " 2026-01-01"] {
            assert_eq!(bad.parse::<LocalDate>(), Err(NotADate), "{bad}");
        }
    }

    #[test]
    fn days_follow_each_other_through_the_week() {
        let friday: LocalDate = "2026-11-27".parse().unwrap();
        assert_eq!(friday.weekday(), Weekday::Fri);
        assert_eq!(friday.plus_days(3).weekday(), Weekday::Mon);
        assert_eq!(friday.plus_days(-730).to_string(), "2024-11-27");
        assert_eq!(LocalDate::from_days(friday.days()), friday);
        assert_eq!(LocalDate::from_days(i64::MAX).to_string(), "9999-12-31");
    }
}
