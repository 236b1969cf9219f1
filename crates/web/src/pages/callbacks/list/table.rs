//! The table with the bars above and below it.

use leptos::html;
use leptos::prelude::*;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::view::keyed::keyed;
use ringback_domain::retention::RETENTION_DAYS;
use ringback_domain::wire::list::Sort;

use super::empty::Failed;
use super::jump::first_ahead;
use super::row::{self, RecordRow, row_of, show_other_zones};
use super::selection::{self, CancelButton, PageBox};
use crate::browser::update_attribute;
use crate::clock::Clock;
use crate::components::empty_state::Skeleton;
use crate::components::icon::Icon;
use crate::components::tooltip;
use crate::format;
use crate::lazy::{Lazy, Part};
use crate::messages;
use crate::pages::callbacks::list::feed::Loading;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::list::paging;
use crate::pages::callbacks::record::row::Row;
use crate::pages::callbacks::view::columns::Column;
use crate::pages::callbacks::view::columns::sort_label;
use crate::pages::callbacks::view::state::Place;
use crate::width::Width;

fn row_count(page: PageState) -> Option<usize> {
    page.feed.rows.with(|rows| rows.as_ref().map(Vec::len))
}

pub(super) fn total(page: PageState) -> Option<(u64, bool)> {
    page.feed.counts.with(|counts| {
        let counts = counts.as_ref()?;
        Some(page.view.with(|view| paging::total(counts, &view.list, view.list.quick)))
    })
}

fn summary(page: PageState) -> String {
    row_count(page).map_or_else(String::new, |rows| {
        page.feed.shown.with(|shown| paging::summary(shown, rows, total(page)))
    })
}

/// The bar above the table: the rows of the page, new callbacks, and the
/// selection.
#[component]
pub(crate) fn TableBar() -> impl IntoView {
    let page = PageState::here();
    let arrivals =
        Memo::new(move |_| page.feed.arrivals.with(|new| u64::try_from(new.len()).unwrap_or_default()));
    let loading = move || page.feed.loading.get() != Loading::Idle;
    let selecting = Memo::new(move |_| page.feed.selection.count() > 0);
    let lazy = Lazy::here();
    let cards = Memo::new(move |_| page.width.get() == Width::Cards);
    // On a small screen the selection has a bar of its own, so that no row moves.
    let replaced = Memo::new(move |_| selecting.get() && !cards.get());
    let idle = move || {
        view! {
            <span class="num">{move || summary(page)}</span>
            {lazy.add(Part::WaysToNow)}
            {move || cards.get().then(lazy.add(Part::SortSelect)).flatten()}
        }
    };
    view! {
        <div class="table-bar" class:is-loading=loading class:is-selecting=replaced>
            <Show when=move || replaced.get() fallback=idle>{lazy.add(Part::SelectionBar)}</Show>
            <Show when=move || { arrivals.get() > 0 }>
                <button type="button" class="new-callbacks-button" on:click=move |_| page.show_arrivals()>
                    <Icon name="arrow-down" class="icon--small" />
                    {move || messages::new_callbacks(arrivals.get())}
                </button>
            </Show>
            <span class="visually-hidden" role="status">{announced(arrivals)}</span>
            <span class="visually-hidden" role="status">{found(page)}</span>
            {page.manages.then(|| view! {
                <span class="grow"></span>
                <span class="contents" class:is-replaced=move || cards.get() && selecting.get()>
                    <CancelButton />
                </span>
            })}
        </div>
        <Show when=move || cards.get() && selecting.get()>
            <div class="selection-bar">{lazy.add(Part::SelectionBar)}<span class="grow"></span><CancelButton /></div>
        </Show>
    }
}

/// Announces new callbacks to screen readers, at most every 30 seconds.
fn announced(arrivals: Memo<u64>) -> impl Fn() -> Option<String> {
    const MIN_INTERVAL: i64 = 30;
    let clock = Clock::here();
    let announced_at = StoredValue::new(None);
    let text = RwSignal::new(None);
    Effect::new(move |_| {
        let (new, now) = (arrivals.get(), clock.coarse());
        let may_announce = announced_at.get_value().is_none_or(|at| now.seconds_since(at) >= MIN_INTERVAL);
        if new == 0 {
            text.set(None);
        } else if may_announce {
            announced_at.set_value(Some(now));
            text.set(Some(messages::new_callbacks(new)));
        }
    });
    move || text.get()
}

/// Announces how many callbacks a search found.
fn found(page: PageState) -> impl Fn() -> Option<String> {
    move || {
        let searching = page.view.with(|view| !view.list.search.trim().is_empty());
        let (total, _) = total(page)?;
        searching.then(|| messages::callbacks_found(total))
    }
}

