//! The one way to change something.
//!
//! A command is a function of a [`Tx`]. Running it keeps its effect together
//! with its entry of the audit and the answer to its idempotency key, and afterwards wakes those who wait,
//! counts and logs what happened, so that no command can forget any of it. It
//! is run again where a competitor was in the way.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringback_domain::callback::Callback;
use ringback_domain::callback::transition::Transition;
use ringback_domain::{Actor, Service, ServiceId, StateName, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument;
use uuid::Uuid;

use super::attempts::Desk;
use super::audit::Audit;
use crate::auth::Grant;
use crate::clock::Clock;
use crate::directory::Services;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::positions::PositionCache;
use crate::signals::Signals;
use crate::store::audit::{self, Entry};
use crate::store::idempotency::{self, IdempotencyKey, Seen};
use crate::store::{Conn, Store, StoreError, WriteConn, callbacks, services};

/// How often a command is run in all where competitors are in the way.
const MAX_RUNS: u32 = 10;

/// The pause before a further run: as long as a short transaction takes, and
/// longer each time.
const PAUSE: Duration = Duration::from_millis(2);

/// Runs commands.
#[derive(Debug)]
pub struct Commands {
    /// Where effects are kept.
    store: Store,
    /// What a command calls now.
    clock: Clock,
    /// Counts what happens.
    metrics: Metrics,
    /// Wakes those who wait.
    signals: Arc<Signals>,
    /// Idempotency keys of requests that run on this node.
    in_flight: Mutex<HashSet<(String, String)>>,
    quiet: bool,
    /// Reservations that wait to be made together.
    desk: Desk,
    /// Where people saw callbacks in their queues.
    positions: Arc<PositionCache>,
}

/// A command at work: what it reads, what it changes, on whose behalf.
#[derive(Debug)]
pub struct Tx<'c> {
    conn: Access<'c>,
    clock: &'c Clock,
    now: Timestamp,
    grant: &'c Grant,
    positions: &'c PositionCache,
    audit: Audit,
    pending: Vec<Transition>,
    done: Done,
}

/// How a command reaches the database.
#[derive(Debug)]
enum Access<'c> {
    /// It only saves callbacks, once it has read what it needs.
    Read(&'c mut Conn),
    /// It holds what it works on.
    Write(&'c mut WriteConn),
}

/// What to tell others of once it is kept.
#[derive(Debug, Default)]
struct Done {
    transitions: Vec<Transition>,
    changed: Vec<Changed>,
    /// Nothing happened, so the idempotency key may be used again.
    nothing: bool,
    /// Nothing changed, so the audit keeps nothing.
    unchanged: bool,
}

/// What else others may wait for or keep a copy of.
#[derive(Clone, Copy, Debug)]
enum Changed {
    Services,
    Access,
    BulkCancellations,
    BulkReschedules,
}

/// A key that is running.
#[derive(Debug)]
pub struct Running<'a> {
    commands: &'a Commands,
    name: (String, String),
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.commands.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

impl<'c> Tx<'c> {
    fn new(
        conn: Access<'c>,
        clock: &'c Clock,
        grant: &'c Grant,
        positions: &'c PositionCache,
        audit: Audit,
    ) -> Self {
        let now = clock.now();
        Self { conn, clock, now, grant, positions, audit, pending: Vec::new(), done: Done::default() }
    }

    /// The moment of the command.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// What the clock shows by now, which is later than [`Self::now`] where the command had to wait.
    pub(super) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Seconds that one more callback of a service is expected to wait, if that is known. It costs
    /// no statement.
    pub(super) fn expected_wait_seconds(&self, service: ServiceId) -> Option<u32> {
        self.positions.expected_wait_seconds(service)
    }

    /// On whose behalf it runs.
    pub const fn grant(&self) -> &'c Grant {
        self.grant
    }

    /// Who acts, for the timeline.
    pub const fn actor(&self) -> &'c Actor {
        &self.grant.actor
    }

    /// A new id.
    pub fn new_id(&self) -> Uuid {
        self.clock.new_id()
    }

    /// For reading. What was saved but not flushed is not seen.
    pub fn read(&mut self) -> &mut Conn {
        match &mut self.conn {
            Access::Read(conn) => conn,
            Access::Write(conn) => conn,
        }
    }

    /// For writing, and for reading what is to be held until the end.
    ///
    /// # Errors
    /// [`Error::MustHold`] if the command was run by [`Commands::save`], which then
    /// runs it in a transaction.
    pub(super) const fn write(&mut self) -> Result<&mut WriteConn, Error> {
        match &mut self.conn {
            Access::Write(conn) => Ok(conn),
            Access::Read(_) => Err(Error::MustHold),
        }
    }

    /// Every service as it is in this transaction.
    pub async fn services(&mut self) -> Result<Services, Error> {
        let now = self.now;
        Ok(Services::read(self.read(), now).await?)
    }

    /// A service as it is in this transaction, if the caller may see it.
    pub async fn service(&mut self, id: ServiceId) -> Result<Option<Service>, Error> {
        let visible = self.grant.visible.contains(id);
        let found = if visible { services::find(self.read(), id).await? } else { None };
        Ok(found)
    }

    /// Saves a change of a callback, and gives the callback as it is then.
    pub fn save(&mut self, mut change: Transition) -> Callback {
        if change.entry.from == Some(StateName::Queued)
            && let Some(place) = self.positions.last_seen(&change.callback)
        {
            change.callback.last_place = Some(place);
        }
        let callback = change.callback.clone();
        self.pending.push(change);
        callback
    }

    /// Writes what was saved so far, for statements that need it.
    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        callbacks::save(self.write()?, &pending).await?;
        self.done.transitions.extend(pending);
        Ok(())
    }

    /// What the audit keeps of the command.
    pub(super) const fn audit(&mut self) -> &mut Audit {
        &mut self.audit
    }

    /// The entry of the audit, unless nothing happened.
    fn entry(&self) -> Option<Entry> {
        if self.done.nothing || self.done.unchanged {
            None
        } else {
            self.audit.entry(self.grant, self.now, None)
        }
    }

    /// Services changed.
    pub(super) fn services_changed(&mut self) {
        self.done.changed.push(Changed::Services);
    }

    /// Somebody was shut out, or sees something else from now on.
    pub(super) fn access_changed(&mut self) {
        self.done.changed.push(Changed::Access);
    }

    /// A bulk cancellation waits for its worker.
    pub(super) fn bulk_waits(&mut self) {
        self.done.changed.push(Changed::BulkCancellations);
    }

    /// A bulk reschedule waits for its worker.
    pub(super) fn bulk_reschedule_waits(&mut self) {
        self.done.changed.push(Changed::BulkReschedules);
    }

    /// It changed nothing, so the audit keeps nothing. The answer is kept with its idempotency key.
    pub(super) const fn unchanged(&mut self) {
        self.done.unchanged = true;
    }

    /// There was nothing to do: the same request may find something later, and the
    /// audit keeps nothing of it.
    pub const fn nothing_done(&mut self) {
        self.done.nothing = true;
    }
}

