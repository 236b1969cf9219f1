//! Makes a function of each text of the page, so that the compiler refuses a text
//! that does not exist, and the build a language that leaves one out.

#[expect(dead_code, reason = "`cargo xtask web` uses the rest")]
mod catalogue;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use catalogue::{Text, Texts};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=languages");
    println!("cargo::rerun-if-changed=catalogue.rs");
    let languages = match catalogue::read(Path::new("languages")) {
        Ok(languages) => languages,
        Err(faults) => {
            faults.lines().for_each(|fault| println!("cargo::error={fault}"));
            return Ok(());
        }
    };
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    let english = &languages[0];
    let functions = functions(&english.texts, "text") + &functions(&english.later, "later_text");
    fs::write(out.join("messages.rs"), functions)?;
    // For tests outside a browser.
    fs::write(out.join("texts.txt"), catalogue::lines(&english.texts, &english.texts))?;
    fs::write(out.join("later-texts.txt"), catalogue::lines(&english.later, &english.later))
}

/// The functions of some texts, which `language` finds with this function of its own.
fn functions(english: &Texts, finder: &str) -> String {
    let mut code = String::new();
    for (index, (name, text)) in english.iter().enumerate() {
        let parameters = text.parameters();
        let declared: Vec<_> = parameters.iter().map(|name| format!("{name}: impl Display")).collect();
        let given: Vec<_> = parameters.iter().map(|name| format!("&{name}")).collect();
        let (mut declared, given) = (declared.join(", "), given.join(", "));
        let (result, body) = match text {
            Text::Plain(_) if parameters.is_empty() => {
                ("&'static str", format!("language::{finder}({index})"))
            }
            Text::Plain(_) => ("String", format!("fill(language::{finder}({index}), &[{given}])")),
            Text::Plural(_) => {
                declared = declared.replacen("impl Display", "u64", 1);
                let given = given.replacen("&count", "&language::count(count)", 1);
                ("String", format!("fill(language::plural(count, language::{finder}({index})), &[{given}])"))
            }
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            code,
            "/// `{}`\npub(crate) fn {name}({declared}) -> {result} {{ {body} }}",
            text.main_form()
        );
    }
    code
}
