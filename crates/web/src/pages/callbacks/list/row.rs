//! A row of the table and its details.

use std::time::Duration;

use leptos::context::Provider;
use leptos::prelude::*;
use leptos::reactive::graph::{Subscriber, ToAnySubscriber};
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::{CallbackId, ResultCode, StateName, Timestamp};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, MouseEvent};

use super::cells::Drawing;
use super::selection;
use crate::browser::{self, update_attribute};
use crate::clock::Clock;
use crate::components::markup::Markup;
use crate::format::{self, Style};
use crate::lazy::{Lazy, Part};
use crate::messages;
use crate::pages::callbacks::list::page::OpenDialog;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::record::row::Action;
use crate::pages::callbacks::record::row::Row;
use crate::pages::callbacks::view::columns::Column;

/// The row.
#[component]
pub(super) fn RecordRow(
    /// The row.
    row: Row,
    /// Its index on the page, from 0.
    index: ReadSignal<usize>,
    /// The number of rows before the page.
    #[prop(into)]
    offset: Signal<u64>,
    /// The columns.
    columns: StoredValue<Vec<Column>>,
) -> impl IntoView {
    let id = row.id;
    let drawn = row.clone();
    let draw = move |element: Element| {
        let cells = draw_cells(element.clone(), drawn.clone(), columns);
        let place = move || offset.get() + u64::try_from(index.get()).unwrap_or_default() + 2;
        let marks = draw_state(element, drawn.clone(), place);
        on_cleanup(move || {
            release(&cells);
            release(&marks);
        });
    };
    let span = columns.with_value(Vec::len);
    let open = row.open.clone();
    view! {
        <tr role="row" data-id=id.to_string() use:draw></tr>
        {move || open.get().then(|| view! { <Details row=row.clone() span /> })}
    }
}

/// Ends the subscriptions of an effect that is dropped. Signals which live as long
/// as the page would keep them otherwise.
fn release<T>(effect: &RenderEffect<T>) {
    let subscriber = effect.to_any_subscriber();
    subscriber.clear_sources(&subscriber);
}

/// The second line of an expanded row.
#[component]
fn Details(
    /// The row above.
    row: Row,
    /// The number of columns.
    span: usize,
) -> impl IntoView {
    let id = format!("detail-{}", row.id);
    let lazy = Lazy::here();
    view! {
        <tr class="detail-row" role="row" id=id>
            <td colspan=span role="cell">
                <Provider value=row>{lazy.show(Part::RowDetails)}</Provider>
            </td>
        </tr>
    }
}

/// What was last drawn.
struct Drawn {
    cells: Vec<Markup>,
    facts: Facts,
    action: Action,
    /// The action changes when the pointer leaves the row.
    inactive: bool,
}

/// The values whose changes flash. Cells also change with the clock and the
/// search, without flashing.
struct Facts {
    state: (StateName, Option<ResultCode>),
    desired_time: Timestamp,
    attempts: u32,
    agent: Option<String>,
}

impl Facts {
    fn of(view: &CallbackView) -> Self {
        Self {
            state: (view.state, view.result),
            desired_time: view.desired_time,
            attempts: view.metrics.attempts_made,
            agent: view.metrics.agent.clone(),
        }
    }

    fn differ_in(&self, column: Column, other: &Self) -> bool {
        match column {
            Column::State => self.state != other.state,
            Column::DesiredTime => self.desired_time != other.desired_time,
            Column::Attempts => self.attempts != other.attempts,
            Column::Agent => self.agent != other.agent,
            _ => false,
        }
    }
}

