//! Many at once: exactly one wins, and the records say so.

use std::cmp::Reverse;
use std::collections::HashSet;

use futures_util::future::{join, join_all};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_api::command::attempts::{self, AttemptReport, Report};
use ringback_api::command::callbacks::{self as commands, Target};
use ringback_api::command::{Expected, Tx};
use ringback_api::error::Error;
use ringback_api::store::idempotency::IdempotencyKey;
use ringback_api::store::{callbacks, queue, timeline};
use ringback_api::worker::{leases, submitter};
use ringback_domain::callback::Callback;
use ringback_domain::callback::action::Action;
use ringback_domain::callback::state::Reservation;
use ringback_domain::callback::transition::Refusal;
use ringback_domain::wire::callback::RecreateCallback;
use ringback_domain::{Actor, CallbackType, DialResult, StateName, VisibleServices};
use ringback_tests::Backend;
use rstest::rstest;

use crate::store_setup::{Wish, World, dialler, person, run};

/// Duels that go on at the same time.
const AT_ONCE: usize = 32;

/// How often two commands race: enough to meet every order, in under a minute.
const fn rounds(backend: Backend) -> usize {
    match backend {
        Backend::Sqlite => 2_000,
        Backend::Postgres => 1_000,
    }
}

fn held(callback: &Callback) -> Reservation {
    callback.state.reservation().unwrap().clone()
}

/// Which of two commands had its way: the other was refused because of it.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Winner {
    First,
    Second,
}

/// Tells the winner from two outcomes, and gives the loser's error.
fn winner(outcomes: (Result<(), Error>, Result<(), Error>)) -> (Winner, Error) {
    match outcomes {
        (Ok(()), Err(error)) => (Winner::First, error),
        (Err(error), Ok(())) => (Winner::Second, error),
        other => panic!("one of the two has to win: {other:?}"),
    }
}

fn report_of(callback: &Callback, report: Report) -> AttemptReport {
    let held = held(callback);
    AttemptReport { attempt_id: held.attempt_id, lease_token: held.lease_token, report }
}

async fn connect(world: &World, node: usize, callback: &Callback) -> Result<(), Error> {
    let report = report_of(callback, Report::Connected);
    let connect = async move |tx: &mut Tx<'_>| attempts::report(tx, &report).await.map(drop);
    run(&world.nodes[node], &dialler(), connect).await
}

async fn cancel(world: &World, node: usize, callback: &Callback, expected: Expected) -> Result<(), Error> {
    let target = Target { id: callback.id, expected };
    let cancel = async move |tx: &mut Tx<'_>| commands::cancel(tx, target).await.map(drop);
    run(&world.nodes[node], &person(), cancel).await
}

async fn reschedule(world: &World, node: usize, callback: &Callback) -> Result<(), Error> {
    let target = Target { id: callback.id, expected: Expected::Any };
    let reschedule = async move |tx: &mut Tx<'_>| {
        let later = tx.now().plus_seconds(3_600);
        commands::reschedule(tx, target, later).await.map(drop)
    };
    run(&world.nodes[node], &person(), reschedule).await
}

/// What the scheduler does, for one callback.
async fn submit(world: &World, node: usize, callback: &Callback) -> Result<(), Error> {
    let id = callback.id;
    let submit = async move |tx: &mut Tx<'_>| {
        let found = callbacks::find(tx.read(), id, &VisibleServices::All).await?.unwrap();
        let moved = found
            .submit(&Actor::system("scheduler"), tx.now())
            .map_err(|refusal| Error::refused(refusal, &found))?;
        tx.save(moved);
        Ok(())
    };
    run(&world.nodes[node], &dialler(), submit).await
}

async fn recreate(world: &World, node: usize, callback: &Callback) -> Result<(), Error> {
    let target = Target { id: callback.id, expected: Expected::Any };
    let body = RecreateCallback {
        callback_type: CallbackType::Immediate,
        service_id: None,
        customer_number: None,
        desired_time: None,
    };
    let recreate = async move |tx: &mut Tx<'_>| commands::recreate(tx, target, &body).await.map(drop);
    world.nodes[node].commands.change(&person(), recreate).await
}

