//! The do-not-call list.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::do_not_call::{Covered, Entry, NumberPrefix, Scope};
use crate::id::DoNotCallId;
use crate::phone::PhoneNumber;
use crate::time::Timestamp;

/// Characters of a reason or a source.
pub const MAX_DO_NOT_CALL_CHARS: usize = 300;

/// Entries of a page.
pub const DO_NOT_CALL_PAGE_LIMIT: u32 = 250;

/// Lines of one import.
pub const MAX_IMPORTED_LINES: usize = 10_000;

/// An entry of the do-not-call list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoNotCallEntry {
    /// Identifier.
    pub id: DoNotCallId,
    /// The number, in E.164 form; null where the entry is for a prefix.
    pub number: Option<PhoneNumber>,
    /// What the numbers begin with; null where the entry is for one number.
    pub prefix: Option<NumberPrefix>,
    /// Whose calls it forbids.
    pub scope: Scope,
    /// Why.
    #[schema(example = "Asked not to be called")]
    pub reason: String,
    /// Where it comes from.
    #[schema(example = "manual")]
    pub source: String,
    /// From then on the numbers are called again; null for never.
    pub until: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
    /// The person or key that added it.
    pub created_by: String,
}

/// An entry to add. One for the same numbers and scope is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDoNotCall {
    /// The number, in international notation, or as people of the service's country write it
    /// where the scope is a service. Either this or `prefix`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "+44 20 7946 0318")]
    pub number: Option<String>,
    /// What the numbers begin with. Either this or `number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<NumberPrefix>,
    /// Whose calls it forbids.
    #[serde(default)]
    pub scope: Scope,
    /// Why.
    #[schema(min_length = 1, max_length = 300, example = "Asked not to be called")]
    pub reason: String,
    /// Where it comes from; `manual` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 300)]
    pub source: Option<String>,
    /// From then on the numbers are called again; never if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DoNotCallQuery {
    /// Digits that the number or prefix contains.
    #[param(max_length = 100, example = "7946")]
    pub search: Option<String>,
    /// Entries of the page.
    #[param(minimum = 1, maximum = 250, default = 250)]
    pub limit: Option<u32>,
    /// Where the page begins, from `next` of another page.
    #[param(max_length = 100)]
    pub cursor: Option<String>,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedEntries {
    /// Entries that were taken in, as new ones or in place of others.
    pub imported: u32,
    /// Those of them that are new.
    pub added: u32,
    /// Those of them that changed an entry; the rest were there already as they are.
    pub changed: u32,
}

impl From<Entry> for DoNotCallEntry {
    fn from(entry: Entry) -> Self {
        let (number, prefix) = match entry.covered {
            Covered::Number(number) => (Some(number), None),
            Covered::Prefix(prefix) => (None, Some(prefix)),
        };
        Self {
            id: entry.id,
            number,
            prefix,
            scope: entry.scope,
            reason: entry.reason,
            source: entry.source,
            until: entry.until,
            created_at: entry.created_at,
            created_by: entry.created_by,
        }
    }
}
