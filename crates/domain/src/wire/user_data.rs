//! An integrator's own data, kept byte for byte.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// Most bytes of user data.
pub const MAX_USER_DATA_BYTES: usize = 16 * 1024;

/// Most levels of objects and arrays in user data: readers of other languages take
/// 64, and answers put some around it.
pub const MAX_USER_DATA_DEPTH: usize = 32;

/// A JSON value as it was written: numbers, spaces and the order of names are kept,
/// which a parsed value would change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserData(Box<RawValue>);

impl PartialEq for UserData {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl UserData {
    /// The data of a text; `None` if it is not JSON.
    pub fn from_text(text: String) -> Option<Self> {
        RawValue::from_string(text).ok().map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        self.as_str().starts_with('{')
    }

    /// Levels of objects and arrays.
    ///
    /// # Errors
    /// That it contains a number beyond the range of a double, or half a character.
    pub fn depth(&self) -> Result<usize, serde_json::Error> {
        fn depth(value: &Value) -> usize {
            match value {
                Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or_default(),
                Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or_default(),
                _ => 0,
            }
        }
        serde_json::from_str(self.as_str()).map(|value| depth(&value))
    }

    /// The names and values of an object in their order, for people: texts without
    /// quotes, other values as they are written.
    pub fn entries(&self) -> Vec<(String, String)> {
        let entries: Entries = serde_json::from_str(self.as_str()).unwrap_or_default();
        entries.0
    }
}

#[derive(Default)]
struct Entries(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self::default())
    }
}

impl<'de> Visitor<'de> for Entries {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Self, A::Error> {
        while let Some((name, value)) = fields.next_entry::<String, &RawValue>()? {
            let text = serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned());
            self.0.push((name, text));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"z": 12345678901234567890123, "a": "\u00fc", "m": [1.50, {"k": null}], "e": 1E2}"#;

    #[test]
    fn user_data_is_written_as_it_was_read() {
        let read: UserData = serde_json::from_str(TEXT).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), TEXT);
        assert_eq!(read.depth().unwrap(), 3);
    }

    #[test]
    fn entries_keep_their_order_and_their_digits() {
        let entries = UserData::from_text(TEXT.to_owned()).unwrap().entries();
        let entries: Vec<_> = entries.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(
            entries,
            [("z", "12345678901234567890123"), ("a", "ü"), ("m", r#"[1.50, {"k": null}]"#), ("e", "1E2")]
        );
    }

    #[test]
    fn what_no_reader_could_take_is_an_error() {
        for text in [
            r#"{"a": "\ud800"}"#.to_owned(),
            r#"{"a": 1e999}"#.to_owned(),
            "[".repeat(200) + &"]".repeat(200),
        ] {
            assert!(UserData::from_text(text.clone()).unwrap().depth().is_err(), "{text}");
        }
    }
}
