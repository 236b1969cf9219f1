//! `cargo xtask bench`: measurements that anyone can repeat.

use std::process::Command;

use anyhow::Result;

use crate::postgres::{Cluster, Durability};
use crate::process::{cargo, root, run, target};
use crate::steps::Steps;
use crate::{install, web};

/// Builds the server and the bench program, and runs the bench beside a
/// `PostgreSQL` of its own.
pub(crate) fn bench(args: &[String]) -> Result<()> {
    let browser = wants_page(args);
    let mut steps = Steps::new(if browser { 4 } else { 3 });
    let mut bench = Command::new(target().join("release/bench"));
    if browser {
        let folder = steps.step("Build the page", || {
            install::wasm_target()?;
            install::browser()?;
            web::build(web::Profile::Release)
        })?;
        bench.arg("--web-dir").arg(folder);
    }
    steps.step("Build the server and the bench program", || {
        install::postgres()?;
        let bins = ["--bin", "ringback", "--bin", "bench"];
        run(cargo().args(["build", "--release", "-p", "ringback-api", "-p", "ringback-tests"]).args(bins))
    })?;
    let cluster = steps.step("Start PostgreSQL", || Cluster::start(Durability::On))?;
    steps.step("Measure", || {
        run(bench
            .current_dir(root())
            .arg("--server")
            .arg(target().join("release/ringback"))
            .args(args)
            .env("RINGBACK_BENCH_POSTGRES", cluster.url()))
    })?;
    steps.finish();
    Ok(())
}

/// Whether the arguments ask for P11, which needs the page and a browser.
fn wants_page(args: &[String]) -> bool {
    let only = args.iter().enumerate().find_map(|(at, arg)| match arg.strip_prefix("--only") {
        Some("") => args.get(at + 1).map(String::as_str),
        Some(list) => list.strip_prefix('='),
        None => None,
    });
    only.is_none_or(|list| list.split(',').any(|figure| figure.eq_ignore_ascii_case("P11")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(args: &[&str]) -> bool {
        wants_page(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_page_is_built_only_for_its_figure() {
        assert!(wants(&["--rows", "20_000"]));
        assert!(wants(&["--only", "P1,p11"]));
        assert!(wants(&["--only=P11"]));
        assert!(!wants(&["--only", "P1,P2", "--seconds", "1"]));
        assert!(!wants(&["--only=P1"]));
    }
}
