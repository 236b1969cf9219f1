//! Concurrent commands: exactly one succeeds, and the records agree.

use std::cmp::Reverse;
use std::collections::HashSet;

use futures_util::future::{join, join_all};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_api::command::attempts::{self, AttemptReport, Report};
use ringback_api::command::callbacks::{self as commands, Target};
use ringback_api::command::{Audit, Expected, Tx};
use ringback_api::error::Error;
use ringback_api::store::idempotency::IdempotencyKey;
use ringback_api::store::{callbacks, queue, timeline};
use ringback_api::worker::{leases, submitter};
use ringback_domain::callback::Callback;
use ringback_domain::callback::action::Action;
use ringback_domain::callback::state::Reservation;
use ringback_domain::callback::transition::{Refusal, Release};
use ringback_domain::wire::callback::{CancelCallback, RecreateCallback, RescheduleCallback};
use ringback_domain::{Actor, CallbackType, DialResult, StateName, VisibleServices};
use ringback_tests::{Backend, figure, size};
use rstest::rstest;

use crate::store_setup::{CallbackSpec, Cluster, dialler, person, run};

/// Races that run at the same time.
const CONCURRENT_RACES: usize = 32;

/// How often two commands race: enough to see every order, in under a minute.
fn rounds(backend: Backend) -> usize {
    match backend {
        Backend::Sqlite => size(2_000, 10_000),
        Backend::Postgres => size(1_000, 10_000),
    }
}

fn reservation(callback: &Callback) -> Reservation {
    callback.state.reservation().unwrap().clone()
}

/// The command of the two that succeeded; the other was refused.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Winner {
    First,
    Second,
}

/// Returns the winner of two commands and the loser's error.
fn winner(outcomes: (Result<(), Error>, Result<(), Error>)) -> (Winner, Error) {
    match outcomes {
        (Ok(()), Err(error)) => (Winner::First, error),
        (Err(error), Ok(())) => (Winner::Second, error),
        other => panic!("one of the two has to win: {other:?}"),
    }
}

fn report_of(callback: &Callback, report: Report) -> AttemptReport {
    let reservation = reservation(callback);
    AttemptReport { attempt_id: reservation.attempt_id, lease_token: reservation.lease_token, report }
}

async fn connect(cluster: &Cluster, node: usize, callback: &Callback) -> Result<(), Error> {
    let report = report_of(callback, Report::Connected);
    let connect = async move |tx: &mut Tx<'_>| attempts::report(tx, &report).await.map(drop);
    run(&cluster.nodes[node], &dialler(), connect).await
}

async fn cancel(
    cluster: &Cluster,
    node: usize,
    callback: &Callback,
    expected: Expected,
) -> Result<(), Error> {
    let target = Target { id: callback.id, expected };
    let cancel =
        async move |tx: &mut Tx<'_>| commands::cancel(tx, target, CancelCallback::default()).await.map(drop);
    run(&cluster.nodes[node], &person(), cancel).await
}

async fn reschedule(cluster: &Cluster, node: usize, callback: &Callback) -> Result<(), Error> {
    let target = Target { id: callback.id, expected: Expected::Any };
    let reschedule = async move |tx: &mut Tx<'_>| {
        let later = Some(tx.now().plus_seconds(3_600));
        let body = RescheduleCallback { desired_time: later, ..RescheduleCallback::default() };
        commands::reschedule(tx, target, &body).await.map(drop)
    };
    run(&cluster.nodes[node], &person(), reschedule).await
}

/// Submits one callback as the scheduler does.
async fn submit(cluster: &Cluster, node: usize, callback: &Callback) -> Result<(), Error> {
    let id = callback.id;
    let submit = async move |tx: &mut Tx<'_>| {
        let found = callbacks::find(tx.read(), id, &VisibleServices::All).await?.unwrap();
        let submitted = found
            .submit(0, &Actor::system("scheduler"), tx.now())
            .map_err(|refusal| Error::refused(refusal, &found))?;
        tx.save(submitted);
        Ok(())
    };
    run(&cluster.nodes[node], &dialler(), submit).await
}

