//! Checking user name and password at log-in.

use std::net::IpAddr;

use ringback_domain::wire::auth::LogIn;

use super::caller::Access;
use super::password;
use crate::error::Error;
use crate::store::users::{self, User};

/// The user with these credentials.
///
/// # Errors
/// [`Error::InvalidCredentials`] if the user name or the password is wrong;
/// [`Error::RateLimited`] after too many failures.
pub async fn check(access: &Access, log_in: LogIn, address: IpAddr) -> Result<User, Error> {
    let username = log_in.username.trim().to_lowercase();
    access.throttle.admit(&username, address)?;
    let user = users::find_by_username(&mut access.store().read().await?, &username).await?;
    let hash = user.as_ref().filter(|user| !user.disabled).map(|user| user.password_hash.clone());
    let password_matches = password::verify(log_in.password, hash).await?;
    let (true, Some(user)) = (password_matches, user) else {
        access.throttle.failed(&username, address);
        return Err(Error::InvalidCredentials);
    };
    access.throttle.succeeded(&username, address);
    Ok(user)
}
