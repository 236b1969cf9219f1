//! Hides at once the rows that what is typed does not match. The server, which
//! knows all pages, follows.

use leptos::prelude::*;
use ringback_domain::wire::list::SearchField;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::Page;
use super::feed::Loading;
use super::matching::finds;

/// Follows the search box as long as the page stands.
pub(super) fn follow(page: Page) {
    Effect::new(move |_| {
        let typed = page.typed.get();
        let (field, listed) = page.search.get();
        let loading = page.feed.loading.get() != Loading::Idle;
        page.feed.rows.track();
        let ahead = loading || typed.trim() != listed.trim();
        // The rows may be on their way yet.
        request_animation_frame(move || hide(page, field, ahead.then_some(&typed)));
    });
}

/// An attribute rather than a signal for each row: only what changes is touched.
fn hide(page: Page, field: SearchField, typed: Option<&String>) {
    let Ok(elements) = document().query_selector_all("tr.row") else { return };
    // The page may be gone meanwhile.
    page.feed.rows.try_with_untracked(|rows| {
        for (row, index) in rows.iter().flatten().zip(0..) {
            let found = |text: &String| row.record.with_untracked(|view| finds(view, field, text));
            let hidden = !typed.is_none_or(found);
            if let Some(element) = elements.item(index).and_then(|node| node.dyn_into::<Element>().ok())
                && element.has_attribute("hidden") != hidden
            {
                let _ = element.toggle_attribute_with_force("hidden", hidden);
            }
        }
    });
}
