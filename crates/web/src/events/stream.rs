//! The connection to the server, opened again when it breaks.

use std::rc::Rc;

use js_sys::Uint8Array;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStream, ReadableStreamDefaultReader};

use super::parser::Parser;
use super::{Shared, Told};
use crate::api::{self, Failure};
use crate::browser;

/// Shortest and longest wait before the next attempt, in milliseconds.
const RETRY_WAITS: (i32, i32) = (1_000, 30_000);
/// The connection counts as lost after this silence, in milliseconds. The
/// server sends something every 10 s.
const MAX_SILENCE: i32 = 40_000;

/// Keeps the stream open for a turn of this tab.
pub(super) async fn lead(shared: &Rc<Shared>, tell: &impl Fn(Told)) {
    let turn = shared.begin_turn();
    let mut wait = RETRY_WAITS.0;
    while shared.has_turn(turn) {
        match connect(shared).await {
            Ok(body) => {
                tell(Told::Connected { resumed: shared.last_id.borrow().is_some() });
                let heard = shared.heard.get();
                follow(body, shared, turn, tell).await;
                if shared.heard.get() != heard {
                    wait = RETRY_WAITS.0;
                }
            }
            // The server does not know the last event, for example after a
            // restore.
            Err(Failure::Problem(problem)) if problem.status == 400 => drop(shared.last_id.take()),
            Err(_) => {}
        }
        if !shared.has_turn(turn) {
            break;
        }
        tell(Told::Lost);
        // Pages do not reconnect all at the same moment after an outage.
        let spread = browser::truncate(js_sys::Math::random() * 500.0);
        shared.wait(wait + i32::try_from(spread).unwrap_or_default(), turn).await;
        wait = (wait * 2).min(RETRY_WAITS.1);
    }
}

async fn connect(shared: &Rc<Shared>) -> Result<ReadableStream, Failure> {
    let abort = AbortController::new().map_err(|_| Failure::Unreachable)?;
    let signal = abort.signal();
    shared.abort.replace(Some(abort));
    let last_id = shared.last_id.borrow().clone();
    let open = async |token: String| api::open_events(&token, last_id.as_deref(), &signal).await;
    shared.client.authorized(open).await
}

async fn follow(body: ReadableStream, shared: &Rc<Shared>, turn: u32, tell: &impl Fn(Told)) {
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut parser = Parser::default();
    watch(shared, turn);
    while let Ok(piece) = JsFuture::from(reader.read()).await {
        let Some(bytes) = browser::property(&piece, "value") else { break };
        if !shared.has_turn(turn) {
            break;
        }
        tell(Told::Messages(parser.push(&Uint8Array::new(&bytes).to_vec())));
    }
}

/// Closes a connection that is open but silent.
fn watch(shared: &Rc<Shared>, turn: u32) {
    let shared = Rc::clone(shared);
    spawn_local(async move {
        let mut heard = shared.heard.get();
        loop {
            browser::sleep(MAX_SILENCE).await;
            if !shared.has_turn(turn) {
                return;
            }
            let now = shared.heard.get();
            if now == heard {
                shared.abort();
                return;
            }
            heard = now;
        }
    });
}
