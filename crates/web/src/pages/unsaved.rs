//! Asks before a page is left with changes that are not saved.

use leptos::prelude::*;

use crate::browser;
use crate::messages;

/// Asks while there are changes and somebody leaves the page at this path. Ends with the
/// calling component.
pub(super) fn guard(path: &'static str, has_changes: impl Fn() -> bool + Copy + 'static) {
    let unload = window_event_listener_untyped("beforeunload", move |event| {
        if has_changes() {
            event.prevent_default();
        }
    });
    browser::on_link_click(move |address| {
        let stays = address.split('?').next() == Some(path);
        stays || !has_changes() || browser::confirm(messages::leave_unsaved())
    });
    on_cleanup(move || unload.remove());
}
