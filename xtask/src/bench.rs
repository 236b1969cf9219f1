//! `cargo xtask bench`: measurements that anyone can repeat.

use std::process::Command;

use anyhow::Result;

use crate::postgres::{Cluster, Durability};
use crate::process::{cargo, root, run, target};
use crate::steps::Steps;
use crate::{install, web};

/// Builds the bench program and runs it beside a `PostgreSQL` of its own.
pub(crate) fn bench(args: &[String]) -> Result<()> {
    let only = args.iter().position(|arg| arg == "--only").and_then(|at| args.get(at + 1));
    let browser = only.is_none_or(|parts| parts.split(',').any(|part| part == "page"));
    let mut steps = Steps::new(if browser { 4 } else { 3 });
    if browser {
        steps.step("Build the page", || {
            install::wasm_target()?;
            install::browser()?;
            web::build(web::Profile::Release)
        })?;
    }
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
