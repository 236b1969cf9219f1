//! Buttons with an icon and an accessible name, but no visible text.

use leptos::prelude::*;

use crate::components::icon::Icon;

/// A button with an icon.
#[component]
pub(crate) fn IconButton(
    /// The icon.
    #[prop(into)]
    icon: Signal<&'static str>,
    /// The accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// The id of the element, to give it the focus.
    #[prop(optional, into)]
    id: Option<String>,
    /// Additional classes.
    #[prop(optional)]
    class: &'static str,
    /// Whether it is pressed, for a toggle button.
    #[prop(optional, into)]
    pressed: Option<Signal<bool>>,
    /// Whether it is inactive.
    #[prop(optional, into)]
    inactive: Signal<bool>,
    /// The action.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            id=id
            class=format!("icon-button {class}")
            aria-label=label
            title=label
            aria-pressed=move || pressed.map(|pressed| if pressed.get() { "true" } else { "false" })
            aria-disabled=move || inactive.get().then_some("true")
            on:click=move |_| {
                if !inactive.get_untracked() {
                    on_press.run(());
                }
            }
        >
            {move || view! { <Icon name=icon.get() /> }}
        </button>
    }
}
