//! Who the caller is, and how they like the page.

use actix_web::{HttpResponse, get, put, web};
use ringback_domain::wire::auth::{Me, Preferences, VisibleService};

use crate::auth::{Caller, Identity, Principal, permit};
use crate::command::{Tx, preferences};
use crate::error::Error;
use crate::http::Api;
use crate::http::extract::Json;
use crate::store::users;

/// Who am I?
///
/// The person or the API key, what they may do, and the services that they may
/// see: for a person as of log-in.
#[utoipa::path(tag = "Credentials", responses((status = 200, description = "The caller", body = Me)))]
#[get("/me")]
pub async fn get_me(api: web::Data<Api>, caller: Caller<permit::Anyone>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(me(&api, &caller).await?))
}

/// The caller as the page is told.
pub async fn me(api: &Api, caller: &Identity) -> Result<Me, Error> {
    let services = api.queries.directory.services().await?;
    let visible = services
        .all()
        .iter()
        .filter(|service| caller.visible.contains(service.id))
        .map(|service| VisibleService {
            id: service.id,
            name: service.name.clone(),
            time_zone: service.time_zone.clone(),
        })
        .collect();
    let (user, api_key, roles, scopes) = match &caller.principal {
        Principal::User { user, role, .. } => (Some(user.clone()), None, vec![*role], Vec::new()),
        Principal::ApiKey { name, scopes, .. } => (None, Some(name.clone()), Vec::new(), scopes.clone()),
    };
    Ok(Me {
        user,
        api_key,
        roles,
        scopes,
        permissions: caller.permissions.clone(),
        services: visible,
        services_changed: caller.services_changed,
        simulation: api.simulation,
    })
}

/// Read my preferences
#[utoipa::path(
    tag = "Credentials",
    responses((status = 200, description = "The preferences", body = Preferences)),
    extensions(("x-permission" = json!("own_preferences"))),
)]
#[get("/me/preferences")]
pub async fn get_preferences(
    api: web::Data<Api>,
    caller: Caller<permit::OwnPreferences>,
) -> Result<HttpResponse, Error> {
    let user = caller.user.ok_or(Error::NotFound("preferences"))?;
    let kept = users::preferences(&mut api.queries.store.read().await?, user).await?;
    // Preferences of an older kind are not worth an error.
    let preferences: Preferences =
        kept.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    Ok(HttpResponse::Ok().json(preferences))
}

/// Replace my preferences
#[utoipa::path(
    tag = "Credentials",
    request_body(content = Preferences, example = json!({"time_24h": true, "utc": false, "last_range": "Today"})),
    responses((status = 200, description = "The preferences as kept", body = Preferences)),
    extensions(("x-permission" = json!("own_preferences"))),
)]
#[put("/me/preferences")]
pub async fn replace_preferences(
    api: web::Data<Api>,
    caller: Caller<permit::OwnPreferences>,
    body: Json<Preferences>,
) -> Result<HttpResponse, Error> {
    let wanted = body.into_inner();
    let preferences = wanted.clone();
    let replace = async move |tx: &mut Tx<'_>| preferences::replace(tx, &wanted).await;
    api.commands.change(&caller, replace).await?;
    Ok(HttpResponse::Ok().json(preferences))
}
