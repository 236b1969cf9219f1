//! Who may do what. Whatever is not granted here is denied.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::id::ServiceId;

/// What a person is here for. A person has one role.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// Sees callbacks: the least role that opens the Callback tab.
    Monitor,
    /// Sees and commands callbacks.
    Supervisor,
    /// Sees and commands callbacks, and sets up services, users and keys.
    Administrator,
    /// Sets up integrations; sees no callbacks.
    Developer,
}

impl Role {
    /// The permissions of the role: the one table.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::Monitor => &[P::ViewCallbacks, P::ViewServices, P::OwnPreferences],
            Self::Supervisor => &[P::ViewCallbacks, P::ManageCallbacks, P::ViewServices, P::OwnPreferences],
            Self::Administrator => &[
                P::ViewCallbacks,
                P::ManageCallbacks,
                P::ViewServices,
                P::ManageServices,
                P::ManageUsers,
                P::ManageApiKeys,
                P::ViewAudit,
                P::OwnPreferences,
            ],
            Self::Developer => &[P::ViewServices, P::ManageApiKeys, P::OwnPreferences],
        }
    }

    /// Whether somebody with these permissions may give a person this role: it
    /// must allow nothing that they may not do. Preferences are everybody's own.
    pub fn is_grantable_by(self, held: &[Permission]) -> bool {
        self.permissions()
            .iter()
            .all(|permission| *permission == Permission::OwnPreferences || held.contains(permission))
    }
}

/// One thing that a caller may be allowed to do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Permission {
    /// Read callbacks, their timelines, counts and events.
    ViewCallbacks,
    /// Create, reschedule, cancel and recreate callbacks; bulk cancellations.
    ManageCallbacks,
    /// Reserve callbacks and report what became of the attempt.
    RouteCallbacks,
    /// Read services.
    ViewServices,
    /// Create and edit services.
    ManageServices,
    /// Create and edit users.
    ManageUsers,
    /// Create and revoke API keys.
    ManageApiKeys,
    /// Read the audit.
    ViewAudit,
    /// Keep display preferences: people only.
    OwnPreferences,
}

/// What an API key may be used for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ApiScope {
    /// Read callbacks and services.
    #[serde(rename = "callbacks:read")]
    #[strum(serialize = "callbacks:read")]
    CallbacksRead,
    /// Command callbacks.
    #[serde(rename = "callbacks:write")]
    #[strum(serialize = "callbacks:write")]
    CallbacksWrite,
    /// Reserve callbacks and report attempts.
    Router,
    /// Set up services, users and keys.
    Admin,
    /// Read the audit.
    #[serde(rename = "audit:read")]
    #[strum(serialize = "audit:read")]
    AuditRead,
}

impl ApiScope {
    /// The permissions of the scope: the one table.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::CallbacksRead => &[P::ViewCallbacks, P::ViewServices],
            Self::CallbacksWrite => &[P::ManageCallbacks, P::ViewServices],
            Self::Router => &[P::RouteCallbacks],
            Self::Admin => &[P::ViewServices, P::ManageServices, P::ManageUsers, P::ManageApiKeys],
            Self::AuditRead => &[P::ViewAudit],
        }
    }

    /// Whether somebody with these permissions may give a key this scope: it
    /// must allow nothing that they may not do. No person routes; a router
    /// reads and moves callbacks, so whoever may do both may let one in.
    pub fn is_grantable_by(self, held: &[Permission]) -> bool {
        let needed = match self {
            Self::Router => &[Permission::ViewCallbacks, Permission::ManageCallbacks],
            other => other.permissions(),
        };
        needed.iter().all(|permission| held.contains(permission))
    }
}

/// The services whose callbacks a caller may see and touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VisibleServices {
    /// Every service, also those made later.
    All,
    /// These and no others.
    Only(BTreeSet<ServiceId>),
}

impl VisibleServices {
    /// Whether this service is among them.
    pub fn contains(&self, id: ServiceId) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&id),
        }
    }

    /// Whether all of these are among them; `None` stands for every service.
    pub fn covers(&self, services: Option<&[ServiceId]>) -> bool {
        match (self, services) {
            (Self::All, _) => true,
            (Self::Only(_), None) => false,
            (Self::Only(ids), Some(services)) => services.iter().all(|id| ids.contains(id)),
        }
    }
}

/// Who did something, for the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// A person, a machine, or Ringback itself.
    pub kind: ActorKind,
    /// User name, key name, or the name of the worker.
    pub name: String,
}

impl Actor {
    /// Ringback itself, by the name of the part that acts.
    pub fn system(part: &str) -> Self {
        Self { kind: ActorKind::System, name: part.to_owned() }
    }

    /// The name to keep on the record: only what people do in a session of
    /// their own leaves a user name there.
    pub fn username(&self) -> Option<String> {
        (self.kind == ActorKind::User).then(|| self.name.clone())
    }
}

/// The kinds of actor.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ActorKind {
    /// A person in a session.
    User,
    /// A machine by its API key.
    ApiKey,
    /// Ringback itself.
    System,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monitor_can_look_but_not_touch_and_a_developer_sees_no_callbacks() {
        assert!(!Role::Monitor.permissions().contains(&Permission::ManageCallbacks));
        assert!(Role::Monitor.permissions().contains(&Permission::ViewCallbacks));
        assert!(!Role::Developer.permissions().contains(&Permission::ViewCallbacks));
    }

    #[test]
    fn only_the_router_scope_may_route() {
        assert!(Role::ALL.iter().all(|role| !role.permissions().contains(&Permission::RouteCallbacks)));
        let routing: Vec<_> = ApiScope::ALL
            .iter()
            .copied()
            .filter(|scope| scope.permissions().contains(&Permission::RouteCallbacks))
            .collect();
        assert_eq!(routing, [ApiScope::Router]);
    }

    #[test]
    fn nobody_grants_what_they_do_not_hold() {
        use ApiScope as S;
        let scopes = |held: &[Permission]| -> Vec<_> {
            S::ALL.iter().copied().filter(|scope| scope.is_grantable_by(held)).collect()
        };
        assert_eq!(scopes(Role::Administrator.permissions()), S::ALL);
        assert_eq!(scopes(Role::Developer.permissions()), []);
        assert_eq!(scopes(S::Admin.permissions()), [S::Admin]);
        let roles = |held: &[Permission]| -> Vec<_> {
            Role::ALL.iter().copied().filter(|role| role.is_grantable_by(held)).collect()
        };
        assert_eq!(roles(Role::Administrator.permissions()), Role::ALL);
        assert_eq!(roles(S::Admin.permissions()), [Role::Developer]);
    }

    #[test]
    fn every_service_is_more_than_any_list() {
        let (one, other) = (ServiceId(uuid::Uuid::from_u128(1)), ServiceId(uuid::Uuid::from_u128(2)));
        let only = VisibleServices::Only([one].into());
        assert!(only.covers(Some(&[one])) && only.covers(Some(&[])));
        assert!(!only.covers(Some(&[one, other])) && !only.covers(None));
        assert!(VisibleServices::All.covers(None) && VisibleServices::All.covers(Some(&[other])));
    }

    #[test]
    fn a_name_on_the_record_is_left_by_people_only() {
        let key = Actor { kind: ActorKind::ApiKey, name: "ivr".into() };
        assert_eq!(key.username(), None);
        let person = Actor { kind: ActorKind::User, name: "kim".into() };
        assert_eq!(person.username().as_deref(), Some("kim"));
    }
}
