//! The rows on screen: loaded from the server and updated by its events. Their
//! order never changes by itself.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::endpoint::{CountCallbacks, ListCallbacks};
use ringback_domain::wire::list::{CallbackCount, CallbackFilter, CountQuery, NUMBERED_ROWS, Page, Sort};
use ringback_domain::{CallbackId, Timestamp};

use super::selection::Selection;
use crate::api::Failure;
use crate::browser;
use crate::client::Client;
use crate::events::Event;
use crate::pages::callbacks::record::row::Row;
use crate::pages::callbacks::view::matching::matches;
use crate::pages::callbacks::view::state::ListState;
use crate::preferences::PreferenceStore;
use crate::session::Session;

/// Whether the list is being loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loading {
    /// Nothing is being loaded.
    Idle,
    /// Another list than the one on screen is being loaded.
    Other,
    /// The same list is being loaded again.
    Again,
}

/// Whether events arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Live {
    /// Not connected yet.
    Connecting,
    /// Events arrive.
    Yes,
    /// The connection was lost at this time.
    Lost(Timestamp),
}

/// The list and its state.
#[derive(Clone, Copy)]
pub(crate) struct Feed {
    client: Client,
    preferences: PreferenceStore,
    session: Session,
    /// The list to show.
    list: Memo<ListState>,
    /// The rows; `None` before the first response.
    pub(crate) rows: RwSignal<Option<Vec<Row>>>,
    /// The selected rows, some of which may be on other pages.
    pub(crate) selection: Selection,
    /// The cursors of the next and the previous page.
    pub(crate) neighbours: RwSignal<(Option<String>, Option<String>)>,
    /// Counts for the range and the search, over all states.
    pub(crate) counts: RwSignal<Option<CallbackCount>>,
    /// Whether the list is being loaded.
    pub(crate) loading: RwSignal<Loading>,
    /// Why the last load failed.
    pub(crate) failure: RwSignal<Option<Failure>>,
    /// New matching callbacks that are not on screen.
    pub(crate) arrivals: RwSignal<HashSet<CallbackId>>,
    /// The time of the last update.
    pub(crate) as_of: RwSignal<Option<Timestamp>>,
    /// Whether events arrive.
    pub(crate) live: RwSignal<Live>,
    /// The list that the rows belong to.
    shown_list: StoredValue<Option<ListState>>,
    /// Responses to older requests are dropped.
    request_number: StoredValue<u32>,
    count_pending: StoredValue<bool>,
    /// Changes since a load began, which may be missing in its response.
    changes_while_loading: StoredValue<Vec<CallbackView>>,
    /// The start of the last load.
    loaded_at: StoredValue<Timestamp>,
}

/// The shortest time between a change and new counts.
const COUNT_DELAY: Duration = Duration::from_secs(3);

impl Feed {
    /// An empty list.
    pub(crate) fn new(list: Memo<ListState>) -> Self {
        Self {
            client: Client::here(),
            preferences: PreferenceStore::here(),
            session: Session::here(),
            list,
            rows: RwSignal::new(None),
            selection: Selection::new(),
            neighbours: RwSignal::new((None, None)),
            counts: RwSignal::new(None),
            loading: RwSignal::new(Loading::Idle),
            failure: RwSignal::new(None),
            arrivals: RwSignal::new(HashSet::new()),
            as_of: RwSignal::new(None),
            live: RwSignal::new(Live::Connecting),
            shown_list: StoredValue::new(None),
            request_number: StoredValue::new(0),
            count_pending: StoredValue::new(false),
            changes_while_loading: StoredValue::new(Vec::new()),
            loaded_at: StoredValue::new(browser::now()),
        }
    }

    /// The row of a callback, if it is on screen.
    pub(crate) fn row(self, id: CallbackId) -> Option<Row> {
        self.rows.with_untracked(|rows| rows.as_ref()?.iter().find(|row| row.id == id).cloned())
    }

    fn filter_now(self) -> CallbackFilter {
        let now = browser::now();
        let utc = self.preferences.style_untracked().utc;
        self.list.with_untracked(|list| list.filter(list.bounds(now, utc)))
    }

    /// Loads the list. Rows that stay keep their element, and with it focus and
    /// scroll position.
    pub(crate) fn load(self) {
        let list = self.list.get_untracked();
        self.request_number.update_value(|request_number| *request_number += 1);
        let request_number = self.request_number.get_value();
        let same = self.shown_list.with_value(|shown| shown.as_ref() == Some(&list));
        self.loading.set(if same { Loading::Again } else { Loading::Other });
        let now = browser::now();
        self.loaded_at.set_value(now);
        let bounds = list.bounds(now, self.preferences.style_untracked().utc);
        let request = ListCallbacks { filter: list.filter(bounds), page: list.page_query() };
        if !same {
            self.arrivals.update(HashSet::clear);
        }
        let same_counts = self.shown_list.with_value(|shown| {
            let of = |list: &ListState| {
                (list.range, list.search.clone(), list.column, list.visible.services.clone())
            };
            shown.as_ref().is_some_and(|shown| of(shown) == of(&list))
        });
        if !same_counts {
            self.counts.set(None);
        }
        self.count(request_number);
        spawn_local(async move {
            let response = self.client.call(&request).await;
            if self.request_number.try_get_value() != Some(request_number) {
                return;
            }
            self.loading.set(Loading::Idle);
            let changes_while_loading =
                self.changes_while_loading.try_update_value(mem::take).unwrap_or_default();
            match response {
                Ok(page) => {
                    self.show_page(list, page);
                    self.apply_changes(changes_while_loading);
                }
                Err(failure) => {
                    if !same {
                        self.rows.set(None);
                        self.shown_list.set_value(None);
                        self.neighbours.set((None, None));
                    }
                    self.failure.set(Some(failure));
                }
            }
        });
    }

