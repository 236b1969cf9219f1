//! Highlights search matches.

use std::ops::Range;

use crate::components::markup::{Markup, markup};

use crate::browser::lowercase;

/// The text with the match marked.
pub(crate) fn marked(text: &str, found: Option<Range<usize>>) -> Markup {
    let parts = found
        .filter(|found| !found.is_empty())
        .and_then(|found| Some((text.get(..found.start)?, text.get(found.clone())?, text.get(found.end..)?)));
    match parts {
        None => markup!("{}", text),
        Some((before, hit, after)) => markup!("{}<mark>{}</mark>{}", before, hit, after),
    }
}

/// The position of a text within another, ignoring case.
pub(crate) fn find_text(text: &str, search: &str) -> Option<Range<usize>> {
    let search = lowercase(search.trim());
    let lower = lowercase(text);
    // A few letters take more bytes in lower case; then nothing is marked.
    if search.is_empty() || lower.len() != text.len() {
        return None;
    }
    let start = lower.find(&search)?;
    Some(start..start + search.len())
}

/// The position of digits within a grouped number, ignoring what is between
/// them.
pub(crate) fn find_digits(text: &str, search: &str) -> Option<Range<usize>> {
    find_among(text, search, char::is_ascii_digit)
}

/// The position of a part within an id, ignoring dashes.
pub(crate) fn find_in_id(text: &str, search: &str) -> Option<Range<usize>> {
    find_among(text, &lowercase(search), char::is_ascii_alphanumeric)
}

fn find_among(text: &str, search: &str, counts: fn(&char) -> bool) -> Option<Range<usize>> {
    let part: String = search.chars().filter(counts).collect();
    let (places, digits): (Vec<usize>, String) =
        text.char_indices().filter(|(_, letter)| counts(letter)).unzip();
    if part.is_empty() {
        return None;
    }
    let start = digits.find(&part)?;
    Some(places[start]..places[start + part.len() - 1] + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_found_across_groups() {
        let text = "+44 20 7946 0318";
        assert_eq!(&text[find_digits(text, "7946 03").unwrap()], "7946 03");
        assert_eq!(&text[find_digits(text, "207").unwrap()], "20 7");
        assert_eq!(find_digits(text, "09"), None);
        assert_eq!(find_digits(text, "+"), None);
        let id = "019ab5c4-7d1e";
        assert_eq!(&id[find_in_id(id, "C47D").unwrap()], "c4-7d");
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(find_text("Billing EN", "en"), Some(8..10));
        assert_eq!(find_text("Billing EN", " "), None);
    }
}
