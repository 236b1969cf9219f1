//! The rows that one command is given for.

use std::collections::HashMap;

use leptos::prelude::*;
use ringback_domain::wire::list::CountByState;
use ringback_domain::{CallbackId, StateName};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, MouseEvent};

use super::feed::Row;
use super::row::row_of;
use super::view_state::ListState;
use super::{Open, Page};
use crate::components::button::{Button, LinkButton};
use crate::format;
use crate::messages;

/// The chosen rows, by id: they outlive reloads, orders and searches.
#[derive(Clone, Copy)]
pub(crate) struct Selection {
    rows: RwSignal<HashMap<CallbackId, Row>>,
    /// Where a stretch begins.
    anchor: StoredValue<Option<CallbackId>>,
    /// There was one, and it is gone.
    cleared: RwSignal<bool>,
}

impl Selection {
    /// Nothing is selected.
    pub(crate) fn new() -> Self {
        Self {
            rows: RwSignal::new(HashMap::new()),
            anchor: StoredValue::new(None),
            cleared: RwSignal::new(false),
        }
    }

    /// A chosen row, wherever it is listed now.
    pub(crate) fn find(self, id: CallbackId) -> Option<Row> {
        self.rows.with_untracked(|rows| rows.get(&id).cloned())
    }

    /// Every chosen row as it is now.
    pub(crate) fn rows_now(self) -> Vec<Row> {
        self.rows.with_untracked(|rows| rows.values().cloned().collect())
    }

    /// How many are chosen.
    pub(crate) fn count(self) -> usize {
        self.rows.with(HashMap::len)
    }

    /// Chooses rows, or no longer. Each row has a signal of its own, so that
    /// only those change that do.
    fn set(self, rows: &[Row], on: bool) {
        let changed: Vec<&Row> = rows.iter().filter(|row| row.selected.get_untracked() != on).collect();
        if changed.is_empty() {
            return;
        }
        for row in &changed {
            row.selected.set(on);
        }
        self.rows.update(|chosen| {
            for row in changed {
                if on {
                    chosen.insert(row.id, row.clone());
                } else {
                    chosen.remove(&row.id);
                }
            }
        });
        self.cleared.set(false);
    }

    /// Chooses none.
    pub(crate) fn clear(self) {
        let rows = self.rows_now();
        if !rows.is_empty() {
            self.set(&rows, false);
            self.anchor.set_value(None);
            self.cleared.set(true);
        }
    }

    /// Chooses a row, or the whole stretch from the one before.
    fn pick(self, rows: &[Row], id: CallbackId, on: bool, stretch: bool) {
        let at = |id: Option<CallbackId>| rows.iter().position(|row| Some(row.id) == id);
        let Some(here) = at(Some(id)) else { return };
        let start = at(self.anchor.get_value()).filter(|_| stretch).unwrap_or(here);
        self.set(&rows[start.min(here)..=start.max(here)], on);
        self.anchor.set_value(Some(id));
    }

    fn counts(self) -> CountByState {
        let mut counts = CountByState::default();
        self.rows.with(|rows| {
            for row in rows.values() {
                *counts.of(row.record.with(|view| view.state)) += 1;
            }
        });
        counts
    }
}

/// Gives the selection up where it would not be seen any more.
pub(super) fn follow(page: Page, list: Memo<ListState>) {
    let selection = page.feed.selection;
    Effect::new(move |before: Option<ListState>| {
        let now = list.get();
        if before.is_some_and(|before| elsewhere(&before, &now)) {
            untrack(|| selection.clear());
        }
        now
    });
    let escape = window_event_listener(leptos::ev::keydown, move |event| {
        // What is open, and what is searched, goes first.
        if event.key() == "Escape" && !event.default_prevented() && !something_is_open() {
            selection.clear();
        }
    });
    on_cleanup(move || escape.remove());
}

fn something_is_open() -> bool {
    matches!(document().query_selector(":popover-open, dialog[open]"), Ok(Some(_)))
}

/// Another range, or another page of the same list.
fn elsewhere(before: &ListState, now: &ListState) -> bool {
    before.range != now.range
        || before.place != now.place && ListState { place: now.place.clone(), ..before.clone() } == *now
}

/// The box that was clicked, with its row.
fn box_of(event: &MouseEvent) -> Option<(HtmlInputElement, CallbackId)> {
    let input = event.target()?.dyn_into().ok()?;
    Some((input, row_of(event)?))
}

/// A click on the box of a row.
pub(super) fn clicked(page: Page, event: &MouseEvent) {
    if let Some((input, id)) = box_of(event) {
        let (on, stretch) = (input.checked(), event.shift_key());
        page.feed.rows.with_untracked(|rows| {
            page.feed.selection.pick(rows.as_deref().unwrap_or_default(), id, on, stretch);
        });
    }
}

