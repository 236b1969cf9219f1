//! Whether a callback can be promised for a time, by office hours and capacity. The
//! answer holds until the transaction ends.

use std::collections::HashSet;
use std::slice;

use ringback_domain::calendar::availability::{
    Unavailable, outside_hours, outside_permitted_hours, without_room,
};
use ringback_domain::calendar::called_party::CalledParty;
use ringback_domain::wire::calendar::{CapacityRule, OfficeHoursCalendar};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{CallbackId, CallbackType, Service, ServiceId, Timestamp};
use uuid::Uuid;

use super::tx::Tx;
use crate::error::Error;
use crate::fault::{Fault, Field};
use crate::hours::Rules;
use crate::store::{rules, slots};

/// A time that somebody wants a callback for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    /// Of which service.
    pub service: &'a Service,
    /// Now, or at a chosen time.
    pub kind: CallbackType,
    /// The chosen time; now for an immediate callback.
    pub at: Timestamp,
    /// Where the request says so.
    pub field: Field,
    /// The callbacks that are moved or cancelled for it, whose places count as free.
    pub freed: &'a [CallbackId],
    /// The customer; `None` where people are called at any hour, or this one wants to be.
    pub party: Option<&'a CalledParty>,
}

/// The rules of services, as they are in this transaction; no statement where there
/// are none.
pub(super) async fn rules_of(tx: &mut Tx<'_>, services: &[Service]) -> Result<Rules, Error> {
    let calendars = services.iter().map(|service| &service.settings);
    let calendars =
        calendars.flat_map(|settings| settings.open_calendars.iter().chain(&settings.closed_calendars));
    let calendars: Vec<Uuid> = calendars.map(|calendar| calendar.0).collect();
    let capacity = services.iter().filter_map(|service| service.settings.capacity_rule);
    let capacity: Vec<Uuid> = capacity.map(|rule| rule.0).collect();
    let calendars = rules::find_all::<OfficeHoursCalendar>(tx.read(), calendars).await?;
    let capacity = rules::find_all::<CapacityRule>(tx.read(), capacity).await?;
    Ok(Rules::new(&calendars, &capacity, tx.now()))
}

/// Which of these services are closed now.
pub(super) async fn closed(tx: &mut Tx<'_>, services: &[Service]) -> Result<HashSet<ServiceId>, Error> {
    let (rules, now) = (rules_of(tx, services).await?, tx.now());
    let closed = services.iter().filter(|service| !rules.hours(service).is_open(now));
    Ok(closed.map(|service| service.id).collect())
}

/// Makes sure that the callback can be promised. Where its service has a capacity
/// rule nobody else can take the place until the transaction ends.
///
/// # Errors
/// [`Error::NotBookable`] with the nearest times that can be booked.
pub(super) async fn book(tx: &mut Tx<'_>, wish: Wish<'_>) -> Result<(), Error> {
    let (service, now) = (wish.service, tx.now());
    let outside = outside_permitted_hours(wish.party, wish.at);
    if !Rules::are_needed_by(service) && service.settings.minimum_notice_seconds == 0 && outside.is_none() {
        return Ok(());
    }
    let rules = rules_of(tx, slice::from_ref(service)).await?;
    let hours = rules.hours(service);
    if wish.kind == CallbackType::Immediate {
        let is_open = hours.is_open(now);
        return if is_open { Ok(()) } else { refuse(tx, &rules, wish, Unavailable::Closed).await };
    }
    if let Some(reason) = outside_hours(&service.settings, &hours, now, wish.at) {
        return refuse(tx, &rules, wish, reason).await;
    }
    let Some(rule) = service.settings.capacity_rule else {
        return if let Some(reason) = outside { refuse(tx, &rules, wish, reason).await } else { Ok(()) };
    };
    let slot = rules.slot_at(rule, wish.at).ok_or_else(|| missing(service))?;
    if slot.span.from <= now {
        return refuse(tx, &rules, wish, Unavailable::TooSoon).await;
    }
    // Most who come too late see it here, without waiting for each other.
    let taken = slots::taken(tx.read(), rule, slot.span, wish.freed, now).await?;
    if let Some(reason) = without_room(slot.capacity, taken).or(outside) {
        return refuse(tx, &rules, wish, reason).await;
    }
    slots::lock(tx.write()?, rule, slot.span.from).await?;
    let taken = slots::taken(tx.read(), rule, slot.span, wish.freed, now).await?;
    match without_room(slot.capacity, taken) {
        Some(reason) => refuse(tx, &rules, wish, reason).await,
        None => Ok(()),
    }
}

/// Makes sure that the customer is called at an hour at which people are, for a place that is
/// theirs already.
///
/// # Errors
/// As [`book`].
pub(super) async fn permit(tx: &mut Tx<'_>, wish: Wish<'_>) -> Result<(), Error> {
    let Some(reason) = outside_permitted_hours(wish.party, wish.at) else { return Ok(()) };
    let rules = rules_of(tx, slice::from_ref(wish.service)).await?;
    refuse(tx, &rules, wish, reason).await
}

/// A fault of ours: a rule cannot be deleted while a service uses it.
fn missing(service: &Service) -> Error {
    Error::Internal(anyhow::anyhow!("the capacity rule of service {} cannot be read", service.id))
}

async fn refuse(tx: &mut Tx<'_>, rules: &Rules, wish: Wish<'_>, reason: Unavailable) -> Result<(), Error> {
    let now = tx.now();
    let (code, detail) = match reason {
        Unavailable::Past => (FieldCode::InThePast, "Choose a time in the future."),
        Unavailable::TooSoon => (FieldCode::TooSoon, "That time is too near. Choose a later one."),
        Unavailable::BeyondHorizon => (FieldCode::BeyondHorizon, "Choose an earlier time."),
        Unavailable::NotAccepting => (FieldCode::NotAccepting, "This service takes no new callbacks now."),
        Unavailable::Closed if wish.kind == CallbackType::Immediate => {
            (FieldCode::Closed, "The service is closed now. Schedule the callback for when it is open.")
        }
        Unavailable::Closed => {
            (FieldCode::Closed, "The service is closed then. Choose a time when it is open.")
        }
        Unavailable::Exception => {
            (FieldCode::Exception, "The service has other hours on that date. Choose a time when it is open.")
        }
        Unavailable::NoCapacity => {
            (FieldCode::NoCapacity, "No callbacks are planned for that time. Choose another.")
        }
        Unavailable::Full => (FieldCode::Full, "That time is fully booked. Choose another."),
        Unavailable::Held => (
            FieldCode::Held,
            "What is left of that time is held for others. Choose another, or try again soon.",
        ),
        Unavailable::LimitReached => {
            (FieldCode::LimitReached, "The service has as many pending callbacks as it takes.")
        }
        Unavailable::OutsidePermittedHours => (
            FieldCode::OutsidePermittedHours,
            "People are not called at that hour of the customer's own clock. Choose another time, or send \
             `outside_hours_confirmed` if the customer wants this one.",
        ),
    };
    let slots = rules.nearest(tx.read(), wish.service, now, wish.at, wish.party).await?;
    Err(Error::NotBookable { fault: Fault::new(wish.field, code, detail), slots })
}
