//! `cargo xtask codegen`: files that are generated from the code and committed.

use std::fs;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::process::{NATIVE, cargo, output, root, run, target};
use crate::{behaviours, openapi};

/// Each file, the program below the target folder that prints it, and its arguments.
const FILES: [(&str, &str, &[&str]); 2] = [
    ("openapi/openapi.json", "debug/ringback", &["openapi"]),
    ("docs/state-machine.md", "debug/examples/state_machine", &[]),
];

/// The public holidays of every country, by the Python package of the version that is pinned, and
/// the program that prints them.
const HOLIDAYS: (&str, &str) = ("crates/api/data/holiday-sets.tsv", "xtask/holiday_sets.py");
/// Each file, and what `number_zones.py` prints into it.
const NUMBER_ZONES: [(&str, &str); 2] =
    [("crates/api/data/number-zones.tsv", "table"), ("crates/api/testdata/number-zones.tsv", "sample")];

/// The table of behaviours, generated from the documentation of the tests.
const BEHAVIOURS: &str = "docs/behaviours.md";

/// Writes the generated files, or only checks that they are up to date.
pub(crate) fn codegen(only_check: bool) -> Result<()> {
    // Other features than those of the whole workspace would build the dependencies again.
    run(cargo().args(["build", "--quiet", "--bins", "--examples"]).args(NATIVE))?;
    if only_check {
        return check();
    }
    write_holidays()?;
    write()
}

/// Fails if a generated file differs from the committed one.
pub(crate) fn check() -> Result<()> {
    let mut stale = Vec::new();
    // Whether this year is the first is not checked: nothing is wrong with a table of last year.
    if !holidays_begin().starts_with(&pinned_holidays()?) {
        stale.push(HOLIDAYS.0);
    }
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

/// What the table of the pinned version begins with.
fn pinned_holidays() -> Result<String> {
    let list = "openapi/requirements.txt";
    let pinned = fs::read_to_string(root().join(list)).with_context(|| format!("cannot read {list}"))?;
    let version = pinned.lines().find_map(|line| line.strip_prefix("holidays=="));
    Ok(format!("# The package holidays {} (MIT), ", version.context("the package holidays is not pinned")?))
}

/// The heading of the table as it is.
fn holidays_begin() -> String {
    let text = fs::read_to_string(root().join(HOLIDAYS.0)).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

/// Writes the table anew where it is of another version or year: that takes Python and some seconds.
#[expect(clippy::disallowed_methods, reason = "the table begins with the year in which it is made")]
fn write_holidays() -> Result<()> {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let year = 1970 + seconds / 31_556_952;
    if holidays_begin().starts_with(&format!("{}{year} ", pinned_holidays()?)) {
        return Ok(());
    }
    openapi::install_pip()?;
    let table = output(Command::new(openapi::python()).current_dir(root()).arg(HOLIDAYS.1))?;
    fs::write(root().join(HOLIDAYS.0), table).with_context(|| format!("cannot write {}", HOLIDAYS.0))?;
    println!("wrote {}; build again", HOLIDAYS.0);
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
