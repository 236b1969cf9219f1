//! The stream of changed callbacks. All tabs of a person share one: browsers allow
//! few connections to a server.

mod parser;
mod stream;
mod tabs;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ringback_domain::wire::callback::CallbackView;
use web_sys::AbortController;

use crate::browser;
use crate::client::Client;
use parser::Message;

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

/// Follows the events of a person until the listener is stopped; `notify` gets all
/// events of a chunk together.
pub(crate) fn listen(client: Client, user: &str, notify: impl Fn(Vec<Event>) + 'static) -> Listener {
    let listener = Listener(Rc::new(Shared {
        client,
        notify: Box::new(notify),
        stopped: Cell::new(false),
        turn: Cell::new(None),
        turns: Cell::new(0),
        at_stop: RefCell::default(),
        retry_now: Cell::new(false),
        live: Cell::new(None),
        heard: Cell::new(0),
        last_id: RefCell::default(),
        abort: RefCell::default(),
    }));
    tabs::join(&listener.0, user);
    listener
}

/// An open stream.
#[derive(Clone)]
pub(crate) struct Listener(Rc<Shared>);

impl Listener {
    /// Stops listening.
    pub(crate) fn stop(&self) {
        self.0.stopped.set(true);
        self.0.abort();
        for end in self.0.at_stop.take() {
            end();
        }
    }

    /// Reconnects without waiting.
    pub(crate) fn reconnect(&self) {
        self.0.retry_now.set(true);
        self.0.abort();
    }
}

/// What the tab that has the stream tells the others.
#[derive(Clone, Debug)]
enum Told {
    /// The stream is open.
    Connected {
        /// No event was missed since it was open last.
        resumed: bool,
    },
    /// The stream broke.
    Lost,
    /// Messages arrived; none if the server only said that it is alive.
    Messages(Vec<Message>),
}

/// The state of a listener, which all its tasks share.
struct Shared {
    client: Client,
    notify: Box<dyn Fn(Vec<Event>)>,
    stopped: Cell<bool>,
    /// The turn of this tab to have the stream; `None` while another tab has it.
    turn: Cell<Option<u32>>,
    turns: Cell<u32>,
    at_stop: RefCell<Vec<Box<dyn FnOnce()>>>,
    retry_now: Cell<bool>,
    /// Whether events arrive; `None` while that is not known.
    live: Cell<Option<bool>>,
    /// Counts what was heard, for the watchdog.
    heard: Cell<u32>,
    /// The last event, to resume from.
    last_id: RefCell<Option<String>>,
    abort: RefCell<Option<AbortController>>,
}

impl Shared {
    /// Takes in what the stream says, through whichever tab.
    fn hear(&self, told: Told) {
        if self.stopped.get() {
            return;
        }
        self.heard.set(self.heard.get().wrapping_add(1));
        match told {
            Told::Connected { resumed } => {
                if self.live.replace(Some(true)) != Some(true) || !resumed {
                    let resumed = resumed && self.last_id.borrow().is_some();
                    (self.notify)(vec![Event::Connected { resumed }]);
                }
            }
            Told::Lost => {
                if self.live.replace(Some(false)) != Some(false) {
                    (self.notify)(vec![Event::Disconnected]);
                }
            }
            Told::Messages(messages) => {
                if let Some(id) = messages.iter().rev().find_map(|message| message.id.clone()) {
                    self.last_id.replace(Some(id));
                }
                let events: Vec<Event> = messages.into_iter().filter_map(event).collect();
                if !events.is_empty() {
                    (self.notify)(events);
                }
            }
        }
    }

    /// Begins a turn of this tab.
    fn begin_turn(&self) -> u32 {
        let turn = self.turns.get().wrapping_add(1);
        self.turns.set(turn);
        self.turn.set(Some(turn));
        turn
    }

    /// Ends the turn of this tab, and with it the stream.
    fn end_turn(&self) {
        self.turn.set(None);
        self.abort();
    }

    /// Whether the turn goes on.
    fn has_turn(&self, turn: u32) -> bool {
        !self.stopped.get() && self.turn.get() == Some(turn)
    }

    /// Cleans up when the listener stops.
    fn at_stop(&self, end: impl FnOnce() + 'static) {
        self.at_stop.borrow_mut().push(Box::new(end));
    }

    fn abort(&self) {
        if let Some(abort) = self.abort.take() {
            abort.abort();
        }
    }

    /// Waits, unless a reconnect is asked for.
    async fn wait(&self, milliseconds: i32, turn: u32) {
        const STEP: i32 = 250;
        let mut left = milliseconds;
        while left > 0 && self.has_turn(turn) && !self.retry_now.get() {
            browser::sleep(STEP.min(left)).await;
            left -= STEP;
        }
        self.retry_now.set(false);
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
