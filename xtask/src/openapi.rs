//! The OpenAPI document's linters, the generators of its clients, and Schemathesis,
//! which npm and pip install below the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{find, root, run, target};

/// The document, from the root of the project.
const DOCUMENT: &str = "./openapi/openapi.json";

/// Installs the tools of `openapi/package.json` in the versions of its lock file.
pub(crate) fn install_npm() -> Result<()> {
    install("package-lock.json", &npm_folder(), |from| {
        find("npm").context("please install Node.js 20.19 or later with npm")?;
        fs::create_dir_all(npm_folder())?;
        for name in ["package.json", "package-lock.json"] {
            fs::copy(from.join(name), npm_folder().join(name))?;
        }
        let flags = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        run(Command::new("npm").current_dir(npm_folder()).args(flags))
    })
}

/// Installs the tools of `openapi/requirements.txt` in a virtual environment.
pub(crate) fn install_pip() -> Result<()> {
    install("requirements.txt", &target().join("python"), |from| {
        find("python3").context("please install Python 3.11 or later with its module venv")?;
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(target().join("python")))?;
        let flags = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(python()).args(flags).arg(from.join("requirements.txt")))
    })
}

/// Runs `work` unless the same list of versions was installed into the folder before.
fn install(list: &str, folder: &Path, work: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let from = root().join("openapi");
    let wanted = fs::read(from.join(list)).with_context(|| format!("cannot read openapi/{list}"))?;
    let installed = folder.join(format!("installed-{list}"));
    if fs::read(&installed).is_ok_and(|before| before == wanted) {
        return Ok(());
    }
    println!("installing the tools of openapi/{list}");
    work(&from)?;
    fs::write(installed, wanted).context("cannot note what is installed")
}

/// Fails on any finding of Spectral or Redocly, warnings included.
pub(crate) fn lint() -> Result<()> {
    run(npm("spectral")
        .args(["lint", "--fail-severity", "hint", "--ruleset", "openapi/spectral.yaml"])
        .arg(DOCUMENT))?;
    run(npm("redocly")
        .args(["lint", "--max-problems", "1000", "--config", "openapi/redocly.yaml", DOCUMENT])
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"))
}

/// Generates clients from the document and compiles them with their smoke tests.
pub(crate) fn clients() -> Result<PathBuf> {
    let folder = npm_folder().join("clients");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    for file in fs::read_dir(root().join("openapi/clients"))? {
        let file = file?;
        fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    run(npm("openapi-typescript").args(["--enum", DOCUMENT, "--output"]).arg(folder.join("schema.ts")))?;
    run(npm("openapi-ts")
        .args(["--client", "@hey-api/client-fetch", "--input", DOCUMENT, "--output"])
        .arg(folder.join("hey-api")))?;
    run(npm("tsc").arg("--project").arg(&folder))?;
    run(python_tool("openapi-python-client")
        .args(["generate", "--meta", "none", "--fail-on-warning", "--config", "openapi/clients/python.yaml"])
        .args(["--path", DOCUMENT, "--output-path"])
        .arg(folder.join("ringback_client")))?;
    run(Command::new(python()).args(["-m", "compileall", "-q"]).arg(&folder))?;
    Ok(folder)
}

/// A program that npm installed, in the root of the project.
fn npm(name: &str) -> Command {
    let mut command = Command::new(npm_folder().join("node_modules/.bin").join(name));
    command.current_dir(root());
    command
}

/// A program that pip installed, in the root of the project.
fn python_tool(name: &str) -> Command {
    let mut command = Command::new(python().with_file_name(name));
    command.current_dir(root());
    command
}

/// The Python with the tools.
pub(crate) fn python() -> PathBuf {
    target().join("python/bin/python")
}

fn npm_folder() -> PathBuf {
    target().join("openapi")
}
