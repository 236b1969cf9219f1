//! A week of a contact centre: customers of six zones, agents who come and go, dials that fail in
//! every way, nodes that are replaced in the middle, a change of clocks. Whoever watches knows what
//! may happen by rules of its own, and compares what the server does with it at every step.

mod agents;
mod customers;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};
use std::time::Instant;

use jiff::tz::TimeZone;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_api::app::App;
use ringback_api::auth::Grant;
use ringback_api::command::{Audit, Tx, rules};
use ringback_api::store::{Store, services};
use ringback_api::worker::{leases, submitter};
use ringback_domain::callback::state::Reservation;
use ringback_domain::retention::AUDIT_DAYS;
use ringback_domain::service::Settings;
use ringback_domain::wire::calendar::{CapacityRule, OfficeHoursCalendar};
use ringback_domain::{CalendarId, CallbackId, CapacityRuleId, Service, ServiceId, StateName, Timestamp};
use ringback_tests::{Backend, figure, seed, size};
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use crate::store_setup::{Cluster, check_timeline};

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
/// Least part of the appointments that is attempted inside its window, in hundredths.
const MIN_PUNCTUAL: usize = 97;

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
        let now = self.now();
        for zone in 0..self.scale.zones {
            let idle = self.agents.iter().position(|agent| agent.is_idle && agent.zone == zone);
            let Some(agent) = idle else { continue };
            // Now and then they look although there should be nobody for them.
            if now % 1_800 == 0 || self.first_in_line(agent).is_some() {
                (0..self.waiting[zone].len()).for_each(|_| self.wake(zone));
            }
        }
        let next = now + 30;
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

    /// How many appointments were attempted, and how many of them inside their window.
    fn punctuality(&self) -> (usize, usize) {
        let appointments = self.records.values().filter(|record| record.is_appointment);
        let attempted: Vec<i64> = appointments
            .filter(|record| !record.is_cancelled || record.first_attempt.is_some())
            .filter_map(|record| Some(record.first_attempt? - record.desired))
            .collect();
        let on_time = attempted.iter().filter(|late| **late <= WINDOW_SECONDS).count();
        (attempted.len(), on_time)
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
        "{backend:?}: {} promises, {:?}; {on_time} of {appointments} appointments attempted inside their \
         window; {:.0} s",
        week.records.len(),
        week.tally,
        began.elapsed().as_secs_f64()
    ));
    assert!(on_time * 100 >= appointments * MIN_PUNCTUAL, "{on_time} of {appointments}");
    week.cluster.close().await;
}
