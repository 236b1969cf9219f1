//! A build under measurement: its program, its database and its process.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use ringback_domain::Timestamp;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use uuid::Uuid;

use crate::client::{Client, Login, Result};
use crate::data::{self, Batch, Kind};
use crate::database::Database;
use crate::now;
use crate::process::Process;

/// The user who sets up the server, and logs in to measure memory.
const USER: &str = "bench";

/// Number of services that the initial rows are spread over.
const SERVICES: usize = 10;

/// A build of the server with its own database.
#[derive(Debug)]
pub(crate) struct Subject {
    program: PathBuf,
    pub(crate) database: Database,
    process: Option<Process>,
    key: String,
    password: String,
    /// The services of the initial rows.
    pub(crate) services: Vec<Uuid>,
    /// Number of the next row to insert.
    next_row: usize,
    /// Peak resident memory of the processes that have ended, in KiB.
    peak: u64,
    /// Environment variables of the server.
    settings: Vec<(&'static str, String)>,
}

impl Subject {
    /// Sets up the schema, a user, services and an API key with the program, and
    /// fills the table of callbacks by SQL. The server is not started.
    pub(crate) async fn prepare(program: &Path, database: Database, rows: usize) -> Result<Self> {
        let mut subject = Self {
            program: program.to_owned(),
            database,
            process: None,
            key: String::new(),
            password: Uuid::new_v4().simple().to_string(),
            services: Vec::new(),
            next_row: 1,
            peak: 0,
            settings: Vec::new(),
        };
        subject.migrate().await?;
        subject.start().await?;
        let token = subject.log_in().await?;
        let address = subject.process()?.address.clone();
        let mut client = Client::connect(&Login::session(&address, &token)).await?;
        for number in 0..SERVICES {
            let id = create_service(&mut client, &format!("Service {number}")).await?;
            subject.services.push(id);
        }
        let scopes = ["callbacks:read", "callbacks:write", "router", "admin"];
        let key = client.post_json("/api/v1/api-keys", &json!({"name": "bench", "scopes": scopes})).await?;
        key["key"].as_str().ok_or("a new API key has no key")?.clone_into(&mut subject.key);
        subject.stop().await?;
        let batch = Batch { first: 1, rows, now: now(), services: &subject.services, kind: Kind::Mixed };
        data::fill(&subject.database, &batch).await?;
        subject.next_row += rows;
        Ok(subject)
    }

    /// Creates the schema and the user.
    async fn migrate(&self) -> Result<()> {
        let program = self.program.display();
        let migrated = self.command("migrate").stdout(Stdio::null()).status().await;
        if !migrated.map_err(|error| format!("cannot run {program}: {error}"))?.success() {
            return Err(format!("`{program} migrate` failed").into());
        }
        let mut command = self.command("user");
        command.args(["add", USER, "--role", "administrator", "--password-stdin"]);
        let mut adding = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut input = adding.stdin.take().ok_or("the program takes no input")?;
        input.write_all(format!("{}\n", self.password).as_bytes()).await?;
        drop(input);
        if adding.wait().await?.success() {
            Ok(())
        } else {
            Err(format!("`{program} user add` failed").into())
        }
    }

    fn command(&self, word: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(word)
            .env("RINGBACK_DATABASE_URL", &self.database.url)
            .env("RINGBACK_LISTEN", "127.0.0.1:0")
            .env("RINGBACK_LOG", "warn")
            // All listeners and routers are one caller here.
            .env("RINGBACK_MAX_STREAMS", "10000")
            .env("RINGBACK_MAX_WAITING_ROUTERS", "10000")
            .envs(self.settings.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// Sets an environment variable for the next start of the server.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.settings.push((name, value.to_owned()));
    }

    /// Starts the server unless it is running.
    pub(crate) async fn start(&mut self) -> Result<()> {
        if self.process.is_none() {
            let keep_log = self.settings.iter().any(|(name, _)| *name == "RINGBACK_LOG");
            self.process = Some(Process::start(self.command("serve"), keep_log).await?);
        }
        Ok(())
    }

    /// Stops the server if it is running.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        if let Some(process) = self.process.take() {
            self.peak = self.peak.max(process.memory("VmHWM")?);
            process.stop().await?;
        }
        Ok(())
    }

