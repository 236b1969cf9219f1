//! Requests with an idempotency key: one effect, and the same answer again.

use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, TestApp};
use rstest::rstest;
use serde_json::json;

use super::errors::problem;

const CALLBACKS: &str = "/api/v1/callbacks";
const NUMBER: &str = "+442079460318";

#[rstest]
#[tokio::test]
async fn a_repeated_request_with_the_same_key_is_replayed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let send = async |key: &str, number: &str| {
        let body =
            json!({"callback_type": "immediate", "service_id": app.service, "customer_number": number});
        Answer::to(client.request(Method::POST, CALLBACKS).header("idempotency-key", key).json(&body)).await
    };
    let first = send("one", NUMBER).await;
    assert_eq!(first.status, 201, "{first}");
    app.advance(60);
    let again = send("one", NUMBER).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    for header in ["location", "etag", "content-type"] {
        assert_eq!(again.header(header), first.header(header));
    }
    assert_eq!(client.json("/api/v1/callbacks/count").await["total"], 1);

    problem(&send("one", "+442079460319").await, 422, "idempotency-key-reused");
    assert_eq!(send("two", NUMBER).await.status, 201);
    // Another caller's key is another key.
    let machine = app.key(ApiScope::CallbacksWrite).request(Method::POST, CALLBACKS);
    let body =
        json!({"callback_type": "immediate", "service_id": app.service, "customer_number": "+442079460319"});
    assert_eq!(Answer::to(machine.header("idempotency-key", "one").json(&body)).await.status, 201);

    // A refused request had no effect, so its key can be used again.
    assert_eq!(send("three", "kim").await.status, 422);
    assert_eq!(send("three", NUMBER).await.status, 201);

    // The key expires after a day.
    app.advance(86_400);
    app.run_retention().await;
    let client = app.supervisor().await;
    let body =
        json!({"callback_type": "immediate", "service_id": app.service, "customer_number": "+442079460319"});
    let request = client.request(Method::POST, CALLBACKS).header("idempotency-key", "one");
    assert_eq!(Answer::to(request.json(&body)).await.status, 201);
    let request = client.request(Method::POST, CALLBACKS).header("idempotency-key", "");
    problem(&Answer::to(request.json(&body)).await, 400, "malformed");
}

#[rstest]
#[tokio::test]
async fn a_command_is_replayed_too(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let id = client.create_immediate(app.service, NUMBER).await["id"].clone();
    let cancel = async || {
        let request = client.request(Method::POST, &format!("{CALLBACKS}/{}/cancel", text(&id)));
        Answer::to(request.header("idempotency-key", "cancel-it")).await
    };
    let (first, again) = (cancel().await, cancel().await);
    assert_eq!((first.status, again.status), (200, 200), "{again}");
    assert_eq!(first.body, again.body);
    problem(&client.command(&id, "cancel", &json!({})).await, 409, "state-conflict");
}

#[rstest]
#[tokio::test]
async fn a_repeated_request_is_refused_while_the_first_still_runs(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let router = app.key(ApiScope::Router);
    let reserve = async || {
        let body = json!({"agent": "agent-17", "services": [app.service], "wait_seconds": 3});
        let request = router.request(Method::POST, "/api/v1/router/reservations");
        Answer::to(request.header("idempotency-key", "wait").json(&body)).await
    };
    let (waiting, meanwhile) = tokio::join!(reserve(), async {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let meanwhile = reserve().await;
        app.supervisor().await.create_immediate(app.service, NUMBER).await;
        app.submit().await;
        meanwhile
    });
    problem(&meanwhile, 409, "in-flight");
    assert_eq!(waiting.status, 200, "{waiting}");
    let again = reserve().await;
    assert_eq!((again.status, &again.body), (200, &waiting.body), "the same reservation, not another");
}
