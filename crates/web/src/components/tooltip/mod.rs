//! A text that a button shows on hover, focus and tap. Events are handled by
//! the element around many such buttons.

use leptos::ev::Event;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::components::markup::{Markup, markup};
use crate::components::placement::{Align, place};

/// A button whose only purpose is its tooltip, and the tooltip.
pub(crate) fn tooltip_button(id: &str, class: &str, label: &str, icon: &Markup, text: &str) -> Markup {
    markup!(
        r#"<button type="button" class="{}" tabindex="-1" aria-label="{}" aria-describedby="{}">{}</button><div class="tooltip" id="{}" role="tooltip" popover="manual">{}</div>"#,
        class,
        label,
        id,
        icon,
        id,
        text
    )
}

/// The button that an event happened in, and its tooltip.
fn around(event: &Event) -> Option<(Element, HtmlElement)> {
    let element: Element = event.target()?.dyn_into().ok()?;
    let button = element.closest("button").ok()??;
    let tip = button.next_element_sibling().filter(|next| next.class_name() == "tooltip")?;
    Some((button, tip.dyn_into().ok()?))
}

/// Shows the tooltip of a button that is hovered or focused.
pub(crate) fn explain(event: &Event) {
    if let Some((button, tip)) = around(event) {
        let _ = tip.show_popover();
        place(&button, &tip, Align::Start);
    }
}

/// Hides the tooltip; `false` if there is none.
pub(crate) fn hide(event: &Event) -> bool {
    around(event).is_some_and(|(_, tip)| tip.hide_popover().is_ok())
}
