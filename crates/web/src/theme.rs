//! Light and dark.

use leptos::prelude::*;
use ringback_domain::wire::auth::Theme;

use crate::browser;

/// Read by the loader before the first paint.
const STORED: &str = "ringback-theme";

/// Puts on what was chosen, or what the system has.
pub(crate) fn apply(chosen: Option<Theme>) {
    let name = match chosen {
        Some(Theme::Light) => Some("light"),
        Some(Theme::Dark) => Some("dark"),
        None => None,
    };
    browser::store(STORED, name);
    let system = || if system_is_dark() { "dark" } else { "light" };
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", name.unwrap_or_else(system));
    }
}

/// Follows the system while nothing is chosen.
pub(crate) fn follow_system() {
    let query = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
    let Some(query) = query else { return };
    let listener = wasm_bindgen::closure::Closure::<dyn Fn()>::new(|| {
        if browser::stored(STORED).is_none() {
            apply(None);
        }
    });
    query.set_onchange(Some(wasm_bindgen::JsCast::unchecked_ref(listener.as_ref())));
    // As long as the page.
    listener.forget();
    std::mem::forget(query);
}

fn system_is_dark() -> bool {
    let query = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
    query.is_some_and(|query| query.matches())
}
