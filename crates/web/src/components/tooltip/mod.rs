//! A text that a button shows by hover, focus and tap alike.

use leptos::html;
use leptos::prelude::*;

use crate::components::placement::{Align, place};
use crate::components::unique_id;

/// A button that does nothing but explain.
#[component]
pub(crate) fn TooltipButton(
    /// The button's name.
    label: &'static str,
    /// The button's class.
    class: &'static str,
    /// The explanation.
    #[prop(into)]
    text: Signal<String>,
    /// The icon.
    children: Children,
) -> impl IntoView {
    let id = unique_id("tip");
    let anchor = NodeRef::<html::Button>::new();
    let tip = NodeRef::<html::Div>::new();
    let show = move || {
        if let (Some(anchor), Some(tip)) = (anchor.get_untracked(), tip.get_untracked()) {
            let _ = tip.show_popover();
            place(&anchor, &tip, Align::Start);
        }
    };
    let hide = move || {
        if let Some(tip) = tip.get_untracked() {
            let _ = tip.hide_popover();
        }
    };
    view! {
        <button
            type="button"
            class=class
            node_ref=anchor
            aria-label=label
            aria-describedby=id.clone()
            on:pointerenter=move |_| show()
            on:pointerleave=move |_| hide()
            on:focus=move |_| show()
            on:blur=move |_| hide()
            on:click=move |_| show()
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    event.stop_propagation();
                    hide();
                }
            }
        >
            {children()}
        </button>
        <div class="tip" id=id node_ref=tip role="tooltip" popover="manual">{text}</div>
    }
}
