//! The dialog that creates a service.

use leptos::prelude::*;
use ringback_domain::wire::admin::{CreateService, ServiceView};
use ringback_domain::wire::endpoint::PostService;
use ringback_domain::wire::problem::ProblemKind;

use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::input::TextField;
use crate::components::toast::{Toast, Toasts};
use crate::forms::{Submission, require, show_problems};
use crate::messages;
use crate::pages::collection::Collection;

/// Creates a service; every other setting has its default.
#[component]
pub(super) fn CreateDialog(services: Collection<ServiceView>) -> impl IntoView {
    let toasts = Toasts::here();
    let [name, zone, country] = std::array::from_fn(|_| RwSignal::new(String::new()));
    let [name_error, zone_error, country_error] = std::array::from_fn(|_| RwSignal::new(None));
    let handle = DialogHandle::new(messages::create_service());
    let submission = Submission::of(handle);
    let submit = move |()| {
        let filled = [
            require(name, name_error, messages::enter_name()),
            require(zone, zone_error, messages::fault_time_zone()),
            require(country, country_error, messages::fault_country()),
        ];
        if filled.contains(&false) {
            return handle.focus_first_error();
        }
        let value = |signal: RwSignal<String>| signal.get_untracked().trim().to_owned();
        let body = CreateService {
            name: value(name),
            time_zone: value(zone),
            default_country: value(country).to_ascii_uppercase(),
        };
        let created = move |_| {
            handle.close();
            services.reload();
            let detail = Some(messages::seen_after_reload().to_owned());
            toasts.show(Toast { detail, ..Toast::success(messages::service_created()) });
        };
        submission.run(submission.command(PostService(body), None), created, move |failure| {
            if failure.kind() == Some(ProblemKind::Duplicate) {
                return name_error.set(Some(messages::name_taken().to_owned()));
            }
            let fields =
                [("/name", name_error), ("/time_zone", zone_error), ("/default_country", country_error)];
            handle.problem.set(show_problems(&failure, &fields));
        });
    };
    let action = handle.submit(messages::create());
    view! {
        <Dialog handle on_close=move |()| services.close() on_submit=submit action>
            <TextField label=messages::name() value=name error=name_error autofocus=true />
            <TextField
                label=messages::time_zone()
                value=zone
                error=zone_error
                hint=messages::time_zone_example().to_owned()
            />
            <TextField
                label=messages::country()
                value=country
                error=country_error
                hint=messages::country_hint().to_owned()
            />
        </Dialog>
    }
}
