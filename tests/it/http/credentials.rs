//! Sessions of people: access tokens, refresh cookies and how sessions end.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use ringback_api::store::sessions;
use ringback_domain::ApiScope;
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::{Answer, Backend, Client, TestApp, seed, size};
use rstest::rstest;
use serde_json::{Value, json};

const SESSION: &str = "/api/v1/session";
const REFRESH: &str = "/api/v1/session/refresh";
const ME: &str = "/api/v1/me";

/// A client with an access token, and the refresh cookie of its session.
struct Session {
    client: Client,
    cookie: String,
}

/// The name and value of the refresh cookie.
fn cookie(answer: &Answer) -> String {
    let header = answer.header("set-cookie").unwrap();
    header.split(';').next().unwrap().to_owned()
}

fn session(app: &TestApp, answer: &Answer) -> Session {
    assert_eq!(answer.status, 200, "{answer}");
    let token = text(&answer.read::<Value>()["access_token"]);
    Session { client: app.anonymous().with_token(token), cookie: cookie(answer) }
}

async fn post_log_in(app: &TestApp, username: &str, password: &str) -> Answer {
    app.anonymous().post(SESSION, &json!({"username": username, "password": password})).await
}

async fn log_in(app: &TestApp, username: &str) -> Session {
    session(app, &post_log_in(app, username, PASSWORD).await)
}

async fn refresh(app: &TestApp, cookie: &str) -> Answer {
    Answer::to(app.anonymous().request_of_page(Method::POST, REFRESH, cookie)).await
}

async fn is_logged_in(session: &Session) -> bool {
    let status = session.client.get(ME).await.status;
    assert!([200, 401].contains(&status));
    status == 200
}

