//! What holds whatever happens: lives of callbacks under random commands, with
//! a clock that also jumps back, and with reservations that others have taken.

mod common;
mod lives;
mod usual;

use std::collections::BTreeSet;

use lives::{Command, DAY, LEAD, PAUSE, lives};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use ringback_domain::callback::action::Action;
use ringback_domain::callback::transition::{Refusal, Transition};
use ringback_domain::{Callback, CallbackId, CallbackType, DialResult, State, StateName, Timestamp};

/// The arrows of the state machine, T2 to T12, written down a second time.
const ARROWS: [(StateName, StateName); 11] = {
    use StateName::{Completed, Processing, Queued, Routing, Scheduled};
    [
        (Scheduled, Scheduled),
        (Scheduled, Queued),
        (Scheduled, Completed),
        (Queued, Routing),
        (Queued, Completed),
        (Routing, Queued),
        (Routing, Processing),
        (Routing, Completed),
        (Processing, Completed),
        (Completed, Completed),
        (Queued, Queued),
    ]
};

fn agent(callback: &Callback) -> Option<(&str, Timestamp)> {
    match &callback.state {
        State::Completed(completion) => completion.agent.as_deref().zip(completion.reserved_at),
        state => state.reservation().map(|held| (held.agent.as_str(), held.reserved_at)),
    }
}

/// The others would hold as well if no life got anywhere.
#[test]
fn the_random_lives_take_every_step_and_meet_every_refusal() {
    let mut runner = TestRunner::deterministic();
    let mut taken = BTreeSet::from([Action::Created.as_str()]);
    let mut refused = BTreeSet::new();
    for _ in 0..2_000 {
        let life = lives().new_tree(&mut runner).expect("a life").current();
        taken.extend(life.changes().map(|(_, change)| change.entry.action.as_str()));
        let refusals = life.moments.iter().filter_map(|moment| moment.outcome.as_ref().err());
        refused.extend(refusals.map(|refusal| format!("{refusal:?}")));
    }
    assert_eq!(taken, Action::ALL.iter().map(|action| action.as_str()).collect());
    let states = StateName::ALL.iter().map(|state| format!("{:?}", Refusal::State(*state)));
    let others = [
        Refusal::NotRecreatable,
        Refusal::NotDue,
        Refusal::RetryGap,
        Refusal::LeaseLost,
        Refusal::LeaseAlive,
        Refusal::NotExpired,
        Refusal::DesiredTimePast,
        Refusal::ResultNotAllowed,
        Refusal::Quarantined,
        Refusal::NotQuarantined,
        Refusal::AgentPaused,
        Refusal::WindowOpen,
        Refusal::Cancelling,
        Refusal::NotCancelling,
        Refusal::UndoPossible,
    ];
    assert_eq!(refused, others.map(|refusal| format!("{refusal:?}")).into_iter().chain(states).collect());
}

