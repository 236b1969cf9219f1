//! Applying a configuration, whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use ringback_domain::number_rule::NumberRule;
use ringback_domain::wire::calendar::{CapacityRule, MAX_RULES, OfficeHoursCalendar};
use ringback_domain::{CalendarId, CapacityRuleId, NumberRuleId, ServiceId, Timestamp};
use uuid::Uuid;

use super::rules::Managed;
use super::services::check as check_service;
use super::tx::Tx;
use crate::configuration::{Change, Configuration, Names, ServiceConfiguration, changes};
use crate::error::Error;
use crate::store::rules::{self, Kept, Rule};
use crate::store::{Conn, services};

/// Rules of a kind as they are kept.
type All<R> = Vec<Kept<R>>;

/// What is configured now.
#[derive(Debug)]
struct Current {
    office_hours: All<OfficeHoursCalendar>,
    capacity_rules: All<CapacityRule>,
    number_rules: All<NumberRule>,
    services: Vec<ringback_domain::Service>,
}

fn ids<R: Rule>(kept: &[Kept<R>]) -> BTreeMap<String, Uuid> {
    kept.iter().map(|kept| (kept.rule.name().to_owned(), kept.id)).collect()
}

impl Current {
    async fn read(conn: &mut Conn) -> Result<Self, Error> {
        Ok(Self {
            office_hours: rules::list(conn).await?,
            capacity_rules: rules::list(conn).await?,
            number_rules: rules::list(conn).await?,
            services: services::list(conn).await?,
        })
    }

    fn names(&self) -> Names {
        Names {
            office_hours: ids(&self.office_hours),
            capacity_rules: ids(&self.capacity_rules),
            number_rules: ids(&self.number_rules),
        }
    }

    fn configuration(&self) -> Configuration {
        fn rules<R: Rule + Clone>(kept: &[Kept<R>]) -> Vec<R> {
            kept.iter().map(|kept| kept.rule.clone()).collect()
        }
        let names = self.names();
        let mut configuration = Configuration {
            office_hours: rules(&self.office_hours),
            capacity_rules: rules(&self.capacity_rules),
            number_rules: rules(&self.number_rules),
            services: self.services.iter().map(|of| ServiceConfiguration::of(of, &names)).collect(),
        };
        configuration.sort();
        configuration
    }
}

/// What is configured now.
///
/// # Errors
/// That the database is not available.
pub async fn current(conn: &mut Conn) -> Result<Configuration, Error> {
    Ok(Current::read(conn).await?.configuration())
}

/// Brings rules into the form in which they are kept, and adds what is wrong with them.
fn check_rules<R: Managed>(
    table: &str,
    rules: &mut [R],
    now: Timestamp,
    problems: &mut Vec<String>,
) -> BTreeMap<String, Uuid>
where
    R::Edit: Default,
{
    if i64::try_from(rules.len()).is_ok_and(|count| count > MAX_RULES) {
        problems.push(format!("{table}: there may be {MAX_RULES} at most"));
    }
    for rule in rules.iter_mut() {
        let checked = rule.check().and_then(|()| rule.complete(now));
        add_faults(table, rule.name(), checked, problems);
        // An empty change puts it in order.
        rule.apply(&R::Edit::default());
    }
    check_names(table, rules.iter().map(Rule::name), problems);
    // Any ids will do to see that what is named is there.
    rules.iter().map(|rule| (rule.name().to_owned(), Uuid::new_v4())).collect()
}

fn check_names<'n>(table: &str, names: impl Iterator<Item = &'n str>, problems: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for name in names.filter(|name| !seen.insert(*name)) {
        problems.push(format!("{table} “{name}”: there are two of this name"));
    }
}

fn add_faults(table: &str, name: &str, checked: Result<(), Error>, problems: &mut Vec<String>) {
    match checked {
        Ok(()) => {}
        Err(Error::Invalid(faults)) => {
            let told =
                faults.iter().map(|fault| format!("{table} “{name}”: {}: {}", fault.part, fault.detail));
            problems.extend(told);
        }
        Err(error) => problems.push(format!("{table} “{name}”: {error}")),
    }
}

/// Brings a document into the form in which everything is kept, with every default in it, and with
/// what follows from it now, such as the dates of holidays.
///
/// # Errors
/// Everything that is wrong, a line each.
pub fn check(mut wanted: Configuration, now: Timestamp) -> Result<Configuration, Vec<String>> {
    let mut problems = Vec::new();
    let names = Names {
        office_hours: check_rules("office_hours", &mut wanted.office_hours, now, &mut problems),
        capacity_rules: check_rules("capacity_rules", &mut wanted.capacity_rules, now, &mut problems),
        number_rules: check_rules("number_rules", &mut wanted.number_rules, now, &mut problems),
    };
    check_names("services", wanted.services.iter().map(|of| of.name.as_str()), &mut problems);
    for of in &mut wanted.services {
        match of.service(&names) {
            Ok(service) => {
                add_faults("services", &of.name, check_service(&service), &mut problems);
                *of = ServiceConfiguration::of(&service, &names);
            }
            Err(problem) => problems.push(format!("services “{}”: {problem}", of.name)),
        }
    }
    wanted.sort();
    if problems.is_empty() { Ok(wanted) } else { Err(problems) }
}

