//! A cached value that is read again once it has expired, by one caller at a
//! time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as AsyncMutex;

/// How long a copy may be used: changes of other nodes are seen after this time.
pub const CACHE_TTL: Duration = Duration::from_secs(1);

/// The last copy of a value. While one caller refreshes it, the others use the
/// last copy, unless its version is outdated.
#[derive(Debug)]
pub struct Recent<T> {
    copy: Mutex<Option<Copy<T>>>,
    /// Held by the caller that refreshes the copy.
    refresh: AsyncMutex<()>,
}

#[derive(Debug)]
struct Copy<T> {
    value: Arc<T>,
    read_at: Instant,
    version: u64,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { copy: Mutex::default(), refresh: AsyncMutex::default() }
    }
}

impl<T> Recent<T> {
    fn copy(&self, version: u64, max_age: Duration) -> Option<Arc<T>> {
        let copy = self.copy.lock().unwrap_or_else(PoisonError::into_inner);
        let copy = copy.as_ref()?;
        (copy.version == version && copy.read_at.elapsed() < max_age).then(|| Arc::clone(&copy.value))
    }

    /// The last copy of version 0, if it is no older than that; nothing is read.
    pub fn latest(&self, max_age: Duration) -> Option<Arc<T>> {
        self.copy(0, max_age)
    }

    /// The value at this version: a copy no older than [`CACHE_TTL`], or the
    /// result of `read`.
    ///
    /// # Errors
    /// The error of `read`.
    pub async fn get<E>(&self, version: u64, read: impl AsyncFnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        self.get_within(version, CACHE_TTL, read).await
    }

    /// The same with a copy no older than `max_age`.
    ///
    /// # Errors
    /// The error of `read`.
    pub async fn get_within<E>(
        &self,
        version: u64,
        max_age: Duration,
        read: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        if let Some(value) = self.copy(version, max_age) {
            return Ok(value);
        }
        let _refresh = match self.refresh.try_lock() {
            Ok(guard) => guard,
            Err(_) => match self.copy(version, Duration::MAX) {
                Some(value) => return Ok(value),
                None => self.refresh.lock().await,
            },
        };
        // Another caller may have refreshed it before the lock was free.
        if let Some(value) = self.copy(version, max_age) {
            return Ok(value);
        }
        let value = Arc::new(read().await?);
        let copy = Copy { value: Arc::clone(&value), read_at: Instant::now(), version };
        *self.copy.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    async fn get(recent: &Recent<u32>, version: u64, value: u32) -> u32 {
        let read = async || Ok::<_, Infallible>(value);
        let Ok(found) = recent.get(version, read).await;
        *found
    }

    #[tokio::test]
    async fn a_copy_is_used_until_its_version_is_raised() {
        let recent = Recent::default();
        assert_eq!(get(&recent, 0, 1).await, 1);
        assert_eq!(get(&recent, 0, 2).await, 1);
        assert_eq!(get(&recent, 1, 3).await, 3);
    }

    #[tokio::test]
    async fn callers_use_the_last_copy_while_one_refreshes_it() {
        let recent = Recent::default();
        get(&recent, 0, 1).await;
        if let Some(copy) = recent.copy.lock().unwrap().as_mut() {
            copy.read_at = Instant::now().checked_sub(CACHE_TTL).unwrap();
        }
        let read = async || {
            assert_eq!(get(&recent, 0, 3).await, 1);
            Ok::<_, Infallible>(2)
        };
        let Ok(found) = recent.get(0, read).await;
        assert_eq!(*found, 2);
    }
}
