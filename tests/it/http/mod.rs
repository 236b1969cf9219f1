//! Tests of the API over HTTP.

mod account;
mod attempts;
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
mod numbers;
mod reports;
mod retention;
