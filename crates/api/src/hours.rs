//! The office hours and the capacity of services, ready to compute with.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use ringback_domain::calendar::availability::{ServiceCapacity, Taken, Unavailable, unavailable};
use ringback_domain::calendar::called_party::CalledParty;
use ringback_domain::calendar::capacity::{Capacity, Slot};
use ringback_domain::calendar::office_hours::{Calendar, OfficeHours, ServiceHours};
use ringback_domain::wire::calendar::{CapacityRule, OfficeHoursCalendar};
use ringback_domain::wire::gates::GateRule;
use ringback_domain::wire::problem::BookableSlot;
use ringback_domain::zone::{Span, ZoneClock};
use ringback_domain::{CalendarId, CapacityRuleId, Service, Timestamp};

use crate::store::rules::Kept;
use crate::store::{Conn, StoreResult, open, slots};
use crate::time_zone;

/// Times that are offered instead of one that cannot be booked.
const NEAREST: usize = 5;

/// How far from a time others are looked for, in days: further where there are too
/// few.
const DAYS_AROUND: [i64; 3] = [1, 7, 31];

/// Calendars and capacity rules, each with the clock that it is read on.
#[derive(Debug, Default)]
pub struct Rules {
    calendars: HashMap<CalendarId, NamedCalendar>,
    capacity: HashMap<CapacityRuleId, (Capacity, Arc<ZoneClock>)>,
}

/// A calendar with the clock that it is read on.
#[derive(Debug)]
struct NamedCalendar {
    hours: OfficeHours,
    clock: Arc<ZoneClock>,
    name: String,
    version: i64,
}

/// The hours of a calendar.
pub fn office_hours(calendar: &OfficeHoursCalendar) -> OfficeHours {
    OfficeHours::new(calendar.weekly.clone(), &calendar.exceptions)
}

/// The capacity of a rule.
fn capacity(rule: &CapacityRule) -> Capacity {
    Capacity::new(rule.slot_minutes, rule.weekly.clone(), &rule.exceptions)
}

impl Rules {
    /// Rules as they are kept. One whose zone is unknown is left out.
    pub fn new(
        calendars: &[Kept<OfficeHoursCalendar>],
        rules: &[Kept<CapacityRule>],
        now: Timestamp,
    ) -> Self {
        let calendars = calendars.iter().filter_map(|kept| {
            let clock = time_zone::clock(&kept.rule.time_zone, now)?;
            let (hours, name) = (office_hours(&kept.rule), kept.rule.name.clone());
            Some((kept.calendar_id(), NamedCalendar { hours, clock, name, version: kept.version }))
        });
        let rules = rules.iter().filter_map(|kept| {
            let clock = time_zone::clock(&kept.rule.time_zone, now)?;
            Some((kept.capacity_rule_id(), (capacity(&kept.rule), clock)))
        });
        Self { calendars: calendars.collect(), capacity: rules.collect() }
    }

    /// Whether a service has rules at all.
    pub fn are_needed_by(service: &Service) -> bool {
        let settings = &service.settings;
        !settings.open_calendars.is_empty()
            || !settings.closed_calendars.is_empty()
            || settings.capacity_rule.is_some()
    }

