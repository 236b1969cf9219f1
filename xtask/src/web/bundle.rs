//! The files of the page, with a hash of the content in their names.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::compress;

/// Twelve hexadecimal digits of the hash of all parts.
pub(crate) fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps ("ab", "c") apart from ("a", "bc").
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    let first = hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
    format!("{:012x}", first >> 16)
}

/// Files by their path in the served folder, and the URLs of some by placeholder.
#[derive(Default)]
pub(crate) struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
    urls: BTreeMap<String, String>,
}

impl Bundle {
    /// Adds a file with a fixed name.
    pub(crate) fn add(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.insert(path.to_owned(), bytes);
    }

    /// Adds a file with a hash in its name; its placeholder is its path.
    pub(crate) fn add_hashed(&mut self, path: &str, bytes: Vec<u8>) {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.add_named(path, name, bytes);
    }

    /// The same with another placeholder.
    pub(crate) fn add_named(&mut self, placeholder: &str, name: &str, bytes: Vec<u8>) {
        let hash = digest([bytes.as_slice()]);
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let path = format!("assets/{stem}-{hash}.{extension}");
        self.urls.insert(placeholder.to_owned(), format!("/{path}"));
        self.files.insert(path, bytes);
    }

    /// The URL of a placeholder.
    pub(crate) fn url(&self, placeholder: &str) -> Result<&str> {
        // The font that every page needs at once has a short placeholder.
        let font = || {
            let mut fonts = self.urls.iter().filter(|(path, _)| path.starts_with("fonts/"));
            fonts.find(|(path, _)| path.contains("latin") && !path.contains("latin-ext"))
        };
        let found = match self.urls.get(placeholder) {
            None if placeholder == "font" => font().map(|(_, url)| url),
            other => other,
        };
        found.map(String::as_str).with_context(|| {
            let known: Vec<&str> = self.urls.keys().map(String::as_str).collect();
            format!("unknown placeholder \"{placeholder}\"; there are: {}", known.join(", "))
        })
    }

    /// Replaces each `{{placeholder}}` in a text.
    pub(crate) fn fill(&self, text: &str, origin: &str) -> Result<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (placeholder, after) =
                after.split_once("}}").with_context(|| format!("{origin}: a {{{{ without its }}}}"))?;
            filled.push_str(before);
            filled.push_str(self.url(placeholder.trim()).with_context(|| origin.to_owned())?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// Replaces the path in each `url(…)` of a stylesheet.
    pub(crate) fn resolve_urls(&self, style: &str) -> Result<String> {
        let mut resolved = String::new();
        let mut rest = style;
        while let Some((before, after)) = rest.split_once("url(") {
            let (url, after) = after.split_once(')').context("a url( without its ) in the stylesheet")?;
            let path = url.trim().trim_matches(['"', '\'']);
            resolved.push_str(before);
            if path.starts_with("data:") {
                bail!("the stylesheet has url({path}): the content security policy allows files only");
            }
            let path = path.trim_start_matches(['.', '/']);
            let path = path.strip_prefix("assets/").unwrap_or(path);
            write!(resolved, "url(\"{}\")", self.url(path)?)?;
            rest = after;
        }
        resolved.push_str(rest);
        Ok(resolved)
    }

    /// Replaces the folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        for (path, bytes) in &self.files {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap_or(folder))?;
            fs::write(&file, bytes)?;
        }
        Ok(())
    }

    /// The same, with compressed variants beside the files if they are smaller.
    /// Returns the size of each file by its URL, with gzip if that is smaller.
    pub(crate) fn write_compressed(&self, folder: &Path) -> Result<BTreeMap<String, usize>> {
        self.write(folder)?;
        println!("{:>10} {:>10} {:>10}  file", "bytes", "gzip", "brotli");
        let mut sizes = BTreeMap::new();
        for (path, bytes) in &self.files {
            let file = folder.join(path);
            let (mut gzip, mut brotli) = (None, None);
            if compress::pays(path) {
                gzip = write_variant(&file, "gz", bytes, &compress::gzip(bytes)?)?;
                brotli = write_variant(&file, "br", bytes, &compress::brotli(bytes)?)?;
            }
            let size = |size: Option<usize>| size.map_or_else(|| "-".to_owned(), |size| size.to_string());
            println!("{:>10} {:>10} {:>10}  {path}", bytes.len(), size(gzip), size(brotli));
            sizes.insert(format!("/{path}"), gzip.unwrap_or(bytes.len()));
        }
        Ok(sizes)
    }
}

fn write_variant(file: &Path, extension: &str, plain: &[u8], packed: &[u8]) -> Result<Option<usize>> {
    if packed.len() >= plain.len() {
        return Ok(None);
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    fs::write(name, packed)?;
    Ok(Some(packed.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        let mut bundle = Bundle::default();
        bundle.add_hashed("fonts/inter-latin-ext.woff2", vec![1]);
        bundle.add_hashed("fonts/inter-latin.woff2", vec![2]);
        bundle.add_named("css", "app.css", vec![3]);
        bundle
    }

    #[test]
    fn a_name_changes_with_the_content_only() {
        let url = |content: &[u8]| {
            let mut bundle = Bundle::default();
            bundle.add_named("css", "app.css", content.to_vec());
            bundle.url("css").unwrap().to_owned()
        };
        assert_eq!(url(b"a"), url(b"a"));
        assert_ne!(url(b"a"), url(b"b"));
        assert_eq!(url(b"a").len(), "/assets/app-0123456789ab.css".len());
    }

    #[test]
    fn placeholders_become_urls() {
        let bundle = bundle();
        let css = bundle.url("css").unwrap();
        assert_eq!(bundle.fill("<{{css}}>", "a test").unwrap(), format!("<{css}>"));
        assert_eq!(bundle.url("font").unwrap(), bundle.url("fonts/inter-latin.woff2").unwrap());
    }

    #[test]
    fn an_unknown_placeholder_is_an_error_that_names_the_file() {
        let error = bundle().fill("{{scc}}", "index.html").unwrap_err();
        assert!(format!("{error:#}").starts_with("index.html: unknown placeholder \"scc\""));
    }

    #[test]
    fn fonts_are_found_however_their_path_is_written() {
        let bundle = bundle();
        let url = bundle.url("fonts/inter-latin.woff2").unwrap();
        for path in ["fonts/inter-latin.woff2", "'../assets/fonts/inter-latin.woff2'"] {
            let style = bundle.resolve_urls(&format!("src: url({path}) format(\"woff2\");")).unwrap();
            assert_eq!(style, format!("src: url(\"{url}\") format(\"woff2\");"));
        }
    }
}
