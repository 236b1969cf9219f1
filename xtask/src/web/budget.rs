//! The size budget of the first view: the log-in page or the list.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use super::bundle::Bundle;

/// A label, the placeholders of the files, and their largest compressed size in
/// bytes.
type Budget = (&'static str, &'static [&'static str], usize);

const BUDGETS: [Budget; 3] = [
    ("module and scripts", &["wasm", "js", "loader"], 400_000),
    ("stylesheets", &["boot", "css"], 20_000),
    ("font and icons", &["font", "icons"], 60_000),
];

/// The largest compressed size of a language's texts, in bytes.
const MAX_TEXTS: usize = 9_000;

/// Prints the size of the first view, given the sizes of files by their URL and the
/// placeholders of the languages' texts.
///
/// # Errors
/// If a budget is exceeded.
pub(crate) fn check<'a>(
    bundle: &Bundle,
    sizes: &BTreeMap<String, usize>,
    texts: impl Iterator<Item = &'a String>,
) -> Result<()> {
    let mut exceeded = Vec::new();
    let texts: Vec<_> = texts.map(|file| [file.as_str()]).collect();
    let budgets = BUDGETS.into_iter().chain(texts.iter().map(|file| (file[0], &file[..], MAX_TEXTS)));
    for (what, files, limit) in budgets {
        let mut size = 0;
        for file in files {
            size += sizes.get(bundle.url(file)?).with_context(|| format!("the size of {file} is unknown"))?;
        }
        let line = format!("{what}: {size} of {limit} bytes");
        println!("first view, {line}");
        if size > limit {
            exceeded.push(line);
        }
    }
    let exceeded = exceeded.join("; ");
    ensure!(
        exceeded.is_empty(),
        "the first view is too large: {exceeded}; move code behind crates/web/src/secondary.rs, which is loaded later"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exceeded_budget_is_named() {
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
        check(&bundle, &sizes, [].iter()).unwrap();
        sizes.insert(bundle.url("css").unwrap().to_owned(), 10_001);
        let error = check(&bundle, &sizes, [].iter()).unwrap_err().to_string();
        assert!(
            error.starts_with("the first view is too large: stylesheets: 20001 of 20000 bytes;"),
            "{error}"
        );
    }
}
