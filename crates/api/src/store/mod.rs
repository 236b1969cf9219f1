//! Everything that is kept, on SQLite or PostgreSQL.
//!
//! One SQL text serves both: the `on!` macro pastes an expression into an arm
//! for each driver. Where the two must differ, the difference stands at the
//! place of use as two constants.
//!
//! Reads take a connection from a pool. Writes go through [`Store::transact`]:
//! on PostgreSQL a transaction each, on SQLite one writer that commits what
//! has queued up (see `writer.rs`).

mod changes;
mod conn;
mod error;
mod held;
mod locks;
mod postgres;
mod saver;
mod sql;
mod writer;

pub mod api_keys;
pub mod audit;
pub mod bulk;
pub mod bulk_reschedule;
pub mod callbacks;
pub mod do_not_call;
pub mod feed;
pub mod holds;
pub mod idempotency;
pub mod list;
pub mod log_in_attempts;
pub mod name_recordings;
pub mod open;
pub mod queue;
pub mod rules;
pub mod saved_views;
pub mod server_state;
pub mod services;
pub mod sessions;
pub mod slots;
pub mod timeline;
pub mod unreadable;
pub mod users;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::transition::Transition;

use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use changes::Change;
pub(crate) use conn::on;
pub use conn::{Backend, Conn, WriteConn};
pub use error::{StoreError, StoreResult};
use held::Held;
use postgres::MAX_CONNECTIONS;
use saver::Saver;
use writer::Writer;

/// The open database. Cloning is cheap.
#[derive(Clone, Debug)]
pub enum Store {
    /// A file of our own.
    Sqlite {
        /// Connections that only read.
        readers: SqlitePool,
        /// The one connection that writes.
        writer: Writer,
    },
    /// A server.
    Postgres(Saver),
}

/// Pages in SQLite's write-ahead log (64 MB) from which on a commit copies what
/// the checkpoints beside it left over, and the log begins anew.
const WAL_PAGES: &str = "16384";

/// Time for a statement on PostgreSQL.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How much later than the server Ringback gives a statement up: the server says what was wrong.
const GRACE: Duration = Duration::from_secs(5);

/// SQLite connections that read.
const SQLITE_READERS: u32 = 4;

/// How often a SQLite schema is tried again while another program may be at it.
const MIGRATION_TRIES: u32 = 10;

