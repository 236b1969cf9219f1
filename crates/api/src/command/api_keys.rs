//! Commands on the keys of machines.

use ringback_domain::ApiKeyId;
use ringback_domain::wire::admin::{ApiKeyView, CreateApiKey, CreatedApiKey};
use ringback_domain::wire::callback::ActorView;
use ringback_domain::wire::problem::FieldCode;

use super::faults::Faults;
use super::tx::Tx;
use super::users;
use crate::auth::Grant;
use crate::auth::token::{new_secret, secret_hash};
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::store::StoreError;
use crate::store::api_keys::{self, ApiKey};

/// Characters of a key's name.
const MAX_NAME_CHARS: usize = 64;

/// Makes a key. The answer holds it in clear, this once.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong, rights that the maker does
/// not have among it; that the name is taken.
pub async fn create(tx: &mut Tx<'_>, body: &CreateApiKey) -> Result<CreatedApiKey, Error> {
    let (grant, now) = (tx.grant(), tx.now());
    let services = tx.services().await?;
    let mut faults = Faults::default();
    if !(1..=MAX_NAME_CHARS).contains(&body.name.trim().chars().count()) {
        faults.add(
            Field::Name,
            FieldCode::InvalidValue,
            format!("Use a name of 1 to {MAX_NAME_CHARS} characters."),
        );
    }
    if body.scopes.is_empty() {
        faults.add(Field::Scopes, FieldCode::Required, "Choose at least one scope.");
    }
    faults.extend(users::check_services(&services, grant, body.services.as_deref()));
    for (index, scope) in body.scopes.iter().enumerate() {
        if !scope.is_grantable_by(&grant.permissions) {
            let detail = "You can only grant scopes whose rights you have.";
            faults.add(Part::Item(Field::Scopes, index), FieldCode::NotPermitted, detail);
        }
    }
    if body.expires_at.is_some_and(|at| at <= now) {
        faults.add(Field::ExpiresAt, FieldCode::InThePast, "`expires_at` must be in the future.");
    }
    faults.check()?;
    let mut scopes = body.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    let view = ApiKeyView {
        id: ApiKeyId(tx.new_id()),
        name: body.name.trim().to_owned(),
        scopes,
        services: body.services.clone(),
        created_at: now,
        created_by: ActorView { kind: grant.actor.kind, name: grant.actor.name.clone() },
        expires_at: body.expires_at,
        revoked_at: None,
    };
    let clear = format!("rb_{}", new_secret());
    let key = ApiKey { view, owner: grant.owner.clone() };
    api_keys::insert(tx.write()?, &key, &secret_hash(&clear)).await.map_err(|error| match error {
        StoreError::Duplicate => Error::Duplicate("An active key with this name already exists."),
        other => other.into(),
    })?;
    tx.audit_object(key.view.id.0);
    tx.audit_detail("name", &key.view.name);
    tx.audit_detail("scopes", &key.view.scopes);
    tx.audit_detail("services", &key.view.services);
    Ok(CreatedApiKey { api_key: key.view, key: clear })
}

fn covers(grant: &Grant, key: &ApiKeyView) -> bool {
    key.scopes.iter().all(|scope| scope.is_grantable_by(&grant.permissions))
        && grant.grantable.covers(key.services.as_deref())
}

/// Revokes a key; again is the same as once.
///
/// # Errors
/// That it does not exist; [`Error::MoreRights`] for whoever neither made it nor
/// could have made it.
pub async fn revoke(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<(), Error> {
    let key = api_keys::find(tx.read(), id).await?.ok_or(Error::NotFound("API key"))?;
    if !covers(tx.grant(), &key.view) && key.owner != tx.grant().owner {
        return Err(Error::MoreRights("key"));
    }
    tx.audit_detail("name", &key.view.name);
    let now = tx.now();
    api_keys::revoke(tx.write()?, id, now).await?;
    tx.access_changed();
    Ok(())
}
