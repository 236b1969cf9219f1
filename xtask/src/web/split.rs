//! Takes what is loaded later out of the page's module. Where that begins,
//! the parts of `crates/web/src/secondary.rs` say.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, anyhow};
use wasm_split_cli_support::{Options, transform};

use crate::process::target;

/// How the glue of wasm-bindgen calls the script that loads the other parts.
const LOADER: &str = "./split.js";

/// The page in parts.
pub(crate) struct Parts {
    /// What the first view needs, for wasm-bindgen.
    pub(crate) main: Vec<u8>,
    /// The other modules, by the names that the script knows them by.
    pub(crate) later: BTreeMap<String, Vec<u8>>,
    /// Loads them.
    script: String,
}

impl Parts {
    /// Parts a module that was linked with its relocations.
    pub(crate) fn of(raw: &[u8]) -> Result<Self> {
        let folder = target().join("web/split");
        let main = folder.join("main.wasm");
        let mut options = Options::new(raw);
        options.output_dir = &folder;
        options.main_out_path = &main;
        options.link_name = LOADER;
        let made = transform(options).map_err(|error| anyhow!("the module cannot be split: {error:#}"))?;
        let mut later = BTreeMap::new();
        for file in made.split_modules {
            let name = file.file_name().context("a part without a name")?;
            later.insert(name.to_string_lossy().into_owned(), fs::read(&file)?);
        }
        Ok(Self { main: fs::read(&main)?, later, script: fs::read_to_string(folder.join(LOADER))? })
    }

    /// Puts the script into the glue. They import each other, and a name that
    /// changes with the content cannot be in what it is made of.
    pub(crate) fn join(&self, glue: &str) -> Result<String> {
        let statement = |line: &&str| line.starts_with("import ") && line.contains(LOADER);
        let import = glue.lines().find(statement).context("the glue does not import the loader")?;
        let name = import.split_whitespace().nth(3).context("the glue imports the loader by another form")?;
        // What it imports is the glue.
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
    fn the_loader_becomes_a_part_of_the_glue() {
        let parts = Parts {
            main: Vec::new(),
            later: BTreeMap::new(),
            script: "import { initSync } from \"./main.js\";\nexport const load = 1;".to_owned(),
        };
        let joined = parts.join("import * as import1 from \"./split.js\"\nfunction initSync() {}").unwrap();
        let expected = "\nfunction initSync() {}\nconst load = 1;\nconst import1 = { load };\n";
        assert_eq!(joined, expected);
        assert!(parts.join("function initSync() {}").is_err());
    }
}
