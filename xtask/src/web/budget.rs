//! What the first view, of signing in or of the list, may weigh.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use super::bundle::Bundle;

/// What it is, the placeholders of its files, and how many bytes may come over
/// the wire.
type Budget = (&'static str, &'static [&'static str], usize);

const BUDGETS: [Budget; 3] = [
    ("module and scripts", &["wasm", "js", "loader"], 400_000),
    ("stylesheet", &["css"], 20_000),
    ("font and icons", &["font", "icons"], 60_000),
];

/// Says what the first view weighs, of files of these sizes by their address;
/// too much is an error.
pub(crate) fn check(bundle: &Bundle, sizes: &BTreeMap<String, usize>) -> Result<()> {
    let mut missed = Vec::new();
    for (what, files, limit) in BUDGETS {
        let mut size = 0;
        for file in files {
            size += sizes.get(bundle.url(file)?).with_context(|| format!("nobody weighed {file}"))?;
        }
        let line = format!("{what}: {size} of {limit} bytes");
        println!("first view, {line}");
        if size > limit {
            missed.push(line);
        }
    }
    let missed = missed.join("; ");
    ensure!(
        missed.is_empty(),
        "the first view is too large: {missed}; move what can wait behind crates/web/src/secondary.rs"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_named() {
        let mut bundle = Bundle::default();
        for (_, files, _) in BUDGETS {
            for file in files {
                bundle.add_named(file, file, Vec::new());
            }
        }
        let mut sizes = BTreeMap::new();
        for (_, files, limit) in BUDGETS {
            for file in files {
                sizes.insert(bundle.url(file).unwrap().to_owned(), limit / files.len());
            }
        }
        check(&bundle, &sizes).unwrap();
        sizes.insert(bundle.url("css").unwrap().to_owned(), 20_001);
        let error = check(&bundle, &sizes).unwrap_err().to_string();
        assert!(
            error.starts_with("the first view is too large: stylesheet: 20001 of 20000 bytes;"),
            "{error}"
        );
    }
}
