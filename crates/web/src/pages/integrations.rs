//! Integrations: the API keys of other systems.

use leptos::prelude::*;
use ringback_domain::ApiScope;
use ringback_domain::wire::admin::{ApiKeyView, CreateApiKey, CreatedApiKey, ServiceView};
use ringback_domain::wire::endpoint::{DeleteApiKey, ListApiKeys, ListServices, PostApiKey};
use ringback_domain::wire::problem::ProblemKind;

use super::collection::{Collection, CollectionPage, Subject, service_names};
use crate::client::Client;
use crate::clock;
use crate::components::button::Appearance;
use crate::components::check_list::CheckList;
use crate::components::choice::Switch;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon_button::IconButton;
use crate::components::input::TextField;
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::forms::{Submission, require, show_problems};
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::session::Session;

/// The name of a scope in the API.
fn scope_name(scope: ApiScope) -> &'static str {
    match scope {
        ApiScope::CallbacksRead => "callbacks:read",
        ApiScope::CallbacksWrite => "callbacks:write",
        ApiScope::Router => "router",
        ApiScope::Admin => "admin",
        ApiScope::AuditRead => "audit:read",
    }
}

/// The scopes that the person may give a key; the server asks the same rule.
fn grantable_scopes(session: Session) -> Vec<ApiScope> {
    let Some(me) = session.me() else { return Vec::new() };
    ApiScope::ALL.iter().copied().filter(|scope| scope.is_grantable_by(&me.permissions)).collect()
}

/// The page.
#[component]
pub(crate) fn IntegrationsPage() -> impl IntoView {
    let client = Client::here();
    let preferences = PreferenceStore::here();
    let grantable = StoredValue::new(grantable_scopes(Session::here()));
    let services = RwSignal::new(Vec::<ServiceView>::new());
    let keys = Collection::new(move || async move {
        // Keys refer to services by id.
        if let Ok(response) = client.call(&ListServices).await {
            services.try_set(response.items);
        }
        Ok(client.call(&ListApiKeys).await?.items)
    });
    let row = move |key: ApiKeyView| {
        let scopes: Vec<_> = key.scopes.iter().copied().map(scope_name).collect();
        let visible = services.with_untracked(|services| service_names(key.services.as_deref(), services));
        let expired = key.expires_at.is_some_and(|at| at <= clock::now());
        let state = match (key.revoked_at, expired) {
            (Some(_), _) => messages::revoked(),
            (None, true) => messages::expired(),
            (None, false) => messages::active(),
        };
        let revoked = key.clone();
        let revocable = grantable.with_value(|scopes| key.scopes.iter().all(|scope| scopes.contains(scope)));
        view! {
            <tr>
                <th scope="row">{key.name.clone()}</th>
                <td class="mono wrap">{scopes.join(", ")}</td>
                <td class="wrap">{visible}</td>
                <td class="num">{format::day_time(key.created_at, preferences.style_untracked())}</td>
                <td>{state}</td>
                <td>
                    {(key.revoked_at.is_none() && !expired && revocable).then(move || view! {
                        <IconButton
                            icon="ban"
                            label=messages::revoke_of(key.name)
                            on_press=move |()| keys.open(revoked.clone())
                        />
                    })}
                </td>
            </tr>
        }
        .into_any()
    };
    let columns = vec![
        messages::name(),
        messages::scopes(),
        messages::services(),
        messages::term_created(),
        messages::column_state(),
        messages::column_actions(),
    ];
    let dialog = move |subject| match subject {
        Subject::New => {
            let services = services.get_untracked();
            view! { <CreateDialog keys services grantable=grantable.get_value() /> }.into_any()
        }
        Subject::Existing(api_key) => view! { <RevokeDialog keys api_key /> }.into_any(),
    };
    view! {
        <CollectionPage
            collection=keys
            title=messages::integrations()
            label=messages::api_keys()
            create=grantable.with_value(|scopes| !scopes.is_empty()).then(messages::create_api_key)
            columns
            row
            dialog
        />
    }
}

