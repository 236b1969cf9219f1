//! `cargo xtask web`: builds the page, ready to be served.

mod budget;
mod bundle;
mod compress;
mod languages;
mod shrink;
mod split;
mod sprite;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::install;
use crate::process::{cargo, root, run, target};
use bundle::{Bundle, digest};
use languages::Languages;
use split::Parts;

/// How the page is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quickly, with names and assertions in the module.
    Dev,
    /// As small as possible.
    Release,
}

/// The script that reloads the page, and the file by which it notices a new build.
const RELOAD: &str = "dev-reload.js";
const BUILD: &str = "dev-build.txt";

/// The page's WebAssembly modules, and the JavaScript of wasm-bindgen.
struct Module {
    wasm: Vec<u8>,
    /// Modules that are loaded after the first view, by their names in the script.
    secondary: BTreeMap<String, Vec<u8>>,
    script: String,
    /// Files that the script imports, by their path beside it.
    snippets: BTreeMap<String, String>,
}

/// The folder of the built page.
pub(crate) fn dist() -> PathBuf {
    target().join("web/dist")
}

/// Builds the page and returns its folder.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    let dist = dist();
    build_into(&dist, profile, None)?;
    Ok(dist)
}

/// The page for `cargo xtask run --dev`: built quickly, in a folder of its own,
/// and reloaded by the browser after each build.
#[derive(Default)]
pub(crate) struct DevPage(Cache);

impl DevPage {
    /// Builds the page and returns its folder.
    pub(crate) fn build(&mut self) -> Result<PathBuf> {
        let folder = target().join("web/dev");
        build_into(&folder, Profile::Dev, Some(&mut self.0))?;
        Ok(folder)
    }
}

/// The last module and the digest of its input. A change of a stylesheet needs no
/// new module.
type Cache = Option<(String, Module)>;

/// Builds the page into a folder. With a cache, the page reloads itself.
fn build_into(dist: &Path, profile: Profile, cache: Option<&mut Cache>) -> Result<()> {
    install::wasm_target()?;
    let raw = compile(profile)?;
    let mut sources = Sources::read(&root().join("crates/web"))?;
    let reloading = cache.is_some();
    if reloading {
        let script = format!("<script src=\"/{RELOAD}\"></script>\n</head>");
        sources.index = sources.index.replace("</head>", &script);
    }

    let stamp_file = dist.with_extension("stamp");
    let stamp = stamp(&raw, &sources, profile);
    if dist.is_dir() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        println!("the page has not changed");
        return Ok(());
    }

    let mut bundle = match cache {
        None => assemble(&bind(&raw, profile)?, &sources)?,
        Some(cache) => {
            let input = digest([raw.as_slice()]);
            let (_, module) = match cache.take().filter(|(digest, _)| *digest == input) {
                Some(last) => cache.insert(last),
                None => cache.insert((input, bind(&raw, profile)?)),
            };
            assemble(module, &sources)?
        }
    };
    if reloading {
        bundle.add(RELOAD, include_bytes!("reload.js").to_vec());
    }
    // An incomplete page, or one that is too large, must not have a stamp.
    let _ = fs::remove_file(&stamp_file);
    if profile == Profile::Release {
        let sizes = bundle.write_compressed(dist)?;
        budget::check(&bundle, &sizes, sources.languages.texts.keys())?;
    } else {
        bundle.write(dist)?;
    }
    if reloading {
        // Written last, as the reloaded page needs all other files.
        fs::write(dist.join(BUILD), &stamp)?;
    }
    fs::write(&stamp_file, stamp)?;
    Ok(())
}

