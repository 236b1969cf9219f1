//! The columns that can be searched.

use ringback_domain::wire::list::SearchField;

use super::columns::Column;
use super::state::{word_as, word_of};
use crate::messages;

/// The columns that can be searched; some only where they are shown.
pub(crate) const SEARCH_COLUMNS: [(SearchField, Column); 7] = [
    (SearchField::CustomerNumber, Column::Number),
    (SearchField::Id, Column::Id),
    (SearchField::Service, Column::Service),
    (SearchField::State, Column::State),
    (SearchField::Agent, Column::Agent),
    (SearchField::CreatedBy, Column::CreatedBy),
    (SearchField::Language, Column::Language),
];

/// The columns to search in where the table has these, and this one is in use.
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

/// What people call a column that is searched.
pub(crate) fn search_label(field: SearchField) -> Option<&'static str> {
    SEARCH_COLUMNS.iter().find(|(known, _)| *known == field).map(|(_, column)| column.label())
}

/// The word of a search column, as the drop-down keeps it.
pub(crate) fn search_word(field: SearchField) -> String {
    word_of(field)
}

/// The search column with this word.
pub(crate) fn search_field(word: &str) -> Option<SearchField> {
    word_as(word)
}
