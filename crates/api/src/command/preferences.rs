//! How a person likes the page.

use ringback_domain::wire::auth::Preferences;
use ringback_domain::wire::problem::FieldCode;

use super::tx::Tx;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::store::users;

/// Custom ranges of a person, both kinds together.
const MAX_RANGES: usize = 50;

/// Bytes of one person's preferences.
const MAX_BYTES: usize = 32 * 1024;

/// Characters of a range's name.
const MAX_NAME_CHARS: usize = 60;

/// Characters of a language tag.
const MAX_LANGUAGE_CHARS: usize = 35;

fn check_name(name: &str, part: Part) -> Result<(), Error> {
    if name.trim().is_empty() || name.chars().count() > MAX_NAME_CHARS {
        let detail = format!("Use a name of 1 to {MAX_NAME_CHARS} characters.");
        return Err(Error::invalid(part, FieldCode::InvalidValue, detail));
    }
    Ok(())
}

/// Replaces the caller's preferences.
///
/// # Errors
/// [`Error::Invalid`] with the first fault; that the caller is not a person.
pub async fn replace(tx: &mut Tx<'_>, preferences: &Preferences) -> Result<(), Error> {
    for (index, range) in preferences.custom_ranges.iter().enumerate() {
        let part = |field| Part::FieldOfItem(Field::CustomRanges, index, field);
        check_name(&range.name, part(Field::Name))?;
        if range.from >= range.to {
            let detail = "`to` must be after `from`.";
            return Err(Error::invalid(part(Field::To), FieldCode::InvalidValue, detail));
        }
    }
    for (index, range) in preferences.daily_ranges.iter().enumerate() {
        let part = |field| Part::FieldOfItem(Field::DailyRanges, index, field);
        check_name(&range.name, part(Field::Name))?;
        if range.from == range.to {
            let detail = "`from` and `to` must differ.";
            return Err(Error::invalid(part(Field::To), FieldCode::InvalidValue, detail));
        }
    }
    if preferences.language.as_ref().is_some_and(|tag| tag.len() > MAX_LANGUAGE_CHARS) {
        let detail = format!("Use a language tag of at most {MAX_LANGUAGE_CHARS} characters.");
        return Err(Error::invalid(Field::Language, FieldCode::InvalidValue, detail));
    }
    let text = serde_json::to_string(preferences).map_err(Error::internal)?;
    let ranges = preferences.custom_ranges.len() + preferences.daily_ranges.len();
    if ranges > MAX_RANGES || text.len() > MAX_BYTES {
        let detail = format!("Preferences must not exceed {MAX_RANGES} ranges and {MAX_BYTES} bytes.");
        return Err(Error::invalid(Part::Whole, FieldCode::TooLarge, detail));
    }
    let user = tx.grant().user.ok_or(Error::NotFound("preferences"))?;
    tx.audit_object(user.0);
    users::set_preferences(tx.write()?, user, &text).await?;
    Ok(())
}
