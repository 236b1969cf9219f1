//! A PostgreSQL server of a test's own, which can be stopped and started again. It writes to disk as
//! in production, and listens on a socket only.

use std::ffi::OsStr;
use std::fs;
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
    server: Option<Child>,
}

impl PgCluster {
    /// Creates a cluster and starts its server.
    pub async fn start(max_connections: u32) -> Self {
        let folder = TempDir::with_prefix("ringback-pg-").expect("a temporary folder");
        if rustix::process::getuid().is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let mut create = owner(folder.path(), "initdb");
        create.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        run(create.arg(folder.path().join("data")).stdout(Stdio::null()));
        let mut cluster = Self { folder, max_connections, server: None };
        cluster.resume().await;
        cluster
    }

    /// The URL of the database that every cluster has.
    pub fn url(&self) -> String {
        let host = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{host}/postgres")
    }

    /// Starts the server again, and waits until it answers.
    pub async fn resume(&mut self) {
        let mut command = owner(self.folder.path(), "postgres");
        command.arg("-D").arg(self.folder.path().join("data"));
        let socket = format!("unix_socket_directories={}", self.folder.path().display());
        let connections = format!("max_connections={}", self.max_connections);
        for setting in ["listen_addresses=", &socket, &connections, "shared_buffers=64MB"] {
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

fn run(command: &mut Command) {
    let status = command.status().expect("the program starts");
    assert!(status.success(), "{command:?} ended with {status}");
}
