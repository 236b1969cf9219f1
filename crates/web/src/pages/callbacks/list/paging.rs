//! The position of the page in the list, and the links to others.

use leptos::prelude::*;
use ringback_domain::wire::list::{CallbackCount, NUMBERED_ROWS, PAGE_LIMIT};

use crate::components::pager::{PageLink, Pager, Pages, window};
use crate::format;
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::view::state::ListState;
use crate::pages::callbacks::view::state::Place;
use crate::pages::callbacks::view::state::Quick;
use crate::pages::callbacks::view::state::ViewState;

/// The number of rows with a quick filter; `true` if there may be more.
pub(crate) fn total(counts: &CallbackCount, list: &ListState, quick: Quick) -> (u64, bool) {
    let mut by_state = counts.by_state;
    let total = match quick {
        Quick::All if list.visible.states.is_empty() => counts.total,
        Quick::All => list.visible.states.iter().map(|state| *by_state.of(*state)).sum(),
        Quick::State(state) => *by_state.of(state),
        Quick::Overdue => counts.overdue,
    };
    (total, counts.at_least)
}

/// A count, with a plus if there may be more.
pub(crate) fn total_text((total, at_least): (u64, bool)) -> String {
    let text = format::count(total);
    if at_least { messages::at_least(text) } else { text }
}

/// The number of rows before the page; `None` behind a cursor.
pub(crate) fn offset(place: &Place) -> Option<u64> {
    match place {
        Place::Page(page) => Some((u64::from(*page) - 1) * u64::from(PAGE_LIMIT)),
        Place::Now | Place::Cursor(_) => None,
    }
}

/// `501–750 of 1,284`.
pub(crate) fn summary(place: &Place, rows: usize, total: Option<(u64, bool)>) -> String {
    let rows = u64::try_from(rows).unwrap_or_default();
    if rows == 0 {
        return messages::no_rows().to_owned();
    }
    match (offset(place), total) {
        (Some(offset), total) => {
            // The count may be older than the list.
            let (seen, from) = (offset + rows, format::count(offset + 1));
            let total = total.map_or((seen, false), |(total, at_least)| (total.max(seen), at_least));
            messages::rows_of(from, format::count(seen), total_text(total))
        }
        (None, Some(total)) => messages::rows_only(format::count(rows), total_text(total)),
        (None, None) => format::count(rows),
    }
}

/// The links to other pages, if there are any.
pub(crate) fn pager() -> AnyView {
    let page = PageState::here();
    let pages = Memo::new(move |_| {
        let (next, previous) = page.feed.neighbours.get();
        let shown = page.feed.shown.get();
        page.view.with(|view| pages(view, &shown, super::table::total(page), next, previous))
    });
    let several = Memo::new(move |_| {
        pages.with(|pages| pages.numbered.len() > 1 || pages.next.is_some() || pages.previous.is_some())
    });
    view! { <Show when=move || several.get()><Pager pages /></Show> }.into_any()
}

/// The links of the footer; `shown` is the page on screen.
fn pages(
    view: &ViewState,
    shown: &Place,
    total: Option<(u64, bool)>,
    next: Option<String>,
    previous: Option<String>,
) -> Pages {
    let at = |place: Place| {
        let mut other = view.clone();
        other.list.place = place;
        other.open.clear();
        other.href()
    };
    let max_page = NUMBERED_ROWS / PAGE_LIMIT;
    let count = total.map_or(1, |(total, _)| total.div_ceil(u64::from(PAGE_LIMIT)));
    let last = u32::try_from(count).unwrap_or(max_page).clamp(1, max_page);
    let current = match shown {
        Place::Page(page) => Some(*page),
        Place::Now | Place::Cursor(_) => None,
    };
    let last = last.max(current.unwrap_or(1).min(max_page));
    let numbered = window(current.unwrap_or(last), last).into_iter();
    let link = |number: u32| PageLink { number, href: at(Place::Page(number)) };
    let step = |number: Option<u32>, cursor: Option<String>| match (number, cursor) {
        (_, None) => None,
        (Some(number), Some(_)) if (1..=max_page).contains(&number) => Some(at(Place::Page(number))),
        (_, Some(cursor)) => Some(at(Place::Cursor(cursor))),
    };
    Pages {
        current,
        numbered: numbered.map(|number| number.map(link)).collect(),
        previous: step(current.map(|page| page - 1), previous),
        next: step(current.map(|page| page + 1), next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_never_contradicts_the_rows() {
        assert_eq!(summary(&Place::Page(3), 250, Some((1284, false))), "501–750 of 1,284");
        assert_eq!(summary(&Place::Page(1), 3, Some((2, false))), "1–3 of 3");
        assert_eq!(summary(&Place::Page(1), 250, Some((10_000, true))), "1–250 of 10,000+");
        assert_eq!(summary(&Place::Cursor("x".into()), 250, Some((10_000, true))), "250 of 10,000+");
        assert_eq!(summary(&Place::Page(1), 0, None), "0 callbacks");
    }
}
