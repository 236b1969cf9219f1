//! The free times of a service.

use ringback_domain::calendar::called_party::CalledParty;
use ringback_domain::wire::calendar::{
    Availability, AvailabilityQuery, IncludeSlots, MAX_AVAILABILITY_DAYS, MAX_SLOTS, SlotView,
};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::zone::Span;
use ringback_domain::{Service, Timestamp};

use super::Queries;
use crate::called_party::Customer;
use crate::directory::Services;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::hours::SlotState;
use crate::{phone, time_zone};

/// Days that are looked at where the request does not say.
const DEFAULT_DAYS: i64 = 7;

const DAY: i64 = 86_400;

/// The customer whom the request is about, if it says anything of one.
fn called_party(
    service: &Service,
    query: &AvailabilityQuery,
    now: Timestamp,
) -> Result<Option<CalledParty>, Error> {
    let time_zone = query.customer_time_zone.as_deref();
    if time_zone.is_some_and(|zone| !time_zone::is_known(zone)) {
        let zone = Part::Parameter(Field::CustomerTimeZone);
        return Err(Error::invalid(zone, FieldCode::UnknownTimeZone, time_zone::UNKNOWN));
    }
    let read = |text: &String| {
        phone::read(&phone::of_query(text), &service.default_country).map_err(|error| {
            Error::invalid(Part::Parameter(Field::CustomerNumber), error.code(), error.to_string())
        })
    };
    let read = query.customer_number.as_ref().map(read).transpose()?;
    if read.is_none() && time_zone.is_none() {
        return Ok(None);
    }
    let number = read.as_ref().map_or("", |read| read.number.as_str());
    Ok(Customer { number, time_zone, spared_until: None }.called_by(service, now))
}

impl Queries {
    /// The slots of a service.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a stretch of time that is too long or ends before it
    /// begins, and for an unknown time zone.
    pub async fn availability(
        &self,
        services: &Services,
        service: &Service,
        query: &AvailabilityQuery,
    ) -> Result<Availability, Error> {
        let now = self.clock.now();
        let invalid = |field, code, detail: &str| Error::invalid(Part::Parameter(field), code, detail);
        let from = query.from.unwrap_or(now);
        let to = query.to.unwrap_or(from.plus_seconds(DEFAULT_DAYS * DAY));
        if to < from {
            return Err(invalid(Field::To, FieldCode::InvalidValue, "`to` must be after `from`."));
        }
        if to > from.plus_seconds(MAX_AVAILABILITY_DAYS * DAY) {
            let detail = format!("Ask about at most {MAX_AVAILABILITY_DAYS} days.");
            return Err(invalid(Field::To, FieldCode::OutOfRange, &detail));
        }
        let zone = query.time_zone.as_deref().unwrap_or(&service.time_zone);
        let clock = time_zone::clock(zone, now)
            .ok_or_else(|| invalid(Field::TimeZone, FieldCode::UnknownTimeZone, time_zone::UNKNOWN))?;
        let party = called_party(service, query, now)?;
        let mut conn = self.store.read().await?;
        let within = Span { from, to };
        let rules = services.rules();
        let mut slots = rules.slots(&mut conn, service, now, within, MAX_SLOTS + 1, party.as_ref()).await?;
        drop(conn);
        let next = (slots.len() > MAX_SLOTS).then(|| slots.pop()).flatten().map(|slot| slot.span.from);
        if query.include.unwrap_or_default() == IncludeSlots::Bookable {
            slots.retain(|slot| slot.reason.is_none());
        }
        let shown = |slot: SlotState| SlotView {
            from: slot.span.from,
            to: slot.span.to,
            local: clock.local_text(slot.span.from),
            capacity: slot.capacity,
            booked: slot.taken.booked,
            held: slot.taken.held,
            bookable: slot.reason.is_none(),
            reason: slot.reason,
            label: slot.label,
        };
        Ok(Availability { items: slots.into_iter().map(shown).collect(), next })
    }
}