/// The table, or why it is empty.
#[component]
pub(crate) fn Records() -> impl IntoView {
    let page = PageState::here();
    let lazy = Lazy::here();
    let region = NodeRef::<html::Div>::new();
    // Another page starts at its top, with the focus on the table.
    let place = Memo::new(move |_| page.view.with(|view| view.list.place.clone()));
    Effect::new(move |before: Option<Place>| {
        let now = place.get();
        if before.is_some_and(|before| before != now)
            && now != Place::Now
            && let Some(region) = region.get_untracked()
        {
            region.set_scroll_top(0);
            let _ = region.focus();
        }
        now
    });
    let patient = RwSignal::new(false);
    set_timeout(
        move || {
            patient.try_set(true);
        },
        std::time::Duration::from_millis(200),
    );
    let content = Memo::new(move |_| {
        let feed = page.feed;
        let rows = row_count(page);
        match (rows, feed.failure.with(Option::is_some)) {
            (None | Some(0), true) => Content::Failed,
            (None, false) => Content::Loading,
            (Some(0), false) => Content::Empty,
            (Some(_), _) => Content::Rows,
        }
    });
    view! {
        <div
            class="tablewrap"
            tabindex="0"
            role="region"
            aria-label=messages::records_region()
            aria-busy=move || (page.feed.loading.get() != Loading::Idle).then_some("true")
            node_ref=region
        >
            {move || match content.get() {
                Content::Loading => patient
                    .get()
                    .then(|| view! { <Skeleton label=messages::loading_callbacks() /> })
                    .into_any(),
                Content::Failed => view! { <Failed /> }.into_any(),
                Content::Empty => lazy.show(Part::EmptyList),
                Content::Rows => view! { <Table /> }.into_any(),
            }}
        </div>
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Loading,
    Failed,
    Empty,
    Rows,
}

#[component]
fn Table() -> impl IntoView {
    let page = PageState::here();
    let columns = Memo::new(move |_| page.shown_columns());
    let offset = Signal::derive(move || page.feed.shown.with(paging::offset).unwrap_or(0));
    let caption = move || {
        let (range, sort) = page.view.with(|view| (view.list.range, view.list.sort));
        messages::table_caption(page.range_label(range), sort_label(sort))
    };
    let rows_in_all = move || match total(page) {
        // The headings are a row as well.
        Some((total, false)) => i64::try_from(total + 1).unwrap_or(-1),
        // -1 means that the total is unknown.
        _ => -1,
    };
    mark_now(page);
    open_rows(page);
    let hold = move |event: leptos::ev::Event| {
        page.active_row.set(row_of(&event));
        tooltip::explain(&event);
    };
    let release = move |event: leptos::ev::Event| {
        tooltip::hide(&event);
        if row_of(&event) == page.active_row.get_untracked() {
            page.active_row.set(None);
        }
    };
    move || {
        let columns = StoredValue::new(columns.get());
        let heads = columns.get_value().into_iter().map(|column| view! { <Head column /> }).collect_view();
        view! {
            <table
                class="callback-table"
                class:is-managed=page.manages
                class:is-compact=move || page.preferences.with(|preferences| preferences.compact_rows)
                class:is-chosen=move || page.columns.with(Option::is_some)
                role="table"
                aria-rowcount=rows_in_all
            >
                <caption class="visually-hidden">{caption}</caption>
                <thead role="rowgroup"><tr role="row" aria-rowindex="1">{heads}</tr></thead>
                <tbody
                    role="rowgroup"
                    on:pointerover=move |event| {
                        show_other_zones(page, &event);
                        hold(event.into());
                    }
                    on:pointerout=move |event| release(event.into())
                    on:focusin=move |event| hold(event.into())
                    on:focusout=move |event| release(event.into())
                    on:keydown=move |event| {
                        row::move_focus(&event);
                        if event.key() == "Escape" && tooltip::hide(&event) {
                            event.stop_propagation();
                        }
                    }
                    on:mousedown=move |event| selection::keep_text_unselected(&event)
                    on:click=move |event| {
                        tooltip::explain(&event);
                        row::handle_click(page, &event);
                    }
                >
                    {record_rows(page, offset, columns)}
                </tbody>
            </table>
        }
    }
}

/// The rows. An owner keeps a trace of each child, also of those that are gone, until
/// it ends itself. So the rows of a load have one of their own, which ends with the
/// last of them; `ForEnumerate` would make the page grow with each load.
fn record_rows(page: PageState, offset: Signal<u64>, columns: StoredValue<Vec<Column>>) -> impl IntoView {
    let table = Owner::current().unwrap_or_default();
    move || {
        let load = table.with(Owner::new);
        let draw = move |index, row: Row| {
            let owner = load.with(Owner::new);
            let (index, set_index) = ArcRwSignal::new(index).split();
            let view = owner.with(|| {
                let load = load.clone();
                on_cleanup(move || drop(load));
                view! { <RecordRow row index=index.into() offset columns /> }
            });
            (move |index| set_index.set(index), OwnedView::new_with_owner(view, owner))
        };
        keyed(page.feed.rows.get().unwrap_or_default(), |row| row.id, draw)
    }
}

/// Draws a line above the first row that is due after now, if the list is
/// sorted by time. The line is visual only; one row gets an attribute.
fn mark_now(page: PageState) {
    const MARK: &str = "data-now";
    let clock = Clock::here();
    let line = Memo::new(move |_| {
        if page.view.with(|view| view.list.sort != Sort::DesiredTime) {
            return None;
        }
        let now = clock.coarse();
        // A line above the first row would mean nothing.
        let (_, next) = first_ahead(page.feed, now).filter(|(at, _)| *at > 0)?;
        Some((next, messages::now_line(format::time(now, page.preferences.style()))))
    });
    Effect::new(move |_| {
        let line = line.get();
        page.feed.rows.track();
        page.width.track();
        page.columns.track();
        // The rows may not be drawn yet.
        request_animation_frame(move || {
            let find = |selector: &str| document().query_selector(selector).ok().flatten();
            if let Some(old) = find("tr[data-now]") {
                update_attribute(&old, MARK, None);
            }
            if let Some((id, text)) = line
                && let Some(row) = find(&format!("tr[data-id=\"{id}\"]"))
            {
                update_attribute(&row, MARK, Some(&text));
            }
        });
    });
}

/// Opens and closes the details of rows as the address says.
fn open_rows(page: PageState) {
    let open = Memo::new(move |_| page.view.with(|view| view.open.clone()));
    Effect::new(move |_| {
        let open = open.get();
        page.feed.rows.with(|rows| {
            for row in rows.iter().flatten() {
                let opens = open.contains(&row.id);
                if row.open.get_untracked() != opens {
                    row.open.set(opens);
                }
            }
        });
    });
}

#[component]
fn Head(column: Column) -> impl IntoView {
    let page = PageState::here();
    let sort = Memo::new(move |_| page.view.with(|view| view.list.sort));
    let label = column.label();
    let content = match column.sorts() {
        None if column == Column::Select => view! { <PageBox /> }.into_any(),
        None if column.is_silent() => view! { <span class="visually-hidden">{label}</span> }.into_any(),
        None => label.into_any(),
        Some((up, down)) => {
            let press = move |_| {
                let other = if sort.get_untracked() == up { down } else { up };
                page.show(&page.view.get_untracked().with(|list| list.sort = other));
            };
            view! {
                <button type="button" on:click=press>
                    {label}
                    {move || match sort.get() {
                        sort if sort == up => Some(view! { <Icon name="arrow-up" class="icon--small" /> }),
                        sort if sort == down => Some(view! { <Icon name="arrow-down" class="icon--small" /> }),
                        _ => None,
                    }}
                </button>
            }
            .into_any()
        }
    };
    let direction = move || {
        let (up, down) = column.sorts()?;
        match sort.get() {
            sort if sort == up => Some("ascending"),
            sort if sort == down => Some("descending"),
            _ => None,
        }
    };
    let movable = Column::MOVABLE.contains(&column);
    let sized = movable || column == Column::State;
    view! {
        <th
            scope="col"
            class=column.class()
            role="columnheader"
            aria-sort=direction
            data-column=sized.then(|| column.key())
            draggable=movable.then_some("true")
        >
            {content}
            {sized.then(|| view! { <span class="column-edge" aria-hidden="true"></span> })}
        </th>
    }
}

/// The bar below the table: the pages, and the time zone.
#[component]
pub(crate) fn Foot() -> impl IntoView {
    let page = PageState::here();
    let lazy = Lazy::here();
    view! {
        <footer class="table-footer">
            <span class="num">{move || summary(page)}</span>
            {lazy.add(Part::Pager)}
            <span class="grow"></span>
            <span>{move || messages::times_in(format::zone(page.preferences.style()))}</span>
            <span class="wide-only">{messages::kept(RETENTION_DAYS)}</span>
            <Show when=move || !page.preferences.with(|preferences| preferences.shortcuts_off)>
                <span class="wide-only"><kbd>"?"</kbd>" "{messages::shortcuts()}</span>
            </Show>
        </footer>
    }
}
