//! The disk below SQLite fails: nothing that was acknowledged is lost, and nothing is damaged.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use ringback_api::store::Store;
use ringback_domain::{ServiceId, StateName};
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, figure, seed, size, wait_for};
use rstest::rstest;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::exhaustion::add_rows;
use crate::ledger::{Server, set_up};
use crate::program::program;
use crate::store_setup::{Cluster, migrate};

const CALLBACKS: &str = "/api/v1/callbacks";

/// A file system of its own in memory, for which one has to be root. Dropping it takes it away.
struct Disk {
    folder: TempDir,
}

impl Disk {
    /// `None`, and a line that says so, where it cannot be mounted.
    fn mount(size: &str) -> Option<Self> {
        let disk = Self { folder: TempDir::new().unwrap() };
        let mounted = disk.run("mount", &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]);
        if !mounted {
            figure("skipped: a small disk can be mounted by root only");
        }
        mounted.then_some(disk)
    }

    fn remount(&self, option: &str) {
        assert!(self.run("mount", &["-o", &format!("remount,{option}")]), "{option}");
    }

    /// Makes room for what is in the log to be copied into the file, and for some more.
    fn grow(&self) {
        let length = |file: &str| fs::metadata(self.folder.path().join(file)).unwrap().len();
        let bytes = length("ringback.db") + 2 * length("ringback.db-wal");
        self.remount(&format!("size={}m", bytes / 1_048_576 + 4));
    }

    fn run(&self, program: &str, args: &[&str]) -> bool {
        let mut command = Command::new(program);
        command.args(args).arg(self.folder.path()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("ringback.db").display())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.run("umount", &["-l"]);
    }
}

async fn integrity(path: &Path) -> String {
    let mut conn = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let found = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    found
}

#[tokio::test]
async fn a_server_on_a_full_disk_resumes_once_there_is_room() {
    let Some(disk) = Disk::mount("3m") else { return };
    let service = ServiceId(Uuid::new_v4());
    migrate(&disk.url()).await;
    let key = set_up(&disk.url(), service).await;
    let server = Server::start(&disk.url());
    let client = Client::new(&server.address).with_key(&key);
    let body = json!({
        "callback_type": "immediate", "service_id": service, "customer_number": "+442079460318",
        "user_data": {"note": "x".repeat(10_000)},
    });
    let mut kept = Vec::new();
    for _ in 0..size(2, 5) {
        let mut unready = None;
        for _ in 0..10 {
            let refused: Answer = loop {
                let answer = client.post(CALLBACKS, &body).await;
                if answer.status != 201 {
                    break answer;
                }
                kept.push(text(&answer.read::<Value>()["id"]));
            };
            assert_eq!(refused.status, 507, "{refused}");
            assert_eq!(refused.header("retry-after"), Some("30"));
            // Also where some bytes that are left would take a smaller write. What is copied into the
            // file meanwhile may make room in the log.
            let ready = client.get("/health/ready").await;
            if ready.status == 503 {
                unready = Some(ready);
                break;
            }
        }
        let ready = unready.expect("the server is unready");
        assert_eq!(ready.read::<Value>()["problems"][0]["part"], "database", "{ready}");
        assert_eq!(client.get(CALLBACKS).await.status, 200, "what is there can be read");
        for _ in 0..20 {
            let again = client.post(CALLBACKS, &body).await;
            match again.status {
                201 => kept.push(text(&again.read::<Value>()["id"])),
                status => assert!(matches!(status, 503 | 507), "{again}"),
            }
        }

        disk.grow();
        wait_for("the server to be ready", async || {
            (client.get("/health/ready").await.status == 200).then_some(())
        })
        .await;
        let answer = client.post(CALLBACKS, &body).await;
        assert_eq!(answer.status, 201, "{answer}");
        kept.push(text(&answer.read::<Value>()["id"]));
    }
    for id in &kept {
        assert_eq!(client.get(&format!("{CALLBACKS}/{id}")).await.status, 200, "{id} was acknowledged");
    }
    let counted = client.json(&format!("{CALLBACKS}/count")).await;
    assert_eq!(counted["total"], kept.len(), "nothing was written that was refused");
    drop(server);
    figure(format_args!("full disk: {} callbacks kept", kept.len()));
    assert_eq!(integrity(&disk.folder.path().join("ringback.db")).await, "ok");
}

#[tokio::test]
async fn a_server_on_a_read_only_disk_says_what_is_wrong() {
    let Some(disk) = Disk::mount("8m") else { return };
    migrate(&disk.url()).await;
    disk.remount("ro");
    let server = Command::new(program())
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--database-url", &disk.url()])
        .output()
        .unwrap();
    assert!(!server.status.success());
    let message = String::from_utf8(server.stderr).unwrap();
    assert!(message.contains("let Ringback read and write the file and its folder"), "{message}");
}

