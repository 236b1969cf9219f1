//! Commands on callbacks: taking a request in, moving it to another time,
//! cancelling it, repeating it.

use ringback_domain::callback::cancellation::MAX_UNDO_SECONDS;
use ringback_domain::callback::transition::{NewCallback, Refusal, Transition};
use ringback_domain::callback::{Callback, rules};
use ringback_domain::wall_time::Fold;
use ringback_domain::wire::callback::{
    CancelCallback, ChosenTime, CloseCallback, CreateCallback, RecreateCallback, RescheduleCallback,
};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::wire::router::MAX_REASON_CHARS;
use ringback_domain::wire::user_data::{MAX_USER_DATA_BYTES, MAX_USER_DATA_DEPTH, UserData};
use ringback_domain::{
    CallbackId, CallbackType, DesiredTime, PhoneNumber, Request, Service, Timestamp, WallTime,
};

use super::admission::{Admission, admit, ids};
use super::booking::{Wish, book, permit};
use super::expected::Expected;
use super::faults::Faults;
use super::tx::Tx;
use super::{holds, numbers};
use crate::called_party;
use crate::error::Error;
use crate::fault::{Fault, Field};
use crate::phone::{self, Reading};
use crate::store::holds::Hold;
use crate::store::open::Customer;
use crate::store::{StoreError, callbacks, name_recordings};
use crate::time_zone::{self, Instants};

/// How long ago the customer may have begun to wait: nobody waits for a day, and
/// whoever did would go before all others.
const MAX_ARRIVED_SECONDS_AGO: i64 = 86_400;

/// Priorities that a caller may choose from.
const PRIORITIES: std::ops::RangeInclusive<i32> = -1_000..=1_000;

/// Checks that a service takes a callback of this type now.
fn accepting(service: Option<Service>, callback_type: CallbackType) -> Result<Service, Fault> {
    let service = service
        .ok_or_else(|| Fault::new(Field::ServiceId, FieldCode::Unknown, "There is no such service."))?;
    let settings = &service.settings;
    if !settings.accept_new {
        return Err(Fault::new(
            Field::ServiceId,
            FieldCode::NotAccepting,
            "This service takes no new callbacks now.",
        ));
    }
    match callback_type {
        CallbackType::Immediate if !settings.immediate_enabled => Err(Fault::new(
            Field::CallbackType,
            FieldCode::NotEnabled,
            "This service takes no immediate callbacks.",
        )),
        CallbackType::Scheduled if !settings.scheduled_enabled => Err(Fault::new(
            Field::CallbackType,
            FieldCode::NotEnabled,
            "This service takes no scheduled callbacks.",
        )),
        _ => Ok(service),
    }
}

pub(super) fn number_for(text: &str, country: &str) -> Result<Reading, Fault> {
    phone::read(text, country)
        .map_err(|error| Fault::new(Field::CustomerNumber, error.code(), error.to_string()))
}

/// When the customer wants the call, as far as the request says so and it is
/// right.
fn desired_time(
    faults: &mut Faults,
    service: Option<&Service>,
    kind: CallbackType,
    chosen: &ChosenTime,
    held: Option<&Hold>,
    now: Timestamp,
) -> Option<DesiredTime> {
    let field = field_of(chosen);
    if kind == CallbackType::Immediate {
        if *chosen != ChosenTime::default() {
            let detail = format!("Leave `{}` out of an immediate callback.", <&str>::from(field));
            faults.add(field, FieldCode::NotForImmediate, detail);
        }
        return None;
    }
    let desired = faults.take(computed(chosen, held)).flatten()?;
    if desired.at <= now {
        let detail = format!("`{}` must be in the future.", <&str>::from(field));
        faults.add(field, FieldCode::InThePast, detail);
    }
    // A time further ahead than the service plans is mistyped more often than meant.
    if let Some(settings) = service.map(|service| &service.settings)
        && desired.at > settings.latest_time(now)
    {
        let detail =
            format!("`{}` must be within the next {} days.", <&str>::from(field), settings.horizon_days);
        faults.add(field, FieldCode::BeyondHorizon, detail);
    }
    Some(desired)
}

