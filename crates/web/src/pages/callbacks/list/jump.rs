//! Goes to a row: the first that is due after now, or a callback that was asked
//! for.

use leptos::prelude::*;
use ringback_domain::wire::list::Sort;
use ringback_domain::{CallbackId, Timestamp};

use crate::browser;
use crate::clock::{self, Clock};
use crate::components::button::LinkButton;
use crate::messages;
use crate::pages::callbacks::list::feed::{Feed, Loading, Target};
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::record::row::{Row, arrow_id};
use crate::pages::callbacks::view::state::Place;

/// The index and id of the first row that is due after now.
pub(super) fn first_ahead(feed: Feed, now: Timestamp) -> Option<(usize, CallbackId)> {
    feed.rows.with(|rows| {
        let rows = rows.as_ref()?;
        let ahead = |row: &Row| row.record.with(|view| view.desired_time > now);
        let at = rows.iter().position(ahead)?;
        Some((at, rows[at].id))
    })
}

/// Whether the list passes the current time.
fn passes_now(page: PageState) -> Memo<bool> {
    let clock = Clock::here();
    Memo::new(move |_| {
        let now = clock.coarse();
        let utc = page.preferences.style().utc;
        let across = page.view.with(|view| {
            let bounds = view.list.bounds(now, utc);
            view.list.sort == Sort::DesiredTime && bounds.from < now && now < bounds.to
        });
        across && page.feed.rows.with(|rows| rows.as_ref().is_some_and(|rows| !rows.is_empty()))
    })
}

/// Scrolls to the target of a load once its rows are drawn.
pub(crate) fn follow(page: PageState) {
    Effect::new(move |_| {
        let Some(target) = page.feed.arrived.get() else { return };
        page.feed.arrived.set(None);
        request_animation_frame(move || match target {
            Target::Now => scroll(page, false),
            Target::NowFocused => scroll(page, true),
            Target::Callback(id, _) => {
                if let Some(row) = page.feed.row(id) {
                    row.mark();
                    go_to(id, true);
                }
            }
        });
    });
    let clock = Clock::here();
    Effect::new(move |_| {
        clock.coarse();
        let busy = untrack(|| {
            page.dialog.with(Option::is_some)
                || page.feed.selection.count() > 0
                || page.active_row.get().is_some()
                || page.feed.loading.get() != Loading::Idle
        });
        if page.follows.get() && !busy {
            untrack(|| page.feed.load_at(Target::Now));
        }
    });
}

/// Ways to the current time, shown only if the list contains it.
pub(crate) fn ways_to_now() -> AnyView {
    let page = PageState::here();
    let possible = passes_now(page);
    let jump = move |()| {
        page.feed.aim(Target::NowFocused);
        if page.view.with_untracked(|view| view.list.place == Place::Now) {
            page.feed.load();
        } else {
            page.show(&page.view.get_untracked().with(|list| list.place = Place::Now));
        }
    };
    view! {
        <Show when=move || possible.get()>
            <span class="separator"></span>
            <LinkButton keys="n" on_press=jump>{messages::jump_to_now()}</LinkButton>
            <button
                type="button"
                class="link-button follow-button"
                aria-pressed=move || if page.follows.get() { "true" } else { "false" }
                title=messages::follow_hint()
                on:click=move |_| page.follows.update(|follows| *follows = !*follows)
            >
                {messages::follow()}
            </button>
        </Show>
    }
    .into_any()
}

/// Scrolls to the first row that is due after now, or else to the last.
fn scroll(page: PageState, focus: bool) {
    let ahead = untrack(|| first_ahead(page.feed, clock::now())).map(|(_, id)| id);
    let last = || page.feed.rows.with_untracked(|rows| rows.as_ref()?.last().map(|row| row.id));
    let by_time = page.view.with_untracked(|view| view.list.sort == Sort::DesiredTime);
    let last = || if by_time { last() } else { None };
    if let Some(id) = ahead.filter(|_| by_time).or_else(last) {
        go_to(id, focus);
    }
}

/// Scrolls to a row, and gives it the focus.
fn go_to(id: CallbackId, focus: bool) {
    let arrow = arrow_id(id);
    if let Some(element) = document().get_element_by_id(&arrow) {
        let options = js_sys::Object::new();
        let _ = js_sys::Reflect::set(&options, &"block".into(), &"center".into());
        if let Some(into_view) = browser::property(&element, "scrollIntoView") {
            let into_view: js_sys::Function = wasm_bindgen::JsCast::unchecked_into(into_view);
            let _ = into_view.call1(&element, &options);
        }
        if focus {
            browser::focus(&arrow);
        }
    }
}
