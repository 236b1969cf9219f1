//! Tells the program which folder of the built Callback UI to carry.
#![expect(clippy::disallowed_methods, reason = "Cargo talks to build scripts by their environment")]

use std::path::PathBuf;
use std::{env, fs};

fn main() -> std::io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    let page = target.join("web/dist");
    // Cargo looks for changes only of what exists.
    fs::create_dir_all(&page)?;
    println!("cargo::rustc-env=RINGBACK_PAGE={}", page.display());
    println!("cargo::rerun-if-env-changed=CARGO_TARGET_DIR");
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build reads the page while it runs.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={}", page.display());
    }
    Ok(())
}
