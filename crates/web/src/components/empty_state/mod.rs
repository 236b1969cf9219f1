//! What is shown where there is nothing to show, and what while it loads.

use leptos::prelude::*;

use crate::components::icon::Icon;

/// Says why there is nothing, and what to do.
#[component]
pub(crate) fn EmptyState(
    /// A picture.
    icon: &'static str,
    /// Why there is nothing.
    #[prop(into)]
    title: String,
    /// The rest of it.
    #[prop(into)]
    text: Signal<String>,
    /// It should not be so.
    #[prop(optional)]
    bad: bool,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty" role=if bad { "alert" } else { "status" }>
            <span class=if bad { "ico bad" } else { "ico" }><Icon name=icon class="i-lg" /></span>
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| view! { <div class="row-actions">{children()}</div> })}
        </div>
    }
}

/// Rows to come.
#[component]
pub(crate) fn Skeleton(
    /// What is loaded.
    label: &'static str,
) -> impl IntoView {
    let row = || view! { <div><i></i><i></i><i></i><i></i><i></i></div> };
    view! {
        <div class="skel" role="status">
            <span class="vh">{label}</span>
            {(0..12).map(|_| row()).collect_view()}
        </div>
    }
}
