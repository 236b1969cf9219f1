//! Checking a user name and a password.

use std::net::IpAddr;

use super::audit::{Audit, person};
use super::tx::{Commands, Tx};
use super::users::normal_username;
use crate::auth::throttle::{Attempt, take_place};
use crate::auth::{Access, Grant, password};
use crate::error::Error;
use crate::store::log_in_attempts::{self as attempts, Attempts};
use crate::store::users::{self, User};
use ringback_domain::Timestamp;
use ringback_domain::wire::auth::LogIn;

/// The user with these credentials, and the attempt: it counts as a failure
/// until [`succeeded`] is run. A refusal is kept as an entry of the audit; of those that must
/// wait, one for each network and minute, which otherwise could fill the disk.
///
/// # Errors
/// [`Error::InvalidCredentials`] if the user name or the password is wrong;
/// [`Error::RateLimited`] after too many failures; [`Error::Unavailable`] if too
/// many passwords wait to be checked.
pub async fn check(
    commands: &Commands,
    access: &Access,
    log_in: LogIn,
    address: IpAddr,
    audit: &Audit,
) -> Result<(User, Attempt), Error> {
    let username = normal_username(&log_in.username);
    let attempt = Attempt::new(&username, address);
    let checked = check_attempt(commands, access, &username, log_in.password, attempt).await;
    if let Err(error) = &checked
        && (!matches!(error, Error::RateLimited { .. }) || access.throttle.is_first_refusal(&attempt))
    {
        let user = users::find_by_username(&mut access.store().read().await?, &username).await?;
        let audit = audit.clone().by(person(user.as_ref()));
        commands.keep_refusal(&audit, &Grant::system("log-in"), error).await;
    }
    Ok((checked?, attempt))
}

async fn check_attempt(
    commands: &Commands,
    access: &Access,
    username: &str,
    password: String,
    attempt: Attempt,
) -> Result<User, Error> {
    let now = access.clock().now();
    access.throttle.admit(&attempt, now)?;
    let turn = password::queue()?;
    // The place is taken before the password is looked at, in a transaction of
    // its own: whoever goes away meanwhile has used it up.
    let take = async move |tx: &mut Tx<'_>| take(tx, &attempt).await;
    if let Err(until) = commands.change(Audit::None, &Grant::system("log-in"), take).await? {
        return Err(access.throttle.refuse(&attempt, until, now));
    }
    let user = users::find_by_username(&mut access.store().read().await?, username).await?;
    let hash = user.as_ref().filter(|user| !user.disabled).map(|user| user.password_hash.clone());
    let password_matches = turn.verify(password, hash).await?;
    match user {
        Some(user) if password_matches => Ok(user),
        _ => Err(Error::InvalidCredentials),
    }
}

async fn take(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<Result<(), Timestamp>, Error> {
    let now = tx.now();
    let conn = tx.write()?;
    // The account comes first: who holds it also holds its pairs.
    let mut account = attempts::find_locked(conn, &attempt.account).await?;
    let mut pair = attempts::find(conn, &attempt.pair).await?;
    let taken = take_place(&mut account, &mut pair, now);
    if taken.is_ok() {
        attempts::save(conn, &attempt.account, &account).await?;
        attempts::save(conn, &attempt.pair, &pair).await?;
    }
    Ok(taken)
}

/// Takes back what was counted against an attempt whose password was right.
///
/// # Errors
/// That the database is not available.
pub async fn succeeded(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<(), Error> {
    let last_at = tx.now();
    let conn = tx.write()?;
    let none = Attempts { failures: 0, last_at, is_known: false };
    attempts::save(conn, &attempt.account, &none).await?;
    attempts::save(conn, &attempt.pair, &Attempts { is_known: true, ..none }).await?;
    Ok(())
}
