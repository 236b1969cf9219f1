//! The explanation for an empty list.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use ringback_domain::wire::endpoint::CountCallbacks;
use ringback_domain::wire::list::{CountQuery, NUMBERED_ROWS, SearchField};

use crate::clock::{self, Clock};
use crate::components::button::{Appearance, Button};
use crate::components::empty_state::EmptyState;
use crate::format;
use crate::messages;
use crate::pages::callbacks::list::feed::Loading;
use crate::pages::callbacks::list::page::OpenDialog;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::view::search::search_label;
use crate::pages::callbacks::view::state::ListState;
use crate::pages::callbacks::view::state::Quick;
use crate::ranges::Range;

/// The explanation, with actions.
pub(crate) fn empty_list() -> AnyView {
    let page = PageState::here();
    let explanation = move || {
        let list = page.view.with(|view| view.list.clone());
        if !list.search.trim().is_empty() {
            nothing_found(page, &list).into_any()
        } else if list.quick != Quick::All {
            nothing_left(page, &list).into_any()
        } else if list.hides_anything() {
            all_hidden(page, &list).into_any()
        } else {
            view! { <NothingThere list /> }.into_any()
        }
    };
    explanation.into_any()
}

fn nothing_found(page: PageState, list: &ListState) -> impl IntoView {
    let text = list.search.trim().to_owned();
    let title = match search_label(list.column) {
        Some(column) => messages::empty_search(column, text),
        None => messages::empty_search_any(text),
    };
    let quick = list.quick;
    let filtered = quick != Quick::All;
    let clear = move |()| page.show(&page.view.get_untracked().with(|list| list.search.clear()));
    let show_all = move |()| page.show(&page.view.get_untracked().with(|list| list.quick = Quick::All));
    // Callback Search finds callbacks by these columns in all ranges.
    let anywhere = matches!(list.column, SearchField::CustomerNumber | SearchField::Id);
    let href = format!("/search?q={}", js_sys::encode_uri_component(&list.search));
    let search = move |()| page.navigate.with_value(|navigate| navigate(&href, NavigateOptions::default()));
    let range = page.range_label(list.range);
    let searched =
        if filtered { messages::searched_filter(quick.label(), range) } else { messages::searched(range) };
    let hidden = list.hides_anything().then(messages::some_hidden);
    let text = std::iter::once(searched.as_str()).chain(hidden).collect::<Vec<_>>().join(" ");
    view! {
        <EmptyState icon="search" title text>
            <Button on_press=clear>{messages::clear_search()}</Button>
            {filtered.then(|| view! { <Button on_press=show_all>{messages::search_all_states()}</Button> })}
            {anywhere.then(|| view! { <Button on_press=search>{messages::search_every_range()}</Button> })}
        </EmptyState>
    }
}

fn nothing_left(page: PageState, list: &ListState) -> impl IntoView {
    let title = messages::empty_filter(list.quick.label(), page.range_label(list.range));
    let clear = move |()| page.show(&page.view.get_untracked().with(|list| list.quick = Quick::All));
    view! {
        <EmptyState icon="calendar-days" title text=messages::empty_filter_text().to_owned()>
            <Button on_press=clear>{messages::show_all()}</Button>
        </EmptyState>
    }
}

/// Only hidden states or services may be in the range.
fn all_hidden(page: PageState, list: &ListState) -> impl IntoView {
    let title = messages::empty_range(page.range_label(list.range));
    view! {
        <EmptyState icon="calendar-days" title text=messages::some_hidden().to_owned()>
            <Button on_press=move |()| page.show_all(true, true)>{messages::show_all()}</Button>
        </EmptyState>
    }
}

/// The range is empty; the neighbouring range may not be.
#[component]
fn NothingThere(list: ListState) -> impl IntoView {
    let page = PageState::here();
    let neighbour = list.range.neighbour();
    let count = RwSignal::new(0_u64);
    spawn_local(async move {
        let bounds = neighbour.bounds(clock::now(), page.preferences.style_untracked().utc);
        let request =
            CountCallbacks { filter: bounds.into(), count: CountQuery { up_to: Some(NUMBERED_ROWS) } };
        if let Ok(response) = page.client.call(&request).await {
            count.try_set(response.total);
        }
    });
    let text = move || match count.get() {
        0 => messages::empty_range_text().to_owned(),
        count => messages::empty_neighbour(count, neighbour.label()),
    };
    let switch =
        move |()| page.show(&page.view.get_untracked().with(|list| list.range = Range::Preset(neighbour)));
    view! {
        <EmptyState
            icon="calendar-days"
            title=messages::empty_range(page.range_label(list.range))
            text=Signal::derive(text)
        >
            <Show when=move || { count.get() > 0 }>
                <Button on_press=switch>{messages::show_range(neighbour.label())}</Button>
            </Show>
            <Show when=move || page.manages>
                <Button
                    appearance=Appearance::Primary
                    icon="plus"
                    on_press=move |()| page.dialog.set(Some(OpenDialog::Create))
                >
                    {messages::create_callback()}
                </Button>
            </Show>
        </EmptyState>
    }
}

/// The list could not be loaded.
#[component]
pub(super) fn Failed() -> impl IntoView {
    /// Shortest and longest wait before the list is loaded again, in seconds.
    const RETRY_WAITS: (i64, i64) = (10, 60);
    let page = PageState::here();
    let clock = Clock::here();
    let wait = StoredValue::new(RETRY_WAITS.0);
    let due = RwSignal::new(clock::now().plus_seconds(RETRY_WAITS.0));
    let left = Memo::new(move |_| due.get().seconds_since(clock.second()));
    Effect::new(move |_| {
        if left.get() <= 0 && page.feed.loading.get_untracked() == Loading::Idle {
            wait.update_value(|wait| *wait = (*wait * 2).min(RETRY_WAITS.1));
            due.set(clock::now().plus_seconds(wait.get_value()));
            untrack(|| page.feed.load());
        }
    });
    let again = move || match left.get() {
        ..=0 => messages::trying_again().to_owned(),
        seconds => messages::trying_again_in(format::duration(seconds)),
    };
    let text = move || {
        page.feed.failure.with(|failure| {
            failure.as_ref().map_or_else(String::new, |failure| {
                let reference = failure.reference().map(messages::reference);
                std::iter::once(failure.message()).chain(reference).collect::<Vec<_>>().join(" ")
            })
        })
    };
    view! {
        <EmptyState icon="circle-alert" bad=true title=messages::list_failed() text=Signal::derive(text)>
            <Button icon="refresh-cw" on_press=move |()| page.feed.load()>{messages::try_again()}</Button>
            <span class="hint num">{again}</span>
        </EmptyState>
    }
}
