//! A connection to either database, and the macro that speaks to both.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};

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

/// A PostgreSQL connection with or without a transaction.
#[derive(Debug)]
pub struct PgHandle {
    conn: PgConn,
    _held: Held,
}

#[derive(Debug)]
enum PgConn {
    /// Each statement by itself.
    Pooled(PoolConnection<Postgres>),
    /// Rolled back unless committed.
    Transaction(Transaction<'static, Postgres>),
}

impl Deref for PgHandle {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.conn {
            PgConn::Pooled(conn) => conn,
            PgConn::Transaction(transaction) => transaction,
        }
    }
}

impl DerefMut for PgHandle {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.conn {
            PgConn::Pooled(conn) => conn,
            PgConn::Transaction(transaction) => transaction,
        }
    }
}

impl Conn {
    pub(super) const fn sqlite(conn: PoolConnection<Sqlite>, held: Option<Held>) -> Self {
        Self::Sqlite(SqliteHandle { conn, _held: held })
    }

    pub(super) const fn pooled(conn: PoolConnection<Postgres>, held: Held) -> Self {
        Self::Postgres(PgHandle { conn: PgConn::Pooled(conn), _held: held })
    }

    pub(super) const fn transaction(transaction: Transaction<'static, Postgres>, held: Held) -> Self {
        Self::Postgres(PgHandle { conn: PgConn::Transaction(transaction), _held: held })
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
        if let Self::Postgres(PgHandle { conn: PgConn::Transaction(transaction), .. }) = self {
            transaction.rollback().await?;
        }
        Ok(())
    }

    pub(super) async fn commit(self) -> StoreResult<()> {
        if let Self::Postgres(PgHandle { conn: PgConn::Transaction(transaction), .. }) = self {
            transaction.commit().await.map_err(|error| StoreError::from(error).while_keeping())?;
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
                let $c: &mut sqlx::PgConnection = &mut **conn;
                $body
            }
        }
    };
}

pub(crate) use on;