/// Where a request says when the customer wants the call.
const fn field_of(chosen: &ChosenTime) -> Field {
    if chosen.hold.is_some() {
        Field::Hold
    } else if chosen.desired_local.is_some() {
        Field::DesiredLocal
    } else {
        Field::DesiredTime
    }
}

/// Makes sure that a callback can be promised for the time that was chosen.
async fn promise(
    tx: &mut Tx<'_>,
    service: &Service,
    customer: called_party::Customer<'_>,
    chosen: &ChosenTime,
    held: Option<&Hold>,
    desired: Option<&DesiredTime>,
    freed: &[CallbackId],
) -> Result<(), Error> {
    let party = desired.and_then(|_| customer.called_by(service, tx.now()));
    let party = party.as_ref().filter(|_| !chosen.outside_hours_confirmed);
    let (kind, field) = match desired {
        None => (CallbackType::Immediate, Field::CallbackType),
        Some(_) => (CallbackType::Scheduled, field_of(chosen)),
    };
    let at = desired.map_or(tx.now(), |desired| desired.at);
    let wish = Wish { service, kind, at, field, freed, party };
    match held {
        Some(place) => {
            permit(tx, wish).await?;
            holds::redeem(tx, place).await
        }
        None => book(tx, wish).await,
    }
}

/// Notes where the customer wants the call at an hour at which people are not called.
fn note_outside_hours(
    desired: Option<&mut DesiredTime>,
    service: &Service,
    customer: called_party::Customer<'_>,
    chosen: &ChosenTime,
    now: Timestamp,
) {
    if let Some(desired) = desired
        && let Some(party) = customer.called_by(service, now)
    {
        desired.outside_hours = chosen.outside_hours_confirmed && !party.permits(desired.at);
    }
}

/// The place that a request names, if it does.
async fn held(
    tx: &mut Tx<'_>,
    faults: &mut Faults,
    chosen: &ChosenTime,
    service: Option<&Service>,
    number: Option<&PhoneNumber>,
) -> Result<Option<Hold>, Error> {
    let (Some(token), Some(service), Some(number)) = (chosen.hold, service, number) else { return Ok(None) };
    Ok(faults.take(holds::named(tx, token, service, number).await?))
}

/// The instant that a request names or describes; `None` if that is of a hold with a fault.
fn computed(chosen: &ChosenTime, held: Option<&Hold>) -> Result<Option<DesiredTime>, Fault> {
    let fault = |field, code, detail: &str| Err(Fault::new(field, code, detail));
    if chosen.hold.is_some() {
        let without = ChosenTime { hold: None, outside_hours_confirmed: false, ..chosen.clone() };
        if without != ChosenTime::default() {
            return fault(Field::Hold, FieldCode::Conflict, "A `hold` has its own time. Give no other.");
        }
        return Ok(held.map(|hold| hold.at.into()));
    }
    let local = match (chosen.desired_time, chosen.desired_local) {
        (Some(_), Some(_)) => {
            let detail = "Give either `desired_time` or `desired_local`.";
            return fault(Field::DesiredLocal, FieldCode::Conflict, detail);
        }
        (None, None) => {
            let detail = "A scheduled callback needs a `desired_time`, a `desired_local`, or a `hold`.";
            return fault(Field::DesiredTime, FieldCode::Required, detail);
        }
        (Some(at), None) => {
            for (given, field) in
                [(chosen.time_zone.is_some(), Field::TimeZone), (chosen.fold.is_some(), Field::Fold)]
            {
                if given {
                    return fault(field, FieldCode::NotAllowed, "It goes with `desired_local` only.");
                }
            }
            return Ok(Some(at.into()));
        }
        (None, Some(local)) => local,
    };
    let Some(name) = &chosen.time_zone else {
        return fault(Field::TimeZone, FieldCode::Required, "`desired_local` needs its `time_zone`.");
    };
    let Some(zone) = time_zone::find(name) else {
        return fault(Field::TimeZone, FieldCode::UnknownTimeZone, time_zone::UNKNOWN);
    };
    let at = match (time_zone::instants(local, &zone), chosen.fold) {
        (None, _) => return fault(Field::DesiredLocal, FieldCode::OutOfRange, "Choose a time of this era."),
        (Some(Instants::Skipped([before, after])), _) => {
            let detail = format!(
                "Clocks there go forward over this time. Choose one before or after it, such as {before} or {after}."
            );
            return fault(Field::DesiredLocal, FieldCode::SkippedLocalTime, &detail);
        }
        (Some(Instants::Two([first, second])), None) => {
            let detail = format!(
                "Clocks there go back and show this time twice. Send `fold`: `first` for {first}, `second` for {second}."
            );
            return fault(Field::DesiredLocal, FieldCode::AmbiguousLocalTime, &detail);
        }
        (Some(instants), fold) => instants.choose(fold.unwrap_or(Fold::First)),
    };
    let tables = time_zone::tables().version.clone();
    let wall = WallTime { local, time_zone: name.clone(), tables };
    Ok(Some(DesiredTime { wall: Some(wall), ..at.into() }))
}

