//! Commands on callbacks: taking a request in, moving it, calling it off,
//! repeating it.

use ringback_domain::callback::Callback;
use ringback_domain::callback::transition::{NewCallback, Refusal, Transition};
use ringback_domain::wire::callback::{CallbackView, CreateCallback, RecreateCallback};
use ringback_domain::wire::problem::FieldProblem;
use ringback_domain::{CallbackId, CallbackType, PhoneNumber, Request, Service, ServiceId, Timestamp};

use crate::app::{App, Services};
use crate::auth::Identity;
use crate::error::{Error, field};
use crate::phone;
use crate::store::{Conn, StoreError, callbacks, name_recordings};

/// Most bytes of an integrator's own data.
const USER_DATA_BYTES: usize = 16 * 1024;

/// The version that a caller expects, from `If-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever it is.
    Any,
    /// This one.
    Version(i64),
}

impl Expected {
    /// # Errors
    /// [`Error::Stale`] if the callback has another version.
    pub fn check(self, callback: &Callback) -> Result<(), Error> {
        match self {
            Self::Version(version) if version != callback.version => {
                Err(Error::Stale { state: Some(callback.state.name()), version: callback.version })
            }
            _ => Ok(()),
        }
    }
}

/// Collects everything that is wrong with a request, so that one answer names
/// it all.
#[derive(Debug, Default)]
struct Faults(Vec<FieldProblem>);

impl Faults {
    fn add(&mut self, pointer: &str, code: &str, detail: impl Into<String>) {
        self.0.push(field(pointer, code, detail));
    }

    fn take<T>(&mut self, part: Result<T, FieldProblem>) -> Option<T> {
        part.map_err(|fault| self.0.push(fault)).ok()
    }

    fn none(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

fn service_for<'a>(
    services: &'a Services,
    caller: &Identity,
    id: ServiceId,
    callback_type: CallbackType,
) -> Result<&'a Service, FieldProblem> {
    let service = services
        .visible(id, &caller.visible)
        .ok_or_else(|| field("/service_id", "unknown", "there is no such service"))?;
    let settings = &service.settings;
    if !settings.accept_new {
        return Err(field("/service_id", "not_accepting", "this service takes no new callbacks now"));
    }
    match callback_type {
        CallbackType::Immediate if !settings.immediate_enabled => {
            Err(field("/callback_type", "not_enabled", "this service takes no immediate callbacks"))
        }
        CallbackType::Scheduled if !settings.scheduled_enabled => {
            Err(field("/callback_type", "not_enabled", "this service takes no scheduled callbacks"))
        }
        _ => Ok(service),
    }
}

fn number_for(text: &str, country: &str) -> Result<PhoneNumber, FieldProblem> {
    phone::read(text, country).map_err(|error| {
        let code = match error {
            phone::BadNumber::Malformed => "malformed_number",
            phone::BadNumber::Impossible => "impossible_number",
        };
        field("/customer_number", code, error.to_string())
    })
}

fn check_time(faults: &mut Faults, kind: CallbackType, desired_time: Option<Timestamp>, now: Timestamp) {
    match (kind, desired_time) {
        (CallbackType::Immediate, Some(_)) => {
            faults.add("/desired_time", "not_for_immediate", "an immediate callback has no desired time");
        }
        (CallbackType::Scheduled, None) => {
            faults.add("/desired_time", "required", "a scheduled callback needs a desired time");
        }
        (CallbackType::Scheduled, Some(time)) if time <= now => {
            faults.add("/desired_time", "in_the_past", "the desired time has to lie ahead");
        }
        _ => {}
    }
}

fn is_language_tag(text: &str) -> bool {
    let part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 35
        && text.split('-').all(part)
        && text.split('-').next().is_some_and(|first| first.len() >= 2)
}

/// Whether the text names a zone of the IANA database.
pub fn is_time_zone(text: &str) -> bool {
    text.parse::<chrono_tz::Tz>().is_ok()
}

/// Checks a request against the services and rules of this moment.
pub fn new_callback(
    app: &App,
    services: &Services,
    caller: &Identity,
    body: &CreateCallback,
    now: Timestamp,
) -> Result<NewCallback, Error> {
    let mut faults = Faults::default();
    let service = faults.take(service_for(services, caller, body.service_id, body.callback_type));
    let country = service.map_or("", |service| service.default_country.as_str());
    let number = match service {
        Some(_) => faults.take(number_for(&body.customer_number, country)),
        // Without a service there is no country to read the number in.
        None => None,
    };
    check_time(&mut faults, body.callback_type, body.desired_time, now);
    if body.arrived_at.is_some_and(|at| at > now) {
        faults.add("/arrived_at", "in_the_future", "the customer cannot have arrived later than now");
    }
    if body.customer_time_zone.as_deref().is_some_and(|zone| !is_time_zone(zone)) {
        faults.add(
            "/customer_time_zone",
            "unknown_time_zone",
            "this is no IANA time zone such as Europe/London",
        );
    }
    if body.language.as_deref().is_some_and(|tag| !is_language_tag(tag)) {
        faults.add("/language", "malformed_language", "this is no language tag such as en-GB");
    }
    if body.priority.is_some_and(|priority| !(-1_000..=1_000).contains(&priority)) {
        faults.add("/priority", "out_of_range", "a priority lies between -1000 and 1000");
    }
    let user_data = body.user_data.as_ref().filter(|data| !data.is_null());
    if user_data.is_some_and(|data| !data.is_object()) {
        faults.add("/user_data", "not_an_object", "user data is a JSON object");
    }
    let user_data = user_data.map(ToString::to_string);
    if user_data.as_ref().is_some_and(|text| text.len() > USER_DATA_BYTES) {
        faults.add("/user_data", "too_large", format!("user data has {USER_DATA_BYTES} bytes at most"));
    }
    faults.none()?;
    let (Some(service), Some(customer_number)) = (service, number) else {
        return Err(Error::Internal(anyhow::anyhow!("a request passed its checks in part")));
    };
    Ok(NewCallback {
        id: CallbackId(app.clock.new_id()),
        desired_time: body.desired_time,
        desired_window_seconds: service.settings.desired_window_seconds,
        request: Request {
            service_id: service.id,
            customer_number,
            callback_type: body.callback_type,
            arrived_at: body.arrived_at,
            customer_time_zone: body.customer_time_zone.clone(),
            language: body.language.clone(),
            priority: body.priority.unwrap_or_default(),
            user_data,
        },
    })
}

