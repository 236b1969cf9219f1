//! The rule that no task asks for a second connection while it holds one: where
//! enough tasks do, each waits for the others, and none goes on. A debug build
//! enforces it, so every test does.

#[cfg(debug_assertions)]
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// That the current task holds a connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    #[cfg(debug_assertions)]
    task: Option<tokio::task::Id>,
}

#[cfg(debug_assertions)]
static HOLDERS: Mutex<Option<HashSet<tokio::task::Id>>> = Mutex::new(None);

impl Held {
    /// Has to be called before the connection is asked for.
    ///
    /// # Panics
    /// In a debug build, if the current task holds one already.
    #[cfg(debug_assertions)]
    pub(super) fn take() -> Self {
        // What runs outside of tasks, such as a command line, is alone.
        let task = tokio::task::try_id();
        let second = task.is_some_and(|task| {
            let mut holders = HOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
            !holders.get_or_insert_default().insert(task)
        });
        assert!(!second, "this task holds a connection to the database, and asks for a second one");
        Self { task }
    }

    /// Costs nothing in a release build.
    #[cfg(not(debug_assertions))]
    pub(super) const fn take() -> Self {
        Self {}
    }
}

#[cfg(debug_assertions)]
impl Drop for Held {
    fn drop(&mut self) {
        let mut holders = HOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(holders), Some(task)) = (holders.as_mut(), &self.task) {
            holders.remove(task);
        }
    }
}
