//! Every text of the page in every language, as functions that the compiler
//! checks.
//!
//! The parameters of a message are in braces in its text. A message with a count
//! has a form for each plural category of a language. To add a language, add it
//! to [`Language`](crate::language::Language) and to the macro; the compiler
//! then asks for its texts.

use std::fmt::Display;

use ringback_domain::Role;

macro_rules! messages {
    (@ $name:ident [] en $en:literal de $de:literal) => {
        pub(crate) fn $name() -> &'static str {
            match $crate::language::current() {
                $crate::language::Language::English => $en,
                $crate::language::Language::German => $de,
            }
        }
    };
    (@ $name:ident [$($arg:ident)+] en $en:literal de $de:literal) => {
        pub(crate) fn $name($($arg: impl std::fmt::Display),+) -> String {
            let text = match $crate::language::current() {
                $crate::language::Language::English => $en,
                $crate::language::Language::German => $de,
            };
            $crate::messages::fill(text, &[$((stringify!($arg), &$arg)),+])
        }
    };
    (@ $name:ident [$count:ident $($arg:ident)*]
        en [$($en_category:ident $en:literal)+] de [$($de_category:ident $de:literal)+]) => {
        pub(crate) fn $name($count: u64 $(, $arg: impl std::fmt::Display)*) -> String {
            let texts: &[(&str, &str)] = match $crate::language::current() {
                $crate::language::Language::English => &[$((stringify!($en_category), $en)),+],
                $crate::language::Language::German => &[$((stringify!($de_category), $de)),+],
            };
            let text = $crate::language::plural($count, texts);
            let $count = $crate::language::count($count);
            $crate::messages::fill(text, &[(stringify!($count), &$count) $(, (stringify!($arg), &$arg))*])
        }
    };
    (@@ $name:ident [$($arg:ident)*] $($form:tt)*) => {
        (stringify!($name), &[$(stringify!($arg)),*], stringify!($($form)*))
    };
    ($($name:ident $(($($arg:ident),+))? { $($form:tt)+ })+) => {
        $(messages!(@ $name [$($($arg)+)?] $($form)+);)+

        /// Each message with its parameters and its texts as they are written.
        #[cfg(test)]
        pub(super) const CATALOGUE: &[(&str, &[&str], &str)] = &[$(messages!(@@ $name [$($($arg)+)?] $($form)+)),+];
    };
}

/// Puts the values where the text names them.
fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    use std::fmt::Write;
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            // Writing to a string cannot fail.
            let _ = write!(filled, "{value}");
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

mod admin;
mod audit;
mod dialogs;
mod guide;
mod list;
mod shell;

pub(crate) use admin::*;
pub(crate) use audit::*;
pub(crate) use dialogs::*;
pub(crate) use guide::*;
pub(crate) use list::*;
pub(crate) use shell::*;

/// The name of a role.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Administrator => role_administrator(),
        Role::Supervisor => role_supervisor(),
        Role::Monitor => role_monitor(),
        Role::Developer => role_developer(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_names_exactly_the_parameters_of_its_message() {
        let catalogue = [
            admin::CATALOGUE,
            audit::CATALOGUE,
            dialogs::CATALOGUE,
            guide::CATALOGUE,
            list::CATALOGUE,
            shell::CATALOGUE,
        ];
        for (name, parameters, form) in catalogue.concat() {
            for text in form.split('"').skip(1).step_by(2) {
                let mut rest = text;
                let mut named = Vec::new();
                while let Some((_, after)) = rest.split_once('{') {
                    let (word, after) = after.split_once('}').expect("a closed brace");
                    named.push(word);
                    rest = after;
                }
                for word in &named {
                    assert!(parameters.contains(word), "{name} has no {word}: {text}");
                }
                for parameter in parameters {
                    // `one` may say the number in a word.
                    let said = named.contains(parameter) || *parameter == "count";
                    assert!(said, "{name} leaves {parameter} out: {text}");
                }
            }
        }
    }

    #[test]
    fn values_stand_where_the_text_names_them() {
        assert_eq!(fill("{b} of {a}, {b}", &[("a", &1), ("b", &"x")]), "x of 1, x");
    }
}
