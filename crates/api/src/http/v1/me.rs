//! Who the caller is, and how they like the page.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use ringback_domain::SessionId;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::auth::{ChangePassword, LogIn, Me, Preferences, SessionView, VisibleService};
use ringback_domain::wire::callback::Items;
use ringback_domain::wire::problem::{FieldCode, Problem};

use crate::auth::{Caller, Identity, Principal, password, permit};
use crate::command::{Audit, Tx, log_in, preferences, sessions as session_commands, users as user_commands};
use crate::error::Error;
use crate::fault::Field;
use crate::http::Api;
use crate::http::extract::{Json, Path};
use crate::store::{sessions, users};

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
///
/// How the person likes the page; the defaults if nothing was chosen yet.
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
///
/// Keeps the whole object for this person, in place of what was there.
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
    api.commands.change(Audit::of(AuditAction::UserReplacePreferences), &caller, replace).await?;
    Ok(HttpResponse::Ok().json(preferences))
}

/// Change my password
///
/// Ends the person's other sessions. Wrong current passwords are counted as failed
/// log-ins are.
#[utoipa::path(
    tag = "Credentials",
    request_body(content = ChangePassword, example = json!({
        "current_password": "correct horse battery", "new_password": "another horse battery"
    })),
    responses(
        (status = 204, description = "Changed"),
        (status = 429, description = "Too many failures; see Retry-After", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-permission" = json!("own_preferences"))),
)]
#[post("/me/password")]
pub async fn change_password(
    api: web::Data<Api>,
    caller: Caller<permit::OwnPreferences>,
    request: HttpRequest,
    body: Json<ChangePassword>,
) -> Result<HttpResponse, Error> {
    let Principal::User { user, session, .. } = &caller.principal else {
        return Err(Error::NotFound("password"));
    };
    let ChangePassword { current_password, new_password } = body.into_inner();
    user_commands::check_own_password(&user.username, &new_password)?;
    let current = LogIn { username: user.username.clone(), password: current_password };
    let address = api.site.client_address(&request);
    let audit = Audit::about(AuditAction::UserChangePassword, user.id.0);
    let checked = log_in::check(&api.commands, &api.access, current, address, &audit).await;
    let (verified, attempt) = checked.map_err(|error| match error {
        // 401 would say that the session has ended.
        Error::InvalidCredentials => Error::invalid(
            Field::CurrentPassword,
            FieldCode::WrongPassword,
            "`current_password` must be your password as it is now.",
        ),
        error => error,
    })?;
    let (session, hash) = (*session, password::hash(new_password).await?);
    let change = async move |tx: &mut Tx<'_>| {
        log_in::succeeded(tx, &attempt).await?;
        user_commands::set_own_password(tx, session, &verified, &hash).await
    };
    api.commands.change(audit, &caller, change).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List my sessions
///
/// Every browser and device where the person is logged in.
#[utoipa::path(
    tag = "Credentials",
    responses((status = 200, description = "Where the person is logged in, the last used first", body = Items<SessionView>)),
    extensions(("x-permission" = json!("own_preferences"))),
)]
#[get("/me/sessions")]
pub async fn list_sessions(
    api: web::Data<Api>,
    caller: Caller<permit::OwnPreferences>,
) -> Result<HttpResponse, Error> {
    let Principal::User { user, session: current, .. } = &caller.principal else {
        return Err(Error::NotFound("session"));
    };
    let now = api.queries.clock.now();
    let used_since = now.plus_seconds(-api.session_idle_seconds);
    let open = sessions::of_user(&mut api.queries.store.read().await?, user.id, now, used_since).await?;
    let view = |session: sessions::OpenSession| SessionView {
        current: session.id == *current,
        id: session.id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        address: session.client.address,
        client: session.client.program,
    };
    Ok(HttpResponse::Ok().json(Items { items: open.into_iter().map(view).collect() }))
}

/// End one of my sessions
///
/// Logs that browser or device out at once.
#[utoipa::path(
    tag = "Credentials",
    params(("id" = SessionId, Path, description = "The session")),
    responses((status = 204, description = "Ended")),
    extensions(("x-permission" = json!("own_preferences"))),
)]
#[delete("/me/sessions/{id}")]
pub async fn end_session(
    api: web::Data<Api>,
    caller: Caller<permit::OwnPreferences>,
    Path(id): Path<SessionId>,
) -> Result<HttpResponse, Error> {
    let end = async move |tx: &mut Tx<'_>| session_commands::end_own(tx, id).await;
    let audit = Audit::about(AuditAction::SessionEnd, id.0);
    api.commands.change(audit, &caller, end).await?;
    Ok(HttpResponse::NoContent().finish())
}
