//! Authentication of callers, and their permissions.

mod caller;
mod grant;
pub mod password;
pub mod throttle;
pub mod token;

pub use caller::{Access, Caller, Identity, Permit, Principal, deny_before, granted_services, permit};
pub use grant::Grant;
