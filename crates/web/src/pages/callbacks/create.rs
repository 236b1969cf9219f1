//! Create Callback.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::CallbackType;
use ringback_domain::wire::callback::{CallbackView, CreateCallback, ServiceRef};
use ringback_domain::wire::endpoint::PostCallback;

use super::Page;
use super::chips::unhide;
use super::forms::{place, require};
use super::matching::matches;
use super::view_state::Quick;
use super::when::{When, WhenFields};
use crate::api::{Command, Failure};
use crate::browser;
use crate::components::button::{Button, Size, Weight};
use crate::components::choice::{Card, RadioCards};
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::field::FieldError;
use crate::components::input::{Choice, SelectField, TextField};
use crate::components::toast::{Toast, ToastAction, Toasts};
use crate::format::{self, Style};
use crate::messages;
use crate::ranges::{DateRange, Range};

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

/// What is filled in, and what is wrong with it.
#[derive(Clone, Copy)]
struct Form {
    kind: RwSignal<CallbackType>,
    service: RwSignal<String>,
    service_error: FieldError,
    number: RwSignal<String>,
    number_error: FieldError,
    when: When,
    problem: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    /// The same for each try of the same request.
    key: StoredValue<String>,
}

impl Form {
    fn new(page: Page, choices: &[Choice]) -> Self {
        Self {
            kind: RwSignal::new(CallbackType::Immediate),
            service: RwSignal::new(choices.first().map(|choice| choice.value.clone()).unwrap_or_default()),
            service_error: RwSignal::new(None),
            number: RwSignal::new(String::new()),
            number_error: RwSignal::new(None),
            when: When::soon(page.session.style_now()),
            problem: RwSignal::new(None),
            busy: RwSignal::new(false),
            key: StoredValue::new(browser::random_key()),
        }
    }

    /// What is to be asked for; `None`, and the fields are marked, if something
    /// is missing.
    fn read(self, style: Style) -> Option<CreateCallback> {
        let service_id = self.service.get_untracked().parse().ok();
        if service_id.is_none() {
            self.service_error.set(Some(messages::choose_service().to_owned()));
        }
        let has_number = require(self.number, self.number_error, messages::enter_number());
        let callback_type = self.kind.get_untracked();
        let scheduled = callback_type == CallbackType::Scheduled;
        let desired_time = if scheduled { self.when.read(style) } else { None };
        if !has_number || (scheduled && desired_time.is_none()) {
            return None;
        }
        Some(CreateCallback {
            callback_type,
            service_id: service_id?,
            customer_number: self.number.get_untracked().trim().to_owned(),
            desired_time,
            customer_time_zone: None,
            language: None,
            priority: None,
            user_data: None,
            arrived_at: None,
        })
    }

    fn refused(self, failure: &Failure) {
        // The next try is another request, unless nobody knows what became of
        // this one.
        if *failure != Failure::Unreachable {
            self.key.set_value(browser::random_key());
        }
        let fields = [
            ("/service_id", self.service_error),
            ("/customer_number", self.number_error),
            ("/desired_time", self.when.time_error),
        ];
        self.problem.set(place(failure, &fields));
    }
}

/// The dialog.
#[component]
pub(super) fn CreateDialog() -> impl IntoView {
    let page = Page::here();
    let toasts = Toasts::here();
    let handle = DialogHandle::new();
    let services = page.session.me().map(|me| me.services.clone()).unwrap_or_default();
    let choices = service_choices(&services);
    let form = Form::new(page, &choices);
    let Form { kind, service, service_error, number, number_error, when, problem, busy, key } = form;
    // What was changed is another request.
    Effect::new(move |_| {
        kind.track();
        service.track();
        number.track();
        when.track();
        key.set_value(browser::random_key());
    });

    let submit = move |()| {
        if busy.get_untracked() {
            return;
        }
        problem.set(None);
        let Some(request) = form.read(page.session.style_now()) else {
            return handle.focus_first_error();
        };
        busy.set(true);
        spawn_local(async move {
            let command = Command { key: key.get_value(), version: None };
            let answer = page.session.command(&PostCallback(request), &command).await;
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
                    form.refused(&failure);
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
    if !matches(view, &bounds.clone().into(), now) {
        let time = format::day_time(desired_time, style);
        toast.detail = Some(messages::outside_range(time, untrack(|| page.range_label(list.range))));
        toast.action = DateRange::around(desired_time, now, style.utc).map(|range| ToastAction {
            label: messages::switch_to(range.label()),
            run: reveal(page, Range::Given(range), view.clone()),
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

/// Shows a range with a callback in it, whatever hides it now.
fn reveal(page: Page, range: Range, callback: CallbackView) -> Callback<()> {
    Callback::new(move |()| {
        let view = page.view.get_untracked().with(|list| {
            list.range = range;
            list.quick = Quick::All;
            list.search.clear();
            let services = &list.visible.services;
            let hidden = !services.is_empty() && !services.contains(&callback.service.id);
            unhide(page, list, !list.visible.shows(callback.state), hidden);
        });
        page.show(&view);
    })
}
