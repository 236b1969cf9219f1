//! Hashing of passwords, on threads that answer no requests.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::Error;

/// Hashes that may run at once. Each occupies a core for some 50 ms, so more
/// would slow down other requests.
static SLOTS: Semaphore = Semaphore::const_new(2);

/// Most callers that wait for a slot or have one: the last one waits for about a
/// second.
const MAX_QUEUE: usize = 32;

static QUEUE: Semaphore = Semaphore::const_new(MAX_QUEUE);

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

/// A turn in the queue of those who want a password hashed.
#[derive(Debug)]
pub struct Turn {
    _permit: SemaphorePermit<'static>,
}

/// Joins the queue.
///
/// # Errors
/// [`Error::Unavailable`] if it is full.
pub fn queue() -> Result<Turn, Error> {
    match QUEUE.try_acquire() {
        Ok(permit) => Ok(Turn { _permit: permit }),
        Err(_) => Err(Error::Unavailable("too many passwords wait to be hashed".to_owned())),
    }
}

impl Turn {
    async fn off_thread<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let slot = SLOTS.acquire().await.map_err(Error::internal)?;
        let work = move || {
            // A caller who goes away does not stop the hash, so it keeps its slot.
            let (_turn, _slot) = (self, slot);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }

    /// Whether the password matches the hash. Without a hash it never does, but
    /// the answer takes as long.
    ///
    /// # Errors
    /// If the thread failed.
    pub async fn verify(self, password: String, hash: Option<String>) -> Result<bool, Error> {
        self.off_thread(move || {
            // Made for everybody, so that the first unknown user does not take longer.
            let dummy = DUMMY_HASH.as_str();
            let against = hash.as_deref().unwrap_or(dummy);
            let matches = HASHER.verify_password(password.as_bytes(), against).is_ok();
            hash.is_some() && matches
        })
        .await
    }
}

/// The hash of a new password, with its parameters and a fresh salt.
///
/// # Errors
/// [`Error::Unavailable`] if too many wait for theirs.
pub async fn hash(password: String) -> Result<String, Error> {
    queue()?.off_thread(move || hash_now(&password)).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Algorithm and costs.
    fn work(hash: &str) -> String {
        hash.split('$').take(4).collect::<Vec<_>>().join("$")
    }

    #[tokio::test]
    async fn a_name_that_is_unknown_costs_the_work_of_one_that_is_known() {
        assert_eq!(work(&DUMMY_HASH), work(&hash("any password".to_owned()).await.unwrap()));
        assert!(work(&DUMMY_HASH).contains("m=47104,t=1,p=1"), "{}", *DUMMY_HASH);
        // That it is hashed at all: the password of the dummy would match, and still is refused.
        assert!(HASHER.verify_password(b"nobody has this password", DUMMY_HASH.as_str()).is_ok());
        assert!(!queue().unwrap().verify("nobody has this password".to_owned(), None).await.unwrap());
    }
}