    pub(crate) fn process(&self) -> Result<&Process> {
        self.process.as_ref().ok_or_else(|| "the server does not run".into())
    }

    /// Peak resident memory so far, in KiB.
    pub(crate) fn peak(&self) -> Result<u64> {
        Ok(self.peak.max(self.process()?.memory("VmHWM")?))
    }

    /// The size of the program in bytes.
    pub(crate) fn size(&self) -> Result<u64> {
        Ok(std::fs::metadata(&self.program)?.len())
    }

    /// Credentials with an API key of every scope.
    pub(crate) fn login(&self) -> Result<Login> {
        Ok(Login::api_key(&self.process()?.address, &self.key))
    }

    pub(crate) async fn client(&self) -> Result<Client> {
        Client::connect(&self.login()?).await
    }

    /// Opens a session and returns its access token.
    pub(crate) async fn log_in(&self) -> Result<String> {
        let login = Login::anonymous(&self.process()?.address);
        let body = json!({"username": USER, "password": self.password});
        let session = Client::connect(&login).await?.post_json("/api/v1/session", &body).await?;
        Ok(session["access_token"].as_str().ok_or("a session has no access token")?.to_owned())
    }

    /// Creates a service.
    pub(crate) async fn new_service(&self, name: &str) -> Result<Uuid> {
        create_service(&mut self.client().await?, name).await
    }

    /// Adds callbacks by SQL while the server is stopped, as it would not notice
    /// them while it is running.
    pub(crate) async fn add(&mut self, rows: usize, services: &[Uuid], kind: Kind) -> Result<()> {
        self.stop().await?;
        self.insert(rows, services, kind).await?;
        self.start().await
    }

    /// Adds callbacks to the database of a server that is stopped.
    pub(crate) async fn insert(&mut self, rows: usize, services: &[Uuid], kind: Kind) -> Result<()> {
        let batch = Batch { first: self.next_row, rows, now: now(), services, kind };
        data::add(&self.database, &batch).await?;
        self.next_row += rows;
        Ok(())
    }

    /// The same build with a copy of the database, for measurements whose rows
    /// would disturb later ones. Its server is not started.
    pub(crate) async fn fork(&mut self) -> Result<Self> {
        self.stop().await?;
        let database = self.database.copy().await?;
        self.start().await?;
        Ok(self.with_database(database))
    }

    /// Stops a fork and removes its database.
    pub(crate) async fn join(&mut self, mut fork: Self) -> Result<()> {
        fork.stop().await?;
        self.peak = self.peak.max(fork.peak);
        fork.database.remove().await
    }

    /// A second node with the same database. Its server is not started.
    pub(crate) fn node(&self) -> Self {
        self.with_database(self.database.clone())
    }

    fn with_database(&self, database: Database) -> Self {
        Self {
            program: self.program.clone(),
            database,
            process: None,
            key: self.key.clone(),
            password: self.password.clone(),
            services: self.services.clone(),
            next_row: self.next_row,
            peak: 0,
            settings: Vec::new(),
        }
    }
}

async fn create_service(client: &mut Client, name: &str) -> Result<Uuid> {
    let body = json!({"name": name, "time_zone": "Europe/London", "default_country": "GB"});
    let service = client.post_json("/api/v1/services", &body).await?;
    let id = service["id"].as_str().ok_or("a new service has no id")?;
    // Its customers are called at the hour at which the bench runs.
    client.patch(&format!("/api/v1/services/{id}"), r#"{"called_party_hours": []}"#).await?;
    Ok(id.parse()?)
}

/// The time between two moments; zero if the second is earlier.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> std::time::Duration {
    std::time::Duration::from_micros(u64::try_from(to.micros() - from.micros()).unwrap_or_default())
}
