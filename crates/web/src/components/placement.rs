//! Puts a popover beside what it belongs to. By the CSSOM, as the content
//! security policy permits no style attributes.

use leptos::prelude::window;
use web_sys::{Element, HtmlElement};

use crate::browser::whole;

/// Where a popover is aligned to its anchor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// At the side where lines begin.
    Start,
    /// At the side where lines end.
    End,
}

const GAP: f64 = 6.0;
const MARGIN: f64 = 8.0;

/// Below the anchor, or above it where there is no room; never off the screen.
pub(super) fn place(anchor: &Element, popover: &HtmlElement, align: Align) {
    let around = anchor.get_bounding_client_rect();
    let own = popover.get_bounding_client_rect();
    let size = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|v| v.as_f64()).unwrap_or(0.0);
    let (width, height) = (size(window().inner_width()), size(window().inner_height()));
    let left = match align {
        Align::Start => around.left(),
        Align::End => around.right() - own.width(),
    };
    let left = left.min(width - own.width() - MARGIN).max(MARGIN);
    let below = around.bottom() + GAP;
    let top = if below + own.height() > height - MARGIN && around.top() > own.height() + GAP + MARGIN {
        around.top() - GAP - own.height()
    } else {
        below
    };
    let style = popover.style();
    let _ = style.set_property("left", &format!("{}px", whole(left)));
    let _ = style.set_property("top", &format!("{}px", whole(top)));
}
