//! Who calls, and what they may do.

mod caller;
mod grant;
pub mod log_in;
pub mod password;
mod throttle;
pub mod token;

pub use caller::{Access, Caller, Identity, Permit, Who, deny_before, granted_services, permit};
pub use grant::Grant;
