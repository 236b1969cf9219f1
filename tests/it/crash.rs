//! `kill -9` under load: promised callbacks are kept.
//!
//! Clients record every successful answer. After restarts on the same database
//! all of it is still there, and a request without an answer is repeated with its
//! key and has one effect.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_domain::ServiceId;
use ringback_tests::{Backend, Client, size, wait_for};
use rstest::rstest;
use serde_json::Value;
use uuid::Uuid;

use crate::ledger::{Ledger, Server, check, read, send, set_up, settle};
use crate::store_setup::migrate;

/// Clients that load the server at the same time.
const CLIENTS: usize = 6;

/// Sends requests without a pause until one is not answered.
async fn load(client: &Client, ledger: &mut Ledger, seed: u64, service: ServiceId, answered: &AtomicUsize) {
    let mut rng = StdRng::seed_from_u64(seed);
    loop {
        let request = ledger.open.take().unwrap_or_else(|| ledger.next_request(&mut rng, service));
        ledger.open = Some(request.clone());
        match send(client, &request).await {
            Some((status, answer)) => {
                ledger.open = None;
                ledger.note_answer(request, status, &answer);
                answered.fetch_add(1, Ordering::Relaxed);
            }
            None => return,
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_keeps_its_promises_and_resumes_its_work(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let kills = size(25, 500);
    let database = backend.database(migrate).await;
    let service = ServiceId(Uuid::new_v4());
    let key = set_up(database.url(), service).await;
    let mut ledgers: Vec<Ledger> = (0..CLIENTS).map(|_| Ledger::default()).collect();
    let mut rng = StdRng::seed_from_u64(9);
    for kill in 0..kills {
        let mut server = Server::start(database.url());
        let client = Client::new(&server.address).with_key(&key);
        let answered = AtomicUsize::new(0);
        // The server is killed after this many answers.
        let enough = rng.random_range(1..120);
        let loads = ledgers.iter_mut().enumerate().map(|(number, ledger)| {
            load(&client, ledger, (kill * CLIENTS + number) as u64, service, &answered)
        });
        let killer = async {
            wait_for("answers", async || (answered.load(Ordering::Relaxed) >= enough).then_some(())).await;
            server.child.kill().unwrap();
            server.child.wait().unwrap();
        };
        tokio::join!(join_all(loads), killer);
    }

    let promised: usize = ledgers.iter().map(|ledger| ledger.callbacks.len() + ledger.attempts.len()).sum();
    assert!(promised > 10 * kills, "{promised} promises are too few to prove anything");
    let server = Server::start(database.url());
    let client = Client::new(&server.address).with_key(&key);
    settle(&client, &mut ledgers).await;
    // The workers resume: every due callback is submitted, and every expired
    // lease returns its callback to the queue.
    let count = async |state: &str| {
        let counted: Value = read(&client, &format!("/api/v1/callbacks/count?state={state}")).await;
        counted["total"].as_u64().unwrap()
    };
    wait_for("the queue", async || (count("SCHEDULED").await == 0).then_some(())).await;
    check(&client, &ledgers).await;
    drop(server);
    expire_leases(database.url()).await;
    let server = Server::start(database.url());
    let client = Client::new(&server.address).with_key(&key);
    let count = async |state: &str| {
        let counted: Value = read(&client, &format!("/api/v1/callbacks/count?state={state}")).await;
        counted["total"].as_u64().unwrap()
    };
    wait_for("the leases", async || (count("ROUTING").await == 0).then_some(())).await;
    check(&client, &ledgers).await;
    drop(server);
    if backend == Backend::Sqlite {
        let pool = sqlx::SqlitePool::connect(database.url()).await.unwrap();
        let found: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&pool).await.unwrap();
        assert_eq!(found, "ok");
        pool.close().await;
    }
}

/// Makes every lease expire now.
async fn expire_leases(url: &str) {
    const EXPIRE: &str = "UPDATE callbacks SET lease_expires_at = 1 WHERE state = 'ROUTING'";
    if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(EXPIRE).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(EXPIRE).execute(&pool).await.unwrap();
        pool.close().await;
    }
}
