//! Starts `chromedriver`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::setting;

/// Starts a driver and returns the port that it listens on. It takes a free
/// port for IPv4 and IPv6, and ends if another program has one of the two. All
/// files of driver and browser are in the folder.
pub(super) fn start(folder: &Path) -> (Child, BufReader<ChildStdout>, u16) {
    const TRIES: usize = 5;
    let program = setting("RINGBACK_TEST_CHROMEDRIVER").unwrap_or_else(|| "chromedriver".to_owned());
    for _ in 0..TRIES {
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
        driver.wait().expect("it has ended");
    }
    panic!("{program} found no port in {TRIES} tries");
}

/// The port that the driver says it listens on; `None` if it ends without one.
fn port(output: &mut impl BufRead) -> Option<u16> {
    output.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    })
}
