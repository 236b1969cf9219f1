//! Keeps the list up to date by events, and says when they stop.

use leptos::prelude::*;

use crate::browser;
use crate::client::Client;
use crate::clock::Clock;
use crate::components::banner::{Banner, Severity};
use crate::components::button::LinkButton;
use crate::events::{Listener, listen};
use crate::format;
use crate::messages;
use crate::pages::callbacks::list::feed::Feed;
use crate::pages::callbacks::list::feed::Live;
use crate::pages::callbacks::list::feed::Loading;
use crate::pages::callbacks::list::page::PageState;
use crate::session::Session;

/// Shorter interruptions are not shown, in seconds.
const GRACE_PERIOD: i64 = 5;
/// After an interruption this long, in seconds, the list is polled instead.
const POLL_AFTER: i64 = 60;

/// The stream of events, for reconnecting.
#[derive(Clone, Copy)]
struct Stream(StoredValue<Listener, LocalStorage>);

/// Follows the events while the page is open.
pub(crate) fn follow(feed: Feed) {
    let listener =
        listen(Client::here(), &Session::here().user_id(), move |events| feed.handle_events(events));
    let stream = Stream(StoredValue::new_local(listener));
    provide_context(stream);
    on_cleanup(move || stream.0.with_value(Listener::stop));
    let clock = Clock::here();
    Effect::new(move |_| {
        let now = clock.coarse();
        if let Live::Lost(since) = feed.live.get_untracked()
            && now.seconds_since(since) > POLL_AFTER
            && feed.loading.get_untracked() == Loading::Idle
            && !browser::offline()
        {
            feed.load();
        }
    });
}

/// Says for how long no events have arrived.
pub(crate) fn paused_banner() -> AnyView {
    let page = PageState::here();
    let clock = Clock::here();
    let stream: Stream = expect_context();
    let paused = Memo::new(move |_| match page.feed.live.get() {
        Live::Lost(since) => {
            Some(clock.second().seconds_since(since)).filter(|seconds| *seconds >= GRACE_PERIOD)
        }
        Live::Connecting | Live::Yes => None,
    });
    let text = move || {
        let as_of = page.feed.as_of.get()?;
        let time = format::time_seconds(as_of, page.preferences.style());
        Some(messages::paused_banner(format::duration(paused.get()?), time))
    };
    view! {
        <Show when=move || paused.with(Option::is_some)>
            <div class="banners">
                <Banner severity=Severity::Warning icon="clock">
                    <span>{text}</span>
                    <LinkButton on_press=move |()| {
                        stream.0.with_value(Listener::reconnect);
                    }>{messages::reconnect()}</LinkButton>
                </Banner>
            </div>
        </Show>
    }
    .into_any()
}
