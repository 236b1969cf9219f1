//! The one test binary.

#![expect(clippy::unwrap_used, reason = "a test fails if it finds nothing")]

mod access;
mod audit;
mod bulk_race;
mod canaries;
mod chaos;
mod clients;
mod contract;
mod crash;
mod differential;
mod disk;
mod e2e;
mod exhaustion;
mod helpers;
mod http;
mod ledger;
mod network;
mod pgbouncer;
mod program;
mod race;
mod schemathesis;
mod store;
mod store_setup;
mod undo_race;
mod upgrade;
mod visibility;
