//! Hashing of passwords, on threads that answer no requests.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::error::Error;

/// Hashes that may run at once. Each occupies a core for some 50 ms, so more
/// would slow down other requests.
static SLOTS: Semaphore = Semaphore::const_new(2);

/// OWASP's first choice: 46 MiB, one pass, one lane.
static HASHER: LazyLock<Argon2<'static>> = LazyLock::new(|| {
    let params = Params::new(47_104, 1, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
});

/// Verified if there is no such user, so that the answer takes as long.
static DUMMY_HASH: LazyLock<String> =
    LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

fn hash_now(password: &str) -> Result<String, Error> {
    let hash = HASHER
        .hash_password(password.as_bytes())
        .map_err(|error| Error::Internal(anyhow::anyhow!("password hash: {error}")))?;
    Ok(hash.to_string())
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let _slot = SLOTS.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// The hash of a new password, with its parameters and a fresh salt.
pub async fn hash(password: String) -> Result<String, Error> {
    off_thread(move || hash_now(&password)).await?
}

/// Whether the password matches the hash. Without a hash it never does, but the
/// answer takes as long.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool, Error> {
    off_thread(move || {
        let user_exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| DUMMY_HASH.clone());
        let matches = HASHER.verify_password(password.as_bytes(), hash.as_str()).is_ok();
        user_exists && matches
    })
    .await
}
