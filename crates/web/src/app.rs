//! The routes, and what every page can rely on.

use leptos::prelude::*;
use leptos_router::components::{Redirect, Route, Router, Routes};
use leptos_router::path;
use ringback_domain::Permission;

use crate::clock::Clock;
use crate::components::toast::{ToastRegion, Toasts};
use crate::pages::callbacks::CallbacksPage;
use crate::pages::integrations::IntegrationsPage;
use crate::pages::login::LoginPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::search::SearchPage;
use crate::pages::services::ServicesPage;
use crate::pages::users::UsersPage;
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
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=|| view! { <Redirect path="/callbacks" /> } />
                <Route path=path!("/login") view=LoginPage />
                <Route
                    path=path!("/callbacks")
                    view=|| view! { <SignedIn needs=Permission::ViewCallbacks><CallbacksPage /></SignedIn> }
                />
                <Route
                    path=path!("/search")
                    view=|| view! { <SignedIn needs=Permission::ViewCallbacks><SearchPage /></SignedIn> }
                />
                <Route
                    path=path!("/services")
                    view=|| view! { <SignedIn needs=Permission::ViewServices><ServicesPage /></SignedIn> }
                />
                <Route
                    path=path!("/integrations")
                    view=|| view! { <SignedIn needs=Permission::ManageApiKeys><IntegrationsPage /></SignedIn> }
                />
                <Route
                    path=path!("/users")
                    view=|| view! { <SignedIn needs=Permission::ManageUsers><UsersPage /></SignedIn> }
                />
            </Routes>
            <ToastRegion />
        </Router>
    }
}
