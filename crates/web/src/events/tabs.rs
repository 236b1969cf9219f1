//! Which tab has the stream: the one that holds a lock of the browser, preferably a
//! visible one. It tells the others what it hears. Without locks each tab has a
//! stream while it is visible.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Array;
use leptos::prelude::window_event_listener_untyped;
use leptos::task::spawn_local;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, BroadcastChannel, MessageEvent};

use super::parser::Message;
use super::{Shared, Told, stream};
use crate::browser::{self, Lock};

/// Asks the tab with the stream whether it is connected.
const ASK: &str = "ask";
/// Connected, and nothing was missed.
const CONNECTED: &str = "connected";
/// Connected without an event to resume from.
const OPENED: &str = "opened";
const LOST: &str = "lost";

/// Takes part: hears what another tab tells, or has the stream and tells the others.
pub(super) fn join(shared: &Rc<Shared>, user: &str) {
    let name = format!("ringback-events-{user}");
    let channel = BroadcastChannel::new(&name).ok().filter(|_| browser::locks().is_some());
    let Some(channel) = channel else { return alone(shared) };
    let tab = Rc::new(Tab {
        shared: Rc::clone(shared),
        channel,
        name,
        claims: Cell::new(!browser::hidden()),
        waiting: RefCell::default(),
    });
    tab.hear_others();
    tab.take_the_stream_when_visible();
    tab.say(&ASK.into());
    spawn_local(tab.take_turns());
}

struct Tab {
    shared: Rc<Shared>,
    channel: BroadcastChannel,
    name: String,
    /// The lock is to be taken away from whichever tab has it.
    claims: Cell<bool>,
    /// Ends the wait for the lock.
    waiting: RefCell<Option<AbortController>>,
}

impl Tab {
    fn say(&self, text: &JsValue) {
        let _ = self.channel.post_message(text);
    }

    /// Has the stream whenever the lock is this tab's, until the listener stops.
    /// Browsers slow hidden tabs down, so a visible one takes the lock away.
    async fn take_turns(self: Rc<Self>) {
        while !self.shared.stopped.get() {
            let tab = Rc::clone(&self);
            let turn = async move {
                let tell = |told: Told| {
                    tab.say(&encode(&told));
                    tab.shared.hear(told);
                };
                stream::lead(&tab.shared, &tell).await;
            };
            let how = if self.claims.take() {
                Lock::Steal
            } else {
                let wait = AbortController::new().ok();
                let signal = wait.as_ref().map(AbortController::signal);
                self.waiting.replace(wait);
                signal.map_or(Lock::Wait, Lock::WaitUntil)
            };
            browser::locked(&self.name, how, turn).await;
            // The turn is over, or another tab has taken the lock away.
            self.shared.end_turn();
        }
        self.channel.close();
    }

    fn hear_others(self: &Rc<Self>) {
        let tab = Rc::downgrade(self);
        let hear = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(tab) = tab.upgrade() else { return };
            let (data, leads) = (event.data(), tab.shared.turn.get().is_some());
            if data.as_string().as_deref() == Some(ASK) {
                match tab.shared.live.get().filter(|_| leads) {
                    Some(true) => tab.say(&CONNECTED.into()),
                    Some(false) => tab.say(&LOST.into()),
                    None => {}
                }
            } else if !leads && let Some(told) = decode(&data) {
                tab.shared.hear(told);
            }
        });
        self.channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        self.shared.at_stop(move || drop(hear));
    }

    fn take_the_stream_when_visible(self: &Rc<Self>) {
        let tab = Rc::clone(self);
        on_visibility(&self.shared, move || {
            if !browser::hidden() && tab.shared.turn.get().is_none() {
                tab.claims.set(true);
                if let Some(waiting) = tab.waiting.take() {
                    waiting.abort();
                }
            }
        });
    }
}

/// Without locks: a stream of its own while the tab is visible.
fn alone(shared: &Rc<Shared>) {
    let follow = {
        let shared = Rc::clone(shared);
        move || {
            if browser::hidden() {
                shared.end_turn();
            } else if shared.turn.get().is_none() {
                let shared = Rc::clone(&shared);
                spawn_local(async move { stream::lead(&shared, &|told| shared.hear(told)).await });
            }
        }
    };
    follow();
    on_visibility(shared, follow);
}

fn on_visibility(shared: &Rc<Shared>, changed: impl Fn() + 'static) {
    let listener = window_event_listener_untyped("visibilitychange", move |_| changed());
    shared.at_stop(move || listener.remove());
}

fn encode(told: &Told) -> JsValue {
    match told {
        Told::Connected { resumed: true } => CONNECTED.into(),
        Told::Connected { resumed: false } => OPENED.into(),
        Told::Lost => LOST.into(),
        Told::Messages(messages) => {
            let text = |text: &str| JsValue::from_str(text);
            let message = |message: &Message| {
                let id = message.id.as_deref().map_or(JsValue::NULL, text);
                JsValue::from(Array::of3(&text(&message.event), &text(&message.data), &id))
            };
            messages.iter().map(message).collect::<Array>().into()
        }
    }
}

fn decode(data: &JsValue) -> Option<Told> {
    match data.as_string().as_deref() {
        Some(CONNECTED) => return Some(Told::Connected { resumed: true }),
        Some(OPENED) => return Some(Told::Connected { resumed: false }),
        Some(LOST) => return Some(Told::Lost),
        _ => {}
    }
    let messages = data.dyn_ref::<Array>()?.iter().map(|message| {
        let parts: Array = message.unchecked_into();
        let text = |at| parts.get(at).as_string();
        Message { event: text(0).unwrap_or_default(), data: text(1).unwrap_or_default(), id: text(2) }
    });
    Some(Told::Messages(messages.collect()))
}
