//! Tests of the API over HTTP.

mod bulk;
mod credentials;
mod daily;
mod errors;
mod events;
mod hostile;
mod life;
mod lists;
pub(crate) mod name_recordings;
mod outage;
mod reports;
mod retention;
