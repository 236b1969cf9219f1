//! Log-in sessions: opening, refreshing, reloading and ending them.

use ringback_domain::{ServiceId, SessionId, Timestamp};

use super::audit::person;
use super::tx::Tx;
use crate::auth::{granted_services, token};
use crate::directory::Services;
use crate::error::Error;
use crate::store::sessions::{self, Client, ServerKey, Session, TokenUse};
use crate::store::users::{self, User};

/// Seconds from log-in until a person has to log in again: a working day with
/// its breaks.
pub const SESSION_SECONDS: i64 = 12 * 3_600;

/// A session and the cookie that carries it on.
#[derive(Debug)]
pub struct Opened {
    /// Whose it is.
    pub user: User,
    /// The session.
    pub session: SessionId,
    /// When the person has to log in again.
    pub ends_at: Timestamp,
    /// In clear, for the cookie.
    pub refresh_token: String,
}

/// Opens a session of a person whose password was checked, with the services
/// that they may see as of now. It takes the place of the one that the browser had
/// before, by its refresh token.
///
/// # Errors
/// [`Error::InvalidCredentials`] if the person was disabled meanwhile.
pub async fn open(
    tx: &mut Tx<'_>,
    user: &User,
    client: &Client,
    before: Option<&str>,
) -> Result<Opened, Error> {
    let now = tx.now();
    if let Some(text) = before
        && let Some(before) = sessions::session_of_token(tx.read(), &token::secret_hash(text)).await?
    {
        sessions::end(tx.write()?, before, now).await?;
        tx.access_changed();
    }
    let user = users::find(tx.read(), user.id).await?;
    let user = user.filter(|user| !user.disabled).ok_or(Error::InvalidCredentials)?;
    let session = Session {
        id: SessionId(tx.new_id()),
        user_id: user.id,
        services: granted(&tx.services().await?, &user),
        expires_at: now.plus_seconds(SESSION_SECONDS),
        last_used_at: now,
        client: client.clone(),
    };
    let refresh_token = token::new_secret();
    sessions::insert(tx.write()?, &session, now).await?;
    sessions::add_token(tx.write()?, &token::secret_hash(&refresh_token), session.id, now).await?;
    tx.audit_object(session.id.0);
    Ok(Opened { user, session: session.id, ends_at: session.expires_at, refresh_token })
}

fn granted(services: &Services, user: &User) -> Vec<ServiceId> {
    granted_services(services, user.services.as_deref())
}

/// Spends a refresh token and gives the next one. One that was spent before ends
/// the session: somebody has a copy. So does a session that nobody used for
/// `idle_seconds`.
///
/// # Errors
/// That the database is not available; a token that is not in force gives
/// `None`.
pub async fn refresh(
    tx: &mut Tx<'_>,
    refresh_token: &str,
    idle_seconds: i64,
    client: &Client,
) -> Result<Option<Opened>, Error> {
    let now = tx.now();
    let spent = token::secret_hash(refresh_token);
    let session = match sessions::use_token(tx.write()?, &spent, now).await? {
        TokenUse::Fresh(session) => session,
        TokenUse::Reused(session) => {
            end_for(tx, session, "token_reused").await?;
            return Ok(None);
        }
        TokenUse::Unknown => {
            tx.nothing_done();
            return Ok(None);
        }
    };
    let Some(session) = sessions::find(tx.read(), session, now).await? else {
        tx.nothing_done();
        return Ok(None);
    };
    if session.last_used_at.plus_seconds(idle_seconds) <= now {
        end_for(tx, session.id, "idle").await?;
        return Ok(None);
    }
    let user = users::find(tx.read(), session.user_id).await?.filter(|user| !user.disabled);
    sessions::touch(tx.write()?, session.id, client, now).await?;
    // A page does so every few minutes: the audit keeps only what ends a session.
    tx.nothing_done();
    let next = token::new_secret();
    sessions::add_token(tx.write()?, &token::secret_hash(&next), session.id, now).await?;
    Ok(user.map(|user| Opened {
        user,
        session: session.id,
        ends_at: session.expires_at,
        refresh_token: next,
    }))
}