/// Keeps the cells of a row up to date. One effect writes all cells that
/// differ.
fn draw_cells(element: Element, row: Row, columns: StoredValue<Vec<Column>>) -> RenderEffect<Drawn> {
    let page = PageState::here();
    let clock = Clock::here();
    RenderEffect::new(move |before: Option<Drawn>| {
        let left = row.left.get();
        let look = page.look.read();
        let view = row.record.read();
        let possible = Action::of(&view);
        // An action never changes under the pointer: it becomes inactive first,
        // and changes when the pointer has left the row.
        let (action, inactive) = match &before {
            Some(before) if before.action != possible && page.active_row.get() == Some(row.id) => {
                (before.action, true)
            }
            _ => (possible, false),
        };
        let drawing = Drawing::of(&view, &look, clock, left, action);
        let facts = Facts::of(&view);
        let columns = columns.get_value();
        let cells: Vec<Markup> = columns.iter().map(|column| drawing.content(*column)).collect();
        match &before {
            None => {
                let parts = columns.iter().zip(&cells);
                let whole: Markup = parts.map(|(column, content)| drawing.cell(*column, content)).collect();
                element.set_inner_html(whole.as_str());
            }
            Some(before) => {
                let all = element.children();
                let drawn = before.cells.iter().zip(&cells).zip(&columns);
                for (index, ((old, new), column)) in (0..).zip(drawn) {
                    if old != new
                        && let Some(cell) = all.item(index)
                    {
                        cell.set_inner_html(new.as_str());
                        if facts.differ_in(*column, &before.facts) {
                            flash(cell);
                        }
                    }
                }
            }
        }
        if inactive != before.is_some_and(|before| before.inactive)
            && let Ok(Some(button)) = element.query_selector(".col-actions > button")
        {
            update_attribute(&button, "aria-disabled", inactive.then_some("true"));
        }
        Drawn { cells, facts, action, inactive }
    })
}

/// Flashes a changed cell.
fn flash(cell: Element) {
    const ATTRIBUTE: &str = "data-changed";
    // Otherwise a cell out of view would flash when it is scrolled into view.
    const DURATION: Duration = Duration::from_millis(1_500);
    // Two equal animations alternate, so that each of two changes is seen.
    let value = if cell.get_attribute(ATTRIBUTE).as_deref() == Some("even") { "odd" } else { "even" };
    update_attribute(&cell, ATTRIBUTE, Some(value));
    let end = move || {
        if cell.get_attribute(ATTRIBUTE).as_deref() == Some(value) {
            update_attribute(&cell, ATTRIBUTE, None);
        }
    };
    set_timeout(end, DURATION);
}

/// Keeps the classes of a row and the state of its controls up to date.
fn draw_state(element: Element, row: Row, place: impl Fn() -> u64 + 'static) -> RenderEffect<()> {
    let page = PageState::here();
    RenderEffect::new(move |_| {
        let (open, selected) = (row.open.get(), row.selected.get());
        update_attribute(&element, "aria-rowindex", Some(&place().to_string()));
        let marks = [
            (open, " is-open"),
            (row.left.get(), " has-left"),
            (selected, " is-selected"),
            (row.marked.get(), " is-marked"),
        ];
        let marks = marks.into_iter().filter_map(|(on, name)| on.then_some(name));
        let class: String = std::iter::once("row").chain(marks).collect();
        update_attribute(&element, "class", Some(&class));
        let hidden = page.local_search.with(|narrowed| {
            narrowed.as_ref().is_some_and(|search| !row.record.with(|view| search.finds(view)))
        });
        update_attribute(&element, "hidden", hidden.then_some(""));
        if let Ok(Some(arrow)) = element.query_selector(".expand-button") {
            update_attribute(&arrow, "aria-expanded", Some(if open { "true" } else { "false" }));
        }
        if let Ok(Some(check)) = element.query_selector("input") {
            check.unchecked_into::<HtmlInputElement>().set_checked(selected);
        }
    })
}

/// Sets a tooltip with the time under the pointer in other zones. It is set on
/// hover, as a page has hundreds of times.
pub(super) fn show_other_zones(page: PageState, event: &leptos::ev::Event) {
    let style = page.preferences.style_untracked();
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(element) = element.filter(|element| element.tag_name() == "TIME") else { return };
    let instant = element.get_attribute("datetime").and_then(|instant| instant.parse().ok());
    let Some(at) = instant else { return };
    let in_style = |utc| {
        let style = Style { utc, ..style };
        messages::time_in_zone(format::day_time_seconds(at, style), format::zone_at(at, style))
    };
    let row = row_of(event).and_then(|id| page.feed.row(id));
    let there = |zone: String| Some((format::day_time_seconds_in(at, style, &zone)?, zone));
    let record = row.map(|row| row.record.get_untracked());
    let service = record.as_ref().and_then(|view| page.session.zone_of(view.service.id));
    let of_service = service.and_then(there).map(|(time, zone)| messages::time_of_service(time, zone));
    let customer = record.and_then(|view| view.customer_time_zone);
    let of_customer = customer.and_then(there).map(|(time, zone)| messages::time_of_customer(time, zone));
    let own = [in_style(false), in_style(true)];
    let mut lines: Vec<String> = own.into_iter().chain(of_service).chain(of_customer).collect();
    lines.dedup();
    let _ = element.set_attribute("title", &lines.join("\n"));
}