fn compile(profile: Profile) -> Result<Vec<u8>> {
    let mut command = cargo();
    command.args(["rustc", "--package", "ringback-web", "--target", "wasm32-unknown-unknown"]);
    let folder = match profile {
        Profile::Dev => {
            // Line tables triple the size of the module, and stack traces name functions without them.
            command.args(["--config", "profile.dev.debug=false"]);
            "debug"
        }
        Profile::Release => {
            command.args(["--profile", "web"]);
            "web"
        }
    };
    // Splitting the module needs the relocations.
    command.args(["--", "-Clink-arg=--emit-relocs"]);
    // With `--target` the flags do not apply to build scripts.
    command.env("CARGO_ENCODED_RUSTFLAGS", rust_flags()?.join("\x1f"));
    run(&mut command)?;
    let file = target().join("wasm32-unknown-unknown").join(folder).join("ringback-web.wasm");
    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// Flags that make the page smaller, and its build reproducible.
fn rust_flags() -> Result<Vec<String>> {
    // Without this, Leptos gives each view its own type, a tenth of the page's size.
    let mut flags = vec!["--cfg".to_owned(), "erase_components".to_owned()];
    let cargo_home = match env::var_os("CARGO_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env::var_os("HOME").context("HOME is not set")?).join(".cargo"),
    };
    // Messages of panics contain paths of source files.
    for (folder, name) in [(root(), "ringback"), (cargo_home, "cargo")] {
        flags.push(format!("--remap-path-prefix={}=/{name}", folder.display()));
    }
    Ok(flags)
}

fn bind(raw: &[u8], profile: Profile) -> Result<Module> {
    let debug = profile == Profile::Dev;
    let mut parts = Parts::of(raw)?;
    let mut output = Bindgen::new()
        .input_bytes("ringback-web", mem::take(&mut parts.main))
        .web(true)?
        // The other modules share its memory and its table of functions.
        .keep_lld_exports(true)
        .typescript(false)
        .debug(debug)
        .keep_debug(debug)
        .remove_name_section(!debug)
        .remove_producers_section(!debug)
        .generate_output()
        .context("wasm-bindgen failed")?;
    let mut snippets = BTreeMap::new();
    for (package, scripts) in output.snippets() {
        for (number, script) in scripts.iter().enumerate() {
            snippets.insert(format!("snippets/{package}/inline{number}.js"), script.clone());
        }
    }
    for (path, script) in output.local_modules() {
        snippets.insert(format!("snippets/{path}"), script.clone());
    }
    let mut script = parts.join(output.js())?;
    let mut secondary = parts.secondary;
    if !debug {
        script = shrink::glue(output.wasm_mut(), &script);
        for module in secondary.values_mut() {
            *module = shrink::module(module)?;
        }
    }
    Ok(Module { wasm: output.wasm_mut().emit_wasm(), secondary, script, snippets })
}

fn assemble(module: &Module, sources: &Sources) -> Result<Bundle> {
    let mut bundle = Bundle::default();
    for (path, bytes) in &sources.assets {
        if let Some(path) = path.strip_prefix("static/") {
            bundle.add(path, bytes.clone());
        } else if icon_name(path).is_none() {
            bundle.add_hashed(path, bytes.clone());
        }
    }
    let icons = sources.assets.iter();
    let icons = icons.filter_map(|(path, bytes)| Some((icon_name(path)?, String::from_utf8_lossy(bytes))));
    let icons = sprite::sprite(icons)?;
    bundle.add_named("icons", "icons.svg", icons.into_bytes());
    for (placeholder, name, style) in
        [("boot", "boot.css", &sources.boot), ("css", "app.css", &sources.style)]
    {
        let style = bundle.resolve_urls(style)?;
        bundle.add_named(placeholder, name, style.into_bytes());
    }

    let mut script = module.script.clone();
    let mut add_module = |placeholder: &str, name: &str, bytes: Vec<u8>| -> Result<()> {
        bundle.add_named(placeholder, name, bytes);
        script = script.replace(name, bundle.url(placeholder)?.trim_start_matches("/assets/"));
        Ok(())
    };
    add_module("wasm", "ringback-web_bg.wasm", module.wasm.clone())?;
    for (name, bytes) in &module.secondary {
        add_module(name, name, bytes.clone())?;
    }
    for (path, script) in &module.snippets {
        bundle.add(&format!("assets/{path}"), script.clone().into_bytes());
    }
    bundle.add_named("js", "ringback-web.js", script.into_bytes());
    let loader = bundle.fill(&sources.loader, "crates/web/loader.js")?;
    bundle.add_named("loader", "loader.js", loader.into_bytes());
    for (name, texts) in sources.languages.texts.iter().chain(&sources.languages.later) {
        bundle.add_hashed(name, texts.clone());
    }
    let index = sources.index.replace("{{languages}}", &sources.languages.head);
    let index = bundle.fill(&index, "crates/web/index.html")?;
    bundle.add("index.html", index.into_bytes());
    Ok(bundle)
}

fn icon_name(path: &str) -> Option<&str> {
    path.strip_prefix("icons/")?.strip_suffix(".svg")
}

/// A digest of everything that the page is built from, this module included.
fn stamp(raw: &[u8], sources: &Sources, profile: Profile) -> String {
    let profile = [u8::from(profile == Profile::Dev)];
    let mut parts: Vec<&[u8]> = vec![
        include_bytes!("mod.rs"),
        include_bytes!("reload.js"),
        include_bytes!("budget.rs"),
        include_bytes!("bundle.rs"),
        include_bytes!("compress.rs"),
        include_bytes!("languages.rs"),
        include_bytes!("shrink.rs"),
        include_bytes!("split.rs"),
        include_bytes!("sprite.rs"),
        &profile,
        raw,
        sources.boot.as_bytes(),
        sources.style.as_bytes(),
        sources.loader.as_bytes(),
        sources.index.as_bytes(),
        sources.languages.head.as_bytes(),
    ];
    parts.extend(sources.languages.texts.values().chain(sources.languages.later.values()).map(Vec::as_slice));
    for (path, bytes) in &sources.assets {
        parts.extend([path.as_bytes(), bytes]);
    }
    digest(parts)
}

/// The source files of the page other than Rust.
struct Sources {
    /// What the first paint needs.
    boot: String,
    style: String,
    loader: String,
    index: String,
    languages: Languages,
    /// By their path below `assets/`.
    assets: BTreeMap<String, Vec<u8>>,
}

impl Sources {
    fn read(web: &Path) -> Result<Self> {
        let text = |name: &str| {
            fs::read_to_string(web.join(name)).with_context(|| format!("cannot read crates/web/{name}"))
        };
        let (mut boot, mut style) = (String::new(), String::new());
        for file in stylesheets(web)? {
            let sheet = if rank(&file) < BASE { &mut boot } else { &mut style };
            sheet.push_str(&fs::read_to_string(&file)?);
            sheet.push('\n');
        }
        let mut assets = BTreeMap::new();
        let folder = web.join("assets");
        for file in files_below(&folder)? {
            let path = file.strip_prefix(&folder)?.to_string_lossy().into_owned();
            assets.insert(path, fs::read(&file)?);
        }
        let languages = Languages::read(&web.join("languages"))?;
        Ok(Self { boot, style, loader: text("loader.js")?, index: text("index.html")?, languages, assets })
    }
}

/// The rank of the stylesheet `base.css`; those before it are for the first paint.
const BASE: u8 = 2;

/// The place of a stylesheet among the others, which build on those before.
fn rank(file: &Path) -> u8 {
    match file.file_name().and_then(|name| name.to_str()) {
        Some("tokens.css") => 0,
        Some("boot.css") => 1,
        Some("base.css") => BASE,
        _ => 3,
    }
}

/// The stylesheets in their order.
fn stylesheets(web: &Path) -> Result<Vec<PathBuf>> {
    let css = |folder: &str| -> Result<Vec<PathBuf>> {
        let mut files = files_below(&web.join(folder))?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "css"));
        Ok(files)
    };
    let mut files = css("style")?;
    files.sort_by_key(|file| rank(file));
    files.extend(css("src")?);
    Ok(files)
}

/// All files below a folder, sorted by path; none if the folder does not exist.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                files.extend(files_below(&path)?);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
