//! A PostgreSQL server of a test's own, which can be stopped and started again. It writes to disk as
//! in production, and listens on a socket only, or with TLS on a port of loopback too.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::wait_for;

/// A cluster, whether its server runs or not. Dropping it stops the server and removes the data.
#[derive(Debug)]
pub struct PgCluster {
    folder: TempDir,
    max_connections: u32,
    port: u16,
    tls: bool,
    server: Option<Child>,
}

impl PgCluster {
    /// Creates a cluster and starts its server.
    pub async fn start(max_connections: u32) -> Self {
        let mut cluster = Self::create(max_connections);
        cluster.resume().await;
        cluster
    }

    /// Creates a cluster and starts its server with TLS, a chain of certificates and the key of the
    /// first one, both as PEM.
    pub async fn start_with_tls(certificates: &str, key: &str) -> Self {
        let mut cluster = Self::create(30);
        for (name, text) in [("server.crt", certificates), ("server.key", key)] {
            let file = cluster.folder.path().join("data").join(name);
            fs::write(&file, text).expect("the file is written");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its rights are set");
            give_to_owner(&file);
        }
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        cluster.port = free.expect("a free port").port();
        cluster.tls = true;
        cluster.resume().await;
        cluster
    }

    fn create(max_connections: u32) -> Self {
        let folder = TempDir::with_prefix("ringback-pg-").expect("a temporary folder");
        give_to_owner(folder.path());
        let mut create = owner(folder.path(), "initdb");
        create.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        run(create.arg(folder.path().join("data")).stdout(Stdio::null()));
        Self { folder, max_connections, port: 5432, tls: false, server: None }
    }

    /// The URL of the database that every cluster has.
    pub fn url(&self) -> String {
        let host = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{host}:{}/postgres", self.port)
    }

    /// The URL of the same database on loopback; `host` is a name or an address of it.
    pub fn url_with_tls(&self, host: &str) -> String {
        format!("postgres://postgres@{host}:{}/postgres", self.port)
    }

    /// Starts the server again, and waits until it answers.
    pub async fn resume(&mut self) {
        let mut command = owner(self.folder.path(), "postgres");
        command.arg("-D").arg(self.folder.path().join("data"));
        let socket = format!("unix_socket_directories={}", self.folder.path().display());
        let connections = format!("max_connections={}", self.max_connections);
        let port = format!("port={}", self.port);
        let (listen, tls) = if self.tls { ("127.0.0.1", "on") } else { ("", "off") };
        let (listen, tls) = (format!("listen_addresses={listen}"), format!("ssl={tls}"));
        for setting in [listen.as_str(), &port, &tls, &socket, &connections, "shared_buffers=64MB"] {
            command.args(["-c", setting]);
        }
        let log = fs::File::create(self.folder.path().join("log")).expect("a log");
        self.server = Some(command.stdout(Stdio::null()).stderr(log).spawn().expect("PostgreSQL starts"));
        let url = self.url();
        wait_for("PostgreSQL", async || PgConnection::connect(&url).await.ok()?.close().await.ok()).await;
    }

    /// Ends the server with its "fast" shutdown, which ends every connection.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let pid = i32::try_from(server.id()).ok().and_then(Pid::from_raw);
            let _ = pid.map(|pid| kill_process(pid, Signal::INT));
            let _ = server.wait();
        }
    }
}

impl Drop for PgCluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The folder with the programs of the newest installed server.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    newest.map_or_else(PathBuf::new, |version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
}

/// A program of PostgreSQL as the owner of the data, since it refuses to run as root. It ends with
/// the test, however that ends.
fn owner(folder: &Path, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.current_dir(folder).args(["--pdeathsig", "INT"]);
    if rustix::process::getuid().is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg(programs().join(program.as_ref()));
    command
}

/// Gives a file to the user that PostgreSQL runs as, where it is another one.
fn give_to_owner(file: &Path) {
    if rustix::process::getuid().is_root() {
        run(Command::new("chown").arg("postgres").arg(file));
    }
}

fn run(command: &mut Command) {
    let status = command.status().expect("the program starts");
    assert!(status.success(), "{command:?} ended with {status}");
}
