//! Comparing texts without regard to upper and lower case.

/// A text for comparison without regard to case, letter by letter: the same for the
/// search in either database and for the page's own filter, whatever their locales.
///
/// This is Unicode's simple case folding, so `ẞ` is `ß` but not `ss`, and all sigmas
/// are one. The Turkish `İ` and `ı` are `i`, so that each finds the other in any
/// language.
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(fold_letter).collect() }
}

fn fold_letter(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    // What is several letters in upper case, such as ß, has no simple mapping.
    let upper = if upper.len() == 1 { upper.next().unwrap_or(letter) } else { letter };
    upper.to_lowercase().next().unwrap_or(upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_ten_scripts_are_found_in_either_case() {
        for (one, other) in [
            ("Özil", "ÖZIL"),
            ("Straße", "STRAẞE"),
            ("Žižek", "ŽIŽEK"),
            ("İstanbul", "istanbul"),
            ("Işık", "ışık"),
            ("ΟΔΥΣΣΕΥΣ", "Οδυσσευς"),
            ("Иванов", "ИВАНОВ"),
            ("Հայաստան", "ՀԱՅԱՍՏԱՆ"),
            ("საქართველო", "ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ"),
            ("ᏣᎳᎩ", "ꮳꮃꭹ"),
            ("𐐔𐐯𐑅𐐨𐑉𐐯𐐻", "𐐔𐐇𐐝𐐀𐐡𐐇𐐓"),
            ("𞤀𞤣𞤤𞤢𞤥", "𞤀𞤁𞤂𞤀𞤃"),
            ("ⲘⲈⲦⲢⲈⲘ", "ⲙⲉⲧⲣⲉⲙ"),
            ("ⰃⰎⰀⰃⰑⰎ", "ⰳⰾⰰⰳⱁⰾ"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
            assert_eq!(fold(&fold(one)), fold(one), "{one}");
        }
    }

    #[test]
    fn words_without_case_stay_as_they_are() {
        for word in ["محمد", "ישראל", "山田太郎", "김민준", "สมชาย", "राजेश", "கமல்", "አበበ"]
        {
            assert_eq!(fold(word), word);
        }
    }

    #[test]
    fn folding_is_letter_by_letter() {
        for letter in '\0'..=char::MAX {
            let folded = fold(&letter.to_string());
            assert_eq!(folded.chars().count(), 1, "{letter:?}");
            assert_eq!(fold(&folded), folded, "{letter:?}");
            let lower = letter.to_lowercase();
            if lower.len() == 1 {
                assert_eq!(fold(&lower.to_string()), folded, "{letter:?}");
            }
        }
        assert_ne!(fold("ss"), fold("ß"));
    }
}
