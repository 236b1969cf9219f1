//! Ends connections that begin another request and never finish its head: the
//! HTTP library has a clock for the first head of a connection only.

use std::any::Any;
use std::cell::Cell;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Extensions;
use actix_web::rt;
use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::poll_fn;

/// A connection, and since when no request has been running on it.
#[derive(Debug)]
pub struct Connection {
    socket: TcpStream,
    running: Cell<u32>,
    quiet_since: Cell<Instant>,
}

/// The connection of a request.
pub type Shared = Rc<Connection>;

/// Watches a new connection: without a running request it is ended after this
/// time. Idle ones are ended sooner, by the HTTP library.
pub fn watch(io: &dyn Any, data: &mut Extensions, max_quiet: Duration) {
    let Some(stream) = io.downcast_ref::<rt::net::TcpStream>() else { return };
    // Without a descriptor to spare the connection is served unwatched.
    let Ok(socket) = stream.as_fd().try_clone_to_owned() else { return };
    let connection = Rc::new(Connection {
        socket: socket.into(),
        running: Cell::new(0),
        quiet_since: Cell::new(Instant::now()),
    });
    let watched = Rc::downgrade(&connection);
    data.insert(connection);
    rt::spawn(async move {
        let mut rest = max_quiet;
        loop {
            rt::time::sleep(rest).await;
            let Some(connection) = watched.upgrade() else { return };
            rest = max_quiet;
            if connection.running.get() == 0 {
                let quiet = connection.quiet_since.get().elapsed();
                if quiet >= max_quiet {
                    let _ = connection.socket.shutdown(Shutdown::Both);
                    return;
                }
                rest = max_quiet.saturating_sub(quiet);
            }
        }
    });
}

/// A stream that has no end of its own, and that its client has to read: the connection is
/// ended once the client has taken nothing for this long.
pub fn must_be_read<S: Stream>(
    connection: Option<&Shared>,
    stream: S,
    max_stall: Duration,
) -> impl Stream<Item = S::Item> + use<S> {
    // Since when a piece waits to be taken.
    let offered = Rc::new(Cell::new(None::<Instant>));
    let watched = (connection.map(Rc::downgrade).unwrap_or_default(), Rc::downgrade(&offered));
    rt::spawn(async move {
        loop {
            rt::time::sleep(max_stall / 4).await;
            let (Some(connection), Some(offered)) = (watched.0.upgrade(), watched.1.upgrade()) else {
                return;
            };
            if offered.get().is_some_and(|since| since.elapsed() >= max_stall) {
                let _ = connection.socket.shutdown(Shutdown::Both);
                return;
            }
        }
    });
    let mut stream = Box::pin(stream);
    poll_fn(move |cx| {
        let next = stream.as_mut().poll_next(cx);
        // The server asks for the next piece as soon as it can write it.
        offered.set(matches!(next, Poll::Ready(Some(_))).then(Instant::now));
        next
    })
}

/// A request that runs on a connection, until the last byte of its answer.
#[derive(Debug)]
pub struct Running(Shared);

impl Running {
    /// Begins now.
    pub fn begin(connection: &Shared) -> Self {
        connection.running.set(connection.running.get() + 1);
        Self(Rc::clone(connection))
    }

    /// The body, with which the request ends.
    pub fn until_end_of(self, body: BoxBody) -> BoxBody {
        // What is there whole is written at once.
        if matches!(body.size(), BodySize::None | BodySize::Sized(_)) {
            return body;
        }
        BoxBody::new(Streamed { body, _running: self })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.set(self.0.running.get().saturating_sub(1));
        self.0.quiet_since.set(Instant::now());
    }
}

struct Streamed {
    body: BoxBody,
    _running: Running,
}

impl MessageBody for Streamed {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
