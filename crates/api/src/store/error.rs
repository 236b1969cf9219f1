//! What can go wrong with what is kept.

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The record changed since it was read.
    #[error("the record was changed by somebody else")]
    Stale,
    /// A unique key is taken; the caller knows which.
    #[error("a unique key is taken already")]
    Duplicate,
    /// A row that no version of this program writes.
    #[error("inconsistent row {row} in {table}: {what}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The row's id.
        row: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A competitor was in the way, and nothing was written: the same again may
    /// succeed.
    #[error("a competing transaction was in the way: {0}")]
    Conflict(String),
    /// The connection was lost before anything was to be kept: the same again, on
    /// another one, may succeed.
    #[error("the connection to the database was lost: {0}")]
    Disconnected(String),
    /// The connection was lost while the transaction was being kept: it may
    /// have been, or not.
    #[error("it is not known whether the change was kept: {0}")]
    OutcomeUnknown(String),
    /// The database cannot be reached or has no room for another caller.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The URL names no kind of database that Ringback knows.
    #[error("a database URL begins with sqlite: or postgres:")]
    UnknownUrl,
    /// Anything else that the driver says.
    #[error(transparent)]
    Driver(sqlx::Error),
}

/// The outcome of a call on the store.
pub type StoreResult<T> = Result<T, StoreError>;

impl StoreError {
    /// The same error of a statement that keeps something by itself: after a lost
    /// connection nobody knows whether it did.
    #[must_use]
    pub fn while_keeping(self) -> Self {
        match self {
            Self::Disconnected(why) => Self::OutcomeUnknown(why),
            other => other,
        }
    }

    /// Whether the same transaction may succeed if it is run again.
    pub const fn is_worth_another_try(&self) -> bool {
        matches!(self, Self::Stale | Self::Conflict(_) | Self::Disconnected(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => return Self::Duplicate,
            sqlx::Error::Database(inner) => inner.code().unwrap_or_default().into_owned(),
            sqlx::Error::Io(_) => return Self::Disconnected(error.to_string()),
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                return Self::Unavailable(error.to_string());
            }
            _ => String::new(),
        };
        match code.as_str() {
            // PostgreSQL: serialization failure, deadlock, lock not available, and
            // read-only after a failover.
            "40001" | "40P01" | "55P03" | "25006" => Self::Conflict(error.to_string()),
            // PostgreSQL: ended by its administrator, being shut down or started.
            code if code.starts_with("57P") => Self::Disconnected(error.to_string()),
            // PostgreSQL: out of disk, memory or connections.
            code if code.starts_with("53") => Self::Unavailable(error.to_string()),
            // SQLite names its codes by number, the kind in the lowest byte: busy,
            // locked, read-only, I/O error, full.
            code if code.len() < 5
                && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13)) =>
            {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Driver(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(inner) => inner.into(),
            other => Self::Driver(sqlx::Error::Migrate(Box::new(other))),
        }
    }
}

/// Says which row of which table makes no sense.
pub(super) fn inconsistent(
    table: &'static str,
    row: impl std::fmt::Display,
    what: &'static str,
) -> StoreError {
    StoreError::Inconsistent { table, row: row.to_string(), what }
}
