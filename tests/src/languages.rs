//! The languages of the built page, and two that only tests have: English with accents,
//! in brackets and longer, written from left to right and from right to left.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Written from left to right.
pub const LONG: &str = "en-XA";
/// Written from right to left.
pub const MIRRORED: &str = "ar-XB";

/// The built page with the languages of tests.
#[derive(Debug)]
pub struct Page {
    folder: TempDir,
    english: Vec<String>,
}

impl Page {
    /// Adds the languages to the built page in a folder.
    pub fn new(dist: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["assets", "favicon.svg"] {
            symlink(dist.join(name), folder.path().join(name)).expect("a link");
        }
        let index = fs::read_to_string(dist.join("index.html")).expect("the page");
        let english = read(dist, &index, "en");
        let first = texts(dist, &index, "en", "data-texts").len();
        let mut listed = String::new();
        for (tag, direction) in [(LONG, "ltr"), (MIRRORED, "rtl")] {
            let all: Vec<_> = english.iter().map(|line| stretched_forms(line)).collect();
            let (texts, later) = all.split_at(first);
            fs::write(folder.path().join(format!("{tag}.txt")), texts.join("\n")).expect("a file");
            fs::write(folder.path().join(format!("{tag}-later.txt")), later.join("\n")).expect("a file");
            write!(
                listed,
                r#"<meta name="ui-language" content="{tag}" data-name="{tag}" data-locale="{tag}" data-direction="{direction}" data-texts="/{tag}.txt" data-later-texts="/{tag}-later.txt">"#
            )
            .expect("a string takes text");
        }
        let index =
            index.replacen("<meta name=\"ui-language\"", &format!("{listed}<meta name=\"ui-language\""), 1);
        fs::write(folder.path().join("index.html"), index).expect("a file");
        Self { folder, english }
    }

    /// The folder to serve.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The texts in a language.
    pub fn texts(&self, tag: &str) -> Texts {
        let index = fs::read_to_string(self.folder.path().join("index.html")).expect("the page");
        Texts { english: self.english.clone(), own: read(self.folder.path(), &index, tag) }
    }
}

/// The texts of a language, found by the English ones.
#[derive(Debug)]
pub struct Texts {
    english: Vec<String>,
    own: Vec<String>,
}

impl Texts {
    /// The text that is this one in English, with numbers in braces for parameters.
    pub fn say(&self, english: &str) -> &str {
        let mut found = self.english.iter().zip(&self.own).filter(|(text, _)| *text == english);
        let (_, first) = found.next().unwrap_or_else(|| panic!("no text says {english:?}"));
        assert!(found.all(|(_, text)| text == first), "several texts say {english:?} in English");
        first
    }
}

/// The lines of a language's texts, those of the second module last.
fn read(folder: &Path, index: &str, tag: &str) -> Vec<String> {
    ["data-texts", "data-later-texts"].iter().flat_map(|file| texts(folder, index, tag, file)).collect()
}

/// The lines of one of a language's files.
fn texts(folder: &Path, index: &str, tag: &str, file: &str) -> Vec<String> {
    let (_, rest) = index.split_once(&format!("content=\"{tag}\"")).expect("the page has the language");
    let (_, rest) = rest.split_once(&format!("{file}=\"/")).expect("it names its texts");
    let (name, _) = rest.split_once('"').expect("the name ends");
    let texts = fs::read_to_string(folder.join(name)).expect("the texts");
    texts.split('\n').map(str::to_owned).collect()
}

/// A line of texts, stretched; of a plural only the forms.
fn stretched_forms(line: &str) -> String {
    let parts = line.split('\t').collect::<Vec<_>>();
    let first = usize::from(parts.len() > 1);
    let stretch = |(index, part): (usize, &&str)| {
        if index % 2 == first { stretched(part) } else { (*part).to_owned() }
    };
    parts.iter().enumerate().map(stretch).collect::<Vec<_>>().join("\t")
}

/// A text with accents, in brackets and 40 % longer; the name of the product stays.
fn stretched(text: &str) -> String {
    const PRODUCT: &str = "Ringback";
    const PLAIN: &str = "aeiounscyAEIOUNSCY";
    const ACCENTED: &str = "äéîøüñšçýÄÉÎØÜÑŠÇÝ";
    if text == PRODUCT {
        return text.to_owned();
    }
    let accented = |letter: char| {
        PLAIN.chars().zip(ACCENTED.chars()).find(|(plain, _)| *plain == letter).map_or(letter, |(_, own)| own)
    };
    let longer = text.chars().count() * 2 / 5;
    let padding: String = " ŵörð".chars().cycle().take(longer).collect();
    let accented = |part: &str| part.chars().map(accented).collect::<String>();
    let parts: Vec<_> = text.split(PRODUCT).map(accented).collect();
    format!("[{}{padding}]", parts.join(PRODUCT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_categories_stay_as_they_are() {
        assert_eq!(stretched_forms("See {0} and {1}"), "[Šéé {0} äñd {1} ŵörð ]");
        assert_eq!(
            stretched_forms("one\t{0} day\tother\t{0} days"),
            "one\t[{0} däý ŵ]\tother\t[{0} däýš ŵö]"
        );
    }
}
