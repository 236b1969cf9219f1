//! The cells of a row. There are thousands on a page, so each follows the
//! record with as few subscriptions as it can do with.

use leptos::prelude::*;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::SearchField;
use ringback_domain::{StateName, Timestamp};

use super::columns::Column;
use super::feed::Row;
use super::matching::is_overdue;
use super::row::RowState;
use super::selection::row_box;
use super::{Open, Page};
use crate::clock::Clock;
use crate::components::highlight::{find_digits, find_in_id, find_text, marked};
use crate::components::icon::Icon;
use crate::components::state_badge::StateBadge;
use crate::components::tooltip::TooltipButton;
use crate::format::{self, Style};
use crate::messages;
use crate::phone;

/// The cell of a row in a column.
pub(super) fn cell(column: Column, row: &Row, state: RowState) -> AnyView {
    match column {
        Column::Select => row_box(row, shown_number(row)),
        Column::Metrics => metrics(row, state),
        Column::State => state_cell(row, state),
        Column::DesiredTime => desired_time(row, state),
        Column::Service => service(row),
        Column::Number => number(row),
        Column::Attempts => attempts(row),
        Column::Agent => {
            searched_text(row, "k-agent", SearchField::Agent, |view| view.metrics.agent.as_deref())
        }
        Column::Updated => updated(row),
        Column::Id => id(row),
        Column::Position => {
            figure(row, |view, _| Some(format::count(view.metrics.position_in_queue?.into())))
        }
        Column::Wait => {
            figure(row, |view, _| Some(format::duration(view.metrics.estimated_wait_seconds?.into())))
        }
        Column::Priority => figure(row, |view, _| Some(view.priority.to_string())),
        Column::Created => figure(row, |view, style| Some(format::day_time(view.created_at, style))),
        Column::Completed => {
            figure(row, |view, style| Some(format::day_time(view.metrics.completed_at?, style)))
        }
        Column::CreatedBy => {
            searched_text(row, "", SearchField::CreatedBy, |view| view.metrics.created_by.as_deref())
        }
        Column::Language => searched_text(row, "", SearchField::Language, |view| view.language.as_deref()),
        Column::Actions => actions(row),
    }
}

/// A row's number as it is shown, which names the row's controls. A record
/// keeps its number for good.
pub(super) fn shown_number(row: &Row) -> String {
    row.record.with_untracked(|view| phone::grouped(&view.customer_number))
}

/// The id of a row's arrow, where the focus goes if the row's action is gone.
pub(super) fn arrow_id(row: &Row) -> String {
    format!("metrics-{}", row.id)
}

fn metrics(row: &Row, state: RowState) -> AnyView {
    let page = Page::here();
    let id = row.id;
    view! {
        <td class="c-exp-cell" role="cell">
            <button
                type="button"
                class="exp"
                id=arrow_id(row)
                aria-label=messages::metrics_of(shown_number(row))
                aria-expanded=move || if state.open.get() { "true" } else { "false" }
                aria-controls=format!("detail-{id}")
                on:click=move |_| page.replace(&page.view.get_untracked().toggled(id))
            >
                <Icon name="chevron-right" />
            </button>
        </td>
    }
    .into_any()
}

fn state_cell(row: &Row, state: RowState) -> AnyView {
    let page = Page::here();
    let scheduled_origin = row.record.with_untracked(|view| view.scheduled_origin);
    let record = row.record.clone();
    let sought = page.sought(SearchField::State);
    let badge = move || {
        let (state, result) = record.with(|view| (view.state, view.result));
        view! { <StateBadge state result search=sought.map(|sought| sought.get()).unwrap_or_default() /> }
    };
    let record = row.record.clone();
    let calendar = scheduled_origin.then(|| {
        let label = messages::originated_scheduled();
        view! { <span role="img" aria-label=label title=label><Icon name="calendar" /></span> }
    });
    view! {
        <td class="k-state" role="cell">
            <div class="statecell">
                <span class="typeslot">{calendar}</span>
                {badge}
                {move || state.late.get().then(|| warning(record.clone()))}
            </div>
        </td>
    }
    .into_any()
}

