//! Logging in, refreshing, logging out.

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::ORIGIN;
use actix_web::{HttpRequest, HttpResponse, delete, post, web};
use ringback_domain::wire::auth::{LogIn, Me, Session};
use ringback_domain::wire::problem::Problem;

use super::extract::{Empty, Json};
use super::me;
use crate::app::App;
use crate::auth::session::{self, LoggedIn};
use crate::auth::{Caller, permit};
use crate::error::Error;

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

fn cookie(app: &App, value: String, max_age: CookieDuration) -> Cookie<'static> {
    Cookie::build(COOKIE, value)
        .path(COOKIE_PATH)
        .http_only(true)
        .secure(app.secure_cookies)
        .same_site(SameSite::Strict)
        .max_age(max_age)
        .finish()
}

fn logged_in(app: &App, session: LoggedIn) -> HttpResponse {
    let cookie = cookie(app, session.refresh_token, CookieDuration::seconds(session::SESSION_SECONDS));
    HttpResponse::Ok().cookie(cookie).json(session.answer)
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
    app: web::Data<App>,
    request: HttpRequest,
    body: Json<LogIn>,
) -> Result<HttpResponse, Error> {
    same_site(&request)?;
    let address = request.peer_addr().map_or(std::net::Ipv4Addr::LOCALHOST.into(), |peer| peer.ip());
    let session = session::log_in(&app, body.into_inner(), address).await?;
    Ok(logged_in(&app, session))
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
    app: web::Data<App>,
    request: HttpRequest,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    same_site(&request)?;
    let token = request.cookie(COOKIE).ok_or(Error::Unauthenticated)?;
    let session = session::refresh(&app, token.value()).await?;
    Ok(logged_in(&app, session))
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
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller<permit::OwnPreferences>,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    session::reload(&app, &caller.who).await?;
    let caller = app.identify(&request).await?;
    Ok(HttpResponse::Ok().json(me::me(&app, &caller).await?))
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
pub async fn delete_session(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Error> {
    same_site(&request)?;
    let token = request.cookie(COOKIE);
    session::log_out(&app, &request, token.as_ref().map(Cookie::value)).await?;
    Ok(HttpResponse::NoContent().cookie(cookie(&app, String::new(), CookieDuration::ZERO)).finish())
}