fn is_language_tag(text: &str) -> bool {
    let part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 35
        && text.split('-').all(part)
        && text.split('-').next().is_some_and(|first| first.len() >= 2)
}

/// What a request is answered with.
#[derive(Debug)]
pub enum Answer {
    /// A new callback.
    Made(Callback),
    /// The open callback of the same customer, since the service takes no second one.
    Existing(Callback),
}

/// Takes a request in.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong with it; [`Error::OpenCallback`] where the
/// service takes no second callback for the customer.
pub async fn create(tx: &mut Tx<'_>, body: &CreateCallback) -> Result<Answer, Error> {
    let now = tx.now();
    let mut faults = Faults::default();
    let found = tx.service(body.service_id).await?;
    let service = faults.take(accepting(found, body.callback_type));
    let number = match &service {
        Some(service) => faults.take(number_for(&body.customer_number, &service.default_country)),
        // Without a service there is no country to read the number in.
        None => None,
    };
    let chosen = ChosenTime::from(body);
    let to_call = number.as_ref().map(|read| &read.number);
    let hold = held(tx, &mut faults, &chosen, service.as_ref(), to_call).await?;
    let kind = body.callback_type;
    let mut desired_time = desired_time(&mut faults, service.as_ref(), kind, &chosen, hold.as_ref(), now);
    let user_data = check_details(&mut faults, body, now);
    faults.check()?;
    let (Some(service), Some(read)) = (service, number) else { return Err(checked_in_part()) };
    numbers::check(tx, &service, &read.number).await?;
    let replaced = match admit(tx, &service, customer(&service, &read), kind).await? {
        Admission::InPlaceOf(replaced) => replaced,
        Admission::Existing(existing) => return Ok(answered(tx, *existing)),
    };
    let party = party(&read, body.customer_time_zone.as_deref());
    note_outside_hours(desired_time.as_mut(), &service, party, &chosen, now);
    promise(tx, &service, party, &chosen, hold.as_ref(), desired_time.as_ref(), &ids(&replaced)).await?;
    let new = NewCallback {
        id: CallbackId(tx.new_id()),
        desired_time,
        desired_window_seconds: service.settings.desired_window_seconds,
        request: Request {
            service_id: service.id,
            customer_number: read.number,
            customer_number_extension: read.extension,
            number_warning: read.warning,
            callback_type: body.callback_type,
            arrived_at: body.arrived_at,
            customer_time_zone: body.customer_time_zone.clone(),
            language: body.language.clone(),
            priority: body.priority.unwrap_or_default(),
            user_data,
        },
    };
    let made = Callback::schedule(new, tx.actor(), now).map_err(|_| desired_time_past())?;
    tx.audit_object(made.callback.id.0);
    let made = replace(tx, &replaced, made)?;
    Ok(Answer::Made(tx.save(made)))
}

fn customer<'a>(service: &Service, read: &'a Reading) -> Customer<'a> {
    Customer { service: service.id, number: &read.number, extension: read.extension.as_ref() }
}

/// Answers with an open callback instead of another.
fn answered(tx: &mut Tx<'_>, existing: Callback) -> Answer {
    tx.unchanged();
    Answer::Existing(existing)
}

/// Cancels callbacks for another. Gives that one with a line of its timeline that says so.
fn replace(tx: &mut Tx<'_>, replaced: &[Callback], by: Transition) -> Result<Transition, Error> {
    let Some(first) = replaced.first() else { return Ok(by) };
    for old in replaced {
        let over = old.cancel(tx.actor(), tx.now()).map_err(|refusal| Error::refused(refusal, old))?;
        tx.save(over.related_to(by.callback.id));
    }
    tx.audit_detail("replaced", ids(replaced));
    Ok(by.related_to(first.id))
}

