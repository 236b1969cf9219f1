//! What is open to whom: headers alone, figures, files, keys, and streams of those who
//! are shut out.

use std::time::Duration;

use reqwest::{Method, Response};
use ringback_api::app::App;
use ringback_api::auth::Grant;
use ringback_api::command::{Audit, Tx, sessions};
use ringback_domain::ApiScope;
use ringback_domain::wire::list::CallbackFilter;
use ringback_tests::app::{Options, PASSWORD, text};
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::timeout;

const ME: &str = "/api/v1/me";

#[tokio::test]
async fn head_is_answered_wherever_get_is() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    let paths = [
        "/api/v1/me",
        "/api/v1/callbacks",
        "/health/ready",
        "/openapi.json",
        "/swagger-ui/",
        "/api/v1/nothing",
    ];
    for path in paths {
        let get = admin.get(path).await;
        let head = Answer::to(admin.request(Method::HEAD, path)).await;
        assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
        for name in ["content-type", "content-length", "cache-control", "content-security-policy", "etag"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    for stream in ["/api/v1/events", "/api/v1/callbacks/export"] {
        let head = timeout(Duration::from_secs(20), Answer::to(admin.request(Method::HEAD, stream)));
        assert_eq!(head.await.expect("it ends").status, 200, "{stream}");
    }
    let head = Answer::to(admin.request(Method::HEAD, "/api/v1/session")).await;
    assert_eq!(head.status, 405, "there is nothing to read");
    let wrong = Answer::to(admin.request(Method::DELETE, ME)).await;
    assert_eq!(wrong.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn swagger_ui_is_found_without_a_slash_and_runs_no_inline_script() {
    let app = TestApp::start(Backend::Sqlite).await;
    let page = app.anonymous().get("/swagger-ui").await;
    assert!(page.status == 200 && page.body.contains("swagger-ui-bundle.js"), "it is followed: {page}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(!policy.contains("unsafe-inline"), "{policy}");
    assert!(!page.body.contains("<style") && !page.body.contains("style="), "{page}");
}

#[tokio::test]
async fn metrics_can_have_an_address_of_their_own() {
    let app =
        TestApp::start_with(Backend::Sqlite, Options { metrics_apart: true, ..Options::default() }).await;
    assert_eq!(app.anonymous().get("/metrics").await.status, 404);
    let apart = Client::new(app.metrics_address.unwrap());
    let figures = apart.get("/metrics").await;
    assert!(figures.status == 200 && figures.body.contains("ringback_"), "{figures}");
    assert_eq!(apart.get(ME).await.status, 404, "nothing else is there");
    app.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_a_new_database_file() {
    use std::os::unix::fs::PermissionsExt;

    let app = TestApp::start(Backend::Sqlite).await;
    app.admin().await;
    let file = app.database_url().trim_start_matches("sqlite:").to_owned();
    for name in [file.clone(), format!("{file}-wal"), format!("{file}-shm")] {
        let mode = std::fs::metadata(&name).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

async fn log_in(client: &Client) -> Client {
    let body = json!({"username": "monitor", "password": PASSWORD});
    let answer = client.post("/api/v1/session", &body).await;
    client.with_token(text(&answer.read::<Value>()["access_token"]))
}

#[rstest]
#[tokio::test]
async fn tokens_of_the_old_key_are_valid_until_they_expire(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let old = log_in(&app.anonymous()).await;
    app.advance(300);
    app.inside(async |app| {
        let rotate = async |tx: &mut Tx<'_>| sessions::rotate_key(tx).await;
        app.commands.change(Audit::None, &Grant::operator(), rotate).await.unwrap();
    })
    .await;
    // The copies of keys and identities are a second old at most.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let new = log_in(&app.anonymous()).await;
    assert_eq!((old.get(ME).await.status, new.get(ME).await.status), (200, 200));
    app.advance(299);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(old.get(ME).await.status, 200);
    app.advance(1);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!((old.get(ME).await.status, new.get(ME).await.status), (401, 200));
    app.advance(300);
    let keys = async || {
        app.inside(async |app| {
            let mut conn = app.store.read().await.unwrap();
            ringback_api::store::sessions::keys(&mut conn, "access_token").await.unwrap().len()
        })
        .await
    };
    assert_eq!(keys().await, 2);
    app.advance(61);
    app.run_retention().await;
    assert_eq!(keys().await, 1);
}

#[rstest]
#[tokio::test]
async fn a_repeated_user_is_recognised_without_a_hash_of_the_password(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let create = async |name: &str, password: &str| {
        let body = json!({"username": name, "password": password, "role": "monitor"});
        let request =
            admin.request(Method::POST, "/api/v1/users").header("idempotency-key", "one").json(&body);
        Answer::to(request).await
    };
    let first = create("kim", PASSWORD).await;
    assert_eq!(first.status, 201, "{first}");
    let again = create("kim", "a new horse battery").await;
    assert_eq!((again.status, &again.body), (201, &first.body), "the password is no part of the fingerprint");
    assert_eq!(create("lee", PASSWORD).await.status, 422);
}

/// Reads a stream to its end, which must come.
async fn ends(mut response: Response) {
    let end = async { while let Ok(Some(_)) = response.chunk().await {} };
    timeout(Duration::from_secs(5), end).await.expect("the stream ends before it asks by itself, after 10 s");
}

#[rstest]
#[tokio::test]
async fn a_stream_ends_once_its_listener_is_shut_out(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(true, false)] by_key: bool,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let node = if backend == Backend::Postgres { Some(app.start_node().await) } else { None };
    let address = node.as_ref().map_or(app.address, |node| node.address);
    let (listener, revoke) = if by_key {
        let body = json!({"name": "listener", "scopes": ["callbacks:read"]});
        let created: Value = admin.post("/api/v1/api-keys", &body).await.read();
        let path = format!("/api/v1/api-keys/{}", text(&created["id"]));
        (Client::new(address).with_key(text(&created["key"])), admin.request(Method::DELETE, &path))
    } else {
        let listener = log_in(&Client::new(address)).await;
        let users = admin.json("/api/v1/users").await;
        let user =
            users["items"].as_array().unwrap().iter().find(|user| user["username"] == "monitor").unwrap();
        let path = format!("/api/v1/users/{}", text(&user["id"]));
        (listener, admin.request(Method::PATCH, &path).json(&json!({"disabled": true})))
    };
    let stream = listener.request(Method::GET, "/api/v1/events").send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert!(Answer::to(revoke).await.is_success());
    ends(stream).await;
}

/// A machine that sees all services does not see more of them while its export runs.
#[rstest]
#[tokio::test]
async fn an_export_keeps_to_the_services_of_its_beginning(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let machine = app.integration();
    machine.create_immediate(app.service, "+44 20 7946 0318").await;
    let begin = async |app: &App| app.queries.export(&Grant::operator(), &CallbackFilter::default()).await;
    let mut export = app.inside(async move |app| begin(app).await.unwrap()).await;
    let body = json!({"name": "New FR", "time_zone": "Europe/Paris", "default_country": "FR"});
    let created: Value = admin.post("/api/v1/services", &body).await.read();
    let service = text(&created["id"]).parse().unwrap();
    machine.create_immediate(service, "+33 1 42 68 53 00").await;
    let rows =
        app.inside(async move |app| app.queries.export_page(&mut export).await.unwrap()).await.unwrap();
    let numbers: Vec<_> = rows.iter().map(|row| row.customer_number.as_str()).collect();
    assert_eq!(numbers, ["+442079460318"]);
}

#[tokio::test]
async fn telephone_quality_mp3_is_audio() {
    let app = TestApp::start(Backend::Sqlite).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let callback = machine.create_immediate(app.service, "+44 20 7946 0318").await;
    let path = format!("/api/v1/callbacks/{}/name-recording", text(&callback["id"]));
    let put = async |second: u8| {
        let body = [&[0xff, second, 0x48, 0xc4][..], &[0; 400]].concat();
        let request = machine.request(Method::PUT, &path).header("content-type", "audio/mpeg").body(body);
        Answer::to(request).await
    };
    for second in [0xfb, 0xfa, 0xf3, 0xf2, 0xe3, 0xe2] {
        let answer = put(second).await;
        assert!(answer.is_success(), "{second:x}: {answer}");
    }
    // AAC, and a reserved version.
    for second in [0xf1, 0xeb] {
        let answer = put(second).await;
        assert_eq!(answer.status, 422, "{second:x}");
        assert!(answer.body.contains("WAV, MP3, Ogg"), "{answer}");
    }
}
