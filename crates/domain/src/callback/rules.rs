//! Questions about a callback that need no more than its summary, so that a
//! list row, the browser and the server ask the same rule.

use crate::callback::outcome::ResultCode;
use crate::callback::state::StateName;
use crate::time::Timestamp;

/// Only what has not entered the queue can be moved to another time.
pub const fn can_reschedule(state: StateName) -> bool {
    matches!(state, StateName::Scheduled)
}

/// A callback can be called off until the agent handles it.
pub const fn can_cancel(state: StateName) -> bool {
    matches!(state, StateName::Scheduled | StateName::Queued | StateName::Routing)
}

/// A conversation whose end nobody reports is ended by a person.
pub const fn can_close(state: StateName) -> bool {
    matches!(state, StateName::Processing)
}

/// A finished callback can be repeated once, unless it reached the agent.
pub fn can_recreate(result: Option<ResultCode>, recreated: bool) -> bool {
    result.is_some_and(|result| result != ResultCode::AGENT_CONNECTED) && !recreated
}

/// Whether something happened inside the desired window.
pub fn is_on_time(at: Timestamp, desired_time: Timestamp, window_seconds: u32) -> bool {
    desired_time <= at && at <= desired_time.plus_seconds(i64::from(window_seconds))
}

/// Still SCHEDULED although the desired window has passed.
pub fn is_overdue(state: StateName, desired_time: Timestamp, window_seconds: u32, now: Timestamp) -> bool {
    state == StateName::Scheduled && now > desired_time.plus_seconds(i64::from(window_seconds))
}
