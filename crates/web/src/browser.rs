//! Functions of the browser behind a simple interface.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::{
    StoredValue, WithValue, document, on_cleanup, set_timeout, window, window_event_listener_untyped,
};
use ringback_domain::Timestamp;
use uuid::Uuid;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{AbortSignal, Blob, Element, Event, HtmlElement, Url};

/// What this computer's clock shows, which may be wrong. [`crate::clock::now`] is
/// right.
pub(crate) fn device_time() -> Timestamp {
    Timestamp::from_micros(truncate(js_sys::Date::now() * 1000.0))
}

/// The time in a header of an answer, to the second.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    let milliseconds = js_sys::Date::parse(text);
    milliseconds.is_finite().then(|| Timestamp::from_micros(truncate(milliseconds * 1000.0)))
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

/// The file that was chosen in a field for files.
pub(crate) fn chosen_file(field: &Element) -> Option<Blob> {
    property(&property(field, "files")?, "0").map(JsCast::unchecked_into)
}

/// The text of a file; `None` if it cannot be read.
pub(crate) async fn text_of(file: &Blob) -> Option<String> {
    JsFuture::from(file.text()).await.ok()?.as_string()
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

/// Moves the focus to the first element that a selector finds.
pub(crate) fn focus_first(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Asks the person; `true` if they agree.
pub(crate) fn confirm(question: &str) -> bool {
    window().confirm_with_message(question).unwrap_or(true)
}

/// Asks `follow` about the address of each link that is clicked; it is not followed on
/// `false`. Ends with the calling component.
pub(crate) fn on_link_click(follow: impl Fn(&str) -> bool + 'static) {
    let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let link = target.and_then(|target| target.closest("a[href]").ok().flatten());
        let address = link.and_then(|link| link.get_attribute("href"));
        if address.is_some_and(|address| !address.starts_with('#') && !follow(&address)) {
            event.prevent_default();
        }
    });
    let function = |listener: &Closure<dyn Fn(Event)>| listener.as_ref().unchecked_ref::<Function>().clone();
    let _ = document().add_event_listener_with_callback("click", &function(&listener));
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || {
        listener.try_with_value(|listener| {
            let _ = document().remove_event_listener_with_callback("click", &function(listener));
        });
    });
}

/// Sets shares from 0 to 1 as custom properties of an element, as `use:` in a view. An
/// attribute would be refused by the content security policy.
pub(crate) fn shares(element: Element, shares: Vec<(&'static str, f64)>) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        for (name, share) in shares {
            let _ = element.style().set_property(name, &share.to_string());
        }
    }
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

/// Removes what stands on the page until this module has arrived.
pub(crate) fn remove_placeholder() {
    if let Ok(Some(placeholder)) = document().query_selector(".boot") {
        placeholder.remove();
    }
}

/// Whether local storage can be used.
pub(crate) fn stores_items() -> bool {
    matches!(window().local_storage(), Ok(Some(_)))
}

/// Tells the new value when another tab stores or removes this one.
pub(crate) fn on_item_stored(name: &'static str, notify: impl Fn(Option<String>) + 'static) {
    let text = |event: &JsValue, of: &str| property(event, of).and_then(|text| text.as_string());
    let _ = window_event_listener_untyped("storage", move |event| {
        if text(&event, "key").as_deref() == Some(name) {
            notify(text(&event, "newValue"));
        }
    });
}

/// How to get a lock that all tabs share.
#[derive(Clone, Debug)]
pub(crate) enum Lock {
    /// Waits for it.
    Wait,
    /// Waits for it until the wait is ended.
    WaitUntil(AbortSignal),
    /// Takes it away from the tab that has it.
    Steal,
}

/// The locks of the browser; only in secure contexts.
pub(crate) fn locks() -> Option<JsValue> {
    property(&window().navigator(), "locks")
}

/// Runs the work while this tab has a lock; at once where the browser has no
/// locks. `None` if the lock could not be had, or was taken away meanwhile. The
/// work is then not ended.
pub(crate) async fn locked<T: 'static>(
    name: &str,
    how: Lock,
    work: impl Future<Output = T> + 'static,
) -> Option<T> {
    let Some(locks) = locks() else { return Some(work.await) };
    let result = Rc::new(RefCell::new(None));
    let slot = Rc::clone(&result);
    let held = Closure::once(move |_lock: JsValue| -> Promise {
        future_to_promise(async move {
            let done = work.await;
            slot.replace(Some(done));
            Ok(JsValue::UNDEFINED)
        })
    });
    let options = Object::new();
    let _ = match how {
        Lock::Wait => Ok(true),
        Lock::WaitUntil(signal) => Reflect::set(&options, &"signal".into(), &signal),
        Lock::Steal => Reflect::set(&options, &"steal".into(), &JsValue::TRUE),
    };
    let request: Function = property(&locks, "request")?.unchecked_into();
    let promise = request.call3(&locks, &name.into(), &options, held.as_ref()).ok()?;
    drop(JsFuture::from(promise.unchecked_into::<Promise>()).await);
    result.take()
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

/// Whether lines begin at the right.
pub(crate) fn right_to_left() -> bool {
    document().dir() == "rtl"
}

/// The preferred languages of the browser, most preferred first.
pub(crate) fn languages() -> Vec<String> {
    window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect()
}

/// Copies a text; `false` where the browser does not let pages do so.
pub(crate) async fn copy(text: &str) -> bool {
    let write = || {
        let clipboard = property(&window().navigator(), "clipboard")?;
        let write: Function = property(&clipboard, "writeText")?.unchecked_into();
        write.call1(&clipboard, &text.into()).ok()
    };
    let Some(promise) = write() else { return false };
    JsFuture::from(promise.unchecked_into::<Promise>()).await.is_ok()
}

/// Reloads the page.
pub(crate) fn reload() {
    let _ = window().location().reload();
}
