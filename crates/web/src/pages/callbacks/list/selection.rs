//! The selected rows.

use std::collections::HashMap;

use leptos::prelude::*;
use ringback_domain::wire::list::CountByState;
use ringback_domain::{CallbackId, StateName};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, MouseEvent};

use super::row::row_of;
use crate::components::button::{Button, LinkButton};
use crate::format;
use crate::messages;
use crate::pages::callbacks::list::page::OpenDialog;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::record::row::Row;
use crate::pages::callbacks::view::state::ListState;

/// The selected rows by id. They stay selected across reloads, sorting and
/// searches.
#[derive(Clone, Copy)]
pub(crate) struct Selection {
    rows: RwSignal<HashMap<CallbackId, Row>>,
    /// The row from which a selection is extended.
    anchor: StoredValue<Option<CallbackId>>,
    /// A selection was cleared.
    cleared: RwSignal<bool>,
}

impl Selection {
    /// An empty selection.
    pub(crate) fn new() -> Self {
        Self {
            rows: RwSignal::new(HashMap::new()),
            anchor: StoredValue::new(None),
            cleared: RwSignal::new(false),
        }
    }

    /// A selected row, on whatever page it is.
    pub(crate) fn find(self, id: CallbackId) -> Option<Row> {
        self.rows.with_untracked(|rows| rows.get(&id).cloned())
    }

    /// All selected rows.
    pub(crate) fn rows_untracked(self) -> Vec<Row> {
        self.rows.with_untracked(|rows| rows.values().cloned().collect())
    }

    /// The number of selected rows; tracked.
    pub(crate) fn count(self) -> usize {
        self.rows.with(HashMap::len)
    }

    /// Selects or deselects rows. Each row has its own signal, so that only
    /// changed rows are redrawn.
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

    /// Clears the selection.
    pub(crate) fn clear(self) {
        let rows = self.rows_untracked();
        if !rows.is_empty() {
            self.set(&rows, false);
            self.anchor.set_value(None);
            self.cleared.set(true);
        }
    }

