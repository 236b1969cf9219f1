//! Tests of the API over HTTP.

mod account;
mod bulk;
mod credentials;
mod daily;
mod doors;
mod errors;
mod events;
mod life;
mod lists;
mod log_in;
pub(crate) mod name_recordings;
mod reports;
mod retention;
