//! Functions of the browser behind a simple interface.

use std::time::Duration;

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::{document, set_timeout, window};
use ringback_domain::Timestamp;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Element, HtmlElement, Url};

/// The browser's clock.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_micros(truncate(js_sys::Date::now() * 1000.0))
}

/// Truncates a number of JavaScript, which fits into 64 bits here.
#[expect(clippy::cast_possible_truncation, reason = "a saturating cast is meant")]
pub(crate) fn truncate(number: f64) -> i64 {
    number as i64
}

/// A whole number for JavaScript; exact up to 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "counts and times of this page are far below 2⁵³")]
pub(crate) fn js_number(whole: i64) -> f64 {
    whole as f64
}

/// Waits.
pub(crate) async fn sleep(milliseconds: i32) {
    let promise = Promise::new(&mut |resolve: Function, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
    });
    let _ = JsFuture::from(promise).await;
}

/// A random UUID.
pub(crate) fn random_uuid() -> Uuid {
    let mut bytes = [0; 16];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Whether the page is hidden.
pub(crate) fn hidden() -> bool {
    document().hidden()
}

/// Saves a file as if a link to it had been clicked.
pub(crate) fn save(file: &Blob, name: &str) {
    /// Long enough for the browser to take it.
    const REVOKE_DELAY: Duration = Duration::from_mins(1);
    let Ok(url) = Url::create_object_url_with_blob(file) else { return };
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlElement>().ok());
    if let Some(link) = link {
        let _ = link.set_attribute("href", &url);
        let _ = link.set_attribute("download", name);
        link.click();
    }
    set_timeout(move || drop(Url::revoke_object_url(&url)), REVOKE_DELAY);
}

/// Whether the browser is offline.
pub(crate) fn offline() -> bool {
    !window().navigator().on_line()
}

/// Moves the focus to the element with this id, if there is one.
pub(crate) fn focus(id: &str) -> bool {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| element.focus().is_ok())
}

/// Sets or removes an attribute. An unchanged value is not written again, as
/// the browser would redraw the element.
pub(crate) fn update_attribute(element: &Element, name: &str, value: Option<&str>) {
    if element.get_attribute(name).as_deref() != value {
        let _ = match value {
            Some(value) => element.set_attribute(name, value),
            None => element.remove_attribute(name),
        };
    }
}

/// The element that has the focus.
pub(crate) fn focused() -> Option<HtmlElement> {
    document().active_element().and_then(|element| element.dyn_into().ok())
}

/// A value from local storage.
pub(crate) fn stored_item(name: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(name).ok().flatten()
}

/// Keeps a value in local storage, or removes it. Private windows may refuse;
/// the value is then lost with the page.
pub(crate) fn store_item(name: &str, value: Option<&str>) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = match value {
            Some(value) => storage.set_item(name, value),
            None => storage.remove_item(name),
        };
    }
}

/// The content of `<meta name=…>`.
pub(crate) fn meta(name: &str) -> Option<String> {
    document().query_selector(&format!("meta[name=\"{name}\"]")).ok().flatten()?.get_attribute("content")
}

/// A property of a JavaScript object; absent ones are `None`.
pub(crate) fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// The preferred languages of the browser, most preferred first.
pub(crate) fn languages() -> Vec<String> {
    window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect()
}

/// Reloads the page.
pub(crate) fn reload() {
    let _ = window().location().reload();
}
