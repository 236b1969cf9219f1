//! Commands on services.

use ringback_domain::dial::{
    DialResult, GROWTH, JITTER, MAX_ATTEMPTS, MAX_GAP_SECONDS, MAX_GIVE_UP_SECONDS, MAX_OF_RESULT,
    RetryPolicy, RetryRule,
};
use ringback_domain::number_rule::NumberRule;
use ringback_domain::service::{
    Limits, MAX_APPOINTMENT_LEAD_SECONDS, MAX_HORIZON_DAYS, MAX_LONGEST_WAIT_SECONDS, MAX_NOTICE_SECONDS,
    MAX_PENDING, MAX_PER_NUMBER_PER_DAY, MAX_SERVICE_CALENDARS, MAX_SERVICE_NUMBER_RULES,
    MAX_SERVICE_RULE_SETS, MAX_WINDOW_SECONDS, Settings,
};
use ringback_domain::wire::admin::{CreateService, EditService};
use ringback_domain::wire::calendar::{CapacityRule, OfficeHoursCalendar};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{CalendarId, Service, ServiceId};
use uuid::Uuid;

use super::expected::Expected;
use super::faults::Faults;
use super::tx::Tx;
use crate::error::Error;
use crate::fault::{Field, Part, Step};
use crate::store::{StoreError, queue, rules, services};
use crate::{phone, time_zone};

/// Characters of a service's name.
const MAX_NAME_CHARS: usize = 100;

/// Checks a service, but for the rules that it names.
pub(super) fn check(service: &Service) -> Result<(), Error> {
    let mut faults = Faults::default();
    faults.check_name(&service.name, MAX_NAME_CHARS);
    if !time_zone::is_known(&service.time_zone) {
        faults.add(Field::TimeZone, FieldCode::UnknownTimeZone, time_zone::UNKNOWN);
    }
    if !phone::is_country(&service.default_country) {
        let detail = "Unknown country. Use an ISO 3166 code of two letters, for example GB.";
        faults.add(Field::DefaultCountry, FieldCode::UnknownCountry, detail);
    }
    if !(1..=MAX_WINDOW_SECONDS).contains(&service.settings.desired_window_seconds) {
        let detail = format!("`desired_window_seconds` must be between 1 and {MAX_WINDOW_SECONDS}.");
        faults.add(Field::DesiredWindowSeconds, FieldCode::OutOfRange, detail);
    }
    if !(1..=MAX_HORIZON_DAYS).contains(&service.settings.horizon_days) {
        let detail = format!("`horizon_days` must be between 1 and {MAX_HORIZON_DAYS}.");
        faults.add(Field::HorizonDays, FieldCode::OutOfRange, detail);
    }
    if service.settings.minimum_notice_seconds > MAX_NOTICE_SECONDS {
        let detail = format!("`minimum_notice_seconds` must be between 0 and {MAX_NOTICE_SECONDS}.");
        faults.add(Field::MinimumNoticeSeconds, FieldCode::OutOfRange, detail);
    }
    if service.settings.appointment_lead_seconds > MAX_APPOINTMENT_LEAD_SECONDS {
        let detail =
            format!("`appointment_lead_seconds` must be between 0 and {MAX_APPOINTMENT_LEAD_SECONDS}.");
        faults.add(Field::AppointmentLeadSeconds, FieldCode::OutOfRange, detail);
    }
    check_limits(&mut faults, service.settings.limits);
    check_retry_policy(&mut faults, &service.settings.retry_policy);
    for (field, calendars) in calendars(&service.settings) {
        if calendars.len() > MAX_SERVICE_CALENDARS {
            let detail = format!("Name at most {MAX_SERVICE_CALENDARS} calendars.");
            faults.add(field, FieldCode::TooLong, detail);
        }
    }
    if service.settings.number_rules.len() > MAX_SERVICE_NUMBER_RULES {
        let detail = format!("Name at most {MAX_SERVICE_NUMBER_RULES} number rules.");
        faults.add(Field::NumberRules, FieldCode::TooLong, detail);
    }
    if service.settings.called_party_hours.len() > MAX_SERVICE_RULE_SETS {
        let detail = format!("Name at most {MAX_SERVICE_RULE_SETS} rule sets.");
        faults.add(Field::CalledPartyHours, FieldCode::TooLong, detail);
    }
    faults.check()
}

fn check_limits(faults: &mut Faults, limits: Limits) {
    for (field, limit, max) in [
        (Field::Pending, limits.pending, MAX_PENDING),
        (Field::PerNumberPerDay, limits.per_number_per_day, MAX_PER_NUMBER_PER_DAY),
        (Field::LongestWaitSeconds, limits.longest_wait_seconds, MAX_LONGEST_WAIT_SECONDS),
    ] {
        if limit.is_some_and(|limit| !(1..=max).contains(&limit)) {
            let part = Part::Path(vec![Field::Limits.into(), field.into()]);
            let detail = format!("`{}` must be null or between 1 and {max}.", <&str>::from(field));
            faults.add(part, FieldCode::OutOfRange, detail);
        }
    }
}

fn check_retry_policy(faults: &mut Faults, policy: &RetryPolicy) {
    for (field, value, max) in [
        (Field::MaxAttempts, policy.max_attempts, MAX_ATTEMPTS),
        (Field::GiveUpAfterSeconds, policy.give_up_after_seconds, MAX_GIVE_UP_SECONDS),
    ] {
        if !(1..=max).contains(&value) {
            let part = Part::Path(vec![Field::RetryPolicy.into(), field.into()]);
            let detail = format!("`{}` must be between 1 and {max}.", <&str>::from(field));
            faults.add(part, FieldCode::OutOfRange, detail);
        }
    }
    for (result, rule) in &policy.results {
        check_retry_rule(faults, *result, rule);
    }
}

