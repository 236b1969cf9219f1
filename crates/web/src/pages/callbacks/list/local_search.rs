//! Hides rows that do not match the typed text at once. The server, which knows
//! all pages, follows.

use crate::pages::callbacks::list::feed::Feed;
use crate::pages::callbacks::list::feed::Loading;
use crate::pages::callbacks::view::state::ListState;
use leptos::prelude::*;
use ringback_domain::wire::list::SearchField;

/// The search that hides rows; `None` once the server has answered.
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
