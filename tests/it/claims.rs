//! Routers that vanish, and cancellations that race with routers.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use futures_util::future::{join, join_all};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_api::command::attempts::{self, AttemptReport, Report};
use ringback_api::command::callbacks::{self as commands, Target};
use ringback_api::command::{Expected, Tx};
use ringback_api::error::Error;
use ringback_api::worker;
use ringback_domain::callback::Callback;
use ringback_domain::callback::action::Action;
use ringback_domain::callback::state::State;
use ringback_domain::wire::bulk::{JobState, Outcome, OutcomeCounts};
use ringback_domain::wire::callback::RescheduleCallback;
use ringback_domain::{CallbackId, StateName, Timestamp};
use ringback_tests::{Backend, figure, size};
use rstest::rstest;

use crate::bulk_race::{job, report_lines, start_job};
use crate::store_setup::{CallbackSpec, Cluster, dialler, person, run};

/// Reports on the attempt of a reserved callback.
async fn report(cluster: &Cluster, node: usize, callback: &Callback, report: Report) -> Result<(), Error> {
    let reservation = callback.state.reservation().unwrap();
    let (attempt_id, lease_token) = (reservation.attempt_id, reservation.lease_token.clone());
    let report = AttemptReport { attempt_id, lease_token, report };
    let work = async move |tx: &mut Tx<'_>| attempts::report(tx, &report).await.map(drop);
    run(&cluster.nodes[node], &dialler(), work).await
}

fn completed() -> Report {
    Report::Completed { result: None, disposition: None }
}

/// The leases that were handed out, and have neither been used nor run out.
#[derive(Default)]
struct Live(RefCell<HashMap<CallbackId, Timestamp>>);

impl Live {
    fn take(&self, callback: &Callback, now: Timestamp) {
        let until = callback.state.reservation().unwrap().lease_expires_at;
        let before = self.0.borrow_mut().insert(callback.id, until);
        assert!(before.is_none_or(|until| until <= now), "{} was reserved twice", callback.id);
    }
}

/// A fifth of the reservations are never reported on.
#[rstest]
#[actix_web::test]
async fn what_vanished_routers_held_is_handed_out_again_and_done(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let (routers, count) = (size(16, 64), size(400, 20_000));
    let created = cluster.create_in_state(count, StateName::Queued).await;
    let (live, vanished) = (Live::default(), Cell::new(0));
    let (mut rounds, mut swept_in_all) = (0, 0);
    loop {
        let work = (0..routers).map(async |number: usize| {
            let mut rng = StdRng::seed_from_u64((rounds * routers + number) as u64);
            let node = number % 2;
            loop {
                let part = cluster.reserve(node, &format!("agent-{number}"), 1 + number % 5).await;
                if part.is_empty() {
                    return;
                }
                for callback in part {
                    live.take(&callback, cluster.now());
                    if rng.random_bool(0.2) {
                        vanished.set(vanished.get() + 1);
                        continue;
                    }
                    report(&cluster, node, &callback, Report::Connected).await.unwrap();
                    report(&cluster, node, &callback, completed()).await.unwrap();
                    live.0.borrow_mut().remove(&callback.id);
                }
            }
        });
        join_all(work).await;
        let held = live.0.borrow().len() as u64;
        if held == 0 {
            break;
        }
        cluster.clock.advance_seconds(29);
        assert_eq!(worker::leases::round(&cluster.nodes[0].workers).await.unwrap(), 0, "they still run");
        cluster.clock.advance_seconds(1);
        // The first wake-up after the end: a worker goes on while there is work.
        let sweep = async |node: usize| {
            let mut swept = 0;
            loop {
                match worker::leases::round(&cluster.nodes[node].workers).await.unwrap() {
                    0 => return swept,
                    some => swept += some,
                }
            }
        };
        let (one, other) = join(sweep(0), sweep(1)).await;
        // On PostgreSQL each may find nothing while the other holds the last of them.
        assert_eq!(one + other, held);
        swept_in_all += held;
        rounds += 1;
        // What nobody managed to report on thrice is a person's to decide.
        let held: Vec<_> = live.0.borrow().keys().copied().collect();
        for id in held {
            let callback = cluster.find(id).await;
            let State::Queued(queued) = &callback.state else { panic!("{callback:?}") };
            if queued.quarantined_at.is_some() {
                let target = Target { id, expected: Expected::Any };
                let requeue = async move |tx: &mut Tx<'_>| commands::requeue(tx, target).await.map(drop);
                run(&cluster.nodes[0], &person(), requeue).await.unwrap();
            }
        }
    }
    assert_eq!(swept_in_all, vanished.get());
    for callback in &created {
        let actions = cluster.actions(callback.id).await;
        assert_eq!(actions.iter().filter(|action| **action == Action::Connected).count(), 1, "{actions:?}");
        assert_eq!(cluster.find(callback.id).await.state.name(), StateName::Completed);
    }
    figure(format_args!(
        "{backend:?}: {count} callbacks, {routers} routers, {} reservations vanished, all done after {rounds} sweeps",
        vanished.get()
    ));
    cluster.close().await;
}

