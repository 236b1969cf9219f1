//! A row, and what is below it when it is expanded.

use leptos::prelude::*;

use super::Page;
use super::cells::cell;
use super::columns::Column;
use super::detail::Detail;
use super::feed::Row;
use super::matching::is_overdue;
use crate::clock::Clock;

/// What the cells of a row share.
#[derive(Clone, Copy)]
pub(super) struct RowState {
    /// It is expanded.
    pub(super) open: Memo<bool>,
    /// Still SCHEDULED after its window.
    pub(super) late: Memo<bool>,
    /// It does not belong to the list any more.
    pub(super) left: Memo<bool>,
    /// A pointer is over it, or the focus is in it.
    pub(super) held: RwSignal<bool>,
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
    /// The row that the line of the present time is above.
    #[prop(into)]
    now_above: Signal<Option<(ringback_domain::CallbackId, String)>>,
) -> impl IntoView {
    let page = Page::here();
    let clock = Clock::here();
    let id = row.id;
    let (record, left) = (row.record.clone(), row.left.clone());
    let state = RowState {
        open: Memo::new(move |_| page.view.with(|view| view.open.contains(&id))),
        late: Memo::new(move |_| record.with(|view| is_overdue(view, clock.coarse()))),
        left: Memo::new(move |_| left.get()),
        held: RwSignal::new(false),
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
    let line = move || now_above.get().filter(|(above, _)| *above == id).map(|(_, text)| text);
    view! {
        {move || {
            let text = line()?;
            Some(view! {
                <tr class="nowrow" role="row">
                    <td colspan=span role="cell">
                        <div class="nowline"><span>{text}</span></div>
                    </td>
                </tr>
            })
        }}
        <tr
            class="row"
            role="row"
            class:is-open=state.open
            class:has-left=state.left
            data-changed=flash
            aria-rowindex=move || offset.get() + u64::try_from(index.get()).unwrap_or_default() + 2
            on:pointerenter=move |_| state.held.set(true)
            on:pointerleave=move |_| state.held.set(false)
            on:focusin=move |_| state.held.set(true)
            on:focusout=move |_| state.held.set(false)
        >
            {cells}
        </tr>
        <Show when=move || state.open.get()>
            <Detail row=row.clone() span />
        </Show>
    }
}
