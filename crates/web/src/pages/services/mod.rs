//! Services, that is virtual queues: all of them, and the one that is open with its settings.

mod create;
mod draft;
mod durations;
mod editor;
mod history;
mod retries;
mod settings;
mod switches;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;
use ringback_domain::wire::admin::{EditService, ServiceView};
use ringback_domain::wire::endpoint::{
    GetService, ListCapacityRules, ListNumberRules, ListOfficeHours, ListServices, PatchService,
};
use ringback_domain::wire::problem::ProblemKind;
use ringback_domain::{Permission, ServiceId};

use super::collection::{Collection, CollectionPage};
use super::unsaved::guard;
use crate::api::Failure;
use crate::browser;
use crate::client::Client;
use crate::components::button::Button;
use crate::components::dialog::DialogHandle;
use crate::components::empty_state::{EmptyState, Skeleton};
use crate::components::page::PlainPage;
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::forms::{Submission, show_problems};
use crate::messages;
use crate::session::Session;
use create::CreateDialog;
use draft::{Draft, Theirs};
use editor::Editor;
use settings::Known;

const PATH: &str = "/services";

/// How often a service is read again while a node still has an older version of it, and the
/// pause before it is read again, in milliseconds.
const TRIES: u32 = 5;
const PAUSE: i32 = 400;

/// The address of a service.
fn address(id: ServiceId) -> String {
    format!("{PATH}?id={id}")
}

/// The state of the page.
#[derive(Clone, Copy)]
struct Services {
    client: Client,
    may_edit: bool,
    may_audit: bool,
    all: Collection<ServiceView>,
    /// What there is to choose from, once it is loaded.
    known: RwSignal<Option<Known>>,
    /// What was opened, with changes that are not saved.
    drafts: RwSignal<Vec<Draft>>,
    /// What is being saved, and what went wrong.
    handle: DialogHandle,
    submission: Submission,
    toasts: Toasts,
    /// Drafts live as long as the page.
    owner: StoredValue<Owner>,
}

impl Services {
    fn new() -> Self {
        let (client, session) = (Client::here(), Session::here());
        let handle = DialogHandle::new(messages::save());
        let this = Self {
            client,
            may_edit: session.may(Permission::ManageServices),
            may_audit: session.may(Permission::ViewAudit),
            all: Collection::new(move || async move { Ok(client.call(&ListServices).await?.items) }),
            known: RwSignal::new(None),
            drafts: RwSignal::new(Vec::new()),
            handle,
            submission: Submission::of(handle),
            toasts: Toasts::here(),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
        };
        this.load_known();
        this
    }

    /// Loads what there is to choose from.
    pub(super) fn load_known(self) {
        let client = self.client;
        spawn_local(async move {
            let loaded = futures_util::try_join!(
                client.call(&ListOfficeHours),
                client.call(&ListCapacityRules),
                client.call(&ListNumberRules),
            );
            match loaded {
                Ok((calendars, capacity, numbers)) => {
                    let known = Known {
                        calendars: calendars
                            .items
                            .into_iter()
                            .map(|of| (of.id.to_string(), of.name))
                            .collect(),
                        capacity_rules: capacity
                            .items
                            .into_iter()
                            .map(|of| (of.id.to_string(), of.name))
                            .collect(),
                        number_rules: numbers
                            .items
                            .into_iter()
                            .map(|of| (of.id.to_string(), of.name))
                            .collect(),
                    };
                    self.known.try_set(Some(known));
                }
                Err(failure) => {
                    self.handle.problem.try_set(Some(failure.message()));
                }
            }
        });
    }

    /// The draft of a service that was loaded.
    fn draft(self, id: ServiceId) -> Option<Draft> {
        let is_of = |draft: &Draft| draft.saved.with_untracked(|saved| saved.id == id);
        if let Some(draft) = self.drafts.with_untracked(|drafts| drafts.iter().copied().find(is_of)) {
            return Some(draft);
        }
        let service = self.all.items().with_untracked(|items| {
            items.iter().flatten().flatten().find(|service| service.id == id).cloned()
        })?;
        let draft = Draft::of(service, self.owner.get_value());
        self.drafts.update(|drafts| drafts.push(draft));
        Some(draft)
    }

    /// Shows what the server keeps now, unless something of the draft is not saved.
    fn refresh(self, draft: Draft) {
        let (id, version) = draft.saved.with_untracked(|saved| (saved.id, saved.version));
        spawn_local(async move {
            let read = self.client.call(&GetService(id)).await;
            let unchanged = draft.saved.try_with_untracked(|saved| saved.version == version);
            if let (Ok(service), Some(true)) = (read, unchanged)
                && service.version > version
                && untrack(|| draft.changes().is_empty())
            {
                draft.load(service);
            }
        });
    }

    /// Sends changes of a service, to be made to this version.
    fn send(self, draft: Draft, edit: EditService, version: i64) {
        let id = draft.saved.with_untracked(|saved| saved.id);
        self.handle.problem.set(None);
        let done = move |service: ServiceView| {
            let saved = messages::service_saved(&service.name, service.version);
            self.toasts.show(Toast::success(&saved));
            draft.load(service);
            self.all.reload();
        };
        let work = self.submission.command(PatchService(id, edit), Some(version));
        self.submission.run(work, done, move |failure| self.refuse(draft, &failure));
    }

