//! Recreate Callback: a finished one again, as a new record.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::CallbackType;
use ringback_domain::wire::callback::{RecreateCallback, ServiceRef};
use ringback_domain::wire::endpoint::{GetCallback, PostRecreate};

use super::Host;
use super::cells::{arrow_id, shown_number};
use super::create::{service_choices, type_cards};
use super::feed::Row;
use super::forms::{place, require};
use super::recording::RecordingNote;
use super::when::{When, WhenFields};
use crate::api::Command;
use crate::browser;
use crate::components::button::{Button, Size, Weight};
use crate::components::choice::RadioCards;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::input::{SelectField, TextField};
use crate::messages;
use crate::session::Session;

/// The dialog.
#[component]
pub(in crate::pages) fn RecreateDialog(
    /// The callback.
    row: Row,
    /// Where it was opened.
    host: Host,
) -> impl IntoView {
    let session = Session::here();
    let handle = DialogHandle::new();
    let old = row.record.get_untracked();
    let mut services = session.me().map(|me| me.services.clone()).unwrap_or_default();
    if !services.iter().any(|service| service.id == old.service.id) {
        services.push(ServiceRef { id: old.service.id, name: old.service.name.clone() });
    }
    let choices = service_choices(&services);
    let kind = RwSignal::new(CallbackType::Immediate);
    let service = RwSignal::new(old.service.id.to_string());
    let number = RwSignal::new(shown_number(&row));
    let when = When::soon(session.style_now());
    let (service_error, number_error) = (RwSignal::new(None), RwSignal::new(None));
    let problem = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let record = row.record.clone();
    let id = row.id;

    let submit = move |()| {
        if busy.get_untracked() {
            return;
        }
        problem.set(None);
        let has_number = require(number, number_error, messages::enter_number());
        let scheduled = kind.get_untracked() == CallbackType::Scheduled;
        let desired_time = if scheduled { when.read(session.style_now()) } else { None };
        if !has_number || (scheduled && desired_time.is_none()) {
            return handle.focus_first_error();
        }
        let request = PostRecreate(
            id,
            RecreateCallback {
                callback_type: kind.get_untracked(),
                service_id: service.get_untracked().parse().ok(),
                customer_number: Some(number.get_untracked().trim().to_owned()),
                desired_time,
            },
        );
        let version = Some(record.with_untracked(|view| view.version));
        let command = Command { key: browser::random_key(), version };
        busy.set(true);
        spawn_local(async move {
            let answer = session.command(&request, &command).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(view) => {
                    handle.close();
                    host.made.run(view);
                }
                Err(failure) => {
                    let fields = [
                        ("/service_id", service_error),
                        ("/customer_number", number_error),
                        ("/desired_time", when.time_error),
                    ];
                    problem.set(place(&failure, &fields));
                    handle.focus_first_error();
                    if let Ok(view) = session.get(&GetCallback(id)).await {
                        host.put.run(view);
                    }
                }
            }
        });
    };
    view! {
        <Dialog
            handle
            title=messages::recreate_callback()
            fallback_focus=arrow_id(&row)
            on_close=host.closed
            on_submit=submit
            problem=problem
            action=Box::new(move || {
                view! {
                    <Button weight=Weight::Primary size=Size::Large submit=true busy=Signal::from(busy)>
                        {messages::recreate()}
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
            />
            <Show when=move || kind.get() == CallbackType::Scheduled>
                <WhenFields when />
            </Show>
            <RecordingNote id />
            <div class="note"><Icon name="info" /><span>{messages::recreate_consequence()}</span></div>
        </Dialog>
    }
}
