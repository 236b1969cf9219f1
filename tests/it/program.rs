//! The server's binary.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use ringback_tests::Backend;

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
