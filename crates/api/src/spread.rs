//! Where callbacks can be moved to: a plan for all of a bulk reschedule, or for one of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ringback_domain::calendar::availability::{Taken, Unavailable, outside_hours, outside_permitted_hours};
use ringback_domain::calendar::called_party::CalledParty;
use ringback_domain::calendar::spread::{Choice, Mover, Place, Placement, spread};
use ringback_domain::callback::Callback;
use ringback_domain::wire::bulk_reschedule::{MAX_SPREAD_SLOTS, SpreadRange, SpreadSlot};
use ringback_domain::zone::{Span, ZoneClock};
use ringback_domain::{CapacityRuleId, Service, ServiceId, Timestamp};

use crate::called_party::Customer;
use crate::hours::Rules;
use crate::store::{Conn, StoreResult};

/// What callbacks are moved into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Pool {
    Rule(CapacityRuleId),
    Service(ServiceId),
}

impl Pool {
    fn of(service: &Service) -> Self {
        service.settings.capacity_rule.map_or(Self::Service(service.id), Self::Rule)
    }
}

/// What would become of callbacks, and of the slots.
#[derive(Debug, Default)]
pub struct Plan {
    /// One for each callback.
    pub placements: Vec<Placement>,
    /// The slots that callbacks may be moved to, in order.
    pub slots: Vec<SpreadSlot>,
}

/// Plans moving callbacks, in the order in which they come. Those of a service that is not
/// among these stay.
///
/// # Errors
/// If the database cannot be read.
pub async fn plan(
    conn: &mut Conn,
    services: &[&Service],
    rules: &Rules,
    now: Timestamp,
    into: SpreadRange,
    callbacks: &[Callback],
) -> StoreResult<Plan> {
    let mut planning = Planning::default();
    for service in services {
        if callbacks.iter().any(|callback| callback.request.service_id == service.id) {
            planning.add_service(conn, service, rules, now, into).await?;
        }
    }
    let movers: Vec<Option<Mover>> = callbacks.iter().map(|callback| planning.mover(callback, now)).collect();
    let known: Vec<Mover> = movers.iter().flatten().copied().collect();
    let mut placed = spread(&planning.choices, &known).into_iter();
    let placements: Vec<Placement> = movers
        .iter()
        .map(|mover| mover.and_then(|_| placed.next()).unwrap_or(Placement::Stays(Unavailable::NotAccepting)))
        .collect();
    let slots = planning.slots(movers.iter().zip(&placements));
    Ok(Plan { placements, slots })
}

/// The slots of a service, whoever is called in them.
struct ServiceSlots<'a> {
    service: &'a Service,
    pool: Pool,
    clock: Arc<ZoneClock>,
    places: Vec<Place>,
}

#[derive(Default)]
struct Planning<'a> {
    services: HashMap<ServiceId, ServiceSlots<'a>>,
    pools: Vec<Pool>,
    choices: Vec<Choice>,
    /// The choices by service and by the clocks that the customer may have: customers with the
    /// same clocks are called at the same hours.
    by_party: HashMap<(ServiceId, Option<Vec<String>>), usize>,
}

impl<'a> Planning<'a> {
    async fn add_service(
        &mut self,
        conn: &mut Conn,
        service: &'a Service,
        rules: &Rules,
        now: Timestamp,
        into: SpreadRange,
    ) -> StoreResult<()> {
        let within = Span { from: into.from, to: into.to };
        let Some((clock, slots)) = rules.taken(conn, service, now, within, usize::MAX).await? else {
            return Ok(());
        };
        let hours = rules.hours(service);
        let place = |(span, capacity, taken): (Span, Option<u32>, Taken)| {
            let closed = outside_hours(&service.settings, &hours, now, span.from);
            let unplanned = (capacity == Some(0)).then_some(Unavailable::NoCapacity);
            Place { span, capacity, taken, closed: closed.or(unplanned) }
        };
        let places = slots.into_iter().map(place).collect();
        let pool = Pool::of(service);
        if !self.pools.contains(&pool) {
            self.pools.push(pool);
        }
        self.services.insert(service.id, ServiceSlots { service, pool, clock, places });
        Ok(())
    }

    fn mover(&mut self, callback: &Callback, now: Timestamp) -> Option<Mover> {
        let slots = self.services.get(&callback.request.service_id)?;
        let customer = Customer { spared_until: None, ..Customer::from(callback) };
        let party = customer.called_by(slots.service, now);
        let clocks = |party: &CalledParty| party.clocks.iter().map(|clock| clock.name.clone()).collect();
        let key = (slots.service.id, party.as_ref().map(clocks));
        let choice = *self.by_party.entry(key).or_insert_with(|| {
            let place = |place: &Place| {
                let closed =
                    place.closed.or_else(|| outside_permitted_hours(party.as_ref(), place.span.from));
                Place { closed, ..place.clone() }
            };
            let pool = self.pools.iter().position(|pool| *pool == slots.pool).unwrap_or_default();
            self.choices.push(Choice { pool, places: slots.places.iter().map(place).collect() });
            self.choices.len() - 1
        });
        Some(Mover { choice, at: callback.desired_time })
    }

    /// What is planned for each slot that a service may call in.
    fn slots<'p>(&self, placed: impl Iterator<Item = (&'p Option<Mover>, &'p Placement)>) -> Vec<SpreadSlot> {
        let mut moving: HashMap<(Pool, Timestamp), u32> = HashMap::new();
        for (mover, placement) in placed {
            if let (Some(mover), Placement::Moves(to)) = (mover, placement) {
                let pool = self.pools[self.choices[mover.choice].pool];
                *moving.entry((pool, *to)).or_default() += 1;
            }
        }
        let mut slots: BTreeMap<(Timestamp, Pool), SpreadSlot> = BTreeMap::new();
        for of in self.services.values() {
            let (capacity_rule, service_id) = match of.pool {
                Pool::Rule(rule) => (Some(rule), None),
                Pool::Service(service) => (None, Some(service)),
            };
            for place in of.places.iter().filter(|place| place.closed.is_none()) {
                let (from, taken) = (place.span.from, place.taken);
                slots.entry((from, of.pool)).or_insert_with(|| SpreadSlot {
                    capacity_rule,
                    service_id,
                    from,
                    local: of.clock.local_text(from),
                    before: place.capacity.map(|_| taken.booked.saturating_add(taken.held)),
                    moving: moving.get(&(of.pool, from)).copied().unwrap_or_default(),
                    capacity: place.capacity,
                });
            }
        }
        slots.into_values().take(MAX_SPREAD_SLOTS).collect()
    }
}
