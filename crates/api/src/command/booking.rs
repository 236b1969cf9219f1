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
    match obstacle(tx, wish).await? {
        None => Ok(()),
        Some((rules, reason)) => refuse(tx, &rules, wish, reason).await,
    }
}

/// Why the callback cannot be promised, with the rules by which that is so. If it can, and its
/// service has a capacity rule, nobody else can take the place until the transaction ends.
pub(super) async fn obstacle(tx: &mut Tx<'_>, wish: Wish<'_>) -> Result<Option<(Rules, Unavailable)>, Error> {
    let (service, now) = (wish.service, tx.now());
    let outside = outside_permitted_hours(wish.party, wish.at);
    if !Rules::are_needed_by(service) && service.settings.minimum_notice_seconds == 0 && outside.is_none() {
        return Ok(None);
    }
    let rules = rules_of(tx, slice::from_ref(service)).await?;
    let hours = rules.hours(service);
    let reason = if wish.kind == CallbackType::Immediate {
        (!hours.is_open(now)).then_some(Unavailable::Closed)
    } else {
        match outside_hours(&service.settings, &hours, now, wish.at) {
            None => room(tx, &rules, wish, outside).await?,
            closed => closed,
        }
    };
    Ok(reason.map(|reason| (rules, reason)))
}

/// Why there is no place for a callback at its time, or else what is `outside`.
async fn room(
    tx: &mut Tx<'_>,
    rules: &Rules,
    wish: Wish<'_>,
    outside: Option<Unavailable>,
) -> Result<Option<Unavailable>, Error> {
    let (service, now) = (wish.service, tx.now());
    let Some(rule) = service.settings.capacity_rule else { return Ok(outside) };
    let slot = rules.slot_at(rule, wish.at).ok_or_else(|| missing(service))?;
    if slot.span.from <= now {
        return Ok(Some(Unavailable::TooSoon));
    }
    // Most who come too late see it here, without waiting for each other.
    let taken = slots::taken(tx.read(), rule, slot.span, wish.freed, now).await?;
    if let Some(reason) = without_room(slot.capacity, taken).or(outside) {
        return Ok(Some(reason));
    }
    slots::lock(tx.write()?, rule, slot.span.from).await?;
    let taken = slots::taken(tx.read(), rule, slot.span, wish.freed, now).await?;
    Ok(without_room(slot.capacity, taken))
}

/// Why a callback cannot be given back a time that it had been promised, whatever the hours and
/// the notice of its service say by now. If it can, nobody else can take the place until the
/// transaction ends.
pub(super) async fn lost(tx: &mut Tx<'_>, wish: Wish<'_>) -> Result<Option<Unavailable>, Error> {
    if wish.at <= tx.now() {
        return Ok(Some(Unavailable::Past));
    }
    let rules = rules_of(tx, slice::from_ref(wish.service)).await?;
    room(tx, &rules, wish, None).await
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
