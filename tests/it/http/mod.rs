//! Tests of the API over HTTP.

mod account;
mod attempts;
mod bulk;
mod credentials;
mod daily;
mod doors;
mod errors;
mod events;
mod hostile;
mod life;
mod lists;
mod log_in;
pub(crate) mod name_recordings;
mod numbers;
mod outage;
mod reports;
mod retention;
mod sheets;
mod streams;
mod user_data;
mod wall_times;
