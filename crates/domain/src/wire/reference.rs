//! The tables that the server computes by.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::time::Timestamp;

/// Most time zones that one request may ask about.
pub const MAX_TIME_ZONES: usize = 100;

/// Which time zones are asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ReferenceQuery {
    /// IANA names; repeat it for several, 100 at most.
    #[param(max_items = 100, example = json!(["Europe/London"]))]
    pub time_zone: Vec<String>,
}

/// The releases of the server and its tables, and the clocks of time zones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReferenceData {
    /// Release of the server.
    #[schema(example = "0.1.0")]
    pub server: String,
    /// Release of the IANA time zone database in use.
    #[schema(example = "2026f")]
    pub time_zone_database: String,
    /// Release of the tables by which phone numbers are read.
    #[schema(example = "9.0.42")]
    pub phone_number_tables: String,
    /// The clocks of the time zones that were asked about and exist.
    pub time_zones: Vec<ZoneClock>,
}

/// What the clock of a time zone shows, from some weeks ago until a year from now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ZoneClock {
    /// IANA name.
    #[schema(example = "Europe/London")]
    pub name: String,
    /// The offsets in order, each in force until the next begins.
    pub offsets: Vec<ZoneOffset>,
    /// Until when the last one is known to be in force.
    pub until: Timestamp,
}

/// An offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ZoneOffset {
    /// When it begins to be in force, or from when on it is known.
    pub from: Timestamp,
    /// Seconds that the clock is ahead of UTC.
    #[schema(example = 3600)]
    pub seconds: i32,
}
