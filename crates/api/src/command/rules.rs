//! Commands on calendars of office hours, capacity rules and number rules.

use std::collections::HashSet;

use ringback_domain::calendar::capacity::{MAX_CAPACITY, SLOT_MINUTES};
use ringback_domain::calendar::office_hours::DateException;
use ringback_domain::calendar::schedule::{Interval, IntervalFault, Weekly, check_day};
use ringback_domain::number_rule::{NumberRule, NumberRuleKind};
use ringback_domain::wire::calendar::{
    CapacityRule, EditCapacityRule, EditOfficeHours, MAX_EXCEPTIONS, MAX_HOLIDAY_SETS, MAX_LABEL_CHARS,
    MAX_RULE_NAME_CHARS, MAX_RULES, MAX_SOURCE_CHARS, OfficeHoursCalendar,
};
use ringback_domain::wire::number_rule::{EditNumberRule, MAX_COUNTRIES};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{LocalDate, Service, Timestamp, Weekday};
use strum::VariantArray;
use uuid::Uuid;

use super::expected::Expected;
use super::faults::Faults;
use super::tx::Tx;
use crate::error::Error;
use crate::fault::{Field, Part, Step};
use crate::store::rules::{self, Kept, Rule};
use crate::store::{StoreError, services};
use crate::{holiday_sets, phone, time_zone};

/// A kind of rule that people manage.
pub trait Managed: Rule + Clone {
    /// A change of it.
    type Edit: serde::Serialize;
    /// What it is called in messages.
    const NOUN: &'static str;

    /// It with the change.
    fn apply(&mut self, edit: &Self::Edit);

    /// Checks it.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong.
    fn check(&self) -> Result<(), Error>;

    /// Adds what follows from it by now, once it is checked.
    ///
    /// # Errors
    /// [`Error::Invalid`] where that is too much.
    fn complete(&mut self, _now: Timestamp) -> Result<(), Error> {
        Ok(())
    }

    /// Whether a service uses the rule with this id.
    fn is_used_by(id: Uuid, service: &Service) -> bool;
}

impl Managed for OfficeHoursCalendar {
    type Edit = EditOfficeHours;
    const NOUN: &'static str = "calendar";

    fn apply(&mut self, edit: &EditOfficeHours) {
        replace(&mut self.name, edit.name.as_ref());
        replace(&mut self.time_zone, edit.time_zone.as_ref());
        replace(&mut self.weekly, edit.weekly.as_ref());
        replace(&mut self.exceptions, edit.exceptions.as_ref());
        replace(&mut self.holiday_sets, edit.holiday_sets.as_ref());
        self.exceptions.sort_by_key(|exception| exception.date);
    }

    fn check(&self) -> Result<(), Error> {
        let mut faults = Faults::default();
        check_head(&mut faults, &self.name, &self.time_zone);
        check_week(&mut faults, &self.weekly);
        check_dates(&mut faults, self.exceptions.iter().map(|exception| exception.date));
        for (index, exception) in self.exceptions.iter().enumerate() {
            check_exception(&mut faults, index, exception);
        }
        if self.holiday_sets.len() > MAX_HOLIDAY_SETS {
            let detail = format!("Name at most {MAX_HOLIDAY_SETS} sets of holidays.");
            faults.add(Field::HolidaySets, FieldCode::TooLong, detail);
        }
        for (index, code) in self.holiday_sets.iter().enumerate() {
            let part = Part::Item(Field::HolidaySets, index);
            if self.holiday_sets[..index].contains(code) {
                faults.add(part, FieldCode::Conflict, "It is named twice.");
            } else if !holiday_sets::is_known(code) {
                faults.add(part, FieldCode::Unknown, "There is no such set of holidays.");
            }
        }
        faults.check()
    }

    fn complete(&mut self, now: Timestamp) -> Result<(), Error> {
        holiday_sets::follow(self, now);
        if self.exceptions.len() > MAX_EXCEPTIONS {
            let detail = format!("With these holidays there are more than {MAX_EXCEPTIONS} exceptions.");
            return Err(Error::invalid(Field::HolidaySets, FieldCode::TooLong, detail));
        }
        Ok(())
    }

