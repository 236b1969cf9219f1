//! The entries of the timeline.

use ringback_domain::callback::action::Action;
use ringback_domain::callback::waiting::{WaitingFor, WaitingReason};
use ringback_domain::wire::callback::{ActorView, CallbackView, TimelineEntry};
use ringback_domain::{ActorKind, StateName, Timestamp};

use crate::components::timeline::{Entry, Status};
use crate::format::{self, Style};
use crate::messages;

/// Past events, and the next expected one.
pub(crate) fn entries(
    timeline: &[TimelineEntry],
    view: &CallbackView,
    style: Style,
    now: Timestamp,
) -> Vec<Entry> {
    let last = timeline.len().saturating_sub(1);
    let time = |at: Timestamp| {
        if format::day(at, style) == format::day(now, style) {
            format::time_seconds(at, style)
        } else {
            format::day_time(at, style)
        }
    };
    let mut entries: Vec<Entry> = timeline
        .iter()
        .enumerate()
        .map(|(index, entry)| Entry {
            at: Some((entry.at, time(entry.at))),
            text: text(entry),
            detail: detail(entry, style),
            status: match entry.action {
                Action::AttemptFailed
                | Action::BusinessClosed
                | Action::Expired
                | Action::MissedWindow
                | Action::NumberBlocked
                | Action::Quarantined => Status::Failed,
                _ if index == last => Status::Current,
                _ => Status::Past,
            },
        })
        .collect();
    entries.extend(expected(view, style).map(|text| Entry {
        at: None,
        text,
        detail: String::new(),
        status: Status::Next,
    }));
    entries
}

fn text(entry: &TimelineEntry) -> String {
    let actor = || actor(&entry.actor);
    match entry.action {
        Action::Created => messages::event_created(actor()),
        Action::Rescheduled => messages::event_rescheduled(actor()),
        Action::ClocksChanged => messages::event_clocks_changed().to_owned(),
        Action::RolledForward => messages::event_rolled_forward().to_owned(),
        Action::BusinessClosed => messages::event_business_closed().to_owned(),
        Action::NumberBlocked => messages::event_number_blocked().to_owned(),
        Action::Submitted => messages::event_submitted().to_owned(),
        Action::Reserved => messages::event_reserved().to_owned(),
        Action::Connected => messages::event_connected().to_owned(),
        Action::Released => messages::event_released().to_owned(),
        Action::LeaseExpired => messages::event_lease_expired().to_owned(),
        Action::AttemptFailed => messages::event_attempt_failed().to_owned(),
        Action::Finished => messages::event_finished().to_owned(),
        Action::CancellationRequested => messages::event_cancellation_requested(actor()),
        Action::CancellationUndone => messages::event_cancellation_undone(actor()),
        Action::Cancelled => messages::event_cancelled(actor()),
        Action::Recreated => messages::event_recreated(actor()),
        Action::Quarantined => messages::event_quarantined().to_owned(),
        Action::Requeued => messages::event_requeued(actor()),
        Action::Closed => messages::event_closed(actor()),
        Action::MissedWindow => messages::event_missed_window().to_owned(),
        Action::Expired => messages::event_expired().to_owned(),
    }
}

fn actor(actor: &ActorView) -> String {
    match actor.kind {
        ActorKind::User => actor.name.clone(),
        ActorKind::ApiKey => messages::actor_key(&actor.name),
        ActorKind::System => messages::actor_system().to_owned(),
    }
}

fn detail(entry: &TimelineEntry, style: Style) -> String {
    let detail = &entry.detail;
    let time = |at| format::day_time(at, style);
    let moved = match (detail.previous_desired_time, detail.desired_time) {
        (Some(from), Some(to)) => Some(messages::event_from_to(time(from), time(to))),
        (None, Some(to)) => Some(messages::event_for(time(to))),
        _ => None,
    };
    let parts = [
        moved,
        detail.agent.clone(),
        detail.dial_result.map(|result| result.as_str().to_owned()),
        detail.result.map(|result| result.as_str().into_owned()),
        detail.disposition.clone(),
        detail.reason.clone(),
        detail.retry_at.map(|at| messages::event_retry(time(at))),
        detail.related_callback_id.map(messages::event_related),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What happens next, by what the callback waits for.
fn expected(view: &CallbackView, style: Style) -> Option<String> {
    let Some(WaitingFor { reason, until }) = view.waiting_for else {
        return (view.state == StateName::Processing).then(|| messages::next_finish().to_owned());
    };
    let time = |at| format::day_time(at, style);
    let known = |of: fn(String) -> String| until.map(|at| of(time(at)));
    match reason {
        WaitingReason::DesiredTime => known(messages::next_queue),
        WaitingReason::Submission if view.overdue => Some(messages::next_submission_late().to_owned()),
        WaitingReason::Submission => Some(messages::next_submission().to_owned()),
        WaitingReason::Cancellation => known(messages::next_cancellation),
        WaitingReason::Decision => Some(messages::next_decision().to_owned()),
        WaitingReason::Dialling => Some(messages::next_dialling().to_owned()),
        WaitingReason::Closed => Some(
            until.map_or_else(|| messages::next_closed().to_owned(), |at| messages::next_opening(time(at))),
        ),
        WaitingReason::CalledPartyHours => {
            Some(until.map_or_else(
                || messages::next_hours_unknown().to_owned(),
                |at| messages::next_hours(time(at)),
            ))
        }
        WaitingReason::RetryGap => known(messages::next_retry),
        WaitingReason::OtherCall => Some(messages::next_other_call().to_owned()),
        WaitingReason::Agent => Some(messages::next_agent().to_owned()),
        WaitingReason::Connection => Some(messages::next_connect().to_owned()),
    }
}
