//! Recreate Callback: creates a new callback from a completed one.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::callback::{ChosenTime, RecreateCallback};
use ringback_domain::wire::endpoint::{GetCallback, PostRecreate};

use super::Host;
use super::recording::RecordingNote;
use super::request_form::{RequestFields, RequestForm, service_choices};
use super::row::Row;
use crate::client::Client;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::input::SelectOption;
use crate::forms::{Submission, show_problems};
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::session::Session;

/// The dialog.
#[component]
pub(crate) fn RecreateDialog(
    /// The callback.
    row: Row,
    /// Where it was opened.
    host: Host,
) -> impl IntoView {
    let client = Client::here();
    let preferences = PreferenceStore::here();
    let session = Session::here();
    let handle = DialogHandle::new(messages::recreate_callback());
    let submission = Submission::of(handle);
    let old = row.record.get_untracked();
    let service = old.service.id.to_string();
    let mut choices = service_choices(session);
    if choices.iter().all(|choice| choice.value != service) {
        choices.push(SelectOption { value: service.clone(), label: old.service.name.clone() });
    }
    let form = RequestForm::new(service, row.number(), preferences.style_untracked());
    let record = row.record.clone();
    let id = row.id;

    let submit = move |()| {
        let Some(filled) = form.read(preferences.style_untracked()) else {
            return handle.focus_first_error();
        };
        let ChosenTime { desired_time, desired_local, time_zone, fold, hold, outside_hours_confirmed } =
            filled.chosen;
        let request = PostRecreate(
            id,
            RecreateCallback {
                callback_type: filled.callback_type,
                service_id: Some(filled.service_id),
                customer_number: Some(filled.customer_number),
                desired_time,
                desired_local,
                time_zone,
                fold,
                hold,
                outside_hours_confirmed,
            },
        );
        let version = Some(record.with_untracked(|view| view.version));
        let done = move |view| {
            handle.close();
            host.recreated.run(view);
        };
        let work = submission.command(request, version);
        submission.run(work, done, move |failure| {
            form.offer(&failure);
            handle.problem.set(show_problems(&failure, &form.fields()));
            spawn_local(async move {
                if let Ok(view) = client.call(&GetCallback(id)).await {
                    host.changed.run(view);
                }
            });
        });
    };
    view! {
        <Dialog
            handle
            fallback_focus=row.arrow_id()
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
