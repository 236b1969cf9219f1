//! What the person chose not to see, and the way back.

use leptos::prelude::*;
use ringback_domain::StateName;

use super::Page;
use super::toolbar::SEARCH_ID;
use super::view_state::ListState;
use crate::browser;
use crate::components::icon_button::IconButton;
use crate::messages;

/// One for each restriction.
#[component]
pub(super) fn Chips() -> impl IntoView {
    let page = Page::here();
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

fn chip(page: Page, of_states: bool, count: String) -> impl IntoView {
    let (name, label) = if of_states {
        (messages::chip_states(), messages::show_all_states())
    } else {
        (messages::services(), messages::show_all_services())
    };
    let press = move |()| {
        show_all(page, of_states, !of_states);
        // The button goes with its chip.
        browser::focus(SEARCH_ID);
    };
    view! {
        <span class="chip">
            {name} " " <b class="num">{count}</b>
            <IconButton icon="x" label=label.to_owned() on_press=press />
        </span>
    }
}

/// Hides no state or no service any more: in this view, and in others by what
/// the person chose.
pub(super) fn unhide(page: Page, list: &mut ListState, states: bool, services: bool) {
    if states {
        list.visible.states.clear();
    }
    if services {
        list.visible.services.clear();
    }
    if states || services {
        page.session.prefer(move |preferences| {
            if states {
                preferences.visible_states = None;
            }
            if services {
                preferences.visible_services = None;
            }
        });
    }
}

/// Shows every state or every service again.
pub(super) fn show_all(page: Page, states: bool, services: bool) {
    page.replace(&page.view.get_untracked().with(|list| unhide(page, list, states, services)));
}
