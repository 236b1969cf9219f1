//! A separate database of either kind for each test.

use tempfile::TempDir;

use crate::postgres;

/// The kinds of database. Tests of stored data take it as a parameter, with
/// `#[values(Backend::Sqlite, Backend::Postgres)]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A database of the server that `cargo xtask test` starts.
    Postgres,
}

/// An empty database with the current schema. Dropping it removes the database.
#[derive(Debug)]
pub struct Database {
    url: String,
    /// Removes the database when it is dropped.
    _guard: Guard,
}

#[derive(Debug)]
enum Guard {
    Sqlite { _folder: TempDir },
    Postgres { _database: postgres::Database },
}

impl Backend {
    /// Creates a database. `migrate` creates the schema at a URL and leaves no
    /// connection open.
    pub async fn database(self, migrate: impl AsyncFnOnce(&str)) -> Database {
        match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let url = format!("sqlite:{}", folder.path().join("ringback.db").display());
                migrate(&url).await;
                Database { url, _guard: Guard::Sqlite { _folder: folder } }
            }
            Self::Postgres => {
                let database = postgres::Database::create(migrate).await;
                Database { url: database.url().to_owned(), _guard: Guard::Postgres { _database: database } }
            }
        }
    }
}

impl Database {
    /// The URL of the database, as in Ringback's settings.
    pub fn url(&self) -> &str {
        &self.url
    }
}
