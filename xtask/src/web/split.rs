//! Splits the page's module: the parts in `crates/web/src/secondary.rs`, and what
//! only they need, are loaded later.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, anyhow};
use wasm_split_cli_support::{Options, transform};

use crate::process::target;

/// The name by which the script of wasm-bindgen imports the loader.
const LOADER: &str = "./split.js";

/// The modules of the page.
pub(crate) struct Parts {
    /// The module that the first view needs, for wasm-bindgen.
    pub(crate) main: Vec<u8>,
    /// The other modules, by their names in the script.
    pub(crate) secondary: BTreeMap<String, Vec<u8>>,
    /// The script that loads the other modules.
    script: String,
}

impl Parts {
    /// Splits a module that was linked with relocations.
    pub(crate) fn of(raw: &[u8]) -> Result<Self> {
        let folder = target().join("web/split");
        let main = folder.join("main.wasm");
        let mut options = Options::new(raw);
        options.output_dir = &folder;
        options.main_out_path = &main;
        options.link_name = LOADER;
        let split = transform(options).map_err(|error| anyhow!("the module cannot be split: {error:#}"))?;
        let mut secondary = BTreeMap::new();
        for file in split.split_modules {
            let name = file.file_name().context("a part without a name")?;
            secondary.insert(name.to_string_lossy().into_owned(), fs::read(&file)?);
        }
        Ok(Self { main: fs::read(&main)?, secondary, script: fs::read_to_string(folder.join(LOADER))? })
    }

    /// Puts the loader into the script of wasm-bindgen. The two import each other,
    /// so neither could contain a hash of the other in its name.
    pub(crate) fn join(&self, glue: &str) -> Result<String> {
        let statement = |line: &&str| line.starts_with("import ") && line.contains(LOADER);
        let import = glue.lines().find(statement).context("the glue does not import the loader")?;
        let name = import.split_whitespace().nth(3).context("the glue imports the loader in another form")?;
        // The loader imports only the glue.
        let lines = self.script.lines().filter(|line| !line.starts_with("import "));
        let own: Vec<&str> = lines.map(|line| line.strip_prefix("export ").unwrap_or(line)).collect();
        let exports = self.script.lines().filter_map(|line| line.strip_prefix("export const "));
        let exports: Vec<&str> = exports.filter_map(|line| line.split_whitespace().next()).collect();
        let (own, exports) = (own.join("\n"), exports.join(", "));
        Ok(format!("{}\n{own}\nconst {name} = {{ {exports} }};\n", glue.replacen(import, "", 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_becomes_part_of_the_glue() {
        let parts = Parts {
            main: Vec::new(),
            secondary: BTreeMap::new(),
            script: "import { initSync } from \"./main.js\";\nexport const load = 1;".to_owned(),
        };
        let joined = parts.join("import * as import1 from \"./split.js\"\nfunction initSync() {}").unwrap();
        let expected = "\nfunction initSync() {}\nconst load = 1;\nconst import1 = { load };\n";
        assert_eq!(joined, expected);
        assert!(parts.join("function initSync() {}").is_err());
    }
}
