//! People who may log in.

use actix_web::{HttpResponse, get, patch, post, web};
use ringback_domain::UserId;
use ringback_domain::wire::admin::{CreateUser, EditUser, UserView};
use ringback_domain::wire::callback::Items;

use super::extract::{Idempotency, Json, Path};
use super::respond;
use crate::accounts::{self, Granter};
use crate::app::{App, Effect};
use crate::auth::{Caller, password, permit};
use crate::callbacks::Expected;
use crate::error::Error;
use crate::store::idempotency::Answer;
use crate::store::users::{self, User};
use crate::store::{StoreError, sessions};

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

fn answer(status: u16, user: &User) -> Result<Answer, Error> {
    Ok(Answer {
        status,
        location: (status == 201).then(|| format!("/api/v1/users/{}", user.id)),
        etag: Some(user.version),
        body: serde_json::to_string(&view(user)).map_err(Error::internal)?,
    })
}

/// List users
#[utoipa::path(
    tag = "Users",
    responses((status = 200, description = "The users, ordered by user name", body = Items<UserView>)),
    extensions(("x-permission" = json!("manage_users"))),
)]
#[get("/users")]
pub async fn list_users(
    app: web::Data<App>,
    _caller: Caller<permit::ManageUsers>,
) -> Result<HttpResponse, Error> {
    let users = users::list(&mut app.store.read().await?).await?;
    Ok(HttpResponse::Ok().json(Items { items: users.iter().map(view).collect() }))
}

/// Read a user
#[utoipa::path(
    tag = "Users",
    params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "The user", body = UserView)),
    extensions(("x-permission" = json!("manage_users"))),
)]
#[get("/users/{id}")]
pub async fn get_user(
    app: web::Data<App>,
    _caller: Caller<permit::ManageUsers>,
    Path(id): Path<UserId>,
) -> Result<HttpResponse, Error> {
    let user = users::find(&mut app.store.read().await?, id).await?.ok_or(Error::NotFound("user"))?;
    Ok(respond(&answer(200, &user)?))
}

/// Create a user
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
    app: web::Data<App>,
    caller: Caller<permit::ManageUsers>,
    idempotency: Idempotency,
    body: Json<CreateUser>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let user = accounts::new_user(&app, Granter::Caller(&caller), body.into_inner()).await?;
    let answer = app
        .command(key, async move |conn| {
            users::insert(conn, &user).await.map_err(accounts::taken)?;
            Ok(Effect { answer: answer(201, &user)?, transitions: Vec::new() })
        })
        .await?;
    Ok(respond(&answer))
}

/// Edit a user
///
/// What is not named stays. A new password, another role and disabling end the
/// person's sessions at once; other services count from the next log-in on.
#[utoipa::path(
    tag = "Users",
    params(("id" = UserId, Path, description = "The user")),
    request_body(content = EditUser, example = json!({"disabled": true})),
    responses((status = 200, description = "Changed", body = UserView)),
    extensions(("x-permission" = json!("manage_users"))),
)]
#[patch("/users/{id}")]
pub async fn edit_user(
    app: web::Data<App>,
    caller: Caller<permit::ManageUsers>,
    Path(id): Path<UserId>,
    expected: Expected,
    body: Json<EditUser>,
) -> Result<HttpResponse, Error> {
    let body = body.into_inner();
    let known = users::find(&mut app.store.read().await?, id).await?.ok_or(Error::NotFound("user"))?;
    let granter = Granter::Caller(&caller);
    if !granter.covers(&known) {
        return Err(Error::MoreRights("account"));
    }
    let services = app.services().await?;
    let wider = if body.all_services { Some(None) } else { body.services.as_deref().map(Some) };
    let faults: Vec<_> = body
        .display_name
        .as_deref()
        .and_then(accounts::check_display_name)
        .into_iter()
        .chain(body.password.as_deref().and_then(|text| accounts::check_password(&known.username, text)))
        .chain(accounts::check_services(&services, body.services.as_deref()))
        .chain(body.role.and_then(|role| granter.check_role(role)))
        .chain(wider.and_then(|wider| granter.check_services(wider)))
        .collect();
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let new_hash = match body.password {
        Some(text) => Some(password::hash(text).await?),
        None => None,
    };
    let (now, caller) = (app.clock.now(), caller.clone());
    let answer = app
        .command(None, async move |conn| {
            let mut user = users::find(conn, id).await?.ok_or(Error::NotFound("user"))?;
            if !Granter::Caller(&caller).covers(&user) {
                return Err(Error::MoreRights("account"));
            }
            let stale = Error::Stale { state: None, version: user.version };
            if matches!(expected, Expected::Version(version) if version != user.version) {
                return Err(stale);
            }
            let role = body.role.unwrap_or(user.role);
            let disabled = body.disabled.unwrap_or(user.disabled);
            let shut_out = new_hash.is_some() || role != user.role || (disabled && !user.disabled);
            user.display_name = body.display_name.map_or(user.display_name, |name| name.trim().to_owned());
            user.password_hash = new_hash.unwrap_or(user.password_hash);
            user.services = if body.all_services { None } else { body.services.or(user.services) };
            user.role = role;
            user.disabled = disabled;
            users::update(conn, &user).await.map_err(|error| match error {
                StoreError::Stale => stale,
                other => other.into(),
            })?;
            if shut_out {
                sessions::end_of_user(conn, user.id, now).await?;
            }
            user.version += 1;
            Ok(Effect { answer: answer(200, &user)?, transitions: Vec::new() })
        })
        .await?;
    app.identities.forget();
    Ok(respond(&answer))
}
