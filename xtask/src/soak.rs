//! `cargo xtask soak NAME`: checks that take long, and run by themselves.

use anyhow::{Context, Result};

use crate::test;

/// A name, what it does, and how.
type Soak = (&'static str, &'static str, fn() -> Result<()>);

const SOAKS: &[Soak] =
    &[("schemathesis", "Every caller on both databases, 100 cases for each operation", schemathesis)];

/// Runs the soak of this name, or lists them all.
pub(crate) fn soak(name: Option<&str>) -> Result<()> {
    let Some(name) = name else {
        for (name, what, _) in SOAKS {
            println!("{name}: {what}");
        }
        return Ok(());
    };
    let (_, _, run) = SOAKS.iter().find(|soak| soak.0 == name).with_context(|| {
        let names: Vec<_> = SOAKS.iter().map(|soak| soak.0).collect();
        format!("there is no soak {name}; choose from: {}", names.join(", "))
    })?;
    run()
}

fn schemathesis() -> Result<()> {
    let args = ["--test-threads=2", "-E", "test(/^schemathesis::/)"].map(str::to_owned);
    test::test_with(&args, true, &[("RINGBACK_TEST_EXAMPLES", "100")])
}