/// Ends a session for a cause that its person did not give.
async fn end_for(tx: &mut Tx<'_>, session: SessionId, cause: &str) -> Result<(), Error> {
    let now = tx.now();
    tx.audit_object(session.0);
    tx.audit_detail("cause", cause);
    if let Some(open) = sessions::find(tx.read(), session, now).await? {
        tx.audit_detail("user", open.user_id);
    }
    sessions::end(tx.write()?, session, now).await?;
    tx.access_changed();
    Ok(())
}

/// Lets a running session see what its person may see as of now.
///
/// # Errors
/// [`Error::Unauthenticated`] if there is no such person any more.
pub async fn reload(tx: &mut Tx<'_>, session: SessionId) -> Result<(), Error> {
    let user = tx.grant().user.ok_or(Error::NotFound("session"))?;
    let user = users::find(tx.read(), user).await?.ok_or(Error::Unauthenticated)?;
    let services = granted(&tx.services().await?, &user);
    sessions::set_services(tx.write()?, session, &services).await?;
    tx.access_changed();
    Ok(())
}

/// Ends a session, and the one of a refresh token; again is the same as once.
///
/// # Errors
/// That the database is not available.
pub async fn end(
    tx: &mut Tx<'_>,
    session: Option<SessionId>,
    refresh_token: Option<&str>,
) -> Result<(), Error> {
    let now = tx.now();
    let of_token = match refresh_token {
        Some(text) => sessions::session_of_token(tx.read(), &token::secret_hash(text)).await?,
        None => None,
    };
    let mut is_open = false;
    for session in session.into_iter().chain(of_token) {
        if let Some(open) = sessions::find(tx.read(), session, now).await? {
            let user = users::find(tx.read(), open.user_id).await?;
            tx.audit_actor(person(user.as_ref()));
            tx.audit_object(session.0);
            is_open = true;
        }
        sessions::end(tx.write()?, session, now).await?;
    }
    if !is_open {
        tx.nothing_done();
    }
    tx.access_changed();
    Ok(())
}

/// Ends a session of the caller.
///
/// # Errors
/// [`Error::NotFound`] if the caller has no such session.
pub async fn end_own(tx: &mut Tx<'_>, session: SessionId) -> Result<(), Error> {
    let (now, user) = (tx.now(), tx.grant().user.ok_or(Error::NotFound("session"))?);
    if !sessions::end_of(tx.write()?, session, user, now).await? {
        return Err(Error::NotFound("session"));
    }
    tx.access_changed();
    Ok(())
}

/// Makes the keys that a server needs, unless there are some. Of several nodes that
/// start at once, all end up with the same. Gives the one that fingerprints of
/// idempotent requests are made with.
///
/// # Errors
/// That the database is not available.
pub async fn server_keys(tx: &mut Tx<'_>) -> Result<Vec<u8>, Error> {
    let now = tx.now();
    for purpose in [token::PURPOSE, FINGERPRINTS] {
        let secret: [u8; 32] = rand::random();
        sessions::add_first_key(tx.write()?, purpose, secret.to_vec(), now).await?;
    }
    let keys = sessions::keys(tx.read(), FINGERPRINTS).await?;
    let oldest = keys.into_iter().next_back();
    oldest
        .map(|key| key.secret)
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("a key that was made is gone")))
}

/// The purpose of the key for fingerprints of requests.
const FINGERPRINTS: &str = "fingerprint";

/// Makes a new key that signs access tokens. Tokens of the one before stay valid
/// until they expire.
///
/// # Errors
/// That the database is not available.
pub async fn rotate_key(tx: &mut Tx<'_>) -> Result<(), Error> {
    let secret: [u8; 32] = rand::random();
    let key = ServerKey { id: tx.new_id().to_string(), secret: secret.to_vec(), created_at: tx.now() };
    Ok(sessions::add_key(tx.write()?, token::PURPOSE, &key).await?)
}
