//! The services, cached for queries.

use std::sync::Arc;

use ringback_domain::callback::Callback;
use ringback_domain::wire::bulk::ReportLine;
use ringback_domain::{Service, ServiceId, VisibleServices};

use crate::error::Error;
use crate::recent::Recent;
use crate::signals::Signals;
use crate::store::{Store, services};

/// Every service, ordered by name.
#[derive(Clone, Debug, Default)]
pub struct Services {
    list: Vec<Service>,
}

impl Services {
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

impl From<Vec<Service>> for Services {
    fn from(list: Vec<Service>) -> Self {
        Self { list }
    }
}

/// Reads the services for queries. Commands read them in their transaction.
#[derive(Debug)]
pub struct Directory {
    store: Store,
    signals: Arc<Signals>,
    services: Recent<Services>,
}

impl Directory {
    /// A directory of the services in this database.
    pub fn new(store: Store, signals: Arc<Signals>) -> Self {
        Self { store, signals, services: Recent::default() }
    }

    /// Every service, at most a second old.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn services(&self) -> Result<Arc<Services>, Error> {
        let read = async || Ok(self.store.ask(async |conn| services::list(conn).await).await?.into());
        self.services.get(self.signals.services.current(), read).await
    }
}
