//! The frame of a page with a heading.

use std::sync::atomic::{AtomicBool, Ordering};

use leptos::html;
use leptos::prelude::*;

use crate::messages;

/// Whether no page was shown yet.
static FIRST: AtomicBool = AtomicBool::new(true);

/// Says that a page without such a heading is shown.
pub(crate) fn leave_heading_alone() {
    FIRST.store(false, Ordering::Relaxed);
}

/// Moves the focus to the heading when one comes from another page, so that
/// screen readers announce the page.
pub(crate) fn focus_heading(heading: NodeRef<html::H1>) {
    if FIRST.swap(false, Ordering::Relaxed) {
        return;
    }
    heading.on_load(|heading| {
        request_animation_frame(move || {
            let _ = heading.focus();
        });
    });
}

/// A page other than the list of callbacks: heading, actions, content.
#[component]
pub(crate) fn PlainPage(
    /// The name of the page.
    title: &'static str,
    /// Buttons beside the heading.
    #[prop(optional)]
    actions: Option<AnyView>,
    /// The content.
    children: Children,
) -> impl IntoView {
    document().set_title(&messages::page_title(title));
    let heading = NodeRef::<html::H1>::new();
    focus_heading(heading);
    view! {
        <main id="main" class="page-scroll" tabindex="-1">
            <div class="page-header">
                <h1 node_ref=heading tabindex="-1">{title}</h1>
                {actions}
            </div>
            {children()}
        </main>
    }
}
