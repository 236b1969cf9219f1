//! A promised callback.

pub mod action;
pub mod cancellation;
mod due;
pub mod gates;
pub mod outcome;
mod refusal;
mod retry;
pub mod rules;
pub mod state;
pub mod transition;
pub mod waiting;

pub use retry::Retry;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::callback::cancellation::Cancellation;
use crate::callback::state::State;
use crate::dial::DialCounts;
use crate::id::{CallbackId, ServiceId};
use crate::phone::{Extension, NumberWarning, PhoneNumber};
use crate::time::Timestamp;
use crate::wall_time::WallTime;

/// A callback: what was asked for, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Callback {
    /// Shown as Callback ID.
    pub id: CallbackId,
    /// What the customer asked for; never changes.
    pub request: Request,
    /// How the record came about.
    pub origin: Origin,
    /// When the record was made.
    pub created_at: Timestamp,
    /// The person who made it, if a person did.
    pub created_by: Option<String>,
    /// Start of the window in which the customer wants the call.
    pub desired_time: Timestamp,
    /// The wall time that it stands for, where a person chose one.
    pub wall_time: Option<WallTime>,
    /// Length of that window, in seconds; fixed when the record is made.
    pub desired_window_seconds: u32,
    /// Until when the customer may be called at any hour: an immediate callback for two
    /// hours after its request, and one for a time outside the hours in which people are
    /// called for two hours after that time; otherwise `None`.
    pub spared_until: Option<Timestamp>,
    /// What rescheduling has happened.
    pub reschedules: Reschedules,
    /// How its dials ended so far.
    pub dial_counts: DialCounts,
    /// When the first attempt that counts began.
    pub first_attempted_at: Option<Timestamp>,
    /// What orders the queue after priority; computed when it enters the queue, and the
    /// desired time before that.
    pub queue_arrival: Timestamp,
    /// Leases that ran out in a row: the routers that held it said nothing.
    pub leases_lost: u32,
    /// Where it stood when it was in line last.
    pub last_place: Option<QueuePlace>,
    /// A cancellation that can still be undone.
    pub cancellation: Option<Cancellation>,
    /// Agents who are offered others for the time being.
    pub agent_pauses: Vec<AgentPause>,
    /// The record that this one repeats.
    pub recreated_from: Option<CallbackId>,
    /// The record that repeats this one.
    pub recreated_as: Option<CallbackId>,
    /// The person who recreated: on the old and on the new record.
    pub recreated_by: Option<String>,
    /// Where it stands.
    pub state: State,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// 1 when made, one more with each change.
    pub version: i64,
}

/// What the customer asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The service that is to call back.
    pub service_id: ServiceId,
    /// The number to call.
    pub customer_number: PhoneNumber,
    /// What is dialled once the call is answered.
    pub customer_number_extension: Option<Extension>,
    /// What people are told about the number.
    pub number_warning: Option<NumberWarning>,
    /// Now, or at a chosen time; fixed at origin.
    pub callback_type: CallbackType,
    /// When the customer began to wait elsewhere, such as on the line: keeps
    /// the place in the queue. Otherwise the desired time counts.
    pub arrived_at: Option<Timestamp>,
    /// IANA zone of the customer's wall clock.
    pub customer_time_zone: Option<String>,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// Higher is sooner.
    pub priority: i32,
    /// Whatever the integrator wants back, as a JSON object; never logged.
    pub user_data: Option<String>,
}

/// Rescheduling so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reschedules {
    /// How often.
    pub count: u32,
    /// When last.
    pub last_at: Option<Timestamp>,
    /// The person who did it last, if a person did.
    pub last_by: Option<String>,
}

/// A place in the queue of a service, as people saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// 1 for the next.
    pub position: u32,
    /// Seconds until its turn; `None` if the service had connected nobody recently.
    pub estimated_wait_seconds: Option<u32>,
}

/// An agent who gave the callback back and is not offered it until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentPause {
    /// The agent's name as the router gave it.
    pub agent: String,
    /// When the pause ends.
    pub until: Timestamp,
}

/// Whether the customer chose a time.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
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
pub enum CallbackType {
    /// As soon as an agent is free.
    Immediate,
    /// At a date and time.
    Scheduled,
}

/// How a record came about.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
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
pub enum Origin {
    /// A person in the Callback UI.
    Ui,
    /// A machine.
    Api,
    /// Recreated from an earlier record.
    Recreate,
}

impl Callback {
    /// Whether it was promised for a time ahead, at first or when it was moved.
    pub fn is_appointment(&self) -> bool {
        self.request.callback_type == CallbackType::Scheduled || self.reschedules.count > 0
    }

    /// Whether the customer chose a time that is no hour to call people at.
    pub fn is_outside_hours(&self) -> bool {
        self.is_appointment() && self.spared_until.is_some()
    }

    /// The place that it takes in the queue: by the desired time, which counts for more
    /// where that was promised, or by the customer's arrival elsewhere if that was
    /// earlier. Whoever is moved to another time gives the old place up.
    fn arrival(&self, appointment_lead_seconds: u32) -> Timestamp {
        let lead = if self.is_appointment() { appointment_lead_seconds } else { 0 };
        let due = self.desired_time.plus_seconds(-i64::from(lead));
        let arrived_at = self.request.arrived_at.filter(|_| self.reschedules.count == 0);
        arrived_at.map_or(due, |at| at.min(due))
    }

    /// Dial attempts that failed or connected, without those that do not count.
    pub fn attempts_made(&self) -> u32 {
        self.dial_counts.counted()
    }

    /// Whether this agent is offered others for the time being.
    pub fn is_paused_for(&self, agent: &str, now: Timestamp) -> bool {
        self.agent_pauses.iter().any(|pause| pause.agent == agent && now < pause.until)
    }

    /// When the record is removed.
    pub fn expires_at(&self) -> Timestamp {
        crate::retention::expires_at(self.desired_time)
    }
}
