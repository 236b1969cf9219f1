//! The Callbacks page.

pub(crate) mod actions;
pub(crate) mod dialogs;
mod filter;
pub(crate) mod list;
pub(crate) mod record;
pub(crate) mod saved_views;
pub(crate) mod view;

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::params::ParamsMap;
use ringback_domain::Permission;

use crate::client::Client;
use crate::clock::Clock;
use crate::components::page::focus_heading;
use crate::format;
use crate::lazy::{Lazy, Part};
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::session::Session;
use crate::width::Width;
use actions::Actions;
use filter::FilterBar;
use filter::quick::QuickFilter;
use list::Look;
use list::feed::Feed;
use list::page::PageState;
use list::table::{Foot, Records, TableBar};
use list::{jump, live, local_search, selection};
use view::columns::Column;
use view::matching::Search;
use view::search::searched_columns;
use view::state::{ViewState, Visible};

/// The page.
#[component]
pub(crate) fn CallbacksPage() -> impl IntoView {
    let preferences = PreferenceStore::here();
    let session = Session::here();
    let query = use_query_map();
    let services = session.me().map(|me| me.services.clone()).unwrap_or_default();
    let view = Memo::new(move |_| {
        let (last_range, visible, columns) = preferences.with(|preferences| {
            (preferences.last_range.clone(), Visible::of(preferences), Column::chosen(preferences))
        });
        let mut view = query.with(|query| ViewState::from_query(query, last_range.as_deref(), visible));
        view.list.searched = searched_columns(view.list.column, columns.as_deref());
        view.limited_to(&services)
    });
    let list = Memo::new(move |_| view.with(|view| view.list.clone()));
    let utc = Memo::new(move |_| preferences.style().utc);
    let feed = Feed::new(list);
    let typed = RwSignal::new(list.with_untracked(|list| list.search.clone()));
    let clock = Clock::here();
    let look = Memo::new(move |_| Look {
        style: preferences.style(),
        today: format::day(clock.coarse(), preferences.style()),
        search: typed
            .with(|typed| list.with(|list| Search::new(&list.searched, typed, feed.number_parts(typed)))),
    });
    let page = PageState {
        client: Client::here(),
        preferences,
        session,
        feed,
        view,
        width: Width::follow(),
        dialog: RwSignal::new(None),
        typed,
        local_search: local_search::follow(feed, list, typed),
        look,
        columns: Memo::new(move |_| preferences.with(Column::chosen)),
        active_row: RwSignal::new(None),
        follows: RwSignal::new(false),
        query,
        manages: session.may(Permission::ManageCallbacks),
        navigate: StoredValue::new_local(Box::new(use_navigate())),
    };
    provide_context(page);
    keep_view_in_address(page, query);
    Effect::new(move |before: Option<()>| {
        // A memo that is only tracked is not computed, and would then seem to
        // change.
        list.get();
        // In another time zone days begin at other times.
        utc.get();
        untrack(|| if before.is_some() { feed.load() } else { feed.load_first() });
    });
    let lazy = Lazy::here();
    Effect::new(move |_| {
        // The rows are loaded first.
        if feed.as_of.with(Option::is_some) {
            lazy.load();
        }
    });
    live::follow(feed);
    selection::follow(page, list);
    jump::follow(page);
    keep_title(feed);

    let heading = NodeRef::<html::H1>::new();
    focus_heading(heading);
    view! {
        {lazy.add(Part::PausedBanner)}
        <main id="main" class="page-table" tabindex="-1">
            <div class="page-header">
                <h1 node_ref=heading tabindex="-1">{messages::callbacks()}</h1>
                <QuickFilter />
                <Actions />
            </div>
            <FilterBar />
            <TableBar />
            <Records />
            <Foot />
        </main>
        <Dialogs />
        {lazy.add(Part::TableTools)}
    }
}

/// Keeps the whole view in the address, so that others see the same when they
/// get the address.
fn keep_view_in_address(page: PageState, query: Memo<ParamsMap>) {
    let path = use_location().pathname;
    let name = move || {
        let Some(view) = page.view.try_get_untracked() else { return };
        // On the way to another page the address is already that of the other
        // page.
        let here = path.with_untracked(|path| path == "/callbacks");
        if here && !query.with_untracked(|query| view.is_in_address(query)) {
            page.replace(&view);
        }
    };
    Effect::new(move |_| {
        query.with(|_| page.view.with(|_| ()));
        // The navigation that led here has to finish first.
        set_timeout(name, Duration::ZERO);
    });
}

/// Shows the number of overdue callbacks in the title, so that it is visible
/// from other tabs.
fn keep_title(feed: Feed) {
    Effect::new(move |_| {
        let overdue = feed.counts.with(|counts| counts.as_ref().map_or(0, |counts| counts.overdue));
        let title = if overdue == 0 {
            messages::page_title(messages::callbacks())
        } else {
            messages::page_title_overdue(overdue, messages::callbacks())
        };
        document().set_title(&title);
    });
}

#[component]
fn Dialogs() -> impl IntoView {
    let page = PageState::here();
    let lazy = Lazy::here();
    move || page.dialog.with(Option::is_some).then(|| lazy.show(Part::CallbackDialog))
}
