//! Makes a function of each text of the page, so that the compiler refuses a text
//! that does not exist, and the build a language that leaves one out.

#[expect(dead_code, reason = "`cargo xtask web` uses the rest")]
mod catalogue;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use catalogue::{Language, Text};

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
    fs::write(out.join("messages.rs"), functions(english))?;
    // For tests outside a browser.
    fs::write(out.join("texts.txt"), catalogue::lines(english, english))
}

fn functions(english: &Language) -> String {
    let mut code = String::new();
    for (index, (name, text)) in english.texts.iter().enumerate() {
        let parameters = text.parameters();
        let declared: Vec<_> = parameters.iter().map(|name| format!("{name}: impl Display")).collect();
        let given: Vec<_> = parameters.iter().map(|name| format!("&{name}")).collect();
        let (mut declared, given) = (declared.join(", "), given.join(", "));
        let (result, body) = match text {
            Text::Plain(_) if parameters.is_empty() => ("&'static str", format!("language::text({index})")),
            Text::Plain(_) => ("String", format!("fill(language::text({index}), &[{given}])")),
            Text::Plural(_) => {
                declared = declared.replacen("impl Display", "u64", 1);
                let given = given.replacen("&count", "&language::count(count)", 1);
                ("String", format!("fill(language::plural(count, language::text({index})), &[{given}])"))
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
