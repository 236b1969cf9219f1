//! Imports between the rooms of a crate. `rooms.toml` lists the rooms and the
//! imports that are allowed; import cycles are refused.
//!
//! A room is a top-level module with everything in it, or a module further down
//! that the table lists. Imports are read from tokens, so paths in macros count
//! and comments do not: `crate::a::b`, `super::b`, and `a::b` if `mod a;` is
//! declared, with or without `use`. Modules named `tests` may import anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context, Result, anyhow};
use proc_macro2::{TokenStream, TokenTree};
use serde::Deserialize;

use super::{File, Finding, Rule};

const TABLE: &str = "xtask/rooms.toml";

const ROOMS: Rule = Rule {
    what: "xtask/rooms.toml lists every top-level module",
    why: "adding a room is a decision about what it may import, and what may import it",
};
const IMPORTS: Rule = Rule {
    what: "rooms import each other as xtask/rooms.toml says",
    why: "a new dependency between rooms is a decision, and the table makes it visible",
};
const CYCLES: Rule = Rule {
    what: "imports between rooms have no cycles",
    why: "rooms of a cycle can only be understood, changed and tested together",
};

/// Rooms by their path in the crate, such as `pages::callbacks`, and what each imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The content of `rooms.toml`; the keys of both tables are folders of crates.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Cycles that are not resolved yet, each as its rooms.
    known_cycles: BTreeMap<String, BTreeSet<BTreeSet<String>>>,
    imports: BTreeMap<String, Imports>,
}

impl Table {
    fn read(files: &[File]) -> Result<Self> {
        let file =
            files.iter().find(|file| file.path == TABLE).with_context(|| format!("{TABLE} is missing"))?;
        toml::from_str(&file.text).with_context(|| format!("{TABLE} cannot be read"))
    }

    fn crates(&self) -> impl Iterator<Item = (&str, &Imports)> {
        self.imports.iter().map(|(name, imports)| (name.as_str(), imports))
    }
}

/// Finds imports that differ from the table, and import cycles.
pub(super) fn check(files: &[File]) -> Result<Vec<Finding>> {
    let table = Table::read(files)?;
    let mut findings = Vec::new();
    for (name, allowed) in table.crates() {
        let code = Crate::read(name, allowed, files)?;
        findings.extend(code.compare(allowed));
        let known = table.known_cycles.get(name).cloned().unwrap_or_default();
        findings.extend(code.cycles(&known));
    }
    Ok(findings)
}

/// The current imports in the format of the table; rooms that depend on less come first.
pub(super) fn table(files: &[File]) -> Result<String> {
    let table = Table::read(files)?;
    let mut text = String::new();
    for (name, allowed) in table.crates() {
        let code = Crate::read(name, allowed, files)?;
        let reached = code.reached();
        let mut rooms: Vec<&String> = code.imports.keys().collect();
        rooms.sort_by_key(|room| (reached[*room].len(), *room));
        writeln!(text, "\n[imports.{name}]")?;
        for room in rooms {
            let imports: Vec<&String> = code.imports[room].keys().collect();
            let room = if room.contains(':') { format!("{room:?}") } else { room.clone() };
            writeln!(text, "{room} = {imports:?}")?;
        }
    }
    Ok(text)
}

/// The rooms of a crate and their imports.
struct Crate {
    /// The imports of each room, each with the first place that has it.
    imports: BTreeMap<String, BTreeMap<String, String>>,
}

impl Crate {
    fn read(name: &str, listed: &Imports, files: &[File]) -> Result<Self> {
        let folder = format!("crates/{name}/src/");
        let own: Vec<(&File, Vec<String>)> = files
            .iter()
            .filter(|file| file.is_rust_below(&folder))
            .map(|file| (file, module(&file.path[folder.len()..])))
            .collect();
        let root = if own.iter().any(|(_, module)| *module == ["lib"]) { "lib" } else { "main" };
        let top: BTreeSet<&str> = own.iter().map(|(_, module)| module[0].as_str()).collect();
        // The innermost listed room. A top-level module is a room even if it is not listed.
        let innermost = |path: &[String]| -> String {
            let prefixes = (1..=path.len()).rev().map(|length| path[..length].join("::"));
            let listed = prefixes.into_iter().find(|prefix| listed.contains_key(prefix));
            listed.unwrap_or_else(|| match path.first() {
                Some(first) if top.contains(first.as_str()) => first.clone(),
                _ => root.to_owned(),
            })
        };
        let mut imports: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (file, module) in &own {
            let here = innermost(module);
            let of_room = imports.entry(here.clone()).or_default();
            for (path, line) in paths(file, module, &format!("ringback_{name}"))? {
                let imported = innermost(&path);
                if imported != here {
                    of_room.entry(imported).or_insert_with(|| file.at(line));
                }
            }
        }
        Ok(Self { imports })
    }

