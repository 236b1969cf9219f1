//! The `ringback` command.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on its streams")]

use std::io::{BufRead, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::Parser;
use ringback_api::app::App;
use ringback_api::auth::{Grant, password};
use ringback_api::clock::Clock;
use ringback_api::command::{Audit, Commands, Tx, configuration, sessions, users as commands};
use ringback_api::config::{
    AddUser, ApplyConfig, Audit as AuditCommand, Cli, Command, Config, ConfigFile, Database, Healthcheck,
    Keys, LogFormat, Serve, User,
};
use ringback_api::configuration::{Change, Configuration, changes};
use ringback_api::demo;
use ringback_api::error::Error;
use ringback_api::http::openapi;
use ringback_api::query::audit;
use ringback_api::server;
use ringback_api::store::audit::hex;
use ringback_api::store::{Backend, STATEMENT_TIMEOUT, Store, users};
use ringback_api::telephony::simulator::Behaviour;
use ringback_domain::retention::AUDIT_DAYS;
use ringback_domain::wire::admin::CreateUser;
use ringback_domain::wire::audit::AuditAction;

#[actix_web::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Config(Config::Diff(file)) => match diff_config(&file).await {
            Ok(true) => return ExitCode::from(2),
            same => same.map(|_| ()),
        },
        Command::Config(Config::Export(database)) => export_config(&database).await,
        Command::Config(Config::Apply(options)) => apply_config(options).await,
        Command::Serve(options) => serve(*options).await,
        Command::Migrate(database) => migrate(&database).await,
        Command::User(User::Add(options)) => add_user(options).await,
        Command::Keys(Keys::Rotate(database)) => rotate_key(&database).await,
        Command::Audit(AuditCommand::Verify(database)) => verify_audit(&database).await,
        Command::Openapi => {
            print!("{}", openapi::json());
            Ok(())
        }
        Command::Healthcheck(options) => healthcheck(&options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let told = error.downcast_ref().map_or_else(|| format!("{error:#}"), Error::cause);
            eprintln!("ringback: {told}");
            ExitCode::FAILURE
        }
    }
}

/// Opens the database and sees to its schema. An embedded one is brought up to
/// date by itself; a server only where that was asked for.
async fn open(database: &Database, migrate: bool) -> anyhow::Result<Store> {
    open_with(database, migrate, STATEMENT_TIMEOUT).await
}

async fn open_with(database: &Database, migrate: bool, statement_timeout: Duration) -> anyhow::Result<Store> {
    let store = Store::connect_with(database.url(), statement_timeout).await;
    let store = store.context(if database.url().starts_with("sqlite:") {
        "the database cannot be opened: let Ringback read and write the file and its folder"
    } else {
        "the database cannot be opened"
    })?;
    if migrate || store.backend() == Backend::Sqlite {
        store.migrate().await.context("the database cannot be brought up to date")?;
    } else if !store.is_migrated().await.context("the database cannot be used")? {
        bail!("the database is not up to date: run `ringback migrate`, or set RINGBACK_MIGRATE=true");
    }
    Ok(store)
}

async fn migrate(database: &Database) -> anyhow::Result<()> {
    let store = open(database, true).await?;
    store.close().await;
    println!("The database is up to date.");
    Ok(())
}

async fn rotate_key(database: &Database) -> anyhow::Result<()> {
    let store = open(database, false).await?;
    let commands = Commands::for_set_up(store.clone(), Clock::system())?;
    // A database that no server has used yet gets its first key.
    let rotate = async |tx: &mut Tx<'_>| {
        sessions::server_keys(tx).await?;
        sessions::rotate_key(tx).await
    };
    let audit = Audit::of(AuditAction::SigningKeyRotate);
    commands.change(audit, &Grant::operator(), rotate).await?;
    store.close().await;
    println!("Access tokens are signed with a new key. Those of the old one stay valid until they expire.");
    Ok(())
}

async fn verify_audit(database: &Database) -> anyhow::Result<()> {
    let store = open(database, false).await?;
    let verdict = audit::verify(&store).await?;
    store.close().await;
    println!("{} entries of the audit are sound.", verdict.sound);
    if verdict.anchor > 0 {
        println!("Entries up to {} were removed since they are old.", verdict.anchor);
    }
    println!("{} wait to be sealed.", verdict.waiting);
    if let Some(fault) = verdict.fault {
        bail!("{fault}");
    }
    println!("Last entry: {} {}", verdict.last.number, hex(&verdict.last.hash));
    Ok(())
}

async fn export_config(database: &Database) -> anyhow::Result<()> {
    let store = open(database, false).await?;
    let configuration = configuration::current(&mut store.read().await?).await?;
    store.close().await;
    print!("{}", configuration.to_toml()?);
    Ok(())
}

/// Reads a configuration and checks all of it.
fn read_config(file: &Path) -> anyhow::Result<Configuration> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin()).context("standard input cannot be read")?
    } else {
        std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
    };
    let read = Configuration::from_toml(&text);
    let read = read.map_err(|error| anyhow!("{}: {}", file.display(), error.to_string().trim_end()))?;
    configuration::check(read, Clock::system().now())
        .map_err(|problems| anyhow!("nothing was changed:\n{}", problems.join("\n")))
}

