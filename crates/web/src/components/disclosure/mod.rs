//! A collapsible part of a form.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::unique_id;

/// A button and the content that it opens.
#[component]
pub(crate) fn Disclosure(
    /// The label of the button.
    label: &'static str,
    /// A hint beside the label.
    hint: &'static str,
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The content.
    children: Children,
) -> impl IntoView {
    let body = unique_id("disclosure");
    let hint_id = format!("{body}-hint");
    view! {
        <div>
            <div class="disclosure__header">
                <button
                    type="button"
                    class="disclosure__button"
                    aria-expanded=move || open.get().to_string()
                    aria-controls=body.clone()
                    aria-describedby=hint_id.clone()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    <Icon name="chevron-right" class="icon--small" />
                    {label}
                </button>
                <span id=hint_id class="subtle">{hint}</span>
            </div>
            <div id=body class="disclosure" hidden=move || !open.get()>{children()}</div>
        </div>
    }
}