/// Bulk cancellation, claims and reschedules over the same callbacks.
#[rstest]
#[actix_web::test]
async fn in_a_race_each_callback_is_cancelled_or_processed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let count = size(1_200, 10_000);
    let processing = {
        cluster.create_in_state(20, StateName::Queued).await;
        let mut reserved = cluster.reserve(0, "agent-0", 20).await;
        for callback in &mut reserved {
            report(&cluster, 0, callback, Report::Connected).await.unwrap();
            *callback = cluster.find(callback.id).await;
        }
        reserved
    };
    let later =
        CallbackSpec { service: cluster.services[0], due: cluster.now().plus_seconds(7_200), priority: 0 };
    let scheduled = cluster.scheduled(&vec![later; count / 3]).await;
    let queued = cluster.create_in_state(count - scheduled.len(), StateName::Queued).await;
    // The routers take from one end of the queue, the job from the other.
    let all: Vec<_> = queued.iter().rev().chain(&scheduled).chain(&processing).cloned().collect();
    let id = start_job(&cluster, &all, None).await;

    // It begins once some are on the line.
    let connected = Cell::new(0);
    let cancel = async {
        while connected.get() < 10 {
            tokio::task::yield_now().await;
        }
        while worker::bulk::round(&cluster.nodes[0].workers).await.unwrap() > 0 {}
    };
    let routers = join_all((0..8).map(async |number: usize| {
        loop {
            let part = cluster.reserve(1, &format!("agent-{number}"), 3).await;
            if part.is_empty() {
                return;
            }
            for (place, callback) in part.iter().enumerate() {
                let outcome = report(&cluster, 1, callback, Report::Connected).await;
                connected.set(connected.get() + usize::from(outcome.is_ok()));
                match outcome {
                    Ok(()) if place > 0 => report(&cluster, 1, callback, completed()).await.unwrap(),
                    Ok(()) | Err(Error::LeaseLost) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
    }));
    let moves = join_all(scheduled.chunks(scheduled.len().div_ceil(8)).map(async |part: &[Callback]| {
        let mut moved = 0_usize;
        for callback in part.iter().rev() {
            let target = Target { id: callback.id, expected: Expected::Any };
            let work = async move |tx: &mut Tx<'_>| {
                let later = Some(tx.now().plus_seconds(9_000));
                let body = RescheduleCallback { desired_time: later, ..RescheduleCallback::default() };
                commands::reschedule(tx, target, &body).await.map(drop)
            };
            match run(&cluster.nodes[1], &person(), work).await {
                Ok(()) => moved += 1,
                Err(Error::Refused { state: StateName::Completed, .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        moved
    }));
    let ((), (_, moved)) = join(cancel, join(routers, moves)).await;

    let job = job(&cluster, id).await;
    assert_eq!(job.state, JobState::Completed);
    let lines = report_lines(&cluster, &job).await;
    assert_eq!(lines.len(), all.len());
    let mut counted = OutcomeCounts::default();
    for line in &lines {
        let actions = cluster.actions(line.callback_id).await;
        let has = |action| actions.contains(&action);
        assert_ne!(has(Action::Cancelled), has(Action::Connected), "{line:?}: {actions:?}");
        match line.outcome.unwrap() {
            Outcome::Cancelled => {
                counted.cancelled += 1;
                assert_eq!(actions.last(), Some(&Action::Cancelled));
            }
            Outcome::SkippedProcessing => {
                counted.skipped_processing += 1;
                assert!(has(Action::Connected), "{actions:?}");
            }
            Outcome::AlreadyCompleted => {
                counted.already_completed += 1;
                assert!(has(Action::Finished), "{actions:?}");
            }
            other => panic!("{other:?}: {actions:?}"),
        }
    }
    assert_eq!(job.outcomes, counted);
    assert_eq!(job.progress.done, all.len() as u64);
    for before in &processing {
        assert_eq!(&cluster.find(before.id).await, before, "a conversation is not touched");
    }
    let processed = counted.skipped_processing + counted.already_completed;
    assert!(counted.cancelled > 0 && processed >= 30, "there was no race: {counted:?}");
    figure(format_args!("{backend:?}: {counted:?}, {} moved", moved.into_iter().sum::<usize>()));
    cluster.close().await;
}
