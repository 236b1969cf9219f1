//! The databases of a run, and SQL that runs on either kind.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgPool, SqlitePool};
use uuid::Uuid;

use crate::client::Result;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// Connections of either kind.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Runs an expression with the pool of either kind.
macro_rules! on {
    ($pool:expr, |$name:ident| $body:expr) => {
        match $pool {
            Pool::Sqlite($name) => $body,
            Pool::Postgres($name) => $body,
        }
    };
}

/// The address of a database of this run.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) backend: Backend,
    pub(crate) url: String,
    /// Where databases are created: a folder, or a `PostgreSQL` server.
    place: String,
}

impl Backend {
    /// An id as an SQL literal.
    pub(crate) fn id(self, id: Uuid) -> String {
        match self {
            Self::Sqlite => format!("x'{}'", id.simple()),
            Self::Postgres => format!("'{id}'::uuid"),
        }
    }
}

impl Database {
    /// Creates an empty database. `postgres` is the URL of a maintenance database.
    pub(crate) async fn create(backend: Backend, folder: &Path, postgres: Option<&str>) -> Result<Self> {
        let place = match backend {
            Backend::Sqlite => folder.display().to_string(),
            Backend::Postgres => postgres
                .ok_or("there is no PostgreSQL server: run `cargo xtask bench`, or give --postgres")?
                .to_owned(),
        };
        let created = Self::unused(backend, place)?;
        if backend == Backend::Postgres {
            created.maintain(&format!("CREATE DATABASE {}", created.name())).await?;
        }
        Ok(created)
    }

    fn unused(backend: Backend, place: String) -> Result<Self> {
        let name = format!("rb_bench_{}", Uuid::new_v4().simple());
        let url = match backend {
            Backend::Sqlite => format!("sqlite:{place}/{name}.db"),
            Backend::Postgres => {
                let (server, _) = place.rsplit_once('/').ok_or("the PostgreSQL URL names no database")?;
                format!("{server}/{name}")
            }
        };
        Ok(Self { backend, url, place })
    }

    /// Copies the database. Close every connection to it first.
    pub(crate) async fn copy(&self) -> Result<Self> {
        let copy = Self::unused(self.backend, self.place.clone())?;
        match self.backend {
            Backend::Sqlite => {
                self.run("PRAGMA wal_checkpoint(TRUNCATE)").await?;
                tokio::fs::copy(self.file(), copy.file()).await?;
            }
            Backend::Postgres => {
                let sql = format!("CREATE DATABASE {} TEMPLATE {}", copy.name(), self.name());
                copy.maintain(&sql).await?;
            }
        }
        Ok(copy)
    }

    /// Removes the database. Close every connection to it first.
    pub(crate) async fn remove(self) -> Result<()> {
        match self.backend {
            Backend::Sqlite => {
                for end in ["", "-wal", "-shm"] {
                    let file = format!("{}{end}", self.file().display());
                    if tokio::fs::try_exists(&file).await? {
                        tokio::fs::remove_file(file).await?;
                    }
                }
                Ok(())
            }
            Backend::Postgres => self.maintain(&format!("DROP DATABASE {} WITH (FORCE)", self.name())).await,
        }
    }

    fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    fn file(&self) -> PathBuf {
        PathBuf::from(self.url.trim_start_matches("sqlite:"))
    }

    async fn maintain(&self, sql: &str) -> Result<()> {
        let pool = PgPoolOptions::new().max_connections(1).connect(&self.place).await?;
        pool.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await?;
        pool.close().await;
        Ok(())
    }

    /// A connection for the bench itself.
    pub(crate) async fn connect(&self) -> Result<Pool> {
        Ok(match self.backend {
            Backend::Sqlite => {
                let options = SqliteConnectOptions::new()
                    .filename(self.file())
                    .journal_mode(SqliteJournalMode::Wal)
                    .busy_timeout(Duration::from_mins(1))
                    .pragma("cache_size", "-65536");
                Pool::Sqlite(SqlitePoolOptions::new().max_connections(1).connect_with(options).await?)
            }
            Backend::Postgres => {
                Pool::Postgres(PgPoolOptions::new().max_connections(1).connect(&self.url).await?)
            }
        })
    }

    /// Runs one statement on a new connection.
    pub(crate) async fn run(&self, sql: &str) -> Result<()> {
        let pool = self.connect().await?;
        pool.run(sql).await?;
        pool.close().await;
        Ok(())
    }
}

impl Pool {
    /// Runs SQL of one or several statements.
    pub(crate) async fn run(&self, sql: &str) -> Result<()> {
        let statement = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        on!(self, |pool| pool.execute(statement).await.map(drop))?;
        Ok(())
    }

    /// Runs statements in one transaction. Returns how long that took.
    pub(crate) async fn transaction(&self, statements: &[String]) -> Result<Duration> {
        let sql = format!("BEGIN; {}; COMMIT", statements.join("; "));
        let started = Instant::now();
        self.run(&sql).await?;
        Ok(started.elapsed())
    }

    /// Reads a column of text.
    pub(crate) async fn texts(&self, sql: &str) -> Result<Vec<String>> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(on!(self, |pool| sqlx::query_scalar(sql).fetch_all(pool).await)?)
    }

    /// Reads a column of numbers.
    pub(crate) async fn numbers(&self, sql: &str) -> Result<Vec<i64>> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(on!(self, |pool| sqlx::query_scalar(sql).fetch_all(pool).await)?)
    }

    /// Reads one number.
    pub(crate) async fn number(&self, sql: &str) -> Result<i64> {
        self.numbers(sql).await?.first().copied().ok_or_else(|| "the query returned no row".into())
    }

    pub(crate) async fn close(&self) {
        on!(self, |pool| pool.close().await);
    }
}
