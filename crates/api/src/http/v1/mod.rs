//! Version 1 of the API.

pub mod api_keys;
pub mod attempts;
pub mod bulk_cancellations;
pub mod callbacks;
pub mod events;
pub mod export;
pub mod me;
pub mod name_recordings;
pub mod services;
pub mod session;
pub mod users;
