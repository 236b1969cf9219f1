//! Authentication of callers, and their permissions.

mod caller;
mod grant;
pub mod log_in;
pub mod password;
mod throttle;
pub mod token;

pub use caller::{Access, Caller, Identity, Permit, Principal, deny_before, granted_services, permit};
pub use grant::Grant;
