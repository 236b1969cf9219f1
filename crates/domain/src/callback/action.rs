//! What happened to a callback, by name.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

/// What happened to a callback: one word for each line of the timeline.
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
pub enum Action {
    /// The record was made.
    Created,
    /// Its desired time was moved.
    Rescheduled,
    /// The law on its wall clock changed: the wall time stayed, the desired time
    /// moved.
    ClocksChanged,
    /// Its service was closed when it was due: it moved to when the service opens.
    RolledForward,
    /// It was due and entered the queue.
    Submitted,
    /// An agent was reserved for it.
    Reserved,
    /// Agent and customer were connected.
    Connected,
    /// The router gave it back.
    Released,
    /// The reservation ran out.
    LeaseExpired,
    /// Its lease ran out too often: it is not handed out until a person decides.
    Quarantined,
    /// A person put it back into the queue.
    Requeued,
    /// The dial failed.
    AttemptFailed,
    /// The conversation ended.
    Finished,
    /// A person ended a conversation that nobody reported the end of.
    Closed,
    /// It is about to be called off, which can be undone for some seconds.
    CancellationRequested,
    /// It is not called off after all.
    CancellationUndone,
    /// It was called off.
    Cancelled,
    /// It was repeated as a new record.
    Recreated,
    /// Its service was closed when it was due.
    BusinessClosed,
    /// Its number may not be called any more.
    NumberBlocked,
    /// It could not be made in time.
    MissedWindow,
    /// It was not made while its record was kept.
    Expired,
}
