//! What makes the table handier, loaded after it: columns as wide as their content,
//! or as a person wants them, moved by dragging; and numbers and ids to copy.

use std::collections::BTreeSet;

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::retention::RETENTION_DAYS;
use ringback_domain::{ResultCode, StateName, Timestamp};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::page::PageState;
use super::row::row_of;
use crate::browser;
use crate::clock;
use crate::components::icon::Icon;
use crate::components::icon::inline_icon;
use crate::components::markup::{Markup, markup};
use crate::components::state_badge::badge;
use crate::components::toast::{Toast, Toasts};
use crate::format::{self, Style};
use crate::messages;
use crate::pages::callbacks::list::feed::Gone;
use crate::pages::callbacks::record::row::number_text;
use crate::pages::callbacks::view::columns::{Column, sort_label};
use crate::pages::callbacks::view::state::{ViewState, wire_name};
use ringback_domain::wire::list::Sort;

/// The shapes of two sheets of paper.
const COPY: &str = "M9 9h11v11H9zM5 15H4V4h11v1";
/// Narrowest and widest a person can make a column, in pixels.
const WIDTHS: (i32, i32) = (48, 640);

/// The tools of the table around.
pub(crate) fn table_tools() -> AnyView {
    let page = PageState::here();
    fit_columns(page);
    resize_columns(page);
    move_columns(page);
    offer_copies(page);
    say_what_the_address_lacks(page);
    ().into_any()
}

/// The order of the list, where there are no headings to press.
pub(crate) fn sort_select() -> AnyView {
    let page = PageState::here();
    let current = Memo::new(move |_| page.view.with(|view| view.list.sort));
    let choose = move |event: leptos::ev::Event| {
        let chosen = event_target_value(&event);
        if let Some(sort) = Sort::ALL.into_iter().find(|sort| wire_name(*sort) == chosen) {
            page.show(&page.view.get_untracked().with(|list| list.sort = sort));
        }
    };
    let option = move |sort: Sort| {
        let name = wire_name(sort);
        let label = if name.starts_with('-') {
            messages::sorted_down(sort_label(sort))
        } else {
            messages::sorted_up(sort_label(sort))
        };
        view! { <option value=name selected=move || current.get() == sort>{label}</option> }
    };
    view! {
        <span class="select-wrapper sort-select">
            <select class="select" aria-label=messages::sort_by() on:change=choose>
                {Sort::ALL.map(option).collect_view()}
            </select>
            <Icon name="chevron-down" class="icon--small" />
        </span>
    }
    .into_any()
}

/// Says which parts of the address cannot be used, and leaves them out.
fn say_what_the_address_lacks(page: PageState) {
    let toasts = Toasts::here();
    if page.query.with_untracked(ViewState::leaves_out) {
        toasts.show(Toast::error(messages::address_not_used(), messages::address_parts().to_owned()));
    }
    Effect::new(move |_| {
        let Some(gone) = page.feed.gone.get() else { return };
        let text = match gone {
            Gone::Page(number) => messages::page_gone(number),
            Gone::Cursor => messages::place_gone().to_owned(),
        };
        toasts.show(Toast::error(messages::address_not_used(), text));
        untrack(|| {
            page.feed.gone.set(None);
            page.replace(&page.view.get_untracked().with(|_| ()));
        });
    });
}

fn table() -> Option<HtmlElement> {
    document().query_selector(".callback-table").ok().flatten()?.dyn_into().ok()
}

/// The element of the table that an event happened in.
fn target(event: &ev::Event, selector: &str) -> Option<Element> {
    let element: Element = event.target()?.dyn_into().ok()?;
    element.closest(selector).ok().flatten()
}

