//! Formatters of the browser, which know the world's languages and time zones.

use js_sys::{Array, Function, Intl, Object, Reflect};
use leptos::prelude::window;
use wasm_bindgen::JsCast;
#[cfg(target_family = "wasm")]
use wasm_bindgen::JsValue;

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

/// The name of a country in a language; its code where the browser
/// has no name for it.
pub(crate) fn region_name(language: &str, code: &str) -> String {
    let name = || {
        let class = browser::property(&browser::property(&window(), "Intl")?, "DisplayNames")?;
        let options = Object::new();
        set(&options, "type", "region");
        let arguments = Array::of2(&Array::of1(&language.into()), &options);
        let names = Reflect::construct(class.unchecked_ref::<Function>(), &arguments).ok()?;
        let of: Function = browser::property(&names, "of")?.unchecked_into();
        of.call1(&names, &code.into()).ok()?.as_string()
    };
    name().unwrap_or_else(|| code.to_owned())
}

/// Formats counts in one language, and tells its plural forms apart.
#[cfg(target_family = "wasm")]
pub(crate) struct Counts {
    format: Function,
    plurals: Intl::PluralRules,
}

#[cfg(target_family = "wasm")]
impl Counts {
    /// For the language with this tag.
    pub(crate) fn new(tag: fn() -> String) -> Self {
        let (locales, options) = (Array::of1(&tag().into()), Object::new());
        let format = Intl::NumberFormat::new(&locales, &options).format();
        Self { format, plurals: Intl::PluralRules::new(&locales, &options) }
    }

    /// The count with its digits grouped.
    pub(crate) fn format(&self, count: u64) -> String {
        let text = self.format.call1(&JsValue::UNDEFINED, &Self::number(count).into());
        text.ok().and_then(|text| text.as_string()).unwrap_or_else(|| count.to_string())
    }

    /// The plural category of the count, for example `one` or `few`.
    pub(crate) fn plural_category(&self, count: u64) -> String {
        self.plurals.select(Self::number(count)).into()
    }

    fn number(count: u64) -> f64 {
        browser::js_number(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// Counts in English, for tests outside a browser.
#[cfg(not(target_family = "wasm"))]
pub(crate) struct Counts;

#[cfg(not(target_family = "wasm"))]
impl Counts {
    pub(crate) fn new(_tag: fn() -> String) -> Self {
        Self
    }

    pub(crate) fn format(&self, count: u64) -> String {
        if count < 1_000 {
            return count.to_string();
        }
        format!("{},{:03}", self.format(count / 1_000), count % 1_000)
    }

    #[expect(clippy::unused_self, reason = "as in a browser")]
    pub(crate) fn plural_category(&self, count: u64) -> String {
        if count == 1 { "one" } else { "other" }.to_owned()
    }
}

/// A number as the language with this tag writes it, with at most three decimals.
#[cfg(target_family = "wasm")]
pub(crate) fn decimal(tag: fn() -> String, number: f64) -> String {
    js_sys::Number::from(number).to_locale_string(&tag()).into()
}

/// A number in English, for tests outside a browser.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn decimal(_tag: fn() -> String, number: f64) -> String {
    number.to_string()
}

/// A text for comparison without regard to case, as
/// [`ringback_domain::text::fold`] makes it. Browsers have the tables already, which
/// would be a fiftieth of the page's module.
#[cfg(target_arch = "wasm32")]
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let letter = |letter: char| {
        let alone = js_sys::JsString::from(String::from(letter));
        let upper = String::from(alone.to_upper_case());
        // What is several letters in upper case, such as ß, has no simple mapping.
        let upper = if upper.chars().nth(1).is_none() { upper } else { String::from(letter) };
        String::from(js_sys::JsString::from(upper).to_lower_case()).chars().next().unwrap_or(letter)
    };
    text.chars().map(letter).collect()
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use ringback_domain::text::fold;
