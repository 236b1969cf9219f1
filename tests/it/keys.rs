//! Many requests with one idempotency key while the server is killed: one effect, one answer.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use ringback_domain::ServiceId;
use ringback_tests::{Answer, Backend, Client, figure, size};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use crate::ledger::{Server, set_up};
use crate::store_setup::migrate;

const CALLBACKS: &str = "/api/v1/callbacks";

/// What the clients of one key have seen.
#[derive(Default)]
struct Seen {
    /// Bodies of the successful answers.
    bodies: Mutex<HashSet<String>>,
    answered: AtomicUsize,
    /// Answers that said that the key is running.
    running: AtomicUsize,
    /// Requests without an answer, or with one that says nothing about the effect.
    open: AtomicUsize,
}

/// Sends a request until it succeeds, to whichever server runs. Each pause is longer than the last, as
/// clients do: a thousand that never pause would ask for more than any server can answer.
async fn insist(http: &Client, address: &Mutex<Client>, key: &str, body: &Value, seen: &Seen) {
    let mut client = http.clone();
    for tries in 0.. {
        let request = client.request(Method::POST, CALLBACKS).header("idempotency-key", key).json(body);
        let Ok(response) = request.send().await else {
            seen.open.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(20)).await;
            client = address.lock().unwrap().clone();
            continue;
        };
        let status = response.status().as_u16();
        let Ok(text) = response.text().await else { continue };
        match status {
            201 => {
                seen.bodies.lock().unwrap().insert(text);
                seen.answered.fetch_add(1, Ordering::Relaxed);
                return;
            }
            409 => {
                assert!(text.contains("urn:ringback:problem:in-flight"), "{text}");
                seen.running.fetch_add(1, Ordering::Relaxed);
            }
            503 => drop(seen.open.fetch_add(1, Ordering::Relaxed)),
            _ => panic!("{status}: {text}"),
        }
        let longest = Duration::from_millis(5 << tries.min(7));
        sleep(longest.mul_f64(rand::rng().random_range(0.5..1.0))).await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_with_one_key_have_one_effect_across_kills(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (keys, posts) = (size(5, 100), size(50, 1_000));
    let database = backend.database(migrate).await;
    let service = ServiceId(Uuid::new_v4());
    let api_key = set_up(database.url(), service).await;
    let start = || {
        let server = Server::start(database.url());
        let client = Client::new(&server.address).with_key(&api_key);
        (server, client)
    };
    let (mut server, client) = start();
    let address = Mutex::new(client);
    let mut rng = StdRng::seed_from_u64(10);
    let body = |number: usize| {
        json!({"callback_type": "immediate", "service_id": service, "customer_number": "+442079460318",
               "user_data": {"number": number}})
    };
    let (mut running, mut open, mut ids) = (0, 0, HashSet::new());
    for number in 0..keys {
        let (seen, key, body) = (Seen::default(), format!("key-{number}"), body(number));
        let client = address.lock().unwrap().clone();
        let clients = join_all((0..posts).map(|_| insist(&client, &address, &key, &body, &seen)));
        // Some kills come before the first answer, some after the last.
        let enough = rng.random_range(0..posts);
        let killer = async {
            // A machine that is busy takes its time.
            while seen.answered.load(Ordering::Relaxed) < enough {
                sleep(Duration::from_millis(5)).await;
            }
            server.child.kill().unwrap();
            server.child.wait().unwrap();
            let (next, client) = start();
            server = next;
            *address.lock().unwrap() = client;
        };
        tokio::join!(clients, killer);
        let bodies = seen.bodies.into_inner().unwrap();
        assert_eq!(bodies.len(), 1, "{key}: {bodies:?}");
        let created: Value = serde_json::from_str(bodies.iter().next().unwrap()).unwrap();
        assert!(ids.insert(created["id"].as_str().unwrap().to_owned()), "{created}");
        running += seen.running.into_inner();
        open += seen.open.into_inner();
    }
    let client = address.into_inner().unwrap();
    let counted: Value = client.get(&format!("{CALLBACKS}/count")).await.read();
    assert_eq!(counted["total"], keys, "one record for each key");
    let other = client.request(Method::POST, CALLBACKS).header("idempotency-key", "key-0").json(&body(1));
    let other = Answer::to(other).await;
    assert!(other.status == 422 && other.body.contains("idempotency-key-reused"), "{other}");
    assert!(running > 0, "no two requests with a key ran at the same time");
    figure(format_args!(
        "{backend:?}: {keys} keys, {posts} requests each, {keys} kills; {running} answers that it runs, \
         {open} without an answer"
    ));
}
