//! Names of time zones.

/// Whether the text names a zone of the IANA database.
pub fn is_known(text: &str) -> bool {
    text.parse::<chrono_tz::Tz>().is_ok()
}

/// The message for a name that is not in the database.
pub const UNKNOWN: &str = "Unknown time zone. Use an IANA name, for example Europe/London.";
