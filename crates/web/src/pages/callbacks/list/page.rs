//! The state of the Callbacks page, which its parts share.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::params::ParamsMap;
use ringback_domain::CallbackId;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::Sort;

use super::super::record::row::Row;
use super::super::view::columns::Column;
use super::super::view::matching::Search;
use super::super::view::state::{ListState, Quick, ViewState};
use super::cells::Look;
use super::feed::{Feed, Target};
use crate::client::Client;
use crate::preferences::PreferenceStore;
use crate::ranges::{self, Range};
use crate::session::Session;
use crate::width::Width;

/// A dialog of the page.
#[derive(Clone)]
pub(crate) enum OpenDialog {
    /// Create Callback.
    Create,
    /// Edit Callback.
    Edit(Row),
    /// Recreate Callback.
    Recreate(Row),
    /// Advanced Options.
    Options,
    /// Cancel Callbacks.
    CancelSelected,
    /// Reschedule Callbacks.
    RescheduleSelected,
    /// Export Cancelled Reports.
    Reports,
    /// Saved Views.
    Views,
}

/// Navigates to an address.
pub(crate) type Navigate = Box<dyn Fn(&str, NavigateOptions)>;

/// What the parts of the page share.
#[derive(Clone, Copy)]
pub(crate) struct PageState {
    /// Calls the API.
    pub(crate) client: Client,
    /// How the person wants the page to look.
    pub(crate) preferences: PreferenceStore,
    /// Who is signed in.
    pub(crate) session: Session,
    /// The rows.
    pub(crate) feed: Feed,
    /// What the address says.
    pub(crate) view: Memo<ViewState>,
    /// The width of the window.
    pub(crate) width: Signal<Width>,
    /// The open dialog.
    pub(crate) dialog: RwSignal<Option<OpenDialog>>,
    /// The text in the search box, which the address follows.
    pub(crate) typed: RwSignal<String>,
    /// The search that hides rows until the server has answered.
    pub(crate) local_search: Memo<Option<Search>>,
    /// What the look of all rows depends on.
    pub(crate) look: Memo<Look>,
    /// The columns that the person chose; `None` for the usual ones.
    pub(crate) columns: Memo<Option<Vec<Column>>>,
    /// The row under the pointer, or with the focus in it.
    pub(crate) active_row: RwSignal<Option<CallbackId>>,
    /// The address.
    pub(crate) query: Memo<ParamsMap>,
    /// The list moves with the time.
    pub(crate) follows: RwSignal<bool>,
    /// The person may change callbacks.
    pub(crate) manages: bool,
    /// Navigates to another address.
    pub(crate) navigate: StoredValue<Navigate, LocalStorage>,
}

impl PageState {
    /// The state of the page around.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// The columns on screen; tracked.
    pub(crate) fn shown_columns(self) -> Vec<Column> {
        self.columns.with(|chosen| Column::shown(self.width.get(), self.manages, chosen.as_deref()))
    }

    /// Goes to another view of the list.
    pub(crate) fn show(self, view: &ViewState) {
        self.go(view, false);
    }

    /// Goes to another view of the list without a step to come back to.
    pub(crate) fn replace(self, view: &ViewState) {
        self.go(view, true);
    }

    /// Goes to another page.
    pub(crate) fn open(self, href: &str) {
        self.navigate.with_value(|navigate| navigate(href, NavigateOptions::default()));
    }

    fn go(self, view: &ViewState, replace: bool) {
        let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
        self.navigate.with_value(|navigate| navigate(&view.href(), options));
    }

    /// Goes to a callback in a range, by default that of the view, and removes the
    /// filters that hide it.
    pub(crate) fn reveal(self, range: Option<Range>, callback: &CallbackView) {
        let before = self.view.get_untracked();
        let view = before.with(|list| {
            list.range = range.unwrap_or(list.range);
            list.quick = Quick::All;
            list.search.clear();
            if !matches!(list.sort, Sort::DesiredTime | Sort::DesiredTimeDescending) {
                list.sort = Sort::default();
            }
            let services = &list.visible.services;
            let hidden = !services.is_empty() && !services.contains(&callback.service.id);
            self.unhide(list, !list.visible.shows(callback.state), hidden);
        });
        self.feed.aim(Target::Callback(callback.id, callback.desired_time));
        if view == before {
            self.feed.load();
        } else {
            self.show(&view);
        }
    }

    /// Shows the new callbacks, and goes to the earliest of them.
    pub(crate) fn show_arrivals(self) {
        let arrivals = self.feed.arrivals.get_untracked();
        let earliest = arrivals.iter().min_by_key(|(_, at)| **at).map(|(id, at)| (*id, *at));
        let by_time = self
            .view
            .with_untracked(|view| matches!(view.list.sort, Sort::DesiredTime | Sort::DesiredTimeDescending));
        match earliest.filter(|_| by_time) {
            Some((id, at)) => self.feed.load_at(Target::Callback(id, at)),
            None => self.feed.load(),
        }
    }

    /// The name of a range. Tracked, as people may name their own.
    pub(crate) fn range_label(self, range: Range) -> String {
        let named = self.preferences.with(ranges::custom_ranges).into_iter().find(|(own, _)| *own == range);
        named.map_or_else(|| range.label(self.preferences.style()), |(_, name)| name)
    }

    /// Shows every state or every service again.
    pub(crate) fn show_all(self, states: bool, services: bool) {
        self.replace(&self.view.get_untracked().with(|list| self.unhide(list, states, services)));
    }

    /// Stops hiding states or services: in this view, and in other views by the
    /// preferences of the person.
    pub(crate) fn unhide(self, list: &mut ListState, states: bool, services: bool) {
        if states {
            list.visible.states.clear();
        }
        if services {
            list.visible.services.clear();
        }
        if states || services {
            self.preferences.update_soon(move |preferences| {
                if states {
                    preferences.visible_states = None;
                }
                if services {
                    preferences.visible_services = None;
                }
            });
        }
    }
}
