//! A throwaway `PostgreSQL` server in a temporary folder. It listens on a socket
//! only.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::install;
use crate::process::{find, interrupted, output};

/// Longest path of the socket; the kernel allows 107 bytes.
const MAX_SOCKET_BYTES: usize = 100;

/// Whether commits wait for the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// They do not: for tests.
    Off,
    /// They do, as in production: for measurements.
    On,
}

/// A running server. Dropping it stops the server and removes its data.
pub(crate) struct Cluster {
    server: Child,
    folder: PathBuf,
}

impl Cluster {
    /// Creates a cluster, starts its server and waits until it answers.
    pub(crate) fn start(durability: Durability) -> Result<Self> {
        let programs = programs().context("PostgreSQL is not installed")?;
        let folder = make_folder()?;
        let server = make_cluster(&programs, &folder).and_then(|()| spawn(&programs, &folder, durability));
        let server = match server {
            Ok(server) => server,
            Err(error) => {
                remove(&folder);
                return Err(error);
            }
        };
        let mut cluster = Self { server, folder };
        cluster.wait(&programs)?;
        Ok(cluster)
    }

    /// The URL of the maintenance database, for sqlx and libpq.
    pub(crate) fn url(&self) -> String {
        let host = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{host}/postgres")
    }

    fn wait(&mut self, programs: &Path) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_mins(1) && !interrupted() {
            if let Some(status) = self.server.try_wait()? {
                bail!("PostgreSQL ended with {status}:\n{}", self.log());
            }
            let ready = Command::new(programs.join("pg_isready"))
                .arg("-q")
                .arg("-h")
                .arg(&self.folder)
                .status()
                .context("cannot start pg_isready")?;
            if ready.success() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL does not answer:\n{}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // PostgreSQL's immediate shutdown, as its data is removed anyway.
        let pid = i32::try_from(self.server.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::QUIT);
        }
        let started = Instant::now();
        while matches!(self.server.try_wait(), Ok(None)) {
            if started.elapsed() > Duration::from_secs(10) {
                let _ = self.server.kill();
                let _ = self.server.wait();
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        remove(&self.folder);
    }
}

/// The folder with the programs of the newest installed server.
pub(crate) fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .collect();
    versions.sort();
    let newest = versions.pop().map(|(_, folder)| folder);
    newest.or_else(|| find("initdb")?.parent().map(Path::to_path_buf))
}

/// Runs a server until this program is interrupted.
pub(crate) fn serve(durable: bool) -> Result<()> {
    install::postgres()?;
    let cluster = Cluster::start(if durable { Durability::On } else { Durability::Off })?;
    println!("{}", cluster.url());
    while !interrupted() {
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn make_folder() -> Result<PathBuf> {
    let template = std::env::temp_dir().join("ringback-pg-XXXXXXXX");
    let printed = output(owner("mktemp").current_dir("/").arg("-d").arg(template))?;
    let folder = PathBuf::from(String::from_utf8(printed).context("not a path in UTF-8")?.trim());
    let socket = folder.join(".s.PGSQL.5432");
    if socket.as_os_str().len() > MAX_SOCKET_BYTES {
        remove(&folder);
        bail!("the path of the folder for temporary files is too long for a socket: set TMPDIR=/tmp");
    }
    Ok(folder)
}

fn make_cluster(programs: &Path, folder: &Path) -> Result<()> {
    let mut command = owner(programs.join("initdb"));
    command
        .current_dir(folder)
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
        .arg(folder.join("data"))
        .stdout(Stdio::null());
    let status = command.status().context("cannot start initdb")?;
    ensure!(status.success(), "initdb ended with {status}");
    Ok(())
}

fn spawn(programs: &Path, folder: &Path, durability: Durability) -> Result<Child> {
    // The folder belongs to the server's user, so the server can create the socket in it.
    let socket = format!("unix_socket_directories={}", folder.display());
    let mut settings = vec![
        "listen_addresses=",
        &socket,
        "port=5432",
        "max_connections=300",
        "shared_buffers=256MB",
        "max_wal_size=2GB",
        "wal_level=minimal",
        "max_wal_senders=0",
        "logging_collector=off",
    ];
    if durability == Durability::Off {
        settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"]);
    }
    let log = fs::File::create(folder.join("log")).context("cannot write PostgreSQL's log")?;
    let mut command = owner(programs.join("postgres"));
    command.current_dir(folder).arg("-D").arg(folder.join("data"));
    for setting in settings {
        command.args(["-c", setting]);
    }
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Ctrl-C must reach the tests only; the server is stopped after them.
        .process_group(0)
        .spawn()
        .context("cannot start PostgreSQL")
}

/// Runs a program as the owner of the data, since `PostgreSQL` refuses to run as
/// root. The kernel ends it when this program ends, in whatever way.
fn owner(program: impl AsRef<OsStr>) -> Command {
    let root = rustix::process::geteuid().is_root();
    if find("setpriv").is_none() && !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT"]);
    if root {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg(program);
    command
}

fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        eprintln!("cannot remove {}: {error}", folder.display());
    }
}
