//! `cargo xtask codegen`: files that are generated from the code and committed.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::behaviours;
use crate::process::{NATIVE, cargo, output, root, run, target};

/// Each file, and the argument with which `ringback` prints it.
const FILES: [(&str, &str); 2] =
    [("openapi/openapi.json", "openapi"), ("docs/state-machine.md", "state-machine")];

/// The table of behaviours, generated from the documentation of the tests.
const BEHAVIOURS: &str = "docs/behaviours.md";

/// Writes the generated files, or only checks that they are up to date.
pub(crate) fn codegen(only_check: bool) -> Result<()> {
    // Other features than those of the whole workspace would build the dependencies again.
    run(cargo().args(["build", "--quiet", "--bin", "ringback"]).args(NATIVE))?;
    let server = target().join("debug/ringback");
    if only_check { check(&server) } else { write(&server) }
}

/// Fails if a generated file differs from the committed one.
pub(crate) fn check(server: &Path) -> Result<()> {
    let mut stale = Vec::new();
    for (path, text) in files(server)? {
        if read(path) != Some(text) {
            stale.push(path);
        }
    }
    if !stale.is_empty() {
        bail!("out of date: {}; run `cargo xtask codegen`", stale.join(", "));
    }
    Ok(())
}

fn write(server: &Path) -> Result<()> {
    for (path, text) in files(server)? {
        if read(path).as_ref() != Some(&text) {
            fs::write(root().join(path), text).with_context(|| format!("cannot write {path}"))?;
            println!("wrote {path}");
        }
    }
    Ok(())
}

/// The content of every generated file.
fn files(server: &Path) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let mut files = vec![(BEHAVIOURS, behaviours::table()?.into_bytes())];
    for (path, argument) in FILES {
        files.push((path, print(server, argument)?));
    }
    Ok(files)
}

fn print(server: &Path, argument: &str) -> Result<Vec<u8>> {
    output(Command::new(server).current_dir(root()).arg(argument))
}

fn read(path: &str) -> Option<Vec<u8>> {
    fs::read(root().join(path)).ok()
}
