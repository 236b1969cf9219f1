//! The choice and order of the columns.

use leptos::prelude::*;

use crate::browser;
use crate::components::boxes::Group;
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::messages;
use crate::pages::callbacks::view::columns::Column;

type Columns = RwSignal<Vec<(Column, bool)>>;

/// The columns, each with a checkbox and two buttons. State is always the
/// first.
#[component]
pub(super) fn ColumnList(
    /// The columns in order, and whether they are shown.
    columns: Columns,
) -> impl IntoView {
    let count = move || {
        let shown = columns.with(|columns| columns.iter().filter(|(_, shown)| *shown).count());
        messages::some_of(shown + 1, Column::MOVABLE.len() + 1)
    };
    let announcement = RwSignal::new(String::new());
    view! {
        <Group label=messages::configure_columns() hint=Signal::derive(move || Some(count()))>
            <ul class="column-list">
                <li class="is-fixed">
                    <label class="option-row">
                        <input type="checkbox" class="check" checked disabled />
                        {messages::column_state()}
                    </label>
                    <span class="grip" title=messages::always_shown()><Icon name="lock" class="icon--small" /></span>
                </li>
                <For
                    each=move || columns.get()
                    key=|(column, _)| *column
                    children=move |(column, _)| line(columns, column, announcement)
                />
            </ul>
            <span class="visually-hidden" role="status">{announcement}</span>
        </Group>
    }
}

fn line(columns: Columns, column: Column, announcement: RwSignal<String>) -> impl IntoView {
    let label = column.label();
    let place = move || columns.with(|columns| columns.iter().position(|(other, _)| *other == column));
    let shown = move || columns.with(|columns| columns.contains(&(column, true)));
    let tick = move |event: leptos::ev::Event| {
        let ticked = event_target_checked(&event);
        columns.update(|columns| {
            if let Some(entry) = columns.iter_mut().find(|(other, _)| *other == column) {
                entry.1 = ticked;
            }
        });
    };
    let button = move |down: bool| {
        let id = format!("{}-{}", column.key(), if down { "down" } else { "up" });
        let focus = id.clone();
        let last = Column::MOVABLE.len() - 1;
        let press = move |()| {
            let Some(from) = untrack(place) else { return };
            let to = if down { from + 1 } else { from.saturating_sub(1) };
            columns.update(|columns| columns.swap(from, to));
            announcement.set(messages::moved_to(label, to + 2, last + 2));
            // An element loses the focus when it is moved in the document.
            let focus = focus.clone();
            request_animation_frame(move || {
                browser::focus(&focus);
            });
        };
        view! {
            <IconButton
                id
                icon=if down { "arrow-down" } else { "arrow-up" }
                label=if down { messages::move_down(label) } else { messages::move_up(label) }
                inactive=Signal::derive(move || place() == Some(if down { last } else { 0 }))
                on_press=press
            />
        }
    };
    view! {
        <li>
            <label class="option-row">
                <input
                    type="checkbox"
                    class="check"
                    autofocus=column == Column::MOVABLE[0]
                    prop:checked=shown
                    on:change=tick
                />
                {label}
            </label>
            <span class="column-list__buttons">{button(false)}{button(true)}</span>
        </li>
    }
}
