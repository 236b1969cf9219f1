//! What a password must be, said once for form, API and command line.

/// Fewest characters of a password.
pub const MIN_CHARS: usize = 8;

/// Most characters of a password: enough for any pass phrase, while hashing
/// stays bounded.
pub const MAX_CHARS: usize = 256;

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than [`MIN_CHARS`] characters.
    #[error("Use at least {MIN_CHARS} characters.")]
    TooShort,
    /// More than [`MAX_CHARS`] characters.
    #[error("Use at most {MAX_CHARS} characters.")]
    TooLong,
    /// The password is the user name.
    #[error("Use a password that differs from the user name.")]
    SameAsUsername,
}

/// Checks a new password. There are no composition rules: length is what
/// helps, and rules drive people to predictable tricks.
pub fn check(username: &str, password: &str) -> Result<(), WeakPassword> {
    let chars = password.chars().count();
    if chars < MIN_CHARS {
        Err(WeakPassword::TooShort)
    } else if chars > MAX_CHARS {
        Err(WeakPassword::TooLong)
    } else if password.eq_ignore_ascii_case(username) {
        Err(WeakPassword::SameAsUsername)
    } else {
        Ok(())
    }
}
