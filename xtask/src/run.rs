//! `cargo xtask run`: from a fresh clone to the running page with one command.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, bail};

use crate::process::{Background, NATIVE, cargo, interrupted, root, run as run_program, target};
use crate::steps::{Steps, seconds};
use crate::{install, web};

/// Builds page and server and starts the demonstration.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut steps = Steps::new(3);
    steps.step("Make sure that Rust can build for the browser", install::wasm_target)?;
    steps.step("Build the page", || web::build(web::Profile::Release))?;
    let server = steps.step("Build the server", server)?;
    steps.finish();

    let ended = run_program(&mut demo(&server, args));
    // Ctrl-C is the normal way to end it.
    if interrupted() { Ok(()) } else { ended }
}

/// The same, built quickly. Builds the page again after each change of its
/// sources, and lets the browser reload it.
pub(crate) fn run_dev(args: &[String]) -> Result<()> {
    let mut steps = Steps::new(3);
    steps.step("Make sure that Rust can build for the browser", install::wasm_target)?;
    let mut built = newest_source()?;
    let mut page = web::DevPage::default();
    let folder = steps.step("Build the page", || page.build())?;
    let server = steps.step("Build the server", dev_server)?;
    steps.finish();

    let mut server = Background::start(demo(&server, args).arg("--web-dir").arg(folder))?;
    println!("watching crates/web and crates/domain; Ctrl-C ends it");
    while !interrupted() {
        if let Some(status) = server.exit_status()? {
            bail!("the server ended with {status}");
        }
        let newest = newest_source()?;
        if newest == built {
            thread::sleep(POLL_INTERVAL);
            continue;
        }
        built = newest;
        let started = Instant::now();
        match page.build() {
            Ok(_) => println!("built in {}; the browser reloads the page", seconds(started.elapsed())),
            Err(_) if interrupted() => {}
            Err(error) => eprintln!("error: {error:#}; waiting for the next change"),
        }
    }
    Ok(())
}

/// How often the sources are checked for changes. Checking a few hundred files
/// takes 2 ms, and works on shared folders too, where the kernel reports no
/// changes.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The number of the page's source files, and the time of the last change.
fn newest_source() -> Result<(usize, Option<SystemTime>)> {
    let mut count = 0;
    let mut newest = None;
    for folder in ["crates/web", "crates/domain"] {
        for file in web::files_below(&root().join(folder))? {
            count += 1;
            // An editor may have replaced it in the meantime.
            newest = newest.max(file.metadata().and_then(|data| data.modified()).ok());
        }
    }
    Ok((count, newest))
}

fn demo(server: &Path, args: &[String]) -> Command {
    let mut command = Command::new(server);
    command.current_dir(root()).args(["serve", "--demo"]).args(args);
    if std::env::var_os("RINGBACK_LOG").is_none() {
        // A log line for each request would scroll the password off the screen.
        command.env("RINGBACK_LOG", "warn");
    }
    command
}

fn server() -> Result<PathBuf> {
    run_program(cargo().args(["build", "--release", "--package", "ringback-api", "--bin", "ringback"]))?;
    Ok(target().join("release/ringback"))
}

fn dev_server() -> Result<PathBuf> {
    // Other features than those of the tests would build the dependencies again.
    run_program(cargo().args(["build", "--bin", "ringback"]).args(NATIVE))?;
    Ok(target().join("debug/ringback"))
}
