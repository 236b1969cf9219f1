//! Random lives of callbacks: commands one after the other, and what became of each.

use proptest::prelude::*;
use ringback_domain::callback::action::Action;
use ringback_domain::callback::state::Reservation;
use ringback_domain::callback::transition::{Entry, Refusal, Release, Transition};
use ringback_domain::dial::RetryPolicy;
use ringback_domain::service::LatePolicy;
use ringback_domain::{Actor, AttemptId, Callback, DialResult, ResultCode, Timestamp};

use crate::common::{claim, machine, request, reservation};
use crate::usual::{always, at, person, plain_policy, wall_time};

pub(crate) const DAY: i64 = 86_400;

/// How long an agent who gave a callback back is offered others.
pub(crate) const PAUSE: u32 = 300;

/// By what appointments go before others.
pub(crate) const LEAD: u32 = 3_600;

/// A command, with whatever it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    Reschedule { ahead: i64 },
    FollowClocks { ahead: i64 },
    Submit,
    SubmitLate(LatePolicy),
    RollForward { ahead: i64 },
    FailClosed,
    BlockNumber,
    Requeue,
    Close(ResultCode),
    Reserve { lease: i64 },
    Release(Proof),
    ExpireLease,
    FailAttempt(Proof, DialResult),
    Connect(Proof),
    Finish(Proof, Option<ResultCode>),
    Cancel,
    RequestCancellation { ahead: i64 },
    UndoCancellation,
    EffectCancellation,
    Expire,
    Recreate,
}

/// What a router shows for holding an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Proof {
    /// The reservation handed out last.
    Last,
    /// One handed out so many before.
    Earlier(usize),
    /// The attempt handed out last, with another token.
    Forged,
}

#[derive(Clone, Debug)]
struct Step {
    /// How far the clock moves before the command.
    wait: i64,
    by_person: bool,
    command: Command,
}

/// A command, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) command: Command,
    /// The attempt for which the command has proof; none if it has none.
    pub(crate) proven: Option<AttemptId>,
    pub(crate) actor: Actor,
    pub(crate) now: Timestamp,
    pub(crate) before: Callback,
    pub(crate) outcome: Result<Change, Refusal>,
}

#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) after: Callback,
    pub(crate) entry: Entry,
    /// The new record, where it was recreated.
    pub(crate) repeat: Option<Transition>,
}

#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) policy: RetryPolicy,
    pub(crate) born: Transition,
    pub(crate) moments: Vec<Moment>,
}

impl Life {
    /// The moments at which something changed.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (&Moment, &Change)> {
        self.moments.iter().filter_map(|moment| Some((moment, moment.outcome.as_ref().ok()?)))
    }

    /// The callback after each change, from its beginning.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &Callback> {
        std::iter::once(&self.born.callback).chain(self.changes().map(|(_, change)| &change.after))
    }

    /// Each change, with the attempt that is open before it as the timeline
    /// tells it, not as the callback itself does.
    pub(crate) fn changes_with_open_attempt(&self) -> Vec<(&Moment, &Change, Option<AttemptId>)> {
        let mut open = None;
        let mut changes = Vec::new();
        for (moment, change) in self.changes() {
            changes.push((moment, change, open));
            open = match change.entry.action {
                Action::Reserved => change.entry.detail.attempt_id,
                Action::Connected => open,
                _ => None,
            };
        }
        changes
    }
}

fn live(desired_in: Option<i64>, retries: RetryPolicy, steps: Vec<Step>) -> Life {
    let mut now = at(0);
    let new = request(0, desired_in.map(|seconds| now.plus_seconds(seconds)));
    let born = Callback::schedule(new, &person(), now).expect("its time lies ahead");
    let mut callback = born.callback.clone();
    let mut handed_out: Vec<Reservation> = Vec::new();
    let mut moments = Vec::new();
    for (id, step) in (1..).zip(steps) {
        now = now.plus_seconds(step.wait);
        let actor = if step.by_person { person() } else { machine() };
        let shown = shown(step.command, &handed_out);
        let genuine = shown.as_ref().is_some_and(|shown| handed_out.contains(shown));
        let shown = shown.unwrap_or_else(|| reservation(u128::MAX, now, 0));
        let proof = claim(&shown);
        let mut repeat = None;
        let result = match step.command {
            Command::Reschedule { ahead } => callback.reschedule(now.plus_seconds(ahead), &actor, now),
            Command::FollowClocks { ahead } => {
                callback.follow_clocks(now.plus_seconds(ahead), wall_time("2026b"), &actor, now)
            }
            Command::Submit => callback.submit(LEAD, &actor, now),
            Command::SubmitLate(policy) => callback.submit_late(policy, LEAD, &actor, now),
            Command::RollForward { ahead } => callback.roll_forward(now.plus_seconds(ahead), &actor, now),
            Command::FailClosed => callback.fail_closed(&actor, now),
            Command::BlockNumber => callback.block_number("rule", &actor, now),
            Command::Requeue => callback.requeue(&actor, now),
            Command::Close(result) => callback.close(result, String::new(), &actor, now),
            Command::Reserve { lease } => callback.reserve(reservation(id, now, lease), &actor, now),
            Command::Release(_) => {
                callback.release(proof, Release { reason: None, pause_seconds: PAUSE }, &actor, now)
            }
            Command::ExpireLease => callback.expire_lease(&actor, now),
            Command::FailAttempt(_, result) => {
                callback.fail_attempt(proof, result, always(&retries), &actor, now)
            }
            Command::Connect(_) => callback.connect(proof, &actor, now),
            Command::Finish(_, result) => callback.finish(proof, result, None, &actor, now),
            Command::Cancel => callback.cancel(&actor, now),
            Command::RequestCancellation { ahead } => {
                callback.request_cancellation(now.plus_seconds(ahead), None, &actor, now)
            }
            Command::UndoCancellation => callback.undo_cancellation(&actor, now),
            Command::EffectCancellation => callback.effect_cancellation(now),
            Command::Expire => callback.expire(&actor, now),
            Command::Recreate => callback.recreate(request(id, None), &actor, now).map(|(old, new)| {
                repeat = Some(new);
                old
            }),
        };
        let before = callback.clone();
        let outcome = result.map(|transition| {
            callback = transition.callback;
            handed_out.extend((transition.entry.action == Action::Reserved).then(|| {
                callback.state.reservation().expect("a reserved callback has its reservation").clone()
            }));
            Change { after: callback.clone(), entry: transition.entry, repeat }
        });
        let proven = genuine.then_some(shown.attempt_id);
        moments.push(Moment { command: step.command, proven, actor, now, before, outcome });
    }
    Life { policy: retries, born, moments }
}

