//! `cargo xtask run`: from a fresh clone to the page, with nothing else to type.

use std::path::PathBuf;

use anyhow::Result;

use crate::process::{cargo, interrupted, root, run as run_program, target};
use crate::steps::Steps;
use crate::{install, web};

/// Builds page and server and starts the demonstration.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut steps = Steps::new(3);
    steps.step("Make sure that Rust can build for the browser", install::wasm_target)?;
    let page = steps.step("Build the page", || web::build(web::Profile::Release))?;
    let server = steps.step("Build the server", server)?;
    steps.finish();

    let mut command = std::process::Command::new(server);
    command.current_dir(root()).args(["serve", "--demo", "--web-dir"]).arg(page).args(args);
    let ended = run_program(&mut command);
    // Ctrl-C is how one ends it.
    if interrupted() { Ok(()) } else { ended }
}

fn server() -> Result<PathBuf> {
    run_program(cargo().args(["build", "--release", "--package", "ringback-api", "--bin", "ringback"]))?;
    Ok(target().join("release/ringback"))
}