#[tokio::test]
async fn a_log_in_gives_a_token_and_a_cookie_that_scripts_cannot_read() {
    let app = TestApp::start(Backend::Sqlite).await;
    let answer = post_log_in(&app, " Supervisor ", PASSWORD).await;
    let body: Value = answer.read();
    assert_eq!((&body["token_type"], &body["expires_in_seconds"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(body["user"]["username"], "supervisor", "case and spaces do not matter");
    let header = answer.header("set-cookie").unwrap();
    for part in ["ringback_refresh=", "HttpOnly", "SameSite=Strict", "Path=/api/v1/session"] {
        assert!(header.contains(part), "{header}");
    }
    assert!(!header.contains("Secure"), "on loopback there is no TLS: {header}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(!answer.body.contains(cookie(&answer).split_once('=').unwrap().1));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_answered_alike() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    let wrong = post_log_in(&app, "monitor", "wrong password").await;
    let unknown = post_log_in(&app, "nobody", PASSWORD).await;
    let monitor = user(&admin, "monitor").await;
    assert_eq!(admin.patch(&monitor, &json!({"disabled": true})).await.status, 200);
    let disabled = post_log_in(&app, "monitor", PASSWORD).await;
    for answer in [wrong, unknown, disabled] {
        assert_eq!(answer.status, 401, "{answer}");
        let problem: Value = answer.read();
        assert_eq!(problem["type"], "urn:ringback:problem:invalid-credentials");
        assert_eq!(problem["detail"], "The user name or password is wrong.");
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[rstest]
#[tokio::test]
async fn refreshing_rotates_the_cookie_and_reusing_one_ends_the_session(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let first = log_in(&app, "supervisor").await;
    let elsewhere = log_in(&app, "supervisor").await;
    let second = session(&app, &refresh(&app, &first.cookie).await);
    assert_ne!(first.cookie, second.cookie);
    let third = session(&app, &refresh(&app, &second.cookie).await);
    assert!(is_logged_in(&third).await);

    assert_eq!(refresh(&app, &first.cookie).await.status, 401, "it was used before");
    assert_eq!(refresh(&app, &third.cookie).await.status, 401, "the whole session is over");
    for session in [&first, &second, &third] {
        assert!(!is_logged_in(session).await);
    }
    assert!(is_logged_in(&elsewhere).await, "another session goes on");
    assert_eq!(refresh(&app, "ringback_refresh=nonsense").await.status, 401);
    assert_eq!(Answer::to(app.anonymous().request(Method::POST, REFRESH)).await.status, 401);
}

/// A browser that reloads the page during a refresh never receives the answer.
#[rstest]
#[tokio::test]
async fn a_refresh_cookie_works_again_for_a_moment_after_its_use(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let first = log_in(&app, "supervisor").await;
    let lost = session(&app, &refresh(&app, &first.cookie).await);
    app.advance(10);
    let second = session(&app, &refresh(&app, &first.cookie).await);
    let third = session(&app, &refresh(&app, &second.cookie).await);
    assert!(is_logged_in(&third).await);
    assert_eq!(refresh(&app, &lost.cookie).await.status, 401, "it was replaced: somebody has a copy");
    assert!(!is_logged_in(&third).await);

    let first = log_in(&app, "supervisor").await;
    let next = session(&app, &refresh(&app, &first.cookie).await);
    app.advance(11);
    assert_eq!(refresh(&app, &first.cookie).await.status, 401, "too late");
    assert!(!is_logged_in(&next).await);
}

#[tokio::test]
async fn access_tokens_last_ten_minutes_and_sessions_twelve_hours() {
    let app = TestApp::start(Backend::Sqlite).await;
    let mut session_ = log_in(&app, "supervisor").await;
    app.advance(599);
    assert!(is_logged_in(&session_).await);
    app.advance(1);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert!(!is_logged_in(&session_).await);
    session_ = session(&app, &refresh(&app, &session_.cookie).await);
    assert!(is_logged_in(&session_).await);
    app.advance(12 * 3_600 - 601);
    session_ = session(&app, &refresh(&app, &session_.cookie).await);
    app.advance(1);
    assert_eq!(refresh(&app, &session_.cookie).await.status, 401);
}

#[rstest]
#[tokio::test]
async fn logging_out_ends_the_session_and_removes_the_cookie(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let by_cookie = log_in(&app, "supervisor").await;
    assert!(is_logged_in(&by_cookie).await);
    let request = app.anonymous().request_of_page(Method::DELETE, SESSION, &by_cookie.cookie);
    let answer = Answer::to(request).await;
    assert_eq!(answer.status, 204, "{answer}");
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert!(!is_logged_in(&by_cookie).await);
    assert_eq!(refresh(&app, &by_cookie.cookie).await.status, 401);

    let by_token = log_in(&app, "supervisor").await;
    assert_eq!(Answer::to(by_token.client.request(Method::DELETE, SESSION)).await.status, 204);
    assert!(!is_logged_in(&by_token).await);
    assert_eq!(Answer::to(by_token.client.request(Method::DELETE, SESSION)).await.status, 204, "again");
}

#[rstest]
#[tokio::test]
async fn a_log_in_ends_the_session_that_the_browser_had(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (before, elsewhere) = (log_in(&app, "supervisor").await, log_in(&app, "supervisor").await);
    let again = json!({"username": "monitor", "password": PASSWORD});
    let request = app.anonymous().request_of_page(Method::POST, SESSION, &before.cookie).json(&again);
    assert_eq!(Answer::to(request).await.status, 200);
    assert!(!is_logged_in(&before).await);
    assert_eq!(refresh(&app, &before.cookie).await.status, 401);
    assert!(is_logged_in(&elsewhere).await);
}

/// The path of a user.
async fn user(admin: &Client, username: &str) -> String {
    let users = admin.json("/api/v1/users").await;
    let user = users["items"].as_array().unwrap().iter().find(|user| user["username"] == username).unwrap();
    format!("/api/v1/users/{}", text(&user["id"]))
}

#[rstest]
#[tokio::test]
async fn disabling_a_user_or_changing_password_or_role_ends_sessions(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let path = user(&admin, "supervisor").await;
    let mut password = PASSWORD.to_owned();
    for (change, still_logged_in) in [
        (json!({"display_name": "Sam"}), true),
        (json!({"services": []}), true),
        (json!({"all_services": true}), true),
        (json!({"disabled": false}), true),
        (json!({"password": "another horse battery"}), false),
        (json!({"role": "monitor"}), false),
        (json!({"disabled": true}), false),
    ] {
        let session = session(&app, &post_log_in(&app, "supervisor", &password).await);
        assert!(is_logged_in(&session).await);
        let answer = admin.patch(&path, &change).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(is_logged_in(&session).await, still_logged_in, "{change}");
        assert_eq!(refresh(&app, &session.cookie).await.status == 200, still_logged_in, "{change}");
        if let Some(new) = change["password"].as_str() {
            assert_eq!(post_log_in(&app, "supervisor", &password).await.status, 401);
            new.clone_into(&mut password);
        }
    }
    assert_eq!(post_log_in(&app, "supervisor", &password).await.status, 401, "disabled");
    assert_eq!(admin.patch(&path, &json!({"disabled": false})).await.status, 200);
    assert_eq!(post_log_in(&app, "supervisor", &password).await.status, 200);
}

async fn services(client: &Client) -> Vec<Value> {
    let me = client.json(ME).await;
    me["services"].as_array().unwrap().iter().map(|service| service["name"].clone()).collect()
}

#[rstest]
#[tokio::test]
async fn a_session_keeps_the_services_of_its_log_in(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let before = log_in(&app, "supervisor").await;
    let body = json!({"name": "New FR", "time_zone": "Europe/Paris", "default_country": "FR"});
    let created: Value = admin.post("/api/v1/services", &body).await.read();
    let create = json!({
        "callback_type": "immediate", "service_id": created["id"], "customer_number": "+33142685300",
    });

    assert_eq!(services(&before.client).await, ["Billing EN", "Support DE"]);
    assert_eq!(before.client.post("/api/v1/callbacks", &create).await.status, 422);
    let refreshed = session(&app, &refresh(&app, &before.cookie).await);
    assert_eq!(services(&refreshed.client).await, ["Billing EN", "Support DE"], "refreshing keeps them");
    let after = log_in(&app, "supervisor").await;
    assert_eq!(services(&after.client).await, ["Billing EN", "New FR", "Support DE"]);
    assert_eq!(after.client.post("/api/v1/callbacks", &create).await.status, 201);

    // A service that is taken away stays visible until the session ends, too.
    let path = user(&admin, "supervisor").await;
    let granted = json!({"services": [app.service]});
    assert_eq!(admin.patch(&path, &granted).await.status, 200);
    assert_eq!(services(&after.client).await.len(), 3);
    let next = log_in(&app, "supervisor").await;
    assert_eq!(services(&next.client).await, ["Billing EN"]);
    assert_eq!(next.client.json("/api/v1/callbacks/count").await["total"], 0);
    assert_eq!(after.client.json("/api/v1/callbacks/count").await["total"], 1);
}

#[rstest]
#[tokio::test]
async fn reloading_a_session_updates_its_services(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let own = log_in(&app, "supervisor").await;
    let path = user(&admin, "supervisor").await;
    let reload = async || own.client.post("/api/v1/session/reload", &json!({})).await;
    for (change, expected) in [
        (json!({"services": [app.service]}), vec!["Billing EN"]),
        (json!({"all_services": true}), vec!["Billing EN", "Support DE"]),
    ] {
        let before = services(&own.client).await;
        assert_eq!(admin.patch(&path, &change).await.status, 200);
        assert_eq!(services(&own.client).await, before);
        let answer = reload().await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.read::<Value>()["services"].as_array().unwrap().len(), expected.len());
        assert_eq!(services(&own.client).await, expected);
    }
    assert_eq!(app.key(ApiScope::Admin).post("/api/v1/session/reload", &json!({})).await.status, 403);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_the_cookie() {
    let app = TestApp::start(Backend::Sqlite).await;
    let own = log_in(&app, "supervisor").await;
    let send = async |method: Method, path: &str, name: &str, value: &str| {
        let request = app.anonymous().request(method, path).header("cookie", &own.cookie).header(name, value);
        Answer::to(request).await.status
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        assert_eq!(send(Method::POST, REFRESH, name, value).await, 403, "{name}: {value}");
        assert_eq!(send(Method::DELETE, SESSION, name, value).await, 403, "{name}: {value}");
        let body = json!({"username": "supervisor", "password": PASSWORD});
        let request = app.anonymous().request(Method::POST, SESSION).header(name, value).json(&body);
        assert_eq!(Answer::to(request).await.status, 403, "{name}: {value}");
    }
    assert!(is_logged_in(&own).await);
    assert_eq!(send(Method::POST, REFRESH, "sec-fetch-site", "same-origin").await, 200);
}

#[tokio::test]
async fn a_forged_token_is_not_accepted() {
    let app = TestApp::start(Backend::Sqlite).await;
    let own = log_in(&app, "administrator").await;
    assert!(is_logged_in(&own).await);
    let answer = post_log_in(&app, "administrator", PASSWORD).await;
    let good = text(&answer.read::<Value>()["access_token"]);
    let parts: Vec<&str> = good.split('.').collect();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("at+jwt")));

    let (kid, seed) = app
        .inside(async |app| {
            let keys = sessions::keys(&mut app.store.read().await.unwrap(), "access_token").await.unwrap();
            let key = keys.into_iter().next().unwrap();
            (key.id, key.secret)
        })
        .await;
    assert_eq!(header["kid"], kid.as_str());
    let seed: [u8; 32] = seed.try_into().unwrap();
    let public = SigningKey::from_bytes(&seed).verifying_key();
    let ours = private_key(&seed);

    let base = Header { typ: Some("at+jwt".to_owned()), kid: Some(kid), ..Header::new(Algorithm::EdDSA) };
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        jsonwebtoken::encode(&base, &claims, &ours).unwrap()
    };
    let issued = claims["iat"].as_i64().unwrap();
    let control = jsonwebtoken::encode(&base, &claims, &ours).unwrap();
    assert_eq!(
        app.anonymous().with_token(control).get(ME).await.status,
        200,
        "a correctly signed token is accepted"
    );

    let unsigned = |alg: &str| {
        let mut header = header.clone();
        header["alg"] = alg.into();
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", encode(&header), encode(&claims))
    };
    let hmac = |secret: &[u8]| {
        let header = Header { alg: Algorithm::HS256, ..base.clone() };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
    };
    let flipped = |part: usize, at: usize| {
        let mut bytes = URL_SAFE_NO_PAD.decode(parts[part]).unwrap();
        bytes[at] ^= 1;
        let changed = URL_SAFE_NO_PAD.encode(bytes);
        let mut parts = parts.clone();
        parts[part] = &changed;
        parts.join(".")
    };
    let header_with = |change: &dyn Fn(&mut Header)| {
        let mut header = base.clone();
        change(&mut header);
        jsonwebtoken::encode(&header, &claims, &ours).unwrap()
    };
    let forged = [
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("no signature", unsigned("EdDSA")),
        ("HS256 with the public key", hmac(public.as_bytes())),
        ("HS256 with the public key as text", hmac(STANDARD.encode(public.as_bytes()).as_bytes())),
        ("HS256 with nothing", hmac(b"")),
        ("another key", jsonwebtoken::encode(&base, &claims, &private_key(&[7; 32])).unwrap()),
        ("another type", header_with(&|header| header.typ = Some("JWT".to_owned()))),
        ("no type", header_with(&|header| header.typ = None)),
        ("another key id", header_with(&|header| header.kid = Some("other".to_owned()))),
        ("no key id", header_with(&|header| header.kid = None)),
        ("another audience", with("aud", json!("other"))),
        ("another issuer", with("iss", json!("other"))),
        ("no audience", with("aud", Value::Null)),
        ("ended", with("exp", json!(issued))),
        ("of the future", with("iat", json!(issued + 3_600))),
        ("another session", with("sid", json!("019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2"))),
        ("another person", with("sub", json!("019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2"))),
        ("a flipped bit in the header", flipped(0, 3)),
        ("a flipped bit in the claims", flipped(1, 10)),
        ("a flipped bit in the signature", flipped(2, 0)),
        ("the last bit of the signature", flipped(2, 63)),
        ("two parts", parts[..2].join(".")),
    ];
    for (what, token) in forged {
        let answer = app.anonymous().with_token(token).get(ME).await;
        assert_eq!(answer.status, 401, "{what}: {answer}");
    }
}

#[tokio::test]
async fn no_token_with_flipped_bits_is_accepted() {
    let app = TestApp::start(Backend::Sqlite).await;
    let answer = post_log_in(&app, "administrator", PASSWORD).await;
    let good = text(&answer.read::<Value>()["access_token"]);
    let parts: Vec<Vec<u8>> = good.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
    let mut rng = StdRng::seed_from_u64(seed());
    let clients: Vec<_> = (0..16).map(|_| app.anonymous()).collect();
    for _ in 0..size(20, 6_250) {
        let mut flipped = || {
            let mut parts = parts.clone();
            for _ in 0..rng.random_range(1..=3) {
                let part = rng.random_range(0..3);
                let at = rng.random_range(0..parts[part].len());
                parts[part][at] ^= 1 << rng.random_range(0..8);
            }
            parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join(".")
        };
        let tokens = clients.iter().map(|client| (client, flipped())).collect::<Vec<_>>();
        let answers = tokens.into_iter().filter(|(_, token)| *token != good).map(async |(client, token)| {
            let answer = client.with_token(token.clone()).get(ME).await;
            assert_eq!(answer.status, 401, "{token}: {answer}");
        });
        futures_util::future::join_all(answers).await;
    }
    assert_eq!(app.anonymous().with_token(good).get(ME).await.status, 200);
}

/// An Ed25519 key in the format of the library (RFC 8410).
fn private_key(seed: &[u8; 32]) -> EncodingKey {
    const PREFIX: [u8; 16] =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    EncodingKey::from_ed_der(&[PREFIX.as_slice(), seed].concat())
}

#[tokio::test]
async fn a_weak_password_is_refused() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    for (username, password) in [("kim", "seven77"), ("kim.lee.of.billing", "Kim.Lee.Of.Billing")] {
        let body = json!({"username": username, "password": password, "role": "monitor"});
        let answer = admin.post("/api/v1/users", &body).await;
        assert_eq!(answer.status, 422, "{answer}");
        assert_eq!(answer.read::<Value>()["errors"][0]["pointer"], "/password");
    }
}