#[rstest]
#[case::ids("csv", "16k", 10_000)]
#[case::rows("xlsx", "64k", 1_000)]
// What was buffered is written once the sheet is saved.
#[case::last_rows("xlsx", "4k", 5)]
#[tokio::test]
async fn an_export_without_room_for_its_files_is_refused(
    #[case] format: &str,
    #[case] room: &str,
    #[case] rows: usize,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let Some(disk) = Disk::mount(room) else { return };
    let database = backend.database(migrate).await;
    let service = Uuid::new_v4();
    let key = set_up(database.url(), ServiceId(service)).await;
    add_rows(&database, service, rows).await;
    let server = Server::spawn(Server::command(database.url()).env("TMPDIR", disk.folder.path()));
    let client = Client::new(&server.address).with_key(&key);
    let path = format!("{CALLBACKS}/export?format={format}");
    let refused = client.get(&path).await;
    assert_eq!(refused.status, 507, "{refused}");
    assert_eq!(refused.read::<Value>()["type"], "urn:ringback:problem:storage-full");
    assert_eq!(refused.header("retry-after"), Some("30"));
    disk.remount("size=64m");
    assert_eq!(client.get(&path).await.status, 200);
}

/// A database and its write-ahead log as they were, and what was acknowledged when the log was how
/// long.
struct Copy {
    folder: TempDir,
    acknowledged: Vec<(usize, Uuid)>,
}

impl Copy {
    fn log(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("ringback.db-wal")).unwrap()
    }
}

/// The bytes of a write-ahead log that belong to its last beginning.
fn log_length(log: &[u8]) -> usize {
    let number = |range: Range<usize>| log[range].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let page = number(8..12);
    let frames = log[32..].chunks_exact(24 + page).take_while(|frame| frame[8..16] == log[16..24]).count();
    32 + frames * (24 + page)
}

/// Makes callbacks one by one, and copies the files. A reader that does not go on keeps the log from
/// being copied into the file meanwhile, so that the two belong together.
async fn copy_while_writing(cluster: &Cluster, path: &Path, callbacks: usize) -> Copy {
    let mut reader = SqliteConnection::connect(cluster.database.url()).await.unwrap();
    reader.execute("BEGIN; SELECT COUNT(*) FROM callbacks").await.unwrap();
    let log: PathBuf = format!("{}-wal", path.display()).into();
    let mut acknowledged = Vec::new();
    for _ in 0..callbacks {
        let made = cluster.create_in_state(1, StateName::Queued).await.remove(0);
        acknowledged.push((log_length(&fs::read(&log).unwrap()), made.id.0));
    }
    let folder = TempDir::new().unwrap();
    for file in ["ringback.db", "ringback.db-wal"] {
        fs::copy(path.with_file_name(file), folder.path().join(file)).unwrap();
    }
    reader.execute("ROLLBACK").await.unwrap();
    reader.close().await.unwrap();
    Copy { folder, acknowledged }
}

#[actix_web::test]
async fn a_power_cut_loses_nothing_acknowledged_and_damages_nothing() {
    let mut rng = StdRng::seed_from_u64(seed());
    let cluster = Cluster::new(Backend::Sqlite).await;
    let path = PathBuf::from(cluster.database.url().trim_start_matches("sqlite:"));
    let mut copies = Vec::new();
    for _ in 0..size(3, 10) {
        copies.push(copy_while_writing(&cluster, &path, 25).await);
        // Now the log is copied into the file, and the next callback begins it anew.
        let checkpointed = cluster.create_in_state(1, StateName::Queued).await;
        assert_eq!(checkpointed.len(), 1);
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    let cuts = size(21, 500);
    for cut in 0..cuts {
        let copy = copies.choose(&mut rng).unwrap();
        let mut log = copy.log();
        let at = rng.random_range(0..=log_length(&log));
        // What was not on the disk yet is missing, empty, or anything.
        match cut % 3 {
            0 => log.truncate(at),
            1 => log[at..].fill(0),
            _ => rng.fill(&mut log[at..]),
        }
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("ringback.db");
        fs::copy(copy.folder.path().join("ringback.db"), &file).unwrap();
        fs::write(folder.path().join("ringback.db-wal"), log).unwrap();

        let url = format!("sqlite:{}", file.display());
        let store = Store::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await;
        assert_eq!(integrity(&file).await, "ok", "cut at {at}");
        let mut conn = SqliteConnection::connect(&url).await.unwrap();
        let there: Vec<(Uuid, i64)> = sqlx::query_as(
            "SELECT id, (SELECT COUNT(*) FROM timeline WHERE callback_id = callbacks.id) FROM callbacks",
        )
        .fetch_all(&mut conn)
        .await
        .unwrap();
        conn.close().await.unwrap();
        assert!(there.iter().all(|(_, lines)| *lines == 2), "a callback came without its timeline");
        let found: Vec<bool> =
            copy.acknowledged.iter().map(|(_, id)| there.iter().any(|(one, _)| one == id)).collect();
        for ((length, id), found) in copy.acknowledged.iter().zip(&found) {
            assert!(*found || *length > at, "{id} was acknowledged and is lost; cut at {at}");
        }
        assert!(found.is_sorted_by(|one, next| one >= next), "only the last ones are missing");
    }
    figure(format_args!("power cut: {cuts} cuts, nothing lost, nothing damaged"));
    cluster.close().await;
}
