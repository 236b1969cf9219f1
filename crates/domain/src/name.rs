//! What the enums whose variants have names in common: the names are on the wire
//! and in the store, and never change.

use strum::VariantArray;

use crate::access::{ActorKind, ApiScope, Permission, Role};
use crate::callback::action::Action;
use crate::callback::outcome::NamedResult;
use crate::callback::state::StateName;
use crate::callback::{CallbackType, Origin};
use crate::dial::DialResult;
use crate::phone::NumberWarning;
use crate::service::LatePolicy;
use crate::wire::audit::AuditAction;
use crate::wire::bulk::{JobState, Outcome};
use crate::wire::bulk_reschedule::MoveOutcome;
use crate::wire::problem::FieldCode;

macro_rules! named {
    ($($name:ident),*) => {$(
        impl $name {
            /// Every variant, in the order of the declaration.
            pub const ALL: &'static [Self] = <Self as VariantArray>::VARIANTS;

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                self.into()
            }
        }
    )*};
}

named!(
    Action,
    ActorKind,
    ApiScope,
    AuditAction,
    CallbackType,
    DialResult,
    FieldCode,
    JobState,
    LatePolicy,
    MoveOutcome,
    NamedResult,
    NumberWarning,
    Origin,
    Outcome,
    Permission,
    Role,
    StateName
);
