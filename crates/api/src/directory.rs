//! The services, cached for queries.

use std::collections::HashMap;
use std::sync::Arc;

use ringback_domain::callback::Callback;
use ringback_domain::callback::gates::ServiceStanding;
use ringback_domain::wire::bulk::ReportLine;
use ringback_domain::{Service, ServiceId, Timestamp, VisibleServices};

use crate::clock::Clock;
use crate::error::Error;
use crate::hours::Rules;
use crate::recent::Recent;
use crate::signals::Signals;
use crate::store::{Conn, Store, StoreResult, rules, services};

/// Every service, ordered by name, with the rules that they have.
#[derive(Debug, Default)]
pub struct Services {
    list: Vec<Service>,
    rules: Rules,
    /// Those that are closed now: until then, if they open soon enough to know.
    closed: HashMap<ServiceId, Option<Timestamp>>,
}

impl Services {
    /// Reads them as they are now.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn read(conn: &mut Conn, now: Timestamp) -> StoreResult<Self> {
        let list = services::list(conn).await?;
        let rules = if list.iter().any(Rules::are_needed_by) {
            Rules::new(&rules::list(conn).await?, &rules::list(conn).await?, now)
        } else {
            Rules::default()
        };
        let closed = list.iter().filter_map(|service| {
            let hours = rules.hours(service);
            (!hours.is_open(now)).then(|| (service.id, hours.next_open(now)))
        });
        let closed = closed.collect();
        Ok(Self { list, rules, closed })
    }

    /// Office hours and capacity.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Until when a service is closed now, if that is known; `None` if it is open.
    pub fn closed(&self, id: ServiceId) -> Option<Option<Timestamp>> {
        self.closed.get(&id).copied()
    }

    /// What keeps a service from handing callbacks out.
    pub fn standing(&self, id: ServiceId) -> ServiceStanding {
        let dials = self.get(id).is_some_and(|service| service.settings.dial_pending);
        ServiceStanding { dials, closed: self.closed(id) }
    }

    /// Every service.
    pub fn all(&self) -> &[Service] {
        &self.list
    }

    /// The service with this id.
    pub fn get(&self, id: ServiceId) -> Option<&Service> {
        self.list.iter().find(|service| service.id == id)
    }

    /// The service with this id, if the caller may see it.
    pub fn visible(&self, id: ServiceId, visible: &VisibleServices) -> Option<&Service> {
        self.get(id).filter(|service| visible.contains(service.id))
    }

    /// The line of a report on this callback.
    pub fn report_line(&self, callback: &Callback) -> ReportLine {
        let service = self.get(callback.request.service_id);
        ReportLine::of(callback, service.map(|service| service.name.clone()))
    }

    /// The ids, ordered by name.
    pub fn ids(&self) -> Vec<ServiceId> {
        self.list.iter().map(|service| service.id).collect()
    }
}

/// Reads the services for queries. Commands read them in their transaction.
#[derive(Debug)]
pub struct Directory {
    store: Store,
    clock: Clock,
    signals: Arc<Signals>,
    services: Recent<Services>,
}

impl Directory {
    /// A directory of the services in this database.
    pub fn new(store: Store, clock: Clock, signals: Arc<Signals>) -> Self {
        Self { store, clock, signals, services: Recent::default() }
    }

    /// Every service, at most a second old.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn services(&self) -> Result<Arc<Services>, Error> {
        let now = self.clock.now();
        let read = async || Ok(self.store.ask(async |conn| Services::read(conn, now).await).await?);
        // Services open and close as a minute begins.
        let minute = now.micros().div_euclid(60_000_000).cast_unsigned();
        self.services.get(self.signals.services.current().wrapping_add(minute << 32), read).await
    }
}
