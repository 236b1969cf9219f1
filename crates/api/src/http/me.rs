//! Who the caller is, and how they like the page.

use actix_web::{HttpResponse, get, put, web};
use ringback_domain::wire::auth::{Me, Preferences, VisibleService};

use super::extract::Json;
use crate::app::App;
use crate::auth::caller::Who;
use crate::auth::{Caller, Identity, permit};
use crate::daily;
use crate::error::Error;
use crate::store::users;

/// Most custom ranges of a person.
const MAX_RANGES: usize = 50;

/// Most bytes of one person's preferences.
const MAX_BYTES: usize = 32 * 1024;

/// Who am I?
///
/// The person or the API key, what they may do, and the services that they may
/// see: for a person as of log-in.
#[utoipa::path(tag = "Credentials", responses((status = 200, description = "The caller", body = Me)))]
#[get("/me")]
pub async fn get_me(app: web::Data<App>, caller: Caller<permit::Anyone>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(me(&app, &caller).await?))
}

/// The caller as the page is told.
pub async fn me(app: &App, caller: &Identity) -> Result<Me, Error> {
    let services = app.services().await?;
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
    let (user, api_key, roles, scopes) = match &caller.who {
        Who::User { user, role, .. } => (Some(user.clone()), None, vec![*role], Vec::new()),
        Who::ApiKey { name, scopes, .. } => (None, Some(name.clone()), Vec::new(), scopes.clone()),
    };
    Ok(Me {
        user,
        api_key,
        roles,
        scopes,
        permissions: caller.permissions.clone(),
        services: visible,
        services_changed: caller.services_changed,
        simulation: app.simulation,
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
    app: web::Data<App>,
    caller: Caller<permit::OwnPreferences>,
) -> Result<HttpResponse, Error> {
    let user = caller.user_id().ok_or(Error::NotFound("preferences"))?;
    let kept = users::preferences(&mut app.store.read().await?, user).await?;
    // Preferences of an older kind are not worth an error.
    let preferences: Preferences =
        kept.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    Ok(HttpResponse::Ok().json(preferences))
}

fn check_name(name: &str, pointer: &str) -> Result<(), Error> {
    if name.trim().is_empty() || name.chars().count() > 60 {
        let detail = "a range has a name of 1 to 60 characters";
        return Err(Error::invalid(&format!("{pointer}/name"), "invalid_value", detail));
    }
    Ok(())
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
    app: web::Data<App>,
    caller: Caller<permit::OwnPreferences>,
    body: Json<Preferences>,
) -> Result<HttpResponse, Error> {
    let user = caller.user_id().ok_or(Error::NotFound("preferences"))?;
    for (index, range) in body.custom_ranges.iter().enumerate() {
        let pointer = format!("/custom_ranges/{index}");
        check_name(&range.name, &pointer)?;
        if range.from >= range.to {
            return Err(Error::invalid(
                &format!("{pointer}/to"),
                "invalid_value",
                "a range ends after it begins",
            ));
        }
    }
    for (index, range) in body.daily_ranges.iter().enumerate() {
        let pointer = format!("/daily_ranges/{index}");
        check_name(&range.name, &pointer)?;
        daily::check_hours(range.from, range.to, &format!("{pointer}/to"))?;
    }
    if body.language.as_ref().is_some_and(|tag| tag.len() > 35) {
        return Err(Error::invalid("/language", "invalid_value", "a language tag has at most 35 characters"));
    }
    let text = serde_json::to_string(&*body).map_err(Error::internal)?;
    if body.custom_ranges.len() + body.daily_ranges.len() > MAX_RANGES || text.len() > MAX_BYTES {
        return Err(Error::invalid("", "too_large", "these preferences are too many to keep"));
    }
    app.store
        .write(async move |conn| users::set_preferences(conn, user, &text).await.map_err(Error::from))
        .await?;
    Ok(HttpResponse::Ok().json(body.into_inner()))
}
