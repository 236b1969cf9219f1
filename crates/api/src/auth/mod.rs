//! Who calls, and what they may do.

pub mod caller;
pub mod password;
pub mod session;
pub mod throttle;
pub mod token;

pub use caller::{Caller, Identity, permit};
