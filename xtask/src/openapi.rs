//! The OpenAPI document's linters and the generators of its clients, which npm
//! installs below the target folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{find, root, run, target};

/// Installs the tools of `openapi/package.json` in the versions of its lock file.
pub(crate) fn install() -> Result<()> {
    let (from, to) = (root().join("openapi"), folder());
    let lock = fs::read(from.join("package-lock.json")).context("cannot read openapi/package-lock.json")?;
    let installed = to.join("installed-lock.json");
    if fs::read(&installed).is_ok_and(|before| before == lock) {
        return Ok(());
    }
    find("npm").context("please install Node.js 20.19 or later with npm")?;
    println!("installing the tools of openapi/package.json");
    fs::create_dir_all(&to)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(from.join(name), to.join(name))?;
    }
    run(Command::new("npm").current_dir(&to).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    fs::write(installed, lock)?;
    Ok(())
}

/// Fails on any finding of Spectral or Redocly, warnings included.
pub(crate) fn lint() -> Result<()> {
    let document = "openapi/openapi.json";
    run(tool("spectral").args([
        "lint",
        "--fail-severity",
        "hint",
        "--ruleset",
        "openapi/spectral.yaml",
        document,
    ]))?;
    run(tool("redocly")
        .args(["lint", "--max-problems", "1000", "--config", "openapi/redocly.yaml", document])
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"))
}

/// A program that npm installed, in the root of the project.
pub(crate) fn tool(name: &str) -> Command {
    let mut command = Command::new(folder().join("node_modules/.bin").join(name));
    command.current_dir(root());
    command
}

fn folder() -> PathBuf {
    target().join("openapi")
}
