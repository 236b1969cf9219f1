//! Commands on people's accounts, for the API and the command line.

use ringback_domain::wire::admin::{CreateUser, EditUser};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{Role, ServiceId, SessionId, UserId};

use super::expected::Expected;
use super::faults::Faults;
use super::tx::Tx;
use crate::auth::Grant;
use crate::directory::Services;
use crate::error::Error;
use crate::fault::{Fault, Field, Part};
use crate::store::users::{self, User};
use crate::store::{StoreError, sessions};

/// Characters of a user name.
const MAX_USERNAME_CHARS: usize = 64;

/// Characters of a display name.
const MAX_DISPLAY_NAME_CHARS: usize = 100;

/// A user name as it is kept and compared.
pub fn normal_username(text: &str) -> String {
    text.trim().to_lowercase()
}

fn is_username(text: &str) -> bool {
    let letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '@');
    (1..=MAX_USERNAME_CHARS).contains(&text.chars().count()) && text.chars().all(letter)
}

fn check_display_name(text: &str) -> Option<Fault> {
    let fits = (1..=MAX_DISPLAY_NAME_CHARS).contains(&text.trim().chars().count());
    let detail = format!("Use a display name of 1 to {MAX_DISPLAY_NAME_CHARS} characters.");
    (!fits).then(|| Fault::new(Field::DisplayName, FieldCode::InvalidValue, detail))
}

fn check_password(username: &str, text: &str) -> Option<Fault> {
    let weak = ringback_domain::password::check(username, text).err()?;
    Some(Fault::new(Field::Password, FieldCode::WeakPassword, weak.to_string()))
}

fn check_role(grant: &Grant, role: Role) -> Option<Fault> {
    let detail = "You can only grant roles whose rights you have.";
    (!role.is_grantable_by(&grant.permissions))
        .then(|| Fault::new(Field::Role, FieldCode::NotPermitted, detail))
}

/// What is wrong with giving access to these services; `None` stands for all.
pub(super) fn check_services(services: &Services, grant: &Grant, ids: Option<&[ServiceId]>) -> Option<Fault> {
    let first = |wrong: &dyn Fn(ServiceId) -> bool| ids.and_then(|ids| ids.iter().position(|id| wrong(*id)));
    // Asked first: a caller with some services must not learn whether there are others.
    if !grant.grantable.covers(ids) {
        let beyond = first(&|id| !grant.grantable.contains(id));
        let part = beyond.map_or(Part::Field(Field::Services), |index| Part::Item(Field::Services, index));
        let detail = "You can only grant access to services that you have access to.";
        return Some(Fault::new(part, FieldCode::NotPermitted, detail));
    }
    let unknown = first(&|id| services.get(id).is_none())?;
    Some(Fault::new(Part::Item(Field::Services, unknown), FieldCode::Unknown, "There is no such service."))
}

/// Whether the caller could have made this account as it is.
fn covers(grant: &Grant, user: &User) -> bool {
    user.role.is_grantable_by(&grant.permissions) && grant.grantable.covers(user.services.as_deref())
}

/// Checks a new account, without the database: whoever hashes the password does
/// so only for one that passes.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong.
pub fn check_new(grant: &Grant, services: &Services, body: &CreateUser) -> Result<(), Error> {
    let username = normal_username(&body.username);
    let mut faults = Faults::default();
    if !is_username(&username) {
        let detail =
            format!("Use 1 to {MAX_USERNAME_CHARS} letters, digits, '.', '_', '-' or '@' as a user name.");
        faults.add(Field::Username, FieldCode::InvalidValue, detail);
    }
    faults.extend(body.display_name.as_deref().and_then(check_display_name));
    faults.extend(check_password(&username, &body.password));
    faults.extend(check_services(services, grant, body.services.as_deref()));
    faults.extend(check_role(grant, body.role));
    faults.check()
}

/// Makes an account.
///
/// # Errors
/// As [`check_new`]; that the user name is taken.
pub async fn create(tx: &mut Tx<'_>, body: &CreateUser, password_hash: &str) -> Result<User, Error> {
    let services = tx.services().await?;
    check_new(tx.grant(), &services, body)?;
    let display_name = body.display_name.as_deref().unwrap_or_else(|| body.username.trim());
    let user = User {
        id: UserId(tx.new_id()),
        username: normal_username(&body.username),
        display_name: display_name.to_owned(),
        role: body.role,
        services: body.services.clone(),
        password_hash: password_hash.to_owned(),
        disabled: false,
        created_at: tx.now(),
        version: 1,
    };
    users::insert(tx.write()?, &user).await.map_err(|error| match error {
        StoreError::Duplicate => Error::Duplicate("A user with this name already exists."),
        other => other.into(),
    })?;
    tx.audit_object(user.id.0);
    tx.audit_detail("username", &user.username);
    tx.audit_detail("role", user.role);
    tx.audit_detail("services", &user.services);
    Ok(user)
}

