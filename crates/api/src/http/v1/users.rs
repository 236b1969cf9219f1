//! People who may log in.

use actix_web::{HttpResponse, get, patch, post, web};
use ringback_domain::UserId;
use ringback_domain::wire::admin::{CreateUser, EditUser, UserView};
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::callback::Items;
use ringback_domain::wire::problem::Problem;

use crate::auth::{Caller, password, permit};
use crate::command::{Audit, Expected, Tx, users as commands};
use crate::error::Error;
use crate::http::extract::{Idempotency, Json, Path};
use crate::http::{Api, Reply};
use crate::store::users::{self, User};

fn view(user: &User) -> UserView {
    UserView {
        id: user.id,
        username: user.username.clone(),
        display_name: user.display_name.clone(),
        role: user.role,
        services: user.services.clone(),
        disabled: user.disabled,
        created_at: user.created_at,
        version: user.version,
    }
}

fn changed(user: &User) -> Result<Reply, Error> {
    Ok(Reply::ok(&view(user))?.of_version(user.version))
}

/// List users
///
/// Everybody who may log in, and those who are disabled.
#[utoipa::path(
    tag = "Users",
    responses((status = 200, description = "The users, ordered by user name", body = Items<UserView>)),
    extensions(("x-permission" = json!("manage_users"))),
)]
#[get("/users")]
pub async fn list_users(
    api: web::Data<Api>,
    _caller: Caller<permit::ManageUsers>,
) -> Result<HttpResponse, Error> {
    let users = users::list(&mut api.queries.store.read().await?).await?;
    Ok(HttpResponse::Ok().json(Items { items: users.iter().map(view).collect() }))
}

/// Read a user
///
/// A single person with their role and services; never the password.
#[utoipa::path(
    tag = "Users",
    params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "The user", body = UserView)),
    extensions(("x-permission" = json!("manage_users"))),
)]
#[get("/users/{id}")]
pub async fn get_user(
    api: web::Data<Api>,
    _caller: Caller<permit::ManageUsers>,
    Path(id): Path<UserId>,
) -> Result<HttpResponse, Error> {
    let user = users::find(&mut api.queries.store.read().await?, id).await?.ok_or(Error::NotFound("user"))?;
    Ok(changed(&user)?.into())
}

/// Create a user
///
/// The person may log in at once.
#[utoipa::path(
    tag = "Users",
    request_body(content = CreateUser, example = json!({
        "username": "kim", "password": "correct horse battery", "role": "supervisor"
    })),
    responses((status = 201, description = "Made", body = UserView,
        headers(("Location" = String, description = "The new user")))),
    extensions(("x-permission" = json!("manage_users"))),
)]
#[post("/users")]
pub async fn create_user(
    api: web::Data<Api>,
    caller: Caller<permit::ManageUsers>,
    idempotency: Idempotency,
    body: Json<CreateUser>,
) -> Result<HttpResponse, Error> {
    // A fast hash of a password must not be kept.
    let key = idempotency.of(&caller, &body.digest_without(|body| body.password.clear()));
    let services = api.queries.directory.services().await?;
    let audit = Audit::of(AuditAction::UserCreate);
    let checked = commands::check_new(&caller, &services, &body);
    api.commands.checked(&audit, &caller, checked).await?;
    let hash = password::hash(body.password.clone()).await?;
    let create = async move |tx: &mut Tx<'_>| {
        let user = commands::create(tx, &body, &hash).await?;
        let location = format!("/api/v1/users/{}", user.id);
        Ok(Reply::created(location, &view(&user))?.of_version(user.version))
    };
    Ok(api.commands.run(audit, key, &caller, create).await?.into())
}

/// Edit a user
///
/// What is not named stays. A new password, another role and disabling end the
/// person's sessions at once; other services count from the next log-in on. The
/// last administrator, and the last one of all services, stays one.
#[utoipa::path(
    tag = "Users",
    params(("id" = UserId, Path, description = "The user")),
    request_body(content = EditUser, example = json!({"disabled": true})),
    responses(
        (status = 200, description = "Changed", body = UserView),
        (status = 409, description = "It is the last administrator", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-permission" = json!("manage_users"))),
)]
#[patch("/users/{id}")]
pub async fn edit_user(
    api: web::Data<Api>,
    caller: Caller<permit::ManageUsers>,
    Path(id): Path<UserId>,
    expected: Expected,
    body: Json<EditUser>,
) -> Result<HttpResponse, Error> {
    let audit = Audit::about(AuditAction::UserEdit, id.0);
    let known = users::find(&mut api.queries.store.read().await?, id).await?;
    let services = api.queries.directory.services().await?;
    let checked = known.ok_or(Error::NotFound("user"));
    let checked = checked.and_then(|known| commands::check_edit(&caller, &services, &known, &body));
    api.commands.checked(&audit, &caller, checked).await?;
    let hash = match &body.password {
        Some(text) => Some(password::hash(text.clone()).await?),
        None => None,
    };
    let edit = async move |tx: &mut Tx<'_>| {
        changed(&commands::edit(tx, id, expected, &body, hash.as_deref()).await?)
    };
    Ok(api.commands.run(audit, None, &caller, edit).await?.into())
}
