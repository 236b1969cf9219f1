//! The width of the window.

use leptos::prelude::*;

/// Widths at which the layout changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Width {
    /// Rows are cards.
    Cards,
    /// A table with the most important columns.
    Narrow,
    /// A table without some columns.
    Medium,
    /// Every column.
    Wide,
}

impl Width {
    fn now() -> Self {
        let pixels = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(1440.0);
        match pixels {
            ..960.0 => Self::Cards,
            ..1152.0 => Self::Narrow,
            ..1320.0 => Self::Medium,
            _ => Self::Wide,
        }
    }

    /// The current width; updated while the calling component exists.
    pub(crate) fn follow() -> Signal<Self> {
        let width = RwSignal::new(Self::now());
        let listener = window_event_listener(leptos::ev::resize, move |_| {
            let now = Self::now();
            if width.get_untracked() != now {
                width.set(now);
            }
        });
        on_cleanup(move || listener.remove());
        width.into()
    }
}
