//! The headers that protect a browser are on every answer: of every operation of the document, of
//! every kind of file, and of every refusal.

use reqwest::Method;
use reqwest::header::HeaderMap;
use ringback_domain::ApiScope;
use ringback_tests::{Answer, Backend, Client, Options, TestApp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::contract::operations;

const UNKNOWN: &str = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";

/// Checks every header of an answer to a request for this path.
#[track_caller]
pub(crate) fn is_protected(path: &str, headers: &HeaderMap, what: &str) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let policy = header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "object-src 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{what}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{what}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(header(name), value, "{what}: {name}");
    }
    assert_eq!(header("x-request-id").len(), 36, "{what}");
    if path.starts_with("/api/") {
        assert_eq!(header("cache-control"), "no-store", "{what}");
    }
    let media = header("content-type");
    let is_text = media.starts_with("text/") || media.contains("xml") || media.contains("javascript");
    let is_sheet = media.contains("openxmlformats");
    let names_charset = media.contains("charset=utf-8") || media == "text/event-stream";
    assert!(!is_text || is_sheet || names_charset, "{what}: {media}");
}

#[track_caller]
fn is_protected_for_a_year(path: &str, answer: &Answer, what: &str) {
    is_protected(path, &answer.headers, what);
    let header = answer.header("strict-transport-security");
    assert_eq!(header, Some("max-age=31536000; includeSubDomains"), "{what}");
    let empty = answer.body.is_empty();
    assert!(empty || answer.header("content-type").is_some(), "{what}: a browser would have to guess");
}

async fn start(web_dir: &TempDir) -> TestApp {
    let options = Options {
        public_url: Some("https://callbacks.example.com"),
        web_dir: Some(web_dir.path().to_owned()),
        ..Options::default()
    };
    TestApp::start_with(Backend::Sqlite, options).await
}

#[tokio::test]
async fn every_answer_of_every_operation_has_the_headers() {
    let app = start(&TempDir::new().unwrap()).await;
    let clients = [app.anonymous(), app.admin().await, app.monitor().await, app.key(ApiScope::Router)];
    let mut seen = std::collections::BTreeSet::new();
    let mut check = |path: &str, answer: &Answer, what: &str| {
        is_protected_for_a_year(path, answer, what);
        seen.insert(answer.status);
    };
    for operation in operations() {
        let path = operation
            .path
            .replace("{id}", UNKNOWN)
            .replace("{attempt_id}", UNKNOWN)
            .replace("{hold}", UNKNOWN);
        let method: Method = operation.method.to_uppercase().parse().unwrap();
        // Refreshing and logging out would end the sessions of the others.
        let example = operation.value["requestBody"]["content"]["application/json"]["example"].clone();
        for client in &clients {
            let what = operation.id().to_owned();
            if what == "stream_events" {
                let response = client.request(Method::GET, &path).send().await.unwrap();
                is_protected(&path, response.headers(), &what);
                continue;
            }
            let request = client.request(method.clone(), &path);
            let request = if example.is_null() { request } else { request.json(&example) };
            check(&path, &Answer::to(request).await, &what);
            if method == Method::GET {
                check(&path, &Answer::to(client.request(Method::HEAD, &path)).await, &format!("HEAD {what}"));
                check(&path, &client.get(&format!("{path}?made_up=1")).await, &what);
            } else {
                let send = |media: &'static str, body: String| {
                    client.request(method.clone(), &path).header("content-type", media).body(body)
                };
                let bodies = [
                    ("text/plain", "x"),
                    ("application/json", "{"),
                    ("application/json", "{\"made_up\": 1}"),
                ];
                for (media, body) in bodies {
                    check(&path, &Answer::to(send(media, body.to_owned())).await, &what);
                }
                let large = send("application/json", " ".repeat(1_100_000));
                if let Ok(response) = large.send().await {
                    is_protected(&path, response.headers(), &what);
                }
            }
            let wrong = operation.path.replace("{id}", "17").replace("{attempt_id}", "17");
            check(&wrong, &Answer::to(client.request(method.clone(), &wrong)).await, &what);
            let made_up = Method::from_bytes(b"PURGE").unwrap();
            check(&path, &Answer::to(client.request(made_up, &path)).await, &what);
        }
    }
    for status in [200, 204, 400, 401, 403, 404, 405, 415, 422] {
        assert!(seen.contains(&status), "{status} is missing in {seen:?}");
    }
}

