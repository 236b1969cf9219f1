//! A callback as the API shows it, and the commands on it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::ActorKind;
use crate::calendar::called_party::{CalledParty, ZoneSource};
use crate::callback::action::Action;
use crate::callback::cancellation::Cancellation;
use crate::callback::outcome::{ResultCategory, ResultCode};
use crate::callback::state::StateName;
use crate::callback::transition::Detail;
use crate::callback::waiting::WaitingFor;
use crate::callback::{CallbackType, Origin};
use crate::dial::DialResult;
use crate::id::{AttemptId, CallbackId, HoldToken, ServiceId};
use crate::phone::NumberWarning;
use crate::time::Timestamp;
use crate::wall_time::{Fold, LocalTime};
use crate::wire::user_data::UserData;

/// A callback record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallbackView {
    /// Callback ID.
    pub id: CallbackId,
    /// The service that is to call back.
    pub service: ServiceRef,
    /// The number to call, in E.164 form.
    #[schema(example = "+442079460318")]
    pub customer_number: String,
    /// The same for people, in the groups of its country.
    #[schema(example = "+44 20 7946 0318")]
    pub customer_number_formatted: String,
    /// What is dialled once the call is answered.
    #[schema(example = "12")]
    pub customer_number_extension: Option<String>,
    /// What to tell people about the number.
    pub number_warning: Option<NumberWarning>,
    /// Immediate or scheduled, fixed at origin.
    pub callback_type: CallbackType,
    /// Where the callback stands.
    pub state: StateName,
    /// How it ended; null unless COMPLETED.
    pub result: Option<ResultCode>,
    /// What kind of ending that is; null unless COMPLETED.
    pub result_category: Option<ResultCategory>,
    /// Start of the window in which the customer wants the call.
    pub desired_time: Timestamp,
    /// The wall time that was promised, where one was; only where a single
    /// record is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_local: Option<LocalTime>,
    /// IANA zone of that wall time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/London")]
    pub desired_time_zone: Option<String>,
    /// Length of that window, in seconds.
    pub desired_window_seconds: u32,
    /// Still SCHEDULED although the window has passed.
    pub overdue: bool,
    /// Originated as scheduled: shown by a calendar icon.
    pub scheduled_origin: bool,
    /// What it waits for; null in a conversation and afterwards.
    pub waiting_for: Option<WaitingFor>,
    /// It is about to be cancelled; null unless so.
    pub cancellation: Option<CancellationView>,
    /// What the caller may do with it now.
    pub can: Can,
    /// How the record came about.
    pub origin: Origin,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// One more with each change; also the ETag.
    pub version: i64,
    /// When the record is removed: 14 days after the desired time.
    pub expires_at: Timestamp,
    /// Higher is sooner.
    pub priority: i32,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// IANA zone of the customer's wall clock.
    pub customer_time_zone: Option<String>,
    /// By which clock the customer is called; only where a single record is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called_party: Option<CalledPartyView>,
    /// The record that this one repeats.
    pub recreated_from: Option<CallbackId>,
    /// The record that repeats this one.
    pub recreated_as: Option<CallbackId>,
    /// The integrator's own data, byte for byte; only where a single record is asked
    /// for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub user_data: Option<UserData>,
    /// The customer's recorded name; only where a single record is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_recording: Option<NameRecording>,
    /// Figures, as far as the state has got.
    pub metrics: Metrics,
}

/// By which clock people are called, and whether that was put aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CalledPartyView {
    /// IANA zones of the clocks that may be the customer's.
    #[schema(example = json!(["Europe/London"]))]
    pub time_zones: Vec<String>,
    /// Where they are known from.
    pub source: ZoneSource,
    /// The customer chose a time outside the hours in which people are called.
    pub outside_hours_confirmed: bool,
}

impl CalledPartyView {
    /// The called party of a callback.
    pub fn of(party: &CalledParty, outside_hours_confirmed: bool) -> Self {
        Self {
            time_zones: party.clocks.iter().map(|clock| clock.name.clone()).collect(),
            source: party.source,
            outside_hours_confirmed,
        }
    }
}

/// The customer's name in their own voice, kept beside the callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NameRecording {
    /// What it is recorded as.
    #[schema(example = "audio/wav")]
    pub media_type: String,
    /// Its length, in bytes.
    pub size_bytes: u32,
    /// When it was attached.
    pub created_at: Timestamp,
    /// A recreate until then takes it over; null while the callback is not
    /// over.
    pub kept_until: Option<Timestamp>,
}

/// Most bytes of a name recording: half a minute and more, as telephones record.
pub const NAME_RECORDING_BYTES: usize = 1024 * 1024;

/// A service by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceRef {
    /// Identifier.
    pub id: ServiceId,
    /// The virtual queue's name.
    #[schema(example = "Billing EN")]
    pub name: String,
}

