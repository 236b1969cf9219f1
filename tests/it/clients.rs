//! Clients that others generate from the OpenAPI document work: they log in, create a
//! callback, attach a recording, list, read and cancel. `cargo xtask test` generates
//! and compiles them.

use std::path::PathBuf;
use std::process::Stdio;

use ringback_tests::app::PASSWORD;
use ringback_tests::{Backend, TestApp};
use rstest::rstest;
use tokio::process::Command;

use crate::http::name_recordings::wav;

/// A path that `cargo xtask test` passes.
#[expect(clippy::disallowed_methods, reason = "the setting of `cargo xtask test`")]
pub(crate) fn tool(variable: &str) -> PathBuf {
    std::env::var(variable)
        .map_or_else(|_| panic!("{variable} is not set: run `cargo xtask test`"), PathBuf::from)
}

#[rstest]
#[case::openapi_typescript("node", "compiled/openapi-fetch.js")]
#[case::hey_api("node", "compiled/hey-api.js")]
#[case::openapi_python_client("python", "smoke.py")]
#[tokio::test]
async fn a_generated_client_works(#[case] language: &str, #[case] script: &str) {
    let app = TestApp::start(Backend::Sqlite).await;
    let folder = tool("RINGBACK_TEST_CLIENTS");
    let program = if language == "python" { tool("RINGBACK_TEST_PYTHON") } else { language.into() };
    let recording = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(recording.path(), wav()).unwrap();
    let output = Command::new(program)
        .current_dir(folder)
        .arg(script)
        .env("RINGBACK_URL", format!("http://{}", app.address))
        .env("RINGBACK_USER", "supervisor")
        .env("RINGBACK_PASSWORD", PASSWORD)
        .env("RECORDING", recording.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}
