//! Public holidays of countries and their parts, from a table that the program carries.

use std::collections::{BTreeMap, HashSet};

use ringback_domain::calendar::office_hours::{DateException, MANUAL};
use ringback_domain::wire::calendar::{HolidaySet, OfficeHoursCalendar};
use ringback_domain::{LocalDate, Timestamp};

use crate::time_zone;

/// Written by `cargo xtask codegen`, which says what a line is: see `xtask/holiday_sets.py`.
const TABLE: &str = include_str!("../data/holiday-sets.tsv");

/// What begins the source of an exception that comes from a set; its code follows.
const SOURCE: &str = "holiday:";

/// Days ahead of which holidays become exceptions.
const DAYS_AHEAD: i64 = 730;

/// Days for which those that are over stay, since lists look back as far.
const DAYS_BACK: i64 = 60;

/// A line of the table.
struct Line<'a> {
    code: &'a str,
    name: &'a str,
    /// Dates of its country that it has not.
    without: &'a str,
    holidays: &'a str,
}

fn lines() -> impl Iterator<Item = Line<'static>> {
    TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut parts = line.splitn(4, '\t').chain(std::iter::repeat(""));
        let mut next = || parts.next().unwrap_or_default();
        Line { code: next(), name: next(), without: next(), holidays: next() }
    })
}

/// The first of January that the table counts days from.
fn first_day() -> LocalDate {
    let years = TABLE.lines().next().and_then(|heading| heading.split("(MIT), ").nth(1));
    let year = years.and_then(|years| years.get(..4)).unwrap_or_default();
    format!("{year}-01-01").parse().unwrap_or_else(|_| LocalDate::from_days(0))
}

fn dates(numbers: &str) -> impl Iterator<Item = LocalDate> {
    let first = first_day();
    numbers.split(',').filter_map(|number| number.parse().ok()).map(move |days| first.plus_days(days))
}

fn add(found: &mut BTreeMap<LocalDate, &'static str>, line: &Line<'static>) {
    for date in dates(line.without) {
        found.remove(&date);
    }
    for (name, numbers) in line.holidays.split('\t').filter_map(|holiday| holiday.split_once('=')) {
        found.extend(dates(numbers).map(|date| (date, name)));
    }
}

/// Every set, a country before its parts.
pub fn list() -> Vec<HolidaySet> {
    let set = |line: Line<'static>| HolidaySet {
        code: line.code.to_owned(),
        country: line.code.chars().take(2).collect(),
        name: line.name.to_owned(),
    };
    lines().map(set).collect()
}

/// Whether there is a set of this code.
pub fn is_known(code: &str) -> bool {
    lines().any(|line| line.code == code)
}

/// The holidays of a set, with their names in the country's language.
fn holidays(code: &str) -> BTreeMap<LocalDate, &'static str> {
    let (country, part) = code.split_once('-').map_or((code, None), |(country, _)| (country, Some(code)));
    let mut found = BTreeMap::new();
    for wanted in [Some(country), part].into_iter().flatten() {
        if let Some(line) = lines().find(|line| line.code == wanted) {
            add(&mut found, &line);
        }
    }
    found
}

/// Whether an exception is still what its set made it; whoever changes it makes it their own.
fn is_holiday(exception: &DateException) -> bool {
    exception.source.starts_with(SOURCE) && exception.closed
}

/// Gives a calendar the holidays of its sets as exceptions, as of today. One that people made for the
/// date counts instead.
pub fn follow(calendar: &mut OfficeHoursCalendar, now: Timestamp) {
    let Some(clock) = time_zone::clock(&calendar.time_zone, now) else { return };
    let today = clock.shown(now).date;
    let (oldest, end) = (today.plus_days(-DAYS_BACK), today.plus_days(DAYS_AHEAD));
    let exceptions = &mut calendar.exceptions;
    exceptions.retain(|one| !is_holiday(one) || (oldest..today).contains(&one.date));
    for changed in exceptions.iter_mut().filter(|one| one.source.starts_with(SOURCE) && !one.closed) {
        MANUAL.clone_into(&mut changed.source);
    }
    let mut taken: HashSet<LocalDate> = exceptions.iter().map(|exception| exception.date).collect();
    for code in &calendar.holiday_sets {
        for (date, name) in holidays(code).range(today..end) {
            if taken.insert(*date) {
                exceptions.push(DateException {
                    date: *date,
                    closed: true,
                    hours: Vec::new(),
                    label: Some((*name).to_owned()),
                    source: format!("{SOURCE}{code}"),
                });
            }
        }
    }
    exceptions.sort_by_key(|exception| exception.date);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> LocalDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_set_can_be_read_and_has_holidays_of_each_year() {
        let sets = list();
        assert!(sets.len() > 900, "{}", sets.len());
        let codes: HashSet<_> = sets.iter().map(|set| set.code.as_str()).collect();
        assert_eq!(codes.len(), sets.len());
        let (first, mut complete) = (first_day().year(), 0);
        for set in &sets {
            assert!(set.code.starts_with(&set.country) && codes.contains(&*set.country), "{}", set.code);
            let found = holidays(&set.code);
            let years: HashSet<_> = found.keys().map(|date| date.year()).collect();
            // Some countries announce theirs from year to year.
            complete += usize::from(years.len() == 6);
            assert!(years.iter().all(|year| (first..first + 6).contains(year)), "{}: {years:?}", set.code);
            assert!(found.values().all(|name| !name.is_empty() && name.chars().count() <= 100));
        }
        assert!(complete > 850, "{complete} have holidays of each year");
    }

    #[test]
    fn a_part_of_a_country_differs_from_it() {
        let (country, berlin, saxony) = (holidays("DE"), holidays("DE-BE"), holidays("DE-SN"));
        let day = date("2027-03-08");
        assert_eq!((country.get(&day), berlin.get(&day)), (None, Some(&"Frauentag")));
        assert_eq!(saxony.get(&date("2026-11-18")), Some(&"Buß- und Bettag"));
        assert_eq!(berlin.get(&date("2026-12-25")), Some(&"Erster Weihnachtstag"));
        let (england, scotland) = (holidays("GB-ENG"), holidays("GB-SCT"));
        let day = date("2027-03-29");
        assert!(england.contains_key(&day) && !scotland.contains_key(&day), "Easter Monday");
    }
}
