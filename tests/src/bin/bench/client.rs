//! The load: clients with one connection each that send requests without a pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{LocalBoxFuture, try_join_all};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::{Process, Stopwatch};

/// An error ends the run and is printed.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// An address and the credentials to use there.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) address: String,
    credentials: String,
}

impl Login {
    /// Without credentials.
    pub(crate) fn anonymous(address: &str) -> Self {
        Self { address: address.to_owned(), credentials: String::new() }
    }

    /// With the access token of a person's session.
    pub(crate) fn session(address: &str, token: &str) -> Self {
        Self { address: address.to_owned(), credentials: format!("Authorization: Bearer {token}\r\n") }
    }

    /// With an API key.
    pub(crate) fn api_key(address: &str, key: &str) -> Self {
        Self { address: address.to_owned(), credentials: format!("X-Api-Key: {key}\r\n") }
    }
}

/// A minimal HTTP client with one connection: a complete client would take much
/// CPU time from the server.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    login: Login,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(login: &Login) -> Result<Self> {
        let stream = TcpStream::connect(&login.address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, login: login.clone(), buffer: vec![0; 1 << 18] })
    }

    /// Sends a GET request; a status other than 2xx is an error.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Vec<u8>> {
        self.succeed("GET", path, "").await
    }

    /// Sends a GET request and parses the answer as JSON.
    pub(crate) async fn get_json(&mut self, path: &str) -> Result<Value> {
        Ok(serde_json::from_slice(&self.get(path).await?)?)
    }

    /// Sends a POST request; a status other than 2xx is an error.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Result<Vec<u8>> {
        self.succeed("POST", path, body).await
    }

    /// Sends a POST request and parses the answer as JSON.
    pub(crate) async fn post_json(&mut self, path: &str, body: &Value) -> Result<Value> {
        Ok(serde_json::from_slice(&self.post(path, &body.to_string()).await?)?)
    }

    /// Sends a PATCH request. Returns the body of the answer.
    pub(crate) async fn patch(&mut self, path: &str, body: &str) -> Result<Vec<u8>> {
        self.succeed("PATCH", path, body).await
    }

    async fn succeed(&mut self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let (status, answer) = self.send(method, path, body).await?;
        if (200..300).contains(&status) {
            Ok(answer)
        } else {
            Err(format!("{method} {path} answered {status}: {}", String::from_utf8_lossy(&answer)).into())
        }
    }

    /// Sends a request. Returns the status and the body of the answer.
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, Vec<u8>)> {
        self.write(method, path, body).await?;
        let mut have = 0;
        let head = loop {
            have += self.read(have).await?;
            if let Some(at) = self.buffer[..have].windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = String::from_utf8_lossy(&self.buffer[..head]).to_ascii_lowercase();
        let status =
            text.get(9..12).and_then(|digits| digits.parse().ok()).ok_or("the answer is not HTTP")?;
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length: usize = length.ok_or("the answer has no length")?.trim().parse()?;
        while have < head + length {
            if self.buffer.len() < head + length {
                self.buffer.resize(head + length, 0);
            }
            have += self.read(have).await?;
        }
        Ok((status, self.buffer[head..head + length].to_vec()))
    }

    async fn write(&mut self, method: &str, path: &str, body: &str) -> Result<()> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench\r\n{}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.login.credentials,
            body.len()
        );
        Ok(self.stream.write_all(request.as_bytes()).await?)
    }

    async fn read(&mut self, have: usize) -> Result<usize> {
        match self.stream.read(&mut self.buffer[have..]).await? {
            0 => Err("the server closed the connection".into()),
            some => Ok(some),
        }
    }

    /// Requests an endless answer. Returns the connection to read it from.
    pub(crate) async fn stream(mut self, path: &str) -> Result<TcpStream> {
        self.write("GET", path, "").await?;
        Ok(self.stream)
    }
}

/// How long pieces of work took, and the CPU time used meanwhile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    taken: Vec<Duration>,
    /// Units of work that were done.
    pub(crate) done: usize,
    /// Duration of the measurement.
    lasted: Duration,
    /// Cores that this program kept busy, if measured.
    pub(crate) load_cores: Option<f64>,
    /// Cores that the server kept busy, if measured.
    pub(crate) server_cores: Option<f64>,
}

