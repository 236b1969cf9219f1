//! What narrows the list, and what is done without a row.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use ringback_domain::wire::list::CallbackCount;

use super::chips::Chips;
use super::export::ExportMenu;
use super::feed::{Live, Loading};
use super::paging;
use super::view_state::{Quick, search_columns, search_field, search_word};
use super::{Open, Page};
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::messages;
use crate::ranges::{self, DateRange, Range};

/// The states as toggle buttons, each with its count.
#[component]
pub(super) fn QuickFilter() -> impl IntoView {
    let page = Page::here();
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
                {(quick == Quick::Overdue).then(|| view! { <Icon name="triangle-alert" class="i-sm" /> })}
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

/// What is done without a row.
#[component]
pub(super) fn Actions() -> impl IntoView {
    let page = Page::here();
    let create = page.manages.then(|| {
        view! {
                <Button
                    weight=Weight::Primary
                    icon="plus"
                    keys="c"
                    on_press=move |()| page.dialog.set(Some(Open::Create))
                >
                    {messages::create_callback()}
                </Button>
        }
    });
    view! {
        <div class="actions">
            {page.manages.then(|| view! { <ExportMenu /> })}
            <Button
                icon="sliders-horizontal"
                class="k-adv"
                keys="o"
                on_press=move |()| page.dialog.set(Some(Open::Options))
            >
                {messages::advanced_options()}
            </Button>
            {create}
        </div>
    }
}

/// Range, search, and how fresh the list is.
#[component]
pub(super) fn FilterBar() -> impl IntoView {
    view! {
        <div class="filterbar">
            <RangeSelect />
            <SearchBox />
            <Chips />
            <Freshness />
            <RefreshButton />
        </div>
    }
}

#[component]
fn RangeSelect() -> impl IntoView {
    let page = Page::here();
    let current = Memo::new(move |_| page.view.with(|view| view.list.range));
    let change = move |event: leptos::ev::Event| {
        let Some(range) = Range::from_word(&event_target_value(&event)) else { return };
        page.session.prefer(move |preferences| preferences.last_range = Some(range.word()));
        let mut view = page.view.get_untracked().with(|list| list.range = range);
        view.open.clear();
        page.show(&view);
    };
    let option = move |range: Range, label: String| {
        view! { <option value=range.word() selected=move || current.get() == range>{label}</option> }
    };
    let group = move |label: &'static str, ranges: &[DateRange]| {
        let options = ranges.iter().map(|range| option(Range::Given(*range), range.label().to_owned()));
        view! { <optgroup label=label>{options.collect_view()}</optgroup> }
    };
    // The person's own, and one that only the address has.
    let own = Memo::new(move |_| {
        let mut ranges = page.session.preferences().with(ranges::made);
        let shown = current.get();
        if !matches!(shown, Range::Given(_)) && ranges.iter().all(|(range, _)| *range != shown) {
            ranges.push((shown, page.range_label(shown)));
        }
        ranges
    });
    let own_group = move || {
        let ranges = own.get();
        (!ranges.is_empty()).then(|| {
            let options = ranges.into_iter().map(|(range, label)| option(range, label)).collect_view();
            view! { <optgroup label=messages::ranges_own()>{options}</optgroup> }
        })
    };
    view! {
        <span class="selectwrap daterange">
            <Icon name="calendar-days" class="i-lead" />
            <select
                class="select"
                aria-label=messages::date_range()
                prop:value=move || {
                    own.track();
                    current.get().word()
                }
                on:change=change
            >
                {group(messages::ranges_past(), &DateRange::PAST)}
                {group(messages::ranges_now(), &DateRange::NOW)}
                {group(messages::ranges_ahead(), &DateRange::AHEAD)}
                {own_group}
            </select>
            <Icon name="chevron-down" class="i-sm" />
        </span>
    }
}

