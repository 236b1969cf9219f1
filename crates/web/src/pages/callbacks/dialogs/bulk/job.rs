//! The progress and the result of a bulk cancellation.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::JobId;
use ringback_domain::wire::bulk::{
    BulkCancellation, JobState, Outcome, ReportFormat, ReportLine, ReportQuery,
};
use ringback_domain::wire::endpoint::{GetBulkCancellation, GetReport, PostBulkStop, PostBulkUndo};

use super::tally;
use crate::api::{Command, Failure};
use crate::browser::{self, js_number};
use crate::client::Client;
use crate::clock::{self, Clock};
use crate::components::button::{Button, Size};
use crate::components::state_badge::StateBadge;
use crate::components::toast::{Toast, ToastAction, Toasts};
use crate::format;
use crate::forms::show_problems;
use crate::messages;
use crate::pages::callbacks::list::page::PageState;

/// Whether the job has ended.
pub(super) fn is_finished(job: &BulkCancellation) -> bool {
    matches!(job.state, JobState::Completed | JobState::Stopped | JobState::Failed)
}

fn skipped(job: &BulkCancellation) -> u64 {
    job.outcomes.skipped_processing + job.outcomes.already_completed
}

fn failed(job: &BulkCancellation) -> u64 {
    job.outcomes.failed + job.outcomes.not_permitted
}

/// The number of callbacks not processed, if the job was stopped.
fn stopped(job: &BulkCancellation) -> Option<u64> {
    (job.state == JobState::Stopped).then_some(job.outcomes.stopped)
}

/// Follows a job until it ends. If its dialog is closed by then, a toast
/// reports the result.
pub(super) async fn watch(
    client: Client,
    toasts: Toasts,
    job: ArcRwSignal<Option<BulkCancellation>>,
    shown: RwSignal<Option<BulkCancellation>>,
    id: JobId,
) {
    /// Shortest and longest time between two polls, in milliseconds.
    const POLL_INTERVALS: (i32, i32) = (250, 4_000);
    let mut interval = POLL_INTERVALS.0;
    loop {
        browser::sleep(interval).await;
        let response = client.call(&GetBulkCancellation(id)).await;
        // The dialog may have stopped the job meanwhile; then this response may
        // be older.
        if job.with_untracked(|job| job.as_ref().is_some_and(is_finished)) {
            return;
        }
        match response {
            Ok(now) if is_finished(&now) => {
                if shown.is_disposed() {
                    toasts.show(result(&now));
                }
                return job.set(Some(now));
            }
            Ok(now) => job.set(Some(now)),
            Err(Failure::Unreachable) => {}
            Err(failure) => {
                return toasts.show(Toast::error(messages::cancelling_lost(), failure.message()));
            }
        }
        interval = (interval + interval / 4).min(POLL_INTERVALS.1);
    }
}

fn result(job: &BulkCancellation) -> Toast {
    let mut toast = Toast::success(&messages::callbacks_cancelled(job.outcomes.cancelled));
    let rest = [skipped(job), failed(job)];
    let [skipped, failed] = rest.map(format::count);
    let parts = [
        stopped(job).map(messages::stopped_before),
        (rest != [0, 0]).then(|| messages::not_cancelled(skipped, failed)),
    ];
    toast.detail = parts.into_iter().flatten().reduce(|one, other| format!("{one} {other}"));
    toast
}

/// Says that a job is about to begin, and offers to undo it.
pub(super) fn undoable(client: Client, toasts: Toasts, job: &BulkCancellation) -> Toast {
    let id = job.id;
    // The dialog may have been open for a while.
    let left = job.effective_at.map_or(0, |at| at.seconds_since(clock::now()).max(1));
    let undo = move || {
        spawn_local(async move {
            if let Err(failure) = client.command(&PostBulkUndo(id), &Command::new(None)).await {
                toasts.show(Toast::error(messages::undo_failed(), failure.message()));
            }
        });
    };
    Toast {
        action: Some(ToastAction { label: messages::undo().to_owned(), run: Arc::new(undo) }),
        display_time: Duration::from_secs(left.unsigned_abs()),
        ..Toast::success(&messages::callbacks_being_cancelled(job.progress.total, format::duration(left)))
    }
}

/// The progress, then the result.
#[component]
pub(super) fn JobView(job: RwSignal<Option<BulkCancellation>>) -> impl IntoView {
    let finished = Memo::new(move |_| job.with(|job| job.as_ref().is_some_and(is_finished)));
    let counts = move || {
        job.with(|job| {
            let job = job.as_ref()?;
            let rest = stopped(job).map(|count| (messages::not_begun(), count));
            let entries = [
                (messages::cancelled(), job.outcomes.cancelled),
                (messages::skipped(), skipped(job)),
                (messages::failed(), failed(job)),
            ];
            Some(tally(entries.into_iter().chain(rest).collect()))
        })
    };
    let progress = move || job.with(|job| job.as_ref().map(|job| job.progress).unwrap_or_default());
    let clock = Clock::here();
    let begins = move || {
        let at = job.with(|job| {
            job.as_ref().filter(|job| job.state == JobState::Pending).and_then(|job| job.effective_at)
        })?;
        Some(messages::begins_in(format::duration(-clock.since(at))))
    };
    let part = |count: u64| js_number(i64::try_from(count).unwrap_or_default());
    view! {
        <Show when=move || !finished.get()>
            <div class="field">
                <b class="semibold num">
                    {move || {
                        let progress = progress();
                        messages::done_of(format::count(progress.done), format::count(progress.total))
                    }}
                </b>
                <progress
                    aria-label=messages::cancelling()
                    prop:max=move || part(progress().total.max(1))
                    prop:value=move || part(progress().done)
                ></progress>
            </div>
        </Show>
        {counts}
        <Show when=move || !finished.get()>
            <p class="muted num">{begins}</p>
            <p class="muted">{messages::may_close()}</p>
        </Show>
        <p class="visually-hidden" role="status">
            {move || {
                let toast = job.with(|job| job.as_ref().map(result))?;
                finished.get().then(|| match toast.detail {
                    Some(detail) => format!("{}. {detail}", toast.title),
                    None => toast.title,
                })
            }}
        </p>
        {move || {
            let id = finished.get().then(|| job.with_untracked(|job| exceptional(job.as_ref()?)))??;
            Some(view! { <Exceptions id /> })
        }}
    }
}

