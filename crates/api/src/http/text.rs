//! Control characters in what comes in: refused here for every operation, since
//! PostgreSQL keeps no text with the character 0, and none of them belongs in a
//! name, a number or a search.

use std::fmt;

use ringback_domain::wire::problem::FieldCode;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::Error;
use crate::fault::Fault;

/// The field whose texts may have several lines: a caller's own data.
const LINES_ALLOWED: &str = "/user_data/";

/// Whether a text contains a control character.
pub fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

fn fault(place: impl Into<String>) -> Fault {
    Fault::new(place.into(), FieldCode::ControlCharacter, "Use no control characters.")
}

/// Checks every text of a JSON document, at any depth, and the names of its
/// fields.
///
/// # Errors
/// [`Error::Invalid`] with the place of each text that contains one.
pub fn check_body(json: &[u8]) -> Result<(), Error> {
    // JSON has them only as escapes, but for DEL and those that UTF-8 writes as C2 80 to C2 9F.
    if !json.iter().any(|byte| matches!(byte, b'\\' | 0x7f | 0xc2)) {
        return Ok(());
    }
    let mut texts = Texts { place: String::new(), faults: Vec::new() };
    let mut json = serde_json::Deserializer::from_slice(json);
    (&mut texts)
        .deserialize(&mut json)
        .map_err(|error| Error::Malformed(format!("the body is not JSON: {error}")))?;
    if texts.faults.is_empty() { Ok(()) } else { Err(Error::Invalid(texts.faults)) }
}

/// Checks names and values of a query string.
///
/// # Errors
/// [`Error::Invalid`] with the parameters that contain one.
pub fn check_query(query: &str) -> Result<(), Error> {
    if !query.contains('%') {
        return Ok(());
    }
    // What cannot be decoded is refused where it is read.
    let pairs: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
    let mut faults = Vec::new();
    for (name, value) in pairs {
        if has_control(&name) {
            faults.push(fault("?"));
        } else if has_control(&value) {
            faults.push(fault(format!("?{name}")));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// Goes through a document and notes the places.
struct Texts {
    place: String,
    faults: Vec<Fault>,
}

impl Texts {
    fn check(&mut self, text: &str) {
        let lines = self.place.starts_with(LINES_ALLOWED);
        let refused = |letter: char| letter.is_control() && !(lines && matches!(letter, '\t' | '\r' | '\n'));
        if text.chars().any(refused) {
            self.faults.push(fault(self.place.clone()));
        }
    }

    /// Goes on with a part of the document, under its name.
    fn inside<R>(&mut self, name: &str, go_on: impl FnOnce(&mut Self) -> R) -> R {
        let length = self.place.len();
        self.place.push('/');
        self.place.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let done = go_on(self);
        self.place.truncate(length);
        done
    }
}

impl<'de> DeserializeSeed<'de> for &mut Texts {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Texts {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.check(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        while self.inside(&index.to_string(), |texts| items.next_element_seed(texts))?.is_some() {
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            if has_control(&name) {
                // The name itself cannot be repeated in an answer.
                self.faults.push(fault(self.place.clone()));
            }
            self.inside(&name, |texts| fields.next_value_seed(texts))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(json: &str) -> Vec<String> {
        match check_body(json.as_bytes()) {
            Err(Error::Invalid(faults)) => faults
                .into_iter()
                .map(|fault| match fault.part {
                    crate::fault::Part::Place(place) => place,
                    other => panic!("{other:?}"),
                })
                .collect(),
            Ok(()) => Vec::new(),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn control_characters_are_found_at_any_depth() {
        let json = r#"{"a": "x\u0000", "b": [1, null, {"c/d": "\n", "e": "\u00fc"}], "a": "\u007f"}"#;
        assert_eq!(places(json), ["/a", "/b/2/c~1d", "/a"]);
        assert_eq!(places("{\"a\": \"\u{85}\"}"), ["/a"]);
        assert_eq!(places(r#"{"user_data": {"x\u0001": 1}}"#), ["/user_data"]);
        assert!(places(r#"{"a": "\u00fc\\u0000 \"£\""}"#).is_empty());
    }

    #[test]
    fn a_callers_own_data_may_have_lines() {
        assert!(places(r#"{"user_data": {"note": "one\r\n\ttwo", "more": ["\n"]}}"#).is_empty());
        assert_eq!(places(r#"{"user_data": {"note": "\u0000"}}"#), ["/user_data/note"]);
    }

    #[test]
    fn a_query_names_the_parameter() {
        let Err(Error::Invalid(faults)) = check_query("state=QUEUED&search=%2B44%00") else {
            panic!("it was taken");
        };
        assert_eq!(faults, [fault("?search")]);
        assert!(check_query("search=%2B44+20").is_ok());
    }
}
