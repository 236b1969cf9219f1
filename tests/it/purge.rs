//! Removing old records, however many there are, while others are served.

use std::cell::Cell;
use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::future::join;
use ringback_api::command::sweep::REMOVAL_CHUNK;
use ringback_api::command::{Audit, Tx, sweep};
use ringback_api::store::callbacks;
use ringback_api::worker::retention;
use ringback_domain::{StateName, VisibleServices};
use ringback_tests::{Backend, figure, size};
use rstest::rstest;

use crate::store_setup::{CallbackSpec, Cluster, dialler};

const DAY: i64 = 86_400;

#[rstest]
#[actix_web::test]
async fn all_old_records_go_and_no_younger_one_while_others_are_served(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let count = size(2_000, 200_000);
    let spec = |due| CallbackSpec { service: cluster.services[0], due, priority: 0 };
    let due = cluster.now();
    let old: Vec<_> =
        (0..600).cycle().take(count).map(|seconds: i64| spec(due.plus_seconds(-seconds))).collect();
    let old = cluster.create(&old, StateName::Completed).await;
    // A second too young, and one that nobody called.
    let young = cluster.create(&vec![spec(due.plus_seconds(1)); 100], StateName::Completed).await;
    cluster.clock.advance_seconds(14 * DAY);
    let recent = cluster.create_in_state(200, StateName::Queued).await;

    // What one transaction removes is bounded: nobody waits for more than that.
    let purge = async |tx: &mut Tx<'_>| sweep::purge(tx).await;
    let once = cluster.nodes[0].commands.change(Audit::None, &dialler(), purge).await.unwrap();
    assert_eq!(once, REMOVAL_CHUNK.unsigned_abs());

    // One server alone writes to a SQLite file: a second one is not sure of its turn.
    let node = usize::from(backend == Backend::Postgres);
    let over = Cell::new(false);
    let work = async {
        let (mut removed, mut longest) = (once, Duration::ZERO);
        loop {
            let began = Instant::now();
            match retention::round(&cluster.nodes[0].workers).await.unwrap() {
                0 => break,
                some => removed += some,
            }
            longest = longest.max(began.elapsed());
        }
        over.set(true);
        (removed, longest)
    };
    let requests = async {
        let (mut reserved, mut longest) = (0, Duration::ZERO);
        while !over.get() {
            let began = Instant::now();
            reserved += cluster.reserve(node, "agent-1", 1).await.len();
            longest = longest.max(began.elapsed());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        (reserved, longest)
    };
    let ((removed, round), (reserved, wait)) = join(work, requests).await;

    assert_eq!(removed, old.len() as u64);
    assert!(reserved > 0, "others were served meanwhile");
    let mut conn = cluster.nodes[0].store.read().await.unwrap();
    for callback in old.iter().step_by(old.len() / 500) {
        let found = callbacks::find(&mut conn, callback.id, &VisibleServices::All).await.unwrap();
        assert_eq!(found, None, "{callback:?}");
    }
    let kept: HashSet<_> = young.iter().chain(&recent).map(|callback| callback.id).collect();
    for id in &kept {
        let found = callbacks::find(&mut conn, *id, &VisibleServices::All).await.unwrap();
        assert!(found.is_some(), "{id} was removed too early");
    }
    drop(conn);
    cluster.clock.advance_seconds(1);
    assert_eq!(retention::round(&cluster.nodes[0].workers).await.unwrap(), 100);
    figure(format_args!(
        "{backend:?}: {removed} removed, the longest round {round:?}; {reserved} reserved meanwhile, \
         the longest wait {wait:?}"
    ));
    cluster.close().await;
}
