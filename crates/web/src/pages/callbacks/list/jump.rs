//! Jump to now: goes to the first row that is due after now.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::CallbackId;
use ringback_domain::wire::endpoint::CountCallbacks;
use ringback_domain::wire::list::{CountQuery, NUMBERED_ROWS, PAGE_LIMIT, Sort};

use crate::browser;
use crate::clock::Clock;
use crate::components::button::LinkButton;
use crate::messages;
use crate::pages::callbacks::list::feed::Feed;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::record::row::Row;
use crate::pages::callbacks::record::row::arrow_id;
use crate::pages::callbacks::view::state::Place;

/// The index and id of the first row that is due after now.
pub(super) fn first_ahead(feed: Feed, now: ringback_domain::Timestamp) -> Option<(usize, CallbackId)> {
    feed.rows.with(|rows| {
        let rows = rows.as_ref()?;
        let ahead = |row: &Row| row.record.with(|view| view.desired_time > now);
        let at = rows.iter().position(ahead)?;
        Some((at, rows[at].id))
    })
}

/// The button, shown only if the list contains the current time.
#[component]
pub(super) fn JumpToNow() -> impl IntoView {
    let page = PageState::here();
    let clock = Clock::here();
    let scroll_pending = RwSignal::new(false);
    let possible = Memo::new(move |_| {
        let now = clock.coarse();
        let utc = page.preferences.style().utc;
        let across = page.view.with(|view| {
            let bounds = view.list.bounds(now, utc);
            view.list.sort == Sort::DesiredTime && bounds.from < now && now < bounds.to
        });
        across && page.feed.rows.with(|rows| rows.as_ref().is_some_and(|rows| !rows.is_empty()))
    });
    // Scrolls once the rows of the other page are loaded.
    Effect::new(move |_| {
        page.feed.rows.track();
        if scroll_pending.get_untracked() {
            scroll_pending.set(false);
            request_animation_frame(move || scroll(page));
        }
    });
    let jump = move |()| {
        spawn_local(async move {
            let Some(number) = page_of_now(page).await else { return };
            if page.view.with_untracked(|view| view.list.place == Place::Page(number)) {
                scroll(page);
            } else {
                scroll_pending.set(true);
                page.show(&page.view.get_untracked().with(|list| list.place = Place::Page(number)));
            }
        });
    };
    view! {
        <Show when=move || possible.get()>
            <span class="separator"></span>
            <LinkButton keys="n" on_press=jump>{messages::jump_to_now()}</LinkButton>
        </Show>
    }
}

/// The number of the page that contains the current time.
async fn page_of_now(page: PageState) -> Option<u32> {
    let now = browser::now();
    let list = page.view.get_untracked().list;
    let mut filter = list.filter(list.bounds(now, page.preferences.style_untracked().utc));
    filter.to = Some(now);
    let request = CountCallbacks { filter, count: CountQuery { up_to: Some(NUMBERED_ROWS) } };
    let past = page.client.call(&request).await.ok()?.total;
    let number = u32::try_from(past / u64::from(PAGE_LIMIT)).ok()? + 1;
    Some(number.min(NUMBERED_ROWS / PAGE_LIMIT))
}

/// Scrolls to the row and gives it the focus.
fn scroll(page: PageState) {
    let ahead = untrack(|| first_ahead(page.feed, browser::now())).map(|(_, id)| id);
    let last = || page.feed.rows.with_untracked(|rows| rows.as_ref()?.last().map(|row| row.id));
    let Some(id) = ahead.or_else(last) else { return };
    let arrow = arrow_id(id);
    if let Some(element) = document().get_element_by_id(&arrow) {
        let options = js_sys::Object::new();
        let _ = js_sys::Reflect::set(&options, &"block".into(), &"center".into());
        if let Some(into_view) = browser::property(&element, "scrollIntoView") {
            let into_view: js_sys::Function = wasm_bindgen::JsCast::unchecked_into(into_view);
            let _ = into_view.call1(&element, &options);
        }
        browser::focus(&arrow);
    }
}
