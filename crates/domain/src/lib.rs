//! The callback state machine, and the values that server and browser share.
//!
//! Nothing here does I/O, reads a clock or draws a random number: time and ids
//! come as parameters, so every rule can be tested by itself and the browser
//! asks the same rules that the server enforces.
//!
//! Invariants, each with a property test in `tests/invariants.rs`:
//! a callback is in exactly one state and a state owns its data; it is
//! COMPLETED exactly when it has a result; a cancel never changes PROCESSING
//! or COMPLETED; its removal date is the desired time plus 14 days; every
//! change raises the version by one; an attempt can only be moved by who holds
//! it, and a callback has one open attempt at most.

pub mod access;
pub mod calendar;
pub mod callback;
pub mod date;
pub mod dial;
pub mod do_not_call;
pub mod id;
mod name;
pub mod number_rule;
pub mod password;
pub mod phone;
pub mod retention;
pub mod service;
pub mod text;
pub mod time;
pub mod time_of_day;
pub mod wall_time;
pub mod wire;
pub mod zone;

pub use access::{Actor, ActorKind, ApiScope, Permission, Role, VisibleServices};
pub use callback::outcome::{ResultCategory, ResultCode};
pub use callback::state::{Completion, State, StateName};
pub use callback::{Callback, CallbackType, Origin, Request};
pub use date::{LocalDate, Weekday};
pub use dial::DialResult;
pub use id::{
    ApiKeyId, AttemptId, CalendarId, CallbackId, CapacityRuleId, DoNotCallId, HoldToken, JobId, NumberRuleId,
    SavedViewId, ServiceId, SessionId, UserId,
};

pub use phone::PhoneNumber;
pub use service::Service;
pub use time::Timestamp;
pub use time_of_day::TimeOfDay;
pub use wall_time::{DesiredTime, LocalTime, WallTime};
