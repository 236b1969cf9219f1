//! The routes, and what every page can rely on.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;
use ringback_domain::Permission;

use crate::client::Client;
use crate::clock::Clock;
use crate::components::toast::{ToastRegion, Toasts};
use crate::lazy::{Lazy, Part};
use crate::pages::callbacks::CallbacksPage;
use crate::pages::login::LoginPage;
use crate::pages::not_found::NotFoundPage;
use crate::preferences::PreferenceStore;
use crate::secondary;
use crate::session::Session;
use crate::shell::{Home, SignedIn};
use crate::theme;

/// The whole page.
#[component]
pub(crate) fn App() -> impl IntoView {
    theme::follow_system();
    Clock::provide();
    Toasts::provide();
    Lazy::provide(secondary::load);
    let client = Client::provide();
    Session::provide(client, PreferenceStore::provide(client));
    view! {
        <Router>
            <FlatRoutes fallback=NotFoundPage>
                <Route path=path!("/") view=Home />
                <Route path=path!("/login") view=LoginPage />
                <Route
                    path=path!("/callbacks")
                    view=|| view! { <SignedIn needs=Permission::ViewCallbacks><CallbacksPage /></SignedIn> }
                />
                <Route
                    path=path!("/callbacks/views/:id")
                    view=|| tool(Permission::ViewCallbacks, Part::SavedView)
                />
                <Route path=path!("/callbacks/:id") view=|| tool(Permission::ViewCallbacks, Part::Record) />
                <Route path=path!("/search") view=|| tool(Permission::ViewCallbacks, Part::Search) />
                <Route path=path!("/services") view=|| tool(Permission::ViewServices, Part::Services) />
                <Route path=path!("/office-hours") view=|| tool(Permission::ViewServices, Part::OfficeHours) />
                <Route path=path!("/capacity") view=|| tool(Permission::ViewServices, Part::Capacity) />
                <Route path=path!("/numbers") view=|| tool(Permission::ViewServices, Part::Numbers) />
                <Route path=path!("/integrations") view=|| tool(Permission::ManageApiKeys, Part::Integrations) />
                <Route path=path!("/audit") view=|| tool(Permission::ViewAudit, Part::Audit) />
                <Route path=path!("/users") view=|| tool(Permission::ManageUsers, Part::Users) />
            </FlatRoutes>
            <ToastRegion />
        </Router>
    }
}

/// A page of the Tools menu.
fn tool(needs: Permission, page: Part) -> AnyView {
    view! { <SignedIn needs>{Lazy::here().show(page)}</SignedIn> }.into_any()
}
