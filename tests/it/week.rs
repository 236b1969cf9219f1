//! A week of a contact centre: customers of six zones, agents who come and go, dials that fail in
//! every way, nodes that are replaced in the middle, a change of clocks. Whoever watches knows what
//! may happen by rules of its own, and compares what the server does with it at every step.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};
use std::time::Instant;

use jiff::tz::TimeZone;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_api::app::App;
use ringback_api::auth::Grant;
use ringback_api::command::attempts::{self, AttemptReport, Order, Report};
use ringback_api::command::callbacks::{self as commands, Answer, Target};
use ringback_api::command::{Audit, Expected, Tx, rules};
use ringback_api::error::Error;
use ringback_api::store::{Store, services};
use ringback_api::worker::{leases, submitter};
use ringback_domain::callback::Callback;
use ringback_domain::callback::state::{Reservation, State};
use ringback_domain::callback::transition::Release;
use ringback_domain::retention::AUDIT_DAYS;
use ringback_domain::service::Settings;
use ringback_domain::wire::calendar::{CapacityRule, OfficeHoursCalendar};
use ringback_domain::wire::callback::{CancelCallback, CreateCallback, RescheduleCallback};
use ringback_domain::{
    CalendarId, CallbackId, CapacityRuleId, DialResult, ResultCode, Service, ServiceId, StateName, Timestamp,
};
use ringback_tests::{Backend, figure, seed, size};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::store_setup::{Cluster, check_timeline, dialler, person};

/// Zones with the beginning of their customers' numbers. The clocks of the first two change on
/// the Sunday, 2027-03-28.
const ZONES: [(&str, &str, &str); 6] = [
    ("Europe/Berlin", "DE", "+49302"),
    ("Europe/London", "GB", "+44207"),
    ("America/New_York", "US", "+1212"),
    ("Asia/Kolkata", "IN", "+91332"),
    ("America/Sao_Paulo", "BR", "+55113"),
    ("Australia/Lord_Howe", "AU", "+6129"),
];

/// The clock of the customers in the last zone, by their numbers.
const SYDNEY: &str = "Australia/Sydney";

/// The first moment of the week.
const MONDAY: &str = "2027-03-22T00:00:00Z";
const SLOT_SECONDS: i64 = 900;
const WINDOW_SECONDS: i64 = 120;
const LEASE_SECONDS: i64 = 60;
/// By how much appointments go before those who wait.
const LEAD_SECONDS: i64 = 86_400;
const MAX_ATTEMPTS: u32 = 3;
/// Who asks to be called now is called at any hour for so long.
const SPARED_SECONDS: i64 = 7_200;
/// Least part of the appointments that is attempted inside its window.
const MIN_PUNCTUAL: f64 = 0.97;

/// How large the week is.
#[derive(Clone, Copy, Debug)]
struct Scale {
    zones: usize,
    services_of_zone: usize,
    agents_of_zone: usize,
    first_day: i64,
    requests: usize,
    capacity: u32,
}

/// What happens at a moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// Callbacks fall due.
    Due,
    LeaseEnds,
    /// An agent looks for work.
    Free(usize),
    /// The dial of an agent's attempt has an outcome.
    Answered(usize, u32),
    /// The conversation of an agent's attempt ends.
    Ends(usize, u32),
    Request(usize),
    Cancel(Uuid),
    Move(Uuid),
    /// A node is replaced by another.
    Replace,
    /// Agents who found nothing look again.
    Tick,
}

/// What the watcher knows of a callback.
#[derive(Clone, Debug)]
struct Record {
    zone: usize,
    service: usize,
    number: String,
    is_appointment: bool,
    desired: i64,
    arrival: i64,
    not_before: i64,
    /// Called at any hour before this time.
    spared_until: i64,
    stands: Stands,
    attempts: u32,
    first_attempt: Option<i64>,
    is_cancelled: bool,
}

