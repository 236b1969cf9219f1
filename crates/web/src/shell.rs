//! The frame around every page of a signed-in person.

mod account;
mod guide;
mod help;
mod menus;
mod my_account;
mod session_expiry;
mod shortcuts;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_location, use_navigate};
use ringback_domain::Permission;
use ringback_domain::wire::auth::Me;

use crate::api::Failure;
use crate::browser;
use crate::clock::Clock;
use crate::components::banner::{Banner, Severity};
use crate::components::button::Button;
use crate::components::empty_state::EmptyState;
use crate::components::icon::BrandMark;
use crate::format;
use crate::lazy::{Lazy, Part};
use crate::messages;
use crate::session::{Session, Stage};
pub(crate) use account::account_menu;
pub(crate) use help::help;
use help::{Help, HelpDialog, HelpMenu};
use menus::ToolsMenu;
pub(crate) use my_account::my_account;
use my_account::{MyAccount, MyAccountDialog};
pub(crate) use session_expiry::sign_in_again;
use session_expiry::{SessionExpiry, SessionExpiryBanner, SignInAgain};

/// Shows a page to people who are signed in and have the permission. Others get
/// the sign-in page, or an explanation.
#[component]
pub(crate) fn SignedIn(
    /// The permission that the page needs.
    needs: Permission,
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    let session = Session::here();
    let location = use_location();
    let navigate = use_navigate();
    let children = StoredValue::new(children);
    move || match session.stage() {
        Stage::Starting => {
            view! { <p class="visually-hidden" role="status">{messages::loading()}</p> }.into_any()
        }
        Stage::Failed(failure) => view! { <StartFailed failure /> }.into_any(),
        Stage::SignedOut { .. } => {
            let path = location.pathname.get_untracked();
            let query = location.search.get_untracked();
            let next = if query.is_empty() { path } else { format!("{path}?{query}") };
            let next = String::from(js_sys::encode_uri_component(&next));
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            navigate(&format!("/login?next={next}"), options);
            ().into_any()
        }
        Stage::SignedIn(me) if !me.permissions.contains(&needs) => view! {
            <Shell me><Denied needs /></Shell>
        }
        .into_any(),
        Stage::SignedIn(me) => {
            view! { <Shell me>{children.with_value(|children| children())}</Shell> }.into_any()
        }
    }
}

/// The first page that the person may use.
pub(crate) fn home_of(session: Session) -> &'static str {
    const HOMES: [(Permission, &str); 3] = [
        (Permission::ViewCallbacks, "/callbacks"),
        (Permission::ManageApiKeys, "/integrations"),
        (Permission::ManageUsers, "/users"),
    ];
    HOMES.into_iter().find(|(needs, _)| session.may(*needs)).map_or("/callbacks", |(_, href)| href)
}

/// Leads to the first page that the person may use, or to the sign-in page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let session = Session::here();
    let navigate = use_navigate();
    Effect::new(move |_| {
        let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
        match session.stage() {
            Stage::SignedIn(_) => navigate(home_of(session), options),
            Stage::SignedOut { .. } => navigate("/login", options),
            Stage::Starting | Stage::Failed(_) => {}
        }
    });
    move || match session.stage() {
        Stage::Failed(failure) => Some(view! { <StartFailed failure /> }),
        _ => None,
    }
}

#[component]
fn StartFailed(failure: Failure) -> impl IntoView {
    let session = Session::here();
    view! {
        <main id="main" class="page-plain">
            <EmptyState icon="circle-alert" bad=true title=messages::start_failed() text=failure.message()>
                <Button icon="refresh-cw" on_press=move |()| session.resume()>{messages::try_again()}</Button>
            </EmptyState>
        </main>
    }
}

/// Says which role the page needs and who can grant it.
#[component]
fn Denied(needs: Permission) -> impl IntoView {
    let session = Session::here();
    let (page, title, text) = match needs {
        Permission::ManageUsers => (messages::users(), messages::no_users(), messages::no_users_text()),
        Permission::ManageApiKeys => {
            (messages::integrations(), messages::no_integrations(), messages::no_integrations_text())
        }
        Permission::ViewAudit => (messages::audit(), messages::no_audit(), messages::no_audit_text()),
        _ => (messages::callbacks(), messages::no_access(), messages::no_access_text()),
    };
    document().set_title(&messages::page_title(page));
    view! {
        <main id="main" class="page-plain" tabindex="-1">
            <h1 class="visually-hidden">{page}</h1>
            <EmptyState icon="lock" title text=text.to_owned()>
                {session.me().is_some_and(|me| !me.permissions.is_empty()).then(|| view! {
                    <A href="/" attr:class="btn">{messages::go_home()}</A>
                })}
            </EmptyState>
        </main>
    }
}

/// What the person has to know, whatever the page.
pub(crate) fn banners() -> AnyView {
    view! {
                <SessionExpiryBanner />
                <ClockBanner />
                <account::ServicesBanner />
    }
    .into_any()
}

/// Says that this computer's clock is wrong.
#[component]
fn ClockBanner() -> impl IntoView {
    /// A smaller difference misleads nobody, in seconds.
    const NOTICEABLE: i64 = 30;
    let clock = Clock::here();
    let text = Memo::new(move |_| {
        let wrong_by = clock.wrong_by();
        // The server says its time to the second.
        let difference = format::exact_duration((wrong_by.abs() + 5) / 10 * 10);
        if wrong_by.abs() < NOTICEABLE {
            None
        } else if wrong_by > 0 {
            Some(messages::clock_ahead(difference))
        } else {
            Some(messages::clock_behind(difference))
        }
    });
    view! {
        <Show when=move || text.with(Option::is_some)>
            <Banner severity=Severity::Warning icon="clock"><span>{move || text.get()}</span></Banner>
        </Show>
    }
}

/// The bar, the banners and the page.
#[component]
fn Shell(me: Arc<Me>, children: Children) -> impl IntoView {
    let offline = RwSignal::new(browser::offline());
    let online_listener = window_event_listener(leptos::ev::online, move |_| offline.set(false));
    let offline_listener = window_event_listener(leptos::ev::offline, move |_| offline.set(true));
    on_cleanup(move || {
        online_listener.remove();
        offline_listener.remove();
    });
    let session = Session::here();
    let lazy = Lazy::here();
    let simulation = me.simulation;
    SessionExpiry::provide();
    Help::provide();
    MyAccount::provide();
    shortcuts::listen();
    view! {
        <a class="skip" href="#main" rel="external">{messages::skip_to_content()}</a>
        <div class="app">
            <header class="app-bar">
                <A href=home_of(session) attr:class="brand" attr:aria-label=messages::home()>
                    <BrandMark />
                    <span class="brand__name">{messages::product()}</span>
                </A>
                <nav class="nav" aria-label=messages::main_navigation()>
                    {session
                        .may(Permission::ViewCallbacks)
                        .then(|| view! { <A href="/callbacks" attr:data-keys="g c">{messages::callbacks()}</A> })}
                    <ToolsMenu />
                </nav>
                <div class="app-bar__end"><HelpMenu /><account::AccountMenu me /></div>
            </header>
            <div class="banners">
                {simulation
                    .then(|| view! { <Banner severity=Severity::Info icon="info"><span>{messages::simulation()}</span></Banner> })}
                {lazy.add(Part::Banners)}
                <Show when=move || offline.get()>
                    <Banner severity=Severity::Danger icon="wifi-off"><span>{messages::offline()}</span></Banner>
                </Show>
            </div>
            {children()}
        </div>
        <HelpDialog />
        <MyAccountDialog />
        <SignInAgain />
    }
}