    fn is_used_by(id: Uuid, service: &Service) -> bool {
        let settings = &service.settings;
        settings.open_calendars.iter().chain(&settings.closed_calendars).any(|calendar| calendar.0 == id)
    }
}

impl Managed for CapacityRule {
    type Edit = EditCapacityRule;
    const NOUN: &'static str = "capacity rule";

    fn apply(&mut self, edit: &EditCapacityRule) {
        replace(&mut self.name, edit.name.as_ref());
        replace(&mut self.time_zone, edit.time_zone.as_ref());
        replace(&mut self.slot_minutes, edit.slot_minutes.as_ref());
        replace(&mut self.weekly, edit.weekly.as_ref());
        replace(&mut self.exceptions, edit.exceptions.as_ref());
        self.exceptions.sort_by_key(|exception| exception.date);
    }

    fn check(&self) -> Result<(), Error> {
        let mut faults = Faults::default();
        check_head(&mut faults, &self.name, &self.time_zone);
        if !SLOT_MINUTES.contains(&self.slot_minutes) {
            let detail = "Use 5, 6, 10, 12, 15, 20, 30 or 60 minutes.";
            faults.add(Field::SlotMinutes, FieldCode::OutOfRange, detail);
        }
        check_week(&mut faults, &self.weekly);
        check_dates(&mut faults, self.exceptions.iter().map(|exception| exception.date));
        for (index, exception) in self.exceptions.iter().enumerate() {
            check_label(&mut faults, index, exception.label.as_deref());
            check_intervals(
                &mut faults,
                &[Field::Exceptions.into(), index.into(), Field::Slots.into()],
                &exception.slots,
            );
        }
        let of_week = Weekday::VARIANTS.iter().flat_map(|day| {
            let intervals = self.weekly.on(*day).iter().enumerate();
            intervals.map(move |(index, of)| (vec![Field::Weekly.into(), day_step(*day), index.into()], of))
        });
        let of_dates = self.exceptions.iter().enumerate().flat_map(|(date, exception)| {
            let path = move |index: usize| {
                vec![Field::Exceptions.into(), date.into(), Field::Slots.into(), index.into()]
            };
            exception.slots.iter().enumerate().map(move |(index, of)| (path(index), of))
        });
        for (path, interval) in of_week.chain(of_dates) {
            if interval.capacity > MAX_CAPACITY {
                let detail = format!("`capacity` must be between 0 and {MAX_CAPACITY}.");
                faults.add(within(&path, Field::Capacity), FieldCode::OutOfRange, detail);
            }
            let slot = self.slot_minutes.max(1);
            for (field, minutes) in
                [(Field::From, interval.from.minutes()), (Field::To, interval.to.minutes())]
            {
                if minutes % slot != 0 {
                    let detail =
                        format!("Use a multiple of {slot} minutes, so that it falls between two slots.");
                    faults.add(within(&path, field), FieldCode::InvalidValue, detail);
                }
            }
        }
        faults.check()
    }

    fn is_used_by(id: Uuid, service: &Service) -> bool {
        service.settings.capacity_rule.is_some_and(|rule| rule.0 == id)
    }
}

impl Managed for NumberRule {
    type Edit = EditNumberRule;
    const NOUN: &'static str = "number rule";

    fn apply(&mut self, edit: &EditNumberRule) {
        replace(&mut self.name, edit.name.as_ref());
        replace(&mut self.countries, edit.countries.as_ref());
        if let Some(pattern) = &edit.pattern {
            self.pattern = Some(pattern.clone());
        }
        self.countries.sort_unstable();
        self.countries.dedup();
    }