/// The job if there are exceptions and its report is short enough to show.
fn exceptional(job: &BulkCancellation) -> Option<JobId> {
    const MAX_REPORT_LINES: u64 = 2_000;
    (skipped(job) + failed(job) > 0 && job.progress.total <= MAX_REPORT_LINES).then_some(job.id)
}

/// The callbacks that were not cancelled, with the reasons.
#[component]
fn Exceptions(id: JobId) -> impl IntoView {
    let page = PageState::here();
    let lines = RwSignal::new(Vec::new());
    spawn_local(async move {
        if let Ok(report) = page.client.call(&GetReport(id, ReportQuery::default())).await {
            let exception = |line: &ReportLine| line.outcome != Some(Outcome::Cancelled);
            lines.try_set(report.items.into_iter().filter(exception).collect());
        }
    });
    let line = |line: ReportLine| {
        let reason = match line.outcome? {
            // These are only counted, as they may be many with the same reason.
            Outcome::Cancelled | Outcome::Stopped => return None,
            Outcome::SkippedProcessing => messages::outcome_processing(),
            Outcome::AlreadyCompleted => messages::outcome_completed(),
            Outcome::NotPermitted => messages::outcome_not_permitted(),
            Outcome::Failed => messages::outcome_failed(),
        };
        let name = line.customer_number_formatted.unwrap_or_else(|| line.callback_id.to_string());
        let badge = line.state_before.map(|state| view! { <StateBadge state result=None /> });
        Some(view! {
            <tr><th scope="row" class="num" dir="ltr">{name}</th><td>{badge}</td><td class="muted">{reason}</td></tr>
        })
    };
    view! {
        <div class="compact-table__region" tabindex="0" role="group" aria-label=messages::exceptions()>
            <table class="compact-table" aria-label=messages::exceptions()>
                <tbody>{move || lines.get().into_iter().filter_map(line).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// Stops the job.
#[component]
pub(super) fn StopButton(
    id: JobId,
    job: RwSignal<Option<BulkCancellation>>,
    problem: RwSignal<Option<String>>,
) -> impl IntoView {
    let page = PageState::here();
    let pending =
        Memo::new(move |_| job.with(|job| job.as_ref().is_some_and(|job| job.state == JobState::Pending)));
    let label = move || if pending.get() { messages::undo() } else { messages::stop() };
    let stop = move || {
        let (command, undoes) = (Command::new(None), pending.get_untracked());
        async move {
            if undoes {
                page.client.command(&PostBulkUndo(id), &command).await
            } else {
                page.client.command(&PostBulkStop(id), &command).await
            }
        }
    };
    stop_button(job, problem, label, stop)
}

/// A button that ends a job in its dialog by a command.
pub(in crate::pages::callbacks::dialogs) fn stop_button<J, F>(
    job: RwSignal<Option<J>>,
    problem: RwSignal<Option<String>>,
    label: impl Fn() -> &'static str + Send + 'static,
    stop: impl Fn() -> F + Copy + Send + Sync + 'static,
) -> impl IntoView
where
    J: Send + Sync + 'static,
    F: Future<Output = Result<J, Failure>> + 'static,
{
    let busy = RwSignal::new(false);
    let press = move |()| {
        problem.set(None);
        busy.set(true);
        spawn_local(async move {
            let response = stop().await;
            // The job may have ended before.
            if busy.try_set(false).is_some() {
                return;
            }
            match response {
                Ok(stopped) => job.set(Some(stopped)),
                Err(failure) => problem.set(show_problems(&failure, &[])),
            }
        });
    };
    view! { <Button size=Size::Large busy=Signal::from(busy) on_press=press>{label}</Button> }
}

/// Saves the report of a job.
pub(in crate::pages::callbacks::dialogs) fn save_report(
    page: PageState,
    toasts: Toasts,
    job: &BulkCancellation,
    format: ReportFormat,
) {
    let (ending, time_zone) = match format {
        ReportFormat::Csv => ("csv", None),
        ReportFormat::Xlsx => ("xlsx", Some(format::zone_name(page.preferences.style_untracked().utc))),
    };
    let name = format!("cancellation-summary-report-{}.{ending}", format::for_file_name(job.created_at));
    let request = GetReport(job.id, ReportQuery { format: Some(format), time_zone });
    spawn_local(async move {
        if let Err(failure) = page.client.save(&request, &name).await {
            toasts.show(Toast::error(messages::report_failed(), failure.message()));
        }
    });
}

/// Saves the report of the job that has just ended.
#[component]
pub(super) fn ReportButton(
    job: BulkCancellation,
    format: ReportFormat,
    label: &'static str,
) -> impl IntoView {
    let (page, toasts) = (PageState::here(), Toasts::here());
    view! {
        <Button
            size=Size::Large
            icon="download"
            on_press=move |()| save_report(page, toasts, &job, format)
        >
            {label}
        </Button>
    }
}