impl Record {
    /// Whether the customer is called at this hour.
    fn is_permitted(&self, now: i64) -> bool {
        now < self.spared_until || is_hour_to_call(self.zone, now)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Scheduled,
    Queued,
    Open,
    Done,
}

/// An agent, and what they are at.
#[derive(Clone, Debug)]
struct Agent {
    zone: usize,
    is_idle: bool,
    /// Attempts so far.
    attempts: u32,
    at: Option<(CallbackId, Reservation)>,
    /// Callbacks that they gave back, which others are offered for a while.
    released: HashMap<CallbackId, i64>,
}

#[derive(Debug, Default)]
struct Tally {
    requests: usize,
    refused: usize,
    reached: usize,
    failed: usize,
    cancelled: usize,
    dials: usize,
    lost_agents: usize,
    replaced: usize,
    repeated: usize,
    moved: usize,
}

struct Week {
    scale: Scale,
    cluster: Cluster,
    rng: StdRng,
    zones: Vec<TimeZone>,
    services: Vec<ServiceId>,
    agents: Vec<Agent>,
    events: BinaryHeap<Reverse<(i64, usize, Event)>>,
    sent: usize,
    records: HashMap<CallbackId, Record>,
    /// Those that are SCHEDULED, by their time.
    scheduled: BTreeSet<(i64, Uuid)>,
    /// Those that are QUEUED in each zone, in their order.
    waiting: Vec<BTreeSet<(i64, Uuid)>>,
    open_numbers: HashSet<String>,
    /// Appointments of a service in a slot.
    booked: HashMap<(usize, i64), u32>,
    tally: Tally,
}

fn micros(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

const fn seconds(at: Timestamp) -> i64 {
    at.micros() / 1_000_000
}

/// The rule of the hours as the watcher knows it: eight to eight but on Sundays, when only the first
/// zone opens, for the first half of the day.
fn is_open(zone: usize, clock: &TimeZone, at: i64) -> bool {
    let shown = jiff::Timestamp::from_second(at).unwrap().to_zoned_datetime(clock.clone());
    if shown.weekday() == jiff::civil::Weekday::Sunday {
        return zone == 0 && shown.hour() < 12;
    }
    (8..20).contains(&shown.hour())
}

/// Whether people are called at this hour of their own clock.
fn is_hour_to_call(zone: usize, at: i64) -> bool {
    let (name, ..) = ZONES[zone];
    let name = if name == "Australia/Lord_Howe" { SYDNEY } else { name };
    (8..21).contains(&jiff::Timestamp::from_second(at).unwrap().in_tz(name).unwrap().hour())
}

fn calendar(zone: usize) -> OfficeHoursCalendar {
    let day = json!([{"from": "08:00", "to": "20:00"}]);
    let sunday = if zone == 0 { json!([{"from": "00:00", "to": "12:00"}]) } else { json!([]) };
    let weekly =
        json!({"mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": sunday});
    let (name, ..) = ZONES[zone];
    serde_json::from_value(json!({"name": name, "time_zone": name, "weekly": weekly})).unwrap()
}

fn capacity(zone: usize, service: usize, capacity: u32) -> CapacityRule {
    let day = json!([{"from": "00:00", "to": "24:00", "capacity": capacity}]);
    let weekly = json!({"mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": day});
    let name = format!("Pool {service}");
    let rule = json!({"name": name, "time_zone": ZONES[zone].0, "slot_minutes": 15, "weekly": weekly});
    serde_json::from_value(rule).unwrap()
}

impl Week {
    async fn new(backend: Backend, scale: Scale, seed: u64) -> Self {
        let monday: Timestamp = MONDAY.parse().unwrap();
        let start = seconds(monday) + scale.first_day * 86_400;
        let cluster = Cluster::new_at(backend, micros(start)).await;
        let mut all = Vec::new();
        for number in 0..scale.zones * scale.services_of_zone {
            all.push(Self::service(&cluster, number % scale.zones, number, scale.capacity).await);
        }
        let agents = (0..scale.zones * scale.agents_of_zone)
            .map(|number| Agent {
                zone: number % scale.zones,
                is_idle: true,
                attempts: 0,
                at: None,
                released: HashMap::new(),
            })
            .collect();
        let zones = ZONES.iter().map(|(name, ..)| TimeZone::get(name).unwrap()).collect();
        let mut week = Self {
            scale,
            cluster,
            rng: StdRng::seed_from_u64(seed),
            zones,
            services: all,
            agents,
            events: BinaryHeap::new(),
            sent: 0,
            records: HashMap::new(),
            scheduled: BTreeSet::new(),
            waiting: vec![BTreeSet::new(); scale.zones],
            open_numbers: HashSet::new(),
            booked: HashMap::new(),
            tally: Tally::default(),
        };
        week.plan(start);
        week
    }

    async fn service(cluster: &Cluster, zone: usize, number: usize, places: u32) -> ServiceId {
        let id = ServiceId(cluster.clock.new_id());
        let make = async move |tx: &mut Tx<'_>| {
            // The services of a zone share its calendar.
            let hours = OfficeHoursCalendar { name: format!("Hours {number}"), ..calendar(zone) };
            let hours = rules::create(tx, &hours).await?;
            let pool = rules::create(tx, &capacity(zone, number, places)).await?;
            Ok((CalendarId(hours.id), CapacityRuleId(pool.id)))
        };
        let (hours, pool) =
            cluster.nodes[0].commands.change(Audit::None, &Grant::system("test"), make).await.unwrap();
        let (zone, country, _) = ZONES[zone];
        let service = Service {
            id,
            name: format!("Service {number}"),
            time_zone: zone.to_owned(),
            default_country: country.to_owned(),
            settings: Settings {
                open_calendars: vec![hours],
                capacity_rule: Some(pool),
                ..Settings::default()
            },
            version: 1,
        };
        let now = cluster.now();
        let insert = async move |conn: &mut _| services::insert(conn, &service, now).await;
        cluster.nodes[0].store.transact(insert).await.unwrap();
        id
    }

    /// When customers ask, agents begin, and nodes are replaced.
    fn plan(&mut self, start: i64) {
        let length = (7 - self.scale.first_day) * 86_400;
        for _ in 0..self.scale.requests {
            let service = self.rng.random_range(0..self.services.len());
            let zone = service % self.scale.zones;
            // Who calls while it is closed hears so: most call when it is open.
            let mut at = start + self.rng.random_range(0..length);
            for _ in 0..20 {
                if is_open(zone, &self.zones[zone], at) {
                    break;
                }
                at = start + self.rng.random_range(0..length);
            }
            self.at(at, Event::Request(service));
        }
        for hours in (3..length / 3_600).step_by(5) {
            self.at(start + hours * 3_600 + 11, Event::Replace);
        }
        self.at(start, Event::Tick);
    }

    fn at(&mut self, at: i64, event: Event) {
        self.sent += 1;
        self.events.push(Reverse((at, self.sent, event)));
    }

    fn now(&self) -> i64 {
        seconds(self.cluster.now())
    }

    fn node(&mut self) -> usize {
        self.rng.random_range(0..self.cluster.nodes.len())
    }

    async fn run(&mut self) {
        while let Some(Reverse((at, _, event))) = self.events.pop() {
            self.cluster.clock.advance_seconds(at - self.now());
            match event {
                Event::Due => self.submit().await,
                Event::LeaseEnds => self.end_leases().await,
                Event::Free(agent) => self.look(agent).await,
                Event::Answered(agent, attempt) if self.agents[agent].attempts == attempt => {
                    self.answered(agent).await;
                }
                Event::Ends(agent, attempt) if self.agents[agent].attempts == attempt => {
                    self.ends(agent).await;
                }
                // The callback was cancelled meanwhile.
                Event::Answered(..) | Event::Ends(..) => {}
                Event::Request(service) => self.request(service).await,
                Event::Cancel(id) => self.cancel(CallbackId(id)).await,
                Event::Move(id) => self.move_to_another_time(CallbackId(id)).await,
                Event::Replace => self.replace().await,
                Event::Tick => self.tick(),
            }
        }
    }

    /// Idle agents look again where somebody waits.
    fn tick(&mut self) {
        let is_over = self.scheduled.is_empty() && self.waiting.iter().all(BTreeSet::is_empty);
        if is_over && self.events.is_empty() {
            return;
        }
        for zone in 0..self.scale.zones {
            (0..self.waiting[zone].len()).for_each(|_| self.wake(zone));
        }
        let next = self.now() + 30;
        self.at(next, Event::Tick);
    }

    /// Notes where a callback stands from now on.
    fn stand(&mut self, id: CallbackId, stands: Stands) {
        let record = self.records.get_mut(&id).unwrap();
        self.scheduled.remove(&(record.desired, id.0));
        self.waiting[record.zone].remove(&(record.arrival, id.0));
        record.stands = stands;
        match stands {
            Stands::Scheduled => drop(self.scheduled.insert((record.desired, id.0))),
            Stands::Queued => drop(self.waiting[record.zone].insert((record.arrival, id.0))),
            Stands::Open | Stands::Done => {}
        }
    }

    /// An idle agent of a zone looks for work at once.
    fn wake(&mut self, zone: usize) {
        let idle = self.agents.iter().position(|agent| agent.is_idle && agent.zone == zone);
        if let Some(agent) = idle {
            self.agents[agent].is_idle = false;
            let now = self.now();
            self.at(now, Event::Free(agent));
        }
    }

    fn customer(&mut self, zone: usize) -> String {
        // Few enough that some ask twice.
        let customers = self.scale.requests / self.scale.zones;
        format!("{}{:07}", ZONES[zone].2, 2_000_000 + self.rng.random_range(0..customers))
    }

    async fn request(&mut self, service: usize) {
        let zone = service % self.scale.zones;
        let number = self.customer(zone);
        let now = self.now();
        self.tally.requests += 1;
        let mut body = json!({
            "callback_type": "immediate", "service_id": self.services[service], "customer_number": number,
        });
        let is_appointment = self.rng.random_range(0..4) == 0;
        if is_appointment {
            let ahead = self.rng.random_range(600..86_400);
            let desired = (now + ahead).div_euclid(300) * 300;
            body["callback_type"] = json!("scheduled");
            body["desired_time"] = json!(micros(desired));
        }
        let mut created = self.create(&body).await;
        // Who is refused takes the nearest time that is offered.
        if let Err(Error::NotBookable { slots, .. }) = &created
            && is_appointment
            && let Some(slot) = slots.first()
        {
            assert!(self.is_free(service, seconds(slot.from)), "a full slot is offered");
            body["desired_time"] = json!(slot.from);
            created = self.create(&body).await;
            assert!(created.is_ok(), "what is offered can be booked: {created:?}");
        }
        match created {
            Ok(callback) => self.promised(service, number, is_appointment, &callback),
            Err(Error::NotBookable { slots, .. }) => {
                let should = is_appointment || !is_open(zone, &self.zones[zone], now);
                assert!(should && (slots.is_empty() || !is_appointment), "refused while it is open");
                self.tally.refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }

    async fn create(&mut self, body: &Value) -> Result<Callback, Error> {
        let body: CreateCallback = serde_json::from_value(body.clone()).unwrap();
        let create = async move |tx: &mut Tx<'_>| commands::create(tx, &body).await;
        let node = self.node();
        let answer = self.cluster.nodes[node].commands.change(Audit::None, &dialler(), create).await?;
        match answer {
            Answer::Made(callback) => Ok(callback),
            Answer::Existing(callback) => panic!("{} stands for another", callback.id),
        }
    }

    fn is_free(&self, service: usize, at: i64) -> bool {
        let slot = at.div_euclid(SLOT_SECONDS);
        self.booked.get(&(service, slot)).copied().unwrap_or_default() < self.scale.capacity
    }

    fn book(&mut self, service: usize, at: i64) {
        let zone = service % self.scale.zones;
        assert!(is_open(zone, &self.zones[zone], at), "booked while it is closed");
        assert!(is_hour_to_call(zone, at), "booked for an hour at which people are not called");
        assert!(self.is_free(service, at), "a slot is overbooked");
        *self.booked.entry((service, at.div_euclid(SLOT_SECONDS))).or_default() += 1;
    }

    fn give_back(&mut self, service: usize, at: i64) {
        *self.booked.get_mut(&(service, at.div_euclid(SLOT_SECONDS))).unwrap() -= 1;
    }

    fn promised(&mut self, service: usize, number: String, is_appointment: bool, callback: &Callback) {
        let (zone, now) = (service % self.scale.zones, self.now());
        let desired = seconds(callback.desired_time);
        if is_appointment {
            self.book(service, desired);
        } else {
            assert!(is_open(zone, &self.zones[zone], now), "promised now while it is closed");
        }
        let record = Record {
            zone,
            service,
            number,
            is_appointment,
            desired,
            arrival: if is_appointment { desired - LEAD_SECONDS } else { now },
            not_before: desired,
            spared_until: if is_appointment { desired } else { now + SPARED_SECONDS },
            stands: Stands::Scheduled,
            attempts: 0,
            first_attempt: None,
            is_cancelled: false,
        };
        self.records.insert(callback.id, record);
        self.stand(callback.id, Stands::Scheduled);
        self.at(desired.max(now), Event::Due);
        match self.rng.random_range(0..100) {
            0..2 => {
                let at = now + self.rng.random_range(1..desired.max(now) - now + 600);
                self.at(at, Event::Cancel(callback.id.0));
            }
            2..5 if is_appointment => {
                let at = now + self.rng.random_range(1..(desired - now).max(2));
                self.at(at, Event::Move(callback.id.0));
            }
            _ => {}
        }
    }

    async fn submit(&mut self) {
        let node = self.node();
        while submitter::round(&self.cluster.nodes[node].workers).await.unwrap() > 0 {}
        let now = self.now();
        while let Some((desired, id)) = self.scheduled.first().copied().filter(|(at, _)| *at <= now) {
            let id = CallbackId(id);
            self.stand(id, Stands::Queued);
            let Record { zone, service, is_appointment, .. } = self.records[&id];
            if is_appointment {
                self.give_back(service, desired);
            }
            self.wake(zone);
        }
    }

    async fn end_leases(&mut self) {
        let node = self.node();
        while leases::round(&self.cluster.nodes[node].workers).await.unwrap() > 0 {}
        let now = self.now();
        for agent in 0..self.agents.len() {
            let Some((id, held)) = self.agents[agent].at.clone() else { continue };
            let record = self.records.get_mut(&id).unwrap();
            // Whoever was connected keeps the call.
            if seconds(held.lease_expires_at) > now || record.stands != Stands::Open {
                continue;
            }
            let callback = self.cluster.find(id).await;
            if callback.state.name() == StateName::Processing {
                continue;
            }
            self.agents[agent].at = None;
            self.settle(id, &callback);
        }
    }

    /// Notes where a callback stands after an attempt.
    fn settle(&mut self, id: CallbackId, callback: &Callback) {
        let record = self.records.get_mut(&id).unwrap();
        self.open_numbers.remove(&record.number);
        match &callback.state {
            State::Queued(queued) => {
                record.not_before = queued.retry_at.map_or(record.not_before, seconds);
                if queued.quarantined_at.is_some() {
                    // A person decides: that it is too late.
                    record.not_before = i64::MAX;
                    let soon = self.now() + 600;
                    self.at(soon, Event::Cancel(id.0));
                }
                self.stand(id, Stands::Queued);
            }
            State::Completed(ended) => {
                if ended.result == ResultCode::AGENT_CONNECTED {
                    self.tally.reached += 1;
                } else {
                    self.tally.failed += 1;
                }
                self.stand(id, Stands::Done);
            }
            other => panic!("{id}: {other:?}"),
        }
    }

    async fn look(&mut self, agent: usize) {
        if self.agents[agent].at.is_some() {
            return;
        }
        let now = self.now();
        let (zone, zones) = (self.agents[agent].zone, self.scale.zones);
        let served = (0..self.services.len()).filter(|service| service % zones == zone);
        let order = Order {
            agent: format!("agent-{agent}"),
            services: served.map(|service| self.services[service]).collect(),
            limit: 1,
            lease_seconds: LEASE_SECONDS,
        };
        let node = self.node();
        let (commands, grant) = (&self.cluster.nodes[node].commands, dialler());
        let taken = attempts::reserve_together(commands, &grant, &order).await.unwrap();
        let Some(callback) = taken.first() else {
            assert_eq!(self.first_in_line(agent), None, "nobody was handed out while somebody could be");
            self.agents[agent].is_idle = true;
            return;
        };
        self.check_hand_out(agent, callback);
        let held = callback.state.reservation().unwrap().clone();
        self.stand(callback.id, Stands::Open);
        let record = self.records.get_mut(&callback.id).unwrap();
        record.first_attempt.get_or_insert(now);
        self.open_numbers.insert(record.number.clone());
        let taken_by = &mut self.agents[agent];
        (taken_by.at, taken_by.is_idle) = (Some((callback.id, held)), false);
        taken_by.attempts += 1;
        let attempt = taken_by.attempts;
        self.tally.dials += 1;
        self.at(now + LEASE_SECONDS, Event::LeaseEnds);
        let ring = self.rng.random_range(8..25);
        if self.rng.random_range(0..100) < 3 {
            // The agent is gone, and nobody says so.
            self.tally.lost_agents += 1;
            self.at(now + 600, Event::Free(agent));
        } else {
            self.at(now + ring, Event::Answered(agent, attempt));
        }
    }

    /// Who is to be handed out next to this agent, by the watcher's own rules.
    fn first_in_line(&self, agent: usize) -> Option<CallbackId> {
        let (agent, now) = (&self.agents[agent], self.now());
        if !is_open(agent.zone, &self.zones[agent.zone], now) {
            return None;
        }
        let is_ready = |id: &CallbackId| {
            let record = &self.records[id];
            record.not_before <= now
                && record.is_permitted(now)
                && !self.open_numbers.contains(&record.number)
                && agent.released.get(id).is_none_or(|until| *until <= now)
        };
        self.waiting[agent.zone].iter().map(|(_, id)| CallbackId(*id)).find(is_ready)
    }

    fn check_hand_out(&self, agent: usize, callback: &Callback) {
        let (record, now) = (&self.records[&callback.id], self.now());
        let zone = &self.zones[record.zone];
        assert_eq!(record.stands, Stands::Queued, "handed out although it is {:?}", record.stands);
        assert!(record.desired <= now, "called {} s early", record.desired - now);
        assert!(record.not_before <= now, "called again before its pause was over");
        assert!(!self.open_numbers.contains(&record.number), "a customer is called twice at once");
        assert!(is_open(record.zone, zone, now), "called while it is closed");
        assert!(record.is_permitted(now), "called at night");
        assert!(record.attempts < MAX_ATTEMPTS, "called a fourth time");
        assert_eq!(self.first_in_line(agent), Some(callback.id), "not the first in line");
    }

    async fn report(&mut self, held: &Reservation, report: Report) -> Callback {
        let report =
            AttemptReport { attempt_id: held.attempt_id, lease_token: held.lease_token.clone(), report };
        let node = self.node();
        let once = report.clone();
        let send = async move |tx: &mut Tx<'_>| attempts::report(tx, &once).await;
        let done = self.cluster.nodes[node].commands.change(Audit::None, &dialler(), send).await.unwrap();
        if self.rng.random_range(0..20) == 0 {
            // The answer was lost, and the router sends it again, to any node.
            self.tally.repeated += 1;
            let node = self.node();
            let send = async move |tx: &mut Tx<'_>| attempts::report(tx, &report).await;
            let again = self.cluster.nodes[node].commands.change(Audit::None, &dialler(), send).await;
            assert!(matches!(again, Err(Error::Refused { .. } | Error::LeaseLost)), "a report counts twice");
        }
        done
    }

    async fn answered(&mut self, agent: usize) {
        let Some((id, held)) = self.agents[agent].at.clone() else { return };
        let now = self.now();
        let outcome = match self.rng.random_range(0..100) {
            0..68 => Report::Connected,
            68..76 => Report::Failed(DialResult::Busy),
            76..88 => Report::Failed(DialResult::NoAnswer),
            88..91 => Report::Failed(DialResult::AnsweringMachine),
            91..93 => Report::Failed(DialResult::Rejected),
            93..95 => Report::Failed(DialResult::Congestion),
            95..96 => Report::Failed(DialResult::InvalidNumber),
            96..97 => Report::Failed(DialResult::Unknown),
            _ => Report::Released(Release { reason: None, pause_seconds: 300 }),
        };
        let callback = self.report(&held, outcome.clone()).await;
        if matches!(outcome, Report::Connected) {
            let talk = self.rng.random_range(60..300);
            let attempt = self.agents[agent].attempts;
            return self.at(now + talk, Event::Ends(agent, attempt));
        }
        if let Report::Failed(result) = outcome
            && result.counts()
        {
            self.records.get_mut(&id).unwrap().attempts += 1;
        }
        if matches!(outcome, Report::Released(_)) {
            self.agents[agent].released.insert(id, now + 300);
        }
        self.agents[agent].at = None;
        self.settle(id, &callback);
        self.at(now + 5, Event::Free(agent));
    }

    async fn ends(&mut self, agent: usize) {
        let Some((id, held)) = self.agents[agent].at.take() else { return };
        let callback = self.report(&held, Report::Completed { result: None, disposition: None }).await;
        assert_eq!(callback.state.name(), StateName::Completed);
        self.settle(id, &callback);
        // After some calls the agent goes for a while.
        let pause = if self.rng.random_range(0..30) == 0 { 1_200 } else { 10 };
        let now = self.now();
        self.at(now + pause, Event::Free(agent));
    }

    async fn cancel(&mut self, id: CallbackId) {
        let target = Target { id, expected: Expected::Any };
        let cancel =
            async move |tx: &mut Tx<'_>| commands::cancel(tx, target, CancelCallback::default()).await;
        let node = self.node();
        let cancelled = self.cluster.nodes[node].commands.change(Audit::None, &person(), cancel).await;
        let before = self.records[&id].stands;
        if cancelled.is_err() {
            assert!(matches!(before, Stands::Open | Stands::Done), "a cancellation was refused: {before:?}");
            return;
        }
        assert_ne!(before, Stands::Done, "what is over was cancelled");
        self.stand(id, Stands::Done);
        self.tally.cancelled += 1;
        let record = self.records.get_mut(&id).unwrap();
        record.is_cancelled = true;
        let (service, desired, number) = (record.service, record.desired, record.number.clone());
        if before == Stands::Scheduled && record.is_appointment {
            self.give_back(service, desired);
        }
        if before == Stands::Open {
            self.open_numbers.remove(&number);
            let agent =
                self.agents.iter().position(|agent| agent.at.as_ref().is_some_and(|(at, _)| *at == id));
            let agent = agent.unwrap();
            self.agents[agent].at = None;
            let now = self.now();
            self.at(now + 5, Event::Free(agent));
        }
    }

    async fn move_to_another_time(&mut self, id: CallbackId) {
        let record = self.records[&id].clone();
        if record.stands != Stands::Scheduled {
            return;
        }
        let desired = self.now().div_euclid(300) * 300 + self.rng.random_range(2..200) * 300;
        let target = Target { id, expected: Expected::Any };
        let body =
            RescheduleCallback { desired_time: Some(micros(desired)), ..RescheduleCallback::default() };
        let reschedule = async move |tx: &mut Tx<'_>| commands::reschedule(tx, target, &body).await;
        let node = self.node();
        let moved = self.cluster.nodes[node].commands.change(Audit::None, &person(), reschedule).await;
        match moved {
            Ok(_) => {
                self.give_back(record.service, record.desired);
                self.book(record.service, desired);
                self.stand(id, Stands::Open);
                let record = self.records.get_mut(&id).unwrap();
                (record.desired, record.not_before) = (desired, desired);
                record.arrival = desired - LEAD_SECONDS;
                self.stand(id, Stands::Scheduled);
                self.tally.moved += 1;
                self.at(desired, Event::Due);
            }
            Err(Error::NotBookable { .. }) => {
                let is_closed = !is_open(record.zone, &self.zones[record.zone], desired);
                let slot = |at: i64| at.div_euclid(SLOT_SECONDS);
                let has_begun = slot(desired) <= slot(self.now());
                let is_full = slot(desired) != slot(record.desired) && !self.is_free(record.service, desired);
                let is_night = !is_hour_to_call(record.zone, desired);
                assert!(is_closed || has_begun || is_full || is_night, "a free time was refused");
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Puts another node in the place of one, as after a crash: what it knew is gone.
    async fn replace(&mut self) {
        let node = self.node();
        let store = Store::connect(self.cluster.database.url()).await.unwrap();
        let app = App::new(store, self.cluster.clock.clone(), AUDIT_DAYS).await.unwrap();
        let old = std::mem::replace(&mut self.cluster.nodes[node], app);
        old.store.close().await;
        self.tally.replaced += 1;
    }

    /// Every promise has an end in the database, and its timeline leads there.
    async fn check_the_end(&self) {
        for (number, (id, record)) in self.records.iter().enumerate() {
            assert_eq!(record.stands, Stands::Done, "{id} is lost: {record:?}");
            let callback = self.cluster.find(*id).await;
            assert_eq!(callback.state.name(), StateName::Completed, "{id}");
            if number % 10 == 0 {
                check_timeline(&callback, &self.cluster.timeline(*id).await);
            }
        }
    }

    fn punctuality(&self) -> (usize, f64) {
        let appointments = self.records.values().filter(|record| record.is_appointment);
        let attempted: Vec<i64> = appointments
            .filter(|record| !record.is_cancelled || record.first_attempt.is_some())
            .filter_map(|record| Some(record.first_attempt? - record.desired))
            .collect();
        let on_time = attempted.iter().filter(|late| **late <= WINDOW_SECONDS).count();
        (attempted.len(), on_time as f64 / attempted.len() as f64)
    }
}

#[rstest]
#[actix_web::test]
async fn a_week_keeps_every_promise(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let scale = Scale {
        zones: size(2, 6),
        services_of_zone: size(2, 4),
        agents_of_zone: size(7, 12),
        // The short form begins on the Saturday before the clocks change.
        first_day: i64::try_from(size(5, 0)).unwrap(),
        requests: size(1_500, 50_000),
        capacity: 2,
    };
    let seed = seed();
    let began = Instant::now();
    let mut week = Week::new(backend, scale, seed).await;
    week.run().await;
    week.check_the_end().await;
    let (appointments, on_time) = week.punctuality();
    figure(format_args!(
        "{backend:?}: {} promises, {:?}; {appointments} appointments, {:.2} % attempted inside their window; \
         {:.0} s",
        week.records.len(),
        week.tally,
        on_time * 100.0,
        began.elapsed().as_secs_f64()
    ));
    assert!(on_time >= MIN_PUNCTUAL, "{on_time}");
    week.cluster.close().await;
}
