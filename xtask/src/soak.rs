//! `cargo xtask soak NAME`: proofs at their full size, which take longer than a test run may.

use anyhow::{Context, Result};

use crate::postgres::{Cluster, Durability};
use crate::process::{NATIVE, cargo, run, target};
use crate::steps::Steps;
use crate::{install, openapi, web};

/// A proof: its name, and the tests that make it, as a filter of nextest.
const PROOFS: &[(&str, &str)] = &[
    ("chaos", "test(/^chaos::/)"),
    ("claims", "test(/^claims::/)"),
    ("crash", "test(/^crash::/)"),
    ("differential", "test(/^differential::/)"),
    ("disk", "test(/^disk::/)"),
    ("exhaustion", "test(/^exhaustion::/)"),
    ("fuzz", "test(/^fuzz::/)"),
    ("keys", "test(/^keys::/)"),
    ("log-in", "test(/^http::log_in::(stuffing|names_are)/)"),
    ("memory", "test(/^e2e::truth::the_page_is_no_larger/)"),
    ("network", "test(/^network::/)"),
    ("overload", "test(/^overload::/)"),
    ("purge", "test(/^purge::/)"),
    ("race", "test(/^race::/)"),
    ("schemathesis", "test(/^schemathesis::/)"),
    ("strain", "test(/^http::hostile::made_up/) | test(/two_hundred_concurrent/)"),
    ("streams", "test(/^http::streams::/)"),
    ("tokens", "test(/flipped_bits/)"),
    ("upgrade", "test(/^upgrade::/)"),
    ("walk", "test(/^e2e::walk::/)"),
    ("week", "test(/^week::/)"),
];

/// The names of the proofs, for the help.
pub(crate) fn names() -> Vec<&'static str> {
    PROOFS.iter().map(|(name, _)| *name).collect()
}

/// Runs a proof at its full size, and prints its figures.
pub(crate) fn soak(name: &str) -> Result<()> {
    let (_, filter) = PROOFS.iter().find(|(known, _)| *known == name).context("there is no such proof")?;
    let mut steps = Steps::new(4);
    steps.step("Build server and tests", || {
        install::cargo_tool("nextest")?;
        install::postgres()?;
        openapi::install_pip()?;
        run(cargo().args(["build", "--bins", "--tests"]).args(NATIVE))
    })?;
    let browser = steps.step("Build the page, for proofs in a browser", || {
        let needed = filter.contains("e2e");
        needed.then(|| web::build(web::Profile::Release).and_then(|_| install::browser())).transpose()
    })?;
    let cluster = steps.step("Start PostgreSQL", || Cluster::start(Durability::Off))?;
    steps.step("Run the proof", || {
        let mut command = cargo();
        if let Some(browser) = browser {
            command.env("RINGBACK_TEST_CHROMIUM", browser.chromium);
            command.env("RINGBACK_TEST_CHROMEDRIVER", browser.driver);
        }
        run(command
            .args([
                "nextest",
                "run",
                "--profile",
                "soak",
                "--no-capture",
                "--run-ignored",
                "all",
                "-E",
                filter,
            ])
            .args(NATIVE)
            .env("RINGBACK_SOAK", "1")
            .env("RINGBACK_TEST_PYTHON", openapi::python())
            .env("RINGBACK_TEST_POSTGRES", cluster.url())
            .env("RINGBACK_TEST_SERVER", target().join("debug/ringback")))
    })?;
    steps.finish();
    Ok(())
}
