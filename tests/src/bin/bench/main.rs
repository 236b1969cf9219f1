//! `cargo xtask bench`: compares the server with bare endpoints that do the same
//! work, and with another build, in the same run. The ratios matter, not the
//! absolute numbers of one machine.

#![expect(clippy::print_stdout, reason = "the program prints a table")]

mod bare;
mod cancel;
mod client;
mod create;
mod data;
mod database;
mod due;
mod events;
mod lists;
mod memory;
mod options;
mod page;
mod process;
mod report;
mod route;
mod statements;
mod subject;

use std::time::Instant;

use bare::Bare;
use clap::Parser;
use client::Result;
use database::{Backend, Database};
use options::{Figure, Options};
use report::Report;
use ringback_domain::Timestamp;
use rustix::process::{Resource, getrlimit, setrlimit};
use subject::Subject;

/// The order of the measurements: those that only read come first, as the others
/// add rows.
const ORDER: [Figure; 12] = [
    Figure::P3,
    Figure::P4,
    Figure::P5,
    Figure::P1,
    Figure::P2,
    Figure::P6,
    Figure::P7,
    Figure::P8,
    Figure::P9,
    Figure::P10,
    Figure::P11,
    Figure::Statements,
];

/// The servers and options of the measurements on one database.
struct Bench {
    options: Options,
    report: Report,
    ours: Subject,
    bare: Bare,
    /// Another build to compare with.
    beside: Option<Subject>,
}

#[actix_web::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(url) = &options.bare {
        return bare::serve(url).await;
    }
    if options.wants(Figure::P11) && !options.web_dir.join("index.html").is_file() {
        return Err("the page is not built: run `cargo xtask web`, or leave P11 out with --only".into());
    }
    open_files()?;
    for backend in options.backends() {
        // SQLite's files are removed with their folder.
        let folder = tempfile::tempdir()?;
        let bench = Bench::prepare(Options::parse(), backend, folder.path()).await?;
        bench.run().await?;
    }
    Ok(())
}

/// Raises the limit of open files for this program and the servers that it
/// starts: P9 opens a thousand connections.
fn open_files() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}

/// The current time.
fn now() -> Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

impl Bench {
    async fn prepare(options: Options, backend: Backend, folder: &std::path::Path) -> Result<Self> {
        println!("\n# {backend:?}, {} callbacks, {} s each", options.rows, options.seconds.as_secs());
        let started = Instant::now();
        let database = Database::create(backend, folder, options.postgres.as_deref()).await?;
        let mut ours = Subject::prepare(&options.server, database, options.rows).await?;
        let bare = Bare::start(ours.database.copy().await?).await?;
        if options.wants(Figure::P11) {
            ours.set("RINGBACK_WEB_DIR", &options.web_dir.display().to_string());
        }
        ours.start().await?;
        let mut beside = None;
        if let Some(program) = &options.beside {
            let database = Database::create(backend, folder, options.postgres.as_deref()).await?;
            let other = beside.insert(Subject::prepare(program, database, options.rows).await?);
            other.start().await?;
        }
        println!("The databases are filled, in {:.0} s.", started.elapsed().as_secs_f64());
        println!("load and cores are the processors that the bench and the server keep busy.");
        Ok(Self { options, report: Report::default(), ours, bare, beside })
    }

    /// Measures the selected figures. A failed measurement is reported and does
    /// not end the run.
    async fn run(mut self) -> Result<()> {
        for figure in ORDER {
            if !self.options.wants(figure) {
                continue;
            }
            self.start().await?;
            let measured = match figure {
                Figure::P1 => create::measure(&mut self).await,
                Figure::P2 => route::measure(&mut self).await,
                Figure::P3 => lists::pages(&mut self).await,
                Figure::P4 => lists::search(&mut self).await,
                Figure::P5 => lists::count(&mut self).await,
                Figure::P6 => due::burst(&mut self).await,
                Figure::P7 => due::pick_up(&mut self).await,
                Figure::P8 => cancel::measure(&mut self).await,
                Figure::P9 => events::measure(&mut self).await,
                Figure::P10 => memory::measure(&mut self).await,
                Figure::P11 => page::measure(&mut self).await,
                Figure::Statements => statements::measure(&mut self).await,
            };
            if let Err(error) = measured {
                self.report.failed(&error.to_string());
            }
        }
        self.report.summary();
        self.ours.stop().await?;
        self.bare.process.stop().await?;
        if let Some(mut other) = self.beside {
            other.stop().await?;
        }
        Ok(())
    }

    /// Starts the servers that a failed measurement left stopped.
    async fn start(&mut self) -> Result<()> {
        self.ours.start().await?;
        if let Some(other) = &mut self.beside {
            other.start().await?;
        }
        Ok(())
    }
}