/// What the caller may do with a callback as it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a command of its own")]
pub struct Can {
    /// Move it to another time.
    pub reschedule: bool,
    /// Call it off.
    pub cancel: bool,
    /// Take back a cancellation that has not taken effect.
    pub undo: bool,
    /// Repeat it as a new record.
    pub recreate: bool,
    /// Put it back into the queue after its quarantine.
    pub requeue: bool,
    /// End a conversation whose end nobody reports.
    pub close: bool,
}

/// Figures of a callback. Position and estimated wait are always named, and
/// null where unknown; the others appear as the state advances, and stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Metrics {
    /// Place in the queue of the service, 1 for the next; null where it is not in
    /// line, as `waiting_for` says.
    pub position_in_queue: Option<u32>,
    /// Seconds until its turn, from the queue and its recent throughput.
    pub estimated_wait_seconds: Option<u32>,
    /// Its place when it was in line last, as far as it is known; in single records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_position_in_queue: Option<u32>,
    /// The estimated wait at that place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_estimated_wait_seconds: Option<u32>,
    /// Dial attempts that failed or connected. Those that our side or the network did not
    /// manage do not count.
    pub attempts_made: u32,
    /// Dial attempts in all, by the retry policy of the service.
    pub max_attempts: u32,
    /// User name of who made it in the Callback UI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// User name of who rescheduled it last in the Callback UI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rescheduled_by: Option<String>,
    /// User name of who cancelled it in the Callback UI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_by: Option<String>,
    /// User name of who recreated it in the Callback UI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recreated_by: Option<String>,
    /// How often it was rescheduled.
    #[serde(skip_serializing_if = "is_zero")]
    pub reschedule_count: u32,
    /// When it was rescheduled last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_rescheduled_at: Option<Timestamp>,
    /// When the customer began to wait elsewhere, as the request said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<Timestamp>,
    /// When it entered the queue first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued_at: Option<Timestamp>,
    /// Not handed out before this time, after a failed attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// When the first attempt that counts began, as far as its outcome is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_attempted_at: Option<Timestamp>,
    /// Whether that was inside the desired window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempted_on_time: Option<bool>,
    /// Since when it is not handed out until a person decides: its lease ran out
    /// too often, or its window passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantined_at: Option<Timestamp>,
    /// The reserved agent, or the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// When that agent was reserved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_reserved_at: Option<Timestamp>,
    /// When agent and customer were connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_connected_at: Option<Timestamp>,
    /// Whether that was inside the desired window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_on_time: Option<bool>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// The router's own word for the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// Seconds from entering the queue until an agent was reserved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_for_agent_seconds: Option<i64>,
    /// Seconds from the reservation until the call stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub establish_seconds: Option<i64>,
    /// Seconds that agent and customer were connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handling_seconds: Option<i64>,
    /// Seconds from the desired time until the call stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub punctuality_seconds: Option<i64>,
    /// Results of the dial attempts, oldest first; only where a single record
    /// is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dial_results: Vec<DialResult>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// A request for a callback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCallback {
    /// Now, or at a chosen time.
    pub callback_type: CallbackType,
    /// The service that is to call back.
    pub service_id: ServiceId,
    /// The number to call, in national form of the service's country or in
    /// international form, with its extension if it has one.
    #[schema(example = "+44 20 7946 0318", min_length = 1, max_length = 40)]
    pub customer_number: String,
    /// The chosen time; for a scheduled callback only, and then required, unless
    /// `desired_local` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_time: Option<Timestamp>,
    /// The chosen time as the clock in `time_zone` shows it, instead of
    /// `desired_time`. It is kept: where the law on that clock changes, the
    /// callback moves with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_local: Option<LocalTime>,
    /// IANA zone of `desired_local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/London", max_length = 64)]
    pub time_zone: Option<String>,
    /// Which one is meant where clocks go back and show `desired_local` twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
    /// A place that is held, instead of `desired_time`: it becomes the booking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldToken>,
    /// The customer wants that time although people are not called at that hour of their
    /// own clock.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside_hours_confirmed: bool,
    /// IANA zone of the customer's wall clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/London", max_length = 64)]
    pub customer_time_zone: Option<String>,
    /// BCP 47 language tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "en-GB", max_length = 35, pattern = "^[A-Za-z0-9]{2,8}(-[A-Za-z0-9]{1,8})*$")]
    pub language: Option<String>,
    /// Higher is sooner; 0 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -1000, maximum = 1000)]
    pub priority: Option<i32>,
    /// The integrator's own data: an object of at most 16 KiB and 32 levels, given
    /// back byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub user_data: Option<UserData>,
    /// When the customer began to wait elsewhere, such as on the line; keeps
    /// their place in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<Timestamp>,
}

/// How a request says when the customer wants the call: an instant, a wall time with
/// its zone, or a place that is held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChosenTime {
    /// The instant.
    pub desired_time: Option<Timestamp>,
    /// The wall time.
    pub desired_local: Option<LocalTime>,
    /// IANA zone of the wall time.
    pub time_zone: Option<String>,
    /// Which one is meant where clocks show it twice.
    pub fold: Option<Fold>,
    /// A place that is held.
    pub hold: Option<HoldToken>,
    /// The customer wants it although it is no hour to call people at.
    pub outside_hours_confirmed: bool,
}

