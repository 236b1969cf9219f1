//! Building blocks of all pages. They render their properties and know neither
//! the server nor the address.

pub(crate) mod banner;
pub(crate) mod boxes;
pub(crate) mod button;
pub(crate) mod check_list;
pub(crate) mod choice;
pub(crate) mod dialog;
pub(crate) mod disclosure;
pub(crate) mod empty_state;
pub(crate) mod field;
pub(crate) mod highlight;
pub(crate) mod icon;
pub(crate) mod icon_button;
pub(crate) mod input;
pub(crate) mod key_value;
pub(crate) mod markup;
pub(crate) mod menu;
pub(crate) mod page;
pub(crate) mod pager;
mod placement;
pub(crate) mod record_table;
pub(crate) mod state_badge;
pub(crate) mod timeline;
pub(crate) mod toast;
pub(crate) mod tooltip;

use std::sync::atomic::{AtomicU32, Ordering};

/// An id that is unique on the page.
pub(crate) fn unique_id(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