/// The customer of a new callback, by whose clock they are called.
fn party<'a>(read: &'a Reading, time_zone: Option<&'a str>) -> called_party::Customer<'a> {
    called_party::Customer { number: read.number.as_str(), time_zone, spared_until: None }
}

/// Checks what a request may say beside service, number and time. Gives the
/// integrator's own data as it is kept.
fn check_details(faults: &mut Faults, body: &CreateCallback, now: Timestamp) -> Option<String> {
    if body.arrived_at.is_some_and(|at| at > now) {
        faults.add(Field::ArrivedAt, FieldCode::InTheFuture, "`arrived_at` must not be in the future.");
    }
    if body.arrived_at.is_some_and(|at| at < now.plus_seconds(-MAX_ARRIVED_SECONDS_AGO)) {
        let detail = "`arrived_at` must be within the last 24 hours.";
        faults.add(Field::ArrivedAt, FieldCode::TooEarly, detail);
    }
    if body.customer_time_zone.as_deref().is_some_and(|zone| !time_zone::is_known(zone)) {
        faults.add(Field::CustomerTimeZone, FieldCode::UnknownTimeZone, time_zone::UNKNOWN);
    }
    if body.language.as_deref().is_some_and(|tag| !is_language_tag(tag)) {
        let detail = "Unknown language. Use a BCP 47 tag, for example en-GB.";
        faults.add(Field::Language, FieldCode::MalformedLanguage, detail);
    }
    if body.priority.is_some_and(|priority| !PRIORITIES.contains(&priority)) {
        let (least, most) = PRIORITIES.into_inner();
        faults.add(
            Field::Priority,
            FieldCode::OutOfRange,
            format!("`priority` must be between {least} and {most}."),
        );
    }
    let user_data = body.user_data.as_ref()?;
    faults.take(check_user_data(user_data));
    Some(user_data.as_str().to_owned())
}

fn check_user_data(data: &UserData) -> Result<(), Fault> {
    let fault = |code, detail: String| Err(Fault::new(Field::UserData, code, detail));
    if !data.is_object() {
        return fault(FieldCode::NotAnObject, "`user_data` must be a JSON object.".to_owned());
    }
    match data.depth() {
        Ok(depth) if depth <= MAX_USER_DATA_DEPTH && data.as_str().len() <= MAX_USER_DATA_BYTES => Ok(()),
        Ok(_) => {
            let most = format!("{MAX_USER_DATA_BYTES} bytes and {MAX_USER_DATA_DEPTH} levels");
            fault(FieldCode::TooLarge, format!("`user_data` must not exceed {most}."))
        }
        Err(error) => fault(FieldCode::InvalidValue, format!("`user_data` cannot be read: {error}.")),
    }
}

fn desired_time_past() -> Error {
    Error::invalid(Field::DesiredTime, FieldCode::InThePast, "`desired_time` must be in the future.")
}

/// A fault of ours: what is missing was reported before.
fn checked_in_part() -> Error {
    Error::Internal(anyhow::anyhow!("a request without faults lacks a service or a number"))
}

/// Which callback a command is for, and in which version.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The callback.
    pub id: CallbackId,
    /// The version that the caller expects.
    pub expected: Expected,
}

impl Target {
    async fn find(self, tx: &mut Tx<'_>) -> Result<Callback, Error> {
        let visible = &tx.grant().visible;
        let callback =
            callbacks::find(tx.read(), self.id, visible).await?.ok_or(Error::NotFound("callback"))?;
        self.expected.check(callback.version, Some(callback.state.name()))?;
        Ok(callback)
    }
}

