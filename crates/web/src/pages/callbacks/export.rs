//! Files: reports of cancellations, and the list as it is.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::bulk::BulkCancellation;
use ringback_domain::wire::endpoint::{ExportCallbacks, ListBulkCancellations};
use ringback_domain::wire::list::{ExportQuery, Format};

use super::bulk::save_report;
use super::{Open, Page};
use crate::api::Failure;
use crate::browser;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::menu::{Menu, MenuItem};
use crate::components::toast::{Toast, Toasts};
use crate::components::unique_id;
use crate::format;
use crate::messages;

/// The menu of files.
#[component]
pub(super) fn ExportMenu() -> impl IntoView {
    let (page, toasts) = (Page::here(), Toasts::here());
    let choosing = RwSignal::new(false);
    let list = move |format: Format, label: &'static str| {
        view! { <MenuItem on_press=move |()| export_list(page, toasts, format)>{label}</MenuItem> }
    };
    view! {
        <Menu
            label=messages::export()
            button_label=messages::export().to_owned()
            button_class="btn btn-ghost k-export"
            button=Box::new(|| view! { <Icon name="download" />{messages::export()} }.into_any())
        >
            <MenuItem on_press=move |()| page.dialog.set(Some(Open::Reports))>
                <Icon name="ban" />
                {messages::export_reports()}
            </MenuItem>
            <MenuItem
                expanded=Signal::from(choosing)
                on_press=move |()| choosing.update(|choosing| *choosing = !*choosing)
            >
                <Icon name="file-spreadsheet" />
                {messages::export_list()}
            </MenuItem>
            <Show when=move || choosing.get()>
                <div role="group" aria-label=messages::export_list() class="subitems">
                    {list(Format::Csv, messages::export_csv())}
                    {list(Format::Ndjson, messages::export_ndjson())}
                </div>
            </Show>
        </Menu>
    }
}

/// Saves everything that the list has, on all its pages.
fn export_list(page: Page, toasts: Toasts, format: Format) {
    let (now, utc) = (browser::now(), page.session.style_now().utc);
    let filter = page.view.with_untracked(|view| view.list.filter(view.list.bounds(now, utc)));
    let request = ExportCallbacks { filter, query: ExportQuery { format: Some(format) } };
    let name = match format {
        Format::Csv => "callbacks.csv",
        Format::Ndjson => "callbacks.ndjson",
    };
    spawn_local(async move {
        if let Err(failure) = page.session.save(&request, name).await {
            toasts.show(Toast::failed(messages::export_failed(), failure.sentence()));
        }
    });
}

/// Recent is what is younger than this, in seconds.
const RECENT: i64 = 24 * 3_600;

/// The jobs whose reports are offered: those that cancelled something lately.
fn recent(jobs: Vec<BulkCancellation>) -> Vec<BulkCancellation> {
    let since = browser::now().plus_seconds(-RECENT);
    let offered = |job: &BulkCancellation| job.created_at >= since && job.outcomes.cancelled > 0;
    jobs.into_iter().filter(offered).collect()
}

/// The reports of the last day.
#[component]
pub(super) fn ReportsDialog() -> impl IntoView {
    let page = Page::here();
    let jobs = RwSignal::new(None::<Result<Vec<BulkCancellation>, Failure>>);
    spawn_local(async move {
        let answer = page.session.get(&ListBulkCancellations).await;
        jobs.try_set(Some(answer.map(|answer| recent(answer.items))));
    });
    let content = move || match jobs.get() {
        None => view! { <p class="subtle">{messages::loading()}</p> }.into_any(),
        Some(Err(failure)) => view! { <p>{failure.sentence()}</p> }.into_any(),
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
            <div class="filerows" role="status">{content}</div>
        </Dialog>
    }
}

#[component]
fn ReportRow(job: BulkCancellation) -> impl IntoView {
    let (page, toasts) = (Page::here(), Toasts::here());
    let hint = unique_id("report");
    let (id, name, at) = (job.id, job.created_by.name, job.created_at);
    let cancelled = job.outcomes.cancelled;
    let text = move || messages::report_of(cancelled, format::day_time(at, page.session.style()), &name);
    view! {
        <div class="filerow">
            <Icon name="file-text" />
            <span>
                <button
                    type="button"
                    class="linkbtn"
                    aria-describedby=hint.clone()
                    on:click=move |_| save_report(page.session, toasts, id)
                >
                    {messages::report()}
                </button>
                <small class="num" id=hint>{text}</small>
            </span>
            <Icon name="download" />
        </div>
    }
}
