//! The menu of the named views of the list.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::endpoint::ListSavedViews;
use ringback_domain::wire::saved_view::SavedView;

use super::list::page::{OpenDialog, PageState};
use crate::components::icon::Icon;
use crate::components::menu::{Menu, MenuItem};
use crate::components::toast::{Toast, Toasts};
use crate::messages;

/// The menu of the views that the person may see.
pub(crate) fn views_menu() -> AnyView {
    let (page, toasts) = (PageState::here(), Toasts::here());
    let views = RwSignal::new(Vec::<SavedView>::new());
    let load = move |()| {
        spawn_local(async move {
            match page.client.call(&ListSavedViews).await {
                Ok(found) => drop(views.try_set(found.items)),
                Err(failure) => toasts.show(Toast::error(messages::views_failed(), failure.message())),
            }
        });
    };
    let item = move |view: SavedView| {
        let address = format!("/callbacks?{}", view.query);
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