/// Creates a key, and shows it once.
#[component]
fn CreateDialog(
    keys: Collection<ApiKeyView>,
    services: Vec<ServiceView>,
    grantable: Vec<ApiScope>,
) -> impl IntoView {
    let handle = DialogHandle::new(messages::create_api_key());
    let submission = Submission::of(handle);
    let name = RwSignal::new(String::new());
    let (name_error, scopes_error) = (RwSignal::new(None), RwSignal::new(None::<String>));
    let scopes: Vec<_> = grantable.first().map(|scope| scope_name(*scope).to_owned()).into_iter().collect();
    let scopes = RwSignal::new(scopes);
    let everywhere = RwSignal::new(true);
    let seen = RwSignal::new(Vec::<String>::new());
    let created_key = RwSignal::new(None::<String>);
    let submit = move |()| {
        if created_key.with_untracked(Option::is_some) {
            return;
        }
        let chosen: Vec<_> = ApiScope::ALL
            .iter()
            .copied()
            .filter(|scope| {
                scopes.with_untracked(|chosen| chosen.iter().any(|name| name == scope_name(*scope)))
            })
            .collect();
        let named = require(name, name_error, messages::enter_name());
        if chosen.is_empty() {
            handle.problem.set(Some(messages::choose_scope().to_owned()));
        }
        if !named || chosen.is_empty() {
            return handle.focus_first_error();
        }
        let services = (!everywhere.get_untracked())
            .then(|| seen.get_untracked().iter().filter_map(|id| id.parse().ok()).collect());
        let request = PostApiKey(CreateApiKey {
            name: name.get_untracked().trim().to_owned(),
            scopes: chosen,
            services,
            expires_at: None,
        });
        let work = submission.command(request, None);
        let shown = move |response: CreatedApiKey| {
            created_key.set(Some(response.key));
            keys.reload();
        };
        submission.run(work, shown, move |failure| {
            if failure.kind() == Some(ProblemKind::Duplicate) {
                return name_error.set(Some(messages::name_taken().to_owned()));
            }
            let fields = [("/name", name_error), ("/scopes", scopes_error)];
            handle.problem.set(show_problems(&failure, &fields));
        });
    };
    let named = |scope: &ApiScope| (scope_name(*scope).to_owned(), scope_name(*scope).to_owned());
    let names: Vec<_> = grantable.iter().map(named).collect();
    let services: Vec<_> =
        services.into_iter().map(|service| (service.id.to_string(), service.name)).collect();
    let (names, services) = (StoredValue::new(names), StoredValue::new(services));
    let fields = move || {
        view! {
            <TextField label=messages::name() value=name error=name_error autofocus=true />
            <CheckList label=messages::scopes() items=names.get_value() chosen=scopes />
            <div class="switches">
                <Switch
                    label=messages::all_services()
                    on=everywhere
                    on_switch=move |on| everywhere.set(on)
                />
                <Show when=move || !everywhere.get()>
                    <CheckList label=messages::services() items=services.get_value() chosen=seen />
                </Show>
            </div>
        }
    };
    view! {
        <Dialog
            handle
            on_close=move |()| keys.close()
            on_submit=submit
            action=Box::new(move || {
                let action = move || created_key.with(Option::is_none).then(|| handle.submit(messages::create())());
                action.into_any()
            })
        >
            {move || match created_key.get() {
                None => fields().into_any(),
                Some(text) => view! {
                    <TextField
                        label=messages::api_key()
                        value=RwSignal::new(text)
                        error=RwSignal::new(None)
                        hint=messages::shown_once().to_owned()
                    />
                }
                .into_any(),
            }}
        </Dialog>
    }
}

/// Asks before a key is revoked.
#[component]
fn RevokeDialog(keys: Collection<ApiKeyView>, api_key: ApiKeyView) -> impl IntoView {
    let client = Client::here();
    let toasts = Toasts::here();
    let handle = DialogHandle::new(messages::revoke_api_key());
    let submission = Submission::of(handle);
    let id = api_key.id;
    let submit = move |()| {
        let revoked = move |()| {
            handle.close();
            keys.reload();
            toasts.show(Toast::success(messages::api_key_revoked()));
        };
        let work = async move { client.call(&DeleteApiKey(id)).await };
        submission.run(work, revoked, move |failure| handle.problem.set(Some(failure.message())));
    };
    let button = handle.submit_unless(Appearance::Danger, Signal::stored(None), messages::revoke());
    view! {
        <Dialog handle on_close=move |()| keys.close() on_submit=submit action=button>
            <p>{messages::revoke_consequence(api_key.name)}</p>
        </Dialog>
    }
}