/// Prints what a configuration would change. Gives whether that is anything.
async fn diff_config(options: &ConfigFile) -> anyhow::Result<bool> {
    let wanted = read_config(&options.file)?;
    let store = open(&options.database, false).await?;
    let current = configuration::current(&mut store.read().await?).await?;
    store.close().await;
    let changes = changes(&current, &wanted);
    print_changes(&changes);
    Ok(!changes.is_empty())
}

async fn apply_config(options: ApplyConfig) -> anyhow::Result<()> {
    let wanted = read_config(&options.file.file)?;
    let store = open(&options.file.database, false).await?;
    let commands = Commands::for_set_up(store.clone(), Clock::system())?;
    let apply = async move |tx: &mut Tx<'_>| configuration::apply(tx, &wanted, options.delete).await;
    let audit = Audit::of(AuditAction::ConfigurationApply);
    let changes = commands.change(audit, &Grant::operator(), apply).await?;
    store.close().await;
    print_changes(&changes);
    Ok(())
}

fn print_changes(changes: &[Change]) {
    if changes.is_empty() {
        println!("Everything is as the file says.");
    }
    for change in changes {
        println!("{change}");
    }
}

async fn serve(options: Serve) -> anyhow::Result<()> {
    start_log(&options)?;
    raise_open_files();
    if options.demo && !options.listen.ip().is_loopback() {
        bail!("the demo has known users: it only listens on loopback, such as 127.0.0.1:8080");
    }
    if options.web_dir.as_ref().is_some_and(|folder| !folder.join("index.html").is_file()) {
        bail!("there is no built Callback UI in the folder given by --web-dir: `cargo xtask web` builds it");
    }
    let statement_timeout = options.limits.statement_timeout();
    let store = open_with(&options.database, options.migrate, statement_timeout).await?;
    let clock = Clock::system();
    let credentials = if options.demo { demo::fill(&store, &clock).await? } else { None };
    let nobody = users::is_empty(&mut store.read().await?).await?;
    let threads = options.threads.filter(|threads| *threads > 0);
    let config = server::Config {
        listen: options.listen,
        public_url: options.public_url,
        trusted_proxies: options.trusted_proxies,
        session_idle_seconds: i64::from(options.session_idle) * 60,
        audit_days: i64::from(options.audit_days),
        metrics_listen: options.metrics_listen,
        web_dir: options.web_dir,
        simulator: match credentials {
            Some(_) => Some(demo::BEHAVIOUR),
            None => (options.demo || options.simulator).then(Behaviour::default),
        },
        workers: true,
        limits: options.limits,
        threads: threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from)),
    };
    let running = server::start(store, clock, config).await?;

    println!("Ringback listens on http://{}", running.address);
    println!("The API is described at http://{}/swagger-ui/", running.address);
    let mut day = None;
    if let Some(credentials) = credentials {
        let commands = std::sync::Arc::clone(&running.app.commands);
        day = Some(actix_web::rt::spawn(demo::go_on(commands)));
        println!();
        println!("Demo: agents and customers are simulated, nobody is called.");
        println!("Log in as {} with the password {}", credentials.usernames.join(", "), credentials.password);
    } else if nobody {
        println!();
        println!("There is nobody who could log in yet. Make the first administrator with");
        println!("  ringback user add NAME --role administrator --password-stdin");
        println!("against the same database, and type the password.");
    }
    stop_signal().await?;
    tracing::info!("stopping");
    if let Some(day) = day {
        day.abort();
    }
    running.stop().await;
    Ok(())
}

/// Lets the process open as many files as its administrator allows: each connection takes two.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// Waits for Ctrl-C or the signal of a service manager.
async fn stop_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        done = tokio::signal::ctrl_c() => done?,
    }
    Ok(())
}

fn start_log(options: &Serve) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&options.log).context("--log cannot be read")?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match options.log_format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

async fn add_user(options: AddUser) -> anyhow::Result<()> {
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password).context("the password cannot be read")?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let store = open(&options.database, options.migrate).await?;
    let app = App::new(store, Clock::system(), AUDIT_DAYS).await?;
    let known = app.queries.directory.services().await?;
    let mut services = Vec::new();
    for name in &options.services {
        let service = known.all().iter().find(|service| &service.name == name);
        services.push(service.with_context(|| format!("there is no service {name:?}"))?.id);
    }
    let body = CreateUser {
        username: options.name,
        display_name: options.display_name,
        password,
        role: options.role,
        services: (!services.is_empty()).then_some(services),
    };
    let operator = Grant::operator();
    if let Err(Error::Invalid(faults)) = commands::check_new(&operator, &known, &body) {
        bail!("{}", faults.into_iter().map(|fault| fault.detail).collect::<Vec<_>>().join(" "));
    }
    let hash = password::hash(body.password.clone()).await?;
    let add = async move |tx: &mut Tx<'_>| Ok(commands::create(tx, &body, &hash).await?.username);
    let audit = Audit::of(AuditAction::UserCreate);
    let username = app.commands.change(audit, &operator, add).await?;
    app.store.close().await;
    println!("{username} may log in now.");
    Ok(())
}

async fn healthcheck(options: &Healthcheck) -> anyhow::Result<()> {
    let mut address = options.listen;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(3))
        .no_proxy()
        .build()
        .context("the health check cannot be made")?;
    let answer = client.get(format!("http://{address}/health/ready")).send().await?;
    if !answer.status().is_success() {
        bail!("the server answers {}", answer.status());
    }
    println!("ready");
    Ok(())
}
