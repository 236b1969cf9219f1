//! Installs missing tools of the other commands.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::postgres;
use crate::process::{cargo, find, output, root, run};

/// The browser and the program that drives it.
pub(crate) struct Browser {
    /// Chromium itself.
    pub(crate) chromium: PathBuf,
    /// Its `WebDriver` server.
    pub(crate) driver: PathBuf,
}

/// Installs Rust's target for the browser if it is missing.
pub(crate) fn wasm_target() -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = output(in_project("rustc").args(["--print", "sysroot"]))?;
    let sysroot = String::from_utf8(sysroot).context("the path of the toolchain is not UTF-8")?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(());
    }
    println!("installing the Rust target {TARGET}");
    run(in_project("rustup").args(["target", "add", TARGET]))
        .with_context(|| format!("Rust cannot build for the browser: install its target {TARGET}"))
}

/// Finds `cargo <name>`, installing it from crates.io if it is missing.
pub(crate) fn cargo_tool(name: &str) -> Result<()> {
    let program = format!("cargo-{name}");
    let installed = cargo().args([name, "--version"]).output().is_ok_and(|output| output.status.success());
    if installed {
        return Ok(());
    }
    println!("installing {program}, once: this takes some minutes");
    run(cargo().args(["install", "--locked", &program]))
}

/// Installs `PostgreSQL`'s server if it is missing.
pub(crate) fn postgres() -> Result<()> {
    if postgres::programs().is_none() {
        debian(&["postgresql"])?;
    }
    Ok(())
}

/// Finds the browser, installing it if it is missing. Chromium without its window
/// starts in half the time; where it cannot be had, the whole of it does as well.
pub(crate) fn browser() -> Result<Browser> {
    const SHELL: &str = "chromium-headless-shell";
    if let Some(browser) = find_browser(&[SHELL]) {
        return Ok(browser);
    }
    let installed = debian(&[SHELL, "chromium-driver"]);
    match find_browser(&[SHELL, "chromium", "chromium-browser", "google-chrome"]) {
        Some(browser) => Ok(browser),
        None => installed
            .and_then(|()| bail!("{SHELL} and chromedriver are installed, but not on the search path")),
    }
}

fn find_browser(names: &[&str]) -> Option<Browser> {
    let chromium = names.iter().find_map(|name| find(name))?;
    Some(Browser { chromium, driver: find("chromedriver")? })
}

fn debian(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if find("apt-get").is_none() {
        bail!("please install the equivalent of Debian's packages {names}");
    }
    if !rustix::process::geteuid().is_root() {
        bail!("please run as root: apt-get install {names}");
    }
    println!("installing {names}");
    run(apt_get().args(["-q", "update"]))?;
    run(apt_get().args(["-q", "-y", "--no-install-recommends", "install"]).args(packages))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// A program of the toolchain that `rust-toolchain.toml` chooses.
fn in_project(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}