    /// The hours of a service. A calendar that is not among these opens nothing.
    pub fn hours(&self, service: &Service) -> ServiceHours<'_> {
        let found = |ids: &[CalendarId]| -> Vec<Calendar<'_>> {
            let calendars = ids.iter().filter_map(|id| self.calendars.get(id));
            calendars.map(|NamedCalendar { hours, clock, .. }| Calendar { hours, clock }).collect()
        };
        let (open, closed) = (&service.settings.open_calendars, &service.settings.closed_calendars);
        ServiceHours { open: (!open.is_empty()).then(|| found(open)), closed: found(closed) }
    }

    /// The calendar that closes a service at an instant.
    pub fn closing(&self, service: &Service, at: Timestamp) -> Option<GateRule> {
        let hours = self.hours(service);
        let closing = hours.closing(at)?.hours;
        let (id, found) =
            self.calendars.iter().find(|(_, one)| std::ptr::eq(&raw const one.hours, closing))?;
        Some(GateRule {
            id: id.to_string(),
            name: found.name.clone(),
            version: Some(found.version),
            source_url: None,
        })
    }

    /// The slot of a rule that contains an instant.
    pub fn slot_at(&self, rule: CapacityRuleId, at: Timestamp) -> Option<Slot> {
        self.capacity.get(&rule).map(|(capacity, clock)| capacity.slot_at(clock, at))
    }

    /// The capacity of a service, on its own clock where it has no rule; `None` if
    /// its rule is not among these.
    pub fn capacity<'a>(&'a self, service: &Service, own: &'a ZoneClock) -> Option<ServiceCapacity<'a>> {
        match service.settings.capacity_rule {
            None => Some(ServiceCapacity { rule: None, clock: own }),
            Some(id) => {
                self.capacity.get(&id).map(|(rule, clock)| ServiceCapacity { rule: Some(rule), clock })
            }
        }
    }

    /// The slots of a service that begin within a stretch of time, in order, at most
    /// so many, for a customer if anything is known of one.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn slots(
        &self,
        conn: &mut Conn,
        service: &Service,
        now: Timestamp,
        within: Span,
        limit: usize,
        party: Option<&CalledParty>,
    ) -> StoreResult<Vec<SlotState>> {
        let Some((_, taken)) = self.taken(conn, service, now, within, limit).await? else {
            return Ok(Vec::new());
        };
        let is_limit_reached = match service.settings.limits.pending {
            Some(most) => open::pending(conn, service.id, now, &[]).await? >= u64::from(most),
            None => false,
        };
        let hours = self.hours(service);
        let state = |(span, capacity, taken): (Span, Option<u32>, Taken)| {
            let reason = unavailable(&service.settings, &hours, now, span.from, capacity, taken, party)
                .or_else(|| is_limit_reached.then_some(Unavailable::LimitReached));
            let label = hours.exception(span.from).flatten().map(str::to_owned);
            SlotState { span, capacity, taken, reason, label }
        };
        Ok(taken.into_iter().map(state).collect())
    }

    /// The slots of a service that begin within a stretch of time, in order, at most so many, with
    /// what they can hold and what is taken of it, and the clock that cuts them; `None` if that
    /// clock or the service's rule is unknown.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn taken(
        &self,
        conn: &mut Conn,
        service: &Service,
        now: Timestamp,
        within: Span,
        limit: usize,
    ) -> StoreResult<Option<(Arc<ZoneClock>, Vec<(Span, Option<u32>, Taken)>)>> {
        let Some(own) = time_zone::clock(&service.time_zone, now) else { return Ok(None) };
        let Some(capacity) = self.capacity(service, &own) else { return Ok(None) };
        let mut spans = capacity.slots(within);
        spans.truncate(limit);
        let mut taken: HashMap<Timestamp, Taken> = HashMap::new();
        if let (Some(rule), Some((last, _))) = (service.settings.capacity_rule, spans.last()) {
            for grid in capacity.grids(Span { from: within.from, to: last.to }) {
                for (slot, part) in slots::by_slot(conn, rule, grid, now).await? {
                    let taken = taken.entry(slot).or_default();
                    *taken = Taken { booked: taken.booked + part.booked, held: taken.held + part.held };
                }
            }
        }
        let of = |(span, capacity): (Span, Option<u32>)| {
            (span, capacity, taken.get(&span.from).copied().unwrap_or_default())
        };
        let slots = spans.into_iter().map(of).collect();
        let clock = service.settings.capacity_rule.and_then(|rule| self.capacity.get(&rule));
        Ok(Some((clock.map_or(own, |(_, clock)| Arc::clone(clock)), slots)))
    }

    /// The bookable times that are nearest to one, on both sides, nearest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn nearest(
        &self,
        conn: &mut Conn,
        service: &Service,
        now: Timestamp,
        at: Timestamp,
        party: Option<&CalledParty>,
    ) -> StoreResult<Vec<BookableSlot>> {
        let Some(clock) = time_zone::clock(&service.time_zone, now) else { return Ok(Vec::new()) };
        let latest = service.settings.latest_time(now);
        // What lies behind or too far ahead is nearest to an end of what can be booked.
        let around = at.max(now).min(latest);
        let mut found = Vec::new();
        for days in DAYS_AROUND {
            let within = Span {
                from: around.plus_seconds(-days * 86_400).max(now),
                to: around.plus_seconds(days * 86_400).min(latest.plus_seconds(1)),
            };
            found = self.slots(conn, service, now, within, usize::MAX, party).await?;
            found.retain(|slot| slot.reason.is_none());
            if found.len() >= NEAREST {
                break;
            }
        }
        found.sort_by_key(|slot| (slot.span.from.micros().abs_diff(at.micros()), Reverse(slot.span.from)));
        found.truncate(NEAREST);
        let shown =
            |slot: SlotState| BookableSlot { from: slot.span.from, local: clock.local_text(slot.span.from) };
        Ok(found.into_iter().map(shown).collect())
    }
}

