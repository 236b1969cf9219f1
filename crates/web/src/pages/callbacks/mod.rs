//! The Callbacks page: the list, and everything that is done with it.

mod bulk;
pub(super) mod cells;
mod chips;
mod columns;
mod create;
mod detail;
pub(super) mod edit;
mod empty;
mod export;
mod feed;
pub(super) mod history;
mod jump;
mod live;
mod matching;
pub(super) mod metrics;
mod more_details;
mod narrow;
mod options;
mod paging;
mod recording;
pub(super) mod recreate;
mod request_form;
mod row;
mod selection;
mod table;
mod toolbar;
mod view_state;
mod when;

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::params::ParamsMap;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::SearchField;
use ringback_domain::{CallbackId, Permission};

use crate::browser;
use crate::clock::Clock;
use crate::components::toast::Toasts;
use crate::format;
use crate::later::Later;
use crate::messages;
use crate::pages::focus_heading;
use crate::ranges::{self, DateRange, Range};
use crate::session::Session;
use crate::width::Width;
use cells::Look;
use columns::Column;
pub(crate) use detail::detail;
use feed::Feed;
pub(crate) use feed::Row;
use view_state::{ListState, ViewState, Visible};

/// A dialog that is open.
#[derive(Clone)]
pub(crate) enum Open {
    Create,
    Edit(Row),
    Recreate(Row),
    Options,
    CancelSelected,
    Reports,
}

/// Where a dialog about one callback was opened.
#[derive(Clone, Copy)]
pub(super) struct Host {
    /// Shows the callback as it is now.
    pub(super) put: Callback<CallbackView>,
    /// Tells that a new one was made of it.
    pub(super) made: Callback<CallbackView>,
    /// The dialog is gone.
    pub(super) closed: Callback<()>,
}

impl Host {
    /// The list.
    fn list(page: Page) -> Self {
        let toasts = Toasts::here();
        Self {
            put: Callback::new(move |view| page.feed.put(view)),
            made: Callback::new(move |view| {
                page.feed.load();
                toasts.show(create::created(page, &view, messages::callback_recreated()));
            }),
            closed: Callback::new(move |()| page.dialog.set(None)),
        }
    }
}

type Go = Box<dyn Fn(&str, NavigateOptions)>;

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Page {
    session: Session,
    feed: Feed,
    view: Memo<ViewState>,
    width: Signal<Width>,
    dialog: RwSignal<Option<Open>>,
    /// What stands in the search box, which the address follows.
    typed: RwSignal<String>,
    /// What hides rows until the server has answered.
    narrowed: Memo<Option<(SearchField, String)>>,
    /// What all rows are drawn by.
    look: Memo<Look>,
    /// The columns that the person chose; `None` for the usual ones.
    columns: Memo<Option<Vec<Column>>>,
    /// The row under the pointer, or with the focus in it.
    held: RwSignal<Option<CallbackId>>,
    /// The person may give commands.
    manages: bool,
    go: StoredValue<Go, LocalStorage>,
}

impl Page {
    fn here() -> Self {
        expect_context()
    }

    /// Goes to another view of the list.
    fn show(self, view: &ViewState) {
        self.navigate(view, false);
    }

    /// What people call a range. Followed, as they may name their own.
    fn range_label(self, range: Range) -> String {
        let named = self.session.preferences().with(ranges::made).into_iter().find(|(own, _)| *own == range);
        named.map_or_else(|| range.label(self.session.style()), |(_, name)| name)
    }

    /// The same, without a step to come back to.
    fn replace(self, view: &ViewState) {
        self.navigate(view, true);
    }

    fn navigate(self, view: &ViewState, replace: bool) {
        let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
        self.go.with_value(|go| go(&view.href(), options));
    }
}

/// The address of the list with one callback expanded; none where no range has
/// it.
pub(super) fn address_of(callback: &CallbackView, utc: bool) -> Option<String> {
    let range = DateRange::around(callback.desired_time, browser::now(), utc)?;
    let search = callback.id.to_string();
    let range = Range::Given(range);
    let list = ListState { range, search, column: SearchField::Id, ..ListState::default() };
    Some(ViewState { list, open: vec![callback.id] }.href())
}

