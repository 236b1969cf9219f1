//! Helpers for tests. Servers, databases and browsers are started for each test
//! and end with it.

#![expect(clippy::missing_panics_doc, reason = "a helper panics to fail its test")]

pub mod app;
pub mod backend;
pub mod browser;
pub mod client;
pub mod cluster;
pub mod languages;
pub mod postgres;
pub mod proxy;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub use app::{Options, TestApp};
pub use backend::{Backend, Database};
pub use browser::Browser;
pub use client::{Answer, Client};

/// How long a test waits for an event that should happen at once.
pub const TIMEOUT: Duration = Duration::from_secs(30);

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Polls until there is a value, or panics after [`TIMEOUT`]; `what` describes
/// the value.
pub async fn wait_for<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let outcome = retry(async || probe().await.ok_or(())).await;
    outcome.unwrap_or_else(|()| panic!("waited {TIMEOUT:?} in vain for {what}"))
}

/// Retries until the first success; the last failure after [`TIMEOUT`].
pub(crate) async fn retry<T, E>(mut attempt: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
    let started = Instant::now();
    loop {
        let outcome = attempt().await;
        if outcome.is_ok() || started.elapsed() > TIMEOUT {
            return outcome;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The size of a test that is run in two: the small one in every test run, the large one by
/// `cargo xtask soak`.
pub fn size(short: usize, long: usize) -> usize {
    if setting("RINGBACK_SOAK").is_some() { long } else { short }
}

/// A number that this process has given to nobody before: callbacks of one number are handed
/// out one after the other.
pub fn another_number() -> String {
    static GIVEN: AtomicU32 = AtomicU32::new(2_000_000);
    format!("+1212{}", GIVEN.fetch_add(1, Ordering::Relaxed))
}

/// The seed of a random test, which is printed. `RINGBACK_TEST_SEED` repeats a run.
pub fn seed() -> u64 {
    let seed =
        setting("RINGBACK_TEST_SEED").map_or_else(rand::random, |seed| seed.parse().expect("a number"));
    figure(format_args!("RINGBACK_TEST_SEED={seed}"));
    seed
}

/// Prints a figure of a proof, for `cargo xtask soak`.
#[expect(clippy::print_stdout, reason = "a test speaks on its stream")]
pub fn figure(text: impl std::fmt::Display) {
    println!("{text}");
}

/// An environment variable that configures the test run.
#[expect(clippy::disallowed_methods, reason = "the one place where tests read the environment")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
