//! Rows that no version of this program writes. Where others go on they are left
//! out, so that one of them stops nobody else's callbacks, and this remembers
//! them: for a metric, and for one line in the log per row and hour.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::StoreError;

/// How long a row is remembered, and how often it is logged.
const MEMORY: Duration = Duration::from_hours(1);

/// Rows that are remembered; of more, the others are still left out and logged.
const MAX_ROWS: usize = 10_000;

#[derive(Debug)]
struct Sighting {
    logged: Instant,
    seen: Instant,
}

/// Of the process: a connection does not know which server it belongs to.
static ROWS: LazyLock<Mutex<HashMap<String, Sighting>>> = LazyLock::new(Mutex::default);

/// How many rows were left out in the last hour.
pub fn count() -> usize {
    let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    rows.retain(|_, sighting| sighting.seen.elapsed() < MEMORY);
    rows.len()
}

/// Whether this row was left out.
pub fn is_left_out(table: &str, row: impl std::fmt::Display) -> bool {
    ROWS.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&format!("{table} {row}"))
}

/// Those of the results that can be read.
pub(super) fn leave_out<T>(results: impl Iterator<Item = Result<T, StoreError>>) -> Vec<T> {
    results.filter_map(|result| result.map_err(|error| note(&error)).ok()).collect()
}

fn note(error: &StoreError) {
    let name = match error {
        StoreError::Inconsistent { table, row, .. } => format!("{table} {row}"),
        other => other.to_string(),
    };
    let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    let is_due = if let Some(sighting) = rows.get_mut(&name) {
        sighting.seen = now;
        let is_due = sighting.logged.elapsed() >= MEMORY;
        if is_due {
            sighting.logged = now;
        }
        is_due
    } else {
        if rows.len() < MAX_ROWS {
            rows.insert(name, Sighting { logged: now, seen: now });
        }
        true
    };
    drop(rows);
    if is_due {
        tracing::error!(%error, "a row cannot be read and is left out: repair or remove it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::error::inconsistent;

    #[test]
    fn what_cannot_be_read_is_left_out_and_counted_once() {
        let before = count();
        for _ in 0..3 {
            let results = [Ok(1), Err(inconsistent("callbacks", "a", "state")), Ok(2)];
            assert_eq!(leave_out(results.into_iter()), [1, 2]);
        }
        assert_eq!(count(), before + 1);
    }
}
