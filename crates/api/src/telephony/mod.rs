//! Connectors: clients of the router functions, as the HTTP endpoints are.

pub mod simulator;
