//! The language of the page.

use std::sync::atomic::{AtomicU8, Ordering};

use leptos::prelude::document;

use crate::browser;

/// A language in which every message exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// English, in which the guide's labels are.
    English,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::German];

    /// BCP 47 tag.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What it is called in itself.
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

/// Where the choice is kept on this device, since signing in comes before the
/// preferences.
const STORED: &str = "ringback-language";

static CURRENT: AtomicU8 = AtomicU8::new(0);

/// The language of every text: chosen once, as the page starts.
pub(crate) fn current() -> Language {
    Language::ALL[usize::from(CURRENT.load(Ordering::Relaxed))]
}

/// Takes the language that was chosen, or one that the browser asks for.
pub(crate) fn begin() {
    let chosen = browser::stored(STORED).and_then(|tag| Language::of_tag(&tag));
    let wanted = || browser::languages().iter().find_map(|tag| Language::of_tag(tag));
    let language = chosen.or_else(wanted).unwrap_or(Language::English);
    CURRENT.store(u8::from(language == Language::German), Ordering::Relaxed);
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("lang", language.tag());
    }
}

/// Shows the page in the language that the person chose elsewhere.
pub(crate) fn adopt(tag: Option<&str>) {
    let Some(language) = tag.and_then(Language::of_tag).filter(|language| *language != current()) else {
        return;
    };
    browser::store(STORED, Some(language.tag()));
    // Where nothing can be kept, it would start anew for ever.
    if browser::stored(STORED).as_deref() == Some(language.tag()) {
        browser::reload();
    }
}

/// Shows the page in another language. It starts anew: a text is not a signal.
pub(crate) fn choose(language: Language) {
    browser::store(STORED, Some(language.tag()));
    browser::reload();
}

/// `1,284`.
pub(crate) fn count(count: u64) -> String {
    let separator = match current() {
        Language::English => ',',
        Language::German => '.',
    };
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1284), "1,284");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
