//! The one test binary.

#![expect(clippy::unwrap_used, reason = "a test fails if it finds nothing")]

mod access;
mod audit;
mod bulk_race;
mod canaries;
mod chaos;
mod claims;
mod clients;
mod clocks;
mod configuration;
mod contract;
mod crash;
mod differential;
mod disk;
mod e2e;
mod exhaustion;
mod fuzz;
mod helpers;
mod http;
mod keys;
mod ledger;
mod network;
mod overload;
mod pgbouncer;
mod program;
mod purge;
mod race;
mod reschedule_race;
mod schemathesis;
mod store;
mod store_setup;
mod tls;
mod undo_race;
mod upgrade;
mod visibility;
mod week;