/// Keeps a stretch of rows from becoming a stretch of marked text.
pub(super) fn pressed(event: &MouseEvent) {
    if event.shift_key()
        && let Some((input, _)) = box_of(event)
    {
        event.prevent_default();
        let _ = input.focus();
    }
}

/// How much of the page is chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    None,
    Some,
    All,
}

fn share(page: Page) -> Memo<Share> {
    let selection = page.feed.selection;
    Memo::new(move |_| {
        page.feed.rows.with(|rows| {
            let rows = rows.as_deref().unwrap_or_default();
            selection.rows.with(|chosen| {
                match rows.iter().filter(|row| chosen.contains_key(&row.id)).count() {
                    0 => Share::None,
                    some if some < rows.len() => Share::Some,
                    _ => Share::All,
                }
            })
        })
    })
}

fn select_page(page: Page, on: bool) {
    page.feed.rows.with_untracked(|rows| {
        page.feed.selection.set(rows.as_deref().unwrap_or_default(), on);
    });
}

/// The box in the head of the table.
#[component]
pub(super) fn PageBox() -> impl IntoView {
    let page = Page::here();
    let share = share(page);
    view! {
        <input
            type="checkbox"
            class="check"
            class:is-mixed=move || share.get() == Share::Some
            aria-label=messages::select_page()
            prop:checked=move || share.get() == Share::All
            prop:indeterminate=move || share.get() == Share::Some
            on:change=move |event| select_page(page, event_target_checked(&event))
        />
    }
}

/// What is chosen, and how to choose more or none.
#[component]
pub(super) fn Chosen() -> impl IntoView {
    let page = Page::here();
    let selection = page.feed.selection;
    let share = share(page);
    let on_page = Memo::new(move |_| {
        page.feed.rows.with(|rows| u64::try_from(rows.as_ref().map_or(0, Vec::len)).unwrap_or_default())
    });
    let number = move || messages::selected(u64::try_from(selection.count()).unwrap_or_default());
    let states = move || format!(" · {}", by_state(selection.counts()));
    view! {
        <span role="status"><b class="semi">{number}</b><span class="k-wide">{states}</span></span>
        <span class="sep"></span>
        <Show when=move || share.get() != Share::All>
            <span class="k-wide">
                <LinkButton on_press=move |()| select_page(page, true)>
                    {move || messages::select_all(on_page.get())}
                </LinkButton>
            </span>
        </Show>
        <LinkButton on_press=move |()| selection.clear()>{messages::clear()}</LinkButton>
    }
}

/// `3 SCHEDULED, 1 QUEUED`.
pub(super) fn by_state(mut counts: CountByState) -> String {
    let states = StateName::ALL.into_iter().map(|state| (*counts.of(state), state));
    let some: Vec<String> = states
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| messages::count_in_state(format::count(count), state))
        .collect();
    some.join(", ")
}

/// The command for the whole selection; out of work without one.
#[component]
pub(super) fn CancelButton() -> impl IntoView {
    let page = Page::here();
    let selection = page.feed.selection;
    let inactive = Memo::new(move |_| (selection.count() == 0).then(|| messages::select_first().to_owned()));
    view! {
        <span class="vh" role="status">
            {move || selection.cleared.get().then(messages::selection_cleared)}
        </span>
        <Button
            class="btn-sm btn-danger"
            icon="ban"
            keys="C"
            inactive=inactive
            on_press=move |()| page.dialog.set(Some(Open::CancelSelected))
        >
            {messages::cancel_callbacks()}
        </Button>
    }
}

#[cfg(test)]
mod tests {
    use super::super::view_state::{Place, Quick};
    use super::*;
    use crate::ranges::{DateRange, Range};

    #[test]
    fn a_selection_survives_sorting_and_filters_but_not_page_or_range() {
        let list = ListState { place: Place::Page(2), ..ListState::default() };
        let first = ListState { place: Place::Page(1), ..list.clone() };
        for now in [
            ListState { search: "79".into(), ..first.clone() },
            ListState { quick: Quick::Overdue, ..first.clone() },
            list.clone(),
        ] {
            assert!(!elsewhere(&list, &now), "{now:?}");
        }
        assert!(elsewhere(&list, &first));
        assert!(elsewhere(&list, &ListState { range: Range::Given(DateRange::Tomorrow), ..list.clone() }));
    }

    #[test]
    fn states_without_a_callback_are_not_named() {
        let counts = CountByState { scheduled: 3, processing: 1, ..CountByState::default() };
        assert_eq!(by_state(counts), "3 SCHEDULED, 1 PROCESSING");
    }
}