/// A slot of a service, as it is now.
#[derive(Clone, Debug)]
pub struct SlotState {
    /// From its beginning until the next begins.
    pub span: Span,
    /// Callbacks that it can hold; `None` for any number.
    pub capacity: Option<u32>,
    /// What is taken of it.
    pub taken: Taken,
    /// Why it cannot be booked; `None` if it can.
    pub reason: Option<Unavailable>,
    /// What people call the exception that closes it.
    pub label: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The calendar that the oracle was made for.
    fn calendar() -> OfficeHours {
        let calendar: OfficeHoursCalendar = serde_json::from_value(json!({
            "name": "Oracle", "time_zone": "UTC",
            "weekly": {
                "mon": [{"from": "09:00", "to": "12:30"}, {"from": "13:30", "to": "18:00"}],
                "fri": [{"from": "22:00", "to": "02:00"}],
                "sat": [{"from": "23:30", "to": "03:30"}],
                "sun": [{"from": "23:00", "to": "24:00"}],
            },
            "exceptions": [
                {"date": "2026-03-29", "hours": [{"from": "01:00", "to": "04:00"}]},
                {"date": "2026-12-24", "hours": [{"from": "09:00", "to": "12:00"}]},
                {"date": "2026-12-25", "closed": true},
                {"date": "2027-10-31", "hours": [{"from": "00:00", "to": "24:00"}]},
                {"date": "2028-01-01", "hours": [{"from": "20:00", "to": "05:00"}]},
            ],
        }))
        .unwrap();
        office_hours(&calendar)
    }

    #[test]
    fn office_hours_agree_with_current_tables_minute_by_minute() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let all = Span { from: at("2026-01-01T00:00:00Z"), to: at("2029-01-01T00:00:00Z") };
        let hours = calendar();
        let lines = include_str!("../testdata/office-hours.tsv").lines();
        let lines: Vec<_> = lines.filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), 15);
        for line in lines {
            let (zone, minutes) = line.split_once('\t').unwrap();
            let offsets = time_zone::offsets(&time_zone::find(zone).unwrap(), all.from, all.to);
            let clock = ZoneClock { name: zone.to_owned(), offsets, until: all.to };
            let (mut minute, mut open) = (all.from, false);
            let mut spans = Vec::new();
            for length in minutes.split(' ').map(|length| length.parse::<i64>().unwrap()) {
                let end = minute.plus_seconds(length * 60);
                if open {
                    spans.push(Span { from: minute, to: end });
                }
                while minute < end {
                    assert_eq!(hours.is_open(&clock, minute), open, "{minute} in {zone}");
                    minute = minute.plus_seconds(60);
                }
                open = !open;
            }
            while minute < all.to {
                assert_eq!(hours.is_open(&clock, minute), open, "{minute} in {zone}");
                minute = minute.plus_seconds(60);
            }
            assert_eq!(hours.spans(&clock, all), spans, "{zone}");
        }
    }
}