proptest! {
    /// Shows: S16
    #[test]
    fn a_callback_only_takes_steps_of_the_state_machine(life in lives()) {
        for (moment, change) in life.changes() {
            let step = (moment.before.state.name(), change.after.state.name());
            prop_assert!(ARROWS.contains(&step), "{step:?} by {:?}", moment.command);
        }
    }

    #[test]
    fn the_timeline_tells_the_states_without_a_gap(life in lives()) {
        prop_assert_eq!((life.born.entry.from, life.born.entry.to), (None, StateName::Scheduled));
        let mut state = StateName::Scheduled;
        for (moment, change) in life.changes() {
            prop_assert_eq!(change.entry.from, Some(state));
            prop_assert_eq!(change.entry.to, change.after.state.name());
            if !matches!(moment.command, Command::EffectCancellation) {
                prop_assert_eq!(&change.entry.actor, &moment.actor);
            }
            state = change.entry.to;
        }
    }

    /// Shows: S23
    #[test]
    fn a_callback_has_a_result_exactly_when_it_is_completed(life in lives()) {
        for (moment, change) in life.changes() {
            let ends = moment.before.state.name() != StateName::Completed
                && change.after.state.name() == StateName::Completed;
            prop_assert_eq!(change.entry.detail.result.is_some(), ends);
            if let (true, State::Completed(completion)) = (ends, &change.after.state) {
                prop_assert_eq!(change.entry.detail.result, Some(completion.result));
                prop_assert_eq!(completion.completed_at, moment.now);
            }
        }
    }

    /// Shows: S22
    #[test]
    fn a_cancel_fails_in_processing_and_completed_and_nowhere_else(life in lives()) {
        for moment in &life.moments {
            if let Command::Cancel = moment.command {
                let state = moment.before.state.name();
                let stays = matches!(state, StateName::Processing | StateName::Completed);
                prop_assert_eq!(moment.outcome.is_err(), stays, "{}", state);
            }
        }
    }

    #[test]
    fn nobody_is_called_while_a_cancellation_waits(life in lives()) {
        for callback in life.versions().filter(|callback| callback.cancellation.is_some()) {
            let state = callback.state.name();
            prop_assert!(matches!(state, StateName::Scheduled | StateName::Queued), "{}", state);
        }
        for (moment, change) in life.changes().filter(|(moment, _)| moment.before.cancellation.is_some()) {
            let moved = moment.before.state.name() != change.after.state.name();
            let over = change.after.state.name() == StateName::Completed;
            prop_assert!(over || !moved, "{:?}", moment.command);
        }
    }

    #[test]
    fn an_undo_gives_the_place_in_the_queue_back(life in lives()) {
        for (moment, change) in life.changes() {
            if let Command::UndoCancellation = moment.command {
                let undone = Callback {
                    cancellation: None,
                    updated_at: moment.now,
                    version: moment.before.version + 1,
                    ..moment.before.clone()
                };
                prop_assert_eq!(&change.after, &undone);
            }
        }
    }

    #[test]
    fn a_cancellation_takes_effect_for_who_asked_and_not_before_its_time(life in lives()) {
        for (moment, change) in life.changes() {
            if let Command::EffectCancellation = moment.command {
                let asked = moment.before.cancellation.clone().expect("a cancellation");
                prop_assert!(moment.now >= asked.effective_at);
                let cancelled = moment.before.cancel(&asked.by, moment.now).expect("it can be cancelled");
                prop_assert_eq!(&change.after, &cancelled.callback);
                prop_assert_eq!(&change.entry, &cancelled.entry);
            }
        }
    }

    #[test]
    fn no_router_ends_a_callback_as_cancelled(life in lives()) {
        for (moment, change) in life.changes() {
            if let State::Completed(completion) = &change.after.state
                && completion.result.as_str().starts_with("CANCELLED")
            {
                let called_off = matches!(
                    moment.command,
                    Command::Cancel | Command::EffectCancellation | Command::Recreate
                );
                prop_assert!(called_off, "{:?}", moment.command);
            }
        }
    }

    /// Shows: S12, S15
    #[test]
    fn a_callback_is_kept_until_14_days_after_its_desired_time(life in lives()) {
        for callback in life.versions() {
            let kept = callback.expires_at().seconds_since(callback.desired_time);
            prop_assert_eq!(kept, 14 * DAY);
        }
        for (moment, change) in life.changes() {
            let moved = change.after.desired_time != moment.before.desired_time;
            let may_move = matches!(
                change.entry.action,
                Action::Rescheduled | Action::ClocksChanged | Action::RolledForward
            );
            prop_assert!(may_move || !moved);
            if change.entry.action == Action::Expired {
                let given_up = moment.before.desired_time.plus_seconds(11 * DAY);
                prop_assert!(moment.now >= given_up);
            }
        }
    }

    #[test]
    fn every_change_raises_the_version_by_one_and_is_dated(life in lives()) {
        for (version, callback) in (1..).zip(life.versions()) {
            prop_assert_eq!(callback.version, version);
        }
        for (moment, change) in life.changes() {
            prop_assert_eq!(change.after.updated_at, moment.now);
        }
    }

    #[test]
    fn what_was_asked_for_never_changes(life in lives()) {
        for callback in life.versions() {
            let born = &life.born.callback;
            prop_assert_eq!(callback.id, born.id);
            prop_assert_eq!(&callback.request, &born.request);
            prop_assert_eq!((callback.created_at, &callback.created_by), (born.created_at, &born.created_by));
            prop_assert_eq!(callback.desired_window_seconds, born.desired_window_seconds);
        }
    }

    #[test]
    fn a_callback_has_one_open_attempt_at_most(life in lives()) {
        for (_, change, open) in life.changes_with_open_attempt() {
            if change.entry.action == Action::Reserved {
                prop_assert_eq!(open, None);
            }
            let held = change.after.state.reservation().is_some();
            let reserved = matches!(change.entry.action, Action::Reserved | Action::Connected);
            prop_assert_eq!(held, reserved, "{:?}", change.entry.action);
        }
    }

    #[test]
    fn a_report_applies_only_with_the_proof_of_the_open_attempt(life in lives()) {
        for (moment, change, open) in life.changes_with_open_attempt() {
            let report = matches!(
                change.entry.action,
                Action::Released | Action::AttemptFailed | Action::Connected | Action::Finished
            );
            if report {
                prop_assert!(moment.proven.is_some());
                prop_assert_eq!(moment.proven, open);
                prop_assert_eq!(change.entry.detail.attempt_id, open);
            }
        }
    }

    #[test]
    fn a_reservation_runs_out_no_earlier_than_it_says(life in lives()) {
        for (moment, _) in life.changes() {
            if matches!(moment.command, Command::ExpireLease) {
                let until = moment.before.state.reservation().map(|held| held.lease_expires_at);
                prop_assert!(until.is_some_and(|until| moment.now >= until));
            }
        }
    }

    #[test]
    fn a_callback_is_never_queued_before_its_desired_time(life in lives()) {
        for (moment, change) in life.changes() {
            if change.entry.from == Some(StateName::Scheduled) && change.entry.to == StateName::Queued {
                prop_assert!(moment.now >= change.after.desired_time);
            }
        }
    }

    #[test]
    fn a_place_in_the_queue_is_taken_once_and_kept(life in lives()) {
        for (moment, change) in life.changes() {
            let (before, after) = (&moment.before, &change.after);
            match (change.entry.from, change.entry.to) {
                (Some(StateName::Scheduled), StateName::Queued) => {
                    let was_moved = before.reschedules.count > 0;
                    let promised = before.request.callback_type == CallbackType::Scheduled || was_moved;
                    let lead = if promised { i64::from(LEAD) } else { 0 };
                    prop_assert_eq!(after.queue_arrival, before.desired_time.plus_seconds(-lead));
                }
                (Some(StateName::Scheduled), _) => {}
                _ => prop_assert_eq!(after.queue_arrival, before.queue_arrival),
            }
        }
    }

    #[test]
    fn the_first_attempt_that_counts_is_dated_by_its_reservation(life in lives()) {
        let mut first = None;
        for (moment, change) in life.changes() {
            let result = change.entry.detail.dial_result;
            if result.is_some_and(DialResult::counts) && first.is_none() {
                first = moment.before.state.reservation().map(|held| held.reserved_at);
            }
            prop_assert_eq!(change.after.first_attempted_at, first);
        }
    }

    #[test]
    fn a_callback_is_not_handed_out_in_the_gap_after_a_failed_attempt(life in lives()) {
        let mut failed_at: Option<Timestamp> = None;
        let gap_seconds = i64::from(life.policy.results[&DialResult::NoAnswer].gap_seconds);
        for (moment, change) in life.changes() {
            match change.entry.action {
                Action::AttemptFailed => failed_at = Some(moment.now),
                // Taken once it is over, the gap is over for good.
                Action::Reserved => {
                    let gap = failed_at.take().map(|at| (moment.now, at.plus_seconds(gap_seconds)));
                    prop_assert!(gap.is_none_or(|(now, end)| now >= end), "{gap:?}");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_quarantined_callback_is_not_handed_out_until_a_person_puts_it_back(life in lives()) {
        let mut quarantined = false;
        for (_, change) in life.changes() {
            match change.entry.action {
                Action::Quarantined => quarantined = true,
                Action::Requeued => quarantined = false,
                Action::Reserved => prop_assert!(!quarantined),
                _ => {}
            }
        }
    }

    #[test]
    fn the_third_lease_in_a_row_that_runs_out_quarantines_the_callback(life in lives()) {
        let mut in_a_row = 0;
        for (moment, change) in life.changes() {
            match (moment.command, change.entry.action) {
                (Command::ExpireLease, action) => {
                    in_a_row += 1;
                    let expected = if in_a_row == 3 { Action::Quarantined } else { Action::LeaseExpired };
                    prop_assert_eq!(action, expected);
                }
                // A cancellation that was undone says nothing about the routers.
                (_, Action::Released | Action::Requeued | Action::AttemptFailed | Action::Connected) => {
                    in_a_row = 0;
                }
                _ => {}
            }
        }
    }

    #[test]
    fn an_agent_who_gives_a_callback_back_is_offered_others_for_a_while(life in lives()) {
        let mut released: Vec<(String, Timestamp)> = Vec::new();
        for (moment, change) in life.changes() {
            let agent = change.entry.detail.agent.clone().unwrap_or_default();
            match change.entry.action {
                Action::Released => {
                    // What has ended is forgotten, even if the clock is set back.
                    released.retain(|(other, until)| *other != agent && moment.now < *until);
                    released.push((agent, moment.now.plus_seconds(i64::from(PAUSE))));
                }
                Action::Reserved => {
                    let paused = released.iter().any(|(other, until)| *other == agent && moment.now < *until);
                    prop_assert!(!paused, "{agent}");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_completed_callback_stays_as_it_is_but_for_the_link_to_its_repeat(life in lives()) {
        for (moment, change) in life.changes() {
            if moment.before.state.name() == StateName::Completed {
                let linked = Callback {
                    recreated_as: change.after.recreated_as,
                    recreated_by: change.after.recreated_by.clone(),
                    updated_at: change.after.updated_at,
                    version: change.after.version,
                    ..moment.before.clone()
                };
                prop_assert_eq!(&change.after, &linked);
                prop_assert_eq!(moment.before.recreated_as, None);
            }
        }
    }

    #[test]
    fn a_repeat_is_a_fresh_callback_that_names_the_old_one(life in lives()) {
        for (moment, change) in life.changes() {
            let repeat: Option<CallbackId> = change.repeat.as_ref().map(|new| new.callback.id);
            prop_assert_eq!(repeat.is_some(), change.entry.action == Action::Recreated);
            if let Some(Transition { callback: new, .. }) = &change.repeat {
                prop_assert_eq!(change.after.recreated_as, repeat);
                prop_assert_eq!(new.recreated_from, Some(moment.before.id));
                prop_assert_eq!((&new.state, new.version, new.attempts_made()), (&State::Scheduled, 1, 0));
                prop_assert_eq!(&new.recreated_by, &moment.actor.username());
            }
        }
    }

    #[test]
    fn there_are_never_more_attempts_than_the_policy_allows(life in lives()) {
        for callback in life.versions() {
            prop_assert!(callback.attempts_made() <= life.policy.max_attempts);
        }
        for (moment, change) in life.changes() {
            let dialled = matches!(change.entry.action, Action::AttemptFailed | Action::Connected);
            let counted = dialled && change.entry.detail.dial_result != Some(DialResult::Congestion);
            prop_assert_eq!(change.after.attempts_made(), moment.before.attempts_made() + u32::from(counted));
        }
    }

    /// A reservation that was given back is no fact about the callback any
    /// more: QUEUED means that nobody is assigned. The attempt keeps it.
    #[test]
    fn what_is_known_stays_known_through_completion(life in lives()) {
        for (moment, change) in life.changes() {
            let (before, after) = (&moment.before, &change.after);
            if before.state.queued_at().is_some() {
                prop_assert_eq!(before.state.queued_at(), after.state.queued_at());
            }
            if before.state.connected_at().is_some() {
                prop_assert_eq!(before.state.connected_at(), after.state.connected_at());
            }
            if agent(before).is_some() && after.state.name() != StateName::Queued {
                prop_assert_eq!(agent(before), agent(after));
            }
        }
    }

    /// Shows: S61
    #[test]
    fn only_people_leave_their_name_on_the_record(life in lives()) {
        for (_, change) in life.changes() {
            let name = change.entry.actor.username();
            match (change.entry.action, &change.after.state) {
                (Action::Rescheduled, _) => prop_assert_eq!(&change.after.reschedules.last_by, &name),
                (Action::Recreated, _) => prop_assert_eq!(&change.after.recreated_by, &name),
                (_, State::Completed(completion)) => {
                    let name = name.filter(|_| change.entry.action == Action::Cancelled);
                    prop_assert_eq!(&completion.cancelled_by, &name);
                }
                _ => {}
            }
        }
    }
}
