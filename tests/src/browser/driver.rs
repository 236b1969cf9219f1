//! Starts `chromedriver`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::setting;

/// Starts a driver on a free port and returns the port. The driver needs the port
/// for IPv4 and IPv6 and exits if one of the two is in use, so starting it is
/// retried. The files of driver and browser are in the folder.
pub(super) fn start(folder: &Path) -> (Child, BufReader<ChildStdout>, u16) {
    const MAX_ATTEMPTS: usize = 5;
    let program = setting("RINGBACK_TEST_CHROMEDRIVER").unwrap_or_else(|| "chromedriver".to_owned());
    for _ in 0..MAX_ATTEMPTS {
        let mut driver = Command::new(&program)
            .arg("--port=0")
            .env("TMPDIR", folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot start {program}: {error}; `cargo xtask test` installs it")
            });
        let mut output = BufReader::new(driver.stdout.take().expect("its output is piped"));
        if let Some(port) = port(&mut output) {
            return (driver, output, port);
        }
        driver.wait().expect("it has exited");
    }
    panic!("{program} found no free port in {MAX_ATTEMPTS} attempts");
}

/// The port that the driver prints; `None` if it exits without one.
fn port(output: &mut impl BufRead) -> Option<u16> {
    output.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    })
}