/// Creates and changes rules. Gives the ids of all that are wanted.
async fn put<R: Managed + PartialEq>(
    tx: &mut Tx<'_>,
    kept: All<R>,
    wanted: &[R],
) -> Result<BTreeMap<String, Uuid>, Error> {
    let mut ids = BTreeMap::new();
    for rule in wanted {
        let known = kept.iter().find(|kept| kept.rule.name() == rule.name());
        let id = known.map_or_else(|| tx.new_id(), |kept| kept.id);
        match known {
            None => rules::insert(tx.write()?, id, rule).await?,
            Some(known) if known.rule == *rule => {}
            Some(known) => {
                let changed = Kept { id, rule: rule.clone(), version: known.version };
                rules::update(tx.write()?, &changed).await?;
            }
        }
        ids.insert(rule.name().to_owned(), id);
    }
    Ok(ids)
}

/// Deletes what the document lacks.
async fn delete<R: Rule>(tx: &mut Tx<'_>, kept: BTreeMap<String, Uuid>, wanted: &[R]) -> Result<(), Error> {
    for (_, id) in kept.into_iter().filter(|(name, _)| !wanted.iter().any(|rule| rule.name() == name)) {
        rules::delete::<R>(tx.write()?, id).await?;
    }
    Ok(())
}

/// Applies a document that was checked, all of it or nothing. Gives what changed.
///
/// # Errors
/// That it lacks rules that are there, where they may not be deleted, or that a service which it
/// lacks uses one of them.
pub async fn apply(tx: &mut Tx<'_>, wanted: &Configuration, may_delete: bool) -> Result<Vec<Change>, Error> {
    let current = Current::read(tx.read()).await?;
    let changes = changes(&current.configuration(), wanted);
    if changes.is_empty() {
        tx.nothing_done();
        return Ok(changes);
    }
    if !may_delete && changes.iter().any(|change| matches!(change, Change::Delete { .. })) {
        return Err(Error::InUse(
            "The file lacks rules that are there: `ringback config diff` names them. Add them to it, or \
             give --delete to delete them.",
        ));
    }
    let before = current.names();
    let names = Names {
        office_hours: put(tx, current.office_hours, &wanted.office_hours).await?,
        capacity_rules: put(tx, current.capacity_rules, &wanted.capacity_rules).await?,
        number_rules: put(tx, current.number_rules, &wanted.number_rules).await?,
    };
    for of in &wanted.services {
        let mut service = of.service(&names).map_err(Error::Malformed)?;
        match current.services.iter().find(|known| known.name == of.name) {
            None => {
                service.id = ServiceId(tx.new_id());
                let now = tx.now();
                services::insert(tx.write()?, &service, now).await?;
            }
            Some(known) => {
                (service.id, service.version) = (known.id, known.version);
                if service != *known {
                    services::update(tx.write()?, &service).await?;
                }
            }
        }
    }
    delete(tx, before.office_hours, &wanted.office_hours).await?;
    delete(tx, before.capacity_rules, &wanted.capacity_rules).await?;
    delete(tx, before.number_rules, &wanted.number_rules).await?;
    check_left(tx).await?;
    tx.audit_detail("changes", &changes);
    tx.services_changed();
    Ok(changes)
}

/// Makes sure that no service uses a rule that is gone.
async fn check_left(tx: &mut Tx<'_>) -> Result<(), Error> {
    let left = Current::read(tx.read()).await?;
    let names = left.names();
    let has = |ids: &BTreeMap<String, Uuid>, id: Uuid| ids.values().any(|known| *known == id);
    let is_whole = |service: &ringback_domain::Service| {
        let settings = &service.settings;
        let calendar = |CalendarId(id): &CalendarId| has(&names.office_hours, *id);
        let capacity = |CapacityRuleId(id): CapacityRuleId| has(&names.capacity_rules, id);
        let number = |NumberRuleId(id): &NumberRuleId| has(&names.number_rules, *id);
        settings.open_calendars.iter().chain(&settings.closed_calendars).all(calendar)
            && settings.capacity_rule.is_none_or(capacity)
            && settings.number_rules.iter().all(number)
    };
    if left.services.iter().all(is_whole) {
        return Ok(());
    }
    Err(Error::InUse(
        "A service that the file lacks uses a rule that it lacks too. Add the service to the file, or keep the rule.",
    ))
}
