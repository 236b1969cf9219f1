//! Buttons that show an icon only. Their name is for everyone else.

use leptos::prelude::*;

use crate::components::icon::Icon;

/// A button with an icon.
#[component]
pub(crate) fn IconButton(
    /// The icon.
    #[prop(into)]
    icon: Signal<&'static str>,
    /// Its name.
    #[prop(into)]
    label: Signal<String>,
    /// Names the element, to give it the focus.
    #[prop(optional, into)]
    id: Option<String>,
    /// Further classes.
    #[prop(optional)]
    class: &'static str,
    /// Whether what it switches is on.
    #[prop(optional, into)]
    pressed: Option<Signal<bool>>,
    /// Does nothing for now.
    #[prop(optional, into)]
    inactive: Signal<bool>,
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            id=id
            class=format!("iconbtn {class}")
            aria-label=label
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
