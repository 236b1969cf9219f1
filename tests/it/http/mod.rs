//! Tests of the API over HTTP.

mod account;
mod attempts;
mod bulk;
mod cancellations;
mod credentials;
mod cross_site;
mod daily;
mod demo;
mod doors;
mod errors;
mod events;
pub(crate) mod headers;
pub(crate) mod hostile;
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
mod undo;
mod user_data;
mod waiting;
mod wall_times;
