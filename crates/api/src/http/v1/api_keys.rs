//! Keys of machines.

use actix_web::{HttpResponse, delete, get, post, web};
use ringback_domain::ApiKeyId;
use ringback_domain::wire::admin::{ApiKeyView, CreateApiKey, CreatedApiKey};
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::callback::Items;
use serde::{Deserialize, Serialize};

use crate::auth::{Caller, permit};
use crate::command::{Audit, Tx, api_keys as commands};
use crate::error::Error;
use crate::http::Api;
use crate::http::extract::{Idempotency, Json, Path};
use crate::store::api_keys;

/// A new key. Kept with an idempotency key, it leaves its clear text out.
#[derive(Serialize, Deserialize)]
struct Once {
    #[serde(skip)]
    created: Option<CreatedApiKey>,
}

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
    api: web::Data<Api>,
    _caller: Caller<permit::ManageApiKeys>,
) -> Result<HttpResponse, Error> {
    let keys = api_keys::list(&mut api.queries.store.read().await?).await?;
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
    api: web::Data<Api>,
    caller: Caller<permit::ManageApiKeys>,
    idempotency: Idempotency,
    body: Json<CreateApiKey>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let create = async move |tx: &mut Tx<'_>| Ok(Once { created: Some(commands::create(tx, &body).await?) });
    let audit = Audit::of(AuditAction::ApiKeyCreate);
    let created = api.commands.run(audit, key, &caller, create).await?.created;
    let shown_before = "This key was created already. Its clear text is shown only once.";
    Ok(HttpResponse::Created().json(created.ok_or(Error::Duplicate(shown_before))?))
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
    api: web::Data<Api>,
    caller: Caller<permit::ManageApiKeys>,
    Path(id): Path<ApiKeyId>,
) -> Result<HttpResponse, Error> {
    let revoke = async move |tx: &mut Tx<'_>| commands::revoke(tx, id).await;
    let audit = Audit::about(AuditAction::ApiKeyRevoke, id.0);
    api.commands.change(audit, &caller, revoke).await?;
    Ok(HttpResponse::NoContent().finish())
}
