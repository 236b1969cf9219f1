//! A server process, and the CPU time and memory that it uses.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::client::Result;

/// How long a program may take to start or to stop.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A server process. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: u32,
    /// The address that it listens on: `127.0.0.1:port`.
    pub(crate) address: String,
    /// Time from the start of the program until it listened.
    pub(crate) started_in: Duration,
    /// The lines of its log, if they are collected.
    pub(crate) log: Log,
}

/// The lines that a program has logged so far.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

/// CPU time and wall time since the start of a measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    process: Option<u32>,
    cpu: Duration,
    wall: Instant,
}

impl Process {
    /// Starts a server and waits until it prints its address.
    pub(crate) async fn start(mut command: Command, keep_log: bool) -> Result<Self> {
        let started = Instant::now();
        command.stdout(Stdio::piped()).stderr(if keep_log { Stdio::piped() } else { Stdio::inherit() });
        let mut child = command.kill_on_drop(true).spawn()?;
        let pid = child.id().ok_or("the server ended at once")?;
        let log = Log::default();
        if let Some(errors) = child.stderr.take() {
            let (mut lines, log) = (BufReader::new(errors).lines(), Arc::clone(&log));
            tokio::spawn(async move {
                while let Ok(Some(line)) = lines.next_line().await {
                    log.lock().expect("the lock of the log is not poisoned").push(line);
                }
            });
        }
        let mut lines = BufReader::new(child.stdout.take().ok_or("the server has no output")?).lines();
        let address = timeout(TIMEOUT, async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, address)) = line.split_once("listens on http://") {
                    return Ok(address.trim().to_owned());
                }
            }
            Err::<_, Box<dyn std::error::Error>>("the server ended before it listened".into())
        })
        .await??;
        let started_in = started.elapsed();
        // The server would block once the pipe is full.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, pid, address, started_in, log })
    }

    /// Stops the program with a signal and waits until it has ended.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw).ok_or("a process has no id")?;
        kill_process(pid, Signal::TERM)?;
        timeout(TIMEOUT, self.child.wait()).await??;
        Ok(())
    }

    pub(crate) fn stopwatch(&self) -> Result<Stopwatch> {
        Stopwatch::start(Some(self.pid))
    }

    /// A line of `/proc/<pid>/status` in KiB, such as `VmRSS`.
    pub(crate) fn memory(&self, field: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.ok_or_else(|| format!("the kernel does not report {field}"))?.parse()?)
    }
}

impl Stopwatch {
    /// Starts to measure another process; `None` for this one.
    pub(crate) fn start(process: Option<u32>) -> Result<Self> {
        Ok(Self { process, cpu: cpu(process)?, wall: Instant::now() })
    }

    /// Cores that the process has kept busy since the start.
    pub(crate) fn cores(&self) -> Result<f64> {
        let used = cpu(self.process)?.saturating_sub(self.cpu);
        Ok(used.as_secs_f64() / self.wall.elapsed().as_secs_f64())
    }
}

/// The CPU time that a process has used in all its threads.
fn cpu(process: Option<u32>) -> Result<Duration> {
    let name = process.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let stat = std::fs::read_to_string(Path::new("/proc").join(name).join("stat"))?;
    // The name in parentheses may contain spaces; user and system time are the
    // 12th and 13th field after it.
    let (_, fields) = stat.rsplit_once(')').ok_or("the kernel reports no CPU time")?;
    let mut ticks = 0_u64;
    for field in fields.split_whitespace().skip(11).take(2) {
        ticks += field.parse::<u64>()?;
    }
    Ok(Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second()))
}
