//! A connection to either database, and the macro that speaks to both.

use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Executor, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection};
use tokio::time::timeout;

use super::error::{StoreError, StoreResult};
use super::held::Held;

/// The kinds of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// Embedded.
    Sqlite,
    /// A server.
    Postgres,
}

impl Backend {
    /// The text of a statement that has to differ between the two.
    pub const fn pick(self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }
}

/// A connection, inside a transaction where it was handed out for writing.
#[derive(Debug)]
pub enum Conn {
    /// To a file.
    Sqlite(SqliteHandle),
    /// To a server.
    Postgres(PgHandle),
}

/// A SQLite connection.
#[derive(Debug)]
pub struct SqliteHandle {
    conn: PoolConnection<Sqlite>,
    /// Of a reader; the writer is one for all.
    _held: Option<Held>,
}

impl Deref for SqliteHandle {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.conn
    }
}

impl DerefMut for SqliteHandle {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }
}

/// How long a connection may take to be returned to its pool.
const MAX_RETURN: Duration = Duration::from_secs(5);

/// How long a caller whose work failed waits for the end of its transaction.
const MAX_ROLLBACK: Duration = Duration::from_secs(1);

/// A PostgreSQL connection of a pool, inside a transaction once [`Self::begin`] was called.
#[derive(Debug)]
pub struct PgHandle {
    conn: PoolConnection<Postgres>,
    in_transaction: bool,
    /// A statement that is not answered by then is given up.
    max_silence: Duration,
    _held: Held,
}

impl PgHandle {
    /// Takes a connection from the pool.
    pub(super) async fn acquire(pool: &PgPool, max_silence: Duration) -> StoreResult<Self> {
        let held = Held::take();
        Ok(Self { conn: pool.acquire().await?, in_transaction: false, max_silence, _held: held })
    }

    pub(super) const fn max_silence(&self) -> Duration {
        self.max_silence
    }

    pub(super) async fn begin(&mut self) -> StoreResult<()> {
        self.in_transaction = true;
        Ok(self.run("BEGIN").await?)
    }

    /// Ends the transaction.
    async fn end(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        self.run(statement).await?;
        self.in_transaction = false;
        Ok(())
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        answered_in(self.max_silence, self.conn.execute(sqlx::raw_sql(statement))).await.map(drop)
    }
}

impl Drop for PgHandle {
    fn drop(&mut self) {
        if self.in_transaction {
            // Its caller went away. The server rolls back as the connection ends.
            self.conn.close_on_drop();
            return;
        }
        // The pool asks the server before it takes a connection back. One that leads nowhere is
        // given up with the question, and its place in the pool is free again.
        let returned = self.conn.return_to_pool();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(timeout(MAX_RETURN, returned));
        }
    }
}

impl Deref for PgHandle {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.conn
    }
}

impl DerefMut for PgHandle {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.conn
    }
}

/// Waits for the answer to a statement, but not for ever: nothing else finds a network that
/// swallows what is sent.
pub(super) async fn answered_in<T, E: From<sqlx::Error>>(
    max_silence: Duration,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let silent = |_| {
        let why = format!("no answer within {} s", max_silence.as_secs_f32());
        sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, why)).into()
    };
    timeout(max_silence, answer).await.unwrap_or_else(|late| Err(silent(late)))
}

impl Conn {
    pub(super) const fn sqlite(conn: PoolConnection<Sqlite>, held: Option<Held>) -> Self {
        Self::Sqlite(SqliteHandle { conn, _held: held })
    }

    /// Which kind of database this is.
    pub const fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    /// The connection itself, also where a writing one is at hand.
    pub(super) const fn either(&mut self) -> &mut Self {
        self
    }

    pub(super) async fn rollback(self) -> StoreResult<()> {
        if let Self::Postgres(mut conn) = self {
            // A connection that leads nowhere has been waited for already.
            conn.max_silence = conn.max_silence.min(MAX_ROLLBACK);
            conn.end("ROLLBACK").await?;
        }
        Ok(())
    }

    pub(super) async fn commit(self) -> StoreResult<()> {
        if let Self::Postgres(mut conn) = self {
            conn.end("COMMIT").await.map_err(|error| StoreError::from(error).while_keeping())?;
        }
        Ok(())
    }
}

/// A connection inside a transaction. Only [`super::Store::transact`] hands one
/// out, so nothing is written without one; it reads as any other does.
#[derive(Debug)]
pub struct WriteConn(pub(super) Conn);

impl Deref for WriteConn {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for WriteConn {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// Runs one expression on the driver at hand: `on!(conn, |c| query.execute(c).await)`.
/// It is compiled twice, with `c` as a connection of each kind.
macro_rules! on {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn.either() {
            $crate::store::Conn::Sqlite(conn) => {
                let $c: &mut sqlx::SqliteConnection = &mut **conn;
                $body
            }
            $crate::store::Conn::Postgres(conn) => {
                let max_silence = conn.max_silence();
                let $c: &mut sqlx::PgConnection = &mut **conn;
                $crate::store::conn::answered_in(max_silence, async { $body }).await
            }
        }
    };
}

pub(crate) use on;
