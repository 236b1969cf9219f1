//! Logging in: guesses, proxies, and how the server is seen from outside.

use futures_util::future::join_all;
use reqwest::Method;
use ringback_api::auth::throttle::Attempt;
use ringback_api::store::{StoreError, log_in_attempts};
use ringback_domain::ApiScope;
use ringback_tests::app::{Options, PASSWORD, clear};
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

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
