//! The list: its rows, kept up to date by the server, and the table with the
//! bars above and below it.

mod cells;
pub(crate) mod empty;
pub(crate) mod feed;
pub(crate) mod jump;
pub(crate) mod live;
pub(crate) mod local_search;
pub(crate) mod page;
pub(crate) mod paging;
mod row;
pub(crate) mod selection;
pub(crate) mod table;
pub(crate) mod tools;

pub(crate) use cells::Look;