    fn compare(&self, allowed: &Imports) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (room, imports) in &self.imports {
            let Some(allowed) = allowed.get(room) else {
                findings.push(Finding::with(&ROOMS, TABLE, &format!("`{room}` is missing")));
                continue;
            };
            for (imported, place) in imports.iter().filter(|(imported, _)| !allowed.contains(*imported)) {
                findings.push(Finding::with(
                    &IMPORTS,
                    place,
                    &format!("`{room}` may not import `{imported}`"),
                ));
            }
        }
        for (room, allowed) in allowed {
            let Some(imports) = self.imports.get(room) else {
                findings.push(Finding::with(&ROOMS, TABLE, &format!("there is no module `{room}`")));
                continue;
            };
            for imported in allowed.iter().filter(|imported| !imports.contains_key(*imported)) {
                let detail = format!("`{room}` does not import `{imported}` any more");
                findings.push(Finding::with(&IMPORTS, TABLE, &detail));
            }
        }
        findings
    }

    fn cycles(&self, known: &BTreeSet<BTreeSet<String>>) -> Vec<Finding> {
        let reached = self.reached();
        let mut cycles: BTreeSet<BTreeSet<String>> = BTreeSet::new();
        for (room, rooms) in &reached {
            if rooms.contains(*room) {
                let back = |other: &&String| reached.get(*other).is_some_and(|rooms| rooms.contains(*room));
                cycles.insert(rooms.iter().filter(back).cloned().collect());
            }
        }
        let new = cycles.difference(known).map(|cycle| {
            let rooms: Vec<&str> = cycle.iter().map(String::as_str).collect();
            let place = cycle
                .iter()
                .find_map(|room| self.imports[room].iter().find(|(imported, _)| cycle.contains(*imported)));
            Finding::with(&CYCLES, place.map_or(TABLE, |(_, place)| place), &rooms.join(", "))
        });
        let resolved = known.difference(&cycles).map(|cycle| {
            let rooms: Vec<&str> = cycle.iter().map(String::as_str).collect();
            let detail = format!("remove this cycle, which is resolved: {}", rooms.join(", "));
            Finding::with(&CYCLES, TABLE, &detail)
        });
        new.chain(resolved).collect()
    }

    /// The rooms that each room imports, directly or indirectly.
    fn reached(&self) -> BTreeMap<&String, BTreeSet<String>> {
        let all = |room| {
            let mut reached = BTreeSet::new();
            let mut waiting = vec![room];
            while let Some(room) = waiting.pop() {
                for imported in self.imports.get(room).into_iter().flat_map(BTreeMap::keys) {
                    if reached.insert(imported.clone()) {
                        waiting.push(imported);
                    }
                }
            }
            reached
        };
        self.imports.keys().map(|room| (room, all(room))).collect()
    }
}

/// The module of a file, from its path below `src`: `["main"]`, `["pages", "users"]`.
fn module(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs");
    path.strip_suffix("/mod").unwrap_or(path).split('/').map(ToOwned::to_owned).collect()
}

/// A path from the root of a crate, and the line that names it.
type Path = (Vec<String>, usize);

/// The paths in a file that begin at a module of its crate. `own_name` is what
/// the binary calls the library beside it.
fn paths(file: &File, module: &[String], own_name: &str) -> Result<Vec<Path>> {
    let tokens: TokenStream = file.text.parse().map_err(|error| anyhow!("{}: {error}", file.path))?;
    let is_root = *module == ["lib"] || *module == ["main"];
    let module = if is_root { &[] } else { module };
    let mut scan = Scan { own_name, found: Vec::new() };
    scan.module(tokens, module);
    Ok(scan.found)
}

struct Scan<'a> {
    own_name: &'a str,
    found: Vec<Path>,
}

