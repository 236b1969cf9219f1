//! Views of the list that people name and share.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use ringback_domain::SavedViewId;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::callback::Items;
use ringback_domain::wire::saved_view::{CreateSavedView, EditSavedView, SavedView};

use crate::auth::{Caller, Principal, permit};
use crate::command::{Audit, Expected, Tx, saved_views as commands};
use crate::error::Error;
use crate::http::extract::{Idempotency, Json, Path};
use crate::http::{Api, Reply};
use crate::store::saved_views;

/// List named views
///
/// The caller's own, those shared with their role, and for administrators every
/// shared one; by name.
#[utoipa::path(
    tag = "Credentials",
    responses((status = 200, description = "The views", body = Items<SavedView>)),
    extensions(("x-permission" = json!("own_preferences"))),
)]
#[get("/saved-views")]
pub async fn list_saved_views(
    api: web::Data<Api>,
    caller: Caller<permit::OwnPreferences>,
) -> Result<HttpResponse, Error> {
    let Principal::User { user, role, .. } = &caller.principal else {
        return Err(Error::NotFound("saved view"));
    };
    let found = saved_views::list(&mut api.queries.store.read().await?, user.id).await?;
    let shown = |view: SavedView| {
        let editable = commands::may_edit(&caller, &view);
        let visible = editable || view.shared_with.contains(role);
        visible.then_some(SavedView { editable, ..view })
    };
    Ok(HttpResponse::Ok().json(Items { items: found.into_iter().filter_map(shown).collect() }))
}

/// Keep a view under a name
///
/// For the caller, and for the roles that it is shared with.
#[utoipa::path(
    tag = "Credentials",
    request_body(content = CreateSavedView, example = json!({
        "name": "Overdue today", "query": "range=today&states=OVERDUE", "shared_with": ["supervisor"]
    })),
    responses((status = 201, description = "Kept", body = SavedView)),
    extensions(("x-permission" = json!("own_preferences"))),
)]
#[post("/saved-views")]
pub async fn create_saved_view(
    api: web::Data<Api>,
    caller: Caller<permit::OwnPreferences>,
    idempotency: Idempotency,
    body: Json<CreateSavedView>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let create = async move |tx: &mut Tx<'_>| {
        let view = commands::create(tx, &body).await?;
        Ok(Reply::created(format!("/api/v1/saved-views/{}", view.id), &view)?.of_version(view.version))
    };
    let audit = Audit::of(AuditAction::SavedViewCreate);
    Ok(api.commands.run(audit, key, &caller, create).await?.into())
}

/// Change a named view
///
/// What is not named stays. Its owner may, and administrators what is shared.
#[utoipa::path(
    tag = "Credentials",
    params(("id" = SavedViewId, Path, description = "The view")),
    request_body(content = EditSavedView, example = json!({"name": "Overdue now"})),
    responses((status = 200, description = "Changed", body = SavedView)),
    extensions(("x-permission" = json!("own_preferences"))),
)]
#[patch("/saved-views/{id}")]
pub async fn edit_saved_view(
    api: web::Data<Api>,
    caller: Caller<permit::OwnPreferences>,
    Path(id): Path<SavedViewId>,
    expected: Expected,
    body: Json<EditSavedView>,
) -> Result<HttpResponse, Error> {
    let edit = async move |tx: &mut Tx<'_>| {
        let view = commands::edit(tx, id, expected, &body).await?;
        Ok(Reply::ok(&view)?.of_version(view.version))
    };
    let audit = Audit::about(AuditAction::SavedViewEdit, id.0);
    Ok(api.commands.run(audit, None, &caller, edit).await?.into())
}

/// Delete a named view
///
/// For everybody who sees it. Its owner may, and administrators what is shared.
#[utoipa::path(
    tag = "Credentials",
    params(("id" = SavedViewId, Path, description = "The view")),
    responses((status = 204, description = "Deleted")),
    extensions(("x-permission" = json!("own_preferences"))),
)]
#[delete("/saved-views/{id}")]
pub async fn delete_saved_view(
    api: web::Data<Api>,
    caller: Caller<permit::OwnPreferences>,
    Path(id): Path<SavedViewId>,
) -> Result<HttpResponse, Error> {
    let delete = async move |tx: &mut Tx<'_>| commands::delete(tx, id).await;
    let audit = Audit::about(AuditAction::SavedViewDelete, id.0);
    api.commands.change(audit, &caller, delete).await?;
    Ok(HttpResponse::NoContent().finish())
}
