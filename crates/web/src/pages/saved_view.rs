//! The address of a named view.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map};
use ringback_domain::SavedViewId;
use ringback_domain::wire::endpoint::ListSavedViews;

use crate::api::Failure;
use crate::client::Client;
use crate::components::empty_state::{EmptyState, Skeleton};
use crate::components::icon::Icon;
use crate::components::page::PlainPage;
use crate::messages;

/// Leads from the address of a view to the list as the view shows it now.
#[component]
pub(crate) fn SavedViewPage() -> impl IntoView {
    let (client, navigate) = (Client::here(), use_navigate());
    let id = use_params_map().with_untracked(|params| params.get("id")?.parse::<SavedViewId>().ok());
    let failure = RwSignal::new(None::<Option<Failure>>);
    spawn_local(async move {
        match client.call(&ListSavedViews).await {
            Ok(found) => match found.items.iter().find(|view| Some(view.id) == id) {
                Some(view) => {
                    let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
                    navigate(&format!("/callbacks?{}", view.query), options);
                }
                None => drop(failure.try_set(Some(None))),
            },
            Err(error) => drop(failure.try_set(Some(Some(error)))),
        }
    });
    let list = || view! { <A href="/callbacks" attr:class="btn"><Icon name="list" />{messages::go_to_callbacks()}</A> };
    let content = move || match failure.get() {
        None => view! { <Skeleton label=messages::loading() /> }.into_any(),
        Some(None) => view! {
            <EmptyState icon="search" title=messages::no_such_view() text=messages::no_such_view_text()>
                {list()}
            </EmptyState>
        }
        .into_any(),
        Some(Some(error)) => view! {
            <EmptyState icon="circle-alert" bad=true title=messages::list_failed() text=error.message()>
                {list()}
            </EmptyState>
        }
        .into_any(),
    };
    view! { <PlainPage title=messages::saved_views() actions=().into_any()>{content}</PlainPage> }
}