/// Makes each column as wide as its longest text in this language, or as wide as
/// the person wants it. On one page columns only grow.
fn fit_columns(page: PageState) {
    let style = Memo::new(move |_| page.look.with(|look| look.style));
    let columns = Memo::new(move |_| page.shown_columns());
    // What can become wider while the rows are on screen.
    let widest = Memo::new(move |_| {
        page.feed.rows.with(|rows| {
            rows.iter().flatten().fold((0, 0), |(result, agent), row| {
                row.record.with(|view| {
                    let length = |text: Option<usize>| text.unwrap_or_default();
                    let of_result = length(view.result.map(|result| result.to_string().len()));
                    let of_agent = length(view.metrics.agent.as_ref().map(|agent| agent.chars().count()));
                    (result.max(of_result), agent.max(of_agent))
                })
            })
        })
    });
    Effect::new(move |_| {
        page.feed.rows.track();
        widest.track();
        let (style, columns) = (style.get(), columns.get());
        let wanted = page.preferences.with(|preferences| preferences.column_widths.clone());
        request_animation_frame(move || {
            let Some(table) = table() else { return };
            let samples: Vec<Vec<Markup>> =
                columns.iter().map(|column| untrack(|| samples(page, *column, style))).collect();
            for (column, fitting) in columns.iter().zip(measure(&samples)) {
                let name = format!("--{}", column.class_name());
                let width = wanted.get(column.key()).map(|width| i32::from(*width));
                let width = width.or_else(|| (fitting > 0).then_some(fitting + extra(*column)));
                let _ = match width {
                    Some(width) => table.style().set_property(&name, &format!("{width}px")),
                    None => table.style().remove_property(&name).map(drop),
                };
            }
        });
    });
}

/// What a cell needs besides its text, in pixels: its padding, and its icons.
const fn extra(column: Column) -> i32 {
    match column {
        Column::State => 44,
        Column::Number => 36,
        _ => 17,
    }
}

/// The longest contents of a column, so far as they can be told; none for columns
/// of fixed width.
fn samples(page: PageState, column: Column, style: Style) -> Vec<Markup> {
    let texts = |of: &dyn Fn(&super::super::record::row::Row) -> Option<String>| {
        let rows = page.feed.rows.get().unwrap_or_default();
        let all: BTreeSet<String> = rows.iter().filter_map(of).collect();
        let mut longest: Vec<String> = all.into_iter().collect();
        longest.sort_by_key(|text| std::cmp::Reverse(text.chars().count()));
        longest.truncate(8);
        longest
    };
    let of_view = |read: &dyn Fn(&ringback_domain::wire::callback::CallbackView) -> Option<String>| {
        texts(&|row| row.record.with(|view| read(view)))
    };
    let texts = match column {
        Column::State => {
            // Results that most callbacks come to.
            let usual = [ResultCode::AGENT_CONNECTED, ResultCode::CANCELLED_BY_ADMIN];
            let mut distinct: Vec<Markup> =
                usual.map(|result| badge(StateName::Completed, Some(result), "")).to_vec();
            for row in page.feed.rows.get().unwrap_or_default() {
                let one = row.record.with(|view| badge(view.state, view.result, ""));
                if !distinct.contains(&one) {
                    distinct.push(one);
                }
            }
            distinct.push(heading(column));
            return distinct;
        }
        Column::DesiredTime => return times(style, true).into_iter().chain([heading(column)]).collect(),
        Column::Created | Column::Completed => {
            return times(style, false).into_iter().chain([heading(column)]).collect();
        }
        Column::Service => of_view(&|view| Some(view.service.name.clone())),
        Column::Number => of_view(&|view| Some(number_text(view))),
        Column::Agent => of_view(&|view| view.metrics.agent.clone()),
        Column::CreatedBy => of_view(&|view| view.metrics.created_by.clone()),
        Column::Updated => days().map(|at| format::day(at, style)).collect(),
        Column::Attempts | Column::Position | Column::Wait | Column::Priority | Column::Language => {
            Vec::new()
        }
        Column::Select | Column::Metrics | Column::Id | Column::Actions => return Vec::new(),
    };
    let cells = texts.into_iter().map(|text| markup!("<span class=\"num\">{}</span>", text));
    cells.chain([heading(column)]).collect()
}

