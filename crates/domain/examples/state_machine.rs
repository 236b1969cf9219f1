//! Prints the state machine as a page for people, drawn from the code.
//!
//! The arrows are not listed here: every command is tried on a callback of
//! every state, and what applies is drawn.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::io::Write as _;

use ringback_domain::access::{Actor, ActorKind};
use ringback_domain::calendar::office_hours::ServiceHours;
use ringback_domain::callback::action::Action;
use ringback_domain::callback::outcome::{NamedResult, ResultCode};
use ringback_domain::callback::state::{Reservation, State, StateName};
use ringback_domain::callback::transition::{Claim, MAX_LEASES_LOST, NewCallback, Release, Transition};
use ringback_domain::callback::{Callback, CallbackType, Request, Retry};
use ringback_domain::dial::{DialResult, RetryPolicy};
use ringback_domain::id::{AttemptId, CallbackId, ServiceId};
use ringback_domain::phone::PhoneNumber;
use ringback_domain::service::{DEFAULT_WINDOW_SECONDS, LatePolicy};
use ringback_domain::time::Timestamp;
use ringback_domain::wall_time::WallTime;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(markdown().as_bytes())
}

/// T1 to T12: an arrow of the diagram, and what has to hold for it.
const RULES: [(Option<StateName>, StateName, &str); 12] = {
    use StateName as S;
    [
        (None, S::Scheduled, "A request is taken in; the desired time of a scheduled callback lies ahead."),
        (
            Some(S::Scheduled),
            S::Scheduled,
            "The new time lies ahead, unless the law on its clock changed; where its service is closed when it is due, it is when the service opens. The removal date moves with it. Or it is about to be called off, or that is undone.",
        ),
        (
            Some(S::Scheduled),
            S::Queued,
            "Not before the desired time, and not while it is about to be called off. If its window has passed, the service decides.",
        ),
        (
            Some(S::Scheduled),
            S::Completed,
            "Called off, its window passed, its service was closed, or it was not made in time.",
        ),
        (
            Some(S::Queued),
            S::Routing,
            "For one agent and one router; not in the gap after a failed attempt, in quarantine, while it is about to be called off, or for an agent who gave it back a moment ago.",
        ),
        (
            Some(S::Routing),
            S::Queued,
            "Given back, the lease ran out, an attempt failed after which another one follows, or it is about to be called off. It keeps its place; after three leases that ran out in a row it is quarantined.",
        ),
        (Some(S::Routing), S::Processing, "Only by the router that holds the reservation."),
        (Some(S::Queued), S::Completed, "Called off, or it was not made in time."),
        (
            Some(S::Routing),
            S::Completed,
            "Called off, the last attempt failed, or it was not made in time. The reservation ends with it.",
        ),
        (
            Some(S::Processing),
            S::Completed,
            "The router that holds it says so, a person does in its place, or it was not made in time. Never by a cancel.",
        ),
        (
            Some(S::Completed),
            S::Completed,
            "The end: a repeat is a new record, which this one names. Once, and not if the agent was reached.",
        ),
        (
            Some(S::Queued),
            S::Queued,
            "A person puts a quarantined callback back, or it is about to be called off, or that is undone. It keeps its place.",
        ),
    ]
};

/// The page, in Markdown with a Mermaid diagram.
pub(crate) fn markdown() -> String {
    let steps = steps();
    let mut page = String::from(
        "# State machine\n\n\
         Generated from `crates/domain` by `cargo xtask codegen`. Do not edit.\n\n\
         ```mermaid\nstateDiagram-v2\n",
    );
    let mut table = String::from(
        "\n## Transitions\n\n\
         | | From | To | What happened | Rule |\n| --- | --- | --- | --- | --- |\n",
    );
    for ((from, to, rule), number) in RULES.into_iter().zip(1..) {
        let on = steps.iter().filter(|step| step.entry.from == from && step.entry.to == to);
        let actions = actions(on);
        // Writing into a `String` cannot fail.
        let _ = writeln!(page, "    {} --> {to}: {actions}", from.map_or("[*]", StateName::as_str));
        let from = from.map_or("–", StateName::as_str);
        let _ = writeln!(table, "| T{number} | {from} | {to} | {actions} | {rule} |");
    }
    page.push_str("    COMPLETED --> [*]\n```\n");
    page.push_str(&table);
    page.push_str(
        "\nA command that the state does not allow is refused and changes nothing. \
         Every change raises the version by one.\n\n\
         ## Results\n\n\
         | Result | Category | Given when |\n| --- | --- | --- |\n",
    );
    for result in results() {
        let with = actions(steps.iter().filter(|step| step.entry.detail.result == Some(result)));
        let category = format!("{:?}", result.category()).to_lowercase();
        let with = if with.is_empty() { "–" } else { &with };
        let _ = writeln!(page, "| `{result}` | {category} | {with} |");
    }
    page.push_str("\nThe number in the last one is how often agents rejected the callback.\n");
    page
}

fn results() -> impl Iterator<Item = ResultCode> {
    let named = NamedResult::ALL.iter().copied().map(ResultCode::Named);
    named.chain([ResultCode::PreviewRejected(3)])
}

/// The names of the actions, each once, in the order of a callback's life.
fn actions<'a>(steps: impl Iterator<Item = &'a Transition>) -> String {
    let taken: Vec<_> = steps.map(|step| step.entry.action).collect();
    let names = Action::ALL.iter().copied().filter(|action| taken.contains(action));
    names.map(|action| action.as_str().replace('_', " ")).collect::<Vec<_>>().join(", ")
}

