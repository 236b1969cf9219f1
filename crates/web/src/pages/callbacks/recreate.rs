//! Recreate Callback: a finished one again, as a new record.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::auth::VisibleService;
use ringback_domain::wire::callback::RecreateCallback;
use ringback_domain::wire::endpoint::{GetCallback, PostRecreate};

use super::Host;
use super::cells::{arrow_id, shown_number};
use super::feed::Row;
use super::recording::RecordingNote;
use super::request_form::{RequestFields, RequestForm};
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::format;
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
    let mut services = session.me().map(|me| me.services.clone()).unwrap_or_default();
    if !services.iter().any(|service| service.id == old.service.id) {
        services.push(VisibleService {
            id: old.service.id,
            name: old.service.name.clone(),
            time_zone: format::zone_name(true),
        });
    }
    let form = RequestForm::new(Some(old.service.id), shown_number(&row), session.style_now());
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
            <RequestFields form services customer_zone=old.customer_time_zone />
            <RecordingNote id />
            <div class="note"><Icon name="info" /><span>{messages::recreate_consequence()}</span></div>
        </Dialog>
    }
}