impl Scan<'_> {
    fn module(&mut self, body: TokenStream, module: &[String]) {
        let tokens: Vec<TokenTree> = body.into_iter().collect();
        let declared = tokens.windows(3).filter_map(|three| match three {
            [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Punct(_)] if word == "mod" => {
                Some(name.to_string())
            }
            _ => None,
        });
        let children = declared.collect();
        self.tokens(&tokens, module, &children);
    }

    /// `children` are the modules that `module` declares.
    fn tokens(&mut self, tokens: &[TokenTree], module: &[String], children: &BTreeSet<String>) {
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at..] {
                [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(body), ..]
                    if word == "mod" =>
                {
                    if name != "tests" {
                        self.module(body.stream(), &joined(module, &name.to_string()));
                    }
                    at += 3;
                }
                [TokenTree::Ident(first), ..] if is_separator(tokens, at + 1) => {
                    let first = first.to_string();
                    let start = match first.as_str() {
                        "crate" => Some(Vec::new()),
                        "self" => Some(module.to_vec()),
                        "super" => Some(module[..module.len().saturating_sub(1)].to_vec()),
                        name if name == self.own_name => Some(Vec::new()),
                        name if children.contains(name) => Some(joined(module, name)),
                        _ => None,
                    };
                    at = self.path(tokens, at + 1, start.as_deref());
                }
                [TokenTree::Group(group), ..] => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.tokens(&inner, module, children);
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// Follows a path from the separator at `at`, and returns the position of its
    /// end. A path without a start leads out of the crate and is skipped.
    fn path(&mut self, tokens: &[TokenTree], mut at: usize, start: Option<&[String]>) -> usize {
        let line = tokens[at - 1].span().start().line;
        let mut path = start.map(<[String]>::to_vec);
        while is_separator(tokens, at) {
            at += 2;
            match tokens.get(at) {
                Some(TokenTree::Ident(name)) => {
                    path = path.map(|path| step(&path, &name.to_string()));
                    at += 1;
                }
                Some(TokenTree::Group(group)) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let names =
                        inner.split(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ','));
                    for name in names.filter(|name| !name.is_empty()) {
                        let start = path.as_deref().map(|path| step(path, &name[0].to_string()));
                        self.path(name, 1, start.as_deref());
                    }
                    return at + 1;
                }
                _ => break,
            }
        }
        self.found.extend(path.map(|path| (path, line)));
        at
    }
}

