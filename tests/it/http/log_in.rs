//! Logging in: guesses, proxies, and how the server is seen from outside.

use std::time::Instant;

use futures_util::future::join_all;
use reqwest::Method;
use ringback_api::auth::throttle::Attempt;
use ringback_api::store::users::{self, User};
use ringback_api::store::{StoreError, log_in_attempts};
use ringback_domain::{ApiScope, UserId};
use ringback_tests::app::{Options, PASSWORD, clear};
use ringback_tests::{Answer, Backend, Client, TestApp, figure, size};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

const SESSION: &str = "/api/v1/session";
const ME: &str = "/api/v1/me";

/// A server that believes this machine what it says of clients.
async fn behind_a_proxy(backend: Backend) -> TestApp {
    let options = Options { trusted_proxies: &["127.0.0.1/32", "10.0.0.0/8"], ..Options::default() };
    TestApp::start_with(backend, options).await
}

/// Logs in through a proxy that adds the client's address.
async fn log_in_from(client: &Client, address: &str, username: &str, password: &str) -> Answer {
    let body = json!({"username": username, "password": password});
    let request = client.request(Method::POST, SESSION).header("x-forwarded-for", address).json(&body);
    Answer::to(request).await
}

/// The answers with each status.
fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[rstest]
#[tokio::test]
async fn guesses_at_the_same_moment_do_not_share_a_place(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(true, false)] one_network: bool,
) {
    let app = behind_a_proxy(backend).await;
    let client = app.anonymous();
    let address = |n: u32| if one_network { "192.0.2.1".to_owned() } else { format!("198.51.100.{n}") };
    let client = &client;
    let guesses =
        (0..200).map(|n| async move { log_in_from(client, &address(n), "supervisor", "wrong").await });
    let answers = join_all(guesses).await;
    assert_eq!(count(&answers, 401), 5);
    assert_eq!(count(&answers, 401) + count(&answers, 429) + count(&answers, 503), 200);
    assert!(answers.iter().all(|answer| answer.status == 401 || answer.header("retry-after").is_some()));
}

#[rstest]
#[tokio::test]
async fn a_guesser_does_not_lock_the_owner_out(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = behind_a_proxy(backend).await;
    let client = app.anonymous();
    assert_eq!(log_in_from(&client, "203.0.113.5", "supervisor", PASSWORD).await.status, 200);
    for _ in 0..20 {
        for guesser in ["192.0.2.1", "2001:db8:1:2::1", "2001:db8:1:2::2"] {
            log_in_from(&client, guesser, "supervisor", "wrong").await;
        }
        app.advance(1);
    }
    assert_eq!(log_in_from(&client, "192.0.2.1", "supervisor", PASSWORD).await.status, 429);
    assert_eq!(log_in_from(&client, "2001:db8:1:2:3::9", "supervisor", PASSWORD).await.status, 429);
    assert_eq!(
        log_in_from(&client, "198.51.100.1", "supervisor", PASSWORD).await.status,
        200,
        "a fresh network"
    );
    // Many networks use up the second of the account, but not that of a known network.
    let fresh = |n: u32| format!("198.51.100.{}", n + 2);
    let client = &client;
    join_all((0..9).map(|n| async move { log_in_from(client, &fresh(n), "supervisor", "wrong").await }))
        .await;
    assert_eq!(log_in_from(client, "198.51.100.99", "supervisor", PASSWORD).await.status, 429);
    assert_eq!(log_in_from(client, "203.0.113.5", "supervisor", PASSWORD).await.status, 200);
    app.advance(1);
    assert_eq!(log_in_from(client, "198.51.100.99", "supervisor", PASSWORD).await.status, 200);
}

/// Accounts with the password and the hash of the supervisor, which is made quickly.
async fn add_accounts(app: &TestApp, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|number| format!("target-{number}")).collect();
    let added = names.clone();
    app.inside(async move |app| {
        let mut conn = app.store.read().await.unwrap();
        let model = users::find_by_username(&mut conn, "supervisor").await.unwrap().unwrap();
        drop(conn);
        let accounts: Vec<User> = added
            .into_iter()
            .map(|username| User { id: UserId(Uuid::new_v4()), username, ..model.clone() })
            .collect();
        let insert = app.store.transact(async move |conn| {
            for account in &accounts {
                users::insert(conn, account).await?;
            }
            Ok::<_, StoreError>(())
        });
        insert.await.map_err(|error| error.to_string()).unwrap();
    })
    .await;
    names
}

