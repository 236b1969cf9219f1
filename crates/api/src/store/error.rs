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

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => Self::Duplicate,
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_) => Self::Unavailable(error.to_string()),
            // Class 57: the server is shutting down or starting up.
            sqlx::Error::Database(inner) if inner.code().is_some_and(|code| code.starts_with("57P")) => {
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
