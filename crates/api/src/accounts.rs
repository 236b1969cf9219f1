//! Making and checking people's accounts, for the API and the command line.

use ringback_domain::wire::admin::CreateUser;
use ringback_domain::wire::problem::FieldProblem;
use ringback_domain::{Role, ServiceId, UserId};

use crate::app::{App, Services};
use crate::auth::{Identity, password};
use crate::error::{Error, field};
use crate::store::StoreError;
use crate::store::users::{self, User};

/// A user name as it is kept and compared.
pub fn normal_username(text: &str) -> String {
    text.trim().to_lowercase()
}

fn is_username(text: &str) -> bool {
    let letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '@');
    (1..=64).contains(&text.chars().count()) && text.chars().all(letter)
}

/// What is wrong with a display name.
pub fn check_display_name(text: &str) -> Option<FieldProblem> {
    let fits = (1..=100).contains(&text.trim().chars().count());
    (!fits).then(|| field("/display_name", "invalid_value", "a display name has 1 to 100 characters"))
}

/// What is wrong with a password.
pub fn check_password(username: &str, text: &str) -> Option<FieldProblem> {
    let weak = ringback_domain::password::check(username, text).err()?;
    Some(field("/password", "weak_password", weak.to_string()))
}

/// What is wrong with a list of services.
pub fn check_services(services: &Services, ids: Option<&[ServiceId]>) -> Option<FieldProblem> {
    let ids = ids?;
    let unknown = ids.iter().position(|id| services.get(*id).is_none())?;
    Some(field(&format!("/services/{unknown}"), "unknown", "there is no such service"))
}

/// Who grants something: a caller, or whoever has the database in their hands.
#[derive(Clone, Copy, Debug)]
pub enum Granter<'a> {
    /// May grant what they hold themselves.
    Caller(&'a Identity),
    /// The command line may grant everything.
    Operator,
}

impl Granter<'_> {
    /// What is wrong with giving access to these services; `None` is all of them.
    pub fn check_services(self, ids: Option<&[ServiceId]>) -> Option<FieldProblem> {
        let Self::Caller(caller) = self else { return None };
        if caller.grantable.covers(ids) {
            return None;
        }
        let beyond = ids.and_then(|ids| ids.iter().position(|id| !caller.grantable.contains(*id)));
        let pointer = beyond.map_or_else(|| "/services".to_owned(), |index| format!("/services/{index}"));
        Some(field(
            &pointer,
            "not_permitted",
            "You can only grant access to services that you have access to.",
        ))
    }

    /// What is wrong with giving this role.
    pub fn check_role(self, role: Role) -> Option<FieldProblem> {
        let Self::Caller(caller) = self else { return None };
        let grantable = role.is_grantable_by(&caller.permissions);
        (!grantable)
            .then(|| field("/role", "not_permitted", "You can only grant roles whose rights you have."))
    }

    /// Whether this account could be given by them as it is.
    pub fn covers(self, user: &User) -> bool {
        self.check_role(user.role).is_none() && self.check_services(user.services.as_deref()).is_none()
    }
}

/// Checks a new account and hashes its password.
pub async fn new_user(app: &App, granter: Granter<'_>, body: CreateUser) -> Result<User, Error> {
    let services = app.services().await?;
    let username = normal_username(&body.username);
    let display_name = body.display_name.unwrap_or_else(|| body.username.trim().to_owned());
    let mut faults: Vec<FieldProblem> = Vec::new();
    if !is_username(&username) {
        let detail = "a user name has 1 to 64 letters, digits, '.', '_', '-' or '@'";
        faults.push(field("/username", "invalid_value", detail));
    }
    faults.extend(check_display_name(&display_name));
    faults.extend(check_password(&username, &body.password));
    faults.extend(check_services(&services, body.services.as_deref()));
    faults.extend(granter.check_role(body.role));
    if faults.is_empty() {
        faults.extend(granter.check_services(body.services.as_deref()));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    Ok(User {
        id: UserId(app.clock.new_id()),
        username,
        display_name,
        role: body.role,
        services: body.services,
        password_hash: password::hash(body.password).await?,
        disabled: false,
        created_at: app.clock.now(),
        version: 1,
    })
}

/// Keeps a new account.
pub async fn add(app: &App, user: User) -> Result<(), Error> {
    app.store.write(async move |conn| users::insert(conn, &user).await.map_err(taken)).await
}

/// A name that somebody has already.
pub fn taken(error: StoreError) -> Error {
    match error {
        StoreError::Duplicate => Error::Duplicate("there is a user of this name already"),
        other => other.into(),
    }
}
