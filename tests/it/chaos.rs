//! PostgreSQL and servers fail under load: nothing that was acknowledged is lost, no callback is
//! reserved twice, and the service is back soon after.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::SeedableRng;
use rand::rngs::StdRng;
use ringback_domain::ServiceId;
use ringback_tests::cluster::PgCluster;
use ringback_tests::{Client, figure, size, wait_for};
use rstest::rstest;
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::ledger::{Ledger, Server, check, send, set_up, settle};
use crate::store_setup::migrate;

/// Clients that load the servers at the same time.
const CLIENTS: usize = 8;
/// Answers between two faults.
const ANSWERS: usize = 150;
/// No request may take longer: it waits for a lock, then for a connection, and a machine is slow.
const MAX_ANSWER: Duration = Duration::from_secs(20);
/// How soon the service has to be back; a short run on a busy machine may take longer.
const MAX_RECOVERY: Duration = Duration::from_secs(10);

/// Ends the connections of every server.
const KILL_BACKENDS: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ringback'";

#[derive(Clone, Copy, Debug)]
enum Chaos {
    PostgresRestarts,
    BackendsAreKilled,
    ConnectionsRunOut,
    OneServerIsKilled,
    ServersAreKilledAgainAndAgain,
}

/// Two servers over one database, and those who use them.
struct Site {
    postgres: PgCluster,
    servers: [Server; 2],
    /// Where the servers listen. A client whose server does not answer takes the other one.
    addresses: Mutex<[String; 2]>,
    key: String,
}

impl Site {
    async fn start(service: ServiceId) -> Self {
        let postgres = PgCluster::start(60).await;
        let url = postgres.url();
        migrate(&url).await;
        let key = set_up(&url, service).await;
        let servers = [Server::start(&url), Server::start(&url)];
        let addresses = Mutex::new([servers[0].address.clone(), servers[1].address.clone()]);
        Self { postgres, servers, addresses, key }
    }
}

/// A client of one of the two.
fn client_of(addresses: &Mutex<[String; 2]>, key: &str, server: usize) -> Client {
    Client::new(&addresses.lock().unwrap()[server % 2]).with_key(key)
}

/// Kills a server, and starts it again after a moment.
async fn kill(server: &mut Server, url: &str, addresses: &Mutex<[String; 2]>, number: usize) {
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    sleep(Duration::from_millis(500)).await;
    *server = Server::start(url);
    addresses.lock().unwrap()[number].clone_from(&server.address);
}

/// Makes the trouble, and ends it.
async fn strike(
    chaos: Chaos,
    postgres: &mut PgCluster,
    servers: &mut [Server; 2],
    addresses: &Mutex<[String; 2]>,
) {
    let url = postgres.url();
    match chaos {
        Chaos::PostgresRestarts => {
            postgres.stop();
            sleep(Duration::from_millis(500)).await;
            postgres.resume().await;
        }
        Chaos::BackendsAreKilled => {
            let mut conn = PgConnection::connect(&url).await.unwrap();
            for _ in 0..20 {
                conn.execute(KILL_BACKENDS).await.unwrap();
                sleep(Duration::from_millis(50)).await;
            }
        }
        Chaos::ConnectionsRunOut => {
            let mut conn = PgConnection::connect(&url).await.unwrap();
            conn.execute("BEGIN; LOCK TABLE callbacks").await.unwrap();
            sleep(Duration::from_secs(6)).await;
            conn.execute("ROLLBACK").await.unwrap();
            // Others take every connection of the server.
            let mut others = Vec::new();
            for _ in 0..20 {
                conn.execute(KILL_BACKENDS).await.unwrap();
                while let Ok(other) = PgConnection::connect(&url).await {
                    others.push(other);
                }
                sleep(Duration::from_millis(100)).await;
            }
        }
        Chaos::OneServerIsKilled => kill(&mut servers[0], &url, addresses, 0).await,
        Chaos::ServersAreKilledAgainAndAgain => {
            for round in 0..6 {
                kill(&mut servers[round % 2], &url, addresses, round % 2).await;
            }
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_parts_fail(
    #[values(
        Chaos::PostgresRestarts,
        Chaos::BackendsAreKilled,
        Chaos::ConnectionsRunOut,
        Chaos::OneServerIsKilled,
        Chaos::ServersAreKilledAgainAndAgain
    )]
    chaos: Chaos,
) {
    let service = ServiceId(Uuid::new_v4());
    let Site { mut postgres, mut servers, addresses, key } = Site::start(service).await;
    let mut ledgers: Vec<Ledger> = (0..CLIENTS).map(|_| Ledger::default()).collect();
    let answered: Vec<AtomicUsize> = (0..CLIENTS).map(|_| AtomicUsize::new(0)).collect();
    let (over, failed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let total = || answered.iter().map(|count| count.load(Ordering::Relaxed)).sum::<usize>();

    let load = async |number: usize, ledger: &mut Ledger| {
        let mut rng = StdRng::seed_from_u64(number as u64);
        let mut server = number;
        let mut client = client_of(&addresses, &key, server);
        while !over.load(Ordering::Relaxed) {
            let request = ledger.open.take().unwrap_or_else(|| ledger.next_request(&mut rng, service));
            ledger.open = Some(request.clone());
            let answer = timeout(MAX_ANSWER, send(&client, &request)).await.expect("an answer in time");
            let Some((status, answer)) = answer else {
                failed.fetch_add(1, Ordering::Relaxed);
                server += 1;
                client = client_of(&addresses, &key, server);
                sleep(Duration::from_millis(20)).await;
                continue;
            };
            ledger.open = None;
            ledger.note_answer(request, status, &answer);
            answered[number].fetch_add(1, Ordering::Relaxed);
        }
    };
    let trouble = async {
        let mut recoveries = Vec::new();
        for _ in 0..size(1, 20) {
            let before = total();
            wait_for("answers", async || (total() >= before + ANSWERS).then_some(())).await;
            strike(chaos, &mut postgres, &mut servers, &addresses).await;
            let ended = Instant::now();
            let counts: Vec<usize> = answered.iter().map(|count| count.load(Ordering::Relaxed)).collect();
            wait_for("every client to be served again", async || {
                let served = answered.iter().zip(&counts);
                served.clone().all(|(now, then)| now.load(Ordering::Relaxed) > then + 2).then_some(())
            })
            .await;
            recoveries.push(ended.elapsed());
        }
        over.store(true, Ordering::Relaxed);
        recoveries
    };
    let loads = join_all(ledgers.iter_mut().enumerate().map(|(number, ledger)| load(number, ledger)));
    let (_, recoveries) = tokio::join!(loads, trouble);

    let slowest = recoveries.iter().max().unwrap();
    figure(format_args!(
        "{chaos:?}: {} answers, {failed:?} failed, back after {slowest:?} at most in {} rounds",
        total(),
        recoveries.len()
    ));
    assert!(size(0, 1) == 0 || *slowest < MAX_RECOVERY, "{slowest:?}");
    let client = client_of(&addresses, &key, 0);
    settle(&client, &mut ledgers).await;
    check(&client, &ledgers).await;
    // The servers end before their database.
    drop(servers);
}
