//! The frame of a page with a heading.

use std::sync::atomic::{AtomicBool, Ordering};

use leptos::html;
use leptos::prelude::*;

use crate::messages;

/// Moves the focus to the page's heading when one comes from another page, so
/// that a screen reader says where one is.
pub(crate) fn focus_heading(heading: NodeRef<html::H1>) {
    static FIRST: AtomicBool = AtomicBool::new(true);
    if FIRST.swap(false, Ordering::Relaxed) {
        return;
    }
    heading.on_load(|heading| {
        request_animation_frame(move || {
            let _ = heading.focus();
        });
    });
}

/// A page other than the list of callbacks: heading, what is done without a
/// row, and the rest.
#[component]
pub(crate) fn PlainPage(
    /// Its name.
    title: &'static str,
    /// Beside the heading.
    #[prop(optional)]
    actions: Option<AnyView>,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    document().set_title(&messages::page_title(title));
    let heading = NodeRef::<html::H1>::new();
    focus_heading(heading);
    view! {
        <main id="main" class="page-scroll" tabindex="-1">
            <div class="pagehead">
                <h1 node_ref=heading tabindex="-1">{title}</h1>
                {actions}
            </div>
            {children()}
        </main>
    }
}