/// The row that an event happened in.
pub(super) fn row_of(event: &leptos::ev::Event) -> Option<CallbackId> {
    let element: Element = event.target()?.dyn_into().ok()?;
    element.closest("tr.row").ok()??.get_attribute("data-id")?.parse().ok()
}

/// Moves the focus by the arrow keys: within a row, which has one tab stop, and to
/// the same control of another row.
pub(super) fn move_focus(event: &leptos::ev::KeyboardEvent) {
    if event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key() {
        return;
    }
    let ahead = if browser::right_to_left() { -1 } else { 1 };
    let (down, by) = match event.key().as_str() {
        "ArrowRight" => (false, ahead),
        "ArrowLeft" => (false, -ahead),
        "ArrowDown" => (true, 1),
        "ArrowUp" => (true, -1),
        _ => return,
    };
    let Some(here) = browser::focused() else { return };
    let Ok(Some(row)) = here.closest("tr.row") else { return };
    let own = controls(&row);
    let Some(at) = own.iter().position(|control| *control == here) else { return };
    let goal = if down {
        let cell = here.closest("td, th").ok().flatten().map(|cell| cell.class_name());
        next_row(&row, by).and_then(|row| {
            let controls = controls(&row);
            let same = controls
                .iter()
                .find(|one| one.closest("td, th").ok().flatten().map(|cell| cell.class_name()) == cell);
            same.or_else(|| controls.iter().find(|one| one.class_name() == "expand-button")).cloned()
        })
    } else {
        at.checked_add_signed(by).and_then(|to| own.get(to)).cloned()
    };
    if let Some(goal) = goal {
        event.prevent_default();
        let _ = goal.focus();
    }
}

fn controls(row: &Element) -> Vec<HtmlElement> {
    let Ok(found) = row.query_selector_all("input, button") else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}

fn next_row(row: &Element, by: isize) -> Option<Element> {
    let step = |row: &Element| {
        if by > 0 { row.next_element_sibling() } else { row.previous_element_sibling() }
    };
    let mut next = step(row);
    while let Some(other) = next {
        if other.matches("tr.row:not([hidden])").unwrap_or_default() {
            return Some(other);
        }
        next = step(&other);
    }
    None
}

/// Whether a click means the row: neither a control in it nor text that is being
/// selected.
fn means_row(event: &MouseEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let on_control = element.is_none_or(|element| {
        !matches!(element.closest("button, input, a, .tooltip, .col-id, .copy-button, .detail-row"), Ok(None))
    });
    let selection = browser::property(&window(), "getSelection")
        .and_then(|ask| ask.unchecked_into::<js_sys::Function>().call0(&window()).ok());
    let selected = selection.and_then(|selection| {
        js_sys::Object::from(selection).to_string().as_string().filter(|text| !text.is_empty())
    });
    !on_control && selected.is_none()
}

/// Handles a click in a row: on its checkbox, on a button, or on the row itself,
/// which opens its details.
pub(super) fn handle_click(page: PageState, event: &MouseEvent) {
    selection::handle_click(page, event);
    let button = || event.target()?.dyn_into::<Element>().ok()?.closest("button[data-does]").ok()?;
    let (button, Some(id)) = (button(), row_of(event)) else { return };
    let Some(button) = button else {
        if means_row(event) {
            page.replace(&page.view.get_untracked().toggled(id));
        }
        return;
    };
    if button.has_attribute("aria-disabled") {
        return;
    }
    let row = || page.feed.row(id);
    match button.get_attribute("data-does").as_deref() {
        Some("edit") => page.dialog.set(row().map(OpenDialog::Edit)),
        Some("recreate") => page.dialog.set(row().map(OpenDialog::Recreate)),
        _ => page.replace(&page.view.get_untracked().toggled(id)),
    }
}
