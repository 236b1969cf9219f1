//! The tables that the server computes by.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::callback::state::StateName;
use crate::id::CallbackId;
use crate::phone::NumberWarning;
use crate::time::Timestamp;
use crate::wire::callback::ServiceRef;
use crate::wire::number_rule::NumberRuleRef;
pub use crate::zone::{ZoneClock, ZoneOffset};

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

/// Which number is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NumberQuery {
    /// The number as it would be sent to create a callback.
    #[param(max_length = 100, example = "020 7946 0318")]
    pub number: String,
}

/// How a service reads a number, and what is open for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NumberReading {
    /// The number that would be called, in E.164 form.
    #[schema(example = "+442079460318")]
    pub customer_number: String,
    /// The same for people, in the groups of its country.
    #[schema(example = "+44 20 7946 0318")]
    pub formatted: String,
    /// What would be dialled once the call is answered.
    pub extension: Option<String>,
    /// ISO 3166 code of its country; null where it is of none, or not known.
    #[schema(example = "GB")]
    pub country: Option<String>,
    /// What kind of number it is; null where that is not known.
    pub kind: Option<NumberKind>,
    /// It has a length of its country, but is in no range that is in use there as
    /// far as the tables know.
    pub possible_only: bool,
    /// What people are told about the number.
    pub warning: Option<NumberWarning>,
    /// The number rule by which the service does not call it; null where it does.
    pub refused_by: Option<NumberRuleRef>,
    /// Whether it is on the do-not-call list.
    pub do_not_call: bool,
    /// Callbacks for it that are not over, latest desired time first, 10 at most;
    /// those that the caller may see.
    pub open_callbacks: Vec<OpenCallback>,
}

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberKind {
    /// A landline.
    FixedLine,
    /// A mobile phone.
    Mobile,
    /// One of the two: the number does not tell.
    FixedLineOrMobile,
    /// Free for the caller.
    TollFree,
    /// Expensive for the caller.
    PremiumRate,
    /// Any other kind.
    Other,
}

/// A callback that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenCallback {
    /// Callback ID.
    pub id: CallbackId,
    /// Where it stands.
    pub state: StateName,
    /// Start of its window.
    pub desired_time: Timestamp,
    /// The service that is to call back.
    pub service: ServiceRef,
}