/// The reservation that the command shows, if any was handed out so far.
fn shown(command: Command, handed_out: &[Reservation]) -> Option<Reservation> {
    let (Command::Release(proof)
    | Command::FailAttempt(proof, _)
    | Command::Connect(proof)
    | Command::Finish(proof, _)) = command
    else {
        return None;
    };
    let mut latest_first = handed_out.iter().rev().cloned();
    match proof {
        Proof::Last => latest_first.next(),
        Proof::Earlier(count) => latest_first.nth(count),
        Proof::Forged => latest_first
            .next()
            .map(|last| Reservation { lease_token: format!("not {}", last.lease_token), ..last }),
    }
}

prop_compose! {
    fn proofs()(proof in prop_oneof![
        6 => Just(Proof::Last),
        2 => (1..4_usize).prop_map(Proof::Earlier),
        1 => Just(Proof::Forged),
    ]) -> Proof {
        proof
    }
}

/// Endings are rare, so that most lives get far.
fn commands() -> impl Strategy<Value = Command> {
    let results = prop_oneof![
        Just(None),
        Just(Some(ResultCode::CANCELLED)),
        Just("FAIL_ERROR".parse::<ResultCode>().ok()),
    ];
    let dials = prop_oneof![4 => Just(DialResult::NoAnswer), 1 => Just(DialResult::Congestion)];
    prop_oneof![
        6 => prop_oneof![9 => 1..2 * DAY, 1 => -60..1_i64].prop_map(|ahead| Command::Reschedule { ahead }),
        1 => (-7200..7200_i64).prop_map(|ahead| Command::FollowClocks { ahead }),
        10 => Just(Command::Submit),
        12 => (0..120_i64).prop_map(|lease| Command::Reserve { lease }),
        2 => prop_oneof![Just(LatePolicy::Make), Just(LatePolicy::Ask), Just(LatePolicy::Close)]
            .prop_map(Command::SubmitLate),
        1 => (1..DAY).prop_map(|ahead| Command::RollForward { ahead }),
        1 => Just(Command::FailClosed),
        1 => Just(Command::BlockNumber),
        2 => Just(Command::Requeue),
        1 => prop_oneof![Just(ResultCode::AGENT_CONNECTED), Just(ResultCode::CANCELLED)].prop_map(Command::Close),
        6 => proofs().prop_map(Command::Release),
        6 => Just(Command::ExpireLease),
        8 => (proofs(), dials).prop_map(|(proof, result)| Command::FailAttempt(proof, result)),
        8 => proofs().prop_map(Command::Connect),
        6 => (proofs(), results).prop_map(|(proof, result)| Command::Finish(proof, result)),
        1 => Just(Command::Cancel),
        3 => (1..60_i64).prop_map(|ahead| Command::RequestCancellation { ahead }),
        6 => Just(Command::UndoCancellation),
        1 => Just(Command::EffectCancellation),
        3 => Just(Command::Expire),
        3 => Just(Command::Recreate),
    ]
}

pub(crate) fn lives() -> impl Strategy<Value = Life> {
    let wait = prop_oneof![
        8 => 0..90_i64,
        4 => 200..700_i64,
        2 => -3_600..0_i64,
        2 => 0..2 * DAY,
        1 => Just(20 * DAY),
    ];
    let step = (wait, any::<bool>(), commands()).prop_map(|(wait, by_person, command)| Step {
        wait,
        by_person,
        command,
    });
    let policy = (1..5_u32, 1..600_u32)
        .prop_map(|(max_attempts, gap_seconds)| plain_policy(max_attempts, gap_seconds));
    let desired_in = proptest::option::of(1..2 * DAY);
    (desired_in, policy, prop::collection::vec(step, 0..60))
        .prop_map(|(desired_in, policy, steps)| live(desired_in, policy, steps))
}
