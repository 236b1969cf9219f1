//! What can go wrong with what is kept.

use sqlx::postgres::PgDatabaseError;

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
    /// The database did not answer in time, before anything was to be kept.
    #[error("the database did not answer: {0}")]
    Silent(String),
    /// The connection was lost while the transaction was being kept: it may
    /// have been, or not.
    #[error("it is not known whether the change was kept: {0}")]
    OutcomeUnknown(String),
    /// The database cannot be reached or has no room for another caller.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The disk of the database is full. Nothing was written.
    #[error("the disk of the database is full: {0}")]
    Full(String),
    /// The work panicked, and nothing of it was written.
    #[error("the work panicked; nothing of it was written")]
    Panicked,
    /// A pooler hands out another connection for each transaction, and forgets
    /// prepared statements.
    #[error(
        "the connection pooler forgets prepared statements ({0}): use PgBouncer 1.21 or newer with \
         max_prepared_statements above 0, or pool_mode = session"
    )]
    Pooler(String),
    /// The certificate of a server is not trusted, or not for the host that was asked for.
    #[error(
        "TLS with PostgreSQL failed ({0}): check that sslrootcert in the URL names the file of the authority, and \
         that the URL names the host as the certificate does"
    )]
    Untrusted(String),
    /// The schema is that of another version.
    #[error(
        "it was made by another version of Ringback: use that version, or name a new database with --database-url"
    )]
    OtherVersion,
    /// A later version changed the schema so that this program cannot work with it.
    #[error(
        "a newer version of Ringback changed it, and this version cannot work with it: use the newer version, \
         or restore the backup that was made before the upgrade"
    )]
    NewerVersion,
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
            Self::Disconnected(why) | Self::Silent(why) => Self::OutcomeUnknown(why),
            other => other,
        }
    }

    /// The same for another of those whose work was not kept for one reason.
    #[must_use]
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Full(why) => Self::Full(why.clone()),
            Self::Disconnected(why) => Self::Disconnected(why.clone()),
            Self::OutcomeUnknown(why) => Self::OutcomeUnknown(why.clone()),
            Self::Panicked => Self::Panicked,
            other => Self::Unavailable(other.to_string()),
        }
    }

    /// Whether the same transaction may succeed if it is run again.
    pub const fn is_worth_another_try(&self) -> bool {
        matches!(self, Self::Stale | Self::Conflict(_) | Self::Disconnected(_))
    }
}

/// The index that lets a number have one open attempt. SQLite's only writer sees the open
/// ones before it adds another.
const OPEN_NUMBERS: &str = "callbacks_open_numbers";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        let why = error.to_string();
        match &error {
            // Another node is calling the same customer: what is there then says so.
            E::Database(inner) if inner.constraint() == Some(OPEN_NUMBERS) => Self::Conflict(why),
            E::Database(inner) if inner.is_unique_violation() => Self::Duplicate,
            E::Database(inner) => {
                let code = inner.code().unwrap_or_default();
                let told = if inner.try_downcast_ref::<PgDatabaseError>().is_some() {
                    of_postgres(&code, why)
                } else {
                    of_sqlite(&code, why)
                };
                told.unwrap_or(Self::Driver(error))
            }
            E::Io(inner) if inner.kind() == std::io::ErrorKind::TimedOut => Self::Silent(why),
            // A server that goes away in the middle of an answer is a lost connection too.
            E::Io(_) | E::Protocol(_) | E::BeginFailed => Self::Disconnected(why),
            E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Tls(_) => Self::Unavailable(why),
            _ => Self::Driver(error),
        }
    }
}

/// What a `SQLSTATE` means.
fn of_postgres(code: &str, why: String) -> Option<StoreError> {
    Some(match code {
        // Serialization failure, deadlock, and read-only: a server that has just become a
        // standby, from which another connection leads to the new primary.
        "40001" | "40P01" | "25006" => StoreError::Conflict(why),
        "53100" => StoreError::Full(why),
        // A statement or a lock took too long, the disk failed, the server does not let us in.
        "55P03" | "57014" | "58030" | "28000" | "28P01" => StoreError::Unavailable(why),
        "26000" | "42P05" => StoreError::Pooler(why),
        // Idle for too long inside a transaction, which was ended with its connection.
        "25P03" => StoreError::Disconnected(why),
        // Ended by its administrator, being shut down or started; failed connections.
        _ if code.starts_with("57P") || code.starts_with("08") => StoreError::Disconnected(why),
        // Out of memory or connections.
        _ if code.starts_with("53") => StoreError::Unavailable(why),
        _ => return None,
    })
}

/// What a result code of `SQLite` means: the kind is in its lowest byte.
fn of_sqlite(code: &str, why: String) -> Option<StoreError> {
    Some(match code.parse::<u32>().ok()? & 0xff {
        // Busy, locked, read-only, cannot open.
        5 | 6 | 8 | 14 => StoreError::Unavailable(why),
        // The disk failed. In a commit nobody knows what it kept.
        10 => StoreError::Disconnected(why),
        13 => StoreError::Full(why),
        _ => return None,
    })
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(inner) => inner.into(),
            sqlx::migrate::MigrateError::VersionMismatch(_) => Self::OtherVersion,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let kind = |code| of_postgres(code, String::new()).map(|error| format!("{error:?}"));
        for (code, expected) in [
            ("40001", "Conflict"),
            ("40P01", "Conflict"),
            ("25006", "Conflict"),
            ("53100", "Full"),
            ("53300", "Unavailable"),
            ("55P03", "Unavailable"),
            ("57014", "Unavailable"),
            ("57P01", "Disconnected"),
            ("57P03", "Disconnected"),
            ("08006", "Disconnected"),
            ("25P03", "Disconnected"),
            ("26000", "Pooler"),
            ("42P05", "Pooler"),
        ] {
            assert_eq!(kind(code), Some(format!("{expected}(\"\")")), "{code}");
        }
        assert_eq!(kind("42601"), None, "a syntax error is a fault of ours");
        let kind = |code| of_sqlite(code, String::new()).map(|error| format!("{error:?}"));
        for (code, expected) in
            [("5", "Unavailable"), ("1032", "Unavailable"), ("778", "Disconnected"), ("13", "Full")]
        {
            assert_eq!(kind(code), Some(format!("{expected}(\"\")")), "{code}");
        }
        assert_eq!(kind("1"), None);
    }

    #[test]
    fn only_what_was_to_be_kept_has_an_unknown_outcome() {
        let lost = || StoreError::Disconnected("reset".to_owned());
        assert!(lost().is_worth_another_try());
        let unknown = lost().while_keeping();
        assert!(matches!(unknown, StoreError::OutcomeUnknown(_)) && !unknown.is_worth_another_try());
        let silent = StoreError::from(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
        assert!(!silent.is_worth_another_try(), "each try would wait as long again: {silent:?}");
        assert!(matches!(silent.while_keeping(), StoreError::OutcomeUnknown(_)));
    }
}
