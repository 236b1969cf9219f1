//! When people may be called, on their own clocks: rule sets, and what is known of the
//! clock of a called party.

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use strum::VariantArray;
use utoipa::ToSchema;

use super::office_hours::{MAX_DAYS_AHEAD, OfficeHours, OpenInterval, ServiceHours, first_open};
use super::schedule::Weekly;
use crate::date::Weekday;
use crate::service::RuleSetId;
use crate::time::Timestamp;
use crate::zone::{Span, ZoneClock};

/// Hours in which people may be called, and where they come from.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// Its id.
    pub id: RuleSetId,
    /// What people call it.
    pub name: &'static str,
    /// Why these hours.
    pub basis: &'static str,
    /// Where that can be read.
    pub source_url: &'static str,
    /// The day on which the source was read last.
    pub reviewed_at: &'static str,
    /// The hours, on the clock of the called party.
    pub hours: OfficeHours,
}

static COURTESY: LazyLock<RuleSet> = LazyLock::new(|| RuleSet {
    id: RuleSetId::Courtesy,
    name: "Courtesy hours",
    basis: "The hours of the day in which telephone solicitations are allowed in the United States, \
            kept everywhere out of courtesy.",
    source_url: "https://www.ecfr.gov/current/title-47/section-64.1200",
    reviewed_at: "2026-11-28",
    hours: every_day("08:00", "21:00"),
});

/// The same hours on each day of the week.
fn every_day(from: &str, to: &str) -> OfficeHours {
    let mut weekly = Weekly::default();
    for day in Weekday::VARIANTS {
        let interval = from.parse().ok().zip(to.parse().ok()).map(|(from, to)| OpenInterval { from, to });
        weekly.on_mut(*day).extend(interval);
    }
    OfficeHours::new(weekly, &[])
}

impl RuleSetId {
    /// The rule set.
    pub fn rules(self) -> &'static RuleSet {
        match self {
            Self::Courtesy => &COURTESY,
        }
    }
}

/// Where the zones of a called party are known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ZoneSource {
    /// The request named it.
    Customer,
    /// The number begins like those of these zones.
    Number,
    /// It is the service's, since nothing better is known.
    Service,
}

/// Seconds for which nobody asks whether the called party may be called: after the request
/// for an immediate callback, and after a time that was chosen outside its hours.
pub const SPARED_SECONDS: i64 = 2 * 3_600;

/// The called party of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledParty {
    /// The clocks that may be the called party's. It may be called when all of them show
    /// an hour of all rule sets.
    pub clocks: Vec<Arc<ZoneClock>>,
    /// Where they are known from.
    pub source: ZoneSource,
    /// The rule sets of the service.
    pub rule_sets: Vec<RuleSetId>,
    /// Until when it may be called at any hour; `None` if at no time.
    pub spared_until: Option<Timestamp>,
}

impl CalledParty {
    /// Whether it may be called.
    pub fn permits(&self, at: Timestamp) -> bool {
        self.is_spared(at) || self.refusing(at).is_none()
    }

    /// Whether it may be called at any hour.
    pub fn is_spared(&self, at: Timestamp) -> bool {
        self.spared_until.is_some_and(|until| at < until)
    }

    /// The rule set, and the clock, by which it is not the hour to call.
    pub fn refusing(&self, at: Timestamp) -> Option<(&'static RuleSet, &ZoneClock)> {
        let mut all = self.pairs();
        all.find(|(set, clock)| !set.hours.is_open(clock, at))
    }

    fn pairs(&self) -> impl Iterator<Item = (&'static RuleSet, &ZoneClock)> {
        let clocks = self.clocks.iter();
        clocks.flat_map(|clock| self.rule_sets.iter().map(move |set| (set.rules(), &**clock)))
    }

    /// When it may be called by its hours, in order.
    pub fn spans(&self, within: Span) -> Vec<Span> {
        self.pairs().fold(vec![within], |permitted, (set, clock)| {
            let open = set.hours.spans(clock, within);
            let common = permitted.iter().flat_map(|span| open.iter().filter_map(|open| span.within(*open)));
            common.collect()
        })
    }

    /// The next instant from `at` on at which it may be called; `None` if there is none
    /// within [`MAX_DAYS_AHEAD`].
    pub fn next_permitted(&self, at: Timestamp) -> Option<Timestamp> {
        first_open(at, |at| self.permits(at), |within| self.spans(within))
    }
}

/// The next instant from `from` on at which the service is open and the called party may be
/// called; `None` if there is none within [`MAX_DAYS_AHEAD`].
pub fn next_permitted(
    hours: &ServiceHours<'_>,
    party: Option<&CalledParty>,
    from: Timestamp,
) -> Option<Timestamp> {
    let latest = from.plus_seconds(MAX_DAYS_AHEAD * 86_400);
    let mut at = from;
    while at <= latest {
        let open = hours.next_open(at)?;
        at = party.map_or(Some(open), |party| party.next_permitted(open))?;
        if hours.is_open(at) {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::tests::{at, berlin, clock};

    fn party(clocks: &[ZoneClock]) -> CalledParty {
        CalledParty {
            clocks: clocks.iter().cloned().map(Arc::new).collect(),
            source: ZoneSource::Number,
            rule_sets: RuleSetId::VARIANTS.to_vec(),
            spared_until: None,
        }
    }

    #[test]
    fn it_is_called_from_eight_to_nine_in_the_evening() {
        let party = party(&[berlin()]);
        for (time, permitted) in [
            ("2026-11-24T06:59:59Z", false),
            ("2026-11-24T07:00:00Z", true),
            ("2026-11-24T19:59:59Z", true),
            ("2026-11-24T20:00:00Z", false),
            // On summer time.
            ("2026-07-24T06:00:00Z", true),
            ("2026-07-24T19:00:00Z", false),
        ] {
            assert_eq!(party.permits(at(time)), permitted, "{time}");
        }
        assert_eq!(party.next_permitted(at("2026-11-24T20:00:00Z")), Some(at("2026-11-25T07:00:00Z")));
    }

    #[test]
    fn of_several_zones_all_have_to_permit_it() {
        let west = clock(&[("2026-01-01T00:00Z", -8 * 3_600)]);
        let party = party(&[berlin(), west]);
        assert!(!party.permits(at("2026-11-24T15:59:59Z")), "it is before eight in the west");
        assert!(party.permits(at("2026-11-24T16:00:00Z")));
        assert!(!party.permits(at("2026-11-24T20:00:00Z")), "it is late in Berlin");
        let morning = at("2026-11-25T16:00:00Z");
        assert_eq!(party.next_permitted(at("2026-11-24T20:00:00Z")), Some(morning));
    }

    #[test]
    fn whoever_is_spared_is_called_at_any_hour_until_then() {
        let spared = CalledParty { spared_until: Some(at("2026-11-24T23:00:00Z")), ..party(&[berlin()]) };
        assert_eq!(spared.next_permitted(at("2026-11-24T22:59:59Z")), Some(at("2026-11-24T22:59:59Z")));
        assert_eq!(spared.next_permitted(at("2026-11-24T23:00:00Z")), Some(at("2026-11-25T07:00:00Z")));
    }
}
