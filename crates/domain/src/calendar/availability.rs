//! Whether a callback can be promised for a time: the one rule for what is offered,
//! booked and moved.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use super::called_party::CalledParty;
use super::capacity::{Capacity, DEFAULT_SLOT_MINUTES, Grid, Slot, grids, slots};
use super::office_hours::ServiceHours;
use crate::service::Settings;
use crate::time::Timestamp;
use crate::zone::{Span, ZoneClock};

/// Why a time cannot be booked. Of several the first in this order is named.
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
pub enum Unavailable {
    /// It is over, or has begun.
    Past,
    /// It is nearer than the service's minimum notice.
    TooSoon,
    /// It is further ahead than the service plans.
    BeyondHorizon,
    /// The service takes no new scheduled callbacks.
    NotAccepting,
    /// The service is closed then.
    Closed,
    /// The service is closed on that date, by an exception.
    Exception,
    /// No capacity is planned for it.
    NoCapacity,
    /// All of its capacity is booked.
    Full,
    /// What is not booked of its capacity is held for others, for some minutes.
    Held,
    /// As many callbacks are pending as the service allows.
    LimitReached,
    /// It is no hour to call the customer at, by the customer's own clock.
    OutsidePermittedHours,
}

/// The capacity of a service, on the clock that it is read on.
#[derive(Clone, Copy, Debug)]
pub struct ServiceCapacity<'a> {
    /// Its rule; without one it can hold any number.
    pub rule: Option<&'a Capacity>,
    /// The clock of the rule's zone, or of the service's.
    pub clock: &'a ZoneClock,
}

impl ServiceCapacity<'_> {
    /// The grids of its slots, to count by.
    pub fn grids(&self, within: Span) -> Vec<Grid> {
        let slot_minutes = self.rule.map_or(DEFAULT_SLOT_MINUTES, Capacity::slot_minutes);
        grids(self.clock, slot_minutes, within)
    }

    /// The slots that begin within a stretch of time; the capacity is `None` where it
    /// has no limit.
    pub fn slots(&self, within: Span) -> Vec<(Span, Option<u32>)> {
        match self.rule {
            Some(rule) => {
                let all = rule.slots(self.clock, within).into_iter();
                all.map(|Slot { span, capacity }| (span, Some(capacity))).collect()
            }
            None => {
                slots(self.clock, DEFAULT_SLOT_MINUTES, within).into_iter().map(|span| (span, None)).collect()
            }
        }
    }
}

/// What is taken of a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Callbacks that are booked into it.
    pub booked: u32,
    /// Places that are held for callbacks to come.
    pub held: u32,
}

/// Why a callback cannot be promised for `at`, with what its slot can hold, what is taken
/// of it, and the customer if anything is known of one; `None` if it can.
pub fn unavailable(
    settings: &Settings,
    hours: &ServiceHours<'_>,
    now: Timestamp,
    at: Timestamp,
    capacity: Option<u32>,
    taken: Taken,
    party: Option<&CalledParty>,
) -> Option<Unavailable> {
    let refusal = match outside_hours(settings, hours, now, at) {
        Some(time @ (Unavailable::Past | Unavailable::TooSoon | Unavailable::BeyondHorizon)) => Some(time),
        _ if !settings.accept_new || !settings.scheduled_enabled => Some(Unavailable::NotAccepting),
        closed => closed.or_else(|| capacity.and_then(|capacity| without_room(capacity, taken))),
    };
    refusal.or_else(|| outside_permitted_hours(party, at))
}

/// Why the customer is not called at this hour.
pub fn outside_permitted_hours(party: Option<&CalledParty>, at: Timestamp) -> Option<Unavailable> {
    party.filter(|party| !party.permits(at)).map(|_| Unavailable::OutsidePermittedHours)
}

/// Why a callback cannot be promised for `at`, whatever the capacity, and whether or
/// not the service takes new ones.
pub fn outside_hours(
    settings: &Settings,
    hours: &ServiceHours<'_>,
    now: Timestamp,
    at: Timestamp,
) -> Option<Unavailable> {
    if at <= now {
        Some(Unavailable::Past)
    } else if at < now.plus_seconds(i64::from(settings.minimum_notice_seconds)) {
        Some(Unavailable::TooSoon)
    } else if at > settings.latest_time(now) {
        Some(Unavailable::BeyondHorizon)
    } else if !hours.is_open(at) {
        Some(if hours.exception(at).is_some() { Unavailable::Exception } else { Unavailable::Closed })
    } else {
        None
    }
}

/// Why a slot takes no further callback.
pub const fn without_room(capacity: u32, taken: Taken) -> Option<Unavailable> {
    if capacity == 0 {
        Some(Unavailable::NoCapacity)
    } else if taken.booked >= capacity {
        Some(Unavailable::Full)
    } else if taken.booked.saturating_add(taken.held) >= capacity {
        Some(Unavailable::Held)
    } else {
        None
    }
}
