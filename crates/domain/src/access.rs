//! Who may do what. Whatever is not granted here is denied.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::ServiceId;

/// What a person is here for. A person has one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
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
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Monitor, Self::Supervisor, Self::Administrator, Self::Developer];

    /// The role's stable name, as on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monitor => "monitor",
            Self::Supervisor => "supervisor",
            Self::Administrator => "administrator",
            Self::Developer => "developer",
        }
    }

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
                P::OwnPreferences,
            ],
            Self::Developer => &[P::ViewServices, P::ManageApiKeys, P::OwnPreferences],
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownName)
    }
}

/// The text names nothing of the closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown name")]
pub struct UnknownName;

/// One thing that a caller may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
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
    /// Keep display preferences: people only.
    OwnPreferences,
}

/// What an API key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum ApiScope {
    /// Read callbacks and services.
    #[serde(rename = "callbacks:read")]
    CallbacksRead,
    /// Command callbacks.
    #[serde(rename = "callbacks:write")]
    CallbacksWrite,
    /// Reserve callbacks and report attempts.
    #[serde(rename = "router")]
    Router,
    /// Set up services, users and keys.
    #[serde(rename = "admin")]
    Admin,
}

impl ApiScope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::CallbacksRead, Self::CallbacksWrite, Self::Router, Self::Admin];

    /// The permissions of the scope: the one table.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::CallbacksRead => &[P::ViewCallbacks, P::ViewServices],
            Self::CallbacksWrite => &[P::ManageCallbacks, P::ViewServices],
            Self::Router => &[P::RouteCallbacks],
            Self::Admin => &[P::ViewServices, P::ManageServices, P::ManageUsers, P::ManageApiKeys],
        }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person in a session.
    User,
    /// A machine by its API key.
    ApiKey,
    /// Ringback itself.
    System,
}

impl ActorKind {
    /// The kind's stable name, as on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::System => "system",
        }
    }
}

impl std::str::FromStr for ActorKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::User, Self::ApiKey, Self::System]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownName)
    }
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
            .into_iter()
            .filter(|scope| scope.permissions().contains(&Permission::RouteCallbacks))
            .collect();
        assert_eq!(routing, [ApiScope::Router]);
    }

    #[test]
    fn a_name_on_the_record_is_left_by_people_only() {
        let key = Actor { kind: ActorKind::ApiKey, name: "ivr".into() };
        assert_eq!(key.username(), None);
        let person = Actor { kind: ActorKind::User, name: "kim".into() };
        assert_eq!(person.username().as_deref(), Some("kim"));
    }
}
