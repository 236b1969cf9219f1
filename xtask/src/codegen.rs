//! `cargo xtask codegen`: files that are generated from the code and committed.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{NATIVE, cargo, output, root, run, target};
use crate::{behaviours, openapi};

/// Each file, the program below the target folder that prints it, and its arguments.
const FILES: [(&str, &str, &[&str]); 2] = [
    ("openapi/openapi.json", "debug/ringback", &["openapi"]),
    ("docs/state-machine.md", "debug/examples/state_machine", &[]),
];

/// Each file, and what `number_zones.py` prints into it.
const NUMBER_ZONES: [(&str, &str); 2] =
    [("crates/api/data/number-zones.tsv", "table"), ("crates/api/testdata/number-zones.tsv", "sample")];

/// The table of behaviours, generated from the documentation of the tests.
const BEHAVIOURS: &str = "docs/behaviours.md";

/// Writes the generated files, or only checks that they are up to date.
pub(crate) fn codegen(only_check: bool) -> Result<()> {
    // Other features than those of the whole workspace would build the dependencies again.
    run(cargo().args(["build", "--quiet", "--bins", "--examples"]).args(NATIVE))?;
    if only_check { check() } else { write() }
}

/// Fails if a generated file differs from the committed one.
pub(crate) fn check() -> Result<()> {
    let mut stale = Vec::new();
    for (path, text) in files()? {
        if read(path) != Some(text) {
            stale.push(path);
        }
    }
    if !stale.is_empty() {
        bail!("out of date: {}; run `cargo xtask codegen`", stale.join(", "));
    }
    Ok(())
}

fn write() -> Result<()> {
    for (path, text) in files()? {
        if read(path).as_ref() != Some(&text) {
            fs::write(root().join(path), text).with_context(|| format!("cannot write {path}"))?;
            println!("wrote {path}");
        }
    }
    Ok(())
}

/// The content of every generated file.
fn files() -> Result<Vec<(&'static str, Vec<u8>)>> {
    let mut files = vec![(BEHAVIOURS, behaviours::table()?.into_bytes())];
    openapi::install_pip()?;
    for (path, what) in NUMBER_ZONES {
        let script = root().join("xtask/src/number_zones.py");
        files.push((path, output(Command::new(openapi::python()).arg(script).arg(what))?));
    }
    for (path, program, arguments) in FILES {
        files.push((path, output(Command::new(target().join(program)).current_dir(root()).args(arguments))?));
    }
    Ok(files)
}

fn read(path: &str) -> Option<Vec<u8>> {
    fs::read(root().join(path)).ok()
}