fn heading(column: Column) -> Markup {
    markup!("<span class=\"measure__heading\">{}</span>", column.label())
}

/// The days that times of records lie on, at an hour of two digits.
fn days() -> impl Iterator<Item = Timestamp> {
    const DAY: i64 = 86_400;
    let now = clock::now();
    let late = now.plus_seconds(DAY - 3_600 - now.micros() / 1_000_000 % DAY);
    (-RETENTION_DAYS..=31).map(move |day| late.plus_seconds(day * DAY))
}

/// Times as they are shown, with the longest remarks beside them.
fn times(style: Style, with_remark: bool) -> Vec<Markup> {
    let long = format::duration(59 * 60);
    let remarks = [
        messages::due_in(&long),
        messages::waiting(&long),
        messages::on_call(&long),
        messages::late(&long),
        messages::cancelled_in(&long),
        messages::again_in(&long),
    ];
    let remark = remarks.into_iter().max_by_key(|text| text.chars().count()).unwrap_or_default();
    let remark = with_remark.then(|| markup!("<span class=\"relative-time\">{}</span>", remark));
    days().map(|at| markup!("<span class=\"num\">{}{}</span>", format::day_time(at, style), remark)).collect()
}

/// The widest of each list of samples, in pixels.
fn measure(samples: &[Vec<Markup>]) -> Vec<i32> {
    let Some(body) = document().body() else { return Vec::new() };
    let Ok(ruler) = document().create_element("div") else { return Vec::new() };
    ruler.set_class_name("measure");
    let _ = ruler.set_attribute("aria-hidden", "true");
    let lists = samples.iter().map(|list| {
        let all: Markup = list.iter().map(|sample| markup!("<span>{}</span>", sample)).collect();
        markup!("<div>{}</div>", all)
    });
    ruler.set_inner_html(lists.collect::<Markup>().as_str());
    let _ = body.append_child(&ruler);
    let lists = ruler.children();
    let widths = (0..lists.length()).map(|index| {
        let list: Option<HtmlElement> = lists.item(index).and_then(|list| list.dyn_into().ok());
        list.filter(|list| list.child_element_count() > 0).map_or(0, |list| list.offset_width())
    });
    let widths = widths.collect();
    ruler.remove();
    widths
}

fn column_of(heading: &Element) -> Option<Column> {
    let key = heading.get_attribute("data-column")?;
    Column::MOVABLE.into_iter().chain([Column::State]).find(|column| column.key() == key)
}

/// Dragging the edge of a heading makes its column wider or narrower; a double
/// click makes it fit again.
fn resize_columns(page: PageState) {
    let drag = StoredValue::new(None::<(Column, i32, i32)>);
    let width_at = move |event: &ev::PointerEvent| {
        let (column, start, width) = drag.get_value()?;
        let moved = event.client_x() - start;
        let wider = if browser::right_to_left() { -moved } else { moved };
        Some((column, (width + wider).clamp(WIDTHS.0, WIDTHS.1)))
    };
    let save = move |column: Column, width: Option<i32>| {
        page.preferences.update_soon(move |preferences| {
            let key = column.key().to_owned();
            match width.and_then(|width| u16::try_from(width).ok()) {
                Some(width) => drop(preferences.column_widths.insert(key, width)),
                None => drop(preferences.column_widths.remove(&key)),
            }
        });
    };
    let listeners = [
        window_event_listener(ev::pointerdown, move |event| {
            let edge = target(&event, ".column-edge");
            let heading = edge.and_then(|edge| edge.closest("th").ok().flatten());
            if let Some(heading) = heading
                && let Some(column) = column_of(&heading)
            {
                let width = heading.unchecked_ref::<HtmlElement>().offset_width();
                drag.set_value(Some((column, event.client_x(), width)));
                event.prevent_default();
            }
        }),
        window_event_listener(ev::pointermove, move |event| {
            if let (Some((column, width)), Some(table)) = (width_at(&event), table()) {
                let name = format!("--{}", column.class_name());
                let _ = table.style().set_property(&name, &format!("{width}px"));
            }
        }),
        window_event_listener(ev::pointerup, move |event| {
            if let Some((column, width)) = width_at(&event) {
                drag.set_value(None);
                save(column, Some(width));
            }
        }),
        window_event_listener(ev::dblclick, move |event| {
            let edge = target(&event, ".column-edge");
            let heading = edge.and_then(|edge| edge.closest("th").ok().flatten());
            if let Some(column) = heading.as_ref().and_then(column_of) {
                save(column, None);
            }
        }),
    ];
    on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
}