fn warning(record: ArcRwSignal<CallbackView>) -> impl IntoView {
    let page = Page::here();
    let tip = move || {
        let (from, window) = record.with(|view| (view.desired_time, view.desired_window_seconds));
        let to = from.plus_seconds(i64::from(window));
        let style = page.session.style();
        messages::warning_tip(format::time(from, style), format::time(to, style))
    };
    view! {
        <TooltipButton label=messages::warning() class="warnbtn" text=Signal::derive(tip)>
            <Icon name="triangle-alert" />
        </TooltipButton>
    }
}

fn desired_time(row: &Row, state: RowState) -> AnyView {
    let page = Page::here();
    let clock = Clock::here();
    let record = row.record.clone();
    let content = move || {
        let style = page.session.style();
        let late = state.late.get();
        let (at, relative) = record.with(|view| (view.desired_time, relative(view, late, clock)));
        let note = if state.left.get() { Some(messages::left_view().to_owned()) } else { relative };
        let (class, note_class) = if late { ("is-late", "rel is-late") } else { ("", "rel") };
        view! {
            <time datetime=at.to_string() class=class>{format::day_time(at, style)}</time>
            {note.map(|note| view! { " " <span class=note_class>{note}</span> })}
        }
    };
    view! { <td class="k-time num" role="cell">{content}</td> }.into_any()
}

/// How long it has been in its state, or how long it will be held.
fn relative(view: &CallbackView, late: bool, clock: Clock) -> Option<String> {
    let since = |start: Option<Timestamp>| start.map(|start| format::duration(clock.since(start)));
    let metrics = &view.metrics;
    match view.state {
        StateName::Scheduled => {
            let age = clock.since(view.desired_time);
            Some(match age {
                ..0 => messages::due_in(format::duration(-age)),
                _ if late || is_overdue(view, clock.coarse()) => messages::late(format::duration(age)),
                _ => messages::due_now().to_owned(),
            })
        }
        StateName::Queued => since(metrics.queued_at).map(messages::waiting),
        StateName::Routing => since(metrics.agent_reserved_at).map(messages::reserved),
        StateName::Processing => since(metrics.agent_connected_at).map(messages::on_call),
        StateName::Completed => None,
    }
}

/// A text with what a search found in it.
fn searched(page: Page, text: &str, field: SearchField) -> AnyView {
    let find = if field == SearchField::CustomerNumber { find_digits } else { find_text };
    marked(text, page.sought(field).and_then(|sought| sought.with(|search| find(text, search))))
}

/// A cell with a text that can be searched.
fn searched_text(
    row: &Row,
    class: &'static str,
    field: SearchField,
    text: for<'a> fn(&'a CallbackView) -> Option<&'a str>,
) -> AnyView {
    let page = Page::here();
    let record = row.record.clone();
    let content = move || {
        record.with(|view| match text(view) {
            Some(text) => {
                view! { <span title=text.to_owned()>{searched(page, text, field)}</span> }.into_any()
            }
            None => nothing(),
        })
    };
    view! { <td class=class role="cell">{content}</td> }.into_any()
}

/// A cell with a number or a time.
fn figure(row: &Row, text: fn(&CallbackView, Style) -> Option<String>) -> AnyView {
    let page = Page::here();
    let record = row.record.clone();
    let content = move || {
        let style = page.session.style();
        record.with(|view| text(view, style)).map_or_else(nothing, IntoAny::into_any)
    };
    view! { <td class="num" role="cell">{content}</td> }.into_any()
}

fn nothing() -> AnyView {
    view! { <span class="dash">{messages::none()}</span> }.into_any()
}

fn service(row: &Row) -> AnyView {
    let page = Page::here();
    let record = row.record.clone();
    let name = move || record.with(|view| searched(page, &view.service.name, SearchField::Service));
    let title = row.record.with_untracked(|view| view.service.name.clone());
    view! { <td class="k-svc" role="cell" title=title>{name}</td> }.into_any()
}

