//! Pages fetch and decide; what they show is made of components.

pub(crate) mod callbacks;
pub(crate) mod login;
pub(crate) mod not_found;

use leptos::html;
use leptos::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// Moves the focus to the page's heading when one comes from another page, so
/// that a screen reader says where one is.
pub(crate) fn focus_heading(heading: NodeRef<html::H1>) {
    static FIRST: AtomicBool = AtomicBool::new(true);
    if FIRST.swap(false, Ordering::Relaxed) {
        return;
    }
    heading.on_load(|heading| {
        request_animation_frame(move || {
            let _ = heading.focus();
        });
    });
}
