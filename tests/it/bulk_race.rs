//! A bulk cancellation that is stopped while workers carry it out.

use futures_util::future::join3;
use ringback_api::command::{Audit, Tx, bulk as commands};
use ringback_api::store::bulk::{self, Selected};
use ringback_api::worker;
use ringback_domain::callback::Callback;
use ringback_domain::callback::action::Action;
use ringback_domain::wire::bulk::{BulkCancellation, JobState, Outcome, OutcomeCounts, ReportLine};
use ringback_domain::{JobId, StateName, VisibleServices};
use ringback_tests::Backend;
use rstest::rstest;

use crate::store_setup::{Cluster, person};

/// More than one round of a worker.
const CALLBACKS: usize = 1_000;

/// Starts a job that cancels these callbacks.
pub(crate) async fn start_job(cluster: &Cluster, callbacks: &[Callback], undo_seconds: Option<u32>) -> JobId {
    let permitted = callbacks.iter().map(|callback| callback.id).collect();
    let selected = Selected { permitted, ..Selected::default() };
    let create = async move |tx: &mut Tx<'_>| commands::create(tx, &selected, false, undo_seconds).await;
    cluster.nodes[0].commands.change(Audit::None, &person(), create).await.unwrap().id
}

pub(crate) async fn job(cluster: &Cluster, id: JobId) -> BulkCancellation {
    let mut conn = cluster.nodes[0].store.read().await.unwrap();
    bulk::find(&mut conn, id, Some(&person().owner)).await.unwrap().unwrap()
}

/// The whole report of a job.
pub(crate) async fn report_lines(cluster: &Cluster, job: &BulkCancellation) -> Vec<ReportLine> {
    let mut lines = Vec::new();
    loop {
        let done = lines.len() as u64;
        let (more, _) =
            cluster.nodes[0].queries.report(job, true, done, &VisibleServices::All).await.unwrap();
        if more.is_empty() {
            return lines;
        }
        lines.extend(more);
    }
}

#[rstest]
#[actix_web::test]
async fn nothing_is_cancelled_after_a_stop_was_answered(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(0, 1, 400)] after: u64,
) {
    let cluster = Cluster::new(backend).await;
    // Two processes do not share a SQLite file.
    let other = match backend {
        Backend::Sqlite => 0,
        Backend::Postgres => 1,
    };
    let callbacks = cluster.create_in_state(CALLBACKS, StateName::Scheduled).await;
    let id = start_job(&cluster, &callbacks, None).await;
    let work =
        async |node: usize| while worker::bulk::round(&cluster.nodes[node].workers).await.unwrap() > 0 {};
    let stop = async {
        while job(&cluster, id).await.progress.done < after {
            tokio::task::yield_now().await;
        }
        let stop = async move |tx: &mut Tx<'_>| commands::stop(tx, id).await;
        cluster.nodes[0].commands.change(Audit::None, &person(), stop).await.unwrap()
    };
    let (stopped, (), ()) = Box::pin(join3(stop, work(0), work(other))).await;

    assert_eq!(job(&cluster, id).await, stopped);
    assert_eq!(stopped.state, JobState::Stopped, "there was more to do: {stopped:?}");
    let lines = report_lines(&cluster, &stopped).await;
    assert_eq!(lines.len(), CALLBACKS);
    let mut counted = OutcomeCounts::default();
    for (callback, line) in callbacks.iter().zip(lines) {
        assert_eq!(line.callback_id, callback.id);
        let actions = cluster.actions(callback.id).await;
        match line.outcome {
            Some(Outcome::Cancelled) => {
                counted.cancelled += 1;
                assert_eq!(actions, [Action::Created, Action::Cancelled]);
            }
            Some(Outcome::Stopped) => {
                counted.stopped += 1;
                assert_eq!(actions, [Action::Created]);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(stopped.outcomes, counted);
    assert_eq!(counted.cancelled + counted.stopped, CALLBACKS as u64);
    cluster.close().await;
}
