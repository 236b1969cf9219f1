//! Helpers of the tests. Everything they start is their own, and ends with them.

#![expect(clippy::missing_panics_doc, reason = "a helper panics where the test is to fail")]

pub mod app;
pub mod backend;
pub mod browser;
pub mod client;
pub mod postgres;

use std::time::{Duration, Instant};

pub use app::{Options, TestApp};
pub use backend::{Backend, Database};
pub use browser::Browser;
pub use client::{Answer, Client};

/// How long a test waits for what should happen at once.
pub const PATIENCE: Duration = Duration::from_secs(15);

const PAUSE: Duration = Duration::from_millis(20);

/// Asks again and again until there is an answer, or fails after [`PATIENCE`];
/// `what` says what was waited for.
pub async fn wait_for<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let outcome = settle(async || probe().await.ok_or(())).await;
    outcome.unwrap_or_else(|()| panic!("waited {PATIENCE:?} in vain for {what}"))
}

/// The first success, or the last failure once [`PATIENCE`] is over.
pub(crate) async fn settle<T, E>(mut attempt: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
    let begun = Instant::now();
    loop {
        let outcome = attempt().await;
        if outcome.is_ok() || begun.elapsed() > PATIENCE {
            return outcome;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A setting of the test run.
#[expect(clippy::disallowed_methods, reason = "the one place where tests read the environment")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
