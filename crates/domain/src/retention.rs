//! How long a record is kept.

use crate::time::Timestamp;

/// Records are kept this many days, counted from the desired callback time.
/// A fixed value: no setting changes it, for a service or for a record.
pub const RETENTION_DAYS: i64 = 14;

/// When a callback with this desired time is removed.
pub fn expires_at(desired_time: Timestamp) -> Timestamp {
    desired_time.plus_seconds(RETENTION_DAYS * 86_400)
}
