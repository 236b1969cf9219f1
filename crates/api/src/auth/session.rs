//! Log-in sessions.

use std::net::IpAddr;

use actix_web::HttpRequest;
use ringback_domain::wire::auth::{LogIn, Session as SessionView, UserRef};
use ringback_domain::{ServiceId, SessionId, Timestamp};

use super::caller::Who;
use super::password;
use super::token::{ACCESS_SECONDS, new_secret, secret_hash};
use crate::app::App;
use crate::error::Error;
use crate::store::sessions::{self, Session, TokenUse};
use crate::store::users::{self, User};

/// Seconds from log-in until a person has to log in again: a working day with
/// its breaks.
pub const SESSION_SECONDS: i64 = 12 * 3_600;

/// What a log-in or a refresh gives.
#[derive(Debug)]
pub struct LoggedIn {
    /// For the body.
    pub answer: SessionView,
    /// For the cookie.
    pub refresh_token: String,
}

fn answer(app: &App, user: User, session: SessionId, ends_at: Timestamp) -> Result<SessionView, Error> {
    let now = app.clock.now();
    Ok(SessionView {
        access_token: app.tokens.sign(user.id, session, now)?,
        token_type: "Bearer".to_owned(),
        expires_in_seconds: ACCESS_SECONDS,
        session_ends_in_seconds: u32::try_from(ends_at.seconds_since(now)).unwrap_or_default(),
        user: UserRef { id: user.id, username: user.username, display_name: user.display_name },
    })
}

/// The services that a person may see as of now.
pub(super) async fn granted(app: &App, user: &User) -> Result<Vec<ServiceId>, Error> {
    let services = app.services().await?.ids();
    Ok(match &user.services {
        None => services,
        Some(granted) => services.into_iter().filter(|id| granted.contains(id)).collect(),
    })
}

/// Checks the credentials and opens a session, with the services as of now.
pub async fn log_in(app: &App, log_in: LogIn, address: IpAddr) -> Result<LoggedIn, Error> {
    let username = log_in.username.trim().to_lowercase();
    app.throttle.admit(&username, address)?;
    let user = users::find_by_username(&mut app.store.read().await?, &username).await?;
    let hash = user.as_ref().filter(|user| !user.disabled).map(|user| user.password_hash.clone());
    let right = password::verify(log_in.password, hash).await?;
    let (true, Some(user)) = (right, user) else {
        app.throttle.failed(&username, address);
        return Err(Error::InvalidCredentials);
    };
    app.throttle.succeeded(&username, address);

    let now = app.clock.now();
    let session = Session {
        id: SessionId(app.clock.new_id()),
        user_id: user.id,
        services: granted(app, &user).await?,
        expires_at: now.plus_seconds(SESSION_SECONDS),
    };
    let (id, ends_at) = (session.id, session.expires_at);
    let refresh_token = new_secret();
    let hash = secret_hash(&refresh_token);
    app.store
        .write(async move |conn| {
            sessions::insert(conn, &session, now).await?;
            sessions::add_token(conn, &hash, session.id, now).await.map_err(Error::from)
        })
        .await?;
    Ok(LoggedIn { answer: answer(app, user, id, ends_at)?, refresh_token })
}

/// Spends a refresh token for the next one and a new access token.
pub async fn refresh(app: &App, token: &str) -> Result<LoggedIn, Error> {
    let now = app.clock.now();
    let spent = secret_hash(token);
    let refresh_token = new_secret();
    let next = secret_hash(&refresh_token);
    let user = app
        .store
        .write(async move |conn| {
            let session = match sessions::use_token(conn, &spent, now).await? {
                TokenUse::Fresh(session) => session,
                TokenUse::Reused(session) => {
                    // Somebody has a copy: whoever it is, the session is over.
                    sessions::end(conn, session, now).await?;
                    return Ok(None);
                }
                TokenUse::Unknown => return Ok(None),
            };
            let Some(session) = sessions::find(conn, session, now).await? else { return Ok(None) };
            let user = users::find(conn, session.user_id).await?.filter(|user| !user.disabled);
            sessions::add_token(conn, &next, session.id, now).await?;
            Ok::<_, Error>(user.map(|user| (user, session)))
        })
        .await?;
    let Some((user, session)) = user else {
        app.identities.forget();
        return Err(Error::Unauthenticated);
    };
    Ok(LoggedIn { answer: answer(app, user, session.id, session.expires_at)?, refresh_token })
}

/// Lets a running session see what its person may see as of now.
pub async fn reload(app: &App, who: &Who) -> Result<(), Error> {
    let Who::User { user, session, .. } = who else { return Err(Error::NotFound("session")) };
    let (id, session) = (user.id, *session);
    let user = users::find(&mut app.store.read().await?, id).await?.ok_or(Error::Unauthenticated)?;
    let services = granted(app, &user).await?;
    app.store
        .write(async move |conn| sessions::set_services(conn, session, &services).await.map_err(Error::from))
        .await?;
    app.identities.forget();
    Ok(())
}

/// Ends the session that the cookie or the access token belongs to.
pub async fn log_out(app: &App, request: &HttpRequest, token: Option<&str>) -> Result<(), Error> {
    let by_header = match app.identify(request).await {
        Ok(identity) => match identity.who {
            Who::User { session, .. } => Some(session),
            Who::ApiKey { .. } => None,
        },
        Err(_) => None,
    };
    let hash = token.map(secret_hash);
    let now = app.clock.now();
    app.store
        .write(async move |conn| {
            let by_cookie = match hash {
                Some(hash) => sessions::session_of_token(conn, &hash).await?,
                None => None,
            };
            for session in by_header.into_iter().chain(by_cookie) {
                sessions::end(conn, session, now).await?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    app.identities.forget();
    Ok(())
}
