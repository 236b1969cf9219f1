//! The command line: every flag is an environment variable too.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use ringback_domain::Role;
use url::Url;

use crate::limits::Limits;

/// Callback management for contact centres.
#[derive(Debug, Parser)]
#[command(name = "ringback", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and the Callback UI
    Serve(Box<Serve>),
    /// Bring the database up to date
    Migrate(Database),
    /// Manage people's accounts
    #[command(subcommand)]
    User(User),
    /// Manage the keys of the server
    #[command(subcommand)]
    Keys(Keys),
    /// Look at the audit
    #[command(subcommand)]
    Audit(Audit),
    /// Keep services and rules in a file
    #[command(subcommand)]
    Config(Config),
    /// Print the OpenAPI document
    Openapi,
    /// Ask a server whether it can answer; fails if not
    Healthcheck(Healthcheck),
}

/// Which database.
#[derive(Clone, Args)]
pub struct Database {
    /// A `SQLite` file such as `sqlite:ringback.db`, or a `PostgreSQL` server such as
    /// `postgres://user@host/name`; also taken from `DATABASE_URL`
    #[arg(long, env = "RINGBACK_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// The variable that other programs use for the same thing.
    #[arg(long = "database-url-fallback", env = "DATABASE_URL", hide = true, hide_env_values = true)]
    fallback: Option<String>,
}

impl Database {
    /// The URL that was given; a file in the current folder otherwise.
    pub fn url(&self) -> &str {
        self.database_url.as_deref().or(self.fallback.as_deref()).unwrap_or("sqlite:ringback.db")
    }

    /// Whether a database was named.
    pub const fn is_given(&self) -> bool {
        self.database_url.is_some() || self.fallback.is_some()
    }
}

/// A URL may hold a password, and `Debug` output ends up in logs.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.url().split(':').next().unwrap_or_default())
    }
}

/// `ringback serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on
    #[arg(long, env = "RINGBACK_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Where browsers reach this server, such as `https://callbacks.example.com`: decides which
    /// origin may log in, the name of the cookie, and HSTS
    #[arg(long, env = "RINGBACK_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<Url>,
    /// Proxies in front of this server, as addresses or networks such as `10.0.0.0/8`: only they
    /// are believed what they say of clients in X-Forwarded-For or Forwarded
    #[arg(
        long = "trusted-proxy",
        env = "RINGBACK_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ',',
        num_args = 1..,
        value_parser = network
    )]
    pub trusted_proxies: Vec<IpNet>,
    /// Answer /metrics on this address instead, such as `127.0.0.1:9090`, and not to the public
    #[arg(long, env = "RINGBACK_METRICS_LISTEN", value_name = "ADDR")]
    pub metrics_listen: Option<SocketAddr>,
    /// Minutes after which a session that nobody uses ends; an open page uses it
    #[arg(
        long,
        env = "RINGBACK_SESSION_IDLE",
        default_value_t = 720,
        value_name = "MINUTES",
        value_parser = clap::value_parser!(u32).range(15..)
    )]
    pub session_idle: u32,
    /// Days that entries of the audit are kept
    #[arg(
        long,
        env = "RINGBACK_AUDIT_DAYS",
        default_value_t = 400,
        value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(30..=3_660)
    )]
    pub audit_days: u32,
    /// Which database
    #[command(flatten)]
    pub database: Database,
    /// Serve the Callback UI from this folder instead of the one inside this program
    #[arg(long, env = "RINGBACK_WEB_DIR", value_name = "DIR")]
    pub web_dir: Option<PathBuf>,
    /// Fill an empty database with made-up callbacks and play agents and customers; loopback only
    #[arg(long, env = "RINGBACK_DEMO")]
    pub demo: bool,
    /// Play agents and customers: nobody is really called
    #[arg(long, env = "RINGBACK_SIMULATOR")]
    pub simulator: bool,
    /// Bring a PostgreSQL database up to date first; a SQLite file always is
    #[arg(long, env = "RINGBACK_MIGRATE")]
    pub migrate: bool,
    /// Threads that answer requests; one for each core unless told
    #[arg(long, env = "RINGBACK_THREADS", value_name = "N")]
    pub threads: Option<usize>,
    /// What one caller may use
    #[command(flatten)]
    pub limits: Limits,
    /// Form of the log
    #[arg(long, env = "RINGBACK_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What is logged: error, warn, info, debug, or a filter such as `ringback_api=debug`
    #[arg(long, env = "RINGBACK_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
}

fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| {
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare && is_anonymous
    });
    url.ok_or_else(|| "use an address without a path, such as https://callbacks.example.com".to_owned())
}

fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse().or_else(|_| text.parse().map(|address: IpAddr| address.into()));
    network.map_err(|_| "use an address or a network, such as 192.0.2.7 or 10.0.0.0/8".to_owned())
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object on each line.
    Json,
}

/// `ringback user`
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a person who may log in
    Add(AddUser),
}

/// `ringback user add`
#[derive(Debug, Args)]
pub struct AddUser {
    /// User name
    pub name: String,
    /// What the person is here for: monitor, supervisor, administrator or developer
    #[arg(long, env = "RINGBACK_ROLE")]
    pub role: Role,
    /// A service that the person may see, by name; all services if none is given
    #[arg(long = "service", env = "RINGBACK_SERVICE", value_name = "NAME", value_delimiter = ',')]
    pub services: Vec<String>,
    /// Name shown to people; the user name if not given
    #[arg(long, env = "RINGBACK_DISPLAY_NAME", value_name = "TEXT")]
    pub display_name: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long, env = "RINGBACK_PASSWORD_STDIN", required = true)]
    pub password_stdin: bool,
    /// Bring a PostgreSQL database up to date first; a SQLite file always is
    #[arg(long, env = "RINGBACK_MIGRATE")]
    pub migrate: bool,
    /// Which database
    #[command(flatten)]
    pub database: Database,
}

/// `ringback keys`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Sign access tokens with a new key; people stay logged in
    Rotate(Database),
}

/// `ringback audit`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check that no entry was changed, removed or inserted; fails and names the first one if so
    Verify(Database),
}

/// `ringback config`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print services, office hours, capacity and number rules as TOML; people, keys and the
    /// do-not-call list are not in it
    Export(Database),
    /// Print what applying a file would change, and change nothing; ends with 2 if that is anything
    Diff(ConfigFile),
    /// Make everything as a file says, or change nothing where any of it is wrong; services that it
    /// lacks stay as they are
    Apply(ApplyConfig),
}

/// A configuration, and where it is meant for.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// The file; - for standard input
    pub file: PathBuf,
    /// Which database
    #[command(flatten)]
    pub database: Database,
}

/// `ringback config apply`
#[derive(Debug, Args)]
pub struct ApplyConfig {
    /// What to apply, and where
    #[command(flatten)]
    pub file: ConfigFile,
    /// Delete the office hours, capacity and number rules that the file lacks
    #[arg(long, env = "RINGBACK_CONFIG_DELETE")]
    pub delete: bool,
}

/// `ringback healthcheck`
#[derive(Debug, Args)]
pub struct Healthcheck {
    /// Address that the server listens on
    #[arg(long, env = "RINGBACK_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub listen: SocketAddr,
}
