//! The audit: who did what, newest first.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::ActorKind;
use ringback_domain::wire::audit::{AuditAction, AuditActor, AuditEntry, AuditObject, AuditQuery};
use ringback_domain::wire::endpoint::{ListApiKeys, ListAudit, ListUsers};

use crate::client::Client;
use crate::components::button::Button;
use crate::components::input::{SelectField, SelectOption, TextField};
use crate::components::page::PlainPage;
use crate::components::record_table::{Items, RecordTable};
use crate::format;
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::zones;

/// Entries that are loaded at once.
const PAGE: u32 = 100;

/// What the person chose; empty for everything.
#[derive(Clone, Copy)]
struct Filter {
    from: RwSignal<String>,
    to: RwSignal<String>,
    actor: RwSignal<String>,
    action: RwSignal<String>,
}

impl Filter {
    fn new() -> Self {
        let [from, to, actor, action] = std::array::from_fn(|_| RwSignal::new(String::new()));
        Self { from, to, actor, action }
    }

    /// The query; tracked. Days are those of a time zone, from their first minute to their last.
    fn query(self, zone: &str) -> AuditQuery {
        let from = self.from.with(|day| zones::instants(day, "00:00", zone).first().copied());
        let to = self.to.with(|day| zones::instants(day, "23:59", zone).last().copied());
        AuditQuery {
            from,
            to: to.map(|minute| minute.plus_seconds(60)),
            actor: self.actor.with(|id| id.parse().ok()),
            action: self.action.with(|name| name.parse().ok()),
            limit: Some(PAGE),
            ..AuditQuery::default()
        }
    }
}

/// The page.
#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    let client = Client::here();
    let preferences = PreferenceStore::here();
    let filter = Filter::new();
    let items: Items<AuditEntry> = RwSignal::new(None);
    let next = RwSignal::new(None::<String>);
    let question = StoredValue::new(0_u32);
    let load = move |query: AuditQuery| {
        question.update_value(|question| *question += 1);
        let number = question.get_value();
        spawn_local(async move {
            let is_first = query.cursor.is_none();
            let loaded = client.call(&ListAudit(query)).await;
            // The response to an older question is dropped.
            if question.try_get_value() != Some(number) {
                return;
            }
            match loaded {
                Ok(page) => {
                    next.set(page.next);
                    items.update(|items| match items {
                        Some(Ok(items)) if !is_first => items.extend(page.items),
                        items => *items = Some(Ok(page.items)),
                    });
                }
                Err(failure) => items.set(Some(Err(failure.message()))),
            }
        });
    };
    let query = move || filter.query(&format::zone_name(preferences.style().utc));
    Effect::new(move |_| load(query()));
    let older = move |()| load(AuditQuery { cursor: next.get_untracked(), ..untrack(query) });
    let reload = Callback::new(move |()| load(untrack(query)));
    let row = Callback::new(move |entry: AuditEntry| row(entry, preferences).into_any());
    let columns = vec![
        messages::audit_time(),
        messages::audit_person(),
        messages::audit_action(),
        messages::audit_object(),
        messages::audit_result(),
    ];
    let has_older = move || next.with(Option::is_some) && items.with(|items| matches!(items, Some(Ok(_))));
    view! {
        <PlainPage title=messages::audit()>
            <FilterFields filter />
            <RecordTable items columns label=messages::audit() row reload shows_last=true />
            <Show when=has_older>
                <div class="audit-older"><Button on_press=older>{messages::audit_older()}</Button></div>
            </Show>
        </PlainPage>
    }
}

#[component]
fn FilterFields(filter: Filter) -> impl IntoView {
    let client = Client::here();
    let option = |value: String, label: String| SelectOption { value, label };
    let everybody = option(String::new(), messages::audit_everybody().to_owned());
    let people = RwSignal::new(vec![everybody]);
    spawn_local(async move {
        let (users, keys) = (client.call(&ListUsers).await, client.call(&ListApiKeys).await);
        let users = users.into_iter().flat_map(|users| users.items);
        let keys = keys.into_iter().flat_map(|keys| keys.items);
        let users = users.map(|user| option(user.id.to_string(), messages::audit_of_user(user.username)));
        let keys = keys.map(|key| option(key.id.to_string(), messages::audit_of_key(key.name)));
        let found: Vec<_> = users.chain(keys).collect();
        people.try_update(|people| people.extend(found));
    });
    let actions = AuditAction::ALL
        .iter()
        .map(|action| option(action.as_str().to_owned(), messages::audit_action_name(*action).to_owned()));
    let every = option(String::new(), messages::audit_every_action().to_owned());
    let mut actions: Vec<_> = actions.collect();
    actions.sort_by(|one, other| one.label.cmp(&other.label));
    actions.insert(0, every);
    let none = || RwSignal::new(None);
    view! {
        <form class="audit-filter" role="search" aria-label=messages::audit() on:submit=|event| event.prevent_default()>
            <TextField label=messages::audit_from() value=filter.from error=none() kind="date" />
            <TextField label=messages::audit_to() value=filter.to error=none() kind="date" />
            {move || view! {
                <SelectField
                    label=messages::audit_person()
                    value=filter.actor
                    error=none()
                    choices=people.get()
                />
            }}
            <SelectField label=messages::audit_action() value=filter.action error=none() choices=actions />
        </form>
    }
}

fn row(entry: AuditEntry, preferences: PreferenceStore) -> impl IntoView {
    let result = match &entry.reason {
        None => messages::audit_accepted().to_owned(),
        Some(reason) => messages::audit_refused(reason),
    };
    view! {
        <tr>
            <th scope="row" class="num">
                {format::day_time_seconds(entry.at, preferences.style_untracked())}
            </th>
            <td>{actor(entry.actor)}</td>
            <td>{messages::audit_action_name(entry.action)}</td>
            <td class="mono">{object(entry.object)}</td>
            <td class:audit-refused=entry.reason.is_some()>{result}</td>
        </tr>
    }
}

/// Who acted, in words.
pub(super) fn actor(actor: AuditActor) -> String {
    match actor.kind {
        ActorKind::User if actor.name.is_empty() => messages::audit_unknown_user().to_owned(),
        ActorKind::ApiKey => messages::audit_of_key(actor.name),
        ActorKind::User | ActorKind::System => actor.name,
    }
}

/// Callbacks can be looked at as long as they are kept.
fn object(object: AuditObject) -> AnyView {
    let Some(id) = object.id else { return object.kind.into_any() };
    if object.kind == "callback" {
        return view! { <a href=format!("/search?q={id}")>{id.to_string()}</a> }.into_any();
    }
    format!("{} {id}", object.kind).into_any()
}
