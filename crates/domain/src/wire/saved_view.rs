//! Views of the list of callbacks that people name, keep and share.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Role;
use crate::id::{SavedViewId, UserId};

/// Characters of a view's name.
pub const MAX_VIEW_NAME_CHARS: usize = 60;

/// Characters of a view's query.
pub const MAX_VIEW_QUERY_CHARS: usize = 2_000;

/// Views that one person may keep.
pub const MAX_SAVED_VIEWS: i64 = 100;

/// A named view of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SavedView {
    /// The view.
    pub id: SavedViewId,
    /// Its name, which no other view of its owner has.
    #[schema(example = "Overdue today")]
    pub name: String,
    /// What it shows, as in the address of the list in the Callback UI after the `?`.
    #[schema(example = "range=today&states=OVERDUE")]
    pub query: String,
    /// The roles that see it besides its owner.
    pub shared_with: Vec<Role>,
    /// The person who keeps it.
    pub owner_id: UserId,
    /// The user name of that person.
    #[schema(example = "supervisor")]
    pub owner: String,
    /// Whether the caller may change and delete it.
    pub editable: bool,
    /// Raised by each change.
    pub version: i64,
}

/// A view to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSavedView {
    /// Its name: not empty, and no other view of the caller has it.
    #[schema(max_length = 60, min_length = 1)]
    pub name: String,
    /// What it shows, as in the address of the list in the Callback UI after the `?`.
    #[schema(max_length = 2000)]
    pub query: String,
    /// The roles that see it too. Sharing needs `manage_callbacks`.
    #[serde(default)]
    pub shared_with: Vec<Role>,
}

/// A change of a view; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditSavedView {
    /// Another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 60, min_length = 1)]
    pub name: Option<String>,
    /// What it shows from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub query: Option<String>,
    /// The roles that see it from now on. Sharing needs `manage_callbacks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_with: Option<Vec<Role>>,
}
