//! A button that opens a menu.

use crate::intl::fold;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::browser;
use crate::components::icon::Icon;
use crate::components::placement::{Align, place};
use crate::components::unique_id;

/// Closes the menu that contains an item.
#[derive(Clone, Copy)]
pub(crate) struct MenuHandle(NodeRef<html::Div>);

impl MenuHandle {
    /// Closes the menu and returns the focus to its button.
    pub(crate) fn close(self) {
        if let Some(menu) = self.0.get_untracked() {
            let _ = menu.hide_popover();
        }
    }
}

/// The button and its menu.
#[component]
pub(crate) fn Menu(
    /// The accessible name of the menu.
    label: &'static str,
    /// The accessible name of the button.
    button_label: String,
    /// The classes of the button.
    button_class: &'static str,
    /// Is aligned to the start of its button.
    #[prop(optional)]
    at_start: bool,
    /// Whether the current page is one of its items.
    #[prop(optional, into)]
    current: Signal<bool>,
    /// Called when it is opened.
    #[prop(optional, into)]
    on_open: Option<Callback<()>>,
    /// The content of the button.
    button: Children,
    /// The items.
    children: Children,
) -> impl IntoView {
    let id = StoredValue::new(unique_id("menu"));
    let anchor = NodeRef::<html::Button>::new();
    let menu = NodeRef::<html::Div>::new();
    let open = RwSignal::new(false);
    provide_context(MenuHandle(menu));
    let toggled = move |event: leptos::ev::Event| {
        let state = browser::property(&event, "newState").and_then(|state| state.as_string());
        let opened = state.as_deref() == Some("open");
        open.set(opened);
        if let (true, Some(on_open)) = (opened, on_open) {
            on_open.run(());
        }
        if let (true, Some(anchor), Some(menu)) = (opened, anchor.get_untracked(), menu.get_untracked()) {
            place(&anchor, &menu, if at_start { Align::Start } else { Align::End });
            if let Some(first) = items(&menu).first() {
                let _ = first.focus();
            }
        }
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let Some(menu) = menu.get_untracked() else { return };
        let items = items(&menu);
        let current = browser::focused();
        let at = items.iter().position(|item| Some(item) == current.as_ref());
        let last = items.len().saturating_sub(1);
        let key = event.key();
        let to = match key.as_str() {
            "ArrowDown" => Some(at.map_or(0, |at| if at == last { 0 } else { at + 1 })),
            "ArrowUp" => Some(at.map_or(last, |at| at.checked_sub(1).unwrap_or(last))),
            "Home" => Some(0),
            "End" => Some(last),
            "Tab" => {
                let _ = menu.hide_popover();
                None
            }
            letter if letter.chars().count() == 1 => {
                let begins = |item: &HtmlElement| {
                    fold(&item.text_content().unwrap_or_default()).starts_with(&fold(letter))
                };
                let after = at.map_or(0, |at| at + 1);
                let order = (after..items.len()).chain(0..after.min(items.len()));
                order.into_iter().find(|index| begins(&items[*index]))
            }
            _ => None,
        };
        if let Some(item) = to.and_then(|to| items.get(to)) {
            event.prevent_default();
            let _ = item.focus();
        }
    };
    let open_by_arrow = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "ArrowDown"
            && let Some(menu) = menu.get_untracked()
        {
            event.prevent_default();
            let _ = menu.show_popover();
        }
    };
    view! {
        <button
            type="button"
            class=button_class
            class:is-current=current
            node_ref=anchor
            aria-label=button_label
            aria-haspopup="menu"
            aria-expanded=move || if open.get() { "true" } else { "false" }
            aria-controls=id.get_value()
            popovertarget=id.get_value()
            on:keydown=open_by_arrow
        >
            {button()}
        </button>
        <div
            class="menu"
            id=id.get_value()
            node_ref=menu
            popover="auto"
            role="menu"
            aria-label=label
            on:toggle=toggled
            on:keydown=keys
        >
            {children()}
        </div>
    }
}

fn items(menu: &HtmlElement) -> Vec<HtmlElement> {
    let Ok(found) = menu.query_selector_all("[role^=\"menuitem\"]") else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}

/// An item that links to a page.
#[component]
pub(crate) fn MenuLink(
    /// The address of the page.
    href: &'static str,
    /// Whether the page is the current one.
    #[prop(optional, into)]
    current: Signal<bool>,
    /// The page is not part of this program and opens in another tab.
    #[prop(optional)]
    outside: bool,
    /// The keyboard shortcut.
    #[prop(optional)]
    keys: Option<&'static str>,
    /// The icon and the text.
    children: Children,
) -> impl IntoView {
    let menu: MenuHandle = expect_context();
    view! {
        <a
            role="menuitem"
            tabindex="-1"
            href=href
            target=outside.then_some("_blank")
            rel=outside.then_some("external")
            aria-current=move || current.get().then_some("page")
            data-keys=keys
            on:click=move |_| menu.close()
        >
            {children()}
        </a>
    }
}

/// An item that opens and closes further items below it.
#[component]
pub(crate) fn Submenu(
    /// The icon.
    icon: &'static str,
    /// The name of the item and of the group.
    label: &'static str,
    /// The label of the chosen item.
    #[prop(into)]
    chosen: Signal<String>,
    /// The items.
    children: ChildrenFn,
) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <MenuItem expanded=Signal::from(open) on_press=move |()| open.update(|open| *open = !*open)>
            <Icon name=icon />
            {label}
            <span class="menu__shortcut" aria-hidden="true">{chosen}</span>
        </MenuItem>
        {move || {
            let items = open.get().then(&*children)?;
            Some(view! { <div role="group" aria-label=label class="menu__subitems">{items}</div> })
        }}
    }
}

/// An item with an action.
#[component]
pub(crate) fn MenuItem(
    /// The action.
    #[prop(into)]
    on_press: Callback<()>,
    /// Whether further items below it are shown, for an item that opens them.
    /// Such an item keeps the menu open.
    #[prop(optional, into)]
    expanded: Option<Signal<bool>>,
    /// The keyboard shortcut.
    #[prop(optional)]
    keys: Option<&'static str>,
    /// The icon and the text.
    children: Children,
) -> impl IntoView {
    let menu: MenuHandle = expect_context();
    view! {
        <button
            type="button"
            role="menuitem"
            tabindex="-1"
            data-keys=keys
            aria-expanded=move || expanded.map(|expanded| if expanded.get() { "true" } else { "false" })
            on:click=move |_| {
                on_press.run(());
                if expanded.is_none() {
                    menu.close();
                }
            }
        >
            {children()}
        </button>
    }
}

/// An item that is one of several options. The menu stays open so that the
/// effect can be seen.
#[component]
pub(crate) fn MenuRadio(
    /// Whether it is chosen.
    #[prop(into)]
    checked: Signal<bool>,
    /// Called when it is chosen.
    #[prop(into)]
    on_choose: Callback<()>,
    /// The text.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type="button"
            role="menuitemradio"
            tabindex="-1"
            aria-checked=move || if checked.get() { "true" } else { "false" }
            on:click=move |_| on_choose.run(())
        >
            <Icon name="check" />
            {children()}
        </button>
    }
}
