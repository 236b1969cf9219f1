//! Everything that is wrong with a request, so that one answer names it all.

use ringback_domain::wire::problem::FieldCode;

use crate::error::Error;
use crate::fault::{Fault, Field, Part};

/// Faults as they are found.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, part: impl Into<Part>, code: FieldCode, detail: impl Into<String>) {
        self.0.push(Fault::new(part, code, detail));
    }

    /// Checks that a name has some characters, at most so many, and no space at its ends.
    pub(super) fn check_name(&mut self, name: &str, max_chars: usize) {
        if name.trim() != name || !(1..=max_chars).contains(&name.chars().count()) {
            let detail = format!("Use 1 to {max_chars} characters, with no space at either end.");
            self.add(Field::Name, FieldCode::InvalidValue, detail);
        }
    }

    /// The value, or its fault among the others.
    pub(super) fn take<T>(&mut self, part: Result<T, Fault>) -> Option<T> {
        part.map_err(|fault| self.0.push(fault)).ok()
    }

    pub(super) fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.0.extend(faults);
    }

    /// # Errors
    /// [`Error::Invalid`] with all of them.
    pub(super) fn check(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}
