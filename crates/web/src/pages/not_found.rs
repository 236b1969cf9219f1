//! The page for unknown addresses.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::components::empty_state::EmptyState;
use crate::messages;

/// The page, with a link to the callbacks.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    document().set_title(&messages::page_title(messages::not_found()));
    view! {
        <main id="main" class="page-plain">
            <h1 class="visually-hidden">{messages::not_found()}</h1>
            <EmptyState icon="search" title=messages::not_found() text=messages::not_found_text().to_owned()>
                <A href="/callbacks" attr:class="btn">{messages::go_to_callbacks()}</A>
            </EmptyState>
        </main>
    }
}