fn joined(module: &[String], name: &str) -> Vec<String> {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

fn step(path: &[String], name: &str) -> Vec<String> {
    match name {
        "self" => path.to_vec(),
        "super" => path[..path.len().saturating_sub(1)].to_vec(),
        _ => joined(path, name),
    }
}

/// Whether `::` is at this place.
fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let is_colon = |at| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    is_colon(at) && is_colon(at + 1)
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn targets(path: &str, text: &str) -> Vec<String> {
        let found = paths(&file(path, text), &module(path), "ringback_api").unwrap();
        found.into_iter().map(|(path, line)| format!("{line} {}", path.join("::"))).collect()
    }

    fn findings(table: &str, files: &[(&str, &str)]) -> Vec<String> {
        let mut files: Vec<File> = files.iter().map(|(path, text)| file(path, text)).collect();
        files.push(file(TABLE, table));
        check(&files)
            .unwrap()
            .into_iter()
            .map(|finding| format!("{}{}", finding.place, finding.detail))
            .collect()
    }

    const STORE_BELOW_HTTP: [(&str, &str); 3] = [
        ("crates/api/src/lib.rs", "mod http;\nmod store;"),
        ("crates/api/src/http/mod.rs", "\nuse crate::store::Store;"),
        ("crates/api/src/store.rs", ""),
    ];

    #[test]
    fn a_file_is_a_module() {
        assert_eq!(module("main.rs"), ["main"]);
        assert_eq!(module("pages/mod.rs"), ["pages"]);
        assert_eq!(module("pages/users.rs"), ["pages", "users"]);
    }

    #[test]
    fn groups_in_use_are_paths_of_their_own() {
        let text = "use crate::{\n    a::{self, B},\n    c as d,\n    e::*,\n};";
        assert_eq!(targets("x.rs", text), ["2 a", "2 a::B", "3 c", "4 e"]);
    }

    #[test]
    fn relative_paths_start_at_their_module() {
        assert_eq!(
            targets("a/b.rs", "use super::c; use self::d; super::super::e();"),
            ["1 a::c", "1 a::b::d", "1 e"]
        );
        assert_eq!(
            targets("a/mod.rs", "mod c; use c::D; fn f() { c::g(); h::i(); }"),
            ["1 a::c::D", "1 a::c::g"]
        );
        assert_eq!(targets("a.rs", "mod b { use super::c; }"), ["1 a::c"]);
        assert_eq!(targets("main.rs", "mod a; use ringback_api::b; a::c();"), ["1 b", "1 a::c"]);
    }

    #[test]
    fn paths_in_macros_count_and_other_crates_comments_and_tests_do_not() {
        assert_eq!(targets("a.rs", "view! { <p>{crate::b::c()}</p> }"), ["1 b::c"]);
        assert_eq!(targets("a.rs", "f::<crate::b::C>();"), ["1 b::C"]);
        let other =
            "mod b; use std::{b::C, d}; // crate::e\nlet f = \"crate::g\"; mod tests { use crate::h; }";
        assert_eq!(targets("a.rs", other), Vec::<String>::new());
    }

    #[test]
    fn imports_that_the_table_lists_are_allowed() {
        let table = "[known_cycles]\n[imports.api]\nlib = []\nstore = []\nhttp = [\"store\"]";
        assert_eq!(findings(table, &STORE_BELOW_HTTP), Vec::<String>::new());
    }

    #[test]
    fn an_import_that_is_not_in_the_table_is_found() {
        let table = "[known_cycles]\n[imports.api]\nlib = []\nstore = []\nhttp = []";
        assert_eq!(
            findings(table, &STORE_BELOW_HTTP),
            ["crates/api/src/http/mod.rs:2 (`http` may not import `store`)"]
        );
    }

    #[test]
    fn an_import_that_no_longer_exists_is_found_in_the_table() {
        let table = "[known_cycles]\n[imports.api]\nlib = []\nstore = [\"lib\"]\nhttp = [\"store\"]";
        assert_eq!(
            findings(table, &STORE_BELOW_HTTP),
            ["xtask/rooms.toml (`store` does not import `lib` any more)"]
        );
    }

    #[test]
    fn the_table_lists_exactly_the_existing_modules() {
        let table = "[known_cycles]\n[imports.api]\nlib = []\nhttp = [\"store\"]\nworker = []";
        assert_eq!(
            findings(table, &STORE_BELOW_HTTP),
            ["xtask/rooms.toml (`store` is missing)", "xtask/rooms.toml (there is no module `worker`)"]
        );
    }

    #[test]
    fn a_part_of_a_module_can_be_a_room() {
        let table =
            "[known_cycles]\n[imports.web]\nmain = []\npages = [\"pages::list\"]\n\"pages::list\" = []";
        let files = [
            ("crates/web/src/main.rs", "mod pages;"),
            ("crates/web/src/pages/mod.rs", "mod list; use list::List;"),
            ("crates/web/src/pages/list/row.rs", "use super::List;"),
        ];
        assert_eq!(findings(table, &files), Vec::<String>::new());
    }

    #[test]
    fn cycles_are_refused_unless_they_are_known() {
        let imports = "[imports.api]\nlib = []\nstore = [\"http\"]\nhttp = [\"store\"]";
        let files = [
            ("crates/api/src/lib.rs", ""),
            ("crates/api/src/http.rs", "use crate::store;"),
            ("crates/api/src/store.rs", "use crate::http;"),
        ];
        let unknown = format!("[known_cycles]\n{imports}");
        assert_eq!(findings(&unknown, &files), ["crates/api/src/http.rs:1 (http, store)"]);
        let known = format!("[known_cycles]\napi = [[\"store\", \"http\"]]\n{imports}");
        assert_eq!(findings(&known, &files), Vec::<String>::new());
    }

    #[test]
    fn a_known_cycle_that_is_resolved_must_be_removed() {
        let table = "[known_cycles]\napi = [[\"store\", \"http\"]]\n\
                     [imports.api]\nlib = []\nstore = []\nhttp = [\"store\"]";
        assert_eq!(
            findings(table, &STORE_BELOW_HTTP),
            ["xtask/rooms.toml (remove this cycle, which is resolved: http, store)"]
        );
    }

    #[test]
    fn the_current_table_can_be_printed() {
        let mut files: Vec<File> = STORE_BELOW_HTTP.iter().map(|(path, text)| file(path, text)).collect();
        files.push(file(TABLE, "[known_cycles]\n[imports.api]"));
        assert_eq!(table(&files).unwrap(), "\n[imports.api]\nlib = []\nstore = []\nhttp = [\"store\"]\n");
    }
}
