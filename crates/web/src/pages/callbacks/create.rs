//! Create Callback.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::CallbackType;
use ringback_domain::wire::callback::{CallbackView, CreateCallback, ServiceRef};
use ringback_domain::wire::endpoint::PostCallback;

use super::Page;
use super::forms::{place, require};
use super::matching::matches;
use super::view_state::Quick;
use super::when::{When, WhenFields};
use crate::api::Command;
use crate::browser;
use crate::components::button::{Button, Size, Weight};
use crate::components::choice::{Card, RadioCards};
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::input::{Choice, SelectField, TextField};
use crate::components::toast::{Toast, ToastAction, Toasts};
use crate::format;
use crate::messages;
use crate::ranges::DateRange;

/// Immediate or scheduled, as cards.
pub(super) fn type_cards() -> Vec<Card<CallbackType>> {
    let card = |value, label, hint: &'static str| Card {
        value,
        label,
        hint: Signal::stored(Some(hint)),
        disabled: Signal::stored(false),
    };
    vec![
        card(CallbackType::Immediate, messages::immediate(), messages::immediate_hint()),
        card(CallbackType::Scheduled, messages::scheduled(), messages::scheduled_hint()),
    ]
}

/// The services to choose from.
pub(super) fn service_choices(services: &[ServiceRef]) -> Vec<Choice> {
    let choice = |service: &ServiceRef| Choice { value: service.id.to_string(), label: service.name.clone() };
    services.iter().map(choice).collect()
}

/// The dialog.
#[component]
pub(super) fn CreateDialog() -> impl IntoView {
    let page = Page::here();
    let toasts = Toasts::here();
    let handle = DialogHandle::new();
    let services = page.session.me().map(|me| me.services.clone()).unwrap_or_default();
    let choices = service_choices(&services);

    let kind = RwSignal::new(CallbackType::Immediate);
    let service = RwSignal::new(choices.first().map(|choice| choice.value.clone()).unwrap_or_default());
    let number = RwSignal::new(String::new());
    let when = When::soon(page.session.style_now());
    let (kind_error, service_error, number_error) =
        (RwSignal::new(None), RwSignal::new(None), RwSignal::new(None));
    let problem = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let key = StoredValue::new(browser::random_key());
    // Another request than the one before needs another key.
    Effect::new(move |_| {
        kind.track();
        service.track();
        number.track();
        key.set_value(browser::random_key());
    });

    let submit = move |()| {
        if busy.get_untracked() {
            return;
        }
        problem.set(None);
        let service_id = service.get_untracked().parse().ok();
        if service_id.is_none() {
            service_error.set(Some(messages::choose_service().to_owned()));
        }
        let has_number = require(number, number_error, messages::enter_number());
        let scheduled = kind.get_untracked() == CallbackType::Scheduled;
        let desired_time = if scheduled { when.read(page.session.style_now()) } else { None };
        let (Some(service_id), true, true) = (service_id, has_number, !scheduled || desired_time.is_some())
        else {
            return handle.focus_first_error();
        };
        let request = PostCallback(CreateCallback {
            callback_type: kind.get_untracked(),
            service_id,
            customer_number: number.get_untracked().trim().to_owned(),
            desired_time,
            customer_time_zone: None,
            language: None,
            priority: None,
            user_data: None,
            arrived_at: None,
        });
        busy.set(true);
        spawn_local(async move {
            let command = Command { key: key.get_value(), version: None };
            let answer = page.session.command(&request, &command).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(view) => {
                    handle.close();
                    page.feed.load();
                    toasts.show(created(page, &view, messages::callback_created()));
                }
                Err(failure) => {
                    // The next try is another request.
                    key.set_value(browser::random_key());
                    let fields = [
                        ("/callback_type", kind_error),
                        ("/service_id", service_error),
                        ("/customer_number", number_error),
                        ("/desired_time", when.time_error),
                    ];
                    problem.set(place(&failure, &fields).or_else(|| kind_error.get_untracked()));
                    handle.focus_first_error();
                }
            }
        });
    };
    view! {
        <Dialog
            handle
            title=messages::create_callback()
            on_close=move |()| page.dialog.set(None)
            on_submit=submit
            problem=problem
            action=Box::new(move || {
                view! {
                    <Button weight=Weight::Primary size=Size::Large submit=true busy=Signal::from(busy)>
                        {messages::create()}
                    </Button>
                }
                .into_any()
            })
        >
            <RadioCards label=messages::callback_type() value=kind cards=type_cards() autofocus=true />
            <SelectField label=messages::service_type() value=service error=service_error choices />
            <TextField
                label=messages::customer_number()
                value=number
                error=number_error
                kind="tel"
                inputmode="tel"
                hint=messages::customer_number_hint().to_owned()
            />
            <Show when=move || kind.get() == CallbackType::Scheduled>
                <WhenFields when />
            </Show>
        </Dialog>
    }
}

/// Says that a callback was made; if it is not in the list on screen, why, and
/// leads to where it is.
pub(super) fn created(page: Page, view: &CallbackView, title: &str) -> Toast {
    let mut toast = Toast::done(title);
    let now = browser::now();
    let style = page.session.style_now();
    let list = page.view.with_untracked(|view| view.list.clone());
    let bounds = list.bounds(now, style.utc);
    let desired_time = view.desired_time;
    if desired_time < bounds.from || bounds.to <= desired_time {
        let time = format::day_time(desired_time, style);
        toast.detail = Some(messages::outside_range(time, list.range.label()));
        toast.action = DateRange::around(desired_time, now, style.utc).map(|range| ToastAction {
            label: messages::switch_to(range.label()),
            run: Callback::new(move |()| show_range(page, range)),
        });
    } else if !matches(view, &list.filter(bounds), now) {
        toast.detail = Some(messages::outside_filters().to_owned());
        toast.action = Some(ToastAction {
            label: messages::show_all().to_owned(),
            run: Callback::new(move |()| show_range(page, list.range)),
        });
    }
    toast
}

fn show_range(page: Page, range: DateRange) {
    page.show(&page.view.get_untracked().with(|list| {
        list.range = range;
        list.quick = Quick::All;
        list.search.clear();
    }));
}
