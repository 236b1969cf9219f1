//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::database::Backend;

/// Measures a Ringback server beside bare endpoints that do the same work, and
/// prints for each figure whether its goal is met.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", max_term_width = 100)]
pub(crate) struct Options {
    /// Callbacks in the database
    #[arg(long, value_name = "N", default_value = "1_000_000", value_parser = count)]
    pub(crate) rows: usize,
    /// Length of each measurement, in seconds
    #[arg(long, value_name = "N", default_value = "5", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// Measure only these figures
    #[arg(long, value_delimiter = ',', ignore_case = true, value_enum, value_name = "P1,P2,…")]
    only: Vec<Figure>,
    /// Measure on one database only
    #[arg(long, value_enum)]
    backend: Option<Backend>,
    /// Program of another build to measure in the same run
    #[arg(long, value_name = "FILE")]
    pub(crate) beside: Option<PathBuf>,
    /// Program to measure
    #[arg(long, value_name = "FILE", default_value = "target/release/ringback")]
    pub(crate) server: PathBuf,
    /// Folder of the built Callback UI, for P11
    #[arg(long, value_name = "DIR", default_value = "target/web/dist")]
    pub(crate) web_dir: PathBuf,
    /// A PostgreSQL server, by the URL of a database on it; `cargo xtask bench` starts one
    #[arg(long, env = "RINGBACK_BENCH_POSTGRES", hide_env_values = true, value_name = "URL")]
    pub(crate) postgres: Option<String>,
    /// Serve the bare endpoints over this database; for the process that this program starts
    #[arg(long, hide = true, value_name = "URL")]
    pub(crate) bare: Option<String>,
}

/// The measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Figure {
    /// Create
    P1,
    /// Reserve, connect and complete
    P2,
    /// Pages of the list
    P3,
    /// Search
    P4,
    /// Counts
    P5,
    /// Many callbacks due at once
    P6,
    /// From due to a waiting router
    P7,
    /// Bulk cancellation
    P8,
    /// Server-sent events
    P9,
    /// Start, memory and size
    P10,
    /// The page in a browser
    P11,
    /// Statements that each command sends to the database
    Statements,
}

impl Options {
    pub(crate) fn wants(&self, figure: Figure) -> bool {
        self.only.is_empty() || self.only.contains(&figure)
    }

    pub(crate) fn backends(&self) -> Vec<Backend> {
        self.backend.map_or_else(|| vec![Backend::Sqlite, Backend::Postgres], |one| vec![one])
    }

    /// The length of a measurement in whole seconds, one at least.
    pub(crate) fn whole_seconds(&self) -> usize {
        usize::try_from(self.seconds.as_secs()).unwrap_or(usize::MAX).max(1)
    }

    /// A tenth of the rows: the size of a burst and of a bulk cancellation.
    pub(crate) const fn tenth(&self) -> usize {
        self.rows / 10
    }
}

fn count(text: &str) -> Result<usize, String> {
    match text.replace('_', "").parse() {
        Ok(count) if count >= 1_000 => Ok(count),
        Ok(_) => Err("give 1000 or more".to_owned()),
        Err(_) => Err("give a whole number, for example 1_000_000".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if seconds >= 1 => Ok(Duration::from_secs(seconds)),
        _ => Err("give a whole number of seconds, 1 or more".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options, clap::Error> {
        Options::try_parse_from(std::iter::once("bench").chain(args.iter().copied()))
    }

    #[test]
    fn by_default_everything_is_measured_on_both_databases() {
        let options = parse(&[]).unwrap();
        assert_eq!(options.rows, 1_000_000);
        assert!(options.wants(Figure::P1) && options.wants(Figure::Statements));
        assert_eq!(options.backends(), [Backend::Sqlite, Backend::Postgres]);
    }

    #[test]
    fn only_names_the_figures_in_either_case() {
        let options = parse(&["--only", "P1,p10", "--backend", "postgres", "--rows", "20_000"]).unwrap();
        assert!(options.wants(Figure::P1) && options.wants(Figure::P10));
        assert!(!options.wants(Figure::P2));
        assert_eq!((options.backends(), options.tenth()), (vec![Backend::Postgres], 2_000));
    }

    #[test]
    fn numbers_that_are_too_small_are_refused() {
        assert!(parse(&["--rows", "999"]).is_err());
        assert!(parse(&["--seconds", "0"]).is_err());
        assert!(parse(&["--only", "P12"]).is_err());
    }
}
