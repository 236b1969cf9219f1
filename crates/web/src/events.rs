//! Follows the stream of changed callbacks and reconnects when it breaks.

mod parser;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;
use leptos::task::spawn_local;
use ringback_domain::wire::callback::CallbackView;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStream, ReadableStreamDefaultReader};

use crate::api::{self, Failure};
use crate::browser;
use crate::client::Client;
use parser::{Message, Parser};

/// An event of the stream.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// Connected.
    Connected {
        /// No event was missed since the last connection.
        resumed: bool,
    },
    /// A callback as it is now.
    Changed(Box<CallbackView>),
    /// Whether a new sign-in would show other services.
    ServicesChanged(bool),
    /// Too many events were missed: the list has to be loaded again.
    Resync,
    /// The connection is lost; the next attempt follows.
    Disconnected,
}

/// Shortest and longest wait before the next attempt, in milliseconds.
const RETRY_WAITS: (i32, i32) = (1_000, 30_000);
/// The connection counts as lost after this silence, in milliseconds. The
/// server sends something every 10 s.
const MAX_SILENCE: i32 = 40_000;

/// An open stream.
#[derive(Clone)]
pub(crate) struct Listener(Rc<Control>);

#[derive(Default)]
struct Control {
    stopped: Cell<bool>,
    retry_now: Cell<bool>,
    abort: RefCell<Option<AbortController>>,
    /// Counts received chunks, for the watchdog.
    received: Cell<u32>,
}

impl Listener {
    /// Closes the stream.
    pub(crate) fn stop(&self) {
        self.0.stopped.set(true);
        self.0.abort();
    }

    /// Reconnects without waiting.
    pub(crate) fn reconnect(&self) {
        self.0.retry_now.set(true);
        self.0.abort();
    }
}

impl Control {
    fn abort(&self) {
        if let Some(abort) = self.abort.take() {
            abort.abort();
        }
    }

    /// Waits, unless a reconnect is asked for.
    async fn wait(&self, milliseconds: i32) {
        const STEP: i32 = 250;
        let mut left = milliseconds;
        while left > 0 && !self.stopped.get() && !self.retry_now.get() {
            browser::sleep(STEP.min(left)).await;
            left -= STEP;
        }
        self.retry_now.set(false);
    }
}

/// Listens until stopped; `notify` gets all events of a chunk together.
pub(crate) fn listen(client: Client, notify: impl Fn(Vec<Event>) + 'static) -> Listener {
    let control = Rc::new(Control::default());
    let listener = Listener(Rc::clone(&control));
    spawn_local(async move {
        let mut last_id = None;
        let mut wait = RETRY_WAITS.0;
        while !control.stopped.get() {
            match connect(client, last_id.as_deref(), &control).await {
                Ok(body) => {
                    notify(vec![Event::Connected { resumed: last_id.is_some() }]);
                    let received = control.received.get();
                    follow(body, &control, &mut last_id, &notify).await;
                    if control.received.get() != received {
                        wait = RETRY_WAITS.0;
                    }
                }
                // The server does not know the last event, for example after a
                // restore.
                Err(Failure::Problem(problem)) if problem.status == 400 => last_id = None,
                Err(_) => {}
            }
            if control.stopped.get() {
                break;
            }
            notify(vec![Event::Disconnected]);
            // Pages do not reconnect all at the same moment after an outage.
            let spread = browser::truncate(js_sys::Math::random() * 500.0);
            control.wait(wait + i32::try_from(spread).unwrap_or_default()).await;
            wait = (wait * 2).min(RETRY_WAITS.1);
        }
    });
    listener
}

async fn connect(
    client: Client,
    last_id: Option<&str>,
    control: &Rc<Control>,
) -> Result<ReadableStream, Failure> {
    let abort = AbortController::new().map_err(|_| Failure::Unreachable)?;
    let signal = abort.signal();
    control.abort.replace(Some(abort));
    client.authorized(async |token: String| api::open_events(&token, last_id, &signal).await).await
}

async fn follow(
    body: ReadableStream,
    control: &Rc<Control>,
    last_id: &mut Option<String>,
    notify: &impl Fn(Vec<Event>),
) {
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut parser = Parser::default();
    watch(control, control.received.get());
    while let Ok(piece) = JsFuture::from(reader.read()).await {
        let Some(bytes) = browser::property(&piece, "value") else { break };
        control.received.set(control.received.get().wrapping_add(1));
        let messages = parser.push(&Uint8Array::new(&bytes).to_vec());
        if let Some(id) = messages.iter().rev().find_map(|message| message.id.clone()) {
            *last_id = Some(id);
        }
        let events: Vec<Event> = messages.into_iter().filter_map(event).collect();
        if !events.is_empty() && !control.stopped.get() {
            notify(events);
        }
    }
}

fn event(message: Message) -> Option<Event> {
    match message.event.as_str() {
        "callback" => Some(serde_json::from_str(&message.data).map_or(Event::Resync, Event::Changed)),
        // The database was restored: what is shown may never have happened.
        "resync" => Some(Event::Resync),
        "services" => Some(Event::ServicesChanged(message.data == "true")),
        _ => None,
    }
}

/// Closes a connection that is open but silent.
fn watch(control: &Rc<Control>, received: u32) {
    let control = Rc::clone(control);
    spawn_local(async move {
        let mut seen = received;
        loop {
            browser::sleep(MAX_SILENCE).await;
            let now = control.received.get();
            if control.stopped.get() {
                return;
            }
            if now == seen {
                control.abort();
                return;
            }
            seen = now;
        }
    });
}
