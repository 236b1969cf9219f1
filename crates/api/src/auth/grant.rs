//! What a caller holds: who acts, what they may do, and which services they see.

use ringback_domain::{Actor, Permission, Role, UserId, VisibleServices};

/// On whose behalf a command runs.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Who acts, for the timeline.
    pub actor: Actor,
    /// Names the caller where something is theirs alone: `user:` or `api_key:`
    /// and their id.
    pub owner: String,
    /// The person, if it is one.
    pub user: Option<UserId>,
    /// The services that the caller may see.
    pub visible: VisibleServices,
    /// What the caller may do.
    pub permissions: Vec<Permission>,
    /// The services that the caller may let others see.
    pub grantable: VisibleServices,
}

impl Grant {
    /// Ringback itself, by the name of the part that acts.
    pub fn system(part: &str) -> Self {
        Self {
            actor: Actor::system(part),
            owner: format!("system:{part}"),
            user: None,
            visible: VisibleServices::All,
            permissions: Vec::new(),
            grantable: VisibleServices::All,
        }
    }

    /// Whoever has the database in their hands: may grant everything.
    pub fn operator() -> Self {
        Self { permissions: Role::Administrator.permissions().to_vec(), ..Self::system("operator") }
    }

    /// Whether the caller may do this.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}