/// Creates a missing database file so that only its owner can read it: it holds
/// hashes of passwords, and keys. SQLite gives its write-ahead log the same rights.
fn create_private(file: &std::path::Path) {
    if file.as_os_str().is_empty() || file.to_string_lossy().contains(":memory:") {
        return;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // SQLite says better than this what is wrong with a file; one that exists stays.
    if let Err(error) = options.open(file) {
        tracing::debug!(%error, "the database file is not new");
    }
}

impl Store {
    /// Opens the database that the URL names: `sqlite:` or `postgres:`. An
    /// embedded database is made where it is missing.
    ///
    /// # Errors
    /// If the URL is of another kind or the database cannot be opened.
    pub async fn connect(url: &str) -> StoreResult<Self> {
        Self::connect_with(url, STATEMENT_TIMEOUT).await
    }

    /// The same with another time for a statement on PostgreSQL. Five seconds later an answer is
    /// not waited for any more.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_with(url: &str, statement_timeout: Duration) -> StoreResult<Self> {
        if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = postgres::open(url, statement_timeout).await?;
            Ok(Self::Postgres(Saver::new(pool, statement_timeout + GRACE)))
        } else {
            Err(StoreError::UnknownUrl)
        }
    }

    async fn open_sqlite(url: &str) -> StoreResult<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Grouped commits make a full sync as cheap as none.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(200)
            // What a savepoint would take back is kept in memory, not in a file.
            .pragma("temp_store", "MEMORY")
            .pragma("cache_size", "-32768")
            // The write-ahead log is cut to this once all of it is in the file.
            .pragma("journal_size_limit", "67108864");
        create_private(options.get_filename());
        let one = |options| {
            SqlitePoolOptions::new()
                .max_connections(1)
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
                .connect_with(options)
        };
        // The writer comes first: it makes the file and its write-ahead log.
        let writing = options.clone().pragma("wal_autocheckpoint", WAL_PAGES).pragma("cache_size", "-16384");
        let writing = one(writing).await?;
        let checkpointing = one(options.clone().pragma("cache_size", "-1024")).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(Duration::from_secs(10))
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self::Sqlite { readers, writer: Writer::start(writing, checkpointing)? })
    }

    /// Brings the schema up to date. Two nodes may do so at once. A later one stays as it is.
    ///
    /// # Errors
    /// As [`Self::is_migrated`]; that a migration failed.
    pub async fn migrate(&self) -> StoreResult<()> {
        let mut migrations = self.migrations();
        // Those of a later version may be there.
        migrations.set_ignore_missing(true);
        match self {
            Self::Sqlite { writer, .. } => {
                // Nothing keeps two programs apart here. Each migration is a
                // transaction, so whoever comes second fails in one and finds
                // it done when looking again.
                let mut tries = 1;
                while let Err(error) = migrations.run(writer.pool()).await {
                    if tries == MIGRATION_TRIES {
                        return Err(error.into());
                    }
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            Self::Postgres(saver) => postgres::migrate(saver.pool(), migrations).await?,
        }
        self.is_migrated().await.map(drop)
    }

    fn migrations(&self) -> Migrator {
        match self {
            Self::Sqlite { .. } => sqlx::migrate!("migrations/sqlite"),
            Self::Postgres(_) => sqlx::migrate!("migrations/postgres"),
        }
    }

    /// Whether the schema has everything that this program needs. It may be that of a later
    /// version which says that this one can work with it.
    ///
    /// # Errors
    /// [`StoreError::NewerVersion`] if it says that this one cannot.
    pub async fn is_migrated(&self) -> StoreResult<bool> {
        let newest = self.migrations().iter().map(|one| one.version).max().unwrap_or_default();
        let conn = &mut self.read().await?;
        let applied: Result<Option<i64>, sqlx::Error> = on!(conn, |c| {
            sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(c).await
        });
        let applied = match applied.map_err(StoreError::from) {
            Ok(version) => version.unwrap_or_default(),
            // The table is made by the first migration.
            Err(StoreError::Driver(sqlx::Error::Database(_))) => 0,
            Err(error) => return Err(error),
        };
        if applied > newest {
            let from = server_state::get(conn, "readable_from").await?;
            if from.and_then(|from| from.parse().ok()).is_none_or(|from: i64| from > newest) {
                return Err(StoreError::NewerVersion);
            }
        }
        Ok(applied >= newest)
    }

    /// Asks the database for an answer, whatever it is.
    ///
    /// # Errors
    /// That it gives none.
    pub async fn ping(&self) -> StoreResult<()> {
        let conn = &mut self.read().await?;
        on!(conn, |c| sqlx::query("SELECT 1").execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Which kind of database this is.
    pub fn backend(&self) -> Backend {
        match self {
            Self::Sqlite { .. } => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    /// A connection for reading; each statement sees what is committed by then.
    pub async fn read(&self) -> StoreResult<Conn> {
        Ok(match self {
            Self::Sqlite { readers, .. } => {
                let held = Held::take();
                Conn::sqlite(readers.acquire().await?, Some(held))
            }
            Self::Postgres(saver) => Conn::Postgres(saver.acquire().await?),
        })
    }

    /// Asks what every request has to know, and asks again where the connection turns out to be lost.
    ///
    /// # Errors
    /// What the question answers.
    pub async fn ask<T>(&self, question: impl AsyncFn(&mut Conn) -> StoreResult<T>) -> StoreResult<T> {
        let mut lost = 0;
        loop {
            match question(&mut self.read().await?).await {
                Err(StoreError::Disconnected(_)) if lost < MAX_CONNECTIONS => lost += 1,
                answer => return answer,
            }
        }
    }

    /// Runs `work` in a transaction: all that it writes is kept, durably, when
    /// this returns `Ok`, and none of it if `work` fails.
    ///
    /// # Errors
    /// What `work` answers, or that the transaction could not be kept.
    pub async fn transact<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut WriteConn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match self {
            Self::Sqlite { writer, .. } => {
                let _held = Held::take();
                writer.write(work).await
            }
            Self::Postgres(saver) => {
                let mut conn = WriteConn(Conn::Postgres(saver.begin().await?));
                match work(&mut conn).await {
                    Ok(done) => {
                        conn.0.commit().await?;
                        Ok(done)
                    }
                    Err(error) => {
                        // Dropping it would roll back as well, but later: what
                        // it holds would be passed over by others meanwhile.
                        if let Err(lost) = conn.0.rollback().await {
                            tracing::debug!(error = %lost, "there was nothing left to roll back");
                        }
                        Err(error)
                    }
                }
            }
        }
    }

    /// Keeps changes of callbacks, all or none, each under the version that it
    /// started from, with the command's entry of the audit. Single changes that
    /// come at once are written together.
    ///
    /// # Errors
    /// As [`callbacks::save`].
    pub async fn save_changes(
        &self,
        changes: Arc<[Transition]>,
        audit: Option<audit::Entry>,
    ) -> StoreResult<()> {
        match self {
            Self::Sqlite { writer, .. } => {
                let _held = Held::take();
                writer.save(changes, audit).await
            }
            Self::Postgres(saver) if changes.len() == 1 => saver.save(changes[0].clone(), audit).await,
            Self::Postgres(_) => {
                let save = async move |conn: &mut WriteConn| {
                    changes::apply(conn, Change::all(&changes, audit.as_ref())).await
                };
                self.transact(save).await
            }
        }
    }

    /// Closes every connection once its statement is done.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(saver) => saver.pool().close().await,
        }
    }
}
