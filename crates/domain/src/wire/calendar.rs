//! Calendars of office hours and capacity rules.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::calendar::availability::Unavailable;
use crate::calendar::capacity::{CapacityException, CapacityInterval};
use crate::calendar::office_hours::{DateException, OpenInterval};
use crate::calendar::schedule::Weekly;
use crate::date::LocalDate;
use crate::id::{CalendarId, CapacityRuleId};
use crate::time::Timestamp;
use crate::wire::callback::ServiceRef;

/// Characters of the name of a calendar or a rule.
pub const MAX_RULE_NAME_CHARS: usize = 100;

/// Calendars, and rules of each kind.
pub const MAX_RULES: i64 = 500;

/// Exceptions of a calendar or a rule: every day of two years.
pub const MAX_EXCEPTIONS: usize = 732;

/// Holiday sets of a calendar.
pub const MAX_HOLIDAY_SETS: usize = 20;

/// Events of an imported calendar file.
pub const MAX_IMPORTED_EVENTS: usize = 5_000;

/// Characters of the source of an exception.
pub const MAX_SOURCE_CHARS: usize = 300;

/// Characters of the label of an exception.
pub const MAX_LABEL_CHARS: usize = 100;

/// A calendar of office hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfficeHoursView {
    /// Identifier.
    pub id: CalendarId,
    /// Its name, unique.
    #[schema(example = "Berlin office")]
    pub name: String,
    /// IANA zone of the clock that its times are read on.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// The hours of each day of the week.
    pub weekly: Weekly<OpenInterval>,
    /// Other hours for single dates, in order.
    pub exceptions: Vec<DateException>,
    /// The sets of public holidays whose dates are among the exceptions.
    pub holiday_sets: Vec<String>,
    /// The services that use it, of those that the caller may see.
    pub used_by: Vec<ServiceRef>,
    /// Raised by each change; also the ETag.
    pub version: i64,
}

/// A calendar as it is created and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfficeHoursCalendar {
    /// Its name, unique.
    #[schema(example = "Berlin office", min_length = 1, max_length = 100)]
    pub name: String,
    /// IANA zone of the clock that its times are read on.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// The hours of each day of the week; closed where there are none.
    #[serde(default)]
    pub weekly: Weekly<OpenInterval>,
    /// Other hours for single dates. What is said of a date is everything about it.
    #[serde(default)]
    #[schema(max_items = 732)]
    pub exceptions: Vec<DateException>,
    /// Sets of public holidays, by their codes. Their dates of two years ahead become exceptions
    /// with the source `holiday:` and the code, unless there is another for the date.
    #[serde(default)]
    #[schema(max_items = 20, example = json!(["DE-BE"]))]
    pub holiday_sets: Vec<String>,
}

/// Changes of a calendar; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditOfficeHours {
    /// Another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Another IANA zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Other hours for the whole week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly: Option<Weekly<OpenInterval>>,
    /// Other exceptions instead of all that there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 732)]
    pub exceptions: Option<Vec<DateException>>,
    /// Other sets of public holidays instead of all that there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 20)]
    pub holiday_sets: Option<Vec<String>>,
}

/// The public holidays of a country, or of a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HolidaySet {
    /// By which a calendar names it.
    #[schema(example = "DE-BE")]
    pub code: String,
    /// ISO 3166 code of the country.
    #[schema(example = "DE")]
    pub country: String,
    /// Country and part.
    #[schema(example = "Germany, Berlin")]
    pub name: String,
}

/// What became of a calendar file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedCalendar {
    /// Exceptions that were added.
    pub new: u32,
    /// Exceptions that were changed or moved to another date.
    pub changed: u32,
    /// Exceptions that are as they were.
    pub unchanged: u32,
    /// What was left out.
    pub skipped: Vec<SkippedEvent>,
}

/// An event, or a date of it, that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SkippedEvent {
    /// Its identifier in the file; null where it has none.
    pub uid: Option<String>,
    /// Its date; null where it is the whole event.
    pub date: Option<LocalDate>,
    /// Why.
    pub reason: SkipReason,
}

/// Why an event of a calendar file was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// It has no UID, or none that can be kept.
    NoUid,
    /// It has no date that can be read, or ends before it begins.
    NoDate,
    /// It takes part of a day only.
    NotAllDay,
    /// It repeats. Export the single dates.
    Repeats,
    /// It was called off.
    Cancelled,
    /// It is over.
    Past,
    /// The calendar has another exception for the date.
    Taken,
}

/// When a calendar is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OpenQuery {
    /// The instant; now if not given.
    #[param(example = "2026-12-24T10:00:00Z")]
    pub at: Option<Timestamp>,
}

/// Whether a calendar is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenState {
    /// Whether it is.
    pub open: bool,
    /// Since when, within the 60 days before; null if for longer.
    pub since: Option<Timestamp>,
    /// Until when, within the 60 days after; null if for longer.
    pub until: Option<Timestamp>,
    /// What people call the exception that counts on that date.
    pub label: Option<String>,
}

