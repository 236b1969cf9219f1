//! A callback on screen.

use std::time::Duration;

use leptos::prelude::*;
use ringback_domain::CallbackId;
use ringback_domain::wire::callback::CallbackView;

use crate::messages;

/// A row with its record, which changes in place.
#[derive(Clone)]
pub(crate) struct Row {
    /// The callback.
    pub(crate) id: CallbackId,
    /// The record as it is now.
    pub(crate) record: ArcRwSignal<CallbackView>,
    /// It has left the list, and disappears with the next reload.
    pub(crate) left: ArcRwSignal<bool>,
    /// It is selected for a bulk command.
    pub(crate) selected: ArcRwSignal<bool>,
    /// Its details are shown.
    pub(crate) open: ArcRwSignal<bool>,
    /// Somebody was led to it.
    pub(crate) marked: ArcRwSignal<bool>,
}

impl Row {
    /// A row of a record.
    pub(crate) fn new(view: CallbackView) -> Self {
        Self {
            id: view.id,
            record: ArcRwSignal::new(view),
            left: ArcRwSignal::new(false),
            selected: ArcRwSignal::new(false),
            open: ArcRwSignal::new(false),
            marked: ArcRwSignal::new(false),
        }
    }

    /// Marks the row for a while.
    pub(crate) fn mark(&self) {
        const DURATION: Duration = Duration::from_secs(6);
        self.marked.set(true);
        let marked = self.marked.clone();
        set_timeout(move || marked.set(false), DURATION);
    }

    /// Takes a newer record, and whether it has left the list. An older record
    /// is dropped, as events and responses may overtake one another.
    pub(crate) fn update(&self, view: CallbackView, left: bool) {
        let newer = self.record.with_untracked(|old| {
            view.version > old.version || (view.version == old.version && view != *old)
        });
        if !newer {
            return;
        }
        if self.left.get_untracked() != left {
            self.left.set(left);
        }
        self.record.set(view);
    }

    /// The customer number in groups. It names the controls of the row; a
    /// record never changes its number.
    pub(crate) fn number(&self) -> String {
        self.record.with_untracked(number_text)
    }

    /// The id of the row's arrow, which gets the focus when the action is gone.
    pub(crate) fn arrow_id(&self) -> String {
        arrow_id(self.id)
    }
}

/// The customer number as people read it, with its extension.
pub(crate) fn number_text(view: &CallbackView) -> String {
    let number = &view.customer_number_formatted;
    let extension = view.customer_number_extension.as_ref();
    extension.map_or_else(|| number.clone(), |digits| messages::with_extension(number, digits))
}

/// The id of the arrow in the row of a callback.
pub(crate) fn arrow_id(id: CallbackId) -> String {
    format!("metrics-{id}")
}

/// The command that the last column offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// None.
    None,
    /// Edit Callback.
    Edit,
    /// Recreate Callback.
    Recreate,
}

impl Action {
    /// The command that is possible for a callback.
    pub(crate) fn of(view: &CallbackView) -> Self {
        match (view.can.cancel || view.can.reschedule, view.can.recreate) {
            (true, _) => Self::Edit,
            (false, true) => Self::Recreate,
            (false, false) => Self::None,
        }
    }
}
