//! Holding a place for a callback to come, while the customer decides.

use std::slice;

use ringback_domain::wire::callback::{CreateHold, HoldState, NewHold};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{CallbackType, HoldToken, PhoneNumber, Service, ServiceId, Timestamp};

use super::booking::{Wish, book, rules_of};
use super::callbacks::number_for;
use super::faults::Faults;
use super::numbers;
use super::tx::Tx;
use crate::auth::token::{new_hold_token, secret_hash};
use crate::error::Error;
use crate::fault::{Fault, Field};
use crate::store::holds::{self, Hold, Holder, Live};
use crate::store::{services, slots};

/// Seconds that a place is held unless that is extended.
const HOLD_SECONDS: i64 = 120;

/// Seconds after its beginning until which a hold can be extended.
const MAX_HOLD_SECONDS: i64 = 600;

/// Places that a key or person may hold from one address at the same time.
const MAX_HOLDS: u64 = 3;

/// Places that may be held for a number at the same time.
const MAX_HOLDS_OF_NUMBER: u64 = 1;

fn hash(token: HoldToken) -> Vec<u8> {
    secret_hash(&token.to_string())
}

/// Holds a place of the slot that contains a time. It has to be run in a transaction.
///
/// # Errors
/// That the service does not exist or is not visible; [`Error::Invalid`] with everything that is
/// wrong; [`Error::NotBookable`] with other times; [`Error::RateLimited`] where the caller, or the
/// number, has as many as there may be.
pub async fn create(
    tx: &mut Tx<'_>,
    service: ServiceId,
    body: &CreateHold,
    address: &str,
) -> Result<NewHold, Error> {
    let now = tx.now();
    let service = tx.service(service).await?.ok_or(Error::NotFound("service"))?;
    tx.audit_object(service.id.0);
    let mut faults = Faults::default();
    check_time(&mut faults, &service, body.from, now);
    let read = body.customer_number.as_ref().map(|text| number_for(text, &service.default_country));
    let number = read.and_then(|read| faults.take(read)).map(|read| read.number);
    faults.check()?;
    if let Some(number) = &number {
        numbers::check(tx, &service, number).await?;
    }
    let holder = Holder { owner: tx.grant().owner.clone(), address: address.to_owned() };
    check_quota(tx, &holder, number.as_ref()).await?;
    let kind = CallbackType::Scheduled;
    book(tx, Wish { service: &service, kind, at: body.from, field: Field::From, freed: &[], party: None })
        .await?;
    let token = new_hold_token();
    let expires_at = now.plus_seconds(HOLD_SECONDS).min(body.from);
    let hold = Hold {
        hash: hash(token),
        service: service.id,
        at: body.from,
        number,
        holder,
        created_at: now,
        expires_at,
    };
    holds::insert(tx.write()?, &hold).await?;
    tx.audit_detail("from", hold.at);
    Ok(NewHold { hold: token, from: hold.at, expires_at })
}

fn check_time(faults: &mut Faults, service: &Service, at: Timestamp, now: Timestamp) {
    let settings = &service.settings;
    if !settings.accept_new || !settings.scheduled_enabled {
        let detail = "This service takes no new scheduled callbacks now.";
        faults.add(Field::From, FieldCode::NotAccepting, detail);
    }
    if at <= now {
        faults.add(Field::From, FieldCode::InThePast, "`from` must be in the future.");
    }
    if at > settings.latest_time(now) {
        let detail = format!("`from` must be within the next {} days.", settings.horizon_days);
        faults.add(Field::From, FieldCode::BeyondHorizon, detail);
    }
}

/// Makes sure that neither the caller nor the number holds too much. Others of the same wait.
async fn check_quota(tx: &mut Tx<'_>, holder: &Holder, number: Option<&PhoneNumber>) -> Result<(), Error> {
    let now = tx.now();
    holds::lock(tx.write()?, holder, number).await?;
    let check = |(count, first): Live, most: u64| {
        let seconds = first.map_or(1, |first| first.seconds_since(now).max(0).unsigned_abs() + 1);
        if count >= most { Err(Error::RateLimited { retry_after_seconds: seconds }) } else { Ok(()) }
    };
    check(holds::of_holder(tx.read(), holder, now).await?, MAX_HOLDS)?;
    if let Some(number) = number {
        check(holds::of_number(tx.read(), number, now).await?, MAX_HOLDS_OF_NUMBER)?;
    }
    Ok(())
}

