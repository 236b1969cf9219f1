//! Cancel Callbacks: cancels the selection or a whole range.

mod job;
mod scope;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::StateName;
use ringback_domain::wire::bulk::{BulkCancellation, JobState, ReportFormat};
use ringback_domain::wire::endpoint::PostBulkCancellation;

use crate::components::button::Appearance;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::toast::Toasts;
use crate::format;
use crate::forms::{Submission, show_problems};
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::record::edit::UNDO_SECONDS;
use crate::pages::callbacks::view::state::Quick;
pub(super) use job::save_report;
pub(super) use job::stop_button;
use job::{JobView, ReportButton, StopButton, is_finished, undoable, watch};
use scope::{CancelScope, ScopeFields};

/// The dialog: first the scope, then the progress and the result.
#[component]
pub(super) fn CancelSelectedDialog() -> impl IntoView {
    let page = PageState::here();
    let toasts = Toasts::here();
    let handle = DialogHandle::new(messages::cancel_title());
    let submission = Submission::of(handle);
    let scope = CancelScope::new(page);
    // One signal lives as long as the job is watched, the other as long as the
    // dialog.
    let watched = ArcRwSignal::new(None::<BulkCancellation>);
    let job = RwSignal::from(watched.clone());
    let submit = move |()| {
        if job.with_untracked(Option::is_some) {
            return;
        }
        let Some(mut request) = scope.request() else { return };
        request.undo_seconds = Some(UNDO_SECONDS);
        let request = PostBulkCancellation(request);
        let watched = watched.clone();
        // The job is watched even if the dialog is closed at once.
        let work = async move {
            let started = submission.command(request, None).await?;
            page.feed.selection.clear();
            let id = started.id;
            watched.set(Some(started));
            spawn_local(watch(page.client, toasts, watched, job, id));
            Ok(())
        };
        let started = move |()| handle.focus_title();
        submission.run(work, started, move |failure| handle.problem.set(show_problems(&failure, &[])));
    };
    let close = move |()| {
        page.dialog.set(None);
        if let Some(job) = job.get_untracked() {
            if job.state == JobState::Pending {
                toasts.show(undoable(page.client, toasts, &job));
            }
            reveal(page);
        }
    };
    let started = Memo::new(move |_| job.with(|job| job.as_ref().map(|job| (job.id, is_finished(job)))));
    Effect::new(move |_| {
        if started.get().is_some_and(|(_, finished)| finished) {
            handle.problem.set(None);
            handle.keep_focus();
        }
    });
    let obstacle = Signal::derive(move || scope.obstacle());
    let action = move || match started.get() {
        None => handle.submit_unless(Appearance::Danger, obstacle, messages::confirm())(),
        Some((_, true)) => job
            .get_untracked()
            .map(|job| {
                view! {
                    <ReportButton job=job.clone() format=ReportFormat::Xlsx label=messages::report_sheet() />
                    <ReportButton job format=ReportFormat::Csv label=messages::report() />
                }
            })
            .into_any(),
        Some((_, false)) => ().into_any(),
    };
    let remark = move || scope.number().map(messages::callbacks_count);
    // Stop is not placed where Confirm was, so that a double click on Confirm
    // does not stop the job.
    let aside = move || match started.get() {
        None => view! { <span class="hint num aside">{remark}</span> }.into_any(),
        Some((id, false)) => view! { <StopButton id job problem=handle.problem /> }.into_any(),
        Some((_, true)) => ().into_any(),
    };
    view! {
        <Dialog
            handle
            class="dialog--medium"
            confirms=true
            aside=Box::new(move || aside.into_any())
            on_close=close
            on_submit=submit
            action=Box::new(move || action.into_any())
        >
            {move || match started.get() {
                None => view! { <ScopeFields scope /> }.into_any(),
                Some(_) => view! { <JobView job /> }.into_any(),
            }}
        </Dialog>
    }
}

/// Shows the cancelled callbacks in the list.
fn reveal(page: PageState) {
    let view = page.view.get_untracked();
    let shows = |quick: Quick| match quick {
        Quick::All => view.list.visible.shows(StateName::Completed),
        Quick::State(state) => state == StateName::Completed,
        Quick::Overdue => false,
    };
    if shows(view.list.quick) {
        return page.feed.load();
    }
    let quick = if shows(Quick::All) { Quick::All } else { Quick::State(StateName::Completed) };
    page.show(&view.with(|list| list.quick = quick));
}

/// Counts side by side.
pub(super) fn tally(entries: Vec<(&'static str, u64)>) -> AnyView {
    let class = if entries.len() == 3 { "tally tally--three" } else { "tally" };
    let entry = |(term, count): (&'static str, u64)| {
        view! { <div><dt>{term}</dt><dd class="num">{format::count(count)}</dd></div> }
    };
    view! { <dl class=class>{entries.into_iter().map(entry).collect_view()}</dl> }.into_any()
}
