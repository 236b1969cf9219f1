//! Formatters of the browser, which know the world's languages and time zones.

use js_sys::{Array, Function, Intl, Object, Reflect};
use leptos::prelude::window;
use wasm_bindgen::JsCast;

use crate::browser;

/// The name of the zone UTC.
pub(crate) const UTC: &str = "UTC";

/// Sets an option of a formatter.
pub(crate) fn set(options: &Object, name: &str, value: &str) {
    let _ = Reflect::set(options, &name.into(), &value.into());
}

/// A formatter; `None` where the browser refuses the options, such as a zone
/// that it does not know.
pub(crate) fn date_format(locale: &str, options: &Object) -> Option<Intl::DateTimeFormat> {
    let class = browser::property(&browser::property(&window(), "Intl")?, "DateTimeFormat")?;
    let arguments = Array::of2(&Array::of1(&locale.into()), options);
    Some(Reflect::construct(class.unchecked_ref::<Function>(), &arguments).ok()?.unchecked_into())
}