/// Dragging a heading onto another moves its column there.
fn move_columns(page: PageState) {
    let dragged = StoredValue::new(None::<Column>);
    let over = move |event: &ev::DragEvent| {
        let heading = target(event, ".callback-table th")?;
        column_of(&heading).filter(|column| *column != Column::State)
    };
    let listeners = [
        window_event_listener(ev::dragstart, move |event| dragged.set_value(over(&event))),
        window_event_listener(ev::dragover, move |event| {
            if dragged.get_value().is_some() && over(&event).is_some() {
                event.prevent_default();
            }
        }),
        window_event_listener(ev::drop, move |event| {
            let (Some(column), Some(onto)) = (dragged.get_value(), over(&event)) else { return };
            dragged.set_value(None);
            event.prevent_default();
            let mut order: Vec<Column> = untrack(|| page.shown_columns());
            order.retain(|column| Column::MOVABLE.contains(column));
            let place = |of: Column| order.iter().position(|column| *column == of);
            if let (Some(from), Some(to)) = (place(column), place(onto)) {
                order.remove(from);
                order.insert(to, column);
                let keys: Vec<String> = order.iter().map(|column| column.key().to_owned()).collect();
                page.preferences.update_soon(move |preferences| preferences.columns = Some(keys.clone()));
            }
        }),
    ];
    on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
}

/// Offers to copy the number and the id of the row under the pointer.
fn offer_copies(page: PageState) {
    const BUTTONS: &str = ".copy-button";
    let toasts = Toasts::here();
    let listeners = [
        window_event_listener(ev::pointerover, move |event| {
            let Some(row) = target(&event, ".callback-table tr.row") else { return };
            if matches!(row.query_selector(BUTTONS), Ok(Some(_))) {
                return;
            }
            remove_all(BUTTONS);
            for (cell, label) in [(".col-number", messages::copy_number()), (".col-id", messages::copy_id())]
            {
                if let Ok(Some(cell)) = row.query_selector(cell) {
                    let button = markup!(
                        // Screen readers copy by their own means.
                        r#"<span class="copy-button" aria-hidden="true" title="{}">{}</span>"#,
                        label,
                        inline_icon(COPY)
                    );
                    let _ = cell.insert_adjacent_html("beforeend", button.as_str());
                }
            }
        }),
        window_event_listener(ev::click, move |event| {
            let Some(button) = target(&event, BUTTONS) else { return };
            let id_asked = matches!(button.closest(".col-id"), Ok(Some(_)));
            let Some(row) = row_of(&event).and_then(|id| page.feed.row(id)) else { return };
            let text = row.record.with_untracked(|view| {
                if id_asked { view.id.to_string() } else { view.customer_number.clone() }
            });
            spawn_local(async move {
                toasts.show(if browser::copy(&text).await {
                    Toast::success(&messages::copied(&text))
                } else {
                    Toast::error(messages::not_copied(), text)
                });
            });
        }),
    ];
    on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
}

fn remove_all(selector: &str) {
    let Ok(found) = document().query_selector_all(selector) else { return };
    for index in 0..found.length() {
        if let Some(element) = found.item(index).and_then(|node| node.dyn_into::<Element>().ok()) {
            element.remove();
        }
    }
}
