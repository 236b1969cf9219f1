//! The one writer of a SQLite database.
//!
//! SQLite lets one connection write at a time, and a commit waits for the
//! disk. So one thread owns the writing connection, runs the pieces of work
//! that have queued up inside one transaction, each behind a savepoint of its
//! own, commits once, and only then answers them all: many writers share one
//! sync, and nobody hears of success before it is on the disk. Changes of
//! callbacks that wait one behind the other are even written together.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use ringback_domain::callback::transition::Transition;
use sqlx::{Executor, SqlitePool};
use tokio::sync::{Notify, mpsc, oneshot};

use super::audit::Entry;
use super::changes::{self, Change};
use super::conn::{Conn, WriteConn};
use super::error::{StoreError, StoreResult};

/// Most pieces of work in one commit.
const GROUP_LIMIT: usize = 256;

/// A group stops growing after this time, so that the first does not wait for
/// the last.
const GROUP_TIME: Duration = Duration::from_millis(10);

/// The pages that change often are copied once in this time.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_millis(200);

/// Work that waits for the writer; more callers wait outside.
const WAITING: usize = 4_096;

/// What a piece of work left behind: whether to keep it, and how to answer.
struct Done {
    keep: bool,
    answer: Answer,
}

/// Tells the caller, once it is known whether the work is on the disk.
type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

/// Runs on the writer's connection; where there is none it only answers.
type Work = Box<dyn for<'c> FnOnce(StoreResult<&'c mut WriteConn>) -> LocalBoxFuture<'c, Done> + Send>;

/// What waits for the writer.
enum Piece {
    /// Anything, behind a savepoint of its own.
    Work(Work),
    /// Changes of callbacks and nothing else.
    Save(Save),
}

/// Changes, and who waits for them.
struct Save {
    changes: Arc<[Transition]>,
    audit: Option<Entry>,
    reply: oneshot::Sender<StoreResult<()>>,
}

impl Save {
    fn changes(&self) -> impl Iterator<Item = Change<'_>> {
        Change::all(&self.changes, self.audit.as_ref())
    }
}

/// A handle to the writer's thread.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Piece>,
    pool: SqlitePool,
    checkpointing: SqlitePool,
}

impl Writer {
    /// Starts the thread over two pools of one connection each: the one that
    /// writes, and one that checkpoints beside it.
    pub(super) fn start(pool: SqlitePool, checkpointing: SqlitePool) -> StoreResult<Self> {
        let (queue, waiting) = mpsc::channel(WAITING);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let (connections, beside) = (pool.clone(), checkpointing.clone());
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                let committed = Notify::new();
                runtime.block_on(async {
                    tokio::select! {
                        () = run(connections, waiting, &committed) => {}
                        () = checkpoint(&beside, &committed) => {}
                    }
                });
            })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue, pool, checkpointing })
    }

    pub(super) const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut WriteConn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |conn| {
            Box::pin(async move {
                let result = match conn {
                    Ok(conn) => work(conn).await,
                    Err(error) => Err(error.into()),
                };
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
        self.queue.send(Piece::Work(work)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| StoreError::Panicked)?
    }

    pub(super) async fn save(&self, changes: Arc<[Transition]>, audit: Option<Entry>) -> StoreResult<()> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Piece::Save(Save { changes, audit, reply })).await.map_err(|_| gone())?;
        answer.await.map_err(|_| StoreError::Panicked)?
    }

    pub(super) async fn close(&self) {
        self.checkpointing.close().await;
        self.pool.close().await;
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the writer has stopped; nothing was written".to_owned())
}

/// Copies what was committed from the write-ahead log into the database file,
/// beside the writer: inside a commit it would hold up everybody who waits.
async fn checkpoint(pool: &SqlitePool, committed: &Notify) {
    loop {
        committed.notified().await;
        tokio::time::sleep(BETWEEN_CHECKPOINTS).await;
        if pool.is_closed() {
            // The writer goes on with what is left.
            std::future::pending::<()>().await;
        }
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(pool).await {
            tracing::warn!(%error, "the write-ahead log could not be checkpointed");
        }
    }
}

async fn run(pool: SqlitePool, mut waiting: mpsc::Receiver<Piece>, committed: &Notify) {
    while let Some(first) = waiting.recv().await {
        let mut answers = Vec::new();
        let kept = group(&pool, first, &mut waiting, &mut answers).await;
        committed.notify_one();
        if let Err(error) = &kept {
            tracing::error!(%error, "the writer could not commit");
        }
        for answer in answers {
            answer(kept.as_ref().copied().map_err(StoreError::again));
        }
    }
}

/// Runs what is waiting in one transaction. Answers are only collected here.
async fn group(
    pool: &SqlitePool,
    first: Piece,
    waiting: &mut mpsc::Receiver<Piece>,
    answers: &mut Vec<Answer>,
) -> StoreResult<()> {
    let mut conn = match pool.acquire().await {
        Ok(conn) => WriteConn(Conn::sqlite(conn, None)),
        Err(error) => {
            let error = StoreError::from(error);
            refuse(first, &error, answers).await;
            return Err(error);
        }
    };
    // A panic here would end the writer for good.
    let kept = AssertUnwindSafe(fill(&mut conn, first, waiting, answers)).catch_unwind().await;
    let kept = kept.unwrap_or(Err(StoreError::Panicked));
    if kept.is_err() {
        // A full disk leaves the transaction open; the next group needs it gone.
        if let Err(error) = statement(&mut conn, "ROLLBACK").await {
            tracing::debug!(%error, "nothing was left to roll back");
        }
    }
    kept
}

