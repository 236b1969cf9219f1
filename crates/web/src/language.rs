//! The language of the page.

use std::sync::atomic::{AtomicU8, Ordering};

use leptos::prelude::document;

use crate::browser;
use crate::intl::Counts;

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// All languages, in the order of their variants.
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::German];

    /// The BCP 47 tag.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its name in the language itself.
    pub(crate) const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| tag.split('-').next() == Some(language.tag()))
    }
}

/// The key in local storage. The sign-in page needs the language before the
/// preferences can be read.
const STORAGE_KEY: &str = "ringback-language";

static CURRENT: AtomicU8 = AtomicU8::new(0);

/// The language of all texts. It is chosen once, when the page starts.
pub(crate) fn current() -> Language {
    Language::ALL[usize::from(CURRENT.load(Ordering::Relaxed))]
}

/// Chooses the language: the stored one, or else one that the browser prefers.
pub(crate) fn init() {
    let chosen = browser::stored_item(STORAGE_KEY).and_then(|tag| Language::of_tag(&tag));
    let preferred = || browser::languages().iter().find_map(|tag| Language::of_tag(tag));
    let language = chosen.or_else(preferred).unwrap_or(Language::English);
    CURRENT.store(language as u8, Ordering::Relaxed);
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("lang", language.tag());
    }
}

/// Switches to the language in the preferences, which may have been set on
/// another device.
pub(crate) fn apply_preference(tag: Option<&str>) {
    let Some(language) = tag.and_then(Language::of_tag).filter(|language| *language != current()) else {
        return;
    };
    browser::store_item(STORAGE_KEY, Some(language.tag()));
    // Without storage the page would reload forever.
    if browser::stored_item(STORAGE_KEY).as_deref() == Some(language.tag()) {
        browser::reload();
    }
}

/// Switches to another language. The page is reloaded, as texts are not
/// signals.
pub(crate) fn switch_to(language: Language) {
    browser::store_item(STORAGE_KEY, Some(language.tag()));
    browser::reload();
}

thread_local! {
    /// For the language of the page, which does not change.
    static COUNTS: Counts = Counts::new(current().tag());
}

/// `1,284`: a count with its digits grouped.
pub(crate) fn count(count: u64) -> String {
    COUNTS.with(|counts| counts.format(count))
}

/// The text with the plural form for a count, out of texts by plural category.
/// The last one stands for all categories without a text.
pub(crate) fn plural<'a>(count: u64, texts: &[(&str, &'a str)]) -> &'a str {
    let category = COUNTS.with(|counts| counts.plural_category(count));
    let text = texts.iter().find(|(name, _)| *name == category).or(texts.last());
    text.map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn a_category_without_a_text_takes_the_last_one() {
        let texts = [("one", "a day"), ("other", "days")];
        assert_eq!(plural(1, &texts), "a day");
        assert_eq!(plural(2, &texts), "days");
        assert_eq!(plural(1, &[("few", "some"), ("other", "days")]), "days");
    }
}
