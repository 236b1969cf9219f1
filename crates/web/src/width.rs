//! The width of the window.

use leptos::prelude::*;

/// Widths at which the layout changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// Rows are cards.
    Cards,
    /// Rows are those of a table, which scrolls sideways where it is wider.
    Table,
}

impl Width {
    fn now() -> Self {
        let pixels = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(1440.0);
        if pixels < 960.0 { Self::Cards } else { Self::Table }
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
