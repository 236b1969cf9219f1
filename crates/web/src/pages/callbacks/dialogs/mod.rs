//! The dialogs of the Callbacks page.

mod bulk;
mod create;
mod more_details;
mod options;
mod reports;
mod reschedule;
mod views;

use leptos::prelude::*;

use super::list::page::{OpenDialog, PageState};
use super::record::Host;
use super::record::edit::EditDialog;
use super::record::recreate::RecreateDialog;
use crate::components::toast::Toasts;
use crate::messages;

/// Draws the open dialog of the page; nothing if none is open.
pub(crate) fn open_dialog() -> AnyView {
    let page = PageState::here();
    let host = host(page);
    match page.dialog.get_untracked() {
        None => ().into_any(),
        Some(OpenDialog::Create) => view! { <create::CreateDialog /> }.into_any(),
        Some(OpenDialog::Edit(row)) => view! { <EditDialog row host /> }.into_any(),
        Some(OpenDialog::Recreate(row)) => view! { <RecreateDialog row host /> }.into_any(),
        Some(OpenDialog::Options) => view! { <options::OptionsDialog /> }.into_any(),
        Some(OpenDialog::CancelSelected) => view! { <bulk::CancelSelectedDialog /> }.into_any(),
        Some(OpenDialog::RescheduleSelected) => view! { <reschedule::RescheduleDialog /> }.into_any(),
        Some(OpenDialog::Reports) => view! { <reports::ReportsDialog /> }.into_any(),
        Some(OpenDialog::Views) => view! { <views::ViewsDialog /> }.into_any(),
    }
}

/// The host of dialogs about a callback of the list.
fn host(page: PageState) -> Host {
    let toasts = Toasts::here();
    Host {
        changed: Callback::new(move |view| page.feed.apply_change(view)),
        recreated: Callback::new(move |view| {
            page.feed.load();
            toasts.show(create::created(page, &view, messages::callback_recreated()));
        }),
        closed: Callback::new(move |()| page.dialog.set(None)),
    }
}
