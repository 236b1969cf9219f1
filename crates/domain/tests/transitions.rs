//! Every command on a callback in every state: the whole table, as reviewed.

mod common;
mod usual;

use common::{claim, machine, request, reservation};
use ringback_domain::callback::state::Reservation;
use ringback_domain::callback::transition::{Refusal, Release, Transition};
use ringback_domain::{Callback, DialResult, ResultCode, State, Timestamp};
use usual::{always, at, person, plain_policy, wall_time};

const DAY: i64 = 86_400;
const RETENTION: i64 = 14 * DAY;
const LEASE: i64 = 30;
const OPEN_ATTEMPT: u128 = 7;
const GAP: u32 = 300;
const LEAD: u32 = 0;

/// A callback, made a minute before its desired time and moved on from there.
#[derive(Clone)]
struct Life(Callback);

impl Life {
    fn scheduled(desired_time: Timestamp) -> Self {
        let made_at = desired_time.plus_seconds(-60);
        Self(
            Callback::schedule(request(1, Some(desired_time)), &person(), made_at)
                .expect("schedules")
                .callback,
        )
    }

    fn then(self, command: impl FnOnce(&Callback) -> Result<Transition, Refusal>) -> Self {
        Self(command(&self.0).expect("the command applies").callback)
    }

    fn queued(self) -> Self {
        let due = self.0.desired_time;
        self.then(|callback| callback.submit(LEAD, &machine(), due))
    }

    fn routing(self, now: Timestamp) -> Self {
        let reservation = reservation(OPEN_ATTEMPT, now, LEASE);
        self.then(|callback| callback.reserve(reservation, &machine(), now))
    }

    fn failed(self, now: Timestamp) -> Self {
        let held = reservation(OPEN_ATTEMPT, now, LEASE);
        self.routing(now).then(|callback| {
            callback.fail_attempt(
                claim(&held),
                DialResult::Busy,
                always(&plain_policy(3, GAP)),
                &machine(),
                now,
            )
        })
    }

    fn processing(self, now: Timestamp) -> Self {
        let held = reservation(OPEN_ATTEMPT, now, LEASE);
        self.routing(now).then(|callback| callback.connect(claim(&held), &machine(), now))
    }

    fn finished(self, now: Timestamp, result: ResultCode) -> Self {
        let held = reservation(OPEN_ATTEMPT, now, LEASE);
        self.processing(now)
            .then(|callback| callback.finish(claim(&held), Some(result), None, &machine(), now))
    }

    fn cancelling(self, now: Timestamp) -> Self {
        self.then(|callback| callback.request_cancellation(now.plus_seconds(10), None, &person(), now))
    }

    fn cancelled(self, now: Timestamp) -> Self {
        self.then(|callback| callback.cancel(&person(), now))
    }

    fn recreated(self, now: Timestamp) -> Self {
        self.then(|callback| callback.recreate(request(2, None), &person(), now).map(|(old, _new)| old))
    }
}