/// Moves a SCHEDULED callback to another time.
///
/// # Errors
/// That it does not exist, is not visible, has another version, or is not
/// SCHEDULED any more; that the time has passed.
pub async fn reschedule(
    tx: &mut Tx<'_>,
    target: Target,
    body: &RescheduleCallback,
) -> Result<Callback, Error> {
    let callback = target.find(tx).await?;
    let service = tx.service(callback.request.service_id).await?;
    let mut faults = Faults::default();
    let chosen = ChosenTime::from(body);
    let number = Some(&callback.request.customer_number);
    let hold = held(tx, &mut faults, &chosen, service.as_ref(), number).await?;
    let (kind, now) = (CallbackType::Scheduled, tx.now());
    let mut desired = desired_time(&mut faults, service.as_ref(), kind, &chosen, hold.as_ref(), now);
    // What its state forbids is said before what is wrong with the time.
    if rules::can_reschedule(callback.state.name()) {
        faults.check()?;
        if let (Some(service), Some(desired)) = (&service, &mut desired) {
            let party =
                called_party::Customer { spared_until: None, ..called_party::Customer::from(&callback) };
            note_outside_hours(Some(desired), service, party, &chosen, now);
            promise(tx, service, party, &chosen, hold.as_ref(), Some(desired), &[callback.id]).await?;
        }
    }
    let moved = callback
        .reschedule(desired.unwrap_or_else(|| callback.desired_time.into()), tx.actor(), tx.now())
        .map_err(|refusal| Error::refused(refusal, &callback))?;
    tx.audit_detail("desired_time", moved.callback.desired_time);
    Ok(tx.save(moved))
}

/// Seconds for which a cancellation can be undone, as a request gives them.
pub(super) fn undo_seconds(given: Option<u32>) -> Result<i64, Error> {
    let seconds = given.unwrap_or_default();
    if seconds > MAX_UNDO_SECONDS {
        let detail = format!("`undo_seconds` must be between 0 and {MAX_UNDO_SECONDS}.");
        return Err(Error::invalid(Field::UndoSeconds, FieldCode::OutOfRange, detail));
    }
    Ok(i64::from(seconds))
}

/// Cancels a callback, at once or so that it can be undone for some seconds. One
/// that is about to be cancelled already stays so.
///
/// # Errors
/// That it does not exist, is not visible, has another version, is PROCESSING
/// or COMPLETED; [`Error::Invalid`] with too many seconds.
pub async fn cancel(tx: &mut Tx<'_>, target: Target, body: CancelCallback) -> Result<Callback, Error> {
    let undo_seconds = undo_seconds(body.undo_seconds)?;
    let (callback, now) = (target.find(tx).await?, tx.now());
    let over = if undo_seconds == 0 {
        callback.cancel(tx.actor(), now)
    } else if callback.cancellation.is_some() {
        tx.nothing_done();
        return Ok(callback);
    } else {
        callback.request_cancellation(now.plus_seconds(undo_seconds), None, tx.actor(), now)
    };
    let over = over.map_err(|refusal| Error::refused(refusal, &callback))?;
    tx.audit_detail("undo_seconds", undo_seconds);
    Ok(tx.save(over))
}

/// Takes a cancellation back that has not taken effect. Where there is none the
/// callback is given as it is.
///
/// # Errors
/// That it does not exist, is not visible, has another version, or is COMPLETED.
pub async fn undo_cancel(tx: &mut Tx<'_>, target: Target) -> Result<Callback, Error> {
    let callback = target.find(tx).await?;
    match callback.undo_cancellation(tx.actor(), tx.now()) {
        Ok(undone) => Ok(tx.save(undone)),
        Err(Refusal::NotCancelling) => {
            tx.nothing_done();
            Ok(callback)
        }
        Err(refusal) => Err(Error::refused(refusal, &callback)),
    }
}

/// Puts a quarantined callback back into the queue.
///
/// # Errors
/// That it does not exist, is not visible, has another version, or is not
/// quarantined.
pub async fn requeue(tx: &mut Tx<'_>, target: Target) -> Result<Callback, Error> {
    let callback = target.find(tx).await?;
    let back =
        callback.requeue(tx.actor(), tx.now()).map_err(|refusal| Error::refused(refusal, &callback))?;
    Ok(tx.save(back))
}

