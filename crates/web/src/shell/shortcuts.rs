//! Keyboard shortcuts. An element names its shortcut in `data-keys`; keys for
//! rows act on the row that has the focus.

use leptos::prelude::*;
use ringback_domain::Timestamp;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent, MouseEvent, MouseEventInit};

use crate::browser;
use crate::clock;
use crate::messages;
use crate::preferences::PreferenceStore;

/// The longest time between two keys of a shortcut, in seconds.
const MAX_PAUSE: i64 = 2;

/// Listens to keys while the calling component exists.
pub(super) fn listen() {
    let preferences = PreferenceStore::here();
    let first = StoredValue::new(None::<Timestamp>);
    let listener = window_event_listener(leptos::ev::keydown, move |event| {
        let off = preferences.with_untracked(|preferences| preferences.shortcuts_off);
        if !off && is_free(&event) {
            press(&event, first);
        }
    });
    on_cleanup(move || listener.remove());
}

/// Whether a key may be a shortcut: no text field has the focus, and no dialog
/// or menu is open.
fn is_free(event: &KeyboardEvent) -> bool {
    const TYPING: &str = "input:not([type=checkbox]):not([type=radio]), select, textarea";
    let typing = browser::focused().is_some_and(|element| element.matches(TYPING).unwrap_or_default());
    let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
    !event.default_prevented() && !modified && !typing && find("dialog[open], .menu:popover-open").is_none()
}

fn press(event: &KeyboardEvent, first: StoredValue<Option<Timestamp>>) {
    let key = event.key();
    let now = clock::now();
    let second = first.get_value().is_some_and(|at| now.seconds_since(at) <= MAX_PAUSE);
    first.set_value((key == "g" && !second).then_some(now));
    let done = match key.as_str() {
        _ if second => click(&format!("[data-keys=\"g {key}\"]")),
        "j" => step(1),
        "k" => step(-1),
        "e" => in_row(".col-actions button").map(|button| button.click()).is_some(),
        "x" | "X" => in_row("input[type=checkbox]").is_some_and(|check| select(&check, key == "X")),
        "/" => focus_search(),
        // Without a search, the list clears its selection.
        "Escape" => clear_search(),
        "c" | "C" | "r" | "n" | "o" | "[" | "]" | "?" => click(&format!("[data-keys=\"{key}\"]")),
        _ => false,
    };
    if done {
        event.prevent_default();
    }
}

fn find(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok().flatten()?.dyn_into().ok()
}

fn click(selector: &str) -> bool {
    find(selector).map(|element| element.click()).is_some()
}

/// The row that contains the focus, itself or in its details.
fn row() -> Option<Element> {
    let row = browser::focused()?.closest("tr").ok().flatten()?;
    if row.matches(".detail-row").unwrap_or_default() { row.previous_element_sibling() } else { Some(row) }
}

fn in_row(selector: &str) -> Option<HtmlElement> {
    row()?.query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// Moves the focus to the arrow of the next or the previous row.
fn step(by: isize) -> bool {
    let Ok(arrows) = document().query_selector_all("tr:not([hidden]) .expand-button") else { return false };
    let here = in_row(".expand-button");
    let arrow = |index: u32| arrows.item(index)?.dyn_into::<HtmlElement>().ok();
    let at = here.and_then(|here| (0..arrows.length()).find(|index| arrow(*index).as_ref() == Some(&here)));
    let next = match at {
        None => Some(0),
        Some(at) if by < 0 => at.checked_sub(1),
        Some(at) => Some(at + 1),
    };
    next.and_then(arrow).is_some_and(|arrow| arrow.focus().is_ok())
}

/// Ticks the box of a row; `extend` acts as a click with the shift key.
fn select(check: &HtmlElement, stretch: bool) -> bool {
    let how = MouseEventInit::new();
    how.set_bubbles(true);
    how.set_cancelable(true);
    how.set_shift_key(stretch);
    let click = MouseEvent::new_with_mouse_event_init_dict("click", &how);
    click.is_ok_and(|click| check.dispatch_event(&click).is_ok())
}

fn search_field() -> Option<HtmlInputElement> {
    find("[data-keys=\"/\"]")?.dyn_into().ok()
}

fn focus_search() -> bool {
    let Some(field) = search_field() else { return false };
    field.select();
    field.focus().is_ok()
}

fn clear_search() -> bool {
    let Some(field) = search_field().filter(|field| !field.value().is_empty()) else { return false };
    field.set_value("");
    web_sys::Event::new_with_event_init_dict("input", &bubbling())
        .is_ok_and(|event| field.dispatch_event(&event).is_ok())
}

fn bubbling() -> web_sys::EventInit {
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    init
}

/// A key and its meaning.
type Line = (&'static str, fn() -> &'static str);

const LIST: [Line; 16] = [
    ("/", messages::key_search),
    ("c", messages::create_callback),
    ("r", messages::refresh),
    ("n", messages::jump_to_now),
    ("j", messages::key_next_row),
    ("k", messages::key_previous_row),
    ("e", messages::key_edit),
    ("x", messages::key_select),
    ("Shift + x", messages::key_extend),
    ("Shift + c", messages::cancel_callbacks),
    ("o", messages::advanced_options),
    ("[ ]", messages::key_pages),
    ("g c", messages::key_callbacks),
    ("g s", messages::key_callback_search),
    ("Esc", messages::key_escape),
    ("?", messages::key_list),
];

/// The list and its state.
pub(super) fn shortcut_list() -> AnyView {
    let line = |(key, what): Line| {
        view! { <div><dt>{what()}</dt><dd><kbd>{key}</kbd></dd></div> }
    };
    view! {
        <dl class="key-value keys">{LIST.map(line).collect_view()}</dl>
        <p class="hint">{messages::shortcuts_hint()}</p>
    }
    .into_any()
}