    /// Says what the server refused. Nothing that was typed is lost.
    fn refuse(self, draft: Draft, failure: &Failure) {
        match failure.kind() {
            Some(ProblemKind::Stale) => self.show_theirs(draft),
            Some(ProblemKind::Duplicate) => {
                if let Some(name) = draft.input("/name") {
                    name.error.set(Some(messages::name_taken().to_owned()));
                }
                focus_first_error();
            }
            _ => {
                let fields = draft.fields();
                let fields: Vec<_> =
                    fields.iter().map(|(pointer, error)| (pointer.as_str(), *error)).collect();
                self.handle.problem.set(show_problems(failure, &fields));
                focus_first_error();
            }
        }
    }

    /// Shows what somebody else has saved, and who that was.
    fn show_theirs(self, draft: Draft) {
        let (id, version) = draft.saved.with_untracked(|saved| (saved.id, saved.version));
        spawn_local(async move {
            let mut tries = 0;
            let theirs = loop {
                tries += 1;
                match self.client.call(&GetService(id)).await {
                    Ok(service) if service.version <= version && tries < TRIES => browser::sleep(PAUSE).await,
                    read => break read,
                }
            };
            match theirs {
                Ok(service) => {
                    draft.theirs.try_set(Some(Theirs { service: service.clone(), who: None }));
                    let who =
                        if self.may_audit { history::author(self.client, &service).await } else { None };
                    draft.theirs.try_update(|theirs| {
                        if let Some(theirs) = theirs.as_mut().filter(|theirs| theirs.service == service) {
                            theirs.who = who;
                        }
                    });
                }
                Err(failure) => {
                    self.handle.problem.try_set(Some(failure.message()));
                }
            }
        });
    }

    fn has_changes(self) -> bool {
        let drafts = self.drafts.try_get_untracked().unwrap_or_default();
        self.may_edit && untrack(|| drafts.into_iter().any(|draft| !draft.changes().is_empty()))
    }
}

fn focus_first_error() {
    request_animation_frame(|| browser::focus_first(".rule [aria-invalid=\"true\"]"));
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    List,
    Loading,
    Failed(String),
    Missing,
    Open(ServiceId),
}

/// The page.
#[component]
pub(crate) fn ServicesPage() -> impl IntoView {
    let services = Services::new();
    guard(PATH, move || services.has_changes());
    let query = use_query_map();
    let state = Memo::new(move |_| {
        let Some(asked) = query.with(|query| query.get("id")) else { return State::List };
        let id = asked.parse::<ServiceId>().ok();
        services.all.items().with(|items| match items {
            None => State::Loading,
            Some(Err(text)) => State::Failed(text.clone()),
            Some(Ok(items)) => match items.iter().find(|service| Some(service.id) == id) {
                Some(service) => State::Open(service.id),
                None => State::Missing,
            },
        })
    });
    let elsewhere =
        |content: AnyView| view! { <PlainPage title=messages::services()>{content}</PlainPage> }.into_any();
    move || match state.get() {
        State::List => view! { <ServiceList services /> }.into_any(),
        State::Loading => elsewhere(view! { <Skeleton label=messages::loading() /> }.into_any()),
        State::Failed(text) => {
            let again = move |()| services.all.reload();
            elsewhere(
                view! {
                    <EmptyState icon="circle-alert" bad=true title=messages::list_failed() text>
                        <Button icon="refresh-cw" on_press=again>{messages::try_again()}</Button>
                    </EmptyState>
                }
                .into_any(),
            )
        }
        State::Missing => {
            let text = messages::no_such_service_text().to_owned();
            elsewhere(
                view! {
                    <EmptyState icon="circle-alert" title=messages::no_such_service() text>
                        <a href=PATH>{messages::services()}</a>
                    </EmptyState>
                }
                .into_any(),
            )
        }
        State::Open(id) => {
            untrack(|| services.draft(id).map(|draft| view! { <Editor services draft /> })).into_any()
        }
    }
}

/// All services.
#[component]
fn ServiceList(services: Services) -> impl IntoView {
    let row = move |service: ServiceView| {
        let settings = &service.settings;
        view! {
            <tr>
                <th scope="row"><a href=address(service.id)>{service.name.clone()}</a></th>
                <td>{service.time_zone.clone()}</td>
                <td>{service.default_country.clone()}</td>
                <td>{on_or_off(settings.accept_new)}</td>
                <td>{on_or_off(settings.dial_pending)}</td>
                <td>{callback_types(settings.immediate_enabled, settings.scheduled_enabled)}</td>
                <td class="num">{format::duration(i64::from(settings.desired_window_seconds))}</td>
                <td class="num">{service.version}</td>
            </tr>
        }
        .into_any()
    };
    let columns = vec![
        messages::column_service(),
        messages::time_zone(),
        messages::country(),
        messages::accept_new(),
        messages::dial_pending(),
        messages::callback_types(),
        messages::window(),
        messages::service_version(),
    ];
    view! {
        <CollectionPage
            collection=services.all
            title=messages::services()
            label=messages::services()
            create=services.may_edit.then(messages::create_service)
            columns
            shows_last=true
            row
            dialog=move |_| view! { <CreateDialog services=services.all /> }.into_any()
        />
    }
}

fn on_or_off(on: bool) -> &'static str {
    if on { messages::on() } else { messages::off() }
}

/// The types of callback that a service takes.
fn callback_types(immediate: bool, scheduled: bool) -> String {
    let types = [(immediate, messages::immediate()), (scheduled, messages::scheduled())];
    let taken: Vec<_> = types.into_iter().filter_map(|(on, label)| on.then_some(label)).collect();
    if taken.is_empty() { messages::none().to_owned() } else { taken.join(", ") }
}
