//! The load: clients that keep one connection each and ask without pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{LocalBoxFuture, join_all};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A failure ends the run; it is only ever shown.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One connection. It does no more than the measurement needs: a full HTTP
/// client would take a good part of the cores from the server.
pub(crate) struct Client {
    stream: TcpStream,
    key: String,
    buffer: Vec<u8>,
}

/// How long requests took.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    taken: Vec<Duration>,
    /// Units of work that were done.
    pub(crate) done: usize,
    lasted: Duration,
}

impl Client {
    pub(crate) async fn connect(address: &str, key: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, key: key.to_owned(), buffer: vec![0; 1 << 18] })
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<Vec<u8>> {
        self.send("GET", path, "").await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Result<Vec<u8>> {
        self.send("POST", path, body).await
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench\r\nX-Api-Key: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let mut have = 0;
        let head = loop {
            have += self.read(have).await?;
            if let Some(at) = self.buffer[..have].windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = String::from_utf8_lossy(&self.buffer[..head]).to_ascii_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length: usize = length.ok_or("the answer has no length")?.trim().parse()?;
        while have < head + length {
            if self.buffer.len() < head + length {
                self.buffer.resize(head + length, 0);
            }
            have += self.read(have).await?;
        }
        let body = self.buffer[head..head + length].to_vec();
        if text.starts_with("http/1.1 2") {
            Ok(body)
        } else {
            Err(format!("{method} {path}: {text}{}", String::from_utf8_lossy(&body)).into())
        }
    }

    async fn read(&mut self, have: usize) -> Result<usize> {
        match self.stream.read(&mut self.buffer[have..]).await? {
            0 => Err("the server closed the connection".into()),
            some => Ok(some),
        }
    }
}

impl Figures {
    /// Units a second.
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    pub(crate) fn rate(&self) -> f64 {
        self.done as f64 / self.lasted.as_secs_f64()
    }

    /// The time, in milliseconds, that so many thousandths of all stayed within.
    pub(crate) fn within(&self, thousandths: usize) -> f64 {
        let at = self.taken.len() * thousandths / 1_000;
        self.taken
            .get(at.min(self.taken.len().saturating_sub(1)))
            .map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }
}

/// Runs `work` in so many clients until the time is over. It does one round
/// and gives how many units that was; nothing ends its client.
pub(crate) fn load<F>(address: &str, key: &str, clients: usize, time: Duration, work: F) -> Figures
where
    F: for<'c> Fn(&'c mut Client, usize) -> LocalBoxFuture<'c, Result<usize>> + Send + Sync + 'static,
{
    let work = Arc::new(work);
    let rounds = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    // Two threads: no more than the server has.
    let threads: Vec<_> = (0..clients.min(2))
        .map(|thread| {
            let (work, rounds) = (Arc::clone(&work), Arc::clone(&rounds));
            let (address, key) = (address.to_owned(), key.to_owned());
            std::thread::spawn(move || {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                let own = (thread..clients).step_by(2).map(async |_| {
                    let mut client = Client::connect(&address, &key).await.expect("the server answers");
                    let mut taken = Vec::new();
                    let mut done = 0;
                    while begun.elapsed() < time {
                        let round = rounds.fetch_add(1, Ordering::Relaxed);
                        let since = Instant::now();
                        match work(&mut client, round).await.expect("the server answers with success") {
                            0 => break,
                            units => done += units,
                        }
                        taken.push(since.elapsed());
                    }
                    (taken, done)
                });
                runtime.block_on(join_all(own))
            })
        })
        .collect();
    let mut figures = Figures::default();
    for thread in threads {
        for (taken, done) in thread.join().expect("a client ends by itself") {
            figures.taken.extend(taken);
            figures.done += done;
        }
    }
    figures.lasted = begun.elapsed();
    figures.taken.sort_unstable();
    figures
}
