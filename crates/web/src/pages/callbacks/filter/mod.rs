//! The bar that filters the list and shows when it was updated.

mod chips;
pub(crate) mod quick;
mod range;
mod search;

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::messages;
use crate::pages::callbacks::list::feed::{Live, Loading};
use crate::pages::callbacks::list::page::PageState;
use chips::Chips;
use range::RangeSelect;
use search::SearchBox;

/// The bar: range, search, and the time of the last update.
#[component]
pub(crate) fn FilterBar() -> impl IntoView {
    view! {
        <div class="filter-bar">
            <RangeSelect />
            <SearchBox />
            <Chips />
            <Freshness />
            <RefreshButton />
        </div>
    }
}

#[component]
fn Freshness() -> impl IntoView {
    let page = PageState::here();
    let updated = move || {
        let at = page.feed.as_of.get()?;
        Some(messages::updated(format::time_seconds(at, page.preferences.style())))
    };
    view! {
        <span class="live">
            {move || match page.feed.live.get() {
                Live::Connecting => {
                    view! { <span class="dot is-hollow"></span> <b class="is-quiet">{messages::connecting()}</b> }
                        .into_any()
                }
                Live::Yes => view! { <span class="dot"></span> <b>{messages::live()}</b> }.into_any(),
                Live::Lost(_) => {
                    view! { <span class="dot is-warn"></span> <b class="is-warn">{messages::paused()}</b> }
                        .into_any()
                }
            }}
            <span class="num">{updated}</span>
        </span>
    }
}

#[component]
fn RefreshButton() -> impl IntoView {
    let page = PageState::here();
    let toasts = Toasts::here();
    // If rows stay on screen, a toast reports the failure.
    Effect::new(move |failed: Option<bool>| {
        let failure = page.feed.failure.get();
        let stale = page.feed.rows.with_untracked(|rows| rows.as_ref().is_some_and(|rows| !rows.is_empty()));
        let fails = failure.is_some();
        if let (Some(failure), true, false) = (failure, stale, failed.unwrap_or_default()) {
            toasts.show(Toast::error(messages::refresh_failed(), failure.message()));
        }
        fails
    });
    let turning = move || page.feed.loading.get() != Loading::Idle;
    view! {
        <button
            type="button"
            class="btn refresh-button"
            class:is-turning=turning
            data-keys="r"
            on:click=move |_| page.feed.load()
        >
            <Icon name="refresh-cw" />
            {messages::refresh()}
        </button>
    }
}
