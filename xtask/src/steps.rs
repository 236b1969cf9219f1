//! Prints the progress of a command.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::process;

/// The numbered steps of a command.
pub(crate) struct Steps {
    total: usize,
    done: usize,
    started: Instant,
}

impl Steps {
    /// A command of `total` steps.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, done: 0, started: Instant::now() }
    }

    /// Runs the next step, and prints its title and how long it took.
    pub(crate) fn step<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        ensure!(!process::interrupted(), "interrupted");
        self.done += 1;
        println!("[{}/{}] {title}", self.done, self.total);
        let started = Instant::now();
        let value = work().with_context(|| format!("step {} failed: {title}", self.done))?;
        println!("[{}/{}] done in {}", self.done, self.total, seconds(started.elapsed()));
        Ok(value)
    }

    /// Prints how long all steps took.
    pub(crate) fn finish(self) {
        println!("all {} steps done in {}", self.total, seconds(self.started.elapsed()));
    }
}

/// Formats a duration: `4.2 s`, `3 min 07 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_formatted_for_people() {
        assert_eq!(seconds(Duration::from_millis(4_240)), "4.2 s");
        assert_eq!(seconds(Duration::from_secs(187)), "3 min 07 s");
    }
}
