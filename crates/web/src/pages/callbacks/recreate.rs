//! Recreate Callback: a finished one again, as a new record.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::callback::RecreateCallback;
use ringback_domain::wire::endpoint::{GetCallback, PostRecreate};

use super::Host;
use super::cells::{arrow_id, shown_number};
use super::feed::Row;
use super::recording::RecordingNote;
use super::request_form::{RequestFields, RequestForm, service_choices};
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::input::Choice;
use crate::forms::{Sending, place};
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
    let handle = DialogHandle::new(messages::recreate_callback());
    let sending = Sending::of(handle);
    let old = row.record.get_untracked();
    let service = old.service.id.to_string();
    let mut choices = service_choices(session);
    if choices.iter().all(|choice| choice.value != service) {
        choices.push(Choice { value: service.clone(), label: old.service.name.clone() });
    }
    let form = RequestForm::new(service, shown_number(&row), session.style_now());
    let record = row.record.clone();
    let id = row.id;

    let submit = move |()| {
        let Some(filled) = form.read(session.style_now()) else { return handle.focus_first_error() };
        let request = PostRecreate(
            id,
            RecreateCallback {
                callback_type: filled.callback_type,
                service_id: Some(filled.service_id),
                customer_number: Some(filled.customer_number),
                desired_time: filled.desired_time,
            },
        );
        let version = Some(record.with_untracked(|view| view.version));
        let made = move |view| {
            handle.close();
            host.made.run(view);
        };
        let work = sending.command(request, version);
        sending.send(work, made, move |failure| {
            handle.problem.set(place(&failure, &form.fields()));
            spawn_local(async move {
                if let Ok(view) = session.get(&GetCallback(id)).await {
                    host.put.run(view);
                }
            });
        });
    };
    view! {
        <Dialog
            handle
            fallback_focus=arrow_id(&row)
            on_close=host.closed
            on_submit=submit
            action=handle.submit(messages::recreate())
        >
            <RequestFields form choices customer_zone=old.customer_time_zone />
            <RecordingNote id />
            <div class="note"><Icon name="info" /><span>{messages::recreate_consequence()}</span></div>
        </Dialog>
    }
}
