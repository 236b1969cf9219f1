//! Highlights search matches.

use std::ops::Range;

use crate::components::markup::{Markup, markup};

use crate::intl::fold;

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

/// The two parts of a text that is cut at a place, each with its share of the match
/// marked.
pub(crate) fn marked_parts(text: &str, cut: usize, found: Option<Range<usize>>) -> [Markup; 2] {
    let (start, end) = text.split_at(cut);
    let in_start = found.clone().map(|found| found.start.min(cut)..found.end.min(cut));
    let in_end = found.map(|found| found.start.max(cut) - cut..found.end.max(cut) - cut);
    [marked(start, in_start), marked(end, in_end)]
}

/// The position of a text within another, ignoring case.
pub(crate) fn find_text(text: &str, search: &str) -> Option<Range<usize>> {
    let (search, folded) = (fold(search.trim()), fold(text));
    if search.is_empty() {
        return None;
    }
    // A letter may take more bytes than its folded one.
    let before = folded.get(..folded.find(&search)?)?.chars().count();
    let mut places = text.char_indices().map(|(place, _)| place).chain([text.len()]).skip(before);
    let (start, length) = (places.next()?, search.chars().count());
    Some(start..places.nth(length - 1)?)
}

/// The position of digits within a grouped number, ignoring what is between
/// them.
pub(crate) fn find_digits(text: &str, search: &str) -> Option<Range<usize>> {
    find_among(text, search, char::is_ascii_digit)
}

/// The position of a part within an id, ignoring dashes.
pub(crate) fn find_in_id(text: &str, search: &str) -> Option<Range<usize>> {
    find_among(text, &fold(search), |letter| *letter != '-')
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
        assert_eq!(find_text("Kim İpek", "ipek"), Some(4..9));
        assert_eq!(find_text("ẞ", "ß"), Some(0..3));
    }
}
