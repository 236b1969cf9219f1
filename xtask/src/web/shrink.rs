//! Takes out of modules and their glue what no browser needs.

use anyhow::Result;
use walrus::{Module, ModuleConfig};

/// Gives a module without the names of its functions, and without the room
/// that the linker left beside each number.
pub(crate) fn module(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    Ok(config.parse(bytes)?.emit_wasm())
}

/// Gives short names to what the glue lends to the module, as their hashes do
/// not compress, and leaves out comments and indentation.
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
        let kept = !comment && !line.is_empty() && !line.starts_with("//");
        comment &= !line.ends_with("*/");
        kept
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Whether a name ends with sixteen hexadecimal digits, so that it is part of
/// no other.
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
