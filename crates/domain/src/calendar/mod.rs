//! When a service can be reached, and how much it can promise.
//!
//! A clock on the wall decides: an instant is open if what the clock of the
//! calendar's zone shows then lies in an interval of the day that it shows. So an
//! hour that clocks skip is no time at all, and one that they repeat counts twice.

pub mod availability;
pub mod called_party;
pub mod capacity;
pub mod office_hours;
pub mod schedule;
pub mod spread;
