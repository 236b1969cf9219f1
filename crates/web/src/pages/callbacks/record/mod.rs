//! One callback: its row, its details, and the dialogs that change it. Shared
//! by the list and Callback Search.

pub(crate) mod date_time;
pub(crate) mod details;
pub(crate) mod edit;
mod free_times;
mod gates;
mod intervention;
pub(crate) mod metrics;
mod recording;
pub(crate) mod recreate;
pub(crate) mod request_form;
pub(crate) mod row;
pub(crate) mod timeline;

use leptos::prelude::Callback;
use ringback_domain::wire::callback::CallbackView;

/// Where a dialog about one callback was opened.
#[derive(Clone, Copy)]
pub(crate) struct Host {
    /// Shows the callback as it is now.
    pub(crate) changed: Callback<CallbackView>,
    /// Shows the new callback that was made from it.
    pub(crate) recreated: Callback<CallbackView>,
    /// The dialog is closed.
    pub(crate) closed: Callback<()>,
}
