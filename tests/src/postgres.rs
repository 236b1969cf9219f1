//! A PostgreSQL database for each test, copied from one that was migrated once.

use std::time::UNIX_EPOCH;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::setting;

/// The variable with the URL of the server for tests.
const VARIABLE: &str = "RINGBACK_TEST_POSTGRES";

/// The database of one test. Dropping it removes the database.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    /// Copies the migrated database, which the first test creates.
    ///
    /// # Panics
    /// Without a server, since a skipped test would count as passed.
    pub async fn create(migrate: impl AsyncFnOnce(&str)) -> Self {
        let server = setting(VARIABLE).unwrap_or_else(|| {
            panic!("{VARIABLE} is not set: run this test with `cargo xtask test`, which starts a server")
        });
        let mut connection = connect(&server).await;
        let template = template(&server, &mut connection, migrate).await;
        let name = format!("rb_{}", Uuid::new_v4().simple());
        run(&mut connection, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        let url = of_server(&server, &name);
        Self { server, name, url }
    }

    /// The URL of the database.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The thread of a runtime cannot block on another runtime.
        let removal = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let mut connection = connect(&server).await;
                run(&mut connection, format!("DROP DATABASE {name} WITH (FORCE)")).await;
            });
        });
        let removed = removal.join();
        assert!(removed.is_ok() || std::thread::panicking(), "{} could not be removed", self.name);
    }
}

/// Connects to the server, after checking that it was started for tests: it
/// listens on a socket only, and its data is in the folder of the socket.
async fn connect(server: &str) -> PgConnection {
    let options: PgConnectOptions = server.parse().expect("the address of a PostgreSQL server");
    let socket = options.get_socket().cloned().expect("the tests' server listens on a socket only");
    let mut connection = PgConnection::connect_with(&options).await.expect("the tests' server answers");
    let data: String =
        sqlx::query_scalar("SHOW data_directory").fetch_one(&mut connection).await.expect("its data folder");
    assert!(data.starts_with(&*socket.to_string_lossy()), "{data} is not the data of a server for tests");
    connection
}

/// The name of the migrated database, which is created if it is missing. Each
/// build of the tests has its own, as migrations may have changed.
async fn template(server: &str, connection: &mut PgConnection, migrate: impl AsyncFnOnce(&str)) -> String {
    let build = std::env::current_exe().and_then(|program| program.metadata()?.modified());
    let build = build.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).expect("the time of the build");
    let template = format!("rb_template_{}", build.as_nanos());

    // Tests run concurrently, in separate processes.
    run(connection, "SELECT pg_advisory_lock(1)".to_owned()).await;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&template)
        .fetch_one(&mut *connection)
        .await
        .expect("the list of databases");
    if !exists {
        // It is renamed once it is complete, as this test may be interrupted.
        let unfinished = format!("{template}_unfinished");
        run(connection, format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await;
        run(connection, format!("CREATE DATABASE {unfinished}")).await;
        migrate(&of_server(server, &unfinished)).await;
        run(connection, format!("ALTER DATABASE {unfinished} RENAME TO {template}")).await;
    }
    run(connection, "SELECT pg_advisory_unlock(1)".to_owned()).await;
    template
}

/// The URL of another database on the same server.
fn of_server(server: &str, name: &str) -> String {
    let (address, _maintenance) = server.rsplit_once('/').expect("an address with a database");
    format!("{address}/{name}")
}

/// Runs a statement without input from elsewhere.
async fn run(connection: &mut PgConnection, statement: String) {
    let done = connection.execute(sqlx::raw_sql(AssertSqlSafe(statement.as_str()))).await;
    done.unwrap_or_else(|error| panic!("{statement}: {error}"));
}
