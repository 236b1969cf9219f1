//! Reads the texts of the page, one file a language. The build script makes functions
//! of them, and `cargo xtask web` the files that browsers load.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// The language that the others are compared with.
pub(crate) const REFERENCE: &str = "en";

/// The sections that only the second module has texts of, so that the first view does
/// not wait for them.
const LATER: [&str; 4] = ["hours", "numbers", "reschedule", "services"];

/// A language of the page.
pub(crate) struct Language {
    /// BCP 47 tag.
    pub(crate) tag: String,
    /// How it is offered and shown.
    pub(crate) about: About,
    /// The texts in the order of their names, which is the same in every language.
    pub(crate) texts: Texts,
    /// The texts that are loaded with the second module.
    pub(crate) later: Texts,
}

/// Texts by name.
pub(crate) type Texts = BTreeMap<String, Text>;

/// The table `[language]` of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    /// Its name in the language itself.
    pub(crate) name: String,
    /// Whose dates and numbers are shown where the browser prefers another language.
    pub(crate) locale: String,
    /// `rtl` where it is written from right to left.
    #[serde(default = "left_to_right")]
    pub(crate) direction: String,
}

fn left_to_right() -> String {
    "ltr".to_owned()
}

/// A text with its parameters in braces.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Text {
    /// One form.
    Plain(String),
    /// A form for each plural category of `count`.
    Plural(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct File {
    language: About,
    #[serde(flatten)]
    sections: BTreeMap<String, Texts>,
}

impl Text {
    /// What `count` takes where a category has no form of its own.
    pub(crate) fn main_form(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Plural(forms) => forms.get("other").map_or("", String::as_str),
        }
    }

    fn forms(&self) -> Vec<&str> {
        match self {
            Self::Plain(text) => vec![text],
            Self::Plural(forms) => forms.values().map(String::as_str).collect(),
        }
    }

    /// The parameters in their order; that of a plural begins with `count`.
    pub(crate) fn parameters(&self) -> Vec<&str> {
        let mut names = match self {
            Self::Plain(_) => Vec::new(),
            Self::Plural(_) => vec!["count"],
        };
        for name in named(self.main_form()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// The names in braces.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// Reads all languages of a folder, the reference first.
///
/// # Errors
/// Everything that is wrong with them, a line each.
pub(crate) fn read(folder: &Path) -> Result<Vec<Language>, String> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    let mut languages = Vec::new();
    for path in files {
        let tag = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        languages.push(parse(&tag, &text)?);
    }
    languages.sort_by_key(|language| language.tag != REFERENCE);
    check(&languages)?;
    Ok(languages)
}

fn parse(tag: &str, text: &str) -> Result<Language, String> {
    let file: File = toml::from_str(text).map_err(|error| format!("languages/{tag}.toml: {error}"))?;
    let (mut texts, mut later) = (Texts::new(), Texts::new());
    for (section, content) in file.sections {
        for (name, text) in content {
            if texts.contains_key(&name) || later.contains_key(&name) {
                return Err(format!("languages/{tag}.toml has two texts `{name}`"));
            }
            let of = if LATER.contains(&section.as_str()) { &mut later } else { &mut texts };
            of.insert(name, text);
        }
    }
    Ok(Language { tag: tag.to_owned(), about: file.language, texts, later })
}

/// Compares each language with the first.
fn check(languages: &[Language]) -> Result<(), String> {
    let Some((reference, _)) = languages.split_first().filter(|(first, _)| first.tag == REFERENCE) else {
        return Err(format!("languages/{REFERENCE}.toml is missing"));
    };
    let mut faults = String::new();
    for language in languages {
        let mut fault = |what: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(faults, "languages/{}.toml: {what}", language.tag);
        };
        for (expected, own) in [(&reference.texts, &language.texts), (&reference.later, &language.later)] {
            for (name, expected) in expected {
                match own.get(name) {
                    None => fault(format!("the text `{name}` is missing")),
                    Some(text) => check_text(name, expected, text, &mut fault),
                }
            }
            for name in own.keys().filter(|name| !expected.contains_key(*name)) {
                fault(format!("`{name}` is not a text of {REFERENCE}.toml"));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn check_text(name: &str, expected: &Text, text: &Text, fault: &mut impl FnMut(String)) {
    match (expected, text) {
        (Text::Plain(_), Text::Plural(_)) => fault(format!("`{name}` has no plural forms")),
        (Text::Plural(_), Text::Plain(_)) => fault(format!("`{name}` needs its plural forms")),
        (Text::Plural(_), Text::Plural(forms)) if !forms.contains_key("other") => {
            fault(format!("`{name}` needs the form `other`"));
        }
        _ => {}
    }
    let parameters = expected.parameters();
    for form in text.forms() {
        if form.contains(['\n', '\t']) {
            fault(format!("`{name}` has a tab or a line break"));
        }
        for parameter in named(form).filter(|parameter| !parameters.contains(parameter)) {
            fault(format!("`{name}` has no parameter {{{parameter}}}"));
        }
        for parameter in &parameters {
            // A plural form may say the number in a word.
            let in_words = *parameter == "count" && matches!(expected, Text::Plural(_));
            if !in_words && !named(form).any(|named| named == *parameter) {
                fault(format!("`{name}` leaves out {{{parameter}}}"));
            }
        }
    }
}

/// The texts as the page reads them: one a line, with numbers for parameters. A plural
/// is `category`, tab, form, for each of its categories; `other` is the last.
pub(crate) fn lines(texts: &Texts, reference: &Texts) -> String {
    let mut lines = Vec::new();
    for (text, expected) in texts.values().zip(reference.values()) {
        let mut line = match text {
            Text::Plain(text) => text.clone(),
            Text::Plural(forms) => {
                let (other, rest): (Vec<_>, Vec<_>) =
                    forms.iter().partition(|(category, _)| *category == "other");
                let forms: Vec<_> =
                    rest.iter().chain(&other).map(|(category, form)| format!("{category}\t{form}")).collect();
                forms.join("\t")
            }
        };
        for (number, parameter) in expected.parameters().iter().enumerate() {
            line = line.replace(&format!("{{{parameter}}}"), &format!("{{{number}}}"));
        }
        lines.push(line);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(tag: &str, texts: &str) -> Language {
        parse(tag, &format!("[language]\nname = \"A\"\nlocale = \"a\"\n[texts]\n{texts}")).unwrap()
    }

    fn faults(english: &str, other: &str) -> String {
        check(&[language("en", english), language("xx", other)]).unwrap_err()
    }

    #[test]
    fn a_missing_text_is_named() {
        assert_eq!(
            faults("a = \"A\"\nb = \"B\"", "a = \"A\""),
            "languages/xx.toml: the text `b` is missing\n"
        );
        assert_eq!(
            faults("a = \"A\"", "a = \"A\"\nb = \"B\""),
            "languages/xx.toml: `b` is not a text of en.toml\n"
        );
    }

    #[test]
    fn a_text_names_exactly_the_parameters_of_its_message() {
        let fault = faults("a = \"{x}\"", "a = \"{y}\"");
        assert_eq!(
            fault,
            "languages/xx.toml: `a` has no parameter {y}\nlanguages/xx.toml: `a` leaves out {x}\n"
        );
        let days = "a = { one = \"a day\", other = \"{count} days\" }";
        check(&[language("en", days), language("xx", days)]).unwrap();
        assert_eq!(faults(days, "a = \"days\""), "languages/xx.toml: `a` needs its plural forms\n");
        assert_eq!(faults(days, "a = { one = \"x\" }"), "languages/xx.toml: `a` needs the form `other`\n");
    }

    #[test]
    fn texts_of_the_second_module_are_kept_apart_and_compared_too() {
        let of = |tag, texts: &str| {
            parse(tag, &format!("[language]\nname = \"A\"\nlocale = \"a\"\n[hours]\n{texts}")).unwrap()
        };
        let english = of("en", "a = \"A\"");
        assert!(english.texts.is_empty() && english.later.contains_key("a"));
        let fault = check(&[english, of("xx", "")]).unwrap_err();
        assert_eq!(fault, "languages/xx.toml: the text `a` is missing\n");
    }

    #[test]
    fn lines_number_the_parameters_as_the_reference_does() {
        let english =
            language("en", "b = \"{x} of {y}\"\na = { one = \"{count} {x}\", other = \"{count} {x}s\" }");
        let other = language("xx", "b = \"{y}: {x}\"\na = { other = \"{x} {count}\", few = \"{x}\" }");
        assert_eq!(lines(&english.texts, &english.texts), "one\t{0} {1}\tother\t{0} {1}s\n{0} of {1}");
        assert_eq!(lines(&other.texts, &english.texts), "few\t{1}\tother\t{1} {0}\n{1}: {0}");
    }
}
