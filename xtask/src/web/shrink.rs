//! Removes parts of modules and their JavaScript that no browser needs.

use anyhow::Result;
use walrus::{Module, ModuleConfig};

/// Removes the names of functions from a module, and the padding that the linker
/// left in its numbers.
pub(crate) fn module(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    Ok(config.parse(bytes)?.emit_wasm())
}

/// Shortens the names of the module's imports, whose hashes do not compress, and
/// removes comments and indentation from the script.
pub(crate) fn glue(module: &mut Module, script: &str) -> String {
    let mut script = script.to_owned();
    for (number, import) in module.imports.iter_mut().enumerate() {
        if is_hashed(&import.name) {
            let short = format!("_{number}");
            script = script.replace(&import.name, &short);
            import.name = short;
        }
    }
    let mut comment = false;
    let lines = script.lines().map(str::trim).filter(|line| {
        comment |= line.starts_with("/*");
        let keep = !comment && !line.is_empty() && !line.starts_with("//");
        comment &= !line.ends_with("*/");
        keep
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Whether a name ends with sixteen hexadecimal digits, so that it cannot be part
/// of another.
fn is_hashed(name: &str) -> bool {
    name.rsplit_once('_').is_some_and(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_hashes_become_short_on_both_sides() {
        let mut module = Module::default();
        let kind = module.types.add(&[], &[]);
        for name in ["__wbg_get_0123456789abcdef", "__wbindgen_throw"] {
            module.add_import_func("./glue.js", name, kind);
        }
        let script = "/**\n * Says\n */\n  a.__wbg_get_0123456789abcdef = 1; // one\n\n  // two\n  b.__wbindgen_throw;";
        assert_eq!(glue(&mut module, script), "a._0 = 1; // one\nb.__wbindgen_throw;\n");
        let names: Vec<&str> = module.imports.iter().map(|import| import.name.as_str()).collect();
        assert_eq!(names, ["_0", "__wbindgen_throw"]);
    }
}
