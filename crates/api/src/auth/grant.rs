//! The rights of a caller: permissions and visible services.

use ringback_domain::{Actor, Permission, Role, UserId, VisibleServices};

/// The caller on whose behalf a command runs, with their rights.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The caller as the timeline names them.
    pub actor: Actor,
    /// Identifies the caller as the owner of data: `user:` or `api_key:`, and
    /// their id.
    pub owner: String,
    /// The person, unless the caller is a machine.
    pub user: Option<UserId>,
    /// The services that the caller may see.
    pub visible: VisibleServices,
    /// The caller's permissions.
    pub permissions: Vec<Permission>,
    /// The services that the caller may grant to others.
    pub grantable: VisibleServices,
}

impl Grant {
    /// A part of Ringback itself.
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

    /// The owner whose bulk cancellations the caller may see and stop; everybody's
    /// for an administrator.
    pub fn whose_jobs(&self) -> Option<&str> {
        (!self.may(Permission::ManageUsers)).then_some(self.owner.as_str())
    }

    /// The operator on the command line, who may do and grant everything.
    pub fn operator() -> Self {
        Self { permissions: Role::Administrator.permissions().to_vec(), ..Self::system("operator") }
    }

    /// Whether the caller has this permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}
