//! What the tests of the state machine share.

use ringback_domain::callback::state::Reservation;
use ringback_domain::callback::transition::{Claim, NewCallback};
use ringback_domain::{
    Actor, ActorKind, AttemptId, CallbackId, CallbackType, PhoneNumber, Request, ServiceId, Timestamp,
};
use uuid::Uuid;

pub(crate) fn machine() -> Actor {
    Actor { kind: ActorKind::ApiKey, name: "ivr".to_owned() }
}

/// A request for a callback now, or at the time given.
pub(crate) fn request(id: u128, desired_time: Option<Timestamp>) -> NewCallback {
    let number = PhoneNumber::try_from("+442079460318".to_owned());
    NewCallback {
        id: CallbackId(Uuid::from_u128(id)),
        request: Request {
            service_id: ServiceId(Uuid::from_u128(1)),
            customer_number: number.expect("a number"),
            customer_number_extension: None,
            number_warning: None,
            callback_type: desired_time.map_or(CallbackType::Immediate, |_| CallbackType::Scheduled),
            arrived_at: None,
            customer_time_zone: None,
            language: None,
            priority: 0,
            user_data: None,
        },
        desired_time: desired_time.map(Into::into),
        desired_window_seconds: 120,
    }
}

/// The reservation that opens an attempt; token and agent go by its number.
pub(crate) fn reservation(attempt: u128, now: Timestamp, lease_seconds: i64) -> Reservation {
    Reservation {
        attempt_id: AttemptId(Uuid::from_u128(attempt)),
        lease_token: format!("token {attempt}"),
        agent: format!("agent {}", attempt % 3),
        holder: "router".to_owned(),
        reserved_at: now,
        lease_expires_at: now.plus_seconds(lease_seconds),
    }
}

pub(crate) fn claim(reservation: &Reservation) -> Claim<'_> {
    Claim { attempt_id: reservation.attempt_id, lease_token: &reservation.lease_token }
}
