//! What the list shows: its address, columns, search and filters. Nothing here
//! draws or calls the server.

pub(crate) mod columns;
pub(crate) mod matching;
pub(crate) mod search;
pub(crate) mod state;
