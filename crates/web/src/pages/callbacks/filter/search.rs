//! The search box.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::view::search::{search_columns, search_field, search_key};

/// The id of the search box.
pub(super) const SEARCH_ID: &str = "search";
/// The server is asked this long after the last key press.
const SEARCH_DELAY: Duration = Duration::from_millis(150);

/// The search box with the column to search in.
#[component]
pub(super) fn SearchBox() -> impl IntoView {
    let page = PageState::here();
    let input = NodeRef::<html::Input>::new();
    let typed = StoredValue::new(0_u32);
    let column = Memo::new(move |_| page.view.with(|view| view.list.column));
    let search = Memo::new(move |_| page.view.with(|view| view.list.search.clone()));
    let text = page.typed;
    // The search changes when one goes back or clears the filter.
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
        let search = move || {
            if typed.try_get_value() == Some(number) {
                go(text.get_untracked());
            }
        };
        set_timeout(search, SEARCH_DELAY);
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
                <option value=search_key(field) selected=move || column.get() == field>{name.to_owned()}</option>
            }
        };
        search_columns(&shown, column.get()).map(option).collect_view()
    };
    view! {
        <div class="search-box" role="search">
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
            <span class="select-wrapper">
                <select
                    class="select"
                    aria-label=messages::search_column()
                    prop:value=move || search_key(column.get())
                    on:change=choose
                >
                    {options}
                </select>
                <Icon name="chevron-down" class="icon--small" />
            </span>
        </div>
    }
}
