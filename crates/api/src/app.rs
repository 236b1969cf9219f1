//! The composition root: builds the parts of a server and hands them out.

use std::sync::Arc;

use crate::auth::{Access, Grant};
use crate::clock::Clock;
use crate::command::{Audit, Commands, Tx, server_state as node, sessions};
use crate::directory::Directory;
use crate::error::Error;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::positions::PositionCache;
use crate::query::Queries;
use crate::signals::Signals;
use crate::store::{Store, server_state};
use crate::telephony::simulator::Simulator;
use crate::worker::{Workers, database_clock};
use crate::{phone, time_zone};

/// The parts of a running server.
#[derive(Clone, Debug)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Figures for Prometheus.
    pub metrics: Metrics,
    /// Whether the node works.
    pub health: Arc<Health>,
    /// Changes.
    pub commands: Arc<Commands>,
    /// Questions.
    pub queries: Arc<Queries>,
    /// Credentials.
    pub access: Arc<Access>,
    /// Work that goes on by itself.
    pub workers: Arc<Workers>,
}

impl App {
    /// Puts the parts together over a database. Entries of the audit are kept for some days.
    ///
    /// # Errors
    /// That the database cannot be used.
    pub async fn new(store: Store, clock: Clock, audit_days: i64) -> Result<Self, Error> {
        let mut conn = store.read().await?;
        database_clock::follow(&mut conn, &clock).await?;
        let database = server_state::identity(&mut conn).await?;
        drop(conn);
        let metrics = Metrics::new().map_err(Error::internal)?;
        let zones = time_zone::tables();
        metrics.tables("tzdb", &zones.version, zones.source).map_err(Error::internal)?;
        metrics.tables("phone_numbers", phone::TABLES, "built in").map_err(Error::internal)?;
        tracing::info!(version = zones.version, source = zones.source, "time zones");
        let signals = Arc::new(Signals::default());
        let health = Arc::new(Health::default());
        let directory = Arc::new(Directory::new(store.clone(), clock.clone(), Arc::clone(&signals)));
        let positions = Arc::new(PositionCache::default());
        let commands = Arc::new(Commands::new(
            store.clone(),
            clock.clone(),
            metrics.clone(),
            Arc::clone(&signals),
            Arc::clone(&positions),
        ));
        let keys = async |tx: &mut Tx<'_>| sessions::server_keys(tx).await;
        let fingerprint_key = commands.change(Audit::None, &Grant::system("start"), keys).await?;
        let epoch = async move |tx: &mut Tx<'_>| node::feed_epoch(tx, &database).await;
        let epoch = commands.change(Audit::None, &Grant::system("start"), epoch).await?;
        let access = Access::new(
            store.clone(),
            clock.clone(),
            fingerprint_key,
            Arc::clone(&directory),
            Arc::clone(&signals),
        );
        let queries = Queries::new(store.clone(), clock.clone(), directory, signals, epoch, positions);
        let workers = Workers {
            commands: Arc::clone(&commands),
            store: store.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
            health: Arc::clone(&health),
            audit_days,
        };
        Ok(Self {
            store,
            clock,
            metrics,
            health,
            commands,
            queries: Arc::new(queries),
            access: Arc::new(access),
            workers: Arc::new(workers),
        })
    }

    /// What plays agents and customers.
    pub fn simulator(&self) -> Simulator {
        Simulator {
            commands: Arc::clone(&self.commands),
            directory: Arc::clone(&self.queries.directory),
            store: self.store.clone(),
        }
    }
}