/// Races two commands for each callback, from either node and in either order,
/// and gives the winner and the loser's error of each.
async fn race<'w>(
    world: &'w World,
    callbacks: &[Callback],
    first: impl AsyncFn(&'w World, usize, &Callback) -> Result<(), Error>,
    second: impl AsyncFn(&'w World, usize, &Callback) -> Result<(), Error>,
) -> Vec<(Winner, Error)> {
    let mut results = Vec::new();
    for (round, chunk) in callbacks.chunks(AT_ONCE).enumerate() {
        let duels = chunk.iter().enumerate().map(async |(number, callback)| {
            // Half of the duels are within one node.
            let nodes = if (round + number / 2) % 2 == 0 { (0, 1) } else { (0, 0) };
            // Whoever is asked first is often first.
            if number % 2 == 0 {
                join(first(world, nodes.0, callback), second(world, nodes.1, callback)).await
            } else {
                let (second, first) =
                    join(second(world, nodes.1, callback), first(world, nodes.0, callback)).await;
                (first, second)
            }
        });
        results.extend(join_all(duels).await.into_iter().map(winner));
    }
    results
}

/// Each of the two won sometimes: otherwise nothing was raced.
fn both_won(results: &[(Winner, Error)]) {
    for winner in [Winner::First, Winner::Second] {
        assert!(results.iter().any(|(one, _)| *one == winner), "{winner:?} never won");
    }
}

#[rstest]
#[actix_web::test]
async fn sixty_four_routers_hand_out_ten_thousand_callbacks_once_each(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let mut dice = StdRng::seed_from_u64(64);
    let wishes: Vec<Wish> = (0..10_000)
        .map(|_| Wish {
            service: world.services[dice.random_range(0..2)],
            due: world.now().plus_seconds(-dice.random_range(0..3_600)),
            priority: dice.random_range(-5..=5),
        })
        .collect();
    let made: HashSet<_> = world.make(&wishes, StateName::Queued).await.iter().map(|one| one.id).collect();
    let routers = (0..64).map(async |number: usize| {
        let agent = format!("agent-{number}");
        let mut taken = Vec::new();
        loop {
            let part = world.reserve(number % 2, &agent, 1 + number % 25).await;
            if part.is_empty() {
                return taken;
            }
            assert!(part.iter().all(|callback| held(callback).agent == agent));
            taken.extend(part);
        }
    });
    let taken: Vec<Callback> = join_all(routers).await.into_iter().flatten().collect();

    let ids: HashSet<_> = taken.iter().map(|callback| callback.id).collect();
    let tokens: HashSet<_> = taken.iter().map(|callback| held(callback).lease_token).collect();
    assert_eq!((taken.len(), tokens.len()), (10_000, 10_000));
    assert_eq!(ids, made);
    let mut conn = world.nodes[0].store.read().await.unwrap();
    assert!(!queue::has_ready(&mut conn, &world.services, world.now()).await.unwrap());
    for callback in taken.iter().step_by(100) {
        let attempts = timeline::attempts(&mut conn, callback.id).await.unwrap();
        assert_eq!(attempts.len(), 1);
        assert_eq!(attempts[0].id, held(callback).attempt_id);
    }
    drop(conn);
    world.close().await;
}

#[rstest]
#[actix_web::test]
async fn one_router_gets_the_most_urgent_first_and_then_who_waits_longest(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let mut dice = StdRng::seed_from_u64(7);
    let wishes: Vec<Wish> = (0..600)
        .map(|_| Wish {
            service: world.services[dice.random_range(0..2)],
            due: world.now().plus_seconds(-dice.random_range(0..50)),
            priority: dice.random_range(-2..=2),
        })
        .collect();
    let mut expected = world.make(&wishes, StateName::Queued).await;
    expected.sort_by_key(|one| (Reverse(one.request.priority), one.queue_arrival(), one.id));
    let mut taken = Vec::new();
    loop {
        let part = world.reserve(0, "agent-1", 7).await;
        if part.is_empty() {
            break;
        }
        taken.extend(part.into_iter().map(|callback| callback.id));
    }
    assert_eq!(taken, expected.into_iter().map(|callback| callback.id).collect::<Vec<_>>());
    world.close().await;
}

#[rstest]
#[actix_web::test]
async fn whoever_lost_a_lease_to_another_can_do_nothing_with_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    world.some(1, StateName::Queued).await;
    let before = world.reserve(0, "slow", 1).await.remove(0);
    world.clock.advance_seconds(30);
    assert_eq!(leases::round(&world.nodes[1].workers).await.unwrap(), 1);
    // Given back, and then handed to another: the old token is worth nothing in either.
    for overtaken in [false, true] {
        if overtaken {
            assert_eq!(world.reserve(1, "quick", 1).await.len(), 1);
        }
        let untouched = (world.find(before.id).await, world.timeline(before.id).await);
        let reports = [
            Report::Connected,
            Report::Released,
            Report::Failed(DialResult::Busy),
            Report::Completed { result: None, disposition: None },
        ];
        for report in reports {
            let (context, report) = (format!("{report:?}"), report_of(&before, report));
            let report = async move |tx: &mut Tx<'_>| attempts::report(tx, &report).await.map(drop);
            let outcome = run(&world.nodes[0], &dialler(), report).await;
            assert!(matches!(outcome, Err(Error::LeaseLost)), "{context}: {outcome:?}");
        }
        let held = held(&before);
        let extend = async move |tx: &mut Tx<'_>| {
            attempts::extend(tx, held.attempt_id, &held.lease_token, 30).await.map(drop)
        };
        let extended = world.nodes[0].commands.change(&dialler(), extend).await;
        assert!(matches!(extended, Err(Error::LeaseLost)), "{extended:?}");
        assert_eq!((world.find(before.id).await, world.timeline(before.id).await), untouched);
    }
    world.close().await;
}