/// Checks changes of an account, as [`check_new`] does.
///
/// # Errors
/// [`Error::MoreRights`] if the caller could not have made the account;
/// [`Error::Invalid`] with everything that is wrong.
pub fn check_edit(grant: &Grant, services: &Services, user: &User, body: &EditUser) -> Result<(), Error> {
    if !covers(grant, user) {
        return Err(Error::MoreRights("account"));
    }
    let mut faults = Faults::default();
    if body.password.is_some() && grant.user == Some(user.id) {
        // A stolen session must not become a lasting account.
        let detail = "Change your own password with `POST /me/password`, which asks for the current one.";
        faults.add(Field::Password, FieldCode::NotAllowed, detail);
    }
    faults.extend(body.display_name.as_deref().and_then(check_display_name));
    faults.extend(body.password.as_deref().and_then(|text| check_password(&user.username, text)));
    if body.all_services {
        faults.extend(check_services(services, grant, None));
    } else if body.services.is_some() {
        faults.extend(check_services(services, grant, body.services.as_deref()));
    }
    faults.extend(body.role.and_then(|role| check_role(grant, role)));
    faults.check()
}

/// Checks a person's own new password.
///
/// # Errors
/// [`Error::Invalid`] if it is weak.
pub fn check_own_password(username: &str, new: &str) -> Result<(), Error> {
    let weak = ringback_domain::password::check(username, new).err();
    weak.map_or(Ok(()), |weak| {
        Err(Error::invalid(Field::NewPassword, FieldCode::WeakPassword, weak.to_string()))
    })
}

/// Sets the caller's own password, and ends their other sessions. `verified` is
/// the account whose password was checked.
///
/// # Errors
/// [`Error::Stale`] if the password was changed meanwhile.
pub async fn set_own_password(
    tx: &mut Tx<'_>,
    session: SessionId,
    verified: &User,
    password_hash: &str,
) -> Result<(), Error> {
    let now = tx.now();
    let mut user = users::find(tx.read(), verified.id).await?.ok_or(Error::Unauthenticated)?;
    if user.password_hash != verified.password_hash || user.disabled {
        return Err(Error::Stale { state: None, version: user.version });
    }
    password_hash.clone_into(&mut user.password_hash);
    users::update(tx.write()?, &user).await?;
    sessions::end_others(tx.write()?, session, user.id, now).await?;
    tx.access_changed();
    Ok(())
}

/// What an administrator can do for others: nothing, manage those of some
/// services, or manage everybody.
fn reach(user: &User) -> u8 {
    match (user.role == Role::Administrator && !user.disabled, &user.services) {
        (false, _) => 0,
        (true, Some(_)) => 1,
        (true, None) => 2,
    }
}

/// Checks that somebody else can do what an account cannot any more.
async fn check_last_administrator(tx: &mut Tx<'_>, before: &User, after: &User) -> Result<(), Error> {
    if reach(after) >= reach(before) {
        return Ok(());
    }
    let others = users::administrators_locked(tx.write()?).await?;
    let covered = others.iter().any(|other| other.id != before.id && reach(other) >= reach(before));
    if covered { Ok(()) } else { Err(Error::LastAdministrator) }
}

/// Changes an account; what is not named stays. A new password, another role and
/// disabling end the person's sessions.
///
/// # Errors
/// That it does not exist or has another version; as [`check_edit`];
/// [`Error::LastAdministrator`] if nobody could do what it could.
pub async fn edit(
    tx: &mut Tx<'_>,
    id: UserId,
    expected: Expected,
    body: &EditUser,
    password_hash: Option<&str>,
) -> Result<User, Error> {
    let services = tx.services().await?;
    let mut user = users::find(tx.read(), id).await?.ok_or(Error::NotFound("user"))?;
    check_edit(tx.grant(), &services, &user, body)?;
    expected.check(user.version, None)?;
    let before = user.clone();
    let role = body.role.unwrap_or(user.role);
    let disabled = body.disabled.unwrap_or(user.disabled);
    let shut_out = password_hash.is_some() || role != user.role || (disabled && !user.disabled);
    if let Some(name) = &body.display_name {
        name.trim().clone_into(&mut user.display_name);
    }
    if let Some(hash) = password_hash {
        hash.clone_into(&mut user.password_hash);
    }
    if body.all_services {
        user.services = None;
    } else if body.services.is_some() {
        user.services.clone_from(&body.services);
    }
    user.role = role;
    user.disabled = disabled;
    check_last_administrator(tx, &before, &user).await?;
    users::update(tx.write()?, &user).await?;
    if shut_out {
        let now = tx.now();
        sessions::end_of_user(tx.write()?, user.id, now).await?;
    }
    user.version += 1;
    tx.access_changed();
    tx.audit_detail("username", &user.username);
    tx.audit_detail("changes", EditUser { password: None, ..body.clone() });
    tx.audit_detail("new_password", password_hash.is_some());
    Ok(user)
}