/// A page with one file of each kind.
fn page() -> (TempDir, Vec<String>) {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    let mut names = vec!["index.html".to_owned(), "favicon.svg".to_owned()];
    names.extend(
        ["js", "css", "wasm", "woff2", "svg", "txt", "json"].map(|kind| format!("assets/a-1.{kind}")),
    );
    for name in &names {
        for compressed in ["", ".br", ".gz"] {
            std::fs::write(folder.path().join(format!("{name}{compressed}")), "x").unwrap();
        }
    }
    (folder, names)
}

#[tokio::test]
async fn every_file_has_the_headers_also_where_there_is_none() {
    let (folder, names) = page();
    let app = start(&folder).await;
    let client = app.anonymous();
    let others = [
        "",
        "callbacks",
        "nothing.js",
        "assets/nothing.css",
        "openapi.json",
        "swagger-ui",
        "swagger-ui/",
        "swagger-ui/swagger-ui.css",
        "swagger-ui/index.css",
        "swagger-ui/swagger-ui-bundle.js",
        "swagger-ui/swagger-initializer.js",
        "swagger-ui/favicon-16x16.png",
        "swagger-ui/nothing",
        "api/v1/nothing",
        "api",
        "health/nothing",
        "%2e%2e/%2e%2e/etc/passwd",
        "assets/..%5c..%5cx",
        "%00",
        "%ff",
    ];
    for name in names.iter().map(String::as_str).chain(others) {
        let path = format!("/{name}");
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
            for encoding in ["identity", "gzip, br"] {
                let request = client.request(method.clone(), &path).header("accept-encoding", encoding);
                let answer = Answer::to(request).await;
                is_protected_for_a_year(&path, &answer, &format!("{method} {path}"));
                if let Some(tag) = answer.header("etag") {
                    let again = client.request(method.clone(), &path).header("accept-encoding", encoding);
                    let again = Answer::to(again.header("if-none-match", tag)).await;
                    assert_eq!(again.status, 304, "{path}");
                    is_protected(&path, &again.headers, &path);
                }
            }
        }
    }
}

#[tokio::test]
async fn the_address_of_the_figures_has_the_headers() {
    let options = Options { metrics_apart: true, ..Options::default() };
    let app = TestApp::start_with(Backend::Sqlite, options).await;
    let apart = Client::new(app.metrics_address.unwrap());
    for path in ["/metrics", "/", "/api/v1/me", "/nothing"] {
        for method in [Method::GET, Method::POST] {
            let answer = Answer::to(apart.request(method, path)).await;
            assert_eq!(
                answer.status == 200,
                path == "/metrics" && !answer.body.is_empty(),
                "{path}: {answer}"
            );
            is_protected(path, &answer.headers, path);
        }
    }
}

/// The HTTP library answers these by itself, before there is a request: with no body that a browser
/// could take for anything.
#[tokio::test]
async fn a_head_that_cannot_be_read_is_answered_with_nothing_to_show() {
    let app = TestApp::start(Backend::Sqlite).await;
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(200_000));
    let script = "GET /<script>alert(1)</script> HTTP/1.1\r\nhost: x\r\n\r\n";
    let header = "GET / HTTP/1.1\r\nhost: x\r\n<script>: 1\r\n\r\n";
    let two =
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let tls = "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\r\n\r\n";
    for head in [script, header, two, tls, &long] {
        let mut socket = TcpStream::connect(app.address).await.unwrap();
        let _ = socket.write_all(head.as_bytes()).await;
        let _ = socket.shutdown().await;
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            assert!(answer.is_empty(), "{answer}");
            continue;
        };
        let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert!((400..500).contains(&status), "{answer}");
        assert!(body.is_empty() || head.contains("nosniff"), "{answer}");
    }
}

#[tokio::test]
async fn a_fault_of_ours_has_the_headers() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    app.inside(async |app| app.store.close().await).await;
    for (path, body) in
        [("/api/v1/callbacks", Value::Null), ("/api/v1/users", json!({})), ("/health/ready", Value::Null)]
    {
        let answer = if body.is_null() { admin.get(path).await } else { admin.post(path, &body).await };
        assert!(answer.status >= 500, "{path}: {answer}");
        is_protected(path, &answer.headers, path);
    }
}
