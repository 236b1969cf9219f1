//! Follows the stream of changed callbacks, whatever happens to the connection.

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

/// What the stream says.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// Connected; `resumed` if nothing was missed since the last time.
    Connected {
        /// The server was told where to go on.
        resumed: bool,
    },
    /// A callback as it is now.
    Changed(Box<CallbackView>),
    /// Whether signing in anew would show other services.
    ServicesChanged(bool),
    /// Too much happened: read the list again.
    Resync,
    /// The connection is gone; it will be tried again.
    Disconnected,
}

/// First and longest wait before another try, in milliseconds.
const WAITS: (i32, i32) = (1_000, 30_000);
/// The server sends a sign of life every 15 s; after this long it is gone.
const SILENCE_MS: i32 = 40_000;

/// Holds the stream open.
#[derive(Clone)]
pub(crate) struct Listener(Rc<Control>);

#[derive(Default)]
struct Control {
    stopped: Cell<bool>,
    hurry: Cell<bool>,
    abort: RefCell<Option<AbortController>>,
    /// Counts what arrived, for the watchdog.
    beats: Cell<u32>,
}

impl Listener {
    /// Ends it.
    pub(crate) fn stop(&self) {
        self.0.stopped.set(true);
        self.0.abort();
    }

    /// Tries again at once.
    pub(crate) fn reconnect(&self) {
        self.0.hurry.set(true);
        self.0.abort();
    }
}

impl Control {
    fn abort(&self) {
        if let Some(abort) = self.abort.take() {
            abort.abort();
        }
    }

    /// Waits, unless someone is in a hurry.
    async fn wait(&self, milliseconds: i32) {
        const STEP: i32 = 250;
        let mut left = milliseconds;
        while left > 0 && !self.stopped.get() && !self.hurry.get() {
            browser::sleep(STEP.min(left)).await;
            left -= STEP;
        }
        self.hurry.set(false);
    }
}

/// Listens until stopped; `tell` gets everything that arrived together at once.
pub(crate) fn listen(client: Client, tell: impl Fn(Vec<Event>) + 'static) -> Listener {
    let control = Rc::new(Control::default());
    let listener = Listener(Rc::clone(&control));
    spawn_local(async move {
        let mut last_id = None;
        let mut wait = WAITS.0;
        while !control.stopped.get() {
            match connect(client, last_id.as_deref(), &control).await {
                Ok(body) => {
                    tell(vec![Event::Connected { resumed: last_id.is_some() }]);
                    let beats = control.beats.get();
                    follow(body, &control, &mut last_id, &tell).await;
                    if control.beats.get() != beats {
                        wait = WAITS.0;
                    }
                }
                // The server does not know the place, such as after a restore.
                Err(Failure::Problem(problem)) if problem.status == 400 => last_id = None,
                Err(_) => {}
            }
            if control.stopped.get() {
                break;
            }
            tell(vec![Event::Disconnected]);
            // Not all pages at the same moment after the server was away.
            let spread = browser::whole(js_sys::Math::random() * 500.0);
            control.wait(wait + i32::try_from(spread).unwrap_or_default()).await;
            wait = (wait * 2).min(WAITS.1);
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
    tell: &impl Fn(Vec<Event>),
) {
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut parser = Parser::default();
    watch(control, control.beats.get());
    while let Ok(piece) = JsFuture::from(reader.read()).await {
        let Some(bytes) = browser::property(&piece, "value") else { break };
        control.beats.set(control.beats.get().wrapping_add(1));
        let messages = parser.push(&Uint8Array::new(&bytes).to_vec());
        if let Some(id) = messages.iter().rev().find_map(|message| message.id.clone()) {
            *last_id = Some(id);
        }
        let events: Vec<Event> = messages.into_iter().filter_map(event).collect();
        if !events.is_empty() && !control.stopped.get() {
            tell(events);
        }
    }
}

fn event(message: Message) -> Option<Event> {
    match message.event.as_str() {
        "callback" => Some(serde_json::from_str(&message.data).map_or(Event::Resync, Event::Changed)),
        "services" => Some(Event::ServicesChanged(message.data == "true")),
        "resync" => Some(Event::Resync),
        _ => None,
    }
}

/// Gives a connection up that is open but silent.
fn watch(control: &Rc<Control>, beats: u32) {
    let control = Rc::clone(control);
    spawn_local(async move {
        let mut seen = beats;
        loop {
            browser::sleep(SILENCE_MS).await;
            let now = control.beats.get();
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
