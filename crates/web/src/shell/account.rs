//! The account menu: the signed-in person and their settings.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::auth::{Me, Theme};

use super::my_account::MyAccount;
use crate::components::banner::{Banner, Severity};
use crate::components::button::LinkButton;
use crate::components::icon::Icon;
use crate::components::menu::{Menu, MenuItem, MenuRadio, Submenu};
use crate::components::toast::{Toast, Toasts};
use crate::language::{self, Language};
use crate::lazy::{Lazy, Part};
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::session::Session;
use crate::theme;

/// The menu.
#[component]
pub(super) fn AccountMenu(
    /// The person.
    me: Arc<Me>,
) -> impl IntoView {
    let name = name_of(&me);
    let role = me.roles.first().map_or("", |role| messages::role_name(*role));
    let lazy = Lazy::here();
    let initials = initials(&name);
    let button_label = messages::account(&name, role);
    view! {
        <Menu
            label=messages::account_menu()
            button_label
            button_class="account-button"
            button=Box::new(move || {
                view! {
                    <span class="avatar" aria-hidden="true" data-initials=initials></span>
                    <span class="username">{name}</span>
                    <Icon name="chevron-down" class="icon--small" />
                }
                .into_any()
            })
        >
            {lazy.show(Part::AccountMenu)}
        </Menu>
    }
}

/// The items of the menu.
pub(crate) fn account_menu() -> AnyView {
    let preferences = PreferenceStore::here();
    let session = Session::here();
    let toasts = Toasts::here();
    let my_account = MyAccount::here();
    let Some(me) = session.me() else { return ().into_any() };
    let full_name = name_of(&me);
    let role = me.roles.first().map_or("", |role| messages::role_name(*role));
    let services = u64::try_from(me.services.len()).unwrap_or_default();
    let languages = language::all();
    let current = language::current();
    let own_name = languages.iter().find(|one| one.tag == current).map(|one| one.own_name.clone());
    let language_item = move |Language { tag, own_name, .. }: Language| {
        let lang = tag.clone();
        view! {
            <MenuRadio
                checked=Signal::stored(tag == current)
                on_choose=move |()| spawn_local(preferences.set_language(tag.clone()))
            >
                <span lang=lang>{own_name}</span>
            </MenuRadio>
        }
    };
    let theme = move || preferences.with(|preferences| preferences.theme);
    let theme_item = move |choice: Option<Theme>| {
        view! {
            <MenuRadio
                checked=Signal::derive(move || theme() == choice)
                on_choose=move |()| {
                    theme::apply(choice);
                    preferences.update_soon(move |preferences| preferences.theme = choice);
                }
            >
                {theme_name(choice)}
            </MenuRadio>
        }
    };
    let keys_off = move || preferences.with(|preferences| preferences.shortcuts_off);
    let keys_item = move |off: bool| {
        view! {
            <MenuRadio
                checked=Signal::derive(move || keys_off() == off)
                on_choose=move |()| preferences.update_soon(move |preferences| preferences.shortcuts_off = off)
            >
                {on_or_off(!off)}
            </MenuRadio>
        }
    };
    view! {
            <div class="menu__group">
            <b class="semibold account-name">{full_name}</b>
            <br />
            {messages::account(role, messages::account_services(services))}
        </div>
        <hr />
        <Submenu icon="monitor" label=messages::theme() chosen=Signal::derive(move || theme_name(theme()).to_owned())>
            {[None, Some(Theme::Light), Some(Theme::Dark)].map(theme_item).collect_view()}
        </Submenu>
        <Submenu
            icon="languages"
            label=messages::language()
            chosen=Signal::stored(own_name.unwrap_or_default())
        >
            {languages.iter().cloned().map(&language_item).collect_view()}
        </Submenu>
        <Submenu
            icon="keyboard"
            label=messages::keyboard_shortcuts()
            chosen=Signal::derive(move || on_or_off(!keys_off()).to_owned())
        >
            {[false, true].map(keys_item).collect_view()}
        </Submenu>
        <hr />
        <MenuItem on_press=move |()| my_account.open()>
            <Icon name="shield-check" />
            {messages::my_account()}
        </MenuItem>
        <MenuItem on_press=move |()| reload(session, toasts)>
            <Icon name="refresh-cw" />
            {messages::reload_permissions()}
        </MenuItem>
        <MenuItem on_press=move |()| spawn_local(session.sign_out())>
            <Icon name="log-out" />
            {messages::sign_out()}
        </MenuItem>
    }
    .into_any()
}

/// Reads permissions and services again, which are otherwise read at sign-in.
fn reload(session: Session, toasts: Toasts) {
    spawn_local(async move {
        toasts.show(match session.reload().await {
            Ok(true) => Toast::success(messages::permissions_reloaded()),
            Ok(false) => Toast::success(messages::permissions_unchanged()),
            Err(failure) => Toast::error(messages::permissions_not_reloaded(), failure.message()),
        });
    });
}

/// Says that a new sign-in would show other services.
#[component]
pub(super) fn ServicesBanner() -> impl IntoView {
    let session = Session::here();
    let toasts = Toasts::here();
    view! {
        <Show when=move || session.services_changed().get()>
            <Banner severity=Severity::Info icon="info">
                <span>{messages::services_changed()}</span>
                <LinkButton on_press=move |()| {
                    reload(session, toasts);
                }>{messages::reload_permissions()}</LinkButton>
            </Banner>
        </Show>
    }
}

fn on_or_off(on: bool) -> &'static str {
    if on { messages::on() } else { messages::off() }
}

fn theme_name(theme: Option<Theme>) -> &'static str {
    match theme {
        None => messages::theme_system(),
        Some(Theme::Light) => messages::theme_light(),
        Some(Theme::Dark) => messages::theme_dark(),
    }
}

fn name_of(me: &Me) -> String {
    match (&me.user, &me.api_key) {
        (Some(user), _) => user.display_name.clone(),
        (None, Some(key)) => key.clone(),
        (None, None) => String::new(),
    }
}

fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        assert_eq!(initials("Kim van der Berg"), "KB");
        assert_eq!(initials("Kim"), "K");
        assert_eq!(initials(""), "");
    }
}
