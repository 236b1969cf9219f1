//! Create Callback.

use leptos::prelude::*;
use ringback_domain::wire::callback::{CallbackView, ChosenTime, CreateCallback};
use ringback_domain::wire::endpoint::PostCallback;

use super::more_details::{MoreDetails, MoreDetailsFields};
use crate::browser;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::toast::{Toast, ToastAction, Toasts};
use crate::format;
use crate::forms::{Submission, show_problems};
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::record::request_form::RequestFields;
use crate::pages::callbacks::record::request_form::RequestForm;
use crate::pages::callbacks::record::request_form::service_choices;
use crate::pages::callbacks::view::matching::matches;
use crate::pages::callbacks::view::state::Quick;
use crate::ranges::{DateRange, Range};

/// The dialog.
#[component]
pub(super) fn CreateDialog() -> impl IntoView {
    let page = PageState::here();
    let toasts = Toasts::here();
    let handle = DialogHandle::new(messages::create_callback());
    let submission = Submission::of(handle);
    let choices = service_choices(page.session);
    let service = choices.first().map(|choice| choice.value.clone()).unwrap_or_default();
    let style = page.preferences.style_untracked();
    let form = RequestForm::new(service, String::new(), style);
    let details = MoreDetails::new();
    let submit = move |()| {
        let (values, extra) = (form.read(page.preferences.style_untracked()), details.read());
        let (Some(values), Some(extra)) = (values, extra) else { return handle.focus_first_error() };
        let ChosenTime { desired_time, desired_local, time_zone, fold } = values.chosen;
        let request = PostCallback(CreateCallback {
            callback_type: values.callback_type,
            service_id: values.service_id,
            customer_number: values.customer_number,
            desired_time,
            desired_local,
            time_zone,
            fold,
            customer_time_zone: extra.time_zone,
            language: extra.language,
            priority: extra.priority,
            user_data: extra.user_data,
            arrived_at: None,
        });
        let work = submission.command(request, None);
        let done = move |view| {
            handle.close();
            page.feed.load();
            toasts.show(created(page, &view, messages::callback_created()));
        };
        submission.run(work, done, move |failure| {
            let fields = form.fields().into_iter().chain(details.fields()).collect::<Vec<_>>();
            handle.problem.set(show_problems(&failure, &fields));
            details.show_faults();
        });
    };
    view! {
        <Dialog
            handle
            on_close=move |()| page.dialog.set(None)
            on_submit=submit
            action=handle.submit(messages::create())
        >
            <RequestFields
                form
                choices
                customer_zone=details.zone()
                hint=messages::customer_number_hint().to_owned()
            />
            <MoreDetailsFields details />
        </Dialog>
    }
}

/// A toast for a new callback. If the list does not show it, the toast says why
/// and offers a view that does.
pub(super) fn created(page: PageState, view: &CallbackView, title: &str) -> Toast {
    let mut toast = Toast::success(title);
    let now = browser::now();
    let style = page.preferences.style_untracked();
    let list = page.view.with_untracked(|view| view.list.clone());
    let bounds = list.bounds(now, style.utc);
    let desired_time = view.desired_time;
    if !matches(view, &bounds.clone().into(), now) {
        let time = format::day_time(desired_time, style);
        toast.detail = Some(messages::outside_range(time, untrack(|| page.range_label(list.range))));
        toast.action =
            DateRange::narrowest_containing(desired_time, now, style.utc).map(|range| ToastAction {
                label: messages::switch_to(range.label()),
                run: reveal(page, Range::Preset(range), view.clone()),
            });
    } else if !matches(view, &list.filter(bounds), now) {
        toast.detail = Some(messages::outside_filters().to_owned());
        toast.action = Some(ToastAction {
            label: messages::show_all().to_owned(),
            run: reveal(page, list.range, view.clone()),
        });
    }
    toast
}

/// Shows a range with a callback in it, and removes the filters that hide it.
fn reveal(page: PageState, range: Range, callback: CallbackView) -> Callback<()> {
    Callback::new(move |()| {
        let view = page.view.get_untracked().with(|list| {
            list.range = range;
            list.quick = Quick::All;
            list.search.clear();
            let services = &list.visible.services;
            let hidden = !services.is_empty() && !services.contains(&callback.service.id);
            page.unhide(list, !list.visible.shows(callback.state), hidden);
        });
        page.show(&view);
    })
}