async fn recreate(cluster: &Cluster, node: usize, callback: &Callback) -> Result<(), Error> {
    let target = Target { id: callback.id, expected: Expected::Any };
    let body = RecreateCallback {
        callback_type: CallbackType::Immediate,
        service_id: None,
        customer_number: None,
        desired_time: None,
        desired_local: None,
        time_zone: None,
        fold: None,
        hold: None,
        outside_hours_confirmed: false,
    };
    let recreate = async move |tx: &mut Tx<'_>| commands::recreate(tx, target, &body).await.map(drop);
    cluster.nodes[node].commands.change(Audit::None, &person(), recreate).await
}

/// Races two commands for each callback, from either node and in either order.
/// Returns the winner and the loser's error for each.
async fn race<'w>(
    cluster: &'w Cluster,
    callbacks: &[Callback],
    first: impl AsyncFn(&'w Cluster, usize, &Callback) -> Result<(), Error>,
    second: impl AsyncFn(&'w Cluster, usize, &Callback) -> Result<(), Error>,
) -> Vec<(Winner, Error)> {
    let mut results = Vec::new();
    for (round, chunk) in callbacks.chunks(CONCURRENT_RACES).enumerate() {
        let races = chunk.iter().enumerate().map(async |(number, callback)| {
            // Half of the races are within one node.
            let nodes = if (round + number / 2) % 2 == 0 { (0, 1) } else { (0, 0) };
            // The command that starts first often wins.
            if number % 2 == 0 {
                join(first(cluster, nodes.0, callback), second(cluster, nodes.1, callback)).await
            } else {
                let (second, first) =
                    join(second(cluster, nodes.1, callback), first(cluster, nodes.0, callback)).await;
                (first, second)
            }
        });
        results.extend(join_all(races).await.into_iter().map(winner));
    }
    results
}

/// Each command won at least once: otherwise there was no race.
fn both_won(results: &[(Winner, Error)]) {
    for winner in [Winner::First, Winner::Second] {
        assert!(results.iter().any(|(one, _)| *one == winner), "{winner:?} never won");
    }
}

#[rstest]
#[actix_web::test]
async fn sixty_four_routers_reserve_each_callback_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let count = size(10_000, 20_000);
    let mut rng = StdRng::seed_from_u64(64);
    let specs: Vec<CallbackSpec> = (0..count)
        .map(|_| CallbackSpec {
            service: cluster.services[rng.random_range(0..2)],
            due: cluster.now().plus_seconds(-rng.random_range(0..3_600)),
            priority: rng.random_range(-5..=5),
        })
        .collect();
    let created: HashSet<_> =
        cluster.create(&specs, StateName::Queued).await.iter().map(|one| one.id).collect();
    let routers = (0..64).map(async |number: usize| {
        let agent = format!("agent-{number}");
        let mut taken = Vec::new();
        loop {
            let part = cluster.reserve(number % 2, &agent, 1 + number % 25).await;
            if part.is_empty() {
                return taken;
            }
            assert!(part.iter().all(|callback| reservation(callback).agent == agent));
            taken.extend(part);
        }
    });
    let taken: Vec<Callback> = join_all(routers).await.into_iter().flatten().collect();

    let ids: HashSet<_> = taken.iter().map(|callback| callback.id).collect();
    let tokens: HashSet<_> = taken.iter().map(|callback| reservation(callback).lease_token).collect();
    assert_eq!((taken.len(), tokens.len()), (count, count));
    assert_eq!(ids, created);
    figure(format_args!("{count} callbacks on {backend:?}, each reserved once"));
    let mut conn = cluster.nodes[0].store.read().await.unwrap();
    assert!(!queue::has_ready(&mut conn, &cluster.services, cluster.now()).await.unwrap());
    for callback in taken.iter().step_by(100) {
        let attempts = timeline::attempts(&mut conn, callback.id).await.unwrap();
        assert_eq!(attempts.len(), 1);
        assert_eq!(attempts[0].id, reservation(callback).attempt_id);
    }
    drop(conn);
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn callbacks_are_reserved_by_priority_and_then_by_arrival(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let mut rng = StdRng::seed_from_u64(7);
    let specs: Vec<CallbackSpec> = (0..600)
        .map(|_| CallbackSpec {
            service: cluster.services[rng.random_range(0..2)],
            due: cluster.now().plus_seconds(-rng.random_range(0..50)),
            priority: rng.random_range(-2..=2),
        })
        .collect();
    let mut expected = cluster.create(&specs, StateName::Queued).await;
    expected.sort_by_key(|one| (Reverse(one.request.priority), one.queue_arrival, one.id));
    let mut taken = Vec::new();
    loop {
        let part = cluster.reserve(0, "agent-1", 7).await;
        if part.is_empty() {
            break;
        }
        taken.extend(part.into_iter().map(|callback| callback.id));
    }
    assert_eq!(taken, expected.into_iter().map(|callback| callback.id).collect::<Vec<_>>());
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn an_expired_lease_cannot_be_used_after_it_was_released(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    cluster.create_in_state(1, StateName::Queued).await;
    let before = cluster.reserve(0, "slow", 1).await.remove(0);
    cluster.clock.advance_seconds(30);
    assert_eq!(leases::round(&cluster.nodes[1].workers).await.unwrap(), 1);
    // The old token is invalid once the callback is queued again, and after
    // another agent has reserved it.
    for reserved_again in [false, true] {
        if reserved_again {
            assert_eq!(cluster.reserve(1, "quick", 1).await.len(), 1);
        }
        let unchanged = (cluster.find(before.id).await, cluster.timeline(before.id).await);
        let reports = [
            Report::Connected,
            Report::Released(Release::default()),
            Report::Failed(DialResult::Busy),
            Report::Completed { result: None, disposition: None },
        ];
        for report in reports {
            let (context, report) = (format!("{report:?}"), report_of(&before, report));
            let report = async move |tx: &mut Tx<'_>| attempts::report(tx, &report).await.map(drop);
            let outcome = run(&cluster.nodes[0], &dialler(), report).await;
            assert!(matches!(outcome, Err(Error::LeaseLost)), "{context}: {outcome:?}");
        }
        let reservation = reservation(&before);
        let extend = async move |tx: &mut Tx<'_>| {
            attempts::extend(tx, reservation.attempt_id, &reservation.lease_token, 30).await.map(drop)
        };
        let extended = cluster.nodes[0].commands.change(Audit::None, &dialler(), extend).await;
        assert!(matches!(extended, Err(Error::LeaseLost)), "{extended:?}");
        assert_eq!((cluster.find(before.id).await, cluster.timeline(before.id).await), unchanged);
    }
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn a_callback_is_cancelled_or_connected_but_never_both(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    cluster.create_in_state(rounds(backend), StateName::Queued).await;
    let mut reserved = Vec::new();
    while reserved.len() < rounds(backend) {
        reserved.extend(cluster.reserve(0, "agent-1", 250).await);
    }
    let results = race(
        &cluster,
        &reserved,
        async |cluster, node, callback| cancel(cluster, node, callback, Expected::Any).await,
        connect,
    )
    .await;
    both_won(&results);
    for (callback, (winner, error)) in reserved.iter().zip(results) {
        let mut actions = cluster.actions(callback.id).await;
        let last = actions.pop().unwrap();
        assert_eq!(actions, [Action::Created, Action::Submitted, Action::Reserved]);
        let now = cluster.find(callback.id).await.state.name();
        match winner {
            Winner::First => {
                assert!(matches!(error, Error::LeaseLost), "{error:?}");
                assert_eq!((last, now), (Action::Cancelled, StateName::Completed));
            }
            Winner::Second => {
                let refused = matches!(
                    error,
                    Error::Refused {
                        refusal: Refusal::State(StateName::Processing),
                        state: StateName::Processing,
                        version: 4
                    }
                );
                assert!(refused, "{error:?}");
                assert_eq!((last, now), (Action::Connected, StateName::Processing));
            }
        }
    }
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn of_two_cancellations_one_succeeds_and_the_other_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let queued = cluster.create_in_state(rounds(backend), StateName::Queued).await;
    let results = race(
        &cluster,
        &queued,
        async |cluster, node, callback| cancel(cluster, node, callback, Expected::Any).await,
        async |cluster, node, callback| cancel(cluster, node, callback, Expected::Version(2)).await,
    )
    .await;
    both_won(&results);
    for (callback, (winner, error)) in queued.iter().zip(results) {
        assert_eq!(
            cluster.actions(callback.id).await,
            [Action::Created, Action::Submitted, Action::Cancelled]
        );
        let refused = match winner {
            // The second named the version that it had read.
            Winner::First => {
                matches!(error, Error::Stale { state: Some(StateName::Completed), version: 3 })
            }
            Winner::Second => matches!(error, Error::Refused { state: StateName::Completed, version: 3, .. }),
        };
        assert!(refused, "{winner:?}: {error:?}");
    }
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn a_due_callback_is_rescheduled_or_submitted_but_never_both(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let due = cluster.create_in_state(rounds(backend), StateName::Scheduled).await;
    let (half, rest) = due.split_at(due.len() / 2);
    let results = race(&cluster, half, reschedule, submit).await;
    both_won(&results);
    for (callback, (winner, error)) in half.iter().zip(results) {
        let actions = cluster.actions(callback.id).await;
        match winner {
            Winner::First => {
                assert_eq!(actions, [Action::Created, Action::Rescheduled]);
                assert!(matches!(error, Error::Refused { refusal: Refusal::NotDue, .. }), "{error:?}");
            }
            Winner::Second => {
                assert_eq!(actions, [Action::Created, Action::Submitted]);
                let refused = matches!(error, Error::Refused { state: StateName::Queued, version: 2, .. });
                assert!(refused, "{error:?}");
            }
        }
    }
    // The same with the worker, which submits many callbacks in one round.
    let moves = join_all(rest.iter().enumerate().map(|(number, one)| reschedule(&cluster, number % 2, one)));
    let work = async { while submitter::round(&cluster.nodes[1].workers).await.unwrap() > 0 {} };
    let (moves, ()) = join(moves, work).await;
    while submitter::round(&cluster.nodes[0].workers).await.unwrap() > 0 {}
    for (callback, moved) in rest.iter().zip(moves) {
        let actions = cluster.actions(callback.id).await;
        let expected = if moved.is_ok() { Action::Rescheduled } else { Action::Submitted };
        assert_eq!(actions, [Action::Created, expected], "{moved:?}");
    }
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn a_finished_callback_is_recreated_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let completed = cluster.create_in_state(rounds(backend), StateName::Completed).await;
    let results = race(&cluster, &completed, recreate, recreate).await;
    both_won(&results);
    let mut recreations = HashSet::new();
    for (callback, (_, error)) in completed.iter().zip(results) {
        let refused = matches!(
            error,
            Error::Refused { refusal: Refusal::NotRecreatable, state: StateName::Completed, version: 3 }
        );
        assert!(refused, "{error:?}");
        let actions = cluster.actions(callback.id).await;
        assert_eq!(actions, [Action::Created, Action::Cancelled, Action::Recreated]);
        let recreation = cluster.find(callback.id).await.recreated_as.unwrap();
        assert!(recreations.insert(recreation));
        assert_eq!(cluster.actions(recreation).await, [Action::Created]);
        assert_eq!(cluster.find(recreation).await.recreated_from, Some(callback.id));
    }
    cluster.clock.advance_seconds(1);
    let mut submitted = 0;
    loop {
        match submitter::round(&cluster.nodes[0].workers).await.unwrap() {
            0 => break,
            some => submitted += some,
        }
    }
    assert_eq!(submitted, completed.len() as u64, "each callback has one new record");
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn a_hundred_requests_with_one_key_have_one_effect(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let spec =
        CallbackSpec { service: cluster.services[0], due: cluster.now().plus_seconds(60), priority: 0 };
    let template = cluster.scheduled(&[spec]).await.remove(0);
    let key = IdempotencyKey { owner: "api_key:1".into(), key: "once".into(), fingerprint: vec![1, 2, 3] };
    let create = async |number: usize| {
        let app = &cluster.nodes[number % 2];
        loop {
            let template = template.clone();
            let work = async move |tx: &mut Tx<'_>| {
                let new = ringback_domain::callback::transition::NewCallback {
                    id: ringback_domain::CallbackId(tx.new_id()),
                    request: template.request.clone(),
                    desired_time: Some(template.desired_time.into()),
                    desired_window_seconds: 120,
                };
                let created = Callback::schedule(new, tx.actor(), tx.now()).unwrap();
                Ok(tx.save(created).id.to_string())
            };
            match app.commands.save(Audit::None, Some(key.clone()), &person(), work).await {
                Err(Error::InFlight) => tokio::task::yield_now().await,
                other => return other.unwrap(),
            }
        }
    };
    let answers: HashSet<String> = join_all((0..100).map(create)).await.into_iter().collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let id = answers.into_iter().next().unwrap().parse().unwrap();
    assert_eq!(cluster.actions(id).await, [Action::Created]);
    cluster.clock.advance_seconds(61);
    assert_eq!(submitter::round(&cluster.nodes[0].workers).await.unwrap(), 2, "the template and one more");
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn workers_of_two_nodes_submit_and_release_each_callback_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let due = cluster.create_in_state(3_000, StateName::Scheduled).await;
    let work = async |node: usize| {
        let (app, mut done) = (&cluster.nodes[node % 2], 0);
        loop {
            done += submitter::round(&app.workers).await.unwrap();
            let next = queue::next_due(&mut app.store.read().await.unwrap()).await.unwrap();
            if next.is_none() {
                return done;
            }
        }
    };
    assert_eq!(join_all((0..4).map(work)).await.into_iter().sum::<u64>(), 3_000);
    while !cluster.reserve(0, "agent-1", 500).await.is_empty() {}
    cluster.clock.advance_seconds(31);
    let release = async |node: usize| {
        let (app, mut done) = (&cluster.nodes[node % 2], 0);
        loop {
            done += leases::round(&app.workers).await.unwrap();
            let next = queue::next_lease_end(&mut app.store.read().await.unwrap()).await.unwrap();
            if next.is_none() {
                return done;
            }
        }
    };
    assert_eq!(join_all((0..4).map(release)).await.into_iter().sum::<u64>(), 3_000);
    for callback in due {
        let actions = cluster.actions(callback.id).await;
        assert_eq!(actions, [Action::Created, Action::Submitted, Action::Reserved, Action::LeaseExpired]);
    }
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn of_writers_that_name_one_version_one_succeeds(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let spec =
        CallbackSpec { service: cluster.services[0], due: cluster.now().plus_seconds(60), priority: 0 };
    let id = cluster.scheduled(&[spec]).await[0].id;
    let writer = async |number: usize| {
        let mut successes = 0;
        for _ in 0..size(10, 100) {
            let expected = Expected::Version(cluster.find(id).await.version);
            let work = async move |tx: &mut Tx<'_>| {
                let later = Some(tx.now().plus_seconds(3_600));
                let body = RescheduleCallback { desired_time: later, ..RescheduleCallback::default() };
                commands::reschedule(tx, Target { id, expected }, &body).await.map(drop)
            };
            match run(&cluster.nodes[number % 2], &person(), work).await {
                Ok(()) => successes += 1,
                Err(Error::Stale { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        successes
    };
    let successes: i64 = join_all((0..64).map(writer)).await.into_iter().sum();
    figure(format_args!("{backend:?}: {successes} of {} updates", 64 * size(10, 100)));
    assert_eq!(cluster.find(id).await.version, 1 + successes);
    cluster.close().await;
}
