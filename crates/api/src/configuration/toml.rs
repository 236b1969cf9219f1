//! The document in TOML.

use toml_edit::visit_mut::{VisitMut, visit_array_mut, visit_table_mut};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::Configuration;

/// Longest line that a list is written in, in bytes.
const MAX_LINE: usize = 100;

const HEAD: &str = "\
# The configuration of Ringback, as `ringback config export` writes it.
# `ringback config diff FILE` shows what would change, `ringback config apply FILE` changes it.

";

impl Configuration {
    /// Reads a document.
    ///
    /// # Errors
    /// What cannot be read, with its line where that is known.
    pub fn from_toml(text: &str) -> Result<Self, toml_edit::de::Error> {
        toml_edit::de::from_str(text)
    }

    /// Writes a document, a table for each service and rule.
    ///
    /// # Errors
    /// Never in practice: every value has a form in TOML.
    pub fn to_toml(&self) -> Result<String, toml_edit::ser::Error> {
        let mut document = toml_edit::ser::to_document(self)?;
        let tables: Vec<String> = document.iter().map(|(name, _)| name.to_owned()).collect();
        for name in tables {
            spread(&mut document, &name);
        }
        Layout.visit_document_mut(&mut document);
        Ok(format!("{HEAD}{document}"))
    }
}

/// Writes a list of tables as `[[name]]`.
fn spread(document: &mut DocumentMut, name: &str) {
    let Some(Item::Value(Value::Array(items))) = document.remove(name) else { return };
    let mut tables = ArrayOfTables::new();
    for item in items {
        if let Value::InlineTable(table) = item {
            tables.push(open(table));
        }
    }
    document.insert(name, Item::ArrayOfTables(tables));
}

/// A table over several lines, in which those that hold others are written so as well.
fn open(inline: InlineTable) -> Table {
    let mut table = Table::new();
    for (name, value) in inline {
        let item = match value {
            Value::InlineTable(inner) if inner.iter().any(|(_, value)| is_nested(value)) => {
                Item::Table(open(inner))
            }
            other => Item::Value(other),
        };
        table.insert(&name, item);
    }
    table
}

const fn is_nested(value: &Value) -> bool {
    matches!(value, Value::InlineTable(_) | Value::Array(_))
}

/// Breaks long lists, an item on each line.
struct Layout;

impl VisitMut for Layout {
    fn visit_array_mut(&mut self, array: &mut Array) {
        visit_array_mut(self, array);
        if array.to_string().len() > MAX_LINE {
            array.iter_mut().for_each(|item| item.decor_mut().set_prefix("\n    "));
            array.set_trailing("\n");
            array.set_trailing_comma(true);
        }
    }

    fn visit_table_mut(&mut self, table: &mut Table) {
        visit_table_mut(self, table);
        // `[services.retry_policy]` needs no line where all it has is further tables.
        table.set_implicit(true);
    }
}
