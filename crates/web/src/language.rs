//! The language of the page. The loader chooses it, and fetches its texts before the
//! page starts.

use std::sync::OnceLock;

use leptos::prelude::document;
use web_sys::Element;

use crate::browser;
use crate::intl::{Counts, decimal as decimal_of};

/// A language of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Language {
    /// The BCP 47 tag.
    pub(crate) tag: String,
    /// Its name in the language itself.
    pub(crate) own_name: String,
    /// Whose dates and numbers are shown where the browser prefers another language.
    locale: String,
    /// Where its texts are that are loaded with the second module.
    later_texts: String,
}

/// Read by the loader. The sign-in page needs the language before the preferences
/// can be read.
const STORAGE_KEY: &str = "ringback-language";

/// All languages, which the head of the page lists.
pub(crate) fn all() -> Vec<Language> {
    let Ok(listed) = document().query_selector_all("meta[name=ui-language]") else { return Vec::new() };
    let language = |meta: Element| {
        let attribute = |name| meta.get_attribute(name).unwrap_or_default();
        Language {
            tag: attribute("content"),
            own_name: attribute("data-name"),
            locale: attribute("data-locale"),
            later_texts: attribute("data-later-texts"),
        }
    };
    let listed = (0..listed.length()).filter_map(|index| listed.item(index));
    listed.map(|meta| language(wasm_bindgen::JsCast::unchecked_into(meta))).collect()
}

/// The tag of the language of all texts. It is chosen once, before the page starts.
pub(crate) fn current() -> String {
    document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_default()
}

/// The locale of dates: the browser's own, if it is one of the language. Day and
/// month are ordered as in the texts around them.
pub(crate) fn locale() -> String {
    let tag = current();
    let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
    let own = browser::languages().into_iter().next().filter(|own| base(own) == tag);
    let stated = || all().into_iter().find(|language| language.tag == tag).map(|language| language.locale);
    own.or_else(stated).unwrap_or(tag)
}

/// Switches to the language in the preferences, which may have been set on
/// another device.
pub(crate) fn apply_preference(tag: Option<&str>) {
    let known = |tag: &&str| *tag != current() && all().iter().any(|language| language.tag == *tag);
    let Some(tag) = tag.filter(known) else { return };
    browser::store_item(STORAGE_KEY, Some(tag));
    // Without storage the page would reload forever.
    if browser::stored_item(STORAGE_KEY).as_deref() == Some(tag) {
        browser::reload();
    }
}

/// Switches to another language. The page is reloaded, as texts are not
/// signals.
pub(crate) fn switch_to(tag: &str) {
    browser::store_item(STORAGE_KEY, Some(tag));
    browser::reload();
}

static TEXTS: OnceLock<Vec<&str>> = OnceLock::new();
static LATER: OnceLock<Vec<&str>> = OnceLock::new();

/// A text by its place in the catalogue; of one with plural forms, all of them.
pub(crate) fn text(index: usize) -> &'static str {
    TEXTS.get_or_init(|| catalogue().split('\n').collect()).get(index).copied().unwrap_or_default()
}

/// The same for the texts that only the second module has.
pub(crate) fn later_text(index: usize) -> &'static str {
    #[cfg(not(target_family = "wasm"))]
    LATER.get_or_init(|| include_str!(concat!(env!("OUT_DIR"), "/later-texts.txt")).split('\n').collect());
    LATER.get().and_then(|texts| texts.get(index)).copied().unwrap_or_default()
}

/// Where the texts are that only the second module has; `None` once they are there.
pub(crate) fn later_address() -> Option<String> {
    let tag = current();
    let own = all().into_iter().find(|language| language.tag == tag);
    own.filter(|_| LATER.get().is_none()).map(|language| language.later_texts)
}

/// Takes over the texts that only the second module has.
pub(crate) fn adopt_later(texts: String) {
    LATER.get_or_init(|| texts.leak().split('\n').collect());
}

/// The texts that the loader fetched.
#[cfg(target_family = "wasm")]
fn catalogue() -> &'static str {
    let texts = browser::property(&leptos::prelude::window(), "ringbackTexts");
    texts.and_then(|texts| texts.as_string()).unwrap_or_default().leak()
}

/// English, for tests outside a browser.
#[cfg(not(target_family = "wasm"))]
fn catalogue() -> &'static str {
    include_str!(concat!(env!("OUT_DIR"), "/texts.txt"))
}

thread_local! {
    /// For the language of the page, which does not change.
    static COUNTS: Counts = Counts::new(current);
}

/// `1,284`: a count with its digits grouped.
pub(crate) fn count(count: u64) -> String {
    COUNTS.with(|counts| counts.format(count))
}

/// `1.5`: a number to the hundredth, as the language writes it.
pub(crate) fn decimal(number: f64) -> String {
    decimal_of(current, number)
}

/// The plural form for a count, out of a text's forms behind their categories. The
/// last one stands for all categories without a form.
pub(crate) fn plural(count: u64, forms: &str) -> &str {
    let category = COUNTS.with(|counts| counts.plural_category(count));
    let mut parts = forms.split('\t');
    let mut last = "";
    while let (Some(name), Some(form)) = (parts.next(), parts.next()) {
        last = form;
        if name == category {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn a_category_without_a_form_takes_the_last_one() {
        let forms = "one\ta day\tother\tdays";
        assert_eq!(plural(1, forms), "a day");
        assert_eq!(plural(2, forms), "days");
        assert_eq!(plural(1, "few\tsome\tother\tdays"), "days");
    }
}
