//! A person's own account: password, sessions, and who stays an administrator.

use futures_util::future::join;
use reqwest::Method;
use ringback_domain::wire::endpoint::{DeleteMySession, ListMySessions};
use ringback_domain::{ApiScope, Role};
use ringback_tests::app::{Options, PASSWORD, text};
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const SESSION: &str = "/api/v1/session";
const ME: &str = "/api/v1/me";
const OWN_PASSWORD: &str = "/api/v1/me/password";
const NEW_PASSWORD: &str = "a new horse battery";

async fn log_in_with(app: &TestApp, username: &str, password: &str) -> Answer {
    app.anonymous().post(SESSION, &json!({"username": username, "password": password})).await
}

async fn change(client: &Client, current: &str, new: &str) -> Answer {
    client.post(OWN_PASSWORD, &json!({"current_password": current, "new_password": new})).await
}

/// The pointer and the code of the first invalid value.
fn fault(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 422, "{answer}");
    let problem: Value = answer.read();
    (text(&problem["errors"][0]["pointer"]), text(&problem["errors"][0]["code"]))
}

fn is(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

#[rstest]
#[tokio::test]
async fn changing_ones_password_ends_the_other_sessions_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (own, elsewhere, other) = (app.monitor().await, app.monitor().await, app.supervisor().await);
    let answer = change(&own, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(answer.status, 204, "{answer}");
    assert_eq!(own.get(ME).await.status, 200);
    assert_eq!(elsewhere.get(ME).await.status, 401);
    assert_eq!(other.get(ME).await.status, 200, "of another person");
    assert_eq!(log_in_with(&app, "monitor", PASSWORD).await.status, 401);
    assert_eq!(log_in_with(&app, "monitor", NEW_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_new_password_needs_the_current_one_and_must_be_strong() {
    let app = TestApp::start(Backend::Sqlite).await;
    let own = app.monitor().await;
    let wrong = change(&own, "not my password", NEW_PASSWORD).await;
    assert_eq!(fault(&wrong), is("/current_password", "wrong_password"));
    for weak in ["short", "monitor1", "password", "Ringback!"] {
        assert_eq!(
            fault(&change(&own, PASSWORD, weak).await),
            is("/new_password", "weak_password"),
            "{weak}"
        );
    }
    let machine = change(&app.key(ApiScope::Admin), PASSWORD, NEW_PASSWORD).await;
    assert_eq!(machine.status, 403, "{machine}");
    // A stolen access token is no place to guess from, and 401 would end the session.
    for _ in 0..4 {
        fault(&change(&own, "not my password", NEW_PASSWORD).await);
    }
    assert_eq!(change(&own, PASSWORD, NEW_PASSWORD).await.status, 429);
    assert_eq!(log_in_with(&app, "monitor", PASSWORD).await.status, 429, "they are counted together");
}

#[tokio::test]
async fn common_passwords_are_refused_for_users() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    for common in ["password", "12345678", "Qwertyuiop", "ringback"] {
        let body = json!({"username": "kim", "password": common, "role": "monitor"});
        assert_eq!(
            fault(&admin.post("/api/v1/users", &body).await),
            is("/password", "weak_password"),
            "{common}"
        );
    }
}

#[rstest]
#[tokio::test]
async fn a_person_sees_and_ends_their_own_sessions(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let own = app.monitor().await;
    app.advance(60);
    let body = json!({"username": "monitor", "password": PASSWORD});
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let request = app.anonymous().request(Method::POST, SESSION).header("user-agent", agent).json(&body);
    let answer = Answer::to(request).await;
    let elsewhere = app.anonymous().with_token(text(&answer.read::<Value>()["access_token"]));
    let stranger = app.supervisor().await;

    let sessions = own.call(&ListMySessions).await.unwrap().items;
    let seen: Vec<_> =
        sessions.iter().map(|one| (one.client.as_str(), one.address.as_str(), one.current)).collect();
    assert_eq!(seen, [("Firefox, Linux", "127.0.0.1", false), ("–", "127.0.0.1", true)]);
    assert_eq!(sessions[0].created_at.seconds_since(sessions[1].created_at), 60);
    assert_eq!(sessions[0].created_at, sessions[0].last_used_at);

    let strange = stranger.call(&DeleteMySession(sessions[0].id)).await.unwrap_err();
    assert_eq!(strange.status, 404, "of another person");
    own.call(&DeleteMySession(sessions[0].id)).await.unwrap();
    assert_eq!(elsewhere.get(ME).await.status, 401);
    assert_eq!(own.call(&ListMySessions).await.unwrap().items.len(), 1);
    assert_eq!(own.call(&DeleteMySession(sessions[0].id)).await.unwrap_err().status, 404);
}

#[rstest]
#[tokio::test]
async fn a_session_that_nobody_uses_ends(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app =
        TestApp::start_with(backend, Options { session_idle_seconds: 1_800, ..Options::default() }).await;
    let answer = log_in_with(&app, "monitor", PASSWORD).await;
    let cookie = |answer: &Answer| answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let refresh = async |cookie: &str| {
        let path = format!("{SESSION}/refresh");
        Answer::to(app.anonymous().request_of_page(Method::POST, &path, cookie)).await
    };
    app.advance(1_799);
    let refreshed = refresh(&cookie(&answer)).await;
    assert_eq!(refreshed.status, 200, "{refreshed}");
    app.advance(1_799);
    let refreshed = refresh(&cookie(&refreshed)).await;
    assert_eq!(refreshed.status, 200, "the last use counts, not the log-in: {refreshed}");
    app.advance(1_800);
    let own = app.monitor().await;
    assert_eq!(own.call(&ListMySessions).await.unwrap().items.len(), 1);
    assert_eq!(refresh(&cookie(&refreshed)).await.status, 401);
}

/// The path of a user.
async fn user(admin: &Client, username: &str) -> String {
    let users = admin.json("/api/v1/users").await;
    let user = users["items"].as_array().unwrap().iter().find(|user| user["username"] == username).unwrap();
    format!("/api/v1/users/{}", text(&user["id"]))
}

#[rstest]
#[tokio::test]
async fn the_last_administrator_stays(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let path = user(&admin, "administrator").await;
    let local = json!({"username": "local", "password": PASSWORD, "role": "administrator", "services": [app.service]});
    assert_eq!(admin.post("/api/v1/users", &local).await.status, 201);
    let lockouts =
        [json!({"disabled": true}), json!({"role": "monitor"}), json!({"services": [app.service]})];
    for lockout in &lockouts {
        let answer = admin.patch(&path, lockout).await;
        assert_eq!(answer.status, 409, "{lockout}: {answer}");
        assert_eq!(answer.read::<Value>()["type"], "urn:ringback:problem:last-administrator");
    }
    assert_eq!(admin.patch(&path, &json!({"display_name": "Kim"})).await.status, 200);
    let second = json!({"username": "second", "password": PASSWORD, "role": "administrator"});
    assert_eq!(admin.post("/api/v1/users", &second).await.status, 201);
    assert_eq!(admin.patch(&path, &lockouts[1]).await.status, 200);
    assert_eq!(app.log_in("second").await.get("/api/v1/users").await.status, 200);
}

#[rstest]
#[tokio::test]
async fn two_administrators_cannot_shut_each_other_out(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let first = app.admin().await;
    let body = json!({"username": "second", "password": PASSWORD, "role": "administrator"});
    assert_eq!(first.post("/api/v1/users", &body).await.status, 201);
    let paths = [user(&first, "administrator").await, user(&first, "second").await];
    for round in 0..20 {
        let (first, second) = (app.person(Role::Administrator).await, app.log_in("second").await);
        let disable = json!({"disabled": true});
        let (one, two) = join(first.patch(&paths[1], &disable), second.patch(&paths[0], &disable)).await;
        // The loser was refused, or shut out before its request was looked at.
        let succeeded = usize::from(one.is_success()) + usize::from(two.is_success());
        assert_eq!(succeeded, 1, "round {round}: {one} {two}");
        let (winner, path) = if one.is_success() { (first, &paths[1]) } else { (second, &paths[0]) };
        assert_eq!(winner.patch(path, &json!({"disabled": false})).await.status, 200);
    }
}
