//! The columns that can be searched.

use ringback_domain::wire::list::SearchField;

use super::columns::Column;
use super::state::{from_wire_name, wire_name};
use crate::messages;

/// The columns that can be searched; some of them only while they are shown.
pub(crate) const SEARCH_COLUMNS: [(SearchField, Column); 7] = [
    (SearchField::CustomerNumber, Column::Number),
    (SearchField::Id, Column::Id),
    (SearchField::Service, Column::Service),
    (SearchField::State, Column::State),
    (SearchField::Agent, Column::Agent),
    (SearchField::CreatedBy, Column::CreatedBy),
    (SearchField::Language, Column::Language),
];

/// The columns to offer for search, given the shown columns and the one in use.
pub(crate) fn search_columns(
    shown: &[Column],
    used: SearchField,
) -> impl Iterator<Item = (SearchField, &'static str)> {
    let offered = move |(field, column): &(SearchField, Column)| {
        let optional = matches!(column, Column::CreatedBy | Column::Language);
        !optional || *field == used || shown.contains(column)
    };
    let columns = SEARCH_COLUMNS.into_iter().filter(offered);
    columns.map(|(field, column)| (field, column.label())).chain([(SearchField::Any, messages::column_any())])
}

/// What a search column stands for, given the columns that a person chose: "any
/// column" is every shown one that has text.
pub(crate) fn searched_columns(field: SearchField, chosen: Option<&[Column]>) -> Vec<SearchField> {
    if field != SearchField::Any {
        return vec![field];
    }
    let shown = chosen.unwrap_or(Column::DEFAULT);
    let is_shown = |column: &Column| *column == Column::State || shown.contains(column);
    SEARCH_COLUMNS.iter().filter(|(_, column)| is_shown(column)).map(|(field, _)| *field).collect()
}

/// The name of a search column.
pub(crate) fn search_label(field: SearchField) -> Option<&'static str> {
    SEARCH_COLUMNS.iter().find(|(known, _)| *known == field).map(|(_, column)| column.label())
}

/// The value of a search column in the drop-down.
pub(crate) fn search_key(field: SearchField) -> String {
    wire_name(field)
}

/// The search column with this value.
pub(crate) fn search_field(word: &str) -> Option<SearchField> {
    from_wire_name(word)
}
