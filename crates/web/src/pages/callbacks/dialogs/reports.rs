//! Export Cancelled Reports.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::bulk::{BulkCancellation, CancellationsFormat, CancellationsQuery, ReportFormat};
use ringback_domain::wire::endpoint::{ListBulkCancellations, ReportCancellations};

use super::bulk::save_report;
use crate::api::Failure;
use crate::clock;
use crate::components::button::LinkButton;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::toast::{Toast, Toasts};
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
    let any = RwSignal::new(None::<Result<bool, Failure>>);
    let day = CancellationsQuery {
        from: Some(clock::now().plus_seconds(-MAX_AGE)),
        to: Some(clock::now()),
        ..CancellationsQuery::default()
    };
    let look = ReportCancellations(CancellationsQuery { limit: Some(1), ..day.clone() });
    spawn_local(async move {
        let found = page.client.call(&look).await;
        any.try_set(Some(found.map(|found| !found.items.is_empty())));
    });
    let whole = move || (any.get() == Some(Ok(true))).then(|| view! { <DayRow day=day.clone() /> });
    let content = move || match (jobs.get(), any.get()) {
        (None, _) | (_, None) => view! { <p class="subtle">{messages::loading()}</p> }.into_any(),
        (Some(Ok(jobs)), Some(Ok(true))) if jobs.is_empty() => ().into_any(),
        (Some(Ok(jobs)), Some(Ok(false))) if jobs.is_empty() => {
            view! { <p>{messages::reports_none()}</p> }.into_any()
        }
        (Some(Err(failure)), _) => view! { <p>{failure.message()}</p> }.into_any(),
        (Some(Ok(jobs)), Some(Err(failure))) if jobs.is_empty() => {
            view! { <p>{failure.message()}</p> }.into_any()
        }
        (Some(Ok(jobs)), _) => view! {
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
            <div class="file-rows" role="status">{whole}{content}</div>
        </Dialog>
    }
}

/// Every cancellation of the last day, one by one or in bulk, by whomever.
#[component]
fn DayRow(day: CancellationsQuery) -> impl IntoView {
    let (page, toasts) = (PageState::here(), Toasts::here());
    let save = move |format: CancellationsFormat, ending: &'static str| {
        let time_zone = Some(format::zone_name(page.preferences.style_untracked().utc));
        let request = ReportCancellations(CancellationsQuery {
            format: Some(format),
            time_zone: time_zone.filter(|_| format == CancellationsFormat::Xlsx),
            ..day.clone()
        });
        let name = format!("cancellations-{}.{ending}", format::for_file_name(clock::now()));
        spawn_local(async move {
            if let Err(failure) = page.client.save(&request, &name).await {
                toasts.show(Toast::error(messages::report_failed(), failure.message()));
            }
        });
    };
    let sheet = save.clone();
    view! {
        <div class="file-row">
            <Icon name="file-spreadsheet" />
            <span>
                <b class="semibold">{messages::report_of_day()}</b>
                <small>{messages::report_of_day_hint()}</small>
            </span>
            <span class="row-actions">
                <LinkButton on_press=move |()| sheet(CancellationsFormat::Xlsx, "xlsx")>
                    {messages::export_xlsx()}
                </LinkButton>
                <LinkButton on_press=move |()| save(CancellationsFormat::Csv, "csv")>
                    {messages::export_csv()}
                </LinkButton>
            </span>
        </div>
    }
}

#[component]
fn ReportRow(job: BulkCancellation) -> impl IntoView {
    let (page, toasts) = (PageState::here(), Toasts::here());
    let hint = unique_id("report");
    let (name, at) = (job.created_by.name.clone(), job.created_at);
    let cancelled = job.outcomes.cancelled;
    let sheet = job.clone();
    let text = move || messages::report_of(cancelled, format::day_time(at, page.preferences.style()), &name);
    view! {
        <div class="file-row">
            <Icon name="file-text" />
            <span>
                <button
                    type="button"
                    class="link-button"
                    aria-describedby=hint.clone()
                    on:click=move |_| save_report(page, toasts, &job, ReportFormat::Csv)
                >
                    {messages::report()}
                    <Icon name="download" class="icon--small" />
                </button>
                <small class="num" id=hint>{text}</small>
            </span>
            <span class="row-actions">
                <LinkButton on_press=move |()| save_report(page, toasts, &sheet, ReportFormat::Xlsx)>
                    {messages::report_sheet()}
                </LinkButton>
            </span>
        </div>
    }
}