/// Takes a request in.
pub async fn create(
    conn: &mut Conn,
    new: NewCallback,
    caller: &Identity,
    now: Timestamp,
) -> Result<Transition, Error> {
    let made = Callback::schedule(new, &caller.actor(), now)
        .map_err(|_| Error::invalid("/desired_time", "in_the_past", "the desired time has to lie ahead"))?;
    callbacks::insert(conn, &made).await?;
    Ok(made)
}

/// A callback to command: which one, for whom, in which version, and when.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The callback.
    pub id: CallbackId,
    /// Who commands it.
    pub caller: &'a Identity,
    /// The version that the caller expects.
    pub expected: Expected,
    /// Now.
    pub now: Timestamp,
}

impl Target<'_> {
    /// The callback, held until the transaction ends.
    async fn hold(&self, conn: &mut Conn) -> Result<Callback, Error> {
        let callback = callbacks::find_for_update(conn, self.id, &self.caller.visible)
            .await?
            .ok_or(Error::NotFound("callback"))?;
        self.expected.check(&callback)?;
        Ok(callback)
    }
}

/// Moves a callback to another time.
pub async fn reschedule(
    conn: &mut Conn,
    target: Target<'_>,
    desired_time: Timestamp,
) -> Result<Transition, Error> {
    let callback = target.hold(conn).await?;
    let moved = callback
        .reschedule(desired_time, &target.caller.actor(), target.now)
        .map_err(|refusal| Error::refused(refusal, &callback))?;
    callbacks::save(conn, &moved).await?;
    Ok(moved)
}

/// Calls a callback off.
pub async fn cancel(conn: &mut Conn, target: Target<'_>) -> Result<Transition, Error> {
    let callback = target.hold(conn).await?;
    let over = callback
        .cancel(&target.caller.actor(), target.now)
        .map_err(|refusal| Error::refused(refusal, &callback))?;
    callbacks::save(conn, &over).await?;
    Ok(over)
}

/// Repeats a finished callback: the old record, which names its successor
/// now, and the new one, with the customer's recorded name if that is kept.
pub async fn recreate(
    conn: &mut Conn,
    app: &App,
    services: &Services,
    target: Target<'_>,
    body: &RecreateCallback,
) -> Result<(Transition, Transition), Error> {
    let Target { caller, now, .. } = target;
    let old = target.hold(conn).await?;
    let mut faults = Faults::default();
    let service_id = body.service_id.unwrap_or(old.request.service_id);
    let service = faults.take(service_for(services, caller, service_id, body.callback_type));
    let number = match (&body.customer_number, service) {
        (Some(text), Some(service)) => faults.take(number_for(text, &service.default_country)),
        _ => Some(old.request.customer_number.clone()),
    };
    check_time(&mut faults, body.callback_type, body.desired_time, now);
    faults.none()?;
    let (Some(service), Some(customer_number)) = (service, number) else {
        return Err(Error::Internal(anyhow::anyhow!("a request passed its checks in part")));
    };
    let new = NewCallback {
        id: CallbackId(app.clock.new_id()),
        desired_time: body.desired_time,
        desired_window_seconds: service.settings.desired_window_seconds,
        request: Request {
            service_id: service.id,
            customer_number,
            callback_type: body.callback_type,
            // The customer waits anew.
            arrived_at: None,
            ..old.request.clone()
        },
    };
    let (over, made) =
        old.recreate(new, &caller.actor(), now).map_err(|refusal| Error::refused(refusal, &old))?;
    callbacks::save(conn, &over).await?;
    match callbacks::insert(conn, &made).await {
        Err(StoreError::Duplicate) => return Err(Error::refused(Refusal::NotRecreatable, &old)),
        other => other?,
    }
    name_recordings::hand_over(conn, &old, made.callback.id, now).await?;
    Ok((over, made))
}

/// The answer to a command: the record as it is now.
pub fn answer(
    status: u16,
    view: &CallbackView,
    location: bool,
) -> Result<crate::store::idempotency::Answer, Error> {
    Ok(crate::store::idempotency::Answer {
        status,
        location: location.then(|| format!("/api/v1/callbacks/{}", view.id)),
        etag: Some(view.version),
        body: serde_json::to_string(view).map_err(Error::internal)?,
    })
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
