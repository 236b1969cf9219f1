//! The quick filter.

use leptos::prelude::*;
use ringback_domain::wire::list::CallbackCount;

use crate::components::icon::Icon;
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::list::paging;
use crate::pages::callbacks::view::state::Quick;

/// A toggle button for each state, with its count.
#[component]
pub(crate) fn QuickFilter() -> impl IntoView {
    let page = PageState::here();
    let current = Memo::new(move |_| page.view.with(|view| view.list.quick));
    let count = move |quick| {
        let total = |counts: &CallbackCount| page.view.with(|view| paging::total(counts, &view.list, quick));
        let text = |counts: &CallbackCount| paging::total_text(total(counts));
        page.feed.counts.with(|counts| counts.as_ref().map(text))
    };
    let button = |quick: Quick| {
        let press = move |_| page.show(&page.view.get_untracked().with(|list| list.quick = quick));
        view! {
            <button
                type="button"
                class:is-warn=quick == Quick::Overdue
                aria-pressed=move || if current.get() == quick { "true" } else { "false" }
                on:click=press
            >
                {(quick == Quick::Overdue).then(|| view! { <Icon name="triangle-alert" class="icon--small" /> })}
                {quick.label()}
                " "
                <b class="num">{move || count(quick)}</b>
            </button>
        }
    };
    view! {
        <div class="quick" role="group" aria-label=messages::quick_filter()>
            {Quick::ALL.map(button).collect_view()}
        </div>
    }
}