/// The id of the search box.
pub(super) const SEARCH_ID: &str = "search";
/// The server is asked this long after the last key.
const SEARCH_PAUSE: Duration = Duration::from_millis(150);

#[component]
fn SearchBox() -> impl IntoView {
    let page = Page::here();
    let input = NodeRef::<html::Input>::new();
    let typed = StoredValue::new(0_u32);
    let column = Memo::new(move |_| page.view.with(|view| view.list.column));
    let search = Memo::new(move |_| page.view.with(|view| view.list.search.clone()));
    let text = page.typed;
    // Going back, or clearing the filter elsewhere.
    Effect::new(move |_| {
        let search = search.get();
        if text.get_untracked() != search {
            text.set(search);
        }
    });
    let go = move |value: String| {
        if page.view.with_untracked(|view| view.list.search != value) {
            page.replace(&page.view.get_untracked().with(|list| list.search = value));
        }
    };
    let type_in = move |value: String| {
        text.set(value);
        typed.update_value(|typed| *typed += 1);
        let number = typed.get_value();
        let later = move || {
            if typed.try_get_value() == Some(number) {
                go(text.get_untracked());
            }
        };
        set_timeout(later, SEARCH_PAUSE);
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" && !text.with_untracked(String::is_empty) {
            event.prevent_default();
            type_in(String::new());
        }
    };
    let choose = move |event: leptos::ev::Event| {
        let Some(field) = search_field(&event_target_value(&event)) else { return };
        page.replace(&page.view.get_untracked().with(|list| list.column = field));
        if let Some(input) = input.get_untracked() {
            let _ = input.focus();
        }
    };
    let options = move || {
        let shown = page.columns.get().unwrap_or_default();
        let option = |(field, name): (_, &str)| {
            view! {
                <option value=search_word(field) selected=move || column.get() == field>{name.to_owned()}</option>
            }
        };
        search_columns(&shown, column.get()).map(option).collect_view()
    };
    view! {
        <div class="searchbox" role="search">
            <Icon name="search" />
            <input
                class="input"
                type="search"
                node_ref=input
                id=SEARCH_ID
                data-keys="/"
                aria-label=messages::search()
                placeholder=messages::search_placeholder()
                maxlength="100"
                autocomplete="off"
                spellcheck="false"
                prop:value=text
                on:input=move |event| type_in(event_target_value(&event))
                on:keydown=keys
            />
            <span class="selectwrap">
                <select
                    class="select"
                    aria-label=messages::search_column()
                    prop:value=move || search_word(column.get())
                    on:change=choose
                >
                    {options}
                </select>
                <Icon name="chevron-down" class="i-sm" />
            </span>
        </div>
    }
}

#[component]
fn Freshness() -> impl IntoView {
    let page = Page::here();
    let updated = move || {
        let at = page.feed.as_of.get()?;
        Some(messages::updated(format::time_seconds(at, page.session.style())))
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
            <span class="num k-upd-text">{updated}</span>
        </span>
    }
}

#[component]
fn RefreshButton() -> impl IntoView {
    let page = Page::here();
    let toasts = Toasts::here();
    // Where rows stay on screen, the failure is told beside them.
    Effect::new(move |failed: Option<bool>| {
        let failure = page.feed.failure.get();
        let stale = page.feed.rows.with_untracked(|rows| rows.as_ref().is_some_and(|rows| !rows.is_empty()));
        let fails = failure.is_some();
        if let (Some(failure), true, false) = (failure, stale, failed.unwrap_or_default()) {
            toasts.show(Toast::failed(messages::refresh_failed(), failure.sentence()));
        }
        fails
    });
    let turning = move || page.feed.loading.get() != Loading::Idle;
    view! {
        <button
            type="button"
            class="btn k-refresh"
            class:is-turning=turning
            data-keys="r"
            on:click=move |_| page.feed.load()
        >
            <Icon name="refresh-cw" />
            {messages::refresh()}
        </button>
    }
}
