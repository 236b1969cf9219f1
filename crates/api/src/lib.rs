//! The Ringback server: REST API, commands, questions, workers, simulator.
//!
//! Rooms, from the ground up; each imports only what stands before it:
//! `context`, `store`, `clock`, `metrics`, `health`, `limits`, `signals`, `phone`, `time_zone` and `recent`
//! know nothing of each other's clients; `error`, `hours`, `called_party` and `directory` stand on them;
//! `auth` tells who calls; `query` answers questions, `command` holds every
//! change; `http`, `worker` and `telephony` are the clients of both; `app`
//! puts the parts together, and `server` runs them.

// The futures of a request are nested deeper than the default where the compiler optimizes.
#![recursion_limit = "256"]

pub mod app;
pub mod auth;
pub mod called_party;
pub mod clock;
pub mod command;
pub mod config;
pub mod configuration;
pub mod context;
pub mod demo;
pub mod directory;
pub mod error;
pub mod fault;
pub mod health;
pub mod holiday_sets;
pub mod hours;
#[expect(unreachable_pub, reason = "actix puts each handler inside a function of its own")]
pub mod http;
pub mod limits;
pub mod metrics;
pub mod numbers;
pub mod phone;
pub mod positions;
pub mod query;
pub mod recent;
pub mod server;
pub mod signals;
pub mod spread;
pub mod store;
pub mod telephony;
pub mod time_zone;
pub mod worker;
