//! Named views of the list: the menu that leads to them, and their addresses.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map};
use ringback_domain::SavedViewId;
use ringback_domain::wire::endpoint::ListSavedViews;
use ringback_domain::wire::saved_view::SavedView;

use super::list::page::{OpenDialog, PageState};
use crate::api::Failure;
use crate::client::Client;
use crate::components::empty_state::{EmptyState, Skeleton};
use crate::components::icon::Icon;
use crate::components::menu::{Menu, MenuItem};
use crate::components::page::PlainPage;
use crate::messages;

/// The address of the list that a view shows.
pub(crate) fn list_address(view: &SavedView) -> String {
    format!("/callbacks?{}", view.query)
}

/// The menu of the views that the person may see.
pub(crate) fn views_menu() -> AnyView {
    let page = PageState::here();
    let views = RwSignal::new(Vec::<SavedView>::new());
    let load = move |()| {
        spawn_local(async move {
            if let Ok(found) = page.client.call(&ListSavedViews).await {
                views.try_set(found.items);
            }
        });
    };
    let item = move |view: SavedView| {
        let address = list_address(&view);
        let (name, current) = (view.name, page.view.with_untracked(|view| view.href() == address));
        view! {
            <MenuItem on_press=move |()| page.open(&address)>
                <Icon name=if current { "check" } else { "list" } />
                {name}
            </MenuItem>
        }
    };
    view! {
        <Menu
            label=messages::saved_views()
            button_label=messages::saved_views().to_owned()
            button_class="btn btn--ghost views-button"
            on_open=load
            button=Box::new(|| view! { <Icon name="list" />{messages::views()} }.into_any())
        >
            <MenuItem on_press=move |()| page.dialog.set(Some(OpenDialog::Views))>
                <Icon name="pencil" />
                {messages::save_views_menu()}
            </MenuItem>
            {move || views.get().into_iter().map(item).collect_view()}
        </Menu>
    }
    .into_any()
}

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
                    navigate(&list_address(view), options);
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
