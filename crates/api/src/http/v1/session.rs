//! Logging in, refreshing, logging out.

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::{HttpRequest, HttpResponse, delete, post, web};
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::auth::{LogIn, Me, Session, UserRef};
use ringback_domain::wire::problem::Problem;

use super::me;
use crate::auth::token::ACCESS_SECONDS;
use crate::auth::{Caller, Grant, Principal, permit};
use crate::command::audit::person;
use crate::command::sessions::{self, Opened, SESSION_SECONDS};
use crate::command::{Audit, Tx, log_in};
use crate::error::Error;
use crate::http::Api;
use crate::http::extract::{Empty, Json};

async fn logged_in(api: &Api, opened: Opened) -> Result<HttpResponse, Error> {
    let now = api.queries.clock.now();
    let Opened { user, session, ends_at, refresh_token } = opened;
    let answer = Session {
        access_token: api.access.tokens().await?.sign(user.id, session, now)?,
        token_type: "Bearer".to_owned(),
        expires_in_seconds: ACCESS_SECONDS,
        session_ends_in_seconds: u32::try_from(ends_at.seconds_since(now)).unwrap_or_default(),
        user: UserRef { id: user.id, username: user.username, display_name: user.display_name },
    };
    let cookie = api.site.refresh_cookie(refresh_token, CookieDuration::seconds(SESSION_SECONDS));
    Ok(HttpResponse::Ok().cookie(cookie).json(answer))
}

/// Log in
///
/// Gives an access token and sets the refresh cookie; the session of a refresh
/// cookie that comes with the request ends. The services that the
/// person may see are those of this moment until the next log-in.
#[utoipa::path(
    tag = "Credentials",
    request_body(content = LogIn, example = json!({"username": "supervisor", "password": "correct horse battery"})),
    responses(
        (status = 200, description = "Logged in", body = Session),
        (status = 401, description = "User name or password are wrong", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some values are invalid", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many failures; see Retry-After", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many people log in at once; see Retry-After", body = Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[post("/session")]
pub async fn create_session(
    api: web::Data<Api>,
    request: HttpRequest,
    body: Json<LogIn>,
) -> Result<HttpResponse, Error> {
    api.site.check_origin(&request)?;
    let (address, client) = (api.site.client_address(&request), api.site.client(&request));
    let log_in = body.into_inner();
    let before = api.site.refresh_token(&request);
    let audit = Audit::of(AuditAction::SessionLogIn);
    let (user, attempt) = log_in::check(&api.commands, &api.access, log_in, address, &audit).await?;
    let audit = audit.by(person(Some(&user)));
    let open = async move |tx: &mut Tx<'_>| {
        log_in::succeeded(tx, &attempt).await?;
        sessions::open(tx, &user, &client, before.as_deref()).await
    };
    logged_in(&api, api.commands.change(audit, &Grant::system("log-in"), open).await?).await
}

/// Refresh the access token
///
/// Spends the refresh cookie and sets the next one. A cookie that was spent
/// before ends the whole session, but for ten seconds in which it is taken once
/// more if the next one was not used. A session that was not refreshed for long,
/// twelve hours unless the operator chose otherwise, has ended. A request with the
/// cookie says where it comes from, as browsers do: by `Sec-Fetch-Site` or `Origin`.
#[utoipa::path(
    tag = "Credentials",
    responses(
        (status = 200, description = "Refreshed", body = Session),
        (status = 401, description = "No refresh cookie, or none in force", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The request comes from another site", body = Problem, content_type = "application/problem+json"),
    ),
    security(("refresh_cookie" = [])),
)]
#[post("/session/refresh")]
pub async fn refresh_session(
    api: web::Data<Api>,
    request: HttpRequest,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    api.site.check_origin(&request)?;
    let token = api.site.refresh_token(&request).ok_or(Error::Unauthenticated)?;
    let (idle, client) = (api.session_idle_seconds, api.site.client(&request));
    let refresh = async move |tx: &mut Tx<'_>| sessions::refresh(tx, &token, idle, &client).await;
    let audit = Audit::of(AuditAction::SessionEnd);
    let opened = api.commands.change(audit, &Grant::system("log-in"), refresh).await?;
    logged_in(&api, opened.ok_or(Error::Unauthenticated)?).await
}

/// Reload my permissions
///
/// Lets the running session see the services that the person may see as of now,
/// as a new log-in would.
#[utoipa::path(
    tag = "Credentials",
    responses((status = 200, description = "The caller as of now", body = Me)),
    extensions(("x-permission" = json!("own_preferences"))),
)]
#[post("/session/reload")]
pub async fn reload_session(
    api: web::Data<Api>,
    request: HttpRequest,
    caller: Caller<permit::OwnPreferences>,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    let Principal::User { session, .. } = &caller.principal else { return Err(Error::NotFound("session")) };
    let session = *session;
    let reload = async move |tx: &mut Tx<'_>| sessions::reload(tx, session).await;
    let audit = Audit::about(AuditAction::SessionReload, session.0);
    api.commands.change(audit, &caller, reload).await?;
    let caller = api.access.identify(&request).await?;
    Ok(HttpResponse::Ok().json(me::me(&api, &caller).await?))
}

/// Log out
///
/// Ends the session of the refresh cookie or of the access token. Again is the
/// same as once.
#[utoipa::path(
    tag = "Credentials",
    responses(
        (status = 204, description = "Logged out"),
        (status = 403, description = "The request comes from another site", body = Problem, content_type = "application/problem+json"),
    ),
    security(("refresh_cookie" = []), ("bearer" = []), ()),
)]
#[delete("/session")]
pub async fn delete_session(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse, Error> {
    api.site.check_origin(&request)?;
    let by_cookie = api.site.refresh_token(&request);
    let by_header = match api.access.identify(&request).await.map(|identity| identity.principal.clone()) {
        Ok(Principal::User { session, .. }) => Some(session),
        Err(Error::TwoCredentials) => return Err(Error::TwoCredentials),
        _ => None,
    };
    let end = async move |tx: &mut Tx<'_>| sessions::end(tx, by_header, by_cookie.as_deref()).await;
    let audit = Audit::of(AuditAction::SessionLogOut);
    api.commands.change(audit, &Grant::system("log-out"), end).await?;
    Ok(HttpResponse::NoContent()
        .cookie(api.site.refresh_cookie(String::new(), CookieDuration::ZERO))
        .finish())
}