#[rstest]
#[actix_web::test]
async fn a_callback_is_cancelled_or_connected_but_never_both(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    world.some(rounds(backend), StateName::Queued).await;
    let mut reserved = Vec::new();
    while reserved.len() < rounds(backend) {
        reserved.extend(world.reserve(0, "agent-1", 250).await);
    }
    let results = race(
        &world,
        &reserved,
        async |world, node, callback| cancel(world, node, callback, Expected::Any).await,
        connect,
    )
    .await;
    both_won(&results);
    for (callback, (winner, error)) in reserved.iter().zip(results) {
        let mut story = world.story(callback.id).await;
        let last = story.pop().unwrap();
        assert_eq!(story, [Action::Created, Action::Submitted, Action::Reserved]);
        let now = world.find(callback.id).await.state.name();
        match winner {
            Winner::First => {
                assert!(matches!(error, Error::LeaseLost), "{error:?}");
                assert_eq!((last, now), (Action::Cancelled, StateName::Completed));
            }
            Winner::Second => {
                let in_the_way = matches!(
                    error,
                    Error::Refused {
                        refusal: Refusal::State(StateName::Processing),
                        state: StateName::Processing,
                        version: 4
                    }
                );
                assert!(in_the_way, "{error:?}");
                assert_eq!((last, now), (Action::Connected, StateName::Processing));
            }
        }
    }
    world.close().await;
}

#[rstest]
#[actix_web::test]
async fn of_two_cancels_one_has_its_way_and_the_other_hears_of_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let queued = world.some(rounds(backend), StateName::Queued).await;
    let results = race(
        &world,
        &queued,
        async |world, node, callback| cancel(world, node, callback, Expected::Any).await,
        async |world, node, callback| cancel(world, node, callback, Expected::Version(2)).await,
    )
    .await;
    both_won(&results);
    for (callback, (winner, error)) in queued.iter().zip(results) {
        assert_eq!(world.story(callback.id).await, [Action::Created, Action::Submitted, Action::Cancelled]);
        let heard = match winner {
            // The second named the version that it had read.
            Winner::First => {
                matches!(error, Error::Stale { state: Some(StateName::Completed), version: 3 })
            }
            Winner::Second => matches!(error, Error::Refused { state: StateName::Completed, version: 3, .. }),
        };
        assert!(heard, "{winner:?}: {error:?}");
    }
    world.close().await;
}

#[rstest]
#[actix_web::test]
async fn a_due_callback_is_moved_or_submitted_but_never_both(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let due = world.some(rounds(backend), StateName::Scheduled).await;
    let (half, rest) = due.split_at(due.len() / 2);
    let results = race(&world, half, reschedule, submit).await;
    both_won(&results);
    for (callback, (winner, error)) in half.iter().zip(results) {
        let story = world.story(callback.id).await;
        match winner {
            Winner::First => {
                assert_eq!(story, [Action::Created, Action::Rescheduled]);
                assert!(matches!(error, Error::Refused { refusal: Refusal::NotDue, .. }), "{error:?}");
            }
            Winner::Second => {
                assert_eq!(story, [Action::Created, Action::Submitted]);
                let heard = matches!(error, Error::Refused { state: StateName::Queued, version: 2, .. });
                assert!(heard, "{error:?}");
            }
        }
    }
    // The worker itself, which takes all that is due in one go.
    let moves = join_all(rest.iter().enumerate().map(|(number, one)| reschedule(&world, number % 2, one)));
    let work = async { while submitter::round(&world.nodes[1].workers).await.unwrap() > 0 {} };
    let (moves, ()) = join(moves, work).await;
    while submitter::round(&world.nodes[0].workers).await.unwrap() > 0 {}
    for (callback, moved) in rest.iter().zip(moves) {
        let story = world.story(callback.id).await;
        let expected = if moved.is_ok() { Action::Rescheduled } else { Action::Submitted };
        assert_eq!(story, [Action::Created, expected], "{moved:?}");
    }
    world.close().await;
}

