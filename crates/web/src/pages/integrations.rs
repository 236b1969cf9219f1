//! Integrations: the API keys of machines.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::ApiScope;
use ringback_domain::wire::admin::{ApiKeyView, CreateApiKey, CreatedApiKey, ServiceView};
use ringback_domain::wire::endpoint::{DeleteApiKey, ListApiKeys, ListServices, PostApiKey};
use ringback_domain::wire::problem::ProblemKind;

use super::{Checks, Listed, PlainPage, Subject, names_of};
use crate::browser;
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

/// The word of a scope on the wire, which programs know it by.
fn word(scope: ApiScope) -> &'static str {
    match scope {
        ApiScope::CallbacksRead => "callbacks:read",
        ApiScope::CallbacksWrite => "callbacks:write",
        ApiScope::Router => "router",
        ApiScope::Admin => "admin",
    }
}

/// The page.
#[component]
pub(crate) fn IntegrationsPage() -> impl IntoView {
    let session = Session::here();
    let keys = RwSignal::new(None);
    let services = RwSignal::new(Vec::<ServiceView>::new());
    let load = Callback::new(move |()| {
        spawn_local(async move {
            if let Ok(answer) = session.get(&ListServices).await {
                services.try_set(answer.items);
            }
            let answer = session.get(&ListApiKeys).await;
            keys.try_set(Some(answer.map(|answer| answer.items)));
        });
    });
    load.run(());
    let open = RwSignal::new(None::<Subject<ApiKeyView>>);
    let close = Callback::new(move |()| open.set(None));
    let create = view! {
        <div class="actions">
            <Button weight=Weight::Primary icon="plus" on_press=move |()| open.set(Some(Subject::New))>
                {messages::create_api_key()}
            </Button>
        </div>
    };
    let row = move |key: ApiKeyView| {
        let scopes: Vec<_> = key.scopes.iter().copied().map(word).collect();
        let seen = services.with_untracked(|services| names_of(key.services.as_deref(), services));
        let ended = key.expires_at.is_some_and(|at| at <= browser::now());
        let state = match (key.revoked_at, ended) {
            (Some(_), _) => messages::revoked(),
            (None, true) => messages::expired(),
            (None, false) => messages::active(),
        };
        let revoked = key.clone();
        view! {
            <tr>
                <th scope="row">{key.name.clone()}</th>
                <td class="mono wrap">{scopes.join(", ")}</td>
                <td class="wrap">{seen}</td>
                <td class="num">{format::day_time(key.created_at, session.style_now())}</td>
                <td>{state}</td>
                <td>
                    {(key.revoked_at.is_none() && !ended).then(move || view! {
                        <IconButton
                            icon="ban"
                            label=messages::revoke_of(key.name)
                            on_press=move |()| open.set(Some(Subject::Known(revoked.clone())))
                        />
                    })}
                </td>
            </tr>
        }
        .into_any()
    };
    let heads = vec![
        messages::name(),
        messages::scopes(),
        messages::services(),
        messages::term_created(),
        messages::column_state(),
        messages::column_actions(),
    ];
    view! {
        <PlainPage title=messages::integrations() actions=create.into_any()>
            <Listed items=keys heads label=messages::api_keys() row=Callback::new(row) load />
        </PlainPage>
        {move || {
            Some(match open.get()? {
                Subject::New => {
                    let services = services.get_untracked();
                    view! { <CreateDialog services close load /> }.into_any()
                }
                Subject::Known(key) => view! { <RevokeDialog api_key=key close load /> }.into_any(),
            })
        }}
    }
}

/// A new key, shown this once.
#[component]
fn CreateDialog(services: Vec<ServiceView>, close: Callback<()>, load: Callback<()>) -> impl IntoView {
    let handle = DialogHandle::new(messages::create_api_key());
    let sending = Sending::of(handle);
    let name = RwSignal::new(String::new());
    let (name_error, scopes_error) = (RwSignal::new(None), RwSignal::new(None::<String>));
    let scopes = RwSignal::new(vec![word(ApiScope::CallbacksRead).to_owned()]);
    let everywhere = RwSignal::new(true);
    let seen = RwSignal::new(Vec::<String>::new());
    let made = RwSignal::new(None::<String>);
    let submit = move |()| {
        if made.with_untracked(Option::is_some) {
            return;
        }
        let chosen: Vec<_> = ApiScope::ALL
            .into_iter()
            .filter(|scope| scopes.with_untracked(|words| words.iter().any(|own| own == word(*scope))))
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
        let work = sending.command(request, None);
        let shown = move |answer: CreatedApiKey| {
            made.set(Some(answer.key));
            load.run(());
        };
        sending.send(work, shown, move |failure| {
            if failure.kind() == Some(ProblemKind::Duplicate) {
                return name_error.set(Some(messages::name_taken().to_owned()));
            }
            let fields = [("/name", name_error), ("/scopes", scopes_error)];
            handle.problem.set(place(&failure, &fields));
        });
    };
    let words: Vec<_> = ApiScope::ALL.map(|scope| (word(scope).to_owned(), word(scope).to_owned())).to_vec();
    let services: Vec<_> =
        services.into_iter().map(|service| (service.id.to_string(), service.name)).collect();
    let (words, services) = (StoredValue::new(words), StoredValue::new(services));
    let fields = move || {
        view! {
            <TextField label=messages::name() value=name error=name_error autofocus=true />
            <Checks label=messages::scopes() items=words.get_value() chosen=scopes />
            <div class="switches">
                <Switch
                    label=messages::all_services()
                    on=everywhere
                    on_switch=move |on| everywhere.set(on)
                />
                <Show when=move || !everywhere.get()>
                    <Checks label=messages::services() items=services.get_value() chosen=seen />
                </Show>
            </div>
        }
    };
    view! {
        <Dialog
            handle
            on_close=close
            on_submit=submit
            action=Box::new(move || {
                let action = move || made.with(Option::is_none).then(|| handle.submit(messages::create())());
                action.into_any()
            })
        >
            {move || match made.get() {
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

/// Whether the key is to end.
#[component]
fn RevokeDialog(api_key: ApiKeyView, close: Callback<()>, load: Callback<()>) -> impl IntoView {
    let session = Session::here();
    let toasts = Toasts::here();
    let handle = DialogHandle::new(messages::revoke_api_key());
    let sending = Sending::of(handle);
    let id = api_key.id;
    let submit = move |()| {
        let revoked = move |()| {
            handle.close();
            load.run(());
            toasts.show(Toast::done(messages::api_key_revoked()));
        };
        let work = async move { session.get(&DeleteApiKey(id)).await };
        sending.send(work, revoked, move |failure| handle.problem.set(Some(failure.sentence())));
    };
    let button = handle.submit_unless(Weight::Danger, Signal::stored(None), messages::revoke());
    view! {
        <Dialog handle on_close=close on_submit=submit action=button>
            <p>{messages::revoke_consequence(api_key.name)}</p>
        </Dialog>
    }
}