/// The page.
#[component]
pub(crate) fn CallbacksPage() -> impl IntoView {
    let session = Session::here();
    let query = use_query_map();
    let preferences = session.preferences();
    let services = session.me().map(|me| me.services.clone()).unwrap_or_default();
    let view = Memo::new(move |_| {
        let (last_range, visible) =
            preferences.with(|preferences| (preferences.last_range.clone(), Visible::of(preferences)));
        let view = query.with(|query| ViewState::from_query(query, last_range.as_deref(), visible));
        view.among(&services)
    });
    let list = Memo::new(move |_| view.with(|view| view.list.clone()));
    let utc = Memo::new(move |_| session.style().utc);
    let feed = Feed::new(session, list);
    let typed = RwSignal::new(list.with_untracked(|list| list.search.clone()));
    let clock = Clock::here();
    let look = Memo::new(move |_| Look {
        style: session.style(),
        today: format::day(clock.coarse(), session.style()),
        search: (list.with(|list| list.column), typed.get()),
    });
    let page = Page {
        session,
        feed,
        view,
        width: Width::follow(),
        dialog: RwSignal::new(None),
        typed,
        narrowed: narrow::ahead(feed, list, typed),
        look,
        columns: Memo::new(move |_| preferences.with(Column::chosen)),
        held: RwSignal::new(None),
        manages: session.may(Permission::ManageCallbacks),
        go: StoredValue::new_local(Box::new(use_navigate())),
    };
    provide_context(page);
    name_view(page, query);
    Effect::new(move |_| {
        // Tracking alone would not compute it, and it would seem to change then.
        list.get();
        // Days begin elsewhere in another zone.
        utc.get();
        untrack(|| feed.load());
    });
    let later = Later::here();
    Effect::new(move |_| {
        // What is seen first is loaded first.
        if feed.as_of.with(Option::is_some) {
            later.load();
        }
    });
    live::follow(feed);
    selection::follow(page, list);
    keep_title(feed);

    let heading = NodeRef::<html::H1>::new();
    focus_heading(heading);
    view! {
        <live::PausedBanner />
        <main id="main" class="page-table" tabindex="-1">
            <div class="pagehead">
                <h1 node_ref=heading tabindex="-1">{messages::callbacks()}</h1>
                <toolbar::QuickFilter />
                <toolbar::Actions />
            </div>
            <toolbar::FilterBar />
            <table::TableBar />
            <table::Records />
            <table::Foot />
        </main>
        <Dialogs />
    }
}

/// Keeps the whole view in the address, so that whoever gets it sees the same.
fn name_view(page: Page, query: Memo<ParamsMap>) {
    let path = use_location().pathname;
    let name = move || {
        let Some(view) = page.view.try_get_untracked() else { return };
        // On the way to another page the address is that one's already.
        let here = path.with_untracked(|path| path == "/callbacks");
        if here && !query.with_untracked(|query| view.is_said_by(query)) {
            page.replace(&view);
        }
    };
    Effect::new(move |_| {
        query.with(|_| page.view.with(|_| ()));
        // Whatever led here makes its own step first.
        set_timeout(name, Duration::ZERO);
    });
}

/// The number of late callbacks is in the title, to be seen from other tabs.
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
    let page = Page::here();
    let later = Later::here();
    move || page.dialog.get().map(|open| later.show(move |parts| (parts.dialog)(open.clone())))
}

/// A dialog.
pub(crate) fn dialog(open: Open) -> AnyView {
    let host = Host::list(Page::here());
    match open {
        Open::Create => view! { <create::CreateDialog /> }.into_any(),
        Open::Edit(row) => view! { <edit::EditDialog row host /> }.into_any(),
        Open::Options => view! { <options::OptionsDialog /> }.into_any(),
        Open::CancelSelected => view! { <bulk::CancelSelectedDialog /> }.into_any(),
        Open::Reports => view! { <export::ReportsDialog /> }.into_any(),
        Open::Recreate(row) => view! { <recreate::RecreateDialog row host /> }.into_any(),
    }
}
