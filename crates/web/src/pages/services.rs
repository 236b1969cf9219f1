//! Services, that is virtual queues, and their settings.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::Permission;
use ringback_domain::wire::admin::{CreateService, EditService, ServiceView};
use ringback_domain::wire::endpoint::{ListServices, PatchService, PostService};
use ringback_domain::wire::problem::ProblemKind;

use super::{Listed, PlainPage, Subject};
use crate::components::button::{Button, Weight};
use crate::components::choice::Switch;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon_button::IconButton;
use crate::components::input::TextField;
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::forms::{Sending, place, require};
use crate::messages;
use crate::session::Session;

/// The page.
#[component]
pub(crate) fn ServicesPage() -> impl IntoView {
    let session = Session::here();
    let manages = session.may(Permission::ManageServices);
    let services = RwSignal::new(None);
    let load = Callback::new(move |()| {
        spawn_local(async move {
            let answer = session.get(&ListServices).await;
            services.try_set(Some(answer.map(|answer| answer.items)));
        });
    });
    load.run(());
    let open = RwSignal::new(None::<Subject<ServiceView>>);
    let close = Callback::new(move |()| open.set(None));
    let create = manages.then(|| {
        view! {
            <div class="actions">
                <Button weight=Weight::Primary icon="plus" on_press=move |()| open.set(Some(Subject::New))>
                    {messages::create_service()}
                </Button>
            </div>
        }
        .into_any()
    });
    let row = move |service: ServiceView| {
        let edited = service.clone();
        let label = messages::edit_of(&service.name);
        view! {
            <tr>
                <th scope="row">{service.name}</th>
                <td>{service.time_zone}</td>
                <td>{service.default_country}</td>
                <td>{yes_or_no(service.accept_new)}</td>
                <td>{yes_or_no(service.dial_pending)}</td>
                <td>{kinds(service.immediate_enabled, service.scheduled_enabled)}</td>
                <td class="num">{format::duration(i64::from(service.desired_window_seconds))}</td>
                <td>
                    {manages.then(move || view! {
                        <IconButton
                            class="iconbtn-accent"
                            icon="pencil"
                            label
                            on_press=move |()| open.set(Some(Subject::Known(edited.clone())))
                        />
                    })}
                </td>
            </tr>
        }
        .into_any()
    };
    let heads = vec![
        messages::column_service(),
        messages::time_zone(),
        messages::country(),
        messages::accept_new(),
        messages::dial_pending(),
        messages::callback_types(),
        messages::window(),
        messages::column_actions(),
    ];
    view! {
        <PlainPage title=messages::services() actions=create.into_any()>
            <Listed items=services heads label=messages::services() row=Callback::new(row) load />
        </PlainPage>
        {move || open.get().map(|subject| view! { <ServiceDialog subject close load /> })}
    }
}

fn yes_or_no(on: bool) -> &'static str {
    if on { messages::on() } else { messages::off() }
}

/// Which types of callback a service takes.
fn kinds(immediate: bool, scheduled: bool) -> String {
    let kinds = [(immediate, messages::immediate()), (scheduled, messages::scheduled())];
    let taken: Vec<_> = kinds.into_iter().filter_map(|(on, label)| on.then_some(label)).collect();
    if taken.is_empty() { messages::none().to_owned() } else { taken.join(", ") }
}

/// A new service, or the settings of one.
#[component]
fn ServiceDialog(subject: Subject<ServiceView>, close: Callback<()>, load: Callback<()>) -> impl IntoView {
    let toasts = Toasts::here();
    let service = subject.known();
    let known = service.clone();
    let text = |of: fn(&ServiceView) -> String| RwSignal::new(known.as_ref().map(of).unwrap_or_default());
    let on = |of: fn(&ServiceView) -> bool| RwSignal::new(known.as_ref().is_some_and(of));
    let name = text(|service| service.name.clone());
    let zone = text(|service| service.time_zone.clone());
    let country = text(|service| service.default_country.clone());
    let window = text(|service| service.desired_window_seconds.to_string());
    let switches = [
        (messages::accept_new(), on(|service| service.accept_new)),
        (messages::dial_pending(), on(|service| service.dial_pending)),
        (messages::immediate_enabled(), on(|service| service.immediate_enabled)),
        (messages::scheduled_enabled(), on(|service| service.scheduled_enabled)),
    ];
    let errors: [_; 4] = std::array::from_fn(|_| RwSignal::new(None));
    let [name_error, zone_error, country_error, window_error] = errors;
    let edits = service.is_some();
    let (title, button, done) = if edits {
        (messages::edit_service(), messages::save(), messages::service_saved())
    } else {
        (messages::create_service(), messages::create(), messages::service_created())
    };
    let handle = DialogHandle::new(title);
    let sending = Sending::of(handle);
    let service = StoredValue::new(service);
    let submit = move |()| {
        let filled = [
            require(name, name_error, messages::enter_name()),
            require(zone, zone_error, messages::fault_time_zone()),
            require(country, country_error, messages::fault_country()),
        ];
        let seconds = window.with_untracked(|window| window.trim().parse().ok());
        if edits && seconds.is_none() {
            window_error.set(Some(messages::fault_window().to_owned()));
        }
        if filled.contains(&false) || (edits && seconds.is_none()) {
            return handle.focus_first_error();
        }
        let value = |signal: RwSignal<String>| signal.get_untracked().trim().to_owned();
        let (name, time_zone, default_country) = (value(name), value(zone), value(country).to_uppercase());
        let [accept_new, dial_pending, immediate_enabled, scheduled_enabled] =
            switches.map(|(_, on)| Some(on.get_untracked()));
        let work = async move {
            match service.get_value() {
                None => {
                    sending
                        .command(PostService(CreateService { name, time_zone, default_country }), None)
                        .await
                }
                Some(service) => {
                    let body = EditService {
                        name: Some(name),
                        time_zone: Some(time_zone),
                        default_country: Some(default_country),
                        accept_new,
                        dial_pending,
                        immediate_enabled,
                        scheduled_enabled,
                        desired_window_seconds: seconds,
                    };
                    sending.command(PatchService(service.id, body), Some(service.version)).await
                }
            }
        };
        let saved = move |_| {
            handle.close();
            load.run(());
            let detail = (!edits).then(|| messages::seen_after_reload().to_owned());
            toasts.show(Toast { detail, ..Toast::done(done) });
        };
        sending.send(work, saved, move |failure| {
            if failure.kind() == Some(ProblemKind::Duplicate) {
                return name_error.set(Some(messages::name_taken().to_owned()));
            }
            let pointers = ["/name", "/time_zone", "/default_country", "/desired_window_seconds"];
            let fields: Vec<_> = pointers.into_iter().zip(errors).collect();
            handle.problem.set(place(&failure, &fields));
        });
    };
    view! {
        <Dialog handle on_close=close on_submit=submit action=handle.submit(button)>
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
            {edits.then(|| view! {
                <TextField
                    label=messages::window_seconds()
                    value=window
                    error=window_error
                    inputmode="numeric"
                    hint=messages::window_hint().to_owned()
                />
                <div class="switches">
                    {switches
                        .map(|(label, on)| view! { <Switch label on on_switch=move |now| on.set(now) /> })
                        .collect_view()}
                </div>
            })}
        </Dialog>
    }
}
