//! Logging in, refreshing, logging out.

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::ORIGIN;
use actix_web::{HttpRequest, HttpResponse, delete, post, web};
use ringback_domain::wire::auth::{LogIn, Me, Session, UserRef};
use ringback_domain::wire::problem::Problem;

use super::me;
use crate::auth::token::ACCESS_SECONDS;
use crate::auth::{Caller, Grant, Principal, log_in, permit};
use crate::command::Tx;
use crate::command::sessions::{self, Opened, SESSION_SECONDS};
use crate::error::Error;
use crate::http::Api;
use crate::http::extract::{Empty, Json};

const COOKIE: &str = "ringback_refresh";
const COOKIE_PATH: &str = "/api/v1/session";

/// A request that changes something on the strength of a cookie must come from
/// our own page: browsers say where it comes from.
fn same_site(request: &HttpRequest) -> Result<(), Error> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match header("sec-fetch-site") {
        Some("same-origin" | "none") => Ok(()),
        Some(_) => Err(Error::CrossSite),
        None => match (header(ORIGIN.as_str()), header("host")) {
            (Some(origin), Some(host)) if origin.split("://").nth(1) != Some(host) => Err(Error::CrossSite),
            _ => Ok(()),
        },
    }
}

fn cookie(api: &Api, value: String, max_age: CookieDuration) -> Cookie<'static> {
    Cookie::build(COOKIE, value)
        .path(COOKIE_PATH)
        .http_only(true)
        .secure(api.secure_cookies)
        .same_site(SameSite::Strict)
        .max_age(max_age)
        .finish()
}

fn logged_in(api: &Api, opened: Opened) -> Result<HttpResponse, Error> {
    let now = api.queries.clock.now();
    let Opened { user, session, ends_at, refresh_token } = opened;
    let answer = Session {
        access_token: api.access.tokens.sign(user.id, session, now)?,
        token_type: "Bearer".to_owned(),
        expires_in_seconds: ACCESS_SECONDS,
        session_ends_in_seconds: u32::try_from(ends_at.seconds_since(now)).unwrap_or_default(),
        user: UserRef { id: user.id, username: user.username, display_name: user.display_name },
    };
    let cookie = cookie(api, refresh_token, CookieDuration::seconds(SESSION_SECONDS));
    Ok(HttpResponse::Ok().cookie(cookie).json(answer))
}

/// Log in
///
/// Gives an access token and sets the refresh cookie. The services that the
/// person may see are those of this moment until the next log-in.
#[utoipa::path(
    tag = "Credentials",
    request_body(content = LogIn, example = json!({"username": "supervisor", "password": "correct horse battery"})),
    responses(
        (status = 200, description = "Logged in", body = Session),
        (status = 401, description = "User name or password are wrong", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some values are invalid", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many failures; see Retry-After", body = Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[post("/session")]
pub async fn create_session(
    api: web::Data<Api>,
    request: HttpRequest,
    body: Json<LogIn>,
) -> Result<HttpResponse, Error> {
    same_site(&request)?;
    let address = request.peer_addr().map_or(std::net::Ipv4Addr::LOCALHOST.into(), |peer| peer.ip());
    let user = log_in::check(&api.access, body.into_inner(), address).await?;
    let open = async move |tx: &mut Tx<'_>| sessions::open(tx, &user).await;
    logged_in(&api, api.commands.change(&Grant::system("log-in"), open).await?)
}

/// Refresh the access token
///
/// Spends the refresh cookie and sets the next one. A cookie that was spent
/// before ends the whole session, but for ten seconds in which it is taken once
/// more if the next one was not used.
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
    same_site(&request)?;
    let token = request.cookie(COOKIE).ok_or(Error::Unauthenticated)?;
    let token = token.value().to_owned();
    let refresh = async move |tx: &mut Tx<'_>| sessions::refresh(tx, &token).await;
    let opened = api.commands.change(&Grant::system("log-in"), refresh).await?;
    logged_in(&api, opened.ok_or(Error::Unauthenticated)?)
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
    api.commands.change(&caller, reload).await?;
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
    same_site(&request)?;
    let token = request.cookie(COOKIE);
    let by_header = match api.access.identify(&request).await.map(|identity| identity.principal.clone()) {
        Ok(Principal::User { session, .. }) => Some(session),
        _ => None,
    };
    let by_cookie = token.map(|token| token.value().to_owned());
    let end = async move |tx: &mut Tx<'_>| sessions::end(tx, by_header, by_cookie.as_deref()).await;
    api.commands.change(&Grant::system("log-out"), end).await?;
    Ok(HttpResponse::NoContent().cookie(cookie(&api, String::new(), CookieDuration::ZERO)).finish())
}
