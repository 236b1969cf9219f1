//! The one test binary.

#![expect(clippy::unwrap_used, reason = "a test fails if it finds nothing")]

mod access;
mod audit;
mod bulk_race;
mod contract;
mod crash;
mod e2e;
mod helpers;
mod http;
mod pgbouncer;
mod program;
mod race;
mod store;
mod store_setup;