/// Answers a piece of work that cannot be run.
async fn refuse(piece: Piece, error: &StoreError, answers: &mut Vec<Answer>) {
    match piece {
        Piece::Work(work) => answers.push(work(Err(error.again())).await.answer),
        Piece::Save(save) => refuse_save(save, error, answers),
    }
}

fn refuse_save(save: Save, error: &StoreError, answers: &mut Vec<Answer>) {
    let error = error.again();
    answers.push(Box::new(move |_| drop(save.reply.send(Err(error)))));
}

fn refuse_saves(saves: Vec<Save>, error: &StoreError, answers: &mut Vec<Answer>) {
    for save in saves {
        refuse_save(save, error, answers);
    }
}

/// Where the transaction stands between two pieces of work. Statements that can
/// go together are sent together: each is a hop to the connection's thread.
#[derive(Clone, Copy)]
enum Savepoint {
    /// The transaction has not begun.
    None,
    /// The last piece is to be kept.
    Kept,
    /// The last piece was taken back; its savepoint is still there.
    Undone,
}

impl Savepoint {
    async fn set(self, conn: &mut WriteConn) -> StoreResult<()> {
        match self {
            Self::None => statement(conn, "BEGIN IMMEDIATE; SAVEPOINT one").await,
            Self::Kept => statement(conn, "RELEASE one; SAVEPOINT one").await,
            Self::Undone => Ok(()),
        }
    }

    async fn after(conn: &mut WriteConn, keep: bool) -> StoreResult<Self> {
        if keep {
            return Ok(Self::Kept);
        }
        statement(conn, "ROLLBACK TO one").await?;
        Ok(Self::Undone)
    }
}

async fn fill(
    conn: &mut WriteConn,
    first: Piece,
    waiting: &mut mpsc::Receiver<Piece>,
    answers: &mut Vec<Answer>,
) -> StoreResult<()> {
    let began = Instant::now();
    let mut savepoint = Savepoint::None;
    let mut next = Some(first);
    while let Some(piece) = next.take() {
        match piece {
            Piece::Work(work) => {
                if let Err(error) = savepoint.set(conn).await {
                    refuse(Piece::Work(work), &error, answers).await;
                    return Err(error);
                }
                // A panic in one piece of work must not take the others with it.
                let done = AssertUnwindSafe(work(Ok(conn))).catch_unwind().await;
                let keep = done.as_ref().is_ok_and(|done| done.keep);
                if let Ok(done) = done {
                    answers.push(done.answer);
                }
                savepoint = Savepoint::after(conn, keep).await?;
            }
            Piece::Save(save) => {
                let mut saves = vec![save];
                while saves.len() < GROUP_LIMIT {
                    match waiting.try_recv() {
                        Ok(Piece::Save(save)) => saves.push(save),
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                match save_all(conn, savepoint, saves, answers).await {
                    Ok(after) => savepoint = after,
                    Err(error) => {
                        if let Some(other) = next {
                            refuse(other, &error, answers).await;
                        }
                        return Err(error);
                    }
                }
            }
        }
        let room = answers.len() < GROUP_LIMIT && began.elapsed() < GROUP_TIME;
        // What was taken from the queue already belongs to this group.
        if next.is_none() && room {
            next = waiting.try_recv().ok();
        }
    }
    statement(conn, "RELEASE one; COMMIT").await.map_err(StoreError::while_keeping)
}

/// Writes the changes of several callers together; where one of them is in the
/// way, each by itself.
async fn save_all(
    conn: &mut WriteConn,
    mut savepoint: Savepoint,
    saves: Vec<Save>,
    answers: &mut Vec<Answer>,
) -> StoreResult<Savepoint> {
    if let Err(error) = savepoint.set(conn).await {
        refuse_saves(saves, &error, answers);
        return Err(error);
    }
    let together = changes::apply(conn, saves.iter().flat_map(Save::changes)).await;
    match Savepoint::after(conn, together.is_ok()).await {
        Ok(after) => savepoint = after,
        Err(error) => {
            // What was in the way says more than that it could not be taken back.
            let error = together.err().unwrap_or(error);
            refuse_saves(saves, &error, answers);
            return Err(error);
        }
    }
    let alone = together.is_err() && saves.len() > 1;
    let (mut together, mut broken) = (Some(together), None);
    for save in saves {
        if let Some(error) = &broken {
            refuse_save(save, error, answers);
            continue;
        }
        let outcome = if alone {
            match save_alone(conn, savepoint, &save).await {
                Ok((after, outcome)) => {
                    savepoint = after;
                    outcome
                }
                Err(error) => {
                    refuse_save(save, &error, answers);
                    broken = Some(error);
                    continue;
                }
            }
        } else {
            together.take().unwrap_or(Ok(()))
        };
        let reply = save.reply;
        answers.push(Box::new(move |committed| drop(reply.send(committed.and(outcome)))));
    }
    broken.map_or(Ok(savepoint), Err)
}

async fn save_alone(
    conn: &mut WriteConn,
    savepoint: Savepoint,
    save: &Save,
) -> StoreResult<(Savepoint, StoreResult<()>)> {
    savepoint.set(conn).await?;
    let outcome = changes::apply(conn, save.changes()).await;
    Ok((Savepoint::after(conn, outcome.is_ok()).await?, outcome))
}

async fn statement(conn: &mut WriteConn, sql: &'static str) -> StoreResult<()> {
    if let Conn::Sqlite(conn) = conn.either() {
        (&mut **conn).execute(sqlx::raw_sql(sql)).await?;
    }
    Ok(())
}
