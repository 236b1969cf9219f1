//! Places a popover beside its anchor. It uses the CSSOM, as the content
//! security policy forbids style attributes.

use leptos::prelude::window;
use web_sys::{Element, HtmlElement};

use crate::browser::{right_to_left, truncate};

/// How a popover is aligned to its anchor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// At the side where lines start.
    Start,
    /// At the side where lines end.
    End,
}

const GAP: f64 = 6.0;
const MARGIN: f64 = 8.0;

/// Places a popover below the anchor, or above it if there is no room; never
/// outside the window.
pub(super) fn place(anchor: &Element, popover: &HtmlElement, align: Align) {
    let around = anchor.get_bounding_client_rect();
    let own = popover.get_bounding_client_rect();
    let size = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|v| v.as_f64()).unwrap_or(0.0);
    let (width, height) = (size(window().inner_width()), size(window().inner_height()));
    let left =
        if (align == Align::End) == right_to_left() { around.left() } else { around.right() - own.width() };
    let left = left.min(width - own.width() - MARGIN).max(MARGIN);
    let below = around.bottom() + GAP;
    let top = if below + own.height() > height - MARGIN && around.top() > own.height() + GAP + MARGIN {
        around.top() - GAP - own.height()
    } else {
        below
    };
    let style = popover.style();
    let _ = style.set_property("left", &format!("{}px", truncate(left)));
    let _ = style.set_property("top", &format!("{}px", truncate(top)));
}
