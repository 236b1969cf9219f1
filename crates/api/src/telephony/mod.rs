//! Connectors to telephony: clients of the attempt commands, like the HTTP
//! endpoints for routers.

pub mod simulator;
