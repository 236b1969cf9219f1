//! Schemathesis finds nothing: the server keeps what its document promises, and the
//! document refuses what the server refuses. `cargo xtask soak schemathesis` looks
//! longer.

use std::process::Stdio;

use ringback_api::clock::Clock;
use ringback_domain::wire::auth::LogIn;
use ringback_domain::wire::endpoint::CreateSession;
use ringback_domain::{ApiScope, Role};
use ringback_tests::app::{Options, PASSWORD, clear};
use ringback_tests::{Backend, TestApp, size};
use rstest::rstest;
use tokio::process::Command;

use crate::clients::tool;

/// The service in the examples of the document.
const EXAMPLE_SERVICE: &str = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";

#[derive(Clone, Copy, Debug)]
enum Caller {
    Person(Role),
    Key(ApiScope),
}

#[rstest]
#[case::administrator(Caller::Person(Role::Administrator), Backend::Sqlite)]
#[case::supervisor(Caller::Person(Role::Supervisor), Backend::Postgres)]
#[case::monitor(Caller::Person(Role::Monitor), Backend::Sqlite)]
#[case::key_that_reads(Caller::Key(ApiScope::CallbacksRead), Backend::Postgres)]
#[case::key_that_writes(Caller::Key(ApiScope::CallbacksWrite), Backend::Sqlite)]
#[case::key_of_a_router(Caller::Key(ApiScope::Router), Backend::Postgres)]
#[tokio::test]
async fn schemathesis_finds_nothing(
    #[case] caller: Caller,
    #[case] usual: Backend,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    // A short run tries each caller on one database.
    if size(1, 2) == 1 && backend != usual {
        return;
    }
    let examples = size(3, 100).to_string();
    let seed = size(1, usize::from(rand::random::<u16>())).to_string();
    let app = TestApp::start_with(backend, Options { clock: Clock::system(), ..Options::default() }).await;
    let credential = match caller {
        Caller::Person(role) => {
            let log_in = LogIn { username: role.as_str().to_owned(), password: PASSWORD.to_owned() };
            let session = app.anonymous().call(&CreateSession(log_in)).await.unwrap();
            format!("[auth.openapi.bearer]\nbearer = \"{}\"\n", session.access_token)
        }
        Caller::Key(scope) => format!("[auth.openapi.api_key]\napi_key = \"{}\"\n", clear(scope)),
    };
    let folder = tempfile::tempdir().unwrap();
    let config = include_str!("../../openapi/schemathesis.toml").to_owned() + &credential;
    std::fs::write(folder.path().join("schemathesis.toml"), config).unwrap();
    // The examples name a service, which has to be there.
    let document = app.anonymous().get("/openapi.json").await.body;
    let document = document.replace(EXAMPLE_SERVICE, &app.service.to_string());
    std::fs::write(folder.path().join("openapi.json"), document).unwrap();
    let output = Command::new(tool("RINGBACK_TEST_PYTHON").with_file_name("st"))
        .args(["--config-file", "schemathesis.toml", "--no-color", "run", "openapi.json"])
        .args(["--checks", "all", "--mode", "all", "--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--max-examples", &examples, "--continue-on-failure", "--request-timeout", "40"])
        // The same examples in each run, so that what fails can be repeated; a soak makes up others.
        .args(["--seed", &seed])
        .arg(format!("--url=http://{}", app.address))
        .current_dir(folder.path())
        .env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}