impl Figures {
    /// The figures of these durations, measured within `lasted`.
    pub(crate) fn new(mut taken: Vec<Duration>, lasted: Duration) -> Self {
        taken.sort_unstable();
        Self { done: taken.len(), taken, lasted, ..Self::default() }
    }

    /// Units per second.
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    pub(crate) fn rate(&self) -> f64 {
        self.done as f64 / self.lasted.as_secs_f64()
    }

    /// A percentile of the durations in milliseconds, in thousandths: 990 for p99.
    pub(crate) fn within(&self, thousandths: usize) -> f64 {
        let at = self.taken.len() * thousandths / 1_000;
        self.taken
            .get(at.min(self.taken.len().saturating_sub(1)))
            .map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }
}

/// Measures `work` with a number of clients for some time. `work` does one round
/// and returns the number of units; 0 ends its client.
pub(crate) async fn load<F>(
    server: &Process,
    login: &Login,
    clients: usize,
    time: Duration,
    work: F,
) -> Result<Figures>
where
    F: for<'c> Fn(&'c mut Client, usize) -> LocalBoxFuture<'c, Result<usize>> + Send + Sync + 'static,
{
    let login = login.clone();
    watch(server, async {
        let run = tokio::task::spawn_blocking(move || run(&login, clients, time, work));
        Ok(run.await??)
    })
    .await
}

/// Adds the CPU time that this program and the server used to the figures.
pub(crate) async fn watch(server: &Process, work: impl Future<Output = Result<Figures>>) -> Result<Figures> {
    let (own, of_server) = (Stopwatch::start(None)?, server.stopwatch()?);
    let mut figures = work.await?;
    figures.load_cores = Some(own.cores()?);
    figures.server_cores = Some(of_server.cores()?);
    Ok(figures)
}

fn run<F>(login: &Login, clients: usize, time: Duration, work: F) -> std::result::Result<Figures, String>
where
    F: for<'c> Fn(&'c mut Client, usize) -> LocalBoxFuture<'c, Result<usize>> + Send + Sync + 'static,
{
    let work = Arc::new(work);
    let rounds = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    // More threads would take cores from the server.
    let threads: Vec<_> = (0..clients.min(2))
        .map(|thread| {
            let (work, rounds, login) = (Arc::clone(&work), Arc::clone(&rounds), login.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let own = (thread..clients).step_by(2).map(async |_| {
                    let mut client = Client::connect(&login).await?;
                    let (mut taken, mut done) = (Vec::new(), 0);
                    while started.elapsed() < time {
                        let round = rounds.fetch_add(1, Ordering::Relaxed);
                        let since = Instant::now();
                        match work(&mut client, round).await? {
                            0 => break,
                            units => done += units,
                        }
                        taken.push(since.elapsed());
                    }
                    Ok::<_, Box<dyn std::error::Error>>((taken, done))
                });
                let ended =
                    runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(try_join_all(own)));
                ended.map_err(|error| error.to_string())
            })
        })
        .collect();
    let (mut all, mut units) = (Vec::new(), 0);
    for thread in threads {
        for (taken, done) in thread.join().map_err(|_| "a client panicked".to_owned())?? {
            all.extend(taken);
            units += done;
        }
    }
    let mut figures = Figures::new(all, started.elapsed());
    figures.done = units;
    Ok(figures)
}

/// One client that works at a steady rate until `stop` is set, in the background
/// of another measurement.
pub(crate) async fn steady<F>(login: &Login, per_second: u32, stop: &AtomicBool, work: F) -> Result<Figures>
where
    F: for<'c> Fn(&'c mut Client, usize) -> LocalBoxFuture<'c, Result<()>>,
{
    let mut client = Client::connect(login).await?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (started, mut taken) = (Instant::now(), Vec::new());
    while !stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        let since = Instant::now();
        work(&mut client, taken.len()).await?;
        taken.push(since.elapsed());
    }
    Ok(Figures::new(taken, started.elapsed()))
}
