//! The server's binary.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use ringback_tests::{Backend, Client, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::Connection;

use crate::store_setup::migrate;

/// The path of the binary.
#[expect(clippy::disallowed_methods, reason = "the setting of `cargo xtask test`")]
pub(crate) fn program() -> PathBuf {
    std::env::var("RINGBACK_TEST_SERVER").map_or_else(
        // Beside the folder of the test's own program.
        |_| std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("ringback"),
        PathBuf::from,
    )
}

#[tokio::test]
async fn a_server_that_cannot_listen_says_where_and_why() {
    let database = Backend::Sqlite.database(migrate).await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let server = Command::new(program())
        .args(["serve", "--listen", &address, "--log", "off", "--database-url", database.url()])
        .output()
        .unwrap();
    assert!(!server.status.success());
    let message = String::from_utf8(server.stderr).unwrap();
    assert!(
        message.starts_with(&format!("ringback: cannot listen on {address}: Address already in use")),
        "{message}"
    );
}

#[tokio::test]
async fn a_database_of_another_version_is_not_touched() {
    let database = Backend::Sqlite.database(migrate).await;
    let mut conn = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00'").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let server = Command::new(program())
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--database-url", database.url()])
        .output()
        .unwrap();
    assert!(!server.status.success());
    let message = String::from_utf8(server.stderr).unwrap();
    assert!(
        message.contains("made by another version of Ringback: use that version, or name a new"),
        "{message}"
    );
}

#[tokio::test]
async fn a_server_says_that_it_stops_before_it_does() {
    let database = Backend::Sqlite.database(migrate).await;
    let mut server = Command::new(program())
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--drain-seconds", "3"])
        .args(["--database-url", database.url()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    // It says more, so the pipe stays open.
    let mut output = BufReader::new(server.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let client = Client::new(line.trim().rsplit('/').next().unwrap());
    assert_eq!(client.get("/health/ready").await.status, 200);
    let began = Instant::now();
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    wait_for("the server to say that it is not ready", async || {
        let answer = client.get("/health/ready").await;
        // Another request on this connection might be lost.
        (answer.status == 503).then(|| assert_eq!(answer.header("connection"), Some("close")))
    })
    .await;
    assert!(server.wait().unwrap().success());
    assert!(began.elapsed().as_secs() < 10);
}
