//! Placeholders for empty and for loading content.

use leptos::prelude::*;

use crate::components::icon::Icon;

/// Says why there is no content, and what to do.
#[component]
pub(crate) fn EmptyState(
    /// The icon.
    icon: &'static str,
    /// The reason.
    #[prop(into)]
    title: String,
    /// Further explanation.
    #[prop(into)]
    text: Signal<String>,
    /// It is an error.
    #[prop(optional)]
    bad: bool,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty" role=if bad { "alert" } else { "status" }>
            <span class=if bad { "empty__icon empty__icon--error" } else { "empty__icon" }><Icon name=icon class="icon--large" /></span>
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| view! { <div class="row-actions">{children()}</div> })}
        </div>
    }
}

/// Placeholder rows while content is loading.
#[component]
pub(crate) fn Skeleton(
    /// What is being loaded.
    label: &'static str,
) -> impl IntoView {
    let row = || view! { <div><i></i><i></i><i></i><i></i><i></i></div> };
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">{label}</span>
            {(0..12).map(|_| row()).collect_view()}
        </div>
    }
}
