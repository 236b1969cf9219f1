//! The routes, and what every page can rely on.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Redirect, Route, Router};
use leptos_router::path;
use ringback_domain::Permission;

use crate::clock::Clock;
use crate::components::toast::{ToastRegion, Toasts};
use crate::later::{Later, Parts};
use crate::pages::callbacks::CallbacksPage;
use crate::pages::login::LoginPage;
use crate::pages::not_found::NotFoundPage;
use crate::session::Session;
use crate::shell::SignedIn;
use crate::theme;

/// The whole page.
#[component]
pub(crate) fn App() -> impl IntoView {
    theme::follow_system();
    Clock::provide();
    Toasts::provide();
    Session::provide();
    Later::provide();
    view! {
        <Router>
            <FlatRoutes fallback=NotFoundPage>
                <Route path=path!("/") view=|| view! { <Redirect path="/callbacks" /> } />
                <Route path=path!("/login") view=LoginPage />
                <Route
                    path=path!("/callbacks")
                    view=|| view! { <SignedIn needs=Permission::ViewCallbacks><CallbacksPage /></SignedIn> }
                />
                <Route path=path!("/search") view=|| tool(Permission::ViewCallbacks, |parts| parts.search) />
                <Route path=path!("/services") view=|| tool(Permission::ViewServices, |parts| parts.services) />
                <Route path=path!("/integrations") view=|| tool(Permission::ManageApiKeys, |parts| parts.integrations) />
                <Route path=path!("/users") view=|| tool(Permission::ManageUsers, |parts| parts.users) />
            </FlatRoutes>
            <ToastRegion />
        </Router>
    }
}

/// A page of the Tools menu.
fn tool(needs: Permission, page: fn(Parts) -> fn() -> AnyView) -> AnyView {
    view! { <SignedIn needs>{Later::here().show(move |parts| page(parts)())}</SignedIn> }.into_any()
}
