//! What applying a configuration would change.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{Configuration, value_of};

/// What becomes of one service or rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is created.
    Create {
        /// Where in the document.
        table: &'static str,
        /// Its name.
        name: String,
    },
    /// It is changed.
    Edit {
        /// Where in the document.
        table: &'static str,
        /// Its name.
        name: String,
        /// Each value that changes: where, from what and to what.
        values: Vec<String>,
    },
    /// It is deleted, since the document lacks it.
    Delete {
        /// Where in the document.
        table: &'static str,
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { table, name } => write!(f, "+ {table} “{name}”"),
            Self::Delete { table, name } => write!(f, "- {table} “{name}”"),
            Self::Edit { table, name, values } => {
                write!(f, "~ {table} “{name}”")?;
                values.iter().try_for_each(|value| write!(f, "\n    {value}"))
            }
        }
    }
}

/// What would change, kind by kind. Services that the document lacks stay as they are.
pub fn changes(current: &Configuration, wanted: &Configuration) -> Vec<Change> {
    let mut changes = Vec::new();
    let rule = |table| (table, true);
    compare(rule("office_hours"), &current.office_hours, &wanted.office_hours, &mut changes);
    compare(rule("capacity_rules"), &current.capacity_rules, &wanted.capacity_rules, &mut changes);
    compare(rule("number_rules"), &current.number_rules, &wanted.number_rules, &mut changes);
    compare(("services", false), &current.services, &wanted.services, &mut changes);
    changes
}

/// Compares what is in a table, by name.
fn compare(
    (table, can_be_deleted): (&'static str, bool),
    current: &[impl Serialize],
    wanted: &[impl Serialize],
    changes: &mut Vec<Change>,
) {
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let named = |value: Value| (name(&value), value);
    let current: Vec<_> = current.iter().map(value_of).map(named).collect();
    let wanted: Vec<_> = wanted.iter().map(value_of).map(named).collect();
    for (name, value) in &wanted {
        let name = name.clone();
        match current.iter().find(|(known, _)| *known == name) {
            None => changes.push(Change::Create { table, name }),
            Some((_, known)) if known == value => {}
            Some((_, known)) => {
                let mut values = Vec::new();
                differences("", known, value, &mut values);
                changes.push(Change::Edit { table, name, values });
            }
        }
    }
    let missing = current.into_iter().filter(|(name, _)| !wanted.iter().any(|(wanted, _)| wanted == name));
    changes.extend(missing.filter(|_| can_be_deleted).map(|(name, _)| Change::Delete { table, name }));
}

/// Each value that differs, by its path.
fn differences(path: &str, old: &Value, new: &Value, values: &mut Vec<String>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|name| !old.contains_key(*name));
            for name in old.keys().chain(added) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let of = |fields: &serde_json::Map<String, Value>| fields.get(name).cloned();
                differences(&path, &of(old).unwrap_or_default(), &of(new).unwrap_or_default(), values);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let only_in = |these: &[Value], others: &[Value]| -> Vec<String> {
                these.iter().filter(|item| !others.contains(item)).map(Value::to_string).collect()
            };
            let (removed, added) = (only_in(old, new), only_in(new, old));
            if removed.is_empty() && added.is_empty() {
                values.push(format!("{path}: in another order"));
            }
            values.extend(removed.iter().map(|item| format!("{path}: without {item}")));
            values.extend(added.iter().map(|item| format!("{path}: with {item}")));
        }
        _ => {
            let text = |value: &Value| if value.is_null() { "not set".to_owned() } else { value.to_string() };
            values.push(format!("{path}: {} → {}", text(old), text(new)));
        }
    }
}
