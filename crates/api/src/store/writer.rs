//! The one writer of a SQLite database.
//!
//! SQLite lets one connection write at a time, and a commit waits for the
//! disk. So one thread owns the writing connection, runs the pieces of work
//! that have queued up inside one transaction, each behind a savepoint of its
//! own, commits once, and only then answers them all: many writers share one
//! sync, and nobody hears of success before it is on the disk.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use sqlx::{Executor, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use super::conn::Conn;
use super::error::{StoreError, StoreResult};

/// Most pieces of work in one commit.
const GROUP_LIMIT: usize = 256;

/// A group stops growing after this time, so that the first does not wait for
/// the last.
const GROUP_TIME: Duration = Duration::from_millis(10);

/// Work that waits for the writer; more callers wait outside.
const WAITING: usize = 4_096;

/// What a piece of work left behind: whether to keep it, and how to answer.
struct Done {
    keep: bool,
    answer: Answer,
}

/// Tells the caller, once it is known whether the work is on the disk.
type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

type Work = Box<dyn for<'c> FnOnce(&'c mut Conn) -> LocalBoxFuture<'c, Done> + Send>;

/// A handle to the writer's thread.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Work>,
    pool: SqlitePool,
}

impl Writer {
    /// Starts the thread over a pool of one connection.
    pub(super) fn start(pool: SqlitePool) -> StoreResult<Self> {
        let (queue, waiting) = mpsc::channel(WAITING);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let connections = pool.clone();
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || runtime.block_on(run(connections, waiting)))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue, pool })
    }

    pub(super) const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |conn| {
            Box::pin(async move {
                let result = work(conn).await;
                Done {
                    keep: result.is_ok(),
                    // The caller may have gone away; its work is kept all the same.
                    answer: Box::new(move |committed| {
                        drop(reply.send(match committed {
                            Ok(()) => result,
                            Err(error) => result.and_then(|_| Err(error.into())),
                        }));
                    }),
                }
            })
        });
        let gone = || E::from(StoreError::Unavailable("the writer has stopped".to_owned()));
        self.queue.send(work).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

async fn run(pool: SqlitePool, mut waiting: mpsc::Receiver<Work>) {
    while let Some(first) = waiting.recv().await {
        let mut answers = Vec::new();
        let committed = group(&pool, first, &mut waiting, &mut answers).await;
        let failure = committed.err().map(|error| {
            tracing::error!(%error, "the writer could not commit");
            error.to_string()
        });
        for answer in answers {
            answer(match &failure {
                None => Ok(()),
                Some(error) => Err(StoreError::Unavailable(error.clone())),
            });
        }
    }
}

/// Runs what is waiting in one transaction. Answers are only collected here.
async fn group(
    pool: &SqlitePool,
    first: Work,
    waiting: &mut mpsc::Receiver<Work>,
    answers: &mut Vec<Answer>,
) -> StoreResult<()> {
    let mut conn = Conn::sqlite(pool.acquire().await?);
    statement(&mut conn, "BEGIN IMMEDIATE").await?;
    let kept = fill(&mut conn, first, waiting, answers).await;
    if kept.is_err() {
        // A full disk leaves the transaction open; the next group needs it gone.
        if let Err(error) = statement(&mut conn, "ROLLBACK").await {
            tracing::debug!(%error, "nothing was left to roll back");
        }
    }
    kept
}

async fn fill(
    conn: &mut Conn,
    first: Work,
    waiting: &mut mpsc::Receiver<Work>,
    answers: &mut Vec<Answer>,
) -> StoreResult<()> {
    let began = Instant::now();
    let mut next = Some(first);
    while let Some(work) = next {
        statement(conn, "SAVEPOINT one").await?;
        // A panic in one piece of work must not take the others with it.
        let done = AssertUnwindSafe(work(conn)).catch_unwind().await;
        let keep = done.as_ref().is_ok_and(|done| done.keep);
        if let Ok(done) = done {
            answers.push(done.answer);
        }
        if !keep {
            statement(conn, "ROLLBACK TO one").await?;
        }
        statement(conn, "RELEASE one").await?;
        let room = answers.len() < GROUP_LIMIT && began.elapsed() < GROUP_TIME;
        next = if room { waiting.try_recv().ok() } else { None };
    }
    statement(conn, "COMMIT").await
}

async fn statement(conn: &mut Conn, sql: &'static str) -> StoreResult<()> {
    if let Conn::Sqlite(conn) = conn {
        (&mut **conn).execute(sql).await?;
    }
    Ok(())
}
