//! How long a record is kept.

use crate::time::Timestamp;

/// Records are kept this many days, counted from the desired callback time.
/// A fixed value: no setting changes it, for a service or for a record.
pub const RETENTION_DAYS: i64 = 14;

/// A callback that was not made this many days after its desired time is given
/// up. Its record is kept for the days that are left.
pub const GIVE_UP_DAYS: i64 = 11;

/// Entries of the audit are kept this many days unless the operator chose otherwise: a year, and
/// time to look at it.
pub const AUDIT_DAYS: i64 = 400;

/// A customer's recorded name is kept this long after the callback is over, for
/// whoever recreates it.
pub const NAME_RECORDING_DAYS: i64 = 4;

/// When the recorded name of a callback that ended then is removed.
pub fn name_recording_until(completed_at: Timestamp) -> Timestamp {
    completed_at.plus_seconds(NAME_RECORDING_DAYS * 86_400)
}

/// When a callback with this desired time is removed.
pub fn expires_at(desired_time: Timestamp) -> Timestamp {
    desired_time.plus_seconds(RETENTION_DAYS * 86_400)
}

/// When a callback with this desired time is given up.
pub fn give_up_at(desired_time: Timestamp) -> Timestamp {
    desired_time.plus_seconds(GIVE_UP_DAYS * 86_400)
}

/// The latest desired time of the callbacks that are to be given up by now.
pub fn given_up_since(now: Timestamp) -> Timestamp {
    now.plus_seconds(-GIVE_UP_DAYS * 86_400)
}

/// The latest desired time of the callbacks that are to be removed by now: the
/// inverse of [`expires_at`].
pub fn expired_since(now: Timestamp) -> Timestamp {
    now.plus_seconds(-RETENTION_DAYS * 86_400)
}
