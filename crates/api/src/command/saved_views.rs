//! Commands on the views that people name.

use std::collections::BTreeSet;

use ringback_domain::wire::problem::FieldCode;
use ringback_domain::wire::saved_view::{
    CreateSavedView, EditSavedView, MAX_SAVED_VIEWS, MAX_VIEW_NAME_CHARS, MAX_VIEW_QUERY_CHARS, SavedView,
};
use ringback_domain::{Permission, Role, SavedViewId};

use super::expected::Expected;
use super::faults::Faults;
use super::tx::Tx;
use crate::auth::Grant;
use crate::error::Error;
use crate::fault::Field;
use crate::store::{StoreError, saved_views};

/// Whether the caller may change and delete a view: its owner, and administrators
/// what is shared, since its owner may have left.
pub fn may_edit(grant: &Grant, view: &SavedView) -> bool {
    grant.user == Some(view.owner_id) || !view.shared_with.is_empty() && grant.may(Permission::ManageUsers)
}

fn each_once(roles: &[Role]) -> Vec<Role> {
    roles.iter().copied().collect::<BTreeSet<_>>().into_iter().collect()
}

fn check(grant: &Grant, view: &SavedView) -> Result<(), Error> {
    let mut faults = Faults::default();
    faults.check_name(&view.name, MAX_VIEW_NAME_CHARS);
    if view.query.chars().count() > MAX_VIEW_QUERY_CHARS {
        let detail = format!("Use at most {MAX_VIEW_QUERY_CHARS} characters.");
        faults.add(Field::Query, FieldCode::TooLarge, detail);
    }
    if !view.shared_with.is_empty() && !grant.may(Permission::ManageCallbacks) {
        let detail = "You may keep views for yourself only. Leave `shared_with` empty.";
        faults.add(Field::SharedWith, FieldCode::NotPermitted, detail);
    }
    faults.check()
}

fn name_taken(error: StoreError) -> Error {
    match error {
        StoreError::Duplicate => Error::Duplicate("A view with this name already exists."),
        other => other.into(),
    }
}

/// Keeps a view for the caller.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong; that the name is taken, or that
/// the caller has as many views as one may have.
pub async fn create(tx: &mut Tx<'_>, body: &CreateSavedView) -> Result<SavedView, Error> {
    let owner = tx.grant().user.ok_or(Error::NotFound("saved view"))?;
    let view = SavedView {
        id: SavedViewId(tx.new_id()),
        name: body.name.clone(),
        query: body.query.clone(),
        shared_with: each_once(&body.shared_with),
        owner_id: owner,
        owner: tx.grant().actor.name.clone(),
        editable: true,
        version: 1,
    };
    check(tx.grant(), &view)?;
    if saved_views::count(tx.read(), owner).await? >= MAX_SAVED_VIEWS {
        return Err(Error::Duplicate("You have 100 views. Delete one that you no longer use."));
    }
    saved_views::insert(tx.write()?, &view).await.map_err(name_taken)?;
    tx.audit_object(view.id.0);
    tx.audit_detail("name", &view.name);
    tx.audit_detail("shared_with", &view.shared_with);
    Ok(view)
}

async fn editable(tx: &mut Tx<'_>, id: SavedViewId) -> Result<SavedView, Error> {
    let found = saved_views::find(tx.read(), id).await?;
    found.filter(|view| may_edit(tx.grant(), view)).ok_or(Error::NotFound("saved view"))
}

/// Changes a view; what is not named stays.
///
/// # Errors
/// That there is none that the caller may change, or it has another version;
/// [`Error::Invalid`] with everything that is wrong; that the name is taken.
pub async fn edit(
    tx: &mut Tx<'_>,
    id: SavedViewId,
    expected: Expected,
    body: &EditSavedView,
) -> Result<SavedView, Error> {
    let mut view = editable(tx, id).await?;
    expected.check(view.version, None)?;
    if let Some(name) = &body.name {
        view.name.clone_from(name);
    }
    if let Some(query) = &body.query {
        view.query.clone_from(query);
    }
    if let Some(roles) = &body.shared_with {
        view.shared_with = each_once(roles);
    }
    check(tx.grant(), &view)?;
    saved_views::update(tx.write()?, &view).await.map_err(name_taken)?;
    tx.audit_detail("name", &view.name);
    tx.audit_detail("shared_with", &view.shared_with);
    view.version += 1;
    view.editable = true;
    Ok(view)
}

/// Deletes a view.
///
/// # Errors
/// That there is none that the caller may delete.
pub async fn delete(tx: &mut Tx<'_>, id: SavedViewId) -> Result<(), Error> {
    let view = editable(tx, id).await?;
    tx.audit_detail("name", &view.name);
    saved_views::delete(tx.write()?, id).await?;
    Ok(())
}
