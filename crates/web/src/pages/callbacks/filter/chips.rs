//! Chips for hidden states and services, which show them again.

use leptos::prelude::*;
use ringback_domain::StateName;

use super::search::SEARCH_ID;
use crate::browser;
use crate::components::icon_button::IconButton;
use crate::messages;
use crate::pages::callbacks::list::page::PageState;

/// A chip for each restriction.
#[component]
pub(super) fn Chips() -> impl IntoView {
    let page = PageState::here();
    let services = page.session.me().map_or(0, |me| me.services.len());
    let shown = Memo::new(move |_| {
        page.view.with(|view| (view.list.visible.states.len(), view.list.visible.services.len()))
    });
    move || {
        let (some_states, some_services) = shown.get();
        let states = StateName::ALL.len();
        let chips = [
            (some_states > 0).then(|| chip(page, true, messages::some_of(some_states, states))),
            (some_services > 0).then(|| chip(page, false, messages::some_of(some_services, services))),
        ];
        (some_states + some_services > 0).then(|| view! { <div class="chips">{chips.collect_view()}</div> })
    }
}

fn chip(page: PageState, of_states: bool, count: String) -> impl IntoView {
    let (name, label) = if of_states {
        (messages::chip_states(), messages::show_all_states())
    } else {
        (messages::services(), messages::show_all_services())
    };
    let press = move |()| {
        page.show_all(of_states, !of_states);
        // The button disappears with its chip.
        browser::focus(SEARCH_ID);
    };
    view! {
        <span class="chip">
            {name} " " <b class="num">{count}</b>
            <IconButton icon="x" label=label.to_owned() on_press=press />
        </span>
    }
}
