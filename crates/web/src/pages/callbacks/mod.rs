//! The Callbacks page: the list, and everything that is done with it.

mod cells;
mod columns;
mod create;
mod detail;
mod edit;
mod empty;
mod feed;
mod forms;
mod highlight;
mod history;
mod jump;
mod live;
mod matching;
mod metrics;
mod paging;
mod recreate;
mod row;
mod table;
mod toolbar;
mod view_state;
mod when;

use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use ringback_domain::wire::list::SearchField;
use ringback_domain::{CallbackId, Permission, Timestamp};

use crate::clock::Clock;
use crate::format;
use crate::messages;
use crate::pages::focus_heading;
use crate::session::Session;
use crate::width::Width;
use feed::{Feed, Row};
use view_state::ViewState;

/// A dialog that is open.
#[derive(Clone)]
enum Open {
    Create,
    Edit(Row),
    Recreate(Row),
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
    /// What is searched, and where.
    search: Memo<(SearchField, String)>,
    /// The row under the pointer, or with the focus in it.
    held: RwSignal<Option<CallbackId>>,
    /// The present time, which moves with the day.
    today: Memo<Timestamp>,
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

    /// The same, without a step to come back to.
    fn replace(self, view: &ViewState) {
        self.navigate(view, true);
    }

    fn navigate(self, view: &ViewState, replace: bool) {
        let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
        self.go.with_value(|go| go(&view.href(), options));
    }
}

/// The page.
#[component]
pub(crate) fn CallbacksPage() -> impl IntoView {
    let session = Session::here();
    let query = use_query_map();
    let preferences = session.preferences();
    let view = Memo::new(move |_| {
        let last_range = preferences.with(|preferences| preferences.last_range.clone());
        query.with(|query| ViewState::from_query(query, last_range.as_deref()))
    });
    let list = Memo::new(move |_| view.with(|view| view.list.clone()));
    let feed = Feed::new(session, list);
    let page = Page {
        session,
        feed,
        view,
        width: Width::follow(),
        dialog: RwSignal::new(None),
        search: Memo::new(move |_| list.with(|list| (list.column, list.search.clone()))),
        held: RwSignal::new(None),
        today: today(session),
        manages: session.may(Permission::ManageCallbacks),
        go: StoredValue::new_local(Box::new(use_navigate())),
    };
    provide_context(page);
    Effect::new(move |_| {
        // Tracking alone would not compute it, and it would seem to change then.
        list.get();
        untrack(|| feed.load());
    });
    live::follow(feed);
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

/// What is of today shows the time, everything else the day.
fn today(session: Session) -> Memo<Timestamp> {
    let clock = Clock::here();
    Memo::new(move |before: Option<&Timestamp>| {
        let (now, style) = (clock.coarse(), session.style());
        match before {
            Some(before) if format::day(*before, style) == format::day(now, style) => *before,
            _ => now,
        }
    })
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
    move || {
        Some(match page.dialog.get()? {
            Open::Create => view! { <create::CreateDialog /> }.into_any(),
            Open::Edit(row) => view! { <edit::EditDialog row /> }.into_any(),
            Open::Recreate(row) => view! { <recreate::RecreateDialog row /> }.into_any(),
        })
    }
}
