//! The rows on screen: loaded from the server and updated by its events. Their
//! order never changes by itself.

use std::collections::HashMap;
use std::mem;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::endpoint::{CountCallbacks, ListCallbacks};
use ringback_domain::wire::list::{
    CallbackCount, CallbackFilter, CountQuery, NUMBERED_ROWS, PAGE_LIMIT, Page, Sort,
};
use ringback_domain::{CallbackId, Timestamp};

use super::selection::Selection;
use crate::api::Failure;
use crate::client::Client;
use crate::clock;
use crate::events::Event;
use crate::pages::callbacks::record::row::Row;
use crate::pages::callbacks::view::matching::matches;
use crate::pages::callbacks::view::state::{ListState, Place};
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

/// Where to go in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The first row that is due after now, without the focus.
    Now,
    /// The same, with the focus.
    NowFocused,
    /// A callback with its desired time.
    Callback(CallbackId, Timestamp),
}

/// What of an address no longer exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// A page beyond the last one.
    Page(u32),
    /// A place between rows.
    Cursor,
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
    /// New matching callbacks that are not on screen, with their desired times.
    pub(crate) arrivals: RwSignal<HashMap<CallbackId, Timestamp>>,
    /// The page on screen: a number or a cursor.
    pub(crate) shown: RwSignal<Place>,
    /// Where to go once the rows are on screen.
    pub(crate) arrived: RwSignal<Option<Target>>,
    /// What of the address no longer exists.
    pub(crate) gone: RwSignal<Option<Gone>>,
    /// The time of the last update.
    pub(crate) as_of: RwSignal<Option<Timestamp>>,
    /// Whether events arrive.
    pub(crate) live: RwSignal<Live>,
    /// Where the next load leads to.
    target: StoredValue<Option<Target>>,
    /// The first load waits for the events.
    first_load: StoredValue<bool>,
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
/// How long the first load waits for the events.
const CONNECT_TIME: Duration = Duration::from_millis(300);

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
            arrivals: RwSignal::new(HashMap::new()),
            shown: RwSignal::new(Place::Page(1)),
            arrived: RwSignal::new(None),
            gone: RwSignal::new(None),
            as_of: RwSignal::new(None),
            live: RwSignal::new(Live::Connecting),
            target: StoredValue::new(None),
            first_load: StoredValue::new(true),
            shown_list: StoredValue::new(None),
            request_number: StoredValue::new(0),
            count_pending: StoredValue::new(false),
            changes_while_loading: StoredValue::new(Vec::new()),
            loaded_at: StoredValue::new(clock::now()),
        }
    }

    /// The row of a callback, if it is on screen.
    pub(crate) fn row(self, id: CallbackId) -> Option<Row> {
        self.rows.with_untracked(|rows| rows.as_ref()?.iter().find(|row| row.id == id).cloned())
    }

    fn filter_now(self) -> CallbackFilter {
        let now = clock::now();
        let utc = self.preferences.style_untracked().utc;
        self.list.with_untracked(|list| list.filter(list.bounds(now, utc)))
    }

    /// What the server says that a text means in customer numbers; `None` until it has
    /// answered. Tracked.
    pub(crate) fn number_parts(self, search: &str) -> Option<Vec<String>> {
        let same = self.list.with(|list| list.search.trim() == search.trim());
        self.counts.with(|counts| counts.as_ref().filter(|_| same).map(|counts| counts.number_parts.clone()))
    }

    /// Whether a record belongs to the list.
    pub(crate) fn lists(self, view: &CallbackView, filter: &CallbackFilter, now: Timestamp) -> bool {
        let search = filter.search.as_deref().unwrap_or_default();
        matches(view, filter, untrack(|| self.number_parts(search)), now)
    }

    /// Loads the list for the first time once the events arrive, so that it need
    /// not be loaded again, or after a moment without them.
    pub(crate) fn load_first(self) {
        let load = move || {
            if self.first_load.try_get_value() == Some(true) {
                self.load();
            }
        };
        set_timeout(load, CONNECT_TIME);
    }

    /// Loads the list at a target.
    pub(crate) fn load_at(self, target: Target) {
        self.target.set_value(Some(target));
        self.load();
    }

    /// The target of the next load, for a list that is about to be chosen.
    pub(crate) fn aim(self, target: Target) {
        self.target.set_value(Some(target));
    }

    /// Loads the list. Rows that stay keep their element, and with it focus and
    /// scroll position.
    pub(crate) fn load(self) {
        self.first_load.set_value(false);
        let list = self.list.get_untracked();
        self.request_number.update_value(|request_number| *request_number += 1);
        let request_number = self.request_number.get_value();
        let same = self.shown_list.with_value(|shown| shown.as_ref() == Some(&list));
        self.loading.set(if same { Loading::Again } else { Loading::Other });
        let now = clock::now();
        self.loaded_at.set_value(now);
        let filter = list.filter(list.bounds(now, self.preferences.style_untracked().utc));
        let target = self.target.try_update_value(Option::take).flatten();
        let target = target.or((!same && list.place == Place::Now).then_some(Target::Now));
        if !same {
            self.arrivals.update(HashMap::clear);
        }
        let same_counts = self.shown_list.with_value(|shown| {
            let of = |list: &ListState| {
                (list.range, list.search.clone(), list.searched.clone(), list.visible.services.clone())
            };
            shown.as_ref().is_some_and(|shown| of(shown) == of(&list))
        });
        if !same_counts {
            self.counts.set(None);
        }
        self.count(request_number);
        spawn_local(async move {
            let place = match target {
                Some(target) => self.page_of(target, &list, &filter, now).await,
                None if list.place == Place::Now => self.shown.get_untracked(),
                None => list.place.clone(),
            };
            let mut request = ListCallbacks { page: list.page_query(&place), filter };
            let mut response = self.client.call(&request).await;
            let mut shown = place.clone();
            if let (Ok(page), Place::Page(number @ 2..)) = (&response, &place)
                && page.items.is_empty()
            {
                // Nothing follows the current time, or the list became shorter.
                shown = Place::Page(if list.place == Place::Now { number - 1 } else { 1 });
                request.page = list.page_query(&shown);
                response = self.client.call(&request).await;
            }
            if self.request_number.try_get_value() != Some(request_number) {
                return;
            }
            self.loading.set(Loading::Idle);
            let changes_while_loading =
                self.changes_while_loading.try_update_value(mem::take).unwrap_or_default();
            match response {
                Ok(page) => {
                    let gone = match list.place {
                        Place::Page(number) if shown != list.place => Some(Gone::Page(number)),
                        _ => None,
                    };
                    self.shown.set(shown);
                    self.show_page(list, page);
                    self.apply_changes(changes_while_loading);
                    if let Some(target) = target {
                        self.arrived.set(Some(target));
                    }
                    if gone.is_some() {
                        self.gone.set(gone);
                    }
                }
                Err(Failure::Problem(problem))
                    if matches!(list.place, Place::Cursor(_)) && matches!(problem.status, 400 | 422) =>
                {
                    self.gone.set(Some(Gone::Cursor));
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

    /// The page that contains a target.
    async fn page_of(
        self,
        target: Target,
        list: &ListState,
        filter: &CallbackFilter,
        now: Timestamp,
    ) -> Place {
        let at = match target {
            Target::Now | Target::NowFocused => now,
            Target::Callback(_, at) => at,
        };
        let mut before = filter.clone();
        match list.sort {
            Sort::DesiredTime => before.to = Some(at),
            Sort::DesiredTimeDescending => before.from = Some(at),
            _ => return Place::Page(1),
        }
        let across = filter.from.is_none_or(|from| from < at) && filter.to.is_none_or(|to| at < to);
        if !across {
            return Place::Page(1);
        }
        let request = CountCallbacks { filter: before, count: CountQuery { up_to: Some(NUMBERED_ROWS) } };
        let rows = self.client.call(&request).await.map_or(0, |count| count.total);
        let pages = NUMBERED_ROWS / PAGE_LIMIT;
        let number = u32::try_from(rows / u64::from(PAGE_LIMIT)).map_or(pages, |full| (full + 1).min(pages));
        Place::Page(number)
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
        self.arrivals.update(HashMap::clear);
        self.as_of.set(Some(clock::now()));
        self.shown_list.set_value(Some(list));
    }

    fn count(self, request_number: u32) {
        let list = self.list.get_untracked();
        let bounds = list.bounds(clock::now(), self.preferences.style_untracked().utc);
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
                    reload |= !resumed || self.first_load.get_value();
                }
                Event::Changed(view) => changed.push(*view),
                Event::ServicesChanged(changed) => self.session.services_changed().set(changed),
                Event::Resync => reload = true,
                Event::Disconnected => {
                    if !matches!(self.live.get_untracked(), Live::Lost(_)) {
                        self.live.set(Live::Lost(clock::now()));
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
        let now = clock::now();
        let filter = self.filter_now();
        let sort = self.list.with_untracked(|list| list.sort);
        let mut arrivals = self.arrivals.get_untracked();
        let before = arrivals.len();
        self.rows.with_untracked(|rows| {
            let Some(rows) = rows else { return };
            for view in views {
                if let Some(row) = rows.iter().find(|row| row.id == view.id) {
                    let left = !self.lists(&view, &filter, now);
                    row.update(view, left);
                    continue;
                }
                let listed = self.lists(&view, &filter, now);
                if let Some(row) = self.selection.find(view.id) {
                    row.update(view.clone(), !listed);
                }
                if listed && self.is_new(&view, rows, sort) {
                    arrivals.insert(view.id, view.desired_time);
                } else if !listed {
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
