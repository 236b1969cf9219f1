//! Keys of machines.

use actix_web::{HttpResponse, delete, get, post, web};
use ringback_domain::ApiKeyId;
use ringback_domain::wire::admin::{ApiKeyView, CreateApiKey, CreatedApiKey};
use ringback_domain::wire::callback::{ActorView, Items};

use super::extract::{Idempotency, Json, Path};
use crate::accounts::{self, Granter};
use crate::app::App;
use crate::auth::token::{new_secret, secret_hash};
use crate::auth::{Caller, permit};
use crate::error::{Error, field};
use crate::store::StoreError;
use crate::store::api_keys::{self, ApiKey};
use crate::store::idempotency::{self, Answer, Seen};

/// List API keys
///
/// Revoked and expired ones too; never their clear text.
#[utoipa::path(
    tag = "API keys",
    responses((status = 200, description = "The keys, oldest first", body = Items<ApiKeyView>)),
    extensions(("x-permission" = json!("manage_api_keys"))),
)]
#[get("/api-keys")]
pub async fn list_api_keys(
    app: web::Data<App>,
    _caller: Caller<permit::ManageApiKeys>,
) -> Result<HttpResponse, Error> {
    let keys = api_keys::list(&mut app.store.read().await?).await?;
    Ok(HttpResponse::Ok().json(Items { items: keys.into_iter().map(|key| key.view).collect() }))
}

/// Create an API key
///
/// The answer holds the key in clear, this once. For that reason it is not
/// kept: the same request with the same `Idempotency-Key` makes no second key,
/// but is answered 409.
#[utoipa::path(
    tag = "API keys",
    request_body(content = CreateApiKey, example = json!({"name": "dialler", "scopes": ["router"]})),
    responses((status = 201, description = "Made", body = CreatedApiKey)),
    extensions(("x-permission" = json!("manage_api_keys"))),
)]
#[post("/api-keys")]
pub async fn create_api_key(
    app: web::Data<App>,
    caller: Caller<permit::ManageApiKeys>,
    idempotency: Idempotency,
    body: Json<CreateApiKey>,
) -> Result<HttpResponse, Error> {
    let idempotency_key = idempotency.of(&caller, body.digest());
    let body = body.into_inner();
    let now = app.clock.now();
    let services = app.services().await?;
    let mut faults: Vec<_> =
        accounts::check_services(&services, body.services.as_deref()).into_iter().collect();
    if !(1..=64).contains(&body.name.trim().chars().count()) {
        faults.push(field("/name", "invalid_value", "a key has a name of 1 to 64 characters"));
    }
    if body.scopes.is_empty() {
        faults.push(field("/scopes", "required", "a key has one scope at least"));
    }
    // A key can do no more than whoever makes it.
    if faults.is_empty() {
        faults.extend(Granter::Caller(&caller).check_services(body.services.as_deref()));
    }
    for (index, scope) in body.scopes.iter().enumerate() {
        if !scope.is_grantable_by(&caller.permissions) {
            let detail = "You can only grant scopes whose rights you have.";
            faults.push(field(&format!("/scopes/{index}"), "not_permitted", detail));
        }
    }
    if body.expires_at.is_some_and(|at| at <= now) {
        faults.push(field("/expires_at", "in_the_past", "a key ends in the future"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut scopes = body.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    let actor = caller.actor();
    let view = ApiKeyView {
        id: ApiKeyId(app.clock.new_id()),
        name: body.name.trim().to_owned(),
        scopes,
        services: body.services,
        created_at: now,
        created_by: ActorView { kind: actor.kind, name: actor.name },
        expires_at: body.expires_at,
        revoked_at: None,
    };
    let key = ApiKey { view: view.clone(), owner: caller.owner() };
    let clear = format!("rb_{}", new_secret());
    let answer = CreatedApiKey { api_key: view, key: clear.clone() };
    app.store
        .write(async move |conn| {
            if let Some(idempotency_key) = idempotency_key {
                match idempotency::look_up(conn, &idempotency_key, now).await? {
                    Seen::New => {}
                    Seen::OtherRequest => return Err(Error::KeyReused),
                    Seen::Answered(_) => {
                        return Err(Error::Duplicate(
                            "this key was made already; its clear text is shown once",
                        ));
                    }
                }
                let made = Answer { status: 201, location: None, etag: None, body: String::new() };
                idempotency::keep(conn, &idempotency_key, &made, now).await?;
            }
            api_keys::insert(conn, &key, &secret_hash(&clear)).await.map_err(|error| match error {
                StoreError::Duplicate => Error::Duplicate("there is a key of this name in force already"),
                other => other.into(),
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(answer))
}

/// Revoke an API key
///
/// In force at once; the key stays in the list. Revoking it again changes
/// nothing. A key with rights that the caller does not have is revoked by
/// whoever made it, or by somebody who has these rights.
#[utoipa::path(
    tag = "API keys",
    params(("id" = ApiKeyId, Path, description = "The key")),
    responses((status = 204, description = "Revoked")),
    extensions(("x-permission" = json!("manage_api_keys"))),
)]
#[delete("/api-keys/{id}")]
pub async fn revoke_api_key(
    app: web::Data<App>,
    caller: Caller<permit::ManageApiKeys>,
    Path(id): Path<ApiKeyId>,
) -> Result<HttpResponse, Error> {
    let (now, caller) = (app.clock.now(), caller.clone());
    app.store
        .write(async move |conn| {
            let key = api_keys::find(conn, id).await?.ok_or(Error::NotFound("API key"))?;
            let grantable = key.view.scopes.iter().all(|scope| scope.is_grantable_by(&caller.permissions))
                && caller.grantable.covers(key.view.services.as_deref());
            if !grantable && key.owner != caller.owner() {
                return Err(Error::MoreRights("key"));
            }
            api_keys::revoke(conn, id, now).await.map_err(Error::from)
        })
        .await?;
    app.identities.forget();
    Ok(HttpResponse::NoContent().finish())
}
