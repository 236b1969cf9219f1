//! What one caller may use at once, and for how long: the limits of `docs/limits.md`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limits of a server. Each is a flag and an environment variable.
#[derive(Clone, Copy, Debug, Args)]
pub struct Limits {
    /// Seconds that the head of a request may take, and its body again
    #[arg(long, env = "RINGBACK_REQUEST_TIMEOUT", default_value_t = 30, value_name = "SECONDS")]
    pub request_timeout: u64,
    /// Reservations of one caller that wait for work at the same time
    #[arg(long, env = "RINGBACK_MAX_WAITING_ROUTERS", default_value_t = 500, value_name = "N")]
    pub max_waiting_routers: u32,
    /// Event streams of one caller
    #[arg(long, env = "RINGBACK_MAX_STREAMS", default_value_t = 500, value_name = "N")]
    pub max_streams: u32,
    /// Seconds after which an event stream is ended that its client does not read
    #[arg(long, env = "RINGBACK_STREAM_STALL", default_value_t = 20, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub stream_stall: u64,
    /// Requests that a server answers at the same time
    #[arg(long, env = "RINGBACK_MAX_REQUESTS", default_value_t = 1_024, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_requests: u32,
    /// Exports and reports of one caller at the same time
    #[arg(long, env = "RINGBACK_MAX_EXPORTS", default_value_t = 2, value_name = "N")]
    pub max_exports: u32,
    /// Seconds after which an export or a report is ended that its client does not read
    #[arg(long, env = "RINGBACK_EXPORT_STALL", default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub export_stall: u64,
    /// Seconds that a statement may take on `PostgreSQL`
    #[arg(long, env = "RINGBACK_STATEMENT_TIMEOUT", default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub statement_timeout: u64,
    /// Seconds between readiness turning to 503 and the last new connection, when stopping
    #[arg(long, env = "RINGBACK_DRAIN_SECONDS", default_value_t = 1, value_name = "SECONDS")]
    pub drain_seconds: u64,
}

/// The defaults of the flags, but for the wait at the end, which tests do without.
impl Default for Limits {
    fn default() -> Self {
        Self {
            request_timeout: 30,
            max_waiting_routers: 500,
            max_streams: 500,
            stream_stall: 20,
            max_requests: 1_024,
            max_exports: 2,
            export_stall: 60,
            statement_timeout: 30,
            drain_seconds: 0,
        }
    }
}

impl Limits {
    /// The time for the head of a request, and again for its body.
    pub const fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout)
    }

    /// How long a client may leave its event stream unread.
    pub const fn stream_stall(&self) -> Duration {
        Duration::from_secs(self.stream_stall)
    }

    /// How long a client may leave an export or a report unread.
    pub const fn export_stall(&self) -> Duration {
        Duration::from_secs(self.export_stall)
    }

    /// The time for a statement on PostgreSQL.
    pub const fn statement_timeout(&self) -> Duration {
        Duration::from_secs(self.statement_timeout)
    }
}

/// What is counted for each caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Use {
    /// A reservation that waits for work.
    WaitingRouter,
    /// An event stream.
    Stream,
    /// An export, or a report of a bulk cancellation.
    Export,
}

type Counts = Arc<Mutex<HashMap<(Use, String), u32>>>;

/// Counts what each caller uses at the moment.
#[derive(Debug)]
pub struct Quotas {
    limits: Limits,
    counts: Counts,
}

/// One use, until it is dropped.
#[derive(Debug)]
pub struct Usage {
    counts: Counts,
    name: (Use, String),
}

impl Drop for Usage {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.name);
            }
        }
    }
}

impl Quotas {
    /// Nothing is used yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, counts: Counts::default() }
    }

    /// One more use for a caller; `None` if the caller has as many as one may.
    pub fn take(&self, what: Use, caller: &str) -> Option<Usage> {
        let most = match what {
            Use::WaitingRouter => self.limits.max_waiting_routers,
            Use::Stream => self.limits.max_streams,
            Use::Export => self.limits.max_exports,
        };
        let name = (what, caller.to_owned());
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(name.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Usage { counts: Arc::clone(&self.counts), name })
    }
}

/// Room of a [`Bulkhead`], until it is dropped.
#[derive(Debug)]
pub struct Room(#[expect(dead_code, reason = "it is held, and never read")] OwnedSemaphorePermit);

/// Room for some at the same time: for slow readers of the database, which would take every
/// connection from those that the Callback UI needs, and for requests in all.
#[derive(Clone, Debug)]
pub struct Bulkhead(Arc<Semaphore>);

impl Bulkhead {
    /// Room for so many at the same time.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }

    /// Takes room, if there is some now.
    pub fn try_enter(&self) -> Option<Room> {
        Arc::clone(&self.0).try_acquire_owned().ok().map(Room)
    }

    /// Waits for room; `None` if there is none within the time.
    pub async fn enter(&self, max: Duration) -> Option<OwnedSemaphorePermit> {
        let entering = Arc::clone(&self.0).acquire_owned();
        tokio::time::timeout(max, entering).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_permits_of_their_own_and_gives_them_back() {
        let quotas = Quotas::new(Limits { max_exports: 1, ..Limits::default() });
        let first = quotas.take(Use::Export, "kim");
        assert!(first.is_some() && quotas.take(Use::Export, "kim").is_none());
        assert!(quotas.take(Use::Export, "sam").is_some());
        drop(first);
        assert!(quotas.take(Use::Export, "kim").is_some());
        assert!(quotas.counts.lock().unwrap().is_empty());
    }

    #[test]
    fn the_defaults_are_those_of_the_flags() {
        #[derive(clap::Parser)]
        struct Flags {
            #[command(flatten)]
            limits: Limits,
        }
        let flags = <Flags as clap::Parser>::parse_from(["ringback"]).limits;
        let ours = Limits { drain_seconds: flags.drain_seconds, ..Limits::default() };
        assert_eq!(format!("{flags:?}"), format!("{ours:?}"));
    }
}