macro_rules! chosen_time {
    ($($request:ty),*) => {
        $(impl From<&$request> for ChosenTime {
            fn from(request: &$request) -> Self {
                Self {
                    desired_time: request.desired_time,
                    desired_local: request.desired_local,
                    time_zone: request.time_zone.clone(),
                    fold: request.fold,
                    hold: request.hold,
                    outside_hours_confirmed: request.outside_hours_confirmed,
                }
            }
        })*
    };
}

chosen_time!(CreateCallback, RescheduleCallback, RecreateCallback);

/// A new desired time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RescheduleCallback {
    /// Start of the window from now on; or `desired_local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_time: Option<Timestamp>,
    /// The chosen time as the clock in `time_zone` shows it, instead of
    /// `desired_time`. It is kept: where the law on that clock changes, the
    /// callback moves with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_local: Option<LocalTime>,
    /// IANA zone of `desired_local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/London", max_length = 64)]
    pub time_zone: Option<String>,
    /// Which one is meant where clocks go back and show `desired_local` twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
    /// A place that is held, instead of `desired_time`: it becomes the booking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldToken>,
    /// The customer wants that time although people are not called at that hour of their
    /// own clock.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside_hours_confirmed: bool,
}

/// A place to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateHold {
    /// The time of the callback to come.
    pub from: Timestamp,
    /// Its number, if that is known: the callback has to be for this one then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "+44 20 7946 0318", min_length = 1, max_length = 40)]
    pub customer_number: Option<String>,
}

/// A place that was just held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewHold {
    /// The secret that turns it into a callback, shown this once.
    pub hold: HoldToken,
    /// The time that is held.
    pub from: Timestamp,
    /// When the hold ends.
    pub expires_at: Timestamp,
}

/// A place that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldState {
    /// The time that is held.
    pub from: Timestamp,
    /// When the hold ends.
    pub expires_at: Timestamp,
}

/// How a callback is to be cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CancelCallback {
    /// Seconds for which this can be undone; meanwhile nobody is called. At once
    /// unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 60)]
    pub undo_seconds: Option<u32>,
}

/// A cancellation that has not taken effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CancellationView {
    /// Who asked for it.
    pub by: ActorView,
    /// When.
    pub requested_at: Timestamp,
    /// Until then it can be undone.
    pub effective_at: Timestamp,
}

impl From<&Cancellation> for CancellationView {
    fn from(pending: &Cancellation) -> Self {
        Self {
            by: ActorView { kind: pending.by.kind, name: pending.by.name.clone() },
            requested_at: pending.requested_at,
            effective_at: pending.effective_at,
        }
    }
}

/// How a conversation ended whose end nobody reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseCallback {
    /// The callback's result: a success or a failure.
    pub result: ResultCode,
    /// Why, for the timeline.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// How a finished callback is to be repeated; what is not said is taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecreateCallback {
    /// Now, or at a chosen time.
    pub callback_type: CallbackType,
    /// Another service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<ServiceId>,
    /// Another number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40)]
    pub customer_number: Option<String>,
    /// The chosen time; for a scheduled callback only, and then required, unless
    /// `desired_local` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_time: Option<Timestamp>,
    /// The chosen time as the clock in `time_zone` shows it, instead of
    /// `desired_time`. It is kept: where the law on that clock changes, the
    /// callback moves with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_local: Option<LocalTime>,
    /// IANA zone of `desired_local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/London", max_length = 64)]
    pub time_zone: Option<String>,
    /// Which one is meant where clocks go back and show `desired_local` twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
    /// A place that is held, instead of `desired_time`: it becomes the booking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldToken>,
    /// The customer wants that time although people are not called at that hour of their
    /// own clock.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside_hours_confirmed: bool,
}

/// A line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub action: Action,
    /// Who did it.
    pub actor: ActorView,
    /// The state before; null for a new record.
    pub from_state: Option<StateName>,
    /// The state after.
    pub to_state: StateName,
    /// The callback's version after it.
    pub version: i64,
    /// What else there is to know.
    pub detail: Detail,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActorView {
    /// A person, a machine, or Ringback itself.
    pub kind: ActorKind,
    /// User name, key name, or the part of Ringback.
    pub name: String,
}

/// One reservation of a callback and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptView {
    /// Identifier.
    pub id: AttemptId,
    /// The agent as the router named it.
    pub agent: String,
    /// When the agent was reserved.
    pub reserved_at: Timestamp,
    /// When agent and customer were connected.
    pub connected_at: Option<Timestamp>,
    /// When the attempt ended; null while it is open.
    pub ended_at: Option<Timestamp>,
    /// What ended it; null while it is open.
    pub ended_by: Option<Action>,
    /// How the dial ended, where there was one.
    pub dial_result: Option<DialResult>,
}

/// All of a list that is never long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Items<T> {
    /// The items, in their natural order.
    pub items: Vec<T>,
}
