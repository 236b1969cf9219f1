//! Names of time zones.

/// Whether the text names a zone of the IANA database.
pub fn is_known(text: &str) -> bool {
    text.parse::<chrono_tz::Tz>().is_ok()
}

/// What to tell whoever names another.
pub const UNKNOWN: &str = "Unknown time zone. Use an IANA name, for example Europe/London.";
