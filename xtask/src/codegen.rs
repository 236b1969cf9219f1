//! `cargo xtask codegen`: files that are generated from the code and committed.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::process::{cargo, output, root};

/// Each file, and the argument with which `ringback` prints it.
const FILES: [(&str, &str); 2] =
    [("openapi/openapi.json", "openapi"), ("docs/state-machine.md", "state-machine")];

/// Writes the generated files, or only checks that they are up to date.
pub(crate) fn codegen(check: bool) -> Result<()> {
    let mut stale = Vec::new();
    for (path, argument) in FILES {
        let text = output(
            cargo()
                .args(["run", "--quiet", "--package", "ringback-api", "--bin", "ringback", "--"])
                .arg(argument),
        )?;
        let file = root().join(path);
        if fs::read(&file).is_ok_and(|old| old == text) {
            continue;
        }
        if check {
            stale.push(path);
        } else {
            fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
            println!("wrote {path}");
        }
    }
    if !stale.is_empty() {
        bail!("out of date: {}; run `cargo xtask codegen`", stale.join(", "));
    }
    Ok(())
}
