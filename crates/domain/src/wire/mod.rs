//! What goes over the wire, for server, browser and tests alike.
//!
//! The wire may use the model; the model never uses the wire.

pub mod admin;
pub mod audit;
pub mod auth;
pub mod bulk;
pub mod bulk_reschedule;
pub mod calendar;
pub mod callback;
pub mod do_not_call;
pub mod endpoint;
pub mod gates;
pub mod list;
pub mod number_rule;
pub mod problem;
pub mod reference;
pub mod router;
pub mod saved_view;
pub mod service;
pub mod user_data;