/// A state, in the circumstances that make a difference at `at(0)`.
type Situations = Vec<(&'static str, Life)>;

fn situations() -> [(&'static str, Situations); 5] {
    let now = at(0);
    let gap = i64::from(GAP);
    let due = || Life::scheduled(at(-1_000));
    let old = || Life::scheduled(at(-RETENTION));
    [
        (
            "SCHEDULED",
            vec![
                ("an hour ahead", Life::scheduled(at(3_600))),
                ("due", Life::scheduled(now)),
                ("14 days past", old()),
                ("about to be cancelled", Life::scheduled(now).cancelling(at(-5))),
                ("cancelled by now", Life::scheduled(now).cancelling(at(-10))),
            ],
        ),
        (
            "QUEUED",
            vec![
                ("waiting", due().queued()),
                ("in the retry gap", due().queued().failed(at(1 - gap))),
                ("after the retry gap", due().queued().failed(at(-gap))),
                ("14 days past", old().queued()),
                ("about to be cancelled", due().queued().cancelling(at(-5))),
            ],
        ),
        (
            "ROUTING",
            vec![
                ("lease alive", due().queued().routing(at(1 - LEASE))),
                ("lease ran out", due().queued().routing(at(-LEASE))),
                ("last attempt", due().queued().failed(at(-900)).failed(at(-600)).routing(now)),
                ("14 days past", old().queued().routing(now)),
            ],
        ),
        (
            "PROCESSING",
            vec![
                ("lease alive", due().queued().processing(at(1 - LEASE))),
                ("lease ran out", due().queued().processing(at(-LEASE))),
                ("14 days past", old().queued().processing(now)),
            ],
        ),
        (
            "COMPLETED",
            vec![
                ("AGENT_CONNECTED", due().queued().finished(now, ResultCode::AGENT_CONNECTED)),
                ("CANCELLED_BY_ADMIN", due().cancelled(now)),
                ("FAIL_TIMEOUT_TTL", due().queued().finished(now, ResultCode::FAIL_TIMEOUT_TTL)),
                ("recreated", due().cancelled(now).recreated(now)),
            ],
        ),
    ]
}

type Outcome = Result<Vec<Transition>, Refusal>;

/// Every command, given at `at(0)`.
fn commands(callback: &Callback) -> Vec<(&'static str, Outcome)> {
    let now = at(0);
    let (person, machine, policy) = (person(), machine(), plain_policy(3, GAP));
    let (held, overtaken) = (reservation(OPEN_ATTEMPT, now, LEASE), reservation(6, now, LEASE));
    let stolen = Reservation { attempt_id: held.attempt_id, ..overtaken.clone() };
    let one = |outcome: Result<Transition, Refusal>| outcome.map(|transition| vec![transition]);
    let finish = |result| one(callback.finish(claim(&held), result, None, &machine, now));
    let fail =
        |dial_result| one(callback.fail_attempt(claim(&held), dial_result, always(&policy), &machine, now));
    vec![
        ("reschedule, ahead", one(callback.reschedule(at(60), &person, now))),
        ("reschedule, to now", one(callback.reschedule(now, &person, now))),
        ("follow_clocks, back", one(callback.follow_clocks(at(-60), wall_time("2026b"), &machine, now))),
        ("roll_forward", one(callback.roll_forward(at(60), &machine, now))),
        ("fail_closed", one(callback.fail_closed(&machine, now))),
        ("submit", one(callback.submit(LEAD, &machine, now))),
        ("block_number", one(callback.block_number("No premium numbers", &machine, now))),
        ("reserve", one(callback.reserve(reservation(8, now, LEASE), &machine, now))),
        ("release", one(callback.release(claim(&held), Release::default(), &machine, now))),
        ("  overtaken", one(callback.release(claim(&overtaken), Release::default(), &machine, now))),
        ("expire_lease", one(callback.expire_lease(&machine, now))),
        ("fail_attempt, BUSY", fail(DialResult::Busy)),
        ("  CONGESTION", fail(DialResult::Congestion)),
        ("  CONNECTED", fail(DialResult::Connected)),
        ("  NUMBER_BLOCKED", fail(DialResult::NumberBlocked)),
        (
            "  overtaken",
            one(callback.fail_attempt(claim(&overtaken), DialResult::Busy, always(&policy), &machine, now)),
        ),
        ("connect", one(callback.connect(claim(&held), &machine, now))),
        ("  overtaken", one(callback.connect(claim(&overtaken), &machine, now))),
        ("  wrong token", one(callback.connect(claim(&stolen), &machine, now))),
        ("finish", finish(None)),
        ("  FAIL_AGENT_CONNECT", finish("FAIL_AGENT_CONNECT".parse().ok())),
        ("  CANCELLED", finish(Some(ResultCode::CANCELLED))),
        ("  overtaken", one(callback.finish(claim(&overtaken), None, None, &machine, now))),
        ("cancel, a person", one(callback.cancel(&person, now))),
        ("cancel, a key", one(callback.cancel(&machine, now))),
        ("request_cancellation", one(callback.request_cancellation(at(10), None, &person, now))),
        ("undo_cancellation", one(callback.undo_cancellation(&person, now))),
        ("effect_cancellation", one(callback.effect_cancellation(now))),
        ("requeue", one(callback.requeue(&person, now))),
        ("close", one(callback.close(ResultCode::AGENT_CONNECTED, String::new(), &person, now))),
        ("expire", one(callback.expire(&machine, now))),
        ("recreate", callback.recreate(request(2, None), &person, now).map(|(old, new)| vec![old, new])),
    ]
}

fn cell(outcome: &Outcome) -> String {
    let after = |transition: &Transition| {
        let name = transition.callback.state.name();
        match &transition.callback.state {
            State::Completed(completion) => format!("{name} ({})", completion.result),
            State::Queued(queued) => queued.retry_at.map_or(name.to_string(), |retry_at| {
                format!("{name}, retry in {} s", retry_at.seconds_since(at(0)))
            }),
            _ => name.to_string(),
        }
    };
    match outcome {
        Ok(transitions) => transitions.iter().map(after).collect::<Vec<_>>().join(" + "),
        Err(refusal) => format!("- {refusal:?}"),
    }
}

/// One line for each row; columns as wide as their widest cell.
fn render(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:0$}", width(column)));
        cells.collect::<Vec<_>>().join(" | ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn table(state: &str, situations: &[(&str, Life)]) -> String {
    let mut rows = vec![vec![state.to_owned()]];
    for (situation, life) in situations {
        assert_eq!(life.0.state.name().as_str(), state, "{situation}");
        rows[0].push((*situation).to_owned());
        for (index, (command, outcome)) in commands(&life.0).iter().enumerate() {
            if rows.len() == index + 1 {
                rows.push(vec![(*command).to_owned()]);
            }
            rows[index + 1].push(cell(outcome));
        }
    }
    render(&rows)
}

#[test]
fn every_command_in_every_state_does_what_was_reviewed() {
    let tables = situations().map(|(state, situations)| table(state, &situations));
    insta::assert_snapshot!(tables.join("\n"));
}
