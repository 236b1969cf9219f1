//! Pages fetch and decide; what they show is made of components.

pub(crate) mod callbacks;
pub(crate) mod integrations;
pub(crate) mod login;
pub(crate) mod not_found;
pub(crate) mod search;
pub(crate) mod services;
pub(crate) mod users;

use leptos::html;
use leptos::prelude::*;
use ringback_domain::ServiceId;
use ringback_domain::wire::admin::ServiceView;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::api::Failure;
use crate::components::button::Button;
use crate::components::empty_state::{EmptyState, Skeleton};
use crate::messages;

/// Moves the focus to the page's heading when one comes from another page, so
/// that a screen reader says where one is.
pub(crate) fn focus_heading(heading: NodeRef<html::H1>) {
    static FIRST: AtomicBool = AtomicBool::new(true);
    if FIRST.swap(false, Ordering::Relaxed) {
        return;
    }
    heading.on_load(|heading| {
        request_animation_frame(move || {
            let _ = heading.focus();
        });
    });
}

/// A page other than the list of callbacks: heading, what is done without a
/// row, and the rest.
#[component]
pub(crate) fn PlainPage(
    /// Its name.
    title: &'static str,
    /// Beside the heading.
    #[prop(optional)]
    actions: Option<AnyView>,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    document().set_title(&messages::page_title(title));
    let heading = NodeRef::<html::H1>::new();
    focus_heading(heading);
    view! {
        <main id="main" class="page-scroll" tabindex="-1">
            <div class="pagehead">
                <h1 node_ref=heading tabindex="-1">{title}</h1>
                {actions}
            </div>
            {children()}
        </main>
    }
}

/// What a dialog is about.
#[derive(Clone)]
enum Subject<T> {
    /// One that is to be made.
    New,
    /// One that is there.
    Known(T),
}

impl<T> Subject<T> {
    fn known(self) -> Option<T> {
        match self {
            Self::New => None,
            Self::Known(known) => Some(known),
        }
    }
}

/// What came of loading a list; nothing before the answer.
type Loaded<T> = RwSignal<Option<Result<Vec<T>, Failure>>>;

/// A short list as a table.
#[component]
fn Listed<T: Clone + Send + Sync + 'static>(
    /// What is listed.
    items: Loaded<T>,
    /// The columns; the last one is for what is done with a row.
    heads: Vec<&'static str>,
    /// What the list is called.
    label: &'static str,
    /// A row.
    row: Callback<T, AnyView>,
    /// Loads it again.
    load: Callback<()>,
) -> impl IntoView {
    let heads = StoredValue::new(heads);
    move || match items.get() {
        None => view! { <Skeleton label=messages::loading() /> }.into_any(),
        Some(Err(failure)) => view! {
            <EmptyState icon="circle-alert" bad=true title=messages::list_failed() text=failure.sentence()>
                <Button icon="refresh-cw" on_press=load>{messages::try_again()}</Button>
            </EmptyState>
        }
        .into_any(),
        Some(Ok(items)) if items.is_empty() => {
            view! { <EmptyState icon="list" title=label text=messages::none_yet().to_owned() /> }.into_any()
        }
        Some(Ok(items)) => {
            let heads = heads.get_value();
            let last = heads.len() - 1;
            let head = |(at, label): (usize, &'static str)| {
                let content = if at == last {
                    view! { <span class="vh">{label}</span> }.into_any()
                } else {
                    label.into_any()
                };
                view! { <th scope="col">{content}</th> }
            };
            view! {
                <div class="card plainwrap" tabindex="0" role="region" aria-label=label>
                    <table class="plain" aria-label=label>
                        <thead><tr>{heads.into_iter().enumerate().map(head).collect_view()}</tr></thead>
                        <tbody>{items.into_iter().map(|item| row.run(item)).collect_view()}</tbody>
                    </table>
                </div>
            }
            .into_any()
        }
    }
}

/// The names of the services that someone may see.
fn names_of(seen: Option<&[ServiceId]>, services: &[ServiceView]) -> String {
    let Some(seen) = seen else { return messages::all_services().to_owned() };
    let seen = services.iter().filter(|service| seen.contains(&service.id));
    let names: Vec<_> = seen.map(|service| service.name.as_str()).collect();
    if names.is_empty() { messages::none().to_owned() } else { names.join(", ") }
}

/// Boxes to tick, any number of them.
#[component]
fn Checks(
    /// What is chosen by them.
    label: &'static str,
    /// What each stands for, and its name.
    items: Vec<(String, String)>,
    /// What the ticked ones stand for.
    chosen: RwSignal<Vec<String>>,
) -> impl IntoView {
    let check = move |(value, name): (String, String)| {
        let value = StoredValue::new(value);
        let change = move |event: leptos::ev::Event| {
            let (on, value) = (event_target_checked(&event), value.get_value());
            chosen.update(|chosen| {
                chosen.retain(|other| *other != value);
                chosen.extend(on.then_some(value));
            });
        };
        let checked = move || value.with_value(|value| chosen.with(|chosen| chosen.contains(value)));
        view! {
            <label class="optrow">
                <input type="checkbox" class="check" prop:checked=checked on:change=change />
                {name}
            </label>
        }
    };
    view! {
        <fieldset class="checks">
            <legend>{label}</legend>
            {items.into_iter().map(check).collect_view()}
        </fieldset>
    }
}