/// Two passwords for each account from each address, as a list of leaked passwords gives them, spread
/// over ten minutes.
#[rstest]
#[tokio::test]
async fn stuffing_from_fifty_addresses_has_one_guess_from_each(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const ADDRESSES: usize = 50;
    let app = behind_a_proxy(backend).await;
    let (client, accounts) = (&app.anonymous(), add_accounts(&app, size(5, 100)).await);
    let mut evaluated = vec![0; accounts.len()];
    for guess in 0..2 * ADDRESSES {
        for few in (0..accounts.len()).collect::<Vec<_>>().chunks(25) {
            let guesses = few.iter().map(async |number| {
                // Each account is tried from another address at any moment.
                let address = format!("198.51.100.{}", (guess + number) % ADDRESSES);
                (*number, log_in_from(client, &address, &accounts[*number], "a leaked password").await.status)
            });
            for (number, status) in join_all(guesses).await {
                assert!([401, 429].contains(&status), "{status}");
                evaluated[number] += usize::from(status == 401);
            }
        }
        app.advance(6);
    }
    let most = evaluated.iter().copied().max().unwrap();
    figure(format_args!(
        "{} guesses: {most} evaluated at most for an account",
        accounts.len() * 2 * ADDRESSES
    ));
    assert!(most <= 50, "{evaluated:?}");
    for name in &accounts {
        let owner = log_in_from(client, "203.0.113.5", name, PASSWORD).await;
        assert_eq!(owner.status, 200, "{name} from a fresh address: {owner}");
    }
}

/// Welch's t of two samples, and their means.
#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn welch(one: &[f64], other: &[f64]) -> (f64, f64, f64) {
    let count = |sample: &[f64]| sample.len() as f64;
    let mean = |sample: &[f64]| sample.iter().sum::<f64>() / count(sample);
    let (first, second) = (mean(one), mean(other));
    let error = |sample: &[f64], mean: f64| {
        let squares: f64 = sample.iter().map(|value| (value - mean).powi(2)).sum();
        squares / (count(sample) - 1.0) / count(sample)
    };
    ((first - second) / (error(one, first) + error(other, second)).sqrt(), first, second)
}

/// The soak prints how long known and unknown names take; a machine under load proves nothing.
#[tokio::test]
async fn names_are_refused_alike_whether_they_are_known_or_not() {
    let app = behind_a_proxy(Backend::Sqlite).await;
    let body = json!({"username": "kim", "password": PASSWORD, "role": "monitor"});
    assert_eq!(app.admin().await.post("/api/v1/users", &body).await.status, 201);
    let (client, mut times) = (app.anonymous(), [Vec::new(), Vec::new()]);
    for number in 0..size(2, 500) {
        for (times, name) in times.iter_mut().zip(["kim".to_owned(), format!("nobody-{number}")]) {
            app.advance(3_600);
            let address = format!("2001:db8:{number:x}::1");
            let began = Instant::now();
            let answer = log_in_from(&client, &address, &name, "wrong").await;
            times.push(began.elapsed().as_secs_f64() * 1e3);
            let problem: Value = answer.read();
            assert_eq!(
                (answer.status, &problem["type"]),
                (401, &json!("urn:ringback:problem:invalid-credentials"))
            );
        }
    }
    let (t, known, unknown) = welch(&times[0], &times[1]);
    figure(format_args!("known {known:.2} ms, unknown {unknown:.2} ms, Welch's t {t:.2}"));
}

#[tokio::test]
async fn unknown_names_of_any_length_are_slowed_down_alike() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.anonymous();
    for name in ["nobody".to_owned(), "x".repeat(60_000)] {
        let body = json!({"username": name, "password": "wrong"});
        for _ in 0..5 {
            assert_eq!(client.post(SESSION, &body).await.status, 401);
        }
        assert_eq!(client.post(SESSION, &body).await.status, 429);
    }
}

#[tokio::test]
async fn nodes_share_what_they_know_of_failed_log_ins() {
    let app = TestApp::start(Backend::Postgres).await;
    for _ in 0..5 {
        let answer = log_in_from(&app.anonymous(), "", "supervisor", "wrong").await;
        assert_eq!(answer.status, 401, "{answer}");
    }
    let node = app.start_node().await;
    assert_eq!(log_in_from(&Client::new(node.address), "", "supervisor", PASSWORD).await.status, 429);
}

