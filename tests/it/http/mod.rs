//! Tests of the API over HTTP.

mod attempts;
mod bulk;
mod credentials;
mod daily;
mod errors;
mod events;
mod life;
mod lists;
pub(crate) mod name_recordings;
mod numbers;
mod reports;
mod retention;
