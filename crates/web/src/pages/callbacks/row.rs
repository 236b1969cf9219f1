//! A row, and what is below it when it is expanded.

use leptos::prelude::*;
use ringback_domain::CallbackId;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::Page;
use super::cells::cell;
use super::columns::Column;
use super::detail::Detail;
use super::feed::Row;
use super::matching::is_overdue;
use crate::clock::Clock;
use crate::format::{self, Style};
use crate::messages;

/// What the cells of a row share.
#[derive(Clone, Copy)]
pub(super) struct RowState {
    /// It is expanded.
    pub(super) open: Memo<bool>,
    /// Still SCHEDULED after its window.
    pub(super) late: Memo<bool>,
    /// It does not belong to the list any more.
    pub(super) left: RwSignal<bool>,
}

/// The row.
#[component]
pub(super) fn RecordRow(
    /// The row.
    row: Row,
    /// Its place on the page, from 0.
    index: ReadSignal<usize>,
    /// The number of rows before the page.
    #[prop(into)]
    offset: Signal<u64>,
    /// The columns.
    columns: StoredValue<Vec<Column>>,
) -> impl IntoView {
    let page = Page::here();
    let clock = Clock::here();
    let id = row.id;
    let record = row.record.clone();
    let state = RowState {
        open: Memo::new(move |_| page.view.with(|view| view.open.contains(&id))),
        late: Memo::new(move |_| record.with(|view| is_overdue(view, clock.coarse()))),
        left: row.left.clone().into(),
    };
    let selected = row.selected.clone();
    let class = move || {
        let marks = [
            (state.open.get(), " is-open"),
            (state.left.get(), " has-left"),
            (selected.get(), " is-selected"),
        ];
        let marks = marks.into_iter().filter_map(|(on, name)| on.then_some(name));
        std::iter::once("row").chain(marks).collect::<String>()
    };
    let changed = row.changed.clone();
    let flash = move || {
        let (number, names) = changed.get();
        // Two animations alike, so that the same change twice is seen twice.
        let turn = if number % 2 == 0 { "even" } else { "odd" };
        (number > 0).then(|| format!("{turn} {}", names.join(" ")))
    };
    let cells =
        columns.with_value(|columns| columns.iter().map(|column| cell(*column, &row, state)).collect_view());
    let span = columns.with_value(Vec::len);
    let place = move || offset.get() + u64::try_from(index.get()).unwrap_or_default() + 2;
    view! {
        <tr class=class role="row" data-id=id.to_string() data-changed=flash aria-rowindex=place>
            {cells}
        </tr>
        {move || state.open.get().then(|| view! { <Detail row=row.clone() span /> })}
    }
}

/// Says in which zones the time under the pointer is what. Not before it is
/// pointed at, as there are hundreds.
pub(super) fn explain_time(event: &leptos::ev::Event, style: Style) {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(element) = element.filter(|element| element.tag_name() == "TIME") else { return };
    let instant = element.get_attribute("datetime").and_then(|instant| instant.parse().ok());
    let Some(at) = instant else { return };
    let lines = [false, true].map(|utc| {
        let style = Style { utc, ..style };
        messages::time_in_zone(format::day_time_seconds(at, style), format::zone(style))
    });
    let different = if lines[0] == lines[1] { &lines[..1] } else { &lines[..] };
    let _ = element.set_attribute("title", &different.join("\n"));
}

/// The row that an event happened in.
pub(super) fn row_of(event: &leptos::ev::Event) -> Option<CallbackId> {
    let element: Element = event.target()?.dyn_into().ok()?;
    element.closest("tr.row").ok()??.get_attribute("data-id")?.parse().ok()
}
