//! Single changes of callbacks on PostgreSQL, written together where they come
//! faster than the database takes them: one statement for all that waited.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringback_domain::CallbackId;
use ringback_domain::callback::transition::Transition;
use sqlx::PgPool;
use tokio::sync::oneshot;

use super::audit::Entry;
use super::changes::{self, Change};
use super::conn::{PgHandle, answered_in};
use super::error::{StoreError, StoreResult};
use super::postgres::MAX_CONNECTIONS;

/// Statements that run at the same time. Whatever comes meanwhile waits for the
/// next one.
const MAX_RUNNING: usize = 4;

/// Changes in one statement.
const MAX_CHANGES: usize = 100;

/// Lets another runner start where this one panics.
struct Turn<'a>(&'a Mutex<Queue>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
        }
    }
}

/// Takes changes in, and writes what has queued up.
#[derive(Clone, Debug)]
pub struct Saver {
    pool: PgPool,
    max_silence: Duration,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    running: usize,
}

#[derive(Debug)]
struct Waiting {
    change: Transition,
    audit: Option<Entry>,
    reply: oneshot::Sender<StoreResult<()>>,
}

impl Waiting {
    fn change(&self) -> Change<'_> {
        Change::new(&self.change, self.audit.as_ref())
    }
}

impl Saver {
    /// `max_silence` is how long an answer of the server may take.
    pub(super) fn new(pool: PgPool, max_silence: Duration) -> Self {
        Self { pool, max_silence, queue: Arc::default() }
    }

    pub(super) async fn acquire(&self) -> StoreResult<PgHandle> {
        PgHandle::acquire(&self.pool, self.max_silence).await
    }

    /// A connection inside a new transaction. Each that was lost while it was idle is replaced by
    /// another: nothing has run on it yet.
    pub(super) async fn begin(&self) -> StoreResult<PgHandle> {
        let mut lost = 0;
        loop {
            let mut conn = self.acquire().await?;
            match conn.begin().await {
                Ok(()) => return Ok(conn),
                Err(StoreError::Disconnected(_)) if lost < MAX_CONNECTIONS => lost += 1,
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Writes a change under the version that it started from.
    pub(super) async fn save(&self, change: Transition, audit: Option<Entry>) -> StoreResult<()> {
        let (reply, answer) = oneshot::channel();
        let starts = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.waiting.push(Waiting { change, audit, reply });
            let starts = queue.running < MAX_RUNNING;
            queue.running += usize::from(starts);
            starts
        };
        if starts {
            // Not by the caller, who may go away in the middle.
            tokio::spawn(self.clone().run());
        }
        answer.await.map_err(|_| StoreError::OutcomeUnknown("the statement was given up".to_owned()))?
    }

    async fn run(self) {
        let _turn = Turn(&self.queue);
        while let Some(batch) = self.next() {
            self.write(batch).await;
        }
    }

    /// The next changes, of different callbacks; `None` ends this runner.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ids = HashSet::new();
        let (batch, rest) = std::mem::take(&mut queue.waiting)
            .into_iter()
            .partition(|one| ids.len() < MAX_CHANGES && ids.insert(one.change.callback.id));
        queue.waiting = rest;
        let batch: Vec<Waiting> = batch;
        if batch.is_empty() {
            queue.running -= 1;
            return None;
        }
        Some(batch)
    }

    async fn write(&self, batch: Vec<Waiting>) {
        let changes: Vec<Change<'_>> = batch.iter().map(Waiting::change).collect();
        match self.written(&changes).await {
            Ok(written) => {
                for one in batch {
                    let outcome = if written.contains(&one.change.callback.id) {
                        Ok(())
                    } else {
                        Err(StoreError::Stale)
                    };
                    drop(one.reply.send(outcome));
                }
            }
            Err(error) => {
                // One of them may be at fault: each by itself tells which.
                let mut alone = HashMap::new();
                if batch.len() == 1 {
                    alone.insert(batch[0].change.callback.id, Err(error));
                } else if !matches!(error, StoreError::OutcomeUnknown(_)) {
                    for one in &batch {
                        let outcome = self.written(&[one.change()]).await.and_then(|written| {
                            if written.is_empty() { Err(StoreError::Stale) } else { Ok(()) }
                        });
                        alone.insert(one.change.callback.id, outcome);
                    }
                }
                for one in batch {
                    let unknown = || Err(StoreError::OutcomeUnknown("the connection was lost".to_owned()));
                    let outcome = alone.remove(&one.change.callback.id).unwrap_or_else(unknown);
                    drop(one.reply.send(outcome));
                }
            }
        }
    }

    /// Writes them in one statement, and gives those that were in their version.
    async fn written(&self, changes: &[Change<'_>]) -> StoreResult<HashSet<CallbackId>> {
        let mut conn = self.acquire().await?;
        let written = answered_in(conn.max_silence(), changes::apply_postgres(&mut conn, changes)).await;
        written.map_err(StoreError::while_keeping)
    }
}