fn check_retry_rule(faults: &mut Faults, result: DialResult, rule: &RetryRule) {
    let at = |field: Option<Field>| {
        let rule = [Field::RetryPolicy.into(), Field::Results.into(), Step::Name(result.as_str())];
        Part::Path(rule.into_iter().chain(field.map(Step::Field)).collect())
    };
    if RetryRule::default_for(result).is_none() {
        let detail = format!("Nobody is called again after {}, so it has no rule.", result.as_str());
        return faults.add(at(None), FieldCode::NotAllowed, detail);
    }
    let min_gap = result.min_gap_seconds();
    let mut check = |field: Field, is_allowed: bool, least: String, most: String| {
        if !is_allowed {
            let detail = format!("`{}` must be between {least} and {most}.", <&str>::from(field));
            faults.add(at(Some(field)), FieldCode::OutOfRange, detail);
        }
    };
    let most = MAX_OF_RESULT.to_string();
    check(Field::Max, (1..=MAX_OF_RESULT).contains(&rule.max), 1.to_string(), most);
    let (least, most) = (min_gap.to_string(), MAX_GAP_SECONDS.to_string());
    check(Field::GapSeconds, (min_gap..=MAX_GAP_SECONDS).contains(&rule.gap_seconds), least, most);
    for (field, range, ratio) in [(Field::Growth, GROWTH, rule.growth), (Field::Jitter, JITTER, rule.jitter)]
    {
        check(field, range.contains(&ratio), range.start().to_string(), range.end().to_string());
    }
}

const fn calendars(settings: &Settings) -> [(Field, &Vec<CalendarId>); 2] {
    [(Field::OpenCalendars, &settings.open_calendars), (Field::ClosedCalendars, &settings.closed_calendars)]
}

/// Makes sure that the rules of a service exist, and stay until the transaction ends.
async fn hold_rules(tx: &mut Tx<'_>, settings: &Settings) -> Result<(), Error> {
    let mut faults = Faults::default();
    for (field, calendars) in calendars(settings) {
        let ids: Vec<Uuid> = calendars.iter().map(|calendar| calendar.0).collect();
        let held = rules::hold::<OfficeHoursCalendar>(tx.write()?, ids.clone()).await?;
        for (index, _) in ids.iter().enumerate().filter(|(_, id)| !held.contains(id)) {
            faults.add(Part::Item(field, index), FieldCode::Unknown, "There is no such calendar.");
        }
    }
    if let Some(rule) = settings.capacity_rule
        && rules::hold::<CapacityRule>(tx.write()?, vec![rule.0]).await?.is_empty()
    {
        faults.add(Field::CapacityRule, FieldCode::Unknown, "There is no such capacity rule.");
    }
    let numbers: Vec<Uuid> = settings.number_rules.iter().map(|rule| rule.0).collect();
    let held = rules::hold::<NumberRule>(tx.write()?, numbers.clone()).await?;
    for (index, _) in numbers.iter().enumerate().filter(|(_, id)| !held.contains(id)) {
        faults.add(
            Part::Item(Field::NumberRules, index),
            FieldCode::Unknown,
            "There is no such number rule.",
        );
    }
    faults.check()
}

fn name_taken(error: StoreError) -> Error {
    match error {
        StoreError::Duplicate => Error::Duplicate("A service with this name already exists."),
        other => other.into(),
    }
}

/// Makes a service, with every setting at its default.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong; that the name is taken.
pub async fn create(tx: &mut Tx<'_>, body: &CreateService) -> Result<Service, Error> {
    let service = Service {
        id: ServiceId(tx.new_id()),
        name: body.name.clone(),
        time_zone: body.time_zone.clone(),
        default_country: body.default_country.clone(),
        settings: Settings::default(),
        version: 1,
    };
    check(&service)?;
    let now = tx.now();
    services::insert(tx.write()?, &service, now).await.map_err(name_taken)?;
    tx.audit_object(service.id.0);
    tx.audit_detail("name", &service.name);
    tx.services_changed();
    Ok(service)
}

/// Changes a service; what is not named stays.
///
/// # Errors
/// That it does not exist, is beyond the services that the caller is limited to,
/// or has another version; [`Error::Invalid`] with
/// everything that is wrong; that the name is taken.
pub async fn edit(
    tx: &mut Tx<'_>,
    id: ServiceId,
    expected: Expected,
    body: &EditService,
) -> Result<Service, Error> {
    let found = services::find(tx.read(), id).await?;
    let mut service = found
        .filter(|service| tx.grant().grantable.contains(service.id))
        .ok_or(Error::NotFound("service"))?;
    expected.check(service.version, None)?;
    let before = service.clone();
    body.apply(&mut service);
    check(&service)?;
    hold_rules(tx, &service.settings).await?;
    services::update(tx.write()?, &service).await.map_err(name_taken)?;
    if before.settings.called_party_hours != service.settings.called_party_hours
        || before.time_zone != service.time_zone
    {
        queue::forget_deferred(tx.write()?, service.id).await?;
    }
    tx.audit_detail("changes", body);
    service.version += 1;
    tx.services_changed();
    Ok(service)
}
