//! Export Cancelled Reports.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::bulk::BulkCancellation;
use ringback_domain::wire::endpoint::ListBulkCancellations;

use super::bulk::save_report;
use crate::api::Failure;
use crate::clock;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::toast::Toasts;
use crate::components::unique_id;
use crate::format;
use crate::messages;
use crate::pages::callbacks::list::page::PageState;

/// The age of jobs that count as recent, in seconds.
const MAX_AGE: i64 = 24 * 3_600;

/// The recent jobs that cancelled something.
fn recent(jobs: Vec<BulkCancellation>) -> Vec<BulkCancellation> {
    let since = clock::now().plus_seconds(-MAX_AGE);
    let offered = |job: &BulkCancellation| job.created_at >= since && job.outcomes.cancelled > 0;
    jobs.into_iter().filter(offered).collect()
}

/// The dialog with the reports of the last day.
#[component]
pub(super) fn ReportsDialog() -> impl IntoView {
    let page = PageState::here();
    let jobs = RwSignal::new(None::<Result<Vec<BulkCancellation>, Failure>>);
    spawn_local(async move {
        let response = page.client.call(&ListBulkCancellations).await;
        jobs.try_set(Some(response.map(|response| recent(response.items))));
    });
    let content = move || match jobs.get() {
        None => view! { <p class="subtle">{messages::loading()}</p> }.into_any(),
        Some(Err(failure)) => view! { <p>{failure.message()}</p> }.into_any(),
        Some(Ok(jobs)) if jobs.is_empty() => view! { <p>{messages::reports_none()}</p> }.into_any(),
        Some(Ok(jobs)) => view! {
            {jobs.into_iter().map(|job| view! { <ReportRow job /> }).collect_view()}
            <p class="muted">{messages::reports_recent()}</p>
        }
        .into_any(),
    };
    view! {
        <Dialog
            handle=DialogHandle::new(messages::export_reports())
            confirms=true
            on_close=move |()| page.dialog.set(None)
        >
            <div class="file-rows" role="status">{content}</div>
        </Dialog>
    }
}

#[component]
fn ReportRow(job: BulkCancellation) -> impl IntoView {
    let (page, toasts) = (PageState::here(), Toasts::here());
    let hint = unique_id("report");
    let (id, name, at) = (job.id, job.created_by.name, job.created_at);
    let cancelled = job.outcomes.cancelled;
    let text = move || messages::report_of(cancelled, format::day_time(at, page.preferences.style()), &name);
    view! {
        <div class="file-row">
            <Icon name="file-text" />
            <span>
                <button
                    type="button"
                    class="link-button"
                    aria-describedby=hint.clone()
                    on:click=move |_| save_report(page.client, toasts, id)
                >
                    {messages::report()}
                </button>
                <small class="num" id=hint>{text}</small>
            </span>
            <Icon name="download" />
        </div>
    }
}
