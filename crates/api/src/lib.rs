//! The Ringback server: REST API, store, workers and simulator.
//!
//! Inside, `http` takes requests and uses `auth`, the commands (`callbacks`,
//! `router`) and the store; `worker` and `telephony` use the commands and the
//! store; the store uses nothing but the domain.

pub mod accounts;
pub mod app;
pub mod assets;
pub mod auth;
pub mod callbacks;
pub mod clock;
pub mod config;
pub mod daily;
pub mod demo;
pub mod error;
pub mod events;
#[expect(unreachable_pub, reason = "actix puts each handler inside a function of its own")]
pub mod http;
pub mod metrics;
pub mod openapi;
pub mod phone;
pub mod queue_view;
pub mod rendered;
pub mod request;
pub mod router;
pub mod selection;
pub mod server;
pub mod store;
pub mod telephony;
pub mod view;
pub mod worker;

/// A page of the list is a quarter of a megabyte that lives for a moment: the
/// system's allocator gives such memory back and asks for it anew each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
