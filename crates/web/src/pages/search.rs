//! Callback Search: by ID or number, in all time ranges.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use ringback_domain::CallbackId;
use ringback_domain::retention::RETENTION_DAYS;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::endpoint::{FindCallbacks, GetCallback};
use ringback_domain::wire::list::{FindQuery, PAGE_LIMIT};
use ringback_domain::wire::problem::ProblemKind;

use super::callbacks::record::Host;
use super::callbacks::record::details::details;
use super::callbacks::record::edit::EditDialog;
use super::callbacks::record::recreate::RecreateDialog;
use super::callbacks::record::row::{Action, Row};
use super::callbacks::view::state::ViewState;
use crate::api::Failure;
use crate::client::Client;
use crate::clock;
use crate::components::button::{Appearance, Button};
use crate::components::icon::Icon;
use crate::components::page::PlainPage;
use crate::components::state_badge::StateBadge;
use crate::components::toast::{Toast, Toasts};
use crate::components::unique_id;
use crate::events::{Event, Listener, listen};
use crate::format::{self, Style};
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::session::Session;

/// The outcome of a search.
#[derive(Clone, Debug, PartialEq)]
enum Found {
    /// Nothing was searched yet.
    Nothing,
    /// The search is running.
    Searching,
    /// The text is neither an ID nor a number or enough of one.
    Unclear,
    /// The search failed.
    Failed(Failure),
    /// The callbacks found.
    Callbacks(Vec<CallbackView>),
}

/// The query for a text. The server says whether it is a number.
fn query_of(text: &str) -> FindQuery {
    let (is_id, text) = (text.parse::<CallbackId>().is_ok(), Some(text.to_owned()));
    if is_id {
        FindQuery { id: text, customer_number: None }
    } else {
        FindQuery { id: None, customer_number: text }
    }
}

/// The page.
#[component]
pub(crate) fn SearchPage() -> impl IntoView {
    let client = Client::here();
    let query = use_query_map();
    let query_text =
        Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default().trim().to_owned()));
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(Found::Nothing);
    let chosen = RwSignal::new(None::<CallbackId>);
    let question = StoredValue::new(0_u32);
    let search = move |query_text: &str| {
        question.update_value(|question| *question += 1);
        let number = question.get_value();
        found.set(if query_text.is_empty() { Found::Nothing } else { Found::Searching });
        if query_text.is_empty() {
            return;
        }
        let query = query_of(query_text);
        spawn_local(async move {
            let response = client.call(&FindCallbacks(query)).await;
            // The response to an older search is dropped.
            if question.try_get_value() != Some(number) {
                return;
            }
            let outcome = match response {
                Ok(response) => Found::Callbacks(response.items),
                Err(failure) if failure.kind() == Some(ProblemKind::Invalid) => Found::Unclear,
                Err(failure) => Found::Failed(failure),
            };
            if let Found::Callbacks(hits) = &outcome {
                chosen.set(hits.first().map(|hit| hit.id));
            }
            found.set(outcome);
        });
    };
    Effect::new(move |_| {
        let query_text = query_text.get();
        search(&query_text);
        text.set(query_text);
    });
    let navigate = use_navigate();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let new_text = text.get_untracked().trim().to_owned();
        if query_text.with_untracked(|query_text| *query_text == new_text) {
            // The same search again, as something may have changed.
            search(&new_text);
        } else {
            let new_text = String::from(js_sys::encode_uri_component(&new_text));
            navigate(&format!("/search?q={new_text}"), NavigateOptions::default());
        }
    };
    view! {
        <PlainPage title=messages::callback_search()>
            <form class="search-form" role="search" aria-label=messages::callback_search() on:submit=submit>
                <SearchField text />
                <Button appearance=Appearance::Primary submit=true>{messages::search()}</Button>
            </form>
            <p class="subtle search-form__status" role="status">{move || found.with(|found| outcome(found, &query_text.get()))}</p>
            {move || {
                let hits = found.with(|found| match found {
                    Found::Callbacks(hits) if !hits.is_empty() => Some(hits.clone()),
                    _ => None,
                })?;
                Some(view! { <Results hits chosen /> })
            }}
        </PlainPage>
    }
}

#[component]
fn SearchField(text: RwSignal<String>) -> impl IntoView {
    let id = unique_id("search");
    view! {
        <div class="field">
            <label class="label" for=id.clone()>{messages::search_for()}</label>
            <div class="search-box search-box--wide">
                <Icon name="search" />
                <input
                    class="input num"
                    id=id
                    maxlength="100"
                    autocomplete="off"
                    spellcheck="false"
                    data-keys="/"
                    prop:value=text
                    on:input=move |event| text.set(event_target_value(&event))
                />
            </div>
        </div>
    }
}

/// The outcome of the search in a sentence.
fn outcome(found: &Found, query_text: &str) -> String {
    match found {
        Found::Nothing => messages::search_hint().to_owned(),
        Found::Searching => messages::loading().to_owned(),
        Found::Unclear => messages::search_unclear().to_owned(),
        Found::Failed(failure) => failure.message(),
        Found::Callbacks(hits) if hits.is_empty() => messages::search_none(RETENTION_DAYS),
        Found::Callbacks(hits) if hits.len() >= PAGE_LIMIT as usize => {
            messages::search_latest(hits.len(), query_text)
        }
        Found::Callbacks(hits) => {
            messages::search_found(u64::try_from(hits.len()).unwrap_or_default(), query_text)
        }
    }
}

