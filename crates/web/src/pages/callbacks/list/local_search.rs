//! Hides at once the rows that what is typed does not match. The server, which
//! knows all pages, follows.

use crate::pages::callbacks::list::feed::Feed;
use crate::pages::callbacks::list::feed::Loading;
use crate::pages::callbacks::view::state::ListState;
use leptos::prelude::*;
use ringback_domain::wire::list::SearchField;

/// What rows are hidden by, as long as the server has not answered.
pub(crate) fn follow(
    feed: Feed,
    list: Memo<ListState>,
    typed: RwSignal<String>,
) -> Memo<Option<(SearchField, String)>> {
    Memo::new(move |_| {
        let typed = typed.get();
        let loading = feed.loading.get() != Loading::Idle;
        let (field, same) = list.with(|list| (list.column, list.search.trim() == typed.trim()));
        (!typed.trim().is_empty() && (loading || !same)).then_some((field, typed))
    })
}
