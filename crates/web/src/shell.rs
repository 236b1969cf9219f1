//! What is around every page of someone who is signed in.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_location, use_navigate};
use ringback_domain::wire::auth::{Me, Theme};
use ringback_domain::{Permission, Role};

use crate::browser;
use crate::components::banner::{Banner, Gravity};
use crate::components::button::Button;
use crate::components::empty_state::EmptyState;
use crate::components::icon::{BrandMark, Icon};
use crate::components::menu::{Menu, MenuItem, MenuRadio};
use crate::language::{self, Language};
use crate::messages;
use crate::session::{Session, Stage};
use crate::theme;

/// Shows a page to people who are signed in, and the way to sign in to others.
#[component]
pub(crate) fn SignedIn(
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    let session = Session::here();
    let location = use_location();
    let navigate = use_navigate();
    let children = StoredValue::new(children);
    move || {
        match session.stage() {
        Stage::Starting => view! { <p class="vh" role="status">{messages::loading()}</p> }.into_any(),
        Stage::Failed(failure) => view! {
            <main id="main" class="page-plain">
                <EmptyState icon="circle-alert" bad=true title=messages::start_failed() text=failure.sentence()>
                    <Button icon="refresh-cw" on_press=move |()| session.resume()>{messages::try_again()}</Button>
                </EmptyState>
            </main>
        }
        .into_any(),
        Stage::SignedOut { .. } => {
            let path = location.pathname.get_untracked();
            let query = location.search.get_untracked();
            let wanted = if query.is_empty() { path } else { format!("{path}?{query}") };
            let wanted = String::from(js_sys::encode_uri_component(&wanted));
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            navigate(&format!("/login?next={wanted}"), options);
            ().into_any()
        }
        Stage::SignedIn(me) if !me.permissions.contains(&Permission::ViewCallbacks) => view! {
            <Shell me>
                <main id="main" class="page-plain">
                    <h1 class="vh">{messages::callbacks()}</h1>
                    <EmptyState icon="lock" title=messages::no_access() text=messages::no_access_text().to_owned() />
                </main>
            </Shell>
        }
        .into_any(),
        Stage::SignedIn(me) => view! { <Shell me>{children.with_value(|children| children())}</Shell> }.into_any(),
    }
    }
}

/// Bar and banners.
#[component]
fn Shell(me: Arc<Me>, children: Children) -> impl IntoView {
    let offline = RwSignal::new(browser::offline());
    let online_listener = window_event_listener(leptos::ev::online, move |_| offline.set(false));
    let offline_listener = window_event_listener(leptos::ev::offline, move |_| offline.set(true));
    on_cleanup(move || {
        online_listener.remove();
        offline_listener.remove();
    });
    let simulation = me.simulation;
    view! {
        <a class="skip" href="#main" rel="external">{messages::skip_to_content()}</a>
        <div class="app">
            <header class="appbar">
                <A href="/callbacks" attr:class="brand" attr:aria-label=messages::home()>
                    <BrandMark />
                    <span class="brand-name">{messages::product()}</span>
                </A>
                <nav class="nav" aria-label=messages::main_navigation()>
                    <A href="/callbacks">{messages::callbacks()}</A>
                </nav>
                <div class="appbar-end"><AccountMenu me /></div>
            </header>
            <div class="banners">
                {simulation
                    .then(|| view! { <Banner gravity=Gravity::Info icon="info"><span>{messages::simulation()}</span></Banner> })}
                <Show when=move || offline.get()>
                    <Banner gravity=Gravity::Danger icon="wifi-off"><span>{messages::offline()}</span></Banner>
                </Show>
            </div>
            {children()}
        </div>
    }
}

#[component]
fn AccountMenu(me: Arc<Me>) -> impl IntoView {
    let session = Session::here();
    let name = match (&me.user, &me.api_key) {
        (Some(user), _) => user.display_name.clone(),
        (None, Some(key)) => key.clone(),
        (None, None) => String::new(),
    };
    let role = me.roles.first().map_or("", |role| role_name(*role));
    let services = u64::try_from(me.services.len()).unwrap_or_default();
    let choosing = RwSignal::new(false);
    let choosing_language = RwSignal::new(false);
    let language_item = |choice: Language| {
        view! {
            <MenuRadio
                checked=Signal::stored(language::current() == choice)
                on_choose=move |()| language::choose(choice)
            >
                <Icon name="check" />
                <span lang=choice.tag()>{choice.own_name()}</span>
            </MenuRadio>
        }
    };
    let theme = move || session.preferences().with(|preferences| preferences.theme);
    let theme_item = move |choice: Option<Theme>| {
        view! {
            <MenuRadio
                checked=Signal::derive(move || theme() == choice)
                on_choose=move |()| {
                    theme::apply(choice);
                    session.prefer(|preferences| preferences.theme = choice);
                }
            >
                <Icon name="check" />
                {theme_name(choice)}
            </MenuRadio>
        }
    };
    let full_name = name.clone();
    let initials = initials(&name);
    let button_label = messages::account(&name, role);
    view! {
        <Menu
            label=messages::account_menu()
            button_label
            button_class="userbtn"
            button=Box::new(move || {
                view! {
                    <span class="avatar" aria-hidden="true" data-initials=initials></span>
                    <span class="username">{name}</span>
                    <Icon name="chevron-down" class="i-sm" />
                }
                .into_any()
            })
        >
            <div class="grp">
                <b class="semi acct">{full_name}</b>
                <br />
                {messages::account(role, messages::account_services(services))}
            </div>
            <hr />
            <MenuItem
                expanded=Signal::from(choosing)
                on_press=move |()| choosing.update(|choosing| *choosing = !*choosing)
            >
                <Icon name="monitor" />
                {messages::theme()}
                <span class="end" aria-hidden="true">{move || theme_name(theme())}</span>
            </MenuItem>
            <Show when=move || choosing.get()>
                <div role="group" aria-label=messages::theme() class="subitems">
                    {[None, Some(Theme::Light), Some(Theme::Dark)].map(theme_item).collect_view()}
                </div>
            </Show>
            <MenuItem
                expanded=Signal::from(choosing_language)
                on_press=move |()| choosing_language.update(|choosing| *choosing = !*choosing)
            >
                <Icon name="languages" />
                {messages::language()}
                <span class="end" aria-hidden="true">{language::current().own_name()}</span>
            </MenuItem>
            <Show when=move || choosing_language.get()>
                <div role="group" aria-label=messages::language() class="subitems">
                    {Language::ALL.map(language_item).collect_view()}
                </div>
            </Show>
            <hr />
            <MenuItem on_press=move |()| spawn_local(session.sign_out())>
                <Icon name="log-out" />
                {messages::sign_out()}
            </MenuItem>
        </Menu>
    }
}

fn theme_name(theme: Option<Theme>) -> &'static str {
    match theme {
        None => messages::theme_system(),
        Some(Theme::Light) => messages::theme_light(),
        Some(Theme::Dark) => messages::theme_dark(),
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Administrator => messages::role_administrator(),
        Role::Supervisor => messages::role_supervisor(),
        Role::Monitor => messages::role_monitor(),
        Role::Developer => messages::role_developer(),
    }
}

fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        assert_eq!(initials("Kim van der Berg"), "KB");
        assert_eq!(initials("kim"), "K");
        assert_eq!(initials(""), "");
    }
}
