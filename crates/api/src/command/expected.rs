//! The version that a caller expects to change.

use ringback_domain::StateName;

use crate::error::Error;

/// Which version a command is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever it is.
    Any,
    /// This one.
    Version(i64),
}

impl Expected {
    /// # Errors
    /// [`Error::Stale`] with the current version, and the state of a callback,
    /// if another one was expected.
    pub const fn check(self, version: i64, state: Option<StateName>) -> Result<(), Error> {
        match self {
            Self::Version(expected) if expected != version => Err(Error::Stale { state, version }),
            _ => Ok(()),
        }
    }
}
