//! Changes as server-sent events.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get, web};
use ringback_domain::Permission;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

use crate::auth::{Caller, Identity, permit};
use crate::error::Error;
use crate::http::{Api, connection};
use crate::limits::Use;
use crate::query::{Batch, Event, Queries};
use crate::store::feed::Position;

/// How often a stream says that it is alive, and what its listener may see is
/// asked again.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// How often a stream asks whether somebody was shut out.
const CHECK_REVOCATIONS: Duration = Duration::from_millis(400);

/// One listener.
struct Listener {
    api: web::Data<Api>,
    request: HttpRequest,
    identity: Arc<Identity>,
    batches: Receiver<Arc<Batch>>,
    seen: Position,
    behind: bool,
    /// When to ask again what the caller may see.
    look_at: Instant,
    /// What was known of revocations when the caller was identified last.
    revocations: Arc<String>,
    /// What the caller was told last of whether their services changed.
    services_changed: Option<bool>,
    waiting: VecDeque<Bytes>,
}

impl Listener {
    fn text(&self, event: &Event) -> Option<Bytes> {
        if !self.identity.visible.contains(event.service_id) {
            return None;
        }
        let managers = self.identity.may(Permission::ManageCallbacks);
        let data = if managers { &event.for_managers } else { &event.for_viewers };
        let epoch = &self.api.queries.feed_epoch;
        Some(Bytes::from(format!("event: callback\nid: {epoch}-{}\ndata: {data}\n\n", event.position)))
    }

    fn take(&mut self, events: &[Arc<Event>], to: Position) {
        for event in events.iter().filter(|event| event.position > self.seen) {
            let text = self.text(event);
            self.waiting.extend(text);
        }
        self.seen = self.seen.max(to);
    }

    /// Reads from the feed what the hub did not tell this listener, piece by
    /// piece if it was away for long.
    async fn catch_up(&mut self) -> Result<(), Error> {
        let (events, to) = self.api.queries.changes_after(self.seen).await?;
        self.behind = to != self.seen;
        self.take(&events, to);
        Ok(())
    }

    /// Asks again what the caller may see; `None` if nothing any more.
    async fn look(&mut self) -> Option<()> {
        self.revocations = self.api.access.revocations().await.ok()?;
        let now = self.api.access.identify(&self.request).await.ok()?;
        // Another tab of the same session may have reloaded them.
        let changed = now.services_changed || now.visible != self.identity.visible;
        let news = self.services_changed.replace(changed) != Some(changed);
        self.waiting.push_back(if news {
            Bytes::from(format!("event: services\ndata: {changed}\n\n"))
        } else {
            Bytes::from_static(b": alive\n\n")
        });
        self.look_at = Instant::now() + KEEP_ALIVE;
        Some(())
    }

    /// Ends the stream of a caller who was shut out; `None` then.
    async fn check_revocations(&mut self) -> Option<()> {
        let now = self.api.access.revocations().await.ok()?;
        if now != self.revocations {
            self.revocations = now;
            self.api.access.identify_again(&self.request).await.ok()?;
        }
        Some(())
    }

    /// The next piece of the stream; `None` ends it.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(text) = self.waiting.pop_front() {
                return Some(text);
            }
            if self.look_at <= Instant::now() {
                self.look().await?;
                continue;
            }
            self.check_revocations().await?;
            if self.behind {
                self.catch_up().await.ok()?;
                continue;
            }
            let until = self.look_at.min(Instant::now() + CHECK_REVOCATIONS);
            match timeout_at(until, self.batches.recv()).await {
                Ok(Ok(batch)) if batch.from <= self.seen => self.take(&batch.events, batch.to),
                // Something was missed, by being late or by being too slow.
                Ok(Ok(_) | Err(RecvError::Lagged(_))) => self.behind = true,
                Ok(Err(RecvError::Closed)) => return None,
                // It is time to look.
                Err(_) => {}
            }
        }
    }
}

/// How a stream begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// With what happens from now on.
    Now,
    /// After the event that the listener saw last.
    Resumed,
    /// From now on, since the listener's id is of a database before it was restored.
    Resync,
}

async fn start(queries: &Queries, last: Option<&str>) -> Result<(Position, Start), Error> {
    let newest = queries.last_position().await?;
    let Some(text) = last else { return Ok((newest, Start::Now)) };
    let parts = text.split_once('-').and_then(|(epoch, position)| Some((epoch, position.parse().ok()?)));
    let (epoch, position): (&str, Position) =
        parts.ok_or_else(|| Error::Malformed("Send the id of an event as Last-Event-ID.".to_owned()))?;
    if epoch == queries.feed_epoch && position <= newest {
        Ok((position, Start::Resumed))
    } else {
        Ok((newest, Start::Resync))
    }
}

/// Listen to changes
///
/// Server-sent events: `event: callback` with the changed record as it is now,
/// of callbacks that the caller may see. `event: services` with `true` where a
/// new log-in, or reloading the permissions, would show other services, and with
/// `false` where it would not. `Last-Event-ID` resumes without loss. Where it
/// cannot, because the database was restored, `event: resync` comes first: read
/// everything again, and go on from its id.
/// The stream ends when the caller's credentials do, and where the client does
/// not read it.
#[utoipa::path(
    tag = "Callbacks",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last event that was seen")),
    responses((status = 200, description = "The stream", body = String, content_type = "text/event-stream")),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[get("/events")]
pub async fn stream_events(
    api: web::Data<Api>,
    caller: Caller<permit::ViewCallbacks>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let usage = api.take(Use::Stream, &caller)?;
    let (connection, max_stall) = (request.conn_data::<connection::Shared>().cloned(), api.stream_stall);
    // Listening begins before the position is read, so that nothing falls in
    // between.
    let batches =
        api.queries.hub.listen().ok_or_else(|| Error::Unavailable("the server is stopping".to_owned()))?;
    let last = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    let (seen, start) = start(&api.queries, last).await?;
    let (epoch, resumed) = (&api.queries.feed_epoch, start == Start::Resumed);
    let greeting = match start {
        Start::Resync => format!("event: resync\nid: {epoch}-{seen}\ndata: true\n\n"),
        Start::Now | Start::Resumed => format!(": from {seen}\nid: {epoch}-{seen}\n\n"),
    };
    let listener = Listener {
        revocations: api.access.revocations().await?,
        identity: Arc::clone(&caller),
        batches,
        seen,
        behind: resumed,
        look_at: Instant::now() + KEEP_ALIVE,
        services_changed: None,
        waiting: VecDeque::from([Bytes::from(greeting)]),
        api,
        request,
    };
    let open = (Open::new(listener.api.clone()), usage);
    let stream = futures_util::stream::unfold((listener, open), |(mut listener, open)| async {
        let text = listener.next().await?;
        Some((Ok::<_, Error>(text), (listener, open)))
    });
    let stream = connection::must_be_read(connection.as_ref(), stream, max_stall);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("cache-control", "no-store"))
        // A compressor would hold events back until it has enough of them.
        .insert_header(actix_web::http::header::ContentEncoding::Identity)
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream))
}

/// Counts a stream while it is open.
struct Open(web::Data<Api>);

impl Open {
    fn new(api: web::Data<Api>) -> Self {
        api.metrics.event_listeners.inc();
        Self(api)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.metrics.event_listeners.dec();
    }
}