fn number(row: &Row) -> AnyView {
    let page = Page::here();
    let number = shown_number(row);
    view! {
        <th scope="row" class="k-num num" role="rowheader" dir="ltr">
            {move || searched(page, &number, SearchField::CustomerNumber)}
        </th>
    }
    .into_any()
}

fn attempts(row: &Row) -> AnyView {
    let record = row.record.clone();
    let content = move || {
        let (made, max) = record.with(|view| (view.metrics.attempts_made, view.metrics.max_attempts));
        let class = if made == 0 { "subtle" } else { "" };
        view! { <span class=class>{messages::attempts_short(made, max)}</span> }
    };
    view! { <td class="k-att num" role="cell">{content}</td> }.into_any()
}

fn updated(row: &Row) -> AnyView {
    let page = Page::here();
    let record = row.record.clone();
    let content = move || {
        let at = record.with(|view| view.updated_at);
        let text = format::time_or_day(at, page.today.get(), page.session.style());
        view! { <time datetime=at.to_string()>{text}</time> }
    };
    view! { <td class="k-upd num subtle" role="cell">{content}</td> }.into_any()
}

fn id(row: &Row) -> AnyView {
    /// What stays visible at the end where there is little room.
    const TAIL: usize = 8;
    let sought = Page::here().sought(SearchField::Id);
    let id = row.id.to_string();
    let (name, title) = (id.clone(), id.clone());
    let content = move || {
        let found = sought.and_then(|sought| sought.with(|search| find_in_id(&id, search)));
        let cut = id.len() - TAIL;
        let (head, tail) = id.split_at(cut);
        let in_head = found.clone().map(|found| found.start.min(cut)..found.end.min(cut));
        let in_tail = found.map(|found| found.start.max(cut) - cut..found.end.max(cut) - cut);
        view! { <span class="head">{marked(head, in_head)}</span><span class="tail">{marked(tail, in_tail)}</span> }
    };
    view! { <td class="k-id" role="cell" aria-label=name><span class="idcell" title=title>{content}</span></td> }.into_any()
}

/// What the last column offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    None,
    Edit,
    Recreate,
}

fn actions(row: &Row) -> AnyView {
    let page = Page::here();
    let number = StoredValue::new(shown_number(row));
    let record = row.record.clone();
    let id = row.id;
    // Nothing changes under a pointer that is about to press: the icon turns
    // inactive first, and changes when the pointer has left the row.
    let shown = Memo::new(move |before: Option<&(Action, bool)>| {
        let possible =
            record.with(|view| match (view.can.cancel || view.can.reschedule, view.can.recreate) {
                (true, _) => Action::Edit,
                (false, true) => Action::Recreate,
                (false, false) => Action::None,
            });
        match before {
            Some((shown, _)) if *shown != possible && page.held.get() == Some(id) => (*shown, true),
            _ => (possible, false),
        }
    });
    let row = StoredValue::new(row.clone());
    let content = move || {
        let (action, inactive) = shown.get();
        let (class, icon, label) = match action {
            Action::None => return None,
            Action::Edit => ("iconbtn iconbtn-accent", "pencil", messages::edit_of(number.get_value())),
            Action::Recreate => ("iconbtn", "rotate-ccw", messages::recreate_of(number.get_value())),
        };
        let press = move |_| {
            let row = row.get_value();
            match shown.get_untracked() {
                (Action::Edit, false) => page.dialog.set(Some(Open::Edit(row))),
                (Action::Recreate, false) => page.dialog.set(Some(Open::Recreate(row))),
                _ => {}
            }
        };
        Some(view! {
            <button
                type="button"
                class=class
                aria-label=label
                aria-disabled=inactive.then_some("true")
                on:click=press
            >
                <Icon name=icon />
            </button>
        })
    };
    view! { <td class="k-act" role="cell">{content}</td> }.into_any()
}