#[rstest]
#[actix_web::test]
async fn a_finished_callback_is_repeated_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let over = world.some(rounds(backend), StateName::Completed).await;
    let results = race(&world, &over, recreate, recreate).await;
    both_won(&results);
    let mut heirs = HashSet::new();
    for (callback, (_, error)) in over.iter().zip(results) {
        let heard = matches!(
            error,
            Error::Refused { refusal: Refusal::NotRecreatable, state: StateName::Completed, version: 3 }
        );
        assert!(heard, "{error:?}");
        let story = world.story(callback.id).await;
        assert_eq!(story, [Action::Created, Action::Cancelled, Action::Recreated]);
        let heir = world.find(callback.id).await.recreated_as.unwrap();
        assert!(heirs.insert(heir));
        assert_eq!(world.story(heir).await, [Action::Created]);
        assert_eq!(world.find(heir).await.recreated_from, Some(callback.id));
    }
    world.clock.advance_seconds(1);
    let mut submitted = 0;
    loop {
        match submitter::round(&world.nodes[0].workers).await.unwrap() {
            0 => break,
            some => submitted += some,
        }
    }
    assert_eq!(submitted, over.len() as u64, "there are as many new records as repeated ones");
    world.close().await;
}

#[rstest]
#[actix_web::test]
async fn a_hundred_requests_with_one_key_have_one_effect(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let wish = Wish { service: world.services[0], due: world.now().plus_seconds(60), priority: 0 };
    let template = world.scheduled(&[wish]).await.remove(0);
    let key = IdempotencyKey { owner: "api_key:1".into(), key: "once".into(), fingerprint: vec![1, 2, 3] };
    let ask = async |number: usize| {
        let app = &world.nodes[number % 2];
        loop {
            let template = template.clone();
            let work = async move |tx: &mut Tx<'_>| {
                let new = ringback_domain::callback::transition::NewCallback {
                    id: ringback_domain::CallbackId(tx.new_id()),
                    request: template.request.clone(),
                    desired_time: Some(template.desired_time),
                    desired_window_seconds: 120,
                };
                let made = Callback::schedule(new, tx.actor(), tx.now()).unwrap();
                Ok(tx.save(made).id.to_string())
            };
            match app.commands.save(Some(key.clone()), &person(), work).await {
                Err(Error::InFlight) => tokio::task::yield_now().await,
                other => return other.unwrap(),
            }
        }
    };
    let answers: HashSet<String> = join_all((0..100).map(ask)).await.into_iter().collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let id = answers.into_iter().next().unwrap().parse().unwrap();
    assert_eq!(world.story(id).await, [Action::Created]);
    world.clock.advance_seconds(61);
    assert_eq!(submitter::round(&world.nodes[0].workers).await.unwrap(), 2, "the template and one more");
    world.close().await;
}

#[rstest]
#[actix_web::test]
async fn workers_of_two_nodes_submit_and_give_back_each_callback_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let due = world.some(3_000, StateName::Scheduled).await;
    let work = async |node: usize| {
        let (app, mut done) = (&world.nodes[node % 2], 0);
        loop {
            done += submitter::round(&app.workers).await.unwrap();
            let next = queue::next_due(&mut app.store.read().await.unwrap()).await.unwrap();
            if next.is_none() {
                return done;
            }
        }
    };
    assert_eq!(join_all((0..4).map(work)).await.into_iter().sum::<u64>(), 3_000);
    while !world.reserve(0, "agent-1", 500).await.is_empty() {}
    world.clock.advance_seconds(31);
    let give_back = async |node: usize| {
        let (app, mut done) = (&world.nodes[node % 2], 0);
        loop {
            done += leases::round(&app.workers).await.unwrap();
            let next = queue::next_lease_end(&mut app.store.read().await.unwrap()).await.unwrap();
            if next.is_none() {
                return done;
            }
        }
    };
    assert_eq!(join_all((0..4).map(give_back)).await.into_iter().sum::<u64>(), 3_000);
    for callback in due {
        let story = world.story(callback.id).await;
        assert_eq!(story, [Action::Created, Action::Submitted, Action::Reserved, Action::LeaseExpired]);
    }
    world.close().await;
}