    /// Selects or deselects a row, or all rows from the last one to it.
    fn select_row(self, rows: &[Row], id: CallbackId, on: bool, extend: bool) {
        let at = |id: Option<CallbackId>| rows.iter().position(|row| Some(row.id) == id);
        let Some(here) = at(Some(id)) else { return };
        let start = at(self.anchor.get_value()).filter(|_| extend).unwrap_or(here);
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

/// Clears the selection when it would no longer be visible.
pub(crate) fn follow(page: PageState, list: Memo<ListState>) {
    let selection = page.feed.selection;
    Effect::new(move |before: Option<ListState>| {
        let now = list.get();
        if before.is_some_and(|before| ends_selection(&before, &now)) {
            untrack(|| selection.clear());
        }
        now
    });
    let escape = window_event_listener(leptos::ev::keydown, move |event| {
        // Escape first closes what is open and clears the search.
        if event.key() == "Escape" && !event.default_prevented() && !something_is_open() {
            selection.clear();
        }
    });
    on_cleanup(move || escape.remove());
}

fn something_is_open() -> bool {
    matches!(document().query_selector(":popover-open, dialog[open]"), Ok(Some(_)))
}

/// Whether a change of the list ends the selection: another range, or another
/// page of the same list.
fn ends_selection(before: &ListState, now: &ListState) -> bool {
    before.range != now.range
        || before.place != now.place && ListState { place: now.place.clone(), ..before.clone() } == *now
}

/// The checkbox that was clicked, with its row.
fn checkbox_of(event: &MouseEvent) -> Option<(HtmlInputElement, CallbackId)> {
    let input = event.target()?.dyn_into().ok()?;
    Some((input, row_of(event)?))
}

/// Handles a click on the checkbox of a row.
pub(crate) fn handle_click(page: PageState, event: &MouseEvent) {
    if let Some((input, id)) = checkbox_of(event) {
        let (on, extend) = (input.checked(), event.shift_key());
        page.feed.rows.with_untracked(|rows| {
            page.feed.selection.select_row(rows.as_deref().unwrap_or_default(), id, on, extend);
        });
    }
}

/// Prevents that a click with the shift key selects text.
pub(crate) fn keep_text_unselected(event: &MouseEvent) {
    if event.shift_key()
        && let Some((input, _)) = checkbox_of(event)
    {
        event.prevent_default();
        let _ = input.focus();
    }
}

/// How much of the page is selected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PageSelection {
    None,
    Some,
    All,
}

fn share(page: PageState) -> Memo<PageSelection> {
    let selection = page.feed.selection;
    Memo::new(move |_| {
        page.feed.rows.with(|rows| {
            let rows = rows.as_deref().unwrap_or_default();
            selection.rows.with(|chosen| {
                match rows.iter().filter(|row| chosen.contains_key(&row.id)).count() {
                    0 => PageSelection::None,
                    count if count < rows.len() => PageSelection::Some,
                    _ => PageSelection::All,
                }
            })
        })
    })
}

fn select_page(page: PageState, on: bool) {
    page.feed.rows.with_untracked(|rows| {
        page.feed.selection.set(rows.as_deref().unwrap_or_default(), on);
    });
}

/// The checkbox in the header of the table.
#[component]
pub(crate) fn PageBox() -> impl IntoView {
    let page = PageState::here();
    let share = share(page);
    view! {
        <input
            type="checkbox"
            class="check"
            class:is-mixed=move || share.get() == PageSelection::Some
            aria-label=messages::select_page()
            prop:checked=move || share.get() == PageSelection::All
            prop:indeterminate=move || share.get() == PageSelection::Some
            on:change=move |event| select_page(page, event_target_checked(&event))
        />
    }
}

/// What is selected, and buttons to select more or none.
pub(crate) fn selection_bar() -> AnyView {
    let page = PageState::here();
    let selection = page.feed.selection;
    let share = share(page);
    let on_page = Memo::new(move |_| {
        page.feed.rows.with(|rows| u64::try_from(rows.as_ref().map_or(0, Vec::len)).unwrap_or_default())
    });
    let number = move || messages::selected(u64::try_from(selection.count()).unwrap_or_default());
    let states = move || format!(" · {}", by_state(selection.counts()));
    view! {
        <span role="status"><b class="semibold">{number}</b><span class="wide-only">{states}</span></span>
        <span class="separator"></span>
        <Show when=move || share.get() != PageSelection::All>
            <span class="wide-only">
                <LinkButton on_press=move |()| select_page(page, true)>
                    {move || messages::select_all(on_page.get())}
                </LinkButton>
            </span>
        </Show>
        <LinkButton on_press=move |()| selection.clear()>{messages::clear()}</LinkButton>
        <Button
            class="btn--small"
            icon="calendar"
            on_press=move |()| page.dialog.set(Some(OpenDialog::RescheduleSelected))
        >
            {messages::reschedule_callbacks()}
        </Button>
    }
    .into_any()
}

/// `3 SCHEDULED, 1 QUEUED`.
pub(crate) fn by_state(mut counts: CountByState) -> String {
    let states = StateName::ALL.iter().copied().map(|state| (*counts.of(state), state));
    let parts: Vec<String> = states
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| messages::count_in_state(format::count(count), state))
        .collect();
    parts.join(", ")
}

/// The command for the selection; inactive without one.
#[component]
pub(crate) fn CancelButton() -> impl IntoView {
    let page = PageState::here();
    let selection = page.feed.selection;
    let inactive = Memo::new(move |_| (selection.count() == 0).then(|| messages::select_first().to_owned()));
    view! {
        <span class="visually-hidden" role="status">
            {move || selection.cleared.get().then(messages::selection_cleared)}
        </span>
        <Button
            class="btn--small btn--danger"
            icon="ban"
            keys="C"
            inactive=inactive
            on_press=move |()| page.dialog.set(Some(OpenDialog::CancelSelected))
        >
            {messages::cancel_callbacks()}
        </Button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::callbacks::view::state::{Place, Quick};
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
            assert!(!ends_selection(&list, &now), "{now:?}");
        }
        assert!(ends_selection(&list, &first));
        assert!(ends_selection(
            &list,
            &ListState { range: Range::Preset(DateRange::Tomorrow), ..list.clone() }
        ));
    }

    #[test]
    fn states_without_a_callback_are_not_named() {
        let counts = CountByState { scheduled: 3, processing: 1, ..CountByState::default() };
        assert_eq!(by_state(counts), "3 SCHEDULED, 1 PROCESSING");
    }
}
