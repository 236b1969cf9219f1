//! A database of its own for each test, of either kind.

use tempfile::TempDir;

use crate::postgres;

/// The kinds of database. Every test that keeps anything takes it as a
/// parameter with `#[values(Backend::Sqlite, Backend::Postgres)]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A database of the server that `cargo xtask test` starts.
    Postgres,
}

/// An empty database with the current schema; it goes away with this value.
#[derive(Debug)]
pub struct Database {
    url: String,
    /// Removes the database when it is dropped.
    _keep: Keep,
}

#[derive(Debug)]
enum Keep {
    Sqlite { _folder: TempDir },
    Postgres { _database: postgres::Database },
}

impl Backend {
    /// Makes a database. `migrate` gives the one at the URL its schema, and
    /// leaves no connection open.
    pub async fn database(self, migrate: impl AsyncFnOnce(&str)) -> Database {
        match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let url = format!("sqlite:{}", folder.path().join("ringback.db").display());
                migrate(&url).await;
                Database { url, _keep: Keep::Sqlite { _folder: folder } }
            }
            Self::Postgres => {
                let database = postgres::Database::create(migrate).await;
                Database { url: database.url().to_owned(), _keep: Keep::Postgres { _database: database } }
            }
        }
    }
}

impl Database {
    /// Where it is, as Ringback takes it in its settings.
    pub fn url(&self) -> &str {
        &self.url
    }
}
