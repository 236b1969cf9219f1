//! Light and dark.

use leptos::prelude::*;
use ringback_domain::wire::auth::Theme;

use crate::browser;

/// Read by the loader before the first paint.
const STORAGE_KEY: &str = "ringback-theme";

/// Applies the chosen theme, or else that of the system.
pub(crate) fn apply(chosen: Option<Theme>) {
    let name = match chosen {
        Some(Theme::Light) => Some("light"),
        Some(Theme::Dark) => Some("dark"),
        None => None,
    };
    browser::store_item(STORAGE_KEY, name);
    let system = || if system_is_dark() { "dark" } else { "light" };
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", name.unwrap_or_else(system));
    }
}

/// Follows the theme of the system while none is chosen.
pub(crate) fn follow_system() {
    let query = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
    let Some(query) = query else { return };
    let listener = wasm_bindgen::closure::Closure::<dyn Fn()>::new(|| {
        if browser::stored_item(STORAGE_KEY).is_none() {
            apply(None);
        }
    });
    query.set_onchange(Some(wasm_bindgen::JsCast::unchecked_ref(listener.as_ref())));
    // The listener lives as long as the page.
    listener.forget();
    std::mem::forget(query);
}

fn system_is_dark() -> bool {
    let query = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
    query.is_some_and(|query| query.matches())
}
