//! `PgBouncer` in transaction mode between the server and PostgreSQL. The test is skipped where
//! it is not installed.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use ringback_api::app::App;
use ringback_api::clock::Clock;
use ringback_api::store::{Store, StoreError};
use ringback_domain::retention::AUDIT_DAYS;
use ringback_tests::{Backend, wait_for};
use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;

use crate::store_setup::migrate;

const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// A running `PgBouncer`.
struct Bouncer {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The version of `PgBouncer`; `None` if it is not installed.
fn version() -> Option<(u32, u32)> {
    let output = Command::new(PROGRAM).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut parts = text.split_whitespace().nth(1)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

async fn start(database: &str) -> Bouncer {
    let options: PgConnectOptions = database.parse().unwrap();
    let socket = options.get_socket().unwrap().display().to_string();
    let name = options.get_database().unwrap().to_owned();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let prepared = if version() >= Some((1, 21)) { "max_prepared_statements = 100\n" } else { "" };
    let settings = format!(
        "[databases]\n{name} = host={socket} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
         default_pool_size = 4\n{prepared}"
    );
    let file = folder.path().join("pgbouncer.ini");
    fs::write(&file, settings).unwrap();
    // It does not run as root, and whoever it runs as must reach its settings.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(PROGRAM);
    if rustix::process::getuid().is_root() {
        // Only the owner of the server reaches its socket.
        let owner = Command::new("stat").args(["--format", "%U", &socket]).output().unwrap();
        command.args(["--user", String::from_utf8(owner.stdout).unwrap().trim()]);
    }
    let child =
        command.arg("--quiet").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let url = format!("postgres://postgres@127.0.0.1:{port}/{name}");
    let bouncer = Bouncer { child, url, _folder: folder };
    wait_for("PgBouncer to listen", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok())
        .await;
    bouncer
}

#[tokio::test]
async fn pgbouncer_works_or_says_which_version_does() {
    let Some(version) = version() else { return };
    let database = Backend::Postgres.database(migrate).await;
    let bouncer = start(database.url()).await;
    let store = Store::connect(&bouncer.url).await;
    if version < (1, 21) {
        let error = store.unwrap_err();
        assert!(matches!(error, StoreError::Pooler(_)), "{error:?}");
        assert!(error.to_string().contains("PgBouncer 1.21"), "{error}");
        return;
    }
    let store = store.unwrap();
    store.migrate().await.unwrap();
    let app = App::new(store, Clock::system(), AUDIT_DAYS).await.unwrap();
    for _ in 0..50 {
        app.queries.last_position().await.unwrap();
    }
    app.store.close().await;
}
