//! `cargo xtask test`: every test, on both databases and in the browser.

use anyhow::Result;

use crate::postgres::{Cluster, Durability};
use crate::process::{NATIVE, cargo, run, target};
use crate::steps::Steps;
use crate::{codegen, install, openapi, web};

/// Runs the tests that `args` select; all if `args` is empty.
pub(crate) fn test(args: &[String], no_web: bool) -> Result<()> {
    let all = args.is_empty();
    let server = target().join("debug/ringback");
    let mut steps = Steps::new(if all { 9 } else { 6 });

    let browser = steps.step("Make sure that the test tools are there", || {
        install::wasm_target()?;
        install::cargo_tool("nextest")?;
        install::postgres()?;
        openapi::install_npm()?;
        openapi::install_pip()?;
        install::browser()
    })?;
    let page = steps.step("Build the page", || {
        if no_web { Ok(web::dist()) } else { web::build(web::Profile::Release) }
    })?;
    steps.step("Build server and tests", || {
        run(cargo().args(["build", "--bins", "--examples", "--tests"]).args(NATIVE))
    })?;
    let clients = steps.step("Generate clients from the OpenAPI document", openapi::clients)?;
    let cluster = steps.step("Start PostgreSQL", || Cluster::start(Durability::Off))?;
    steps.step("Run the tests", || {
        run(cargo()
            .args(["nextest", "run"])
            .args(NATIVE)
            .args(args)
            .env("RINGBACK_TEST_POSTGRES", cluster.url())
            .env("RINGBACK_TEST_SERVER", &server)
            .env("RINGBACK_TEST_WEB_DIR", &page)
            .env("RINGBACK_TEST_CLIENTS", &clients)
            .env("RINGBACK_TEST_PYTHON", openapi::python())
            .env("RINGBACK_TEST_CHROMIUM", &browser.chromium)
            .env("RINGBACK_TEST_CHROMEDRIVER", &browser.driver))
    })?;
    drop(cluster);
    if all {
        steps.step("Run the page's own tests", || {
            run(cargo().args(["nextest", "run", "--package", "ringback-web"]))
        })?;
        steps.step("Run the examples in the documentation", || {
            run(cargo().args(["test", "--doc"]).args(NATIVE))
        })?;
        steps.step("Check the generated files", codegen::check)?;
    }
    steps.finish();
    Ok(())
}