/// Every step that a callback can take, found by taking it.
fn steps() -> Vec<Transition> {
    let mut ahead: VecDeque<_> = Callback::schedule(request(), &person(), start()).into_iter().collect();
    let mut seen = BTreeSet::new();
    let mut steps = Vec::new();
    while let Some(step) = ahead.pop_front() {
        let quarantined =
            matches!(&step.callback.state, State::Queued(queued) if queued.quarantined_at.is_some());
        if seen.insert((step.callback.state.name(), quarantined)) {
            ahead.extend(next(&step.callback));
        }
        steps.push(step);
    }
    steps
}

fn wall_time() -> WallTime {
    WallTime {
        local: "1970-01-01T00:00".parse().expect("a wall time"),
        time_zone: String::new(),
        tables: String::new(),
    }
}

fn start() -> Timestamp {
    Timestamp::from_micros(0)
}

fn person() -> Actor {
    Actor { kind: ActorKind::User, name: String::new() }
}

/// The steps that apply to the callback, now or on its removal date.
fn next(callback: &Callback) -> Vec<Transition> {
    let (person, machine) = (person(), Actor::system("diagram"));
    let reservation = reservation();
    let claim = Claim { attempt_id: reservation.attempt_id, lease_token: &reservation.lease_token };
    let (several, one) = (RetryPolicy::default(), RetryPolicy { max_attempts: 1, ..RetryPolicy::default() });
    let hours = ServiceHours::default();
    let [usual, last] = [&several, &one].map(|policy| Retry { policy, hours: &hours, party: None });
    let busy = DialResult::Busy;
    let unlucky = Callback { leases_lost: MAX_LEASES_LOST - 1, ..callback.clone() };
    let cancelling = callback.request_cancellation(start(), None, &person, start());
    let cancelling = cancelling.map_or_else(|_| callback.clone(), |moved| moved.callback);
    let tried_at = |now: Timestamp| {
        let commands = vec![
            callback.reschedule(now.plus_seconds(1), &person, now),
            callback.submit(0, &machine, now),
            callback.reserve(reservation.clone(), &machine, now),
            callback.release(claim, Release::default(), &machine, now),
            callback.expire_lease(&machine, now),
            callback.fail_attempt(claim, busy, usual, &machine, now),
            callback.fail_attempt(claim, busy, last, &machine, now),
            callback.fail_attempt(claim, DialResult::NumberBlocked, usual, &machine, now),
            callback.fail_attempt(claim, DialResult::NoConfirm, last, &machine, now),
            callback.connect(claim, &machine, now),
            callback.cancel(&person, now),
            callback.cancel(&machine, now),
            callback.request_cancellation(now, None, &person, now),
            cancelling.undo_cancellation(&person, now),
            unlucky.expire_lease(&machine, now),
            callback.follow_clocks(now, wall_time(), &machine, now),
            callback.requeue(&person, now),
            callback.close(ResultCode::AGENT_CONNECTED, String::new(), &person, now),
            callback.roll_forward(now.plus_seconds(60), &machine, now),
            callback.fail_closed(&machine, now),
            callback.block_number("rule", &machine, now),
            callback.submit_late(LatePolicy::Ask, 0, &machine, now),
            callback.submit_late(LatePolicy::Close, 0, &machine, now),
            callback.expire(&machine, now),
            callback.recreate(request(), &person, now).map(|(old, _new)| old),
        ];
        let endings = results().map(|result| callback.finish(claim, Some(result), None, &machine, now));
        commands.into_iter().chain(endings).flatten().collect::<Vec<_>>()
    };
    [start(), start().plus_seconds(3_600), callback.expires_at()].into_iter().flat_map(tried_at).collect()
}

fn request() -> NewCallback {
    let number = PhoneNumber::try_from("+442079460318".to_owned());
    NewCallback {
        id: CallbackId(uuid::Uuid::nil()),
        request: Request {
            service_id: ServiceId(uuid::Uuid::nil()),
            customer_number: number.expect("the number has E.164 form"),
            customer_number_extension: None,
            number_warning: None,
            callback_type: CallbackType::Immediate,
            arrived_at: None,
            customer_time_zone: None,
            language: None,
            priority: 0,
            user_data: None,
        },
        desired_time: None,
        desired_window_seconds: DEFAULT_WINDOW_SECONDS,
    }
}

/// Runs out at once, so that its end is found as well.
fn reservation() -> Reservation {
    Reservation {
        attempt_id: AttemptId(uuid::Uuid::nil()),
        lease_token: String::new(),
        agent: String::new(),
        holder: String::new(),
        reserved_at: start(),
        lease_expires_at: start(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_code_has_its_rule_and_every_rule_its_step() {
        let taken: BTreeSet<_> = steps().iter().map(|step| (step.entry.from, step.entry.to)).collect();
        let ruled: BTreeSet<_> = RULES.into_iter().map(|(from, to, _)| (from, to)).collect();
        assert_eq!(taken, ruled);
    }

    #[test]
    fn every_action_is_on_the_page() {
        let taken: Vec<_> = steps().iter().map(|step| step.entry.action).collect();
        let missing: Vec<_> = Action::ALL.iter().filter(|action| !taken.contains(action)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
