//! Every change that people, machines, workers and connectors can make.
//!
//! A command is a function of a [`Tx`], which is the only way to write. It takes
//! what it is asked for and on whose behalf, checks the rules on what it reads,
//! and saves. Whoever gives it, over HTTP or by itself, runs it by [`Commands`].

mod admission;
pub mod api_keys;
pub mod attempts;
pub mod audit;
mod booking;
pub mod bulk;
pub mod bulk_reschedule;
pub mod callbacks;
pub mod configuration;
pub mod do_not_call;
mod expected;
mod faults;
pub mod holds;
pub mod ics;
pub mod log_in;
pub mod name_recordings;
mod numbers;
pub mod preferences;
pub mod rules;
pub mod saved_views;
pub mod server_state;
pub mod services;
pub mod sessions;
pub mod sweep;
mod tx;
pub mod users;

pub use audit::Audit;
pub use expected::Expected;
pub use tx::{Commands, Running, Tx};