#[tokio::test]
async fn failed_log_ins_are_forgotten_in_the_end() {
    let app = TestApp::start(Backend::Sqlite).await;
    let rows = async || {
        app.inside(async |app| {
            let key = Attempt::new("nobody", [127, 0, 0, 1].into()).pair;
            let find = app.store.transact(async move |conn| log_in_attempts::find(conn, &key).await);
            find.await.map_err(|error: StoreError| error.to_string()).unwrap().failures
        })
        .await
    };
    let body = json!({"username": "nobody", "password": "wrong"});
    assert_eq!(app.anonymous().post(SESSION, &body).await.status, 401);
    assert_eq!(rows().await, 1);
    app.advance(3_601);
    app.run_retention().await;
    assert_eq!(rows().await, 0);
}

#[tokio::test]
async fn the_public_url_decides_origin_cookie_and_transport_security() {
    let options = Options { public_url: Some("https://callbacks.example.com"), ..Options::default() };
    let app = TestApp::start_with(Backend::Sqlite, options).await;
    let body = json!({"username": "supervisor", "password": PASSWORD});
    let from = async |origin: &str| {
        let request = app.anonymous().request(Method::POST, SESSION).header("origin", origin).json(&body);
        Answer::to(request).await
    };
    // The host that the request names is the proxy's business.
    let answer = from("https://callbacks.example.com").await;
    assert_eq!(answer.status, 200, "{answer}");
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["__Host-ringback_refresh=", "HttpOnly", "SameSite=Strict", "Secure", "Path=/;"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(
        answer.header("strict-transport-security"),
        Some("max-age=31536000; includeSubDomains"),
        "on every answer"
    );
    for foreign in [&format!("http://{}", app.address), "http://callbacks.example.com", "https://example.com"]
    {
        assert_eq!(from(foreign).await.status, 403, "{foreign}");
    }
    let cookie = cookie.split(';').next().unwrap();
    let refresh = |cookie: &str| {
        let path = format!("{SESSION}/refresh");
        Answer::to(app.anonymous().request_of_page(Method::POST, &path, cookie))
    };
    assert_eq!(refresh(&cookie.replace("__Host-", "")).await.status, 401, "a neighbour can set that name");
    assert_eq!(refresh(cookie).await.status, 200);
}

#[tokio::test]
async fn a_public_url_without_tls_sets_no_transport_security() {
    let options = Options { public_url: Some("http://callbacks.test:8080"), ..Options::default() };
    let app = TestApp::start_with(Backend::Sqlite, options).await;
    let body = json!({"username": "supervisor", "password": PASSWORD});
    let request = app.anonymous().request(Method::POST, SESSION).json(&body);
    let answer = Answer::to(request.header("origin", "http://callbacks.test:8080")).await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.header("strict-transport-security"), None);
    assert!(!answer.header("set-cookie").unwrap().contains("Secure"));
}

#[tokio::test]
async fn two_credentials_are_refused() {
    let app = TestApp::start(Backend::Sqlite).await;
    let (person, key) = (app.supervisor().await, app.key(ApiScope::Admin));
    let (good, wrong) = (clear(ApiScope::Admin), "rb_wrong");
    let cases = [
        ("a token and a key", person.request(Method::GET, ME).header("x-api-key", &good)),
        ("a good token and a wrong key", person.request(Method::GET, ME).header("x-api-key", wrong)),
        ("a wrong token and a good key", key.request(Method::GET, ME).bearer_auth("wrong")),
        ("another scheme and a good key", key.request(Method::GET, ME).basic_auth("proxy", Some("secret"))),
        ("two keys", key.request(Method::GET, ME).header("x-api-key", wrong)),
        ("two tokens", person.request(Method::GET, ME).header("authorization", "Bearer wrong")),
        ("at log-out", person.request(Method::DELETE, SESSION).header("x-api-key", &good)),
    ];
    for (what, request) in cases {
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, 401, "{what}: {answer}");
        let detail = answer.read::<Value>()["detail"].to_string();
        assert!(detail.contains("one credential"), "{what}: {detail}");
    }
    assert_eq!(person.get(ME).await.status, 200);
}
