//! Whether this node works: when each worker last did, and whether the node is
//! stopping.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A worker without a good round for this long makes the node unready.
pub const MAX_ROUND_AGE: Duration = Duration::from_mins(2);

/// What is known of this node.
#[derive(Debug, Default)]
pub struct Health {
    rounds: Mutex<BTreeMap<&'static str, Instant>>,
    stopping: AtomicBool,
    /// Commands that were refused since the disk of the database is full.
    no_room: AtomicU64,
    /// How many of them there were when there was room again.
    room_after: AtomicU64,
}

impl Health {
    /// A round of a worker went well; also when a worker starts.
    pub fn good_round(&self, worker: &'static str) {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner).insert(worker, Instant::now());
    }

    /// Time since the last good round of a worker; `None` if it does not run here.
    pub fn since_good_round(&self, worker: &str) -> Option<Duration> {
        let rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        rounds.get(worker).map(Instant::elapsed)
    }

    /// The workers whose last good round is older than this, with its age.
    pub fn stalled(&self, max_age: Duration) -> Vec<(&'static str, Duration)> {
        let rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        let ages = rounds.iter().map(|(worker, at)| (*worker, at.elapsed()));
        ages.filter(|(_, age)| *age > max_age).collect()
    }

    /// A command was refused since the disk of the database is full.
    pub fn no_room(&self) {
        self.no_room.fetch_add(1, Ordering::SeqCst);
    }

    /// How many commands were refused so, and whether there may still be no room.
    pub fn disk(&self) -> (u64, bool) {
        let refused = self.no_room.load(Ordering::SeqCst);
        (refused, refused != self.room_after.load(Ordering::SeqCst))
    }

    /// There was room after so many refusals.
    pub fn room_after(&self, refused: u64) {
        self.room_after.store(refused, Ordering::SeqCst);
    }

    /// The node stops: it says that it is not ready, and answers what it has.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether the node is stopping.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}
