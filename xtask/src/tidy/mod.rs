//! `cargo xtask tidy`: the project's own rules. Each finding names the place, the
//! rule and its reason.

mod layers;
mod rooms;
mod text;

use std::fs;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{output, root};

/// A text file of the project.
pub(crate) struct File {
    /// Path from the root of the project, with `/`.
    path: String,
    text: String,
}

impl File {
    fn is_rust_below(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
            && std::path::Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    /// Its lines without comments, numbered from 1.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().map(|line| match line.split_once("//") {
            // `://` is an address in a string.
            Some((before, _)) if !before.ends_with(':') => before,
            _ => line,
        });
        lines.enumerate().map(|(index, line)| (index + 1, line))
    }

    fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

/// A violation of a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    place: String,
    rule: &'static str,
    why: &'static str,
    /// Details that the place does not show.
    detail: String,
}

impl Finding {
    fn new(rule: &Rule, place: String) -> Self {
        Self { place, rule: rule.what, why: rule.why, detail: String::new() }
    }

    fn with(rule: &Rule, place: &str, detail: &str) -> Self {
        Self { detail: format!(" ({detail})"), ..Self::new(rule, place.to_owned()) }
    }

    fn print(&self) {
        println!("{}: {}{}\n    because {}", self.place, self.rule, self.detail, self.why);
    }
}

/// A rule and its reason.
struct Rule {
    what: &'static str,
    why: &'static str,
}

/// Fails if a rule is violated.
pub(crate) fn tidy() -> Result<()> {
    let files = files()?;
    for long in text::long_files(&files) {
        print!("warning: ");
        long.print();
    }
    let mut findings = layers::check(&files);
    findings.extend(rooms::check(&files)?);
    findings.extend(text::check(&files));
    for finding in &findings {
        finding.print();
    }
    if !findings.is_empty() {
        bail!("{} places break a rule of the project", findings.len());
    }
    println!("{} files keep the rules", files.len());
    Ok(())
}

/// Prints the imports between rooms as they are, to compare with `rooms.toml`.
pub(crate) fn print_rooms() -> Result<()> {
    print!("{}", rooms::table(&files()?)?);
    Ok(())
}

/// All text files except those that Git ignores.
fn files() -> Result<Vec<File>> {
    let root = root();
    let listed = output(Command::new("git").current_dir(&root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    let paths = String::from_utf8_lossy(&listed);
    let mut files: Vec<File> = paths
        .split_terminator('\0')
        .filter_map(|path| {
            Some(File { path: path.to_owned(), text: fs::read_to_string(root.join(path)).ok()? })
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Whether `line` contains `word`, not only within a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        !line[..start].ends_with(in_name) && !line[start + word.len()..].starts_with(in_name)
    })
}

#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_within_a_longer_name_does_not_count() {
        assert!(has_word("use sqlx::Row;", "sqlx"));
        assert!(!has_word("let sqlx_row = 1;", "sqlx"));
        assert!(!has_word("mysqlx::row()", "sqlx"));
    }

    #[test]
    fn comments_are_not_code() {
        let file = file("a.rs", "one // two\nlet url = \"http://host\";");
        let code: Vec<_> = file.code().collect();
        assert_eq!(code, [(1, "one "), (2, "let url = \"http://host\";")]);
    }
}
