//! The cells of a row. Each follows its part of the record by itself, so that
//! a change touches nothing else.

use leptos::prelude::*;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::SearchField;
use ringback_domain::{StateName, Timestamp};

use super::columns::Column;
use super::feed::Row;
use super::highlight::{find_digits, find_text, marked};
use super::matching::is_overdue;
use super::row::RowState;
use super::{Open, Page};
use crate::clock::Clock;
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::components::state_badge::StateBadge;
use crate::components::tooltip::TooltipButton;
use crate::format::{self, Style};
use crate::messages;
use crate::phone;

/// The cell of a row in a column.
pub(super) fn cell(column: Column, row: &Row, state: RowState) -> AnyView {
    match column {
        Column::Metrics => metrics(row, state),
        Column::State => state_cell(row, state),
        Column::DesiredTime => desired_time(row, state),
        Column::Service => service(row),
        Column::Number => number(row),
        Column::Attempts => attempts(row),
        Column::Agent => agent(row),
        Column::Updated => updated(row),
        Column::Id => id(row),
        Column::Actions => actions(row, state),
    }
}

/// A row's number as it is shown, which names the row's controls.
pub(super) fn shown_number(row: &Row) -> String {
    row.record.with_untracked(|view| phone::grouped(&view.customer_number))
}

/// A part of the record, followed.
fn part<T: PartialEq + Send + Sync + 'static>(
    row: &Row,
    of: impl Fn(&CallbackView) -> T + Send + Sync + 'static,
) -> Memo<T> {
    let record = row.record.clone();
    Memo::new(move |_| record.with(&of))
}

/// The id of a row's arrow, where the focus goes if the row's action is gone.
pub(super) fn arrow_id(row: &Row) -> String {
    format!("metrics-{}", row.id)
}

