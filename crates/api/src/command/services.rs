//! Commands on services.

use ringback_domain::number_rule::NumberRule;
use ringback_domain::service::Settings;
use ringback_domain::wire::admin::{CreateService, EditService, ServiceView};
use ringback_domain::wire::calendar::{CapacityRule, OfficeHoursCalendar};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::wire::service::{SettingFault, service_changes, setting_faults};
use ringback_domain::{CalendarId, Service, ServiceId};
use uuid::Uuid;

use super::expected::Expected;
use super::faults::Faults;
use super::tx::Tx;
use crate::error::Error;
use crate::fault::{Fault, Field, Part, Step};
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
    faults.extend(setting_faults(&service.settings).iter().map(fault));
    faults.check()
}

fn fault(of: &SettingFault) -> Fault {
    let path = of.path.iter().copied().map(Step::Name).collect();
    Fault::new(Part::Path(path), of.code(), of.to_string())
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
    service.version += 1;
    tx.audit_detail("version", service.version);
    tx.audit_detail("changes", service_changes(&ServiceView::from(&before), &ServiceView::from(&service)));
    tx.services_changed();
    Ok(service)
}
