//! A TCP proxy that behaves like a bad network.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What the network does to each connection, new or open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Everything comes this much later.
    Latency(Duration),
    /// Connections are reset.
    Reset,
    /// Connections stay open, and nothing comes through.
    HalfOpen,
    /// Everything comes in pieces of one byte.
    Slices,
    /// The request comes through, but the connection ends before the answer.
    CloseAfterRequest,
}

impl Fault {
    /// Every fault there is.
    pub const ALL: [Self; 5] = [
        Self::Latency(Duration::from_millis(500)),
        Self::Reset,
        Self::HalfOpen,
        Self::Slices,
        Self::CloseAfterRequest,
    ];
}

/// Where the proxy leads to.
#[derive(Clone, Debug)]
pub enum Upstream {
    /// A port.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// A running proxy. Dropping it ends its connections.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    fault: watch::Sender<Fault>,
    accepting: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    /// Starts a proxy without a fault.
    pub async fn start(upstream: Upstream) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its port");
        let (fault, watched) = watch::channel(Fault::None);
        let accepting = tokio::spawn(async move {
            // They end with this task.
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(connect(client, upstream.clone(), watched.clone()));
            }
        });
        Self { address, fault, accepting }
    }

    /// Changes what the network does.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }
}

async fn connect(client: TcpStream, upstream: Upstream, fault: watch::Receiver<Fault>) -> io::Result<()> {
    client.set_nodelay(true)?;
    match upstream {
        Upstream::Tcp(address) => {
            let server = TcpStream::connect(address).await?;
            server.set_nodelay(true)?;
            run(client, server, fault).await
        }
        Upstream::Unix(path) => run(client, UnixStream::connect(path).await?, fault).await,
    }
}

async fn run<S>(client: TcpStream, server: S, mut fault: watch::Receiver<Fault>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite,
{
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let (asked, answered) = (fault.clone(), fault.clone());
    let ended = tokio::select! {
        ended = copy(&mut from_client, &mut to_server, &asked, Fault::None) => ended,
        ended = copy(&mut from_server, &mut to_client, &answered, Fault::CloseAfterRequest) => ended,
        _ = fault.wait_for(|fault| *fault == Fault::Reset) => Ok(()),
    };
    if *fault.borrow() == Fault::Reset {
        // Closing does not wait for what was not sent yet, but sends a reset.
        to_client.as_ref().set_zero_linger()?;
    }
    ended
}

/// Copies until the end, or until there is something while `end` is at work.
async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    fault: &watch::Receiver<Fault>,
    end: Fault,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        let now = *fault.borrow();
        if count == 0 || (now == end && now != Fault::None) {
            return Ok(());
        }
        let size = match now {
            Fault::Slices => 1,
            // What was lost does not come later, as after a change of a route.
            Fault::HalfOpen => return std::future::pending().await,
            Fault::Latency(time) => {
                tokio::time::sleep(time).await;
                count
            }
            _ => count,
        };
        for piece in buffer[..count].chunks(size) {
            to.write_all(piece).await?;
            to.flush().await?;
        }
    }
}