fn metrics(row: &Row, state: RowState) -> AnyView {
    let page = Page::here();
    let id = row.id;
    let controls = format!("detail-{id}");
    view! {
        <td class="c-exp-cell" role="cell">
            <button
                type="button"
                class="exp"
                id=arrow_id(row)
                aria-label=messages::metrics_of(shown_number(row))
                aria-expanded=move || if state.open.get() { "true" } else { "false" }
                aria-controls=move || state.open.get().then(|| controls.clone())
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
    let badge = part(row, |view| (view.state, view.result));
    let scheduled_origin = row.record.with_untracked(|view| view.scheduled_origin);
    let window = part(row, |view| {
        (view.desired_time, view.desired_time.plus_seconds(i64::from(view.desired_window_seconds)))
    });
    let tip = move || {
        let (from, to) = window.get();
        let style = page.session.style();
        messages::warning_tip(format::time(from, style), format::time(to, style))
    };
    view! {
        <td class="k-state" role="cell">
            <div class="statecell">
                <span class="typeslot">
                    {scheduled_origin
                        .then(|| {
                            view! {
                                <span
                                    role="img"
                                    aria-label=messages::originated_scheduled()
                                    title=messages::originated_scheduled()
                                >
                                    <Icon name="calendar" />
                                </span>
                            }
                        })}
                </span>
                {move || {
                    let (state, result) = badge.get();
                    view! { <StateBadge state result /> }
                }}
                <Show when=move || state.late.get()>
                    <TooltipButton label=messages::warning() class="warnbtn" text=Signal::derive(tip)>
                        <Icon name="triangle-alert" />
                    </TooltipButton>
                </Show>
            </div>
        </td>
    }
    .into_any()
}

fn desired_time(row: &Row, state: RowState) -> AnyView {
    let page = Page::here();
    let clock = Clock::here();
    let at = part(row, |view| view.desired_time);
    let record = row.record.clone();
    let relative = Memo::new(move |_| record.with(|view| relative(view, clock)));
    let note = move || {
        if state.left.get() { Some(messages::left_view().to_owned()) } else { relative.get() }
    };
    view! {
        <td class="k-time num" role="cell">
            <time datetime=move || at.get().to_string() class:is-late=state.late>
                {move || format::day_time(at.get(), page.session.style())}
            </time>
            {move || {
                let note = note()?;
                Some(view! { " " <span class="rel" class:is-late=state.late>{note}</span> })
            }}
        </td>
    }
    .into_any()
}

/// How long it has been in its state, or how long it will be held.
fn relative(view: &CallbackView, clock: Clock) -> Option<String> {
    let since = |start: Option<Timestamp>| start.map(|start| format::duration(clock.since(start)));
    let metrics = &view.metrics;
    match view.state {
        StateName::Scheduled => {
            let age = clock.since(view.desired_time);
            Some(match age {
                ..0 => messages::due_in(format::duration(-age)),
                _ if is_overdue(view, clock.coarse()) => messages::late(format::duration(age)),
                _ => messages::due_now().to_owned(),
            })
        }
        StateName::Queued => since(metrics.queued_at).map(messages::waiting),
        StateName::Routing => since(metrics.agent_reserved_at).map(messages::reserved),
        StateName::Processing => since(metrics.agent_connected_at).map(messages::on_call),
        StateName::Completed => None,
    }
}

/// A text in which a search may have found something.
fn searchable(
    text: Memo<String>,
    field: SearchField,
    find: fn(&str, &str) -> Option<std::ops::Range<usize>>,
) -> impl IntoView {
    let page = Page::here();
    let search = Memo::new(move |_| {
        page.view
            .with(|view| if view.list.column == field { view.list.search.clone() } else { String::new() })
    });
    move || text.with(|text| marked(text, search.with(|search| find(text, search))))
}

fn service(row: &Row) -> AnyView {
    let name = part(row, |view| view.service.name.clone());
    view! {
        <td class="k-svc" role="cell" title=name>
            {searchable(name, SearchField::Service, find_text)}
        </td>
    }
    .into_any()
}

fn number(row: &Row) -> AnyView {
    let number = part(row, |view| phone::grouped(&view.customer_number));
    view! {
        <th scope="row" class="k-num num" role="rowheader" dir="ltr">
            {searchable(number, SearchField::CustomerNumber, find_digits)}
        </th>
    }
    .into_any()
}

fn attempts(row: &Row) -> AnyView {
    let attempts = part(row, |view| (view.metrics.attempts_made, view.metrics.max_attempts));
    view! {
        <td class="k-att num" role="cell" class:subtle=move || attempts.get().0 == 0>
            {move || {
                let (made, max) = attempts.get();
                messages::attempts_short(made, max)
            }}
        </td>
    }
    .into_any()
}

fn agent(row: &Row) -> AnyView {
    let agent = part(row, |view| view.metrics.agent.clone().unwrap_or_default());
    let text = searchable(agent, SearchField::Agent, find_text);
    view! {
        <td class="k-agent" role="cell" title=agent>
            <Show when=move || agent.with(String::is_empty)>
                <span class="dash">{messages::none()}</span>
            </Show>
            {text}
        </td>
    }
    .into_any()
}

fn updated(row: &Row) -> AnyView {
    let page = Page::here();
    let clock = Clock::here();
    let at = part(row, |view| view.updated_at);
    let text = Memo::new(move |_| {
        let style: Style = page.session.style();
        format::time_or_day(at.get(), clock.coarse(), style)
    });
    view! {
        <td class="k-upd num subtle" role="cell">
            <time datetime=move || at.get().to_string()>{text}</time>
        </td>
    }
    .into_any()
}

fn id(row: &Row) -> AnyView {
    /// What stays visible at the end where there is little room.
    const TAIL: usize = 8;
    let id = row.id.to_string();
    let (head, tail) = id.split_at(id.len() - TAIL);
    let (head, tail) = (head.to_owned(), tail.to_owned());
    view! {
        <td class="k-id" role="cell">
            <span class="idcell" title=id><span class="head">{head}</span><span class="tail">{tail}</span></span>
        </td>
    }
    .into_any()
}

/// What the last column offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    None,
    Edit,
    Recreate,
}

fn actions(row: &Row, state: RowState) -> AnyView {
    let page = Page::here();
    let number = shown_number(row);
    let possible = part(row, |view| match (view.can.cancel || view.can.reschedule, view.can.recreate) {
        (true, _) => Action::Edit,
        (false, true) => Action::Recreate,
        (false, false) => Action::None,
    });
    // Nothing changes under a pointer that is about to press: the icon turns
    // inactive first, and changes when the pointer has left.
    let shown = RwSignal::new(possible.get_untracked());
    Effect::new(move |_| {
        let possible = possible.get();
        if !state.held.get() && shown.get_untracked() != possible {
            shown.set(possible);
        }
    });
    let inactive = Signal::derive(move || shown.get() != possible.get());
    let row = row.clone();
    view! {
        <td class="k-act" role="cell">
            {move || {
                let row = row.clone();
                match shown.get() {
                    Action::None => None,
                    Action::Edit => Some(view! {
                        <IconButton
                            class="iconbtn-accent"
                            icon="pencil"
                            label=messages::edit_of(&number)
                            inactive
                            on_press=move |()| page.dialog.set(Some(Open::Edit(row.clone())))
                        />
                    }.into_any()),
                    Action::Recreate => Some(view! {
                        <IconButton
                            icon="rotate-ccw"
                            label=messages::recreate_of(&number)
                            inactive
                            on_press=move |()| page.dialog.set(Some(Open::Recreate(row.clone())))
                        />
                    }.into_any()),
                }
            }}
        </td>
    }
    .into_any()
}
