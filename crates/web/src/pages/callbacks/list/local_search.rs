//! Hides rows that do not match the typed text at once. The server, which knows
//! all pages, follows.

use crate::pages::callbacks::list::feed::Feed;
use crate::pages::callbacks::list::feed::Loading;
use crate::pages::callbacks::view::matching::Search;
use crate::pages::callbacks::view::state::ListState;
use leptos::prelude::*;

/// The search that hides rows; `None` once the server has answered.
pub(crate) fn follow(feed: Feed, list: Memo<ListState>, typed: RwSignal<String>) -> Memo<Option<Search>> {
    Memo::new(move |_| {
        let typed = typed.get();
        let loading = feed.loading.get() != Loading::Idle;
        list.with(|list| {
            let waits = loading || list.search.trim() != typed.trim();
            waits.then(|| Search::new(&list.searched, &typed, None))
        })
    })
}
