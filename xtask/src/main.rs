//! Builds, checks and runs the project: `cargo xtask --help`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for the terminal")]

mod behaviours;
mod bench;
mod codegen;
mod install;
mod lint;
mod openapi;
mod postgres;
mod process;
mod run;
mod soak;
mod steps;
mod test;
mod tidy;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, checks and runs Ringback.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything and start the server with demonstration data
    Run {
        /// Build quickly, watch the page's sources, and let the browser reload the page after a change
        #[arg(long)]
        dev: bool,
        /// Further arguments for `ringback serve`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build the page into target/web/dist
    Web {
        /// Build quickly and keep the debugging aids
        #[arg(long)]
        dev: bool,
    },
    /// Run all tests, on both databases and in the browser
    Test {
        /// Use the page as it was last built
        #[arg(long)]
        no_web: bool,
        /// Filters and options for `cargo nextest run`; with none, doc tests and generated files follow
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Check format, lints, documentation, project rules, licences and unused dependencies
    Lint,
    /// Check the project's own rules
    Tidy {
        /// Print the imports between rooms as they are, in the form of xtask/rooms.toml
        #[arg(long)]
        rooms: bool,
    },
    /// Write the generated files
    Codegen {
        /// Only check whether they are up to date
        #[arg(long)]
        check: bool,
    },
    /// Measure, with `PostgreSQL` writing to disk as in production
    Bench {
        /// Arguments for the bench program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run a proof at its full size, which takes longer than a test run may
    Soak {
        /// Which proof
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(soak::names()))]
        name: String,
    },
    /// Start a throwaway `PostgreSQL`, print its URL and stop it on Ctrl-C
    Postgres {
        /// Write to disk as in production
        #[arg(long)]
        durable: bool,
    },
    /// Run lint and test, as the continuous integration does
    Ci,
}

fn main() -> ExitCode {
    let task = Cli::parse().task;
    match process::watch_signals().and_then(|()| perform(task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if process::interrupted() => {
            eprintln!("interrupted");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Run { dev: false, args } => run::run(&args),
        Task::Run { dev: true, args } => run::run_dev(&args),
        Task::Web { dev } => {
            let profile = if dev { web::Profile::Dev } else { web::Profile::Release };
            web::build(profile).map(drop)
        }
        Task::Test { no_web, args } => test::test(&args, no_web),
        Task::Lint => lint::lint(),
        Task::Tidy { rooms: true } => tidy::print_rooms(),
        Task::Tidy { rooms: false } => tidy::tidy(),
        Task::Codegen { check } => codegen::codegen(check),
        Task::Bench { args } => bench::bench(&args),
        Task::Soak { name } => soak::soak(&name),
        Task::Postgres { durable } => postgres::serve(durable),
        Task::Ci => {
            lint::lint()?;
            test::test(&[], false)
        }
    }
}