/// The list if there are several callbacks, and the chosen one.
#[component]
fn Results(hits: Vec<CallbackView>, chosen: RwSignal<Option<CallbackId>>) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let several = hits.len() > 1;
    let numbers_differ = hits.iter().any(|hit| hit.customer_number != hits[0].customer_number);
    let all = StoredValue::new(hits.into_iter().map(Row::new).collect::<Vec<_>>());
    let item = move |row: &Row| {
        let (id, hit) = (row.id, RwSignal::from(row.record.clone()));
        let service = hit.with_untracked(|hit| hit.service.name.clone());
        let here = move || chosen.get() == Some(id);
        let text = id.to_string();
        let tail = format!("…{}", &text[text.len() - 8..]);
        let number = numbers_differ.then(|| view! { <span class="num" dir="ltr">{row.number()}</span> });
        view! {
            <li class:is-on=here>
                <button
                    type="button"
                    aria-current=move || here().then_some("true")
                    on:click=move |_| chosen.set(Some(id))
                >
                    {move || badge(hit)}
                    <b class="semibold num">
                        {move || format::day_time(hit.with(|hit| hit.desired_time), preferences.style())}
                    </b>
                    {number}
                    <span class="muted small">{service}</span>
                    <span class="mono subtle">{tail}</span>
                </button>
            </li>
        }
    };
    let record = move || {
        let id = chosen.get()?;
        let row = all.with_value(|rows| rows.iter().find(|row| row.id == id).cloned())?;
        Some(view! { <Record row /> })
    };
    view! {
        <div class:split=several>
            {several.then(|| view! {
                <section class="card" aria-label=messages::results()>
                    <ul class="results">{all.with_value(|rows| rows.iter().map(item).collect_view())}</ul>
                </section>
            })}
            {record}
        </div>
    }
}

/// Its current state and result.
fn badge(hit: impl With<Value = CallbackView>) -> impl IntoView {
    let (state, result) = hit.with(|hit| (hit.state, hit.result));
    view! { <StateBadge state result /> }
}

/// Everything about one callback, kept up to date.
#[component]
pub(crate) fn Record(row: Row) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let toasts = Toasts::here();
    let view = Memo::new({
        let record = row.record.clone();
        move |_| record.get()
    });
    follow_changes(row.clone());
    let open = RwSignal::new(Action::None);
    let changed = row.clone();
    let host = Host {
        changed: Callback::new(move |now| changed.update(now, false)),
        recreated: Callback::new(move |_| toasts.show(Toast::success(messages::callback_recreated()))),
        closed: Callback::new(move |()| open.set(Action::None)),
    };
    let offered = Memo::new(move |_| view.with(Action::of));
    let button = move || {
        let (icon, text) = match offered.get() {
            Action::None => return None,
            Action::Edit => ("pencil", messages::edit()),
            Action::Recreate => ("rotate-ccw", messages::recreate()),
        };
        let press = move |()| open.set(offered.get_untracked());
        Some(view! { <Button icon on_press=press>{text}</Button> })
    };
    // The focus goes here if the button has changed while its dialog was open.
    let heading = row.arrow_id();
    let labelled_by = heading.clone();
    let (id, number) = (row.id, row.number());
    provide_context(row.clone());
    let row = StoredValue::new(row);
    let dialog = move || match open.get() {
        Action::None => ().into_any(),
        Action::Edit => view! { <EditDialog row=row.get_value() host /> }.into_any(),
        Action::Recreate => view! { <RecreateDialog row=row.get_value() host /> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby=labelled_by>
            <header class="record__header">
                <div class="grow">
                    <h2 id=heading class="num" dir="ltr" tabindex="-1">{number}</h2>
                    <div class="record__subtitle">
                        {move || badge(view)}
                        <span class="mono subtle">{id.to_string()}</span>
                    </div>
                </div>
                {move || {
                    let href = view.with(|view| {
                        ViewState::of_callback(view, clock::now(), preferences.style().utc)
                    })?;
                    Some(view! {
                        <A href=href.href() attr:class="btn"><Icon name="list" />{messages::show_in_callbacks()}</A>
                    })
                }}
                {button}
            </header>
            <dl class="facts">
                {move || {
                    let facts = view.with(|view| facts(view, preferences.style()));
                    facts.into_iter().map(|(term, value)| view! { <div><dt>{term}</dt><dd class="num">{value}</dd></div> })
                        .collect_view()
                }}
            </dl>
            {details()}
        </section>
        {dialog}
    }
}

/// Keeps the record of a row up to date while the calling component exists. Search
/// results may be older than the events of now.
fn follow_changes(row: Row) {
    let client = Client::here();
    let id = row.id;
    let reload = {
        let row = row.clone();
        move || {
            let row = row.clone();
            spawn_local(async move {
                // What fails is loaded again with the next event.
                if let Ok(now) = client.call(&GetCallback(id)).await {
                    row.update(now, false);
                }
            });
        }
    };
    let listener = listen(client, &Session::here().user_id(), move |events| {
        for event in events {
            match event {
                Event::Changed(now) if now.id == id => row.update(*now, false),
                Event::Connected { resumed: false } | Event::Resync => reload(),
                _ => {}
            }
        }
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || listener.with_value(Listener::stop));
}

/// What a callback is about; its details say the rest.
fn facts(view: &CallbackView, style: Style) -> [(&'static str, String); 3] {
    let kind = if view.scheduled_origin { messages::scheduled() } else { messages::immediate() };
    [
        (messages::column_service(), view.service.name.clone()),
        (messages::column_desired_time(), format::day_time(view.desired_time, style)),
        (messages::callback_type(), kind.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::query_of;

    #[test]
    fn an_id_is_told_from_anything_else() {
        let id = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";
        assert_eq!(query_of(id).id.as_deref(), Some(id));
        for other in ["+44 20 7946 0318", "794", "Smith", "019ab5c4-7d1e"] {
            assert_eq!(query_of(other).customer_number.as_deref(), Some(other));
        }
    }
}