/// A capacity rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CapacityRuleView {
    /// Identifier.
    pub id: CapacityRuleId,
    /// Its name, unique.
    #[schema(example = "Sales pool")]
    pub name: String,
    /// IANA zone of the clock that its times are read on.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// Length of a slot, in minutes.
    #[schema(example = 15)]
    pub slot_minutes: u16,
    /// The capacity of the slots of each day of the week; none where nothing is said.
    pub weekly: Weekly<CapacityInterval>,
    /// Other capacity for single dates, in order.
    pub exceptions: Vec<CapacityException>,
    /// The services that share it, of those that the caller may see.
    pub used_by: Vec<ServiceRef>,
    /// Raised by each change; also the ETag.
    pub version: i64,
}

/// A capacity rule as it is created and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityRule {
    /// Its name, unique.
    #[schema(example = "Sales pool", min_length = 1, max_length = 100)]
    pub name: String,
    /// IANA zone of the clock that its times are read on.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// Length of a slot in minutes: 5, 6, 10, 12, 15, 20, 30 or 60.
    #[schema(example = 15, minimum = 5, maximum = 60)]
    pub slot_minutes: u16,
    /// The capacity of the slots of each day of the week; none where nothing is said.
    #[serde(default)]
    pub weekly: Weekly<CapacityInterval>,
    /// Other capacity for single dates. What is said of a date is everything about it.
    #[serde(default)]
    #[schema(max_items = 732)]
    pub exceptions: Vec<CapacityException>,
}

/// Changes of a capacity rule; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditCapacityRule {
    /// Another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Another IANA zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Another length of a slot in minutes: 5, 6, 10, 12, 15, 20, 30 or 60. What is
    /// booked keeps its desired time and counts in the new slot around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 5, maximum = 60)]
    pub slot_minutes: Option<u16>,
    /// Other capacity for the whole week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly: Option<Weekly<CapacityInterval>>,
    /// Other exceptions instead of all that there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 732)]
    pub exceptions: Option<Vec<CapacityException>>,
}

/// Which slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncludeSlots {
    /// Those that can be booked.
    #[default]
    Bookable,
    /// All, with the reason of those that cannot.
    All,
}

/// Most days that one request for slots can cover.
pub const MAX_AVAILABILITY_DAYS: i64 = 62;

/// Most slots of one answer.
pub const MAX_SLOTS: usize = 3_000;

/// Which slots of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AvailabilityQuery {
    /// From this instant on; now if not given.
    pub from: Option<Timestamp>,
    /// Until before this instant, 62 days later at most; 7 days later if not given.
    pub to: Option<Timestamp>,
    /// IANA zone in which `local` is written; that of the service if not given.
    #[param(example = "Europe/London")]
    pub time_zone: Option<String>,
    /// The number that is to be called: slots at whose beginning it is no hour to call
    /// there are not bookable.
    #[param(max_length = 100, example = "020 7946 0318")]
    pub customer_number: Option<String>,
    /// IANA zone of the customer's clock, which counts for more than the number.
    #[param(max_length = 64, example = "Europe/London")]
    pub customer_time_zone: Option<String>,
    /// Which of them.
    pub include: Option<IncludeSlots>,
}

/// A slot of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SlotView {
    /// When it begins. A callback with this desired time is in it.
    pub from: Timestamp,
    /// When the next begins.
    pub to: Timestamp,
    /// What a clock shows at its beginning, with the clock's offset from UTC.
    #[schema(example = "2026-12-01T10:30:00+01:00")]
    pub local: String,
    /// Callbacks that it can hold; null where there is no limit.
    pub capacity: Option<u32>,
    /// Callbacks that are booked into it, of all services that share the capacity.
    pub booked: u32,
    /// Places that are held for callbacks to come, of the same services.
    pub held: u32,
    /// Whether a callback can be booked.
    pub bookable: bool,
    /// Why not.
    pub reason: Option<Unavailable>,
    /// What people call the exception that closes it.
    pub label: Option<String>,
}

/// Slots of a service, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Availability {
    /// The slots.
    pub items: Vec<SlotView>,
    /// Where to go on, as `from`; null if these are all.
    pub next: Option<Timestamp>,
}

impl OfficeHoursView {
    /// A calendar as it is kept, and who uses it.
    pub fn of(
        id: CalendarId,
        calendar: &OfficeHoursCalendar,
        used_by: Vec<ServiceRef>,
        version: i64,
    ) -> Self {
        let OfficeHoursCalendar { name, time_zone, weekly, exceptions, holiday_sets } = calendar.clone();
        Self { id, name, time_zone, weekly, exceptions, holiday_sets, used_by, version }
    }
}

impl CapacityRuleView {
    /// A rule as it is kept, and who shares it.
    pub fn of(id: CapacityRuleId, rule: &CapacityRule, used_by: Vec<ServiceRef>, version: i64) -> Self {
        let CapacityRule { name, time_zone, slot_minutes, weekly, exceptions } = rule.clone();
        Self { id, name, time_zone, slot_minutes, weekly, exceptions, used_by, version }
    }
}
