//! `cargo xtask lint`: the checks that run no tests.

use anyhow::Result;

use crate::process::{NATIVE, cargo, run};
use crate::steps::Steps;
use crate::{install, openapi, tidy};

const WASM: [&str; 2] = ["--target", "wasm32-unknown-unknown"];

/// Runs the checks, the fast ones first, and stops at the first that fails.
pub(crate) fn lint() -> Result<()> {
    let mut steps = Steps::new(10);
    steps.step("Format", || run(cargo().args(["fmt", "--all", "--check"])))?;
    steps.step("Project rules", tidy::tidy)?;
    steps.step("Make sure that the tools are there", || {
        install::wasm_target()?;
        install::cargo_tool("deny")?;
        install::cargo_tool("machete")?;
        openapi::install_npm()
    })?;
    steps.step("The OpenAPI document", openapi::lint)?;
    steps.step("Unused dependencies", || run(cargo().arg("machete")))?;
    // Advisories are not checked: a new one must not fail an old commit, and their database is not on crates.io.
    steps.step("Licences, bans and sources of dependencies", || {
        run(cargo().args(["deny", "check", "licenses", "bans", "sources"]))
    })?;
    steps.step("Lints of server, tests and tools", || {
        run(cargo().arg("clippy").args(NATIVE).args(["--all-targets", "--", "-D", "warnings"]))
    })?;
    steps.step("Lints of the page", || {
        run(cargo().args(["clippy", "--package", "ringback-web"]).args(WASM).args(["--", "-D", "warnings"]))
    })?;
    steps.step("The domain on its own in the browser", || {
        run(cargo().args(["check", "--package", "ringback-domain"]).args(WASM))
    })?;
    steps.step("Documentation", || {
        run(cargo().args(["doc", "--no-deps"]).args(NATIVE).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    steps.finish();
    Ok(())
}
