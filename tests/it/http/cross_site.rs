//! What a page of another site can make a browser send: every operation of the document that changes
//! something.

use reqwest::{Method, RequestBuilder};
use ringback_tests::app::PASSWORD;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

use crate::contract::{Operation, operations};

const SESSION: &str = "/api/v1/session";
const UNKNOWN: &str = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";

/// What a browser says of a request that another site made it send; the last comes from a browser
/// that says nothing.
const FOREIGN: [&[(&str, &str)]; 7] = [
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("referer", "https://evil.example/")],
    &[],
];

/// The bodies that need no preflight.
const SIMPLE: [&str; 3] =
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"];

fn changing() -> Vec<Operation> {
    let changing: Vec<_> = operations().into_iter().filter(|operation| operation.method != "get").collect();
    assert!(changing.len() > 25, "{}", changing.len());
    changing
}

/// Whether the cookie has a say: it identifies the session, or is replaced.
fn takes_cookie(operation: &Operation) -> bool {
    let security = operation.value["security"].as_array().unwrap();
    operation.id() == "create_session" || security.iter().any(|way| way.get("refresh_cookie").is_some())
}

fn request(client: &Client, operation: &Operation) -> RequestBuilder {
    let path =
        operation.path.replace("{id}", UNKNOWN).replace("{attempt_id}", UNKNOWN).replace("{hold}", UNKNOWN);
    client.request(operation.method.to_uppercase().parse().unwrap(), &path)
}

fn body(operation: &Operation) -> Option<Value> {
    if operation.id() == "create_session" {
        return Some(json!({"username": "monitor", "password": PASSWORD}));
    }
    operation.value.get("requestBody").map(|body| body["content"]["application/json"]["example"].clone())
}

#[track_caller]
fn is_unreadable(answer: &Answer, what: &str) {
    let cors: Vec<_> =
        answer.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).collect();
    assert!(cors.is_empty(), "{what}: {cors:?}");
}

async fn cookie(app: &TestApp) -> String {
    let answer =
        app.anonymous().post(SESSION, &json!({"username": "supervisor", "password": PASSWORD})).await;
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[rstest]
#[tokio::test]
async fn no_request_of_another_site_is_accepted_for_its_cookie(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (client, cookie) = (app.anonymous(), cookie(&app).await);
    let (mut sent, mut by_cookie) = (0, 0);
    for operation in changing() {
        for headers in FOREIGN {
            let mut bodies = vec![("application/json", body(&operation))];
            bodies.extend(SIMPLE.map(|media| (media, body(&operation).or(Some(json!({}))))));
            bodies.push(("", None));
            for (media, body) in bodies {
                let mut request = request(&client, &operation).header("cookie", &cookie);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                if let Some(body) = body {
                    request = request.header("content-type", media).body(body.to_string());
                }
                let answer = Answer::to(request).await;
                let what = format!("{} with {headers:?} as {media}: {answer}", operation.id());
                // Whoever says nothing and has the password is a program that logs in.
                let refused: &[u16] = if takes_cookie(&operation) { &[403, 400, 415] } else { &[401] };
                assert!(refused.contains(&answer.status), "{what}");
                assert!(answer.header("set-cookie").is_none(), "{what}");
                is_unreadable(&answer, &what);
                sent += 1;
                by_cookie += usize::from(takes_cookie(&operation));
            }
        }
    }
    assert!(sent > 1_000 && by_cookie > 100, "{sent} {by_cookie}");
    let refresh = client.request_of_page(Method::POST, &format!("{SESSION}/refresh"), &cookie);
    assert_eq!(Answer::to(refresh).await.status, 200, "none of them ended or renewed the session");
}

#[tokio::test]
async fn no_body_that_needs_no_preflight_is_accepted() {
    let app = TestApp::start(Backend::Sqlite).await;
    let (admin, router) = (app.admin().await, app.key(ringback_domain::ApiScope::Router));
    for operation in changing() {
        // Has no body, and reads none.
        if operation.method == "delete" {
            continue;
        }
        let is_for_routers = operation.value["x-permission"] == "route_callbacks";
        let client = if is_for_routers { &router } else { &admin };
        for media in SIMPLE {
            let body = body(&operation).unwrap_or_else(|| json!({})).to_string();
            let request = request(client, &operation).header("content-type", media).body(body);
            let answer = Answer::to(request).await;
            // Refreshing asks for the cookie, which is not there, after the body.
            assert_eq!(answer.status, 415, "{} as {media}: {answer}", operation.id());
        }
    }
}

#[tokio::test]
async fn no_preflight_is_answered_and_no_other_site_may_read_anything() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    for operation in operations() {
        let path = operation
            .path
            .replace("{id}", UNKNOWN)
            .replace("{attempt_id}", UNKNOWN)
            .replace("{hold}", UNKNOWN);
        for client in [&admin, &app.anonymous()] {
            let preflight = client
                .request(Method::OPTIONS, &path)
                .header("origin", "https://evil.example")
                .header("access-control-request-method", operation.method.to_uppercase())
                .header("access-control-request-headers", "authorization,content-type,x-api-key");
            let answer = Answer::to(preflight).await;
            assert_eq!(answer.status, 405, "{}: {answer}", operation.id());
            is_unreadable(&answer, operation.id());
            if operation.method == "get" && operation.id() != "stream_events" {
                let read = client.request(Method::GET, &path).header("origin", "https://evil.example");
                is_unreadable(&Answer::to(read).await, operation.id());
            }
        }
    }
    for path in ["/", "/openapi.json", "/swagger-ui/", "/nothing.js", "/api/v1/nothing"] {
        let request = app.anonymous().request(Method::OPTIONS, path).header("origin", "https://evil.example");
        is_unreadable(&Answer::to(request).await, path);
    }
}
