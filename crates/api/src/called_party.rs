//! The clock of a called party: the customer's own, or what the number tells.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use quick_cache::sync::Cache;
use ringback_domain::calendar::called_party::{CalledParty, ZoneSource};
use ringback_domain::callback::Callback;
use ringback_domain::zone::ZoneClock;
use ringback_domain::{Service, Timestamp};

use crate::{phone, time_zone};

/// The zones of the numbers that begin alike, generated from the Python package
/// `phonenumbers` by `cargo xtask codegen`.
const TABLE: &str = include_str!("../data/number-zones.tsv");

/// Digits of the longest beginning in the table.
const MAX_PREFIX: usize = 9;

/// Numbers whose zones are kept: lists ask for the same again and again.
const MAX_NUMBERS: usize = 25_000;

/// The zones of each beginning, without the plus sign.
static ZONES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let lines = lines.filter_map(|line| line.split_once('\t'));
    lines.flat_map(|(zones, prefixes)| prefixes.split(' ').map(move |prefix| (prefix, zones))).collect()
});

/// The zones in which this number can be, as far as the tables know. A number that is not
/// bound to a place, such as a mobile one in most countries, can be in all of its country.
pub fn zones(number: &str) -> Vec<&'static str> {
    static KEPT: LazyLock<Cache<String, &str>> = LazyLock::new(|| Cache::new(MAX_NUMBERS));
    let found = KEPT.get(number).unwrap_or_else(|| {
        let found = look_up(number).unwrap_or_default();
        KEPT.insert(number.to_owned(), found);
        found
    });
    found.split_terminator('&').collect()
}

fn look_up(number: &str) -> Option<&'static str> {
    let digits = number.strip_prefix('+')?;
    let longest = phone::digits_of_place(number, MAX_PREFIX)?.min(digits.len());
    (1..=longest).rev().find_map(|length| ZONES.get(&digits[..length]).copied())
}

/// What a callback, or a number that somebody asks about, says of its called party.
#[derive(Clone, Copy, Debug)]
pub struct Customer<'a> {
    /// The number, in E.164 form.
    pub number: &'a str,
    /// IANA zone of the customer's clock, where the request named it.
    pub time_zone: Option<&'a str>,
    /// Until when the customer may be called at any hour.
    pub spared_until: Option<Timestamp>,
}

impl<'a> From<&'a Callback> for Customer<'a> {
    fn from(callback: &'a Callback) -> Self {
        Self {
            number: callback.request.customer_number.as_str(),
            time_zone: callback.request.customer_time_zone.as_deref(),
            spared_until: callback.spared_until,
        }
    }
}

impl Customer<'_> {
    /// The called party of a callback of this service; `None` if the service calls people
    /// at any hour.
    pub fn called_by(self, service: &Service, now: Timestamp) -> Option<CalledParty> {
        let rule_sets = &service.settings.called_party_hours;
        if rule_sets.is_empty() {
            return None;
        }
        let (clocks, source) = self.clocks(service, now);
        Some(CalledParty { clocks, source, rule_sets: rule_sets.clone(), spared_until: self.spared_until })
    }

    /// The clocks that may be the customer's, from the best source that knows one.
    fn clocks(self, service: &Service, now: Timestamp) -> (Vec<Arc<ZoneClock>>, ZoneSource) {
        let named = self.time_zone.and_then(|zone| time_zone::clock(zone, now));
        if let Some(clock) = named {
            return (vec![clock], ZoneSource::Customer);
        }
        let of_number = zones(self.number).into_iter();
        let of_number: Vec<_> = of_number.filter_map(|zone| time_zone::clock(zone, now)).collect();
        if !of_number.is_empty() {
            return (of_number, ZoneSource::Number);
        }
        (time_zone::clock(&service.time_zone, now).into_iter().collect(), ZoneSource::Service)
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::service::RuleSetId;
    use ringback_domain::zone::Span;
    use strum::VariantArray;

    use super::*;

    #[test]
    fn a_number_has_the_zones_that_python_finds() {
        let lines = include_str!("../testdata/number-zones.tsv").lines();
        let mut compared = 0;
        for line in lines.filter(|line| !line.starts_with('#')) {
            let (number, expected) = line.split_once('\t').unwrap();
            let expected = if expected == "-" { "" } else { expected };
            assert_eq!(zones(number).join("&"), expected, "{number}");
            compared += 1;
        }
        assert!(compared >= 5_000, "{compared}");
    }

    #[test]
    fn the_table_is_of_the_release_of_the_other_tables_of_numbers() {
        assert_eq!(TABLE.lines().next(), Some(format!("# phonenumbers {}", phone::TABLES).as_str()));
        assert!(ZONES.len() > 3_000);
        assert!(ZONES.keys().all(|prefix| prefix.len() <= MAX_PREFIX));
    }

    /// Where it did not, nobody there could be called.
    #[test]
    fn every_list_of_zones_leaves_an_hour_of_each_day() {
        for day in ["2026-01-15T00:00:00Z", "2026-04-01T00:00:00Z", "2026-07-15T00:00:00Z"] {
            let from: Timestamp = day.parse().unwrap();
            let day = Span { from, to: from.plus_seconds(86_400) };
            for zones in ZONES.values() {
                let clocks: Vec<_> =
                    zones.split('&').filter_map(|zone| time_zone::clock(zone, from)).collect();
                let rule_sets = RuleSetId::VARIANTS.to_vec();
                let party = CalledParty { clocks, source: ZoneSource::Number, rule_sets, spared_until: None };
                let open: i64 = party.spans(day).iter().map(|span| span.to.seconds_since(span.from)).sum();
                assert!(open >= 3_600, "{open} s of {day:?} in {zones}");
            }
        }
    }
}