/// Ends a conversation whose end nobody reports.
///
/// # Errors
/// That it does not exist, is not visible, has another version, or is not
/// PROCESSING; that a conversation does not end with this result.
pub async fn close(tx: &mut Tx<'_>, target: Target, body: &CloseCallback) -> Result<Callback, Error> {
    let length = body.reason.trim().chars().count();
    if !(1..=MAX_REASON_CHARS).contains(&length) {
        let detail = format!("Give a reason of 1 to {MAX_REASON_CHARS} characters.");
        return Err(Error::invalid(Field::Reason, FieldCode::InvalidValue, detail));
    }
    let callback = target.find(tx).await?;
    let over = callback
        .close(body.result, body.reason.trim().to_owned(), tx.actor(), tx.now())
        .map_err(|refusal| Error::refused(refusal, &callback))?;
    tx.audit_detail("result", body.result);
    Ok(tx.save(over))
}

/// Repeats a finished callback as a new record, which takes the customer's
/// recorded name over if that is kept. Gives the new one. It has to be run in a
/// transaction.
///
/// # Errors
/// That the old one does not exist, is not visible, has another version, or
/// does not qualify; [`Error::Invalid`] with everything that is wrong with the
/// new one; [`Error::OpenCallback`] where the service takes no second callback for the customer.
pub async fn recreate(tx: &mut Tx<'_>, target: Target, body: &RecreateCallback) -> Result<Answer, Error> {
    let (visible, now) = (&tx.grant().visible, tx.now());
    let old = callbacks::find_for_update(tx.write()?, target.id, visible)
        .await?
        .ok_or(Error::NotFound("callback"))?;
    target.expected.check(old.version, Some(old.state.name()))?;
    let mut faults = Faults::default();
    let found = tx.service(body.service_id.unwrap_or(old.request.service_id)).await?;
    let service = faults.take(accepting(found, body.callback_type));
    let number = match (&body.customer_number, &service) {
        (Some(text), Some(service)) => faults.take(number_for(text, &service.default_country)),
        _ => Some(Reading {
            number: old.request.customer_number.clone(),
            extension: old.request.customer_number_extension.clone(),
            warning: old.request.number_warning,
        }),
    };
    let (chosen, kind) = (ChosenTime::from(body), body.callback_type);
    let to_call = number.as_ref().map(|read| &read.number);
    let hold = held(tx, &mut faults, &chosen, service.as_ref(), to_call).await?;
    let mut desired_time = desired_time(&mut faults, service.as_ref(), kind, &chosen, hold.as_ref(), now);
    faults.check()?;
    let (Some(service), Some(read)) = (service, number) else { return Err(checked_in_part()) };
    numbers::check(tx, &service, &read.number).await?;
    let party = party(&read, old.request.customer_time_zone.as_deref());
    note_outside_hours(desired_time.as_mut(), &service, party, &chosen, now);
    let new = NewCallback {
        id: CallbackId(tx.new_id()),
        desired_time: desired_time.clone(),
        desired_window_seconds: service.settings.desired_window_seconds,
        request: Request {
            service_id: service.id,
            customer_number: read.number.clone(),
            customer_number_extension: read.extension.clone(),
            number_warning: read.warning,
            callback_type: kind,
            // The customer waits anew.
            arrived_at: None,
            ..old.request.clone()
        },
    };
    // A record that cannot be recreated is refused before anything of others is held.
    let (over, made) = old.recreate(new, tx.actor(), now).map_err(|refusal| Error::refused(refusal, &old))?;
    let replaced = match admit(tx, &service, customer(&service, &read), kind).await? {
        Admission::InPlaceOf(replaced) => replaced,
        Admission::Existing(existing) => return Ok(answered(tx, *existing)),
    };
    promise(tx, &service, party, &chosen, hold.as_ref(), desired_time.as_ref(), &ids(&replaced)).await?;
    tx.save(over);
    let made = replace(tx, &replaced, made)?;
    let made = tx.save(made);
    tx.audit_detail("recreated_as", made.id);
    tx.flush().await.map_err(|error| match error {
        Error::Store(StoreError::Duplicate) => Error::refused(Refusal::NotRecreatable, &old),
        other => other,
    })?;
    name_recordings::copy(tx.write()?, &old, made.id, now).await?;
    Ok(Answer::Made(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_tag_has_parts_of_letters_and_digits() {
        for good in ["en", "en-GB", "zh-Hant-TW", "de-1996"] {
            assert!(is_language_tag(good), "{good}");
        }
        for bad in ["", "e", "en_GB", "en-", "toolongpart-x", "en GB"] {
            assert!(!is_language_tag(bad), "{bad}");
        }
    }
}