impl Commands {
    /// Over a database.
    pub fn new(
        store: Store,
        clock: Clock,
        metrics: Metrics,
        signals: Arc<Signals>,
        positions: Arc<PositionCache>,
    ) -> Self {
        Self {
            store,
            clock,
            metrics,
            signals,
            in_flight: Mutex::default(),
            quiet: false,
            desk: Desk::default(),
            positions,
        }
    }

    /// What the commands call now.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where this node's workers and routers are woken.
    pub const fn signals(&self) -> &Arc<Signals> {
        &self.signals
    }

    /// For setting a database up: nobody is woken, nothing is counted or logged.
    ///
    /// # Errors
    /// As `Metrics::new`: never in practice.
    pub fn for_set_up(store: Store, clock: Clock) -> Result<Self, Error> {
        let metrics = Metrics::new().map_err(Error::internal)?;
        Ok(Self { quiet: true, ..Self::new(store, clock, metrics, Arc::default(), Arc::default()) })
    }

    /// Keeps an entry of the audit that goes with no effect.
    pub(super) async fn keep_entry(&self, entry: Entry) -> Result<(), StoreError> {
        self.store.transact(async move |conn| audit::insert(conn, &entry).await).await
    }

    pub(super) const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Marks a key as running until the guard is dropped.
    ///
    /// # Errors
    /// [`Error::InFlight`] if it is running already on this node.
    pub fn begin(&self, key: &IdempotencyKey) -> Result<Running<'_>, Error> {
        let name = (key.owner.clone(), key.key.clone());
        let mut running = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if running.insert(name.clone()) { Ok(Running { commands: self, name }) } else { Err(Error::InFlight) }
    }

    /// Runs a command in a transaction. The same request with the same key gets
    /// the same answer, and has no second effect.
    ///
    /// # Errors
    /// What the command answers; [`Error::KeyReused`] where the key is another
    /// request's; that the database is not available.
    pub async fn run<T, F>(
        &self,
        audit: Audit,
        key: Option<IdempotencyKey>,
        grant: &Grant,
        work: F,
    ) -> Result<T, Error>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let _running = key.as_ref().map(|key| self.begin(key)).transpose()?;
        self.run_begun(audit, key, grant, work).await
    }

    /// The same for a caller who has marked the key as running.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn run_begun<T, F>(
        &self,
        audit: Audit,
        key: Option<IdempotencyKey>,
        grant: &Grant,
        work: F,
    ) -> Result<T, Error>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let Some(key) = key else { return self.change(audit, grant, work).await };
        let grant_of_key = grant.clone();
        let keyed = async move |tx: &mut Tx<'_>| {
            let now = tx.now();
            match idempotency::look_up(tx.write()?, &key, now).await? {
                Seen::Answered(answer) => {
                    tx.nothing_done();
                    return serde_json::from_str(&answer).map_err(Error::internal);
                }
                Seen::OtherRequest => return Err(Error::KeyReused),
                Seen::New => {}
            }
            let answer = work(tx).await?;
            if !tx.done.nothing {
                let text = serde_json::to_string(&answer).map_err(Error::internal)?;
                idempotency::keep(tx.write()?, &key, &text, now).await?;
            }
            Ok(answer)
        };
        self.change(audit, &grant_of_key, keyed).await
    }

    /// Runs a command whose answer is not kept: one of Ringback itself, or one
    /// that is the same when it is repeated.
    ///
    /// # Errors
    /// What the command answers; that the database is not available.
    pub async fn change<T, F>(&self, audit: Audit, grant: &Grant, work: F) -> Result<T, Error>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let span = Self::span(grant);
        let answer = self.change_inside(&audit, grant, Arc::new(work)).instrument(span).await;
        self.checked(&audit, grant, answer).await
    }

    async fn change_inside<T, F>(&self, audit: &Audit, grant: &Grant, work: Arc<F>) -> Result<T, Error>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let mut runs = 1;
        loop {
            let (work, grant, clock) = (Arc::clone(&work), grant.clone(), self.clock.clone());
            let (audit, positions) = (audit.clone(), Arc::clone(&self.positions));
            let outcome = self
                .store
                .transact(async move |conn| {
                    let mut tx = Tx::new(Access::Write(conn), &clock, &grant, &positions, audit);
                    let answer = work(&mut tx).await?;
                    tx.flush().await?;
                    if let Some(entry) = tx.entry() {
                        audit::insert(tx.write()?, &entry).await?;
                    }
                    Ok((answer, tx.done))
                })
                .await;
            match outcome {
                Ok((answer, done)) => {
                    self.announce(&done);
                    return Ok(answer);
                }
                Err(error) => runs = run_again(error, runs).await?,
            }
        }
    }

    /// Runs a command that changes callbacks and nothing else. It holds nothing
    /// while it reads; what it saves is written under the versions that it read,
    /// and if a competitor was faster it is run again on what is there then. Where it
    /// turns out that it has to hold something, it is run in a transaction instead.
    ///
    /// With an idempotency key it is run as any other, since its answer has to
    /// be kept with its effect.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn save<T, F>(
        &self,
        audit: Audit,
        key: Option<IdempotencyKey>,
        grant: &Grant,
        work: F,
    ) -> Result<T, Error>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        if key.is_some() {
            return self.run(audit, key, grant, work).await;
        }
        let answer = self.save_inside(&audit, grant, &work).instrument(Self::span(grant)).await;
        if matches!(answer, Err(Error::MustHold)) {
            return self.change(audit, grant, work).await;
        }
        self.checked(&audit, grant, answer).await
    }

    async fn save_inside<T, F>(&self, audit: &Audit, grant: &Grant, work: &F) -> Result<T, Error>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, Error>,
    {
        let mut runs = 1;
        loop {
            match self.save_once(audit, grant, work).await {
                Err(error) => runs = run_again(error, runs).await?,
                answer => return answer,
            }
        }
    }

    async fn save_once<T, F>(&self, audit: &Audit, grant: &Grant, work: &F) -> Result<T, Error>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, Error>,
    {
        let mut conn = self.store.read().await?;
        let mut tx = Tx::new(Access::Read(&mut conn), &self.clock, grant, &self.positions, audit.clone());
        let answer = work(&mut tx).await?;
        let entry = tx.entry();
        let changes: Arc<[Transition]> = std::mem::take(&mut tx.pending).into();
        // Writing may need the connection that reading held.
        drop(conn);
        if !changes.is_empty() {
            self.store.save_changes(Arc::clone(&changes), entry).await?;
            self.announce(&Done { transitions: changes.to_vec(), ..Done::default() });
        }
        Ok(answer)
    }

    /// Names who acts in every line that a command logs.
    fn span(grant: &Grant) -> tracing::Span {
        tracing::info_span!("command", actor = %grant.actor.name)
    }

    /// Tells others of what was just kept.
    fn announce(&self, done: &Done) {
        if self.quiet {
            return;
        }
        let now = self.clock.now();
        for transition in &done.transitions {
            let (callback, entry) = (&transition.callback, &transition.entry);
            self.metrics.callback_changed(entry);
            self.signals.announce(transition, now);
            tracing::info!(
                callback.id = %callback.id,
                service.id = %callback.request.service_id,
                action = entry.action.as_str(),
                from = entry.from.map(StateName::as_str),
                to = entry.to.as_str(),
                by = entry.actor.name,
                "callback moved"
            );
        }
        for changed in &done.changed {
            match changed {
                Changed::Services => {
                    self.signals.services.raise();
                    self.signals.ready.announce_all();
                }
                Changed::Access => self.signals.access.raise(),
                Changed::BulkCancellations => self.signals.bulk.notify_one(),
                Changed::BulkReschedules => self.signals.bulk_reschedule.notify_one(),
            }
        }
    }
}

/// Waits a little where a competitor was in the way, and gives the number of the
/// next run; anything else stays an error.
async fn run_again(error: Error, runs: u32) -> Result<u32, Error> {
    match error {
        Error::Store(error) if error.is_worth_another_try() && runs < MAX_RUNS => {
            tracing::debug!(%error, runs, "the command is run again");
            tokio::time::sleep(PAUSE * runs).await;
            Ok(runs + 1)
        }
        error => Err(error),
    }
}
