//! A button that opens a menu.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::browser::{self, lowercase};
use crate::components::icon::Icon;
use crate::components::placement::{Align, place};
use crate::components::unique_id;

/// Closes the menu around an item.
#[derive(Clone, Copy)]
pub(crate) struct MenuHandle(NodeRef<html::Div>);

impl MenuHandle {
    /// Closes it; the focus goes back to the button.
    pub(crate) fn close(self) {
        if let Some(menu) = self.0.get_untracked() {
            let _ = menu.hide_popover();
        }
    }
}

/// The button and its menu.
#[component]
pub(crate) fn Menu(
    /// The menu's name.
    label: &'static str,
    /// The button's name.
    button_label: String,
    /// The button's classes.
    button_class: &'static str,
    /// Opens to the side where lines end.
    #[prop(optional)]
    at_start: bool,
    /// The page that is shown is one of its items.
    #[prop(optional, into)]
    current: Signal<bool>,
    /// What the button shows.
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
                    lowercase(&item.text_content().unwrap_or_default()).starts_with(&lowercase(letter))
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

/// An item that leads to a page.
#[component]
pub(crate) fn MenuLink(
    /// The page's address.
    href: &'static str,
    /// The page is shown.
    #[prop(optional, into)]
    current: Signal<bool>,
    /// It is no page of this program, and opens beside it.
    #[prop(optional)]
    outside: bool,
    /// The keys that go there too.
    #[prop(optional)]
    keys: Option<&'static str>,
    /// Icon and text.
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
    /// An icon.
    icon: &'static str,
    /// Its name, and the group's.
    label: &'static str,
    /// What is chosen in it.
    #[prop(into)]
    chosen: Signal<&'static str>,
    /// The items.
    children: ChildrenFn,
) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <MenuItem expanded=Signal::from(open) on_press=move |()| open.update(|open| *open = !*open)>
            <Icon name=icon />
            {label}
            <span class="end" aria-hidden="true">{chosen}</span>
        </MenuItem>
        {move || {
            let items = open.get().then(&*children)?;
            Some(view! { <div role="group" aria-label=label class="subitems">{items}</div> })
        }}
    }
}

/// An item that does something.
#[component]
pub(crate) fn MenuItem(
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// Opens and closes further items below it; then the menu stays open.
    #[prop(optional, into)]
    expanded: Option<Signal<bool>>,
    /// The keys that do it too.
    #[prop(optional)]
    keys: Option<&'static str>,
    /// Icon and text.
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

/// An item that is one of several; the menu stays open, so that the effect can
/// be seen.
#[component]
pub(crate) fn MenuRadio(
    /// Whether it is the chosen one.
    #[prop(into)]
    checked: Signal<bool>,
    /// When it is chosen.
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