    fn check(&self) -> Result<(), Error> {
        let mut faults = Faults::default();
        faults.check_name(&self.name, MAX_RULE_NAME_CHARS);
        let allows = self.kind == NumberRuleKind::AllowCountries;
        match (allows, self.countries.is_empty()) {
            (true, true) => faults.add(Field::Countries, FieldCode::Required, "Name the countries to call."),
            (false, false) => {
                let detail = "Only an `allow_countries` rule has countries.";
                faults.add(Field::Countries, FieldCode::NotAllowed, detail);
            }
            _ => {}
        }
        if self.countries.len() > MAX_COUNTRIES {
            let detail = format!("Name at most {MAX_COUNTRIES} countries.");
            faults.add(Field::Countries, FieldCode::TooLong, detail);
        }
        let unknown = self.countries.iter().enumerate().filter(|(_, country)| !phone::is_country(country));
        for (index, _) in unknown {
            let detail = "Unknown country. Use an ISO 3166 code such as GB.";
            faults.add(Part::Item(Field::Countries, index), FieldCode::UnknownCountry, detail);
        }
        match (self.kind == NumberRuleKind::BlockPattern, &self.pattern) {
            (true, None) => {
                faults.add(Field::Pattern, FieldCode::Required, "Give the pattern of the numbers to block.");
            }
            (false, Some(_)) => {
                let detail = "Only a `block_pattern` rule has a pattern.";
                faults.add(Field::Pattern, FieldCode::NotAllowed, detail);
            }
            _ => {}
        }
        faults.check()
    }

    fn is_used_by(id: Uuid, service: &Service) -> bool {
        service.settings.number_rules.iter().any(|rule| rule.0 == id)
    }
}

fn replace<T: Clone>(value: &mut T, with: Option<&T>) {
    if let Some(with) = with {
        value.clone_from(with);
    }
}

fn day_step(day: Weekday) -> Step {
    Step::Name(day.into())
}

fn within(path: &[Step], field: Field) -> Part {
    Part::Path(path.iter().copied().chain([field.into()]).collect())
}

fn check_head(faults: &mut Faults, name: &str, time_zone: &str) {
    faults.check_name(name, MAX_RULE_NAME_CHARS);
    if !time_zone::is_known(time_zone) {
        faults.add(Field::TimeZone, FieldCode::UnknownTimeZone, time_zone::UNKNOWN);
    }
}

fn check_week<T: Interval>(faults: &mut Faults, weekly: &Weekly<T>) {
    for day in Weekday::VARIANTS {
        check_intervals(faults, &[Field::Weekly.into(), day_step(*day)], weekly.on(*day));
    }
}

fn check_intervals<T: Interval>(faults: &mut Faults, path: &[Step], intervals: &[T]) {
    if let Err((index, fault)) = check_day(intervals) {
        let code = match fault {
            IntervalFault::Overlap => FieldCode::Conflict,
            IntervalFault::TooMany => FieldCode::TooLong,
        };
        let part = Part::Path(path.iter().copied().chain([index.into()]).collect());
        faults.add(part, code, fault.to_string());
    }
}

fn check_dates(faults: &mut Faults, dates: impl Iterator<Item = LocalDate>) {
    let mut seen = HashSet::new();
    for (index, date) in dates.enumerate() {
        if index == MAX_EXCEPTIONS {
            let detail = format!("Give at most {MAX_EXCEPTIONS} exceptions.");
            faults.add(Field::Exceptions, FieldCode::TooLong, detail);
            return;
        }
        if !seen.insert(date) {
            let path = Part::FieldOfItem(Field::Exceptions, index, Field::Date);
            faults.add(path, FieldCode::Conflict, "There is another exception for this date.");
        }
    }
}

fn check_label(faults: &mut Faults, index: usize, label: Option<&str>) {
    if label.is_some_and(|label| label.chars().count() > MAX_LABEL_CHARS) {
        let detail = format!("Use at most {MAX_LABEL_CHARS} characters.");
        faults.add(Part::FieldOfItem(Field::Exceptions, index, Field::Label), FieldCode::TooLong, detail);
    }
}