/// The live hold of a token, if the caller may see its service.
async fn find(tx: &mut Tx<'_>, token: HoldToken) -> Result<Hold, Error> {
    let now = tx.now();
    let found = holds::find(tx.read(), &hash(token), now).await?;
    let hold =
        found.filter(|hold| tx.grant().visible.contains(hold.service)).ok_or(Error::NotFound("hold"))?;
    tx.audit_object(hold.service.0);
    Ok(hold)
}

/// Prolongs a hold, as far as that goes: a further time changes nothing.
///
/// # Errors
/// That it does not exist, has ended, or is of a service that is not visible.
pub async fn extend(tx: &mut Tx<'_>, token: HoldToken) -> Result<HoldState, Error> {
    let hold = find(tx, token).await?;
    let expires_at = hold.created_at.plus_seconds(MAX_HOLD_SECONDS).min(hold.at);
    lock_slot(tx, &hold).await?;
    let now = tx.clock_now();
    // Others may have taken the place of one that ended while this one waited.
    if holds::find(tx.read(), &hold.hash, now).await?.is_none() {
        return Err(Error::NotFound("hold"));
    }
    holds::extend(tx.write()?, &hold.hash, expires_at).await?;
    Ok(HoldState { from: hold.at, expires_at })
}

/// Gives a place back.
///
/// # Errors
/// That the hold does not exist, has ended, or is of a service that is not visible.
pub async fn release(tx: &mut Tx<'_>, token: HoldToken) -> Result<(), Error> {
    let (hold, now) = (find(tx, token).await?, tx.now());
    let released = holds::take(tx.write()?, &hold.hash, now).await?;
    if released { Ok(()) } else { Err(Error::NotFound("hold")) }
}

/// The hold that a request names, for this service and number.
pub(super) async fn named(
    tx: &mut Tx<'_>,
    token: HoldToken,
    service: &Service,
    number: &PhoneNumber,
) -> Result<Result<Hold, Fault>, Error> {
    let now = tx.now();
    let found = holds::find(tx.read(), &hash(token), now).await?;
    let Some(hold) = found.filter(|hold| hold.service == service.id) else { return Ok(Err(ended())) };
    Ok(match &hold.number {
        Some(only) if only != number => {
            Err(Fault::new(Field::Hold, FieldCode::Conflict, "The place is held for another number."))
        }
        _ => Ok(hold),
    })
}

fn ended() -> Fault {
    let detail = "There is no such hold of this service, or it has ended. Hold a place anew.";
    Fault::new(Field::Hold, FieldCode::Unknown, detail)
}

/// Turns a hold into the booking that is saved in this transaction. The place was promised, so
/// nothing else is asked.
///
/// # Errors
/// [`Error::Invalid`] if somebody else used it, or it has ended.
pub(super) async fn redeem(tx: &mut Tx<'_>, hold: &Hold) -> Result<(), Error> {
    lock_slot(tx, hold).await?;
    // Whoever had the slot before may have seen it ended by the clock.
    let now = tx.clock_now();
    let taken = holds::take(tx.write()?, &hold.hash, now).await?;
    if taken { Ok(()) } else { Err(Error::Invalid(vec![ended()])) }
}

/// Keeps others from the slot of a hold until the transaction ends.
async fn lock_slot(tx: &mut Tx<'_>, hold: &Hold) -> Result<(), Error> {
    let Some(service) = services::find(tx.read(), hold.service).await? else { return Ok(()) };
    let Some(rule) = service.settings.capacity_rule else { return Ok(()) };
    let rules = rules_of(tx, slice::from_ref(&service)).await?;
    if let Some(slot) = rules.slot_at(rule, hold.at) {
        slots::lock(tx.write()?, rule, slot.span.from).await?;
    }
    Ok(())
}
