//! The Callbacks page.
use leptos::prelude::*;
#[component]
pub(crate) fn CallbacksPage() -> impl IntoView { view! { <main id="main"><h1>{crate::messages::callbacks()}</h1></main> } }