fn check_exception(faults: &mut Faults, index: usize, exception: &DateException) {
    if exception.closed != exception.hours.is_empty() {
        let detail = "Give either `closed` or the `hours` of the date.";
        faults.add(Part::FieldOfItem(Field::Exceptions, index, Field::Hours), FieldCode::Conflict, detail);
    }
    check_label(faults, index, exception.label.as_deref());
    if !(1..=MAX_SOURCE_CHARS).contains(&exception.source.chars().count()) {
        let detail = format!("Use 1 to {MAX_SOURCE_CHARS} characters.");
        faults.add(
            Part::FieldOfItem(Field::Exceptions, index, Field::Source),
            FieldCode::InvalidValue,
            detail,
        );
    }
    check_intervals(faults, &[Field::Exceptions.into(), index.into(), Field::Hours.into()], &exception.hours);
}

fn name_taken(error: StoreError) -> Error {
    match error {
        StoreError::Duplicate => Error::Duplicate("There is one with this name already. Choose another."),
        other => other.into(),
    }
}

/// Creates a rule, in the order of its exceptions' dates.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong; that the name is taken, or that
/// there are as many as there may be.
pub async fn create<R: Managed>(tx: &mut Tx<'_>, rule: &R) -> Result<Kept<R>, Error>
where
    R::Edit: Default,
{
    let mut rule = rule.clone();
    rule.check()?;
    // An empty change puts the exceptions in order.
    rule.apply(&R::Edit::default());
    rule.complete(tx.now())?;
    if rules::count::<R>(tx.read()).await? >= MAX_RULES {
        return Err(Error::Duplicate("There are 500 already. Delete one that is no longer used."));
    }
    let id = tx.new_id();
    rules::insert(tx.write()?, id, &rule).await.map_err(name_taken)?;
    tx.audit_object(id);
    tx.audit_detail("name", rule.name());
    tx.services_changed();
    Ok(Kept { id, rule, version: 1 })
}

/// Changes a rule; what is not named stays.
///
/// # Errors
/// That it does not exist or has another version; [`Error::Invalid`] with everything
/// that is wrong; that the name is taken.
pub async fn edit<R: Managed>(
    tx: &mut Tx<'_>,
    id: Uuid,
    expected: Expected,
    edit: &R::Edit,
) -> Result<Kept<R>, Error> {
    let mut kept = rules::find::<R>(tx.read(), id).await?.ok_or(Error::NotFound(R::NOUN))?;
    expected.check(kept.version, None)?;
    kept.rule.apply(edit);
    kept.rule.check()?;
    kept.rule.complete(tx.now())?;
    tx.audit_detail("changes", edit);
    update(tx, kept).await
}

/// Keeps a rule that was changed.
pub(super) async fn update<R: Managed>(tx: &mut Tx<'_>, mut kept: Kept<R>) -> Result<Kept<R>, Error> {
    rules::update(tx.write()?, &kept).await.map_err(name_taken)?;
    tx.services_changed();
    kept.version += 1;
    Ok(kept)
}

/// Brings a calendar up to date with its holiday sets; one that is gone stays gone.
///
/// # Errors
/// That the database is not available.
pub async fn follow_holidays(tx: &mut Tx<'_>, id: Uuid) -> Result<(), Error> {
    let Some(mut kept) = rules::find::<OfficeHoursCalendar>(tx.read(), id).await? else { return Ok(()) };
    kept.rule.complete(tx.now())?;
    tx.audit_detail("holiday_sets", &kept.rule.holiday_sets);
    update(tx, kept).await.map(drop)
}

/// Deletes a rule that no service uses.
///
/// # Errors
/// That it does not exist, has another version, or is used.
pub async fn delete<R: Managed>(tx: &mut Tx<'_>, id: Uuid, expected: Expected) -> Result<(), Error> {
    let kept = rules::find::<R>(tx.read(), id).await?.ok_or(Error::NotFound(R::NOUN))?;
    expected.check(kept.version, None)?;
    // Before the services are read: a service that takes it up holds it meanwhile.
    rules::delete::<R>(tx.write()?, id).await?;
    let used = services::list(tx.read()).await?.iter().any(|service| R::is_used_by(id, service));
    if used {
        return Err(Error::InUse("Services use it. Take it out of their settings first."));
    }
    tx.audit_detail("name", kept.rule.name());
    tx.services_changed();
    Ok(())
}
