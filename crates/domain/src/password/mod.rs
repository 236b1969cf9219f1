//! What a password must be, said once for form, API and command line.

/// Fewest characters of a password.
pub const MIN_CHARS: usize = 8;

/// Most characters of a password: enough for any pass phrase, while hashing
/// stays bounded.
pub const MAX_CHARS: usize = 256;

/// The name of the product, which is guessed early.
const PRODUCT: &str = "ringback";

/// See the head of the file for where the list is from.
const COMMON: &str = include_str!("common.txt");

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than [`MIN_CHARS`] characters.
    #[error("Use at least {MIN_CHARS} characters.")]
    TooShort,
    /// More than [`MAX_CHARS`] characters.
    #[error("Use at most {MAX_CHARS} characters.")]
    TooLong,
    /// The password is the user name, apart from digits and signs at its end.
    #[error("Use a password that differs from the user name.")]
    SameAsUsername,
    /// The password is among those that guessers try first.
    #[error("This password is one of the most common ones. Use another, for example several words.")]
    Common,
}

/// Checks a new password. There are no composition rules: length is what
/// helps, and rules drive people to predictable tricks.
pub fn check(username: &str, password: &str) -> Result<(), WeakPassword> {
    let chars = password.chars().count();
    if chars < MIN_CHARS {
        Err(WeakPassword::TooShort)
    } else if chars > MAX_CHARS {
        Err(WeakPassword::TooLong)
    } else if is_only(password, username) {
        Err(WeakPassword::SameAsUsername)
    } else if is_only(password, PRODUCT) || is_common(password) {
        Err(WeakPassword::Common)
    } else {
        Ok(())
    }
}

/// Whether the password is this name, apart from case and from digits and signs at
/// the end of either.
fn is_only(password: &str, name: &str) -> bool {
    let stem = |text: &str| text.trim_end_matches(|letter: char| !letter.is_alphabetic()).to_lowercase();
    let name_stem = stem(name);
    password.to_lowercase() == name.to_lowercase() || (!name_stem.is_empty() && stem(password) == name_stem)
}

/// Whether the password is on the list of common ones, in whatever case.
fn is_common(password: &str) -> bool {
    // Nobody sets passwords often enough for an index to be worth its memory.
    let password = password.to_lowercase();
    COMMON.lines().any(|common| common == password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        for common in ["password", "12345678", "Password1", "QWERTYUIOP", "iloveyou", "football1", "Ringback"]
        {
            assert_eq!(check("kim", common), Err(WeakPassword::Common), "{common}");
        }
        assert_eq!(check("kim", "ringback2026!"), Err(WeakPassword::Common));
        assert_eq!(check("kim", "correct horse battery"), Ok(()));
        assert_eq!(check("kim", "iloveyou-and-callbacks"), Ok(()));
    }

    #[test]
    fn the_user_name_is_refused_with_and_without_digits() {
        for same in ["Kim.Lee.Billing", "kim.lee.billing42", "KIM.LEE.BILLING!"] {
            assert_eq!(check("kim.lee.billing", same), Err(WeakPassword::SameAsUsername), "{same}");
        }
        assert_eq!(check("4711", "47114711"), Ok(()), "a name without letters is compared as a whole");
        assert_eq!(check("kim", "kim and the horse"), Ok(()));
    }

    #[test]
    fn the_list_has_the_most_common_passwords_and_no_short_ones() {
        let list: Vec<&str> = COMMON.lines().filter(|line| !line.starts_with("# ")).collect();
        assert!(list.len() >= 3_000, "{}", list.len());
        assert!(
            list.iter().all(|common| common.chars().count() >= MIN_CHARS && common.to_lowercase() == *common)
        );
        assert!(list.is_sorted());
    }
}
