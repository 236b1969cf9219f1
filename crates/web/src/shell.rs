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

use crate::browser;
use crate::components::banner::{Banner, Severity};
use crate::components::button::Button;
use crate::components::empty_state::EmptyState;
use crate::components::icon::BrandMark;
use crate::messages;
use crate::session::{Session, Stage};
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
    move || {
        match session.stage() {
        Stage::Starting => view! { <p class="visually-hidden" role="status">{messages::loading()}</p> }.into_any(),
        Stage::Failed(failure) => view! {
            <main id="main" class="page-plain">
                <EmptyState icon="circle-alert" bad=true title=messages::start_failed() text=failure.message()>
                    <Button icon="refresh-cw" on_press=move |()| session.resume()>{messages::try_again()}</Button>
                </EmptyState>
            </main>
        }
        .into_any(),
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
        Stage::SignedIn(me) => view! { <Shell me>{children.with_value(|children| children())}</Shell> }.into_any(),
    }
    }
}

/// Says which role the page needs and who can grant it.
#[component]
fn Denied(needs: Permission) -> impl IntoView {
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
            <EmptyState icon="lock" title text=text.to_owned() />
        </main>
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
    let simulation = me.simulation;
    SessionExpiry::provide();
    Help::provide();
    MyAccount::provide();
    shortcuts::listen();
    view! {
        <a class="skip" href="#main" rel="external">{messages::skip_to_content()}</a>
        <div class="app">
            <header class="app-bar">
                <A href="/callbacks" attr:class="brand" attr:aria-label=messages::home()>
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
                <SessionExpiryBanner />
                <account::ServicesBanner />
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
