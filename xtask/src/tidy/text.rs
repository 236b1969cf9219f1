//! Rules on the text of files.

use super::{File, Finding, Rule};

const MAX_LINES: usize = 600;
const LENGTH: Rule =
    Rule { what: "a Rust file has at most 600 lines", why: "a file should be about one thing" };
const MAX_NAME: usize = 70;
const NAME: Rule = Rule {
    what: "the name of a function has at most 70 characters",
    why: "the name of a test is a short sentence; what it shows of the guide is in its documentation",
};
const STYLE: Rule = Rule {
    what: "no style attribute",
    why: "the content security policy forbids it, and the element would stay unstyled",
};
const MACHINE_PATH: Rule =
    Rule { what: "no absolute path of a machine", why: "the project has to work wherever it is cloned" };
/// Without slashes, so that this file does not break the rule.
const FOLDERS: [&str; 3] = ["home", "root", "work"];

/// Files that should be split soon.
pub(super) fn long_files(files: &[File]) -> Vec<Finding> {
    let rust = files.iter().filter(|file| file.is_rust_below(""));
    rust.map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(file, lines)| Finding::with(&LENGTH, &file.path, &lines.to_string()))
        .collect()
}

/// Finds style attributes, long names and paths of a machine.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let page = file.path == "crates/web/index.html" || file.is_rust_below("crates/web/src/");
        for (number, line) in file.code().filter(|_| page) {
            if has_style(line) {
                findings.push(Finding::new(&STYLE, file.at(number)));
            }
        }
        for (number, line) in file.code().filter(|_| file.is_rust_below("")) {
            if has_long_name(line) {
                findings.push(Finding::new(&NAME, file.at(number)));
            }
        }
        for (line, number) in file.text.lines().zip(1..) {
            if names_machine(line) {
                findings.push(Finding::new(&MACHINE_PATH, file.at(number)));
            }
        }
    }
    findings
}

/// Finds an attribute: rustfmt would put a space before the `=` of an assignment.
fn has_style(line: &str) -> bool {
    line.match_indices("style=").any(|(start, _)| start == 0 || line[..start].ends_with([' ', '<']))
}

fn has_long_name(line: &str) -> bool {
    let (_, rest) = line.split_once("fn ").unwrap_or_default();
    rest.split(['(', '<']).next().is_some_and(|name| name.len() > MAX_NAME)
}

fn names_machine(line: &str) -> bool {
    FOLDERS.iter().any(|folder| {
        let path = format!("/{folder}/");
        line.match_indices(&path).any(|(start, _)| {
            // Within a longer path or a URL the folder is not absolute.
            !line[..start].ends_with(|c: char| c.is_alphanumeric() || "_-.*}".contains(c))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn style_attributes_are_found_and_directives_are_not() {
        assert!(has_style("<p style=\"color: red\">"));
        assert!(!has_style("<p style:color=\"red\">"));
        assert!(!has_style("let style = 1;"));
        assert!(!has_style("<p data-style=\"x\">"));
    }

    #[test]
    fn long_names_of_functions_are_found() {
        assert!(!has_long_name(&format!("async fn {}(app: &TestApp) {{", "a".repeat(MAX_NAME))));
        assert!(has_long_name(&format!("async fn {}(app: &TestApp) {{", "a".repeat(MAX_NAME + 1))));
        assert!(!has_long_name("let closure = |fn_pointer: fn(u8)| 1;"));
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        for folder in FOLDERS {
            assert!(names_machine(&format!("see /{folder}/me/file")));
            assert!(!names_machine(&format!("see crates/{folder}/file")));
        }
    }

    #[test]
    fn long_files_are_named_with_their_length() {
        let files = [file("a.rs", &"x\n".repeat(601)), file("b.rs", &"x\n".repeat(600))];
        let findings = long_files(&files);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].place.as_str(), findings[0].detail.as_str()), ("a.rs", " (601)"));
    }
}
