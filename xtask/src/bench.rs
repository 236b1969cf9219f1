//! `cargo xtask bench`: measurements that anyone can repeat.

use std::process::Command;

use anyhow::Result;

use crate::install;
use crate::postgres::{Cluster, Durability};
use crate::process::{cargo, root, run, target};
use crate::steps::Steps;

/// Builds the bench program and runs it beside a `PostgreSQL` of its own.
pub(crate) fn bench(args: &[String]) -> Result<()> {
    let mut steps = Steps::new(3);
    steps.step("Build the bench program", || {
        install::postgres()?;
        run(cargo().args(["build", "--release", "--package", "ringback-tests", "--bin", "bench"]))
    })?;
    let cluster = steps.step("Start PostgreSQL", || Cluster::start(Durability::On))?;
    steps.step("Measure", || {
        run(Command::new(target().join("release/bench"))
            .current_dir(root())
            .args(args)
            .env("RINGBACK_BENCH_POSTGRES", cluster.url()))
    })?;
    steps.finish();
    Ok(())
}
