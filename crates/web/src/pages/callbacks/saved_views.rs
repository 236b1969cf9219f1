//! The menu of the named views of the list.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::endpoint::ListSavedViews;
use ringback_domain::wire::saved_view::SavedView;

use super::list::page::{OpenDialog, PageState};
use crate::components::icon::Icon;
use crate::components::menu::{Menu, MenuItem};
use crate::messages;

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