    fn show_page(self, list: ListState, page: Page<CallbackView>) {
        let old: HashMap<CallbackId, Row> =
            self.rows.with_untracked(|rows| rows.iter().flatten().map(|row| (row.id, row.clone())).collect());
        let known = |id| old.get(&id).cloned().or_else(|| self.selection.find(id));
        let reuse = |view: CallbackView| match known(view.id) {
            Some(row) => {
                row.update(view, false);
                row.left.set(false);
                row
            }
            None => Row::new(view),
        };
        let rows: Vec<Row> = page.items.into_iter().map(reuse).collect();
        let unchanged = self.rows.with_untracked(|old| {
            old.as_ref().is_some_and(|old| old.iter().map(|row| row.id).eq(rows.iter().map(|row| row.id)))
        });
        if !unchanged {
            self.rows.set(Some(rows));
        }
        self.neighbours.set((page.next, page.previous));
        self.failure.set(None);
        self.arrivals.update(HashSet::clear);
        self.as_of.set(Some(browser::now()));
        self.shown_list.set_value(Some(list));
    }

    fn count(self, request_number: u32) {
        let list = self.list.get_untracked();
        let bounds = list.bounds(browser::now(), self.preferences.style_untracked().utc);
        let request = CountCallbacks {
            filter: list.base_filter(bounds),
            count: CountQuery { up_to: Some(NUMBERED_ROWS) },
        };
        spawn_local(async move {
            let response = self.client.call(&request).await;
            if let (Ok(counts), Some(current)) = (response, self.request_number.try_get_value())
                && current == request_number
                && self.counts.with_untracked(|old| old.as_ref() != Some(&counts))
            {
                self.counts.set(Some(counts));
            }
        });
    }

    /// Loads the counts again soon, once for many changes.
    fn count_soon(self) {
        if self.count_pending.get_value() {
            return;
        }
        self.count_pending.set_value(true);
        let count = move || {
            if self.count_pending.try_set_value(false).is_none() {
                self.count(self.request_number.get_value());
            }
        };
        set_timeout(count, COUNT_DELAY);
    }

    /// Shows the effect of a command of this page.
    pub(crate) fn apply_change(self, view: CallbackView) {
        self.apply_changes(vec![view]);
    }

    /// Applies events of the server.
    pub(crate) fn handle_events(self, events: Vec<Event>) {
        let mut changed = Vec::new();
        let mut reload = false;
        for event in events {
            match event {
                Event::Connected { resumed } => {
                    self.live.set(Live::Yes);
                    // Changes between the load and the connection were missed.
                    reload |= !resumed;
                }
                Event::Changed(view) => changed.push(*view),
                Event::ServicesChanged(changed) => self.session.services_changed().set(changed),
                Event::Resync => reload = true,
                Event::Disconnected => {
                    if !matches!(self.live.get_untracked(), Live::Lost(_)) {
                        self.live.set(Live::Lost(browser::now()));
                    }
                }
            }
        }
        self.apply_changes(changed);
        if reload {
            self.load();
        }
    }

    fn apply_changes(self, views: Vec<CallbackView>) {
        if views.is_empty() {
            return;
        }
        if self.loading.get_untracked() != Loading::Idle {
            self.changes_while_loading
                .update_value(|changes_while_loading| changes_while_loading.extend_from_slice(&views));
        }
        let now = browser::now();
        let filter = self.filter_now();
        let sort = self.list.with_untracked(|list| list.sort);
        let mut arrivals = self.arrivals.get_untracked();
        let before = arrivals.len();
        self.rows.with_untracked(|rows| {
            let Some(rows) = rows else { return };
            for view in views {
                if let Some(row) = rows.iter().find(|row| row.id == view.id) {
                    let left = !matches(&view, &filter, now);
                    row.update(view, left);
                    continue;
                }
                if let Some(row) = self.selection.find(view.id) {
                    row.update(view.clone(), !matches(&view, &filter, now));
                }
                if matches(&view, &filter, now) && self.is_new(&view, rows, sort) {
                    arrivals.insert(view.id);
                } else if !matches(&view, &filter, now) {
                    arrivals.remove(&view.id);
                }
            }
        });
        if arrivals.len() != before {
            self.arrivals.set(arrivals);
        }
        self.as_of.set(Some(now));
        self.count_soon();
    }

    /// Whether a record that is not on screen is new, rather than on another
    /// page of the list.
    fn is_new(self, view: &CallbackView, rows: &[Row], sort: Sort) -> bool {
        let alone = self.neighbours.with_untracked(|(next, previous)| next.is_none() && previous.is_none());
        if alone || view.created_at >= self.loaded_at.get_value() {
            return true;
        }
        let desired_time =
            |row: Option<&Row>| row.map(|row| row.record.with_untracked(|view| view.desired_time));
        let (Some(first), Some(last)) = (desired_time(rows.first()), desired_time(rows.last())) else {
            return true;
        };
        match sort {
            Sort::DesiredTime => first < view.desired_time && view.desired_time < last,
            Sort::DesiredTimeDescending => last < view.desired_time && view.desired_time < first,
            _ => false,
        }
    }
}
