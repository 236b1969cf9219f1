//! The Tools menu.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use ringback_domain::Permission;

use crate::components::icon::Icon;
use crate::components::menu::{Menu, MenuLink};
use crate::messages;
use crate::session::Session;

/// A page of the menu: its permission, address, icon, shortcut and name.
type Tool = (Permission, &'static str, &'static str, Option<&'static str>, fn() -> &'static str);

const TOOLS: [Tool; 8] = [
    (Permission::ViewCallbacks, "/search", "search", Some("g s"), messages::callback_search),
    (Permission::ViewServices, "/services", "phone", None, messages::services),
    (Permission::ViewServices, "/office-hours", "clock", None, messages::office_hours),
    (Permission::ViewServices, "/capacity", "gauge", None, messages::capacity),
    (Permission::ViewServices, "/numbers", "shield-check", None, messages::numbers),
    (Permission::ManageApiKeys, "/integrations", "key-round", None, messages::integrations),
    (Permission::ManageUsers, "/users", "users", None, messages::users),
    (Permission::ViewAudit, "/audit", "scroll-text", None, messages::audit),
];

/// The menu, without the pages that the person may not use.
#[component]
pub(super) fn ToolsMenu() -> impl IntoView {
    let session = Session::here();
    let path = use_location().pathname;
    let at = move |href: &str| path.with(|path| path == href);
    let item = move |(needs, href, icon, keys, label): Tool| {
        session.may(needs).then(|| {
            view! {
                <MenuLink href current=Signal::derive(move || at(href)) keys=keys.unwrap_or_default()>
                    <Icon name=icon />
                    {label()}
                </MenuLink>
            }
        })
    };
    view! {
        <Menu
            label=messages::tools()
            button_label=messages::tools().to_owned()
            button_class=""
            at_start=true
            current=Signal::derive(move || TOOLS.iter().any(|(_, href, ..)| at(href)))
            button=Box::new(|| {
                view! {
                    {messages::tools()}
                    <Icon name="chevron-down" class="icon--small" />
                }
                .into_any()
            })
        >
            {TOOLS.map(item).collect_view()}
        </Menu>
    }
}
