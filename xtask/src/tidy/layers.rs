//! Words that only some files may use. Imports between modules are in `rooms.rs`.

use std::collections::BTreeSet;

use super::{File, Finding, Rule, has_word};

/// Words that only some files of a folder may use.
struct Confined {
    rule: Rule,
    folder: &'static str,
    words: &'static [&'static str],
    /// Prefixes of the paths that may use them.
    allowed: &'static [&'static str],
}

const CONFINED: [Confined; 4] = [
    Confined {
        rule: Rule {
            what: "SQL is written in the store only",
            why: "every statement runs on two databases and is tested there on both",
        },
        folder: "crates/api/src/",
        words: &["sqlx"],
        allowed: &["crates/api/src/store/"],
    },
    Confined {
        rule: Rule {
            what: "the store is written to by command/tx.rs only",
            why: "every change is announced, counted, logged and retried there",
        },
        folder: "crates/api/src/",
        words: &["WriteConn", "transact", "save_changes"],
        allowed: &["crates/api/src/store/", "crates/api/src/command/tx.rs"],
    },
    Confined {
        rule: Rule {
            what: "status codes are named in http only",
            why: "an error gets its status in one place, wherever it is raised",
        },
        folder: "crates/api/src/",
        words: &["StatusCode"],
        allowed: &["crates/api/src/http/"],
    },
    Confined {
        rule: Rule {
            what: "the page talks to the server in api.rs and events.rs only",
            why: "log-in, errors and retries are handled there",
        },
        folder: "crates/web/src/",
        words: &["gloo_net", "EventSource", "fetch_with_request", "fetch_with_str"],
        allowed: &[
            "crates/web/src/api.rs",
            "crates/web/src/api/",
            "crates/web/src/events.rs",
            "crates/web/src/events/",
        ],
    },
];

const PURE: Rule = Rule {
    what: "the domain has no I/O, clock or randomness",
    why: "it runs in the browser too, and its tests need nothing else",
};
const IMPURE: [&str; 8] = ["tokio", "sqlx", "actix-web", "actix", "leptos", "rand", "reqwest", "getrandom"];

const MIGRATIONS: Rule = Rule {
    what: "both databases have the same migrations",
    why: "they reach the same schema by the same steps",
};

/// Finds words in files that must not use them.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CONFINED.iter().flat_map(|rule| confined(rule, files)).collect();
    findings.extend(pure_domain(files));
    findings.extend(same_migrations(files));
    findings
}

fn confined(confined: &Confined, files: &[File]) -> Vec<Finding> {
    let is_forbidden = |file: &&File| {
        file.is_rust_below(confined.folder)
            && !confined.allowed.iter().any(|prefix| file.path.starts_with(prefix))
    };
    let lines = files.iter().filter(is_forbidden).flat_map(|file| file.code().map(move |line| (file, line)));
    lines
        .filter(|(_, (_, line))| confined.words.iter().any(|word| has_word(line, word)))
        .map(|(file, (number, _))| Finding::new(&confined.rule, file.at(number)))
        .collect()
}

fn pure_domain(files: &[File]) -> Vec<Finding> {
    let manifest = files.iter().filter(|file| file.path == "crates/domain/Cargo.toml");
    let lines = manifest.flat_map(|file| file.text.lines().zip(1..).map(move |line| (file, line)));
    lines
        // Tests of the domain may use random values.
        .take_while(|(_, (line, _))| line.trim() != "[dev-dependencies]")
        .filter(|(_, (line, _))| {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            IMPURE.contains(&name)
        })
        .map(|(file, (_, number))| Finding::new(&PURE, file.at(number)))
        .collect()
}

fn same_migrations(files: &[File]) -> Vec<Finding> {
    let names = |database: &str| -> BTreeSet<&str> {
        let folder = format!("crates/api/migrations/{database}/");
        files.iter().filter_map(|file| file.path.strip_prefix(&folder)).collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    sqlite
        .symmetric_difference(&postgres)
        .map(|name| {
            Finding::with(&MIGRATIONS, "crates/api/migrations", &format!("{name} exists for one only"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn places(files: &[File]) -> Vec<String> {
        check(files).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn sql_stays_in_the_store() {
        let files = [
            file("crates/api/src/http/v1/callbacks.rs", "sqlx::query(\"\")"),
            file("crates/api/src/store/callbacks.rs", "sqlx::query(\"\")"),
        ];
        assert_eq!(places(&files), ["crates/api/src/http/v1/callbacks.rs:1"]);
    }

    #[test]
    fn the_store_is_written_to_in_one_place() {
        let files = [
            file("crates/api/src/worker/bulk.rs", "store.transact(async move |conn| {})"),
            file("crates/api/src/command/tx.rs", "self.store.transact(work)"),
        ];
        assert_eq!(places(&files), ["crates/api/src/worker/bulk.rs:1"]);
    }

    #[test]
    fn the_domain_depends_on_nothing_impure() {
        let files = [file(
            "crates/domain/Cargo.toml",
            "[dependencies]\nserde = \"1\"\ntokio = \"1\"\n[dev-dependencies]\nrand = \"1\"\n",
        )];
        assert_eq!(places(&files), ["crates/domain/Cargo.toml:3"]);
    }

    #[test]
    fn a_migration_for_one_database_is_found() {
        let files = [
            file("crates/api/migrations/sqlite/0001_start.sql", ""),
            file("crates/api/migrations/sqlite/0002_more.sql", ""),
            file("crates/api/migrations/postgres/0001_start.sql", ""),
        ];
        let findings = check(&files);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].detail.contains("0002_more.sql"));
    }
}
