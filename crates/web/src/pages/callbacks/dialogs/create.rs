//! Create Callback.

use std::sync::Arc;

use leptos::prelude::*;
use ringback_domain::wire::callback::{CallbackView, ChosenTime, CreateCallback};
use ringback_domain::wire::endpoint::PostCallback;

use super::more_details::{MoreDetails, MoreDetailsFields};
use crate::clock;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::input::SelectOption;
use crate::components::toast::{Run, Toast, ToastAction, Toasts};
use crate::format;
use crate::forms::{Submission, show_problems};
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::record::request_form::RequestFields;
use crate::pages::callbacks::record::request_form::RequestForm;
use crate::pages::callbacks::record::request_form::service_choices;
use crate::pages::callbacks::record::row::number_text;
use crate::pages::callbacks::view::matching::matches;
use crate::ranges::{DateRange, Range};

/// The dialog.
#[component]
pub(super) fn CreateDialog() -> impl IntoView {
    let page = PageState::here();
    let toasts = Toasts::here();
    let handle = DialogHandle::new(messages::create_callback());
    let submission = Submission::of(handle);
    let mut choices = service_choices(page.session);
    // The choice between several services is the person's.
    let service = match &choices[..] {
        [only] => only.value.clone(),
        _ => String::new(),
    };
    if choices.len() != 1 {
        let label =
            if choices.is_empty() { messages::no_services() } else { messages::choose_service_option() };
        choices.insert(0, SelectOption { value: String::new(), label: label.to_owned() });
    }
    let style = page.preferences.style_untracked();
    let form = RequestForm::new(service, String::new(), style);
    let details = MoreDetails::new();
    let submit = move |()| {
        let (values, extra) = (form.read(page.preferences.style_untracked()), details.read());
        let (Some(values), Some(extra)) = (values, extra) else { return handle.focus_first_error() };
        let ChosenTime { desired_time, desired_local, time_zone, fold, hold, outside_hours_confirmed } =
            values.chosen;
        let request = PostCallback(CreateCallback {
            callback_type: values.callback_type,
            service_id: values.service_id,
            customer_number: values.customer_number,
            desired_time,
            desired_local,
            time_zone,
            fold,
            hold,
            outside_hours_confirmed,
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
            form.offer(&failure);
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

/// A toast for a new callback, which leads to its row. If the list does not show
/// it, the toast says why.
pub(super) fn created(page: PageState, view: &CallbackView, title: &str) -> Toast {
    let mut toast = Toast::success(title);
    let now = clock::now();
    let style = page.preferences.style_untracked();
    let list = page.view.with_untracked(|view| view.list.clone());
    let bounds = list.bounds(now, style.utc);
    let reveal = |range| -> Run {
        let callback = view.clone();
        Arc::new(move || page.reveal(range, &callback))
    };
    let (label, run) = if !matches(view, &bounds.clone().into(), None, now) {
        let time = format::day_time(view.desired_time, style);
        toast.detail = Some(messages::outside_range(time, untrack(|| page.range_label(list.range))));
        if let Some(range) = DateRange::narrowest_containing(view.desired_time, now, style.utc) {
            (messages::switch_to(range.label()), reveal(Some(Range::Preset(range))))
        } else {
            let href = format!("/callbacks/{}", view.id);
            (messages::show_it().to_owned(), Arc::new(move || page.open(&href)) as Run)
        }
    } else if !page.feed.lists(view, &list.filter(bounds), now) {
        toast.detail = Some(messages::outside_filters().to_owned());
        (messages::show_all().to_owned(), reveal(None))
    } else {
        toast.detail = Some(messages::callback_summary(
            number_text(view),
            &view.service.name,
            format::day_time(view.desired_time, style),
        ));
        (messages::show_it().to_owned(), reveal(None))
    };
    toast.action = Some(ToastAction { label, run });
    toast
}
