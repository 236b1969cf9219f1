//! An integrator's own data is given back byte for byte.

use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const CALLBACKS: &str = "/api/v1/callbacks";

/// What a parser changes: digits, notations, spaces, the order of names.
const DATA: &str = r#"{"z": 12345678901234567890123, "a":[1.50,1E2,-0], "m" : {"ü":"\u00fc"}, "b": true}"#;

async fn create(client: &Client, app: &TestApp, key: &str, data: &str) -> Answer {
    let service = app.service;
    let body = format!(
        r#"{{"callback_type": "immediate", "service_id": "{service}", "customer_number": "+442079460318", "user_data": {data}}}"#
    );
    let request = client.request(Method::POST, CALLBACKS).header("content-type", "application/json");
    Answer::to(request.header("idempotency-key", key).body(body)).await
}

#[rstest]
#[tokio::test]
async fn user_data_comes_back_byte_for_byte(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let member = format!(r#""user_data":{DATA}"#);
    let contains = |answer: &Answer| assert!(answer.body.contains(&member), "{}", answer.body);

    let created = create(&client, &app, "1", DATA).await;
    assert_eq!(created.status, 201, "{created}");
    contains(&created);
    let again = create(&client, &app, "1", DATA).await;
    assert_eq!(again.body, created.body);
    let other = create(&client, &app, "1", &DATA.replace("1.50", "1.5")).await;
    assert_eq!(other.status, 422, "the same value in another text is another request: {other}");

    let id = created.read::<Value>()["id"].clone();
    let path = format!("{CALLBACKS}/{}", text(&id));
    contains(&client.get(&path).await);
    app.submit().await;
    let body = json!({"agent": "Kim", "services": [app.service]});
    contains(&app.key(ApiScope::Router).post("/api/v1/router/reservations", &body).await);
    contains(&client.post(&format!("{path}/cancel"), &json!({})).await);
    contains(&client.post(&format!("{path}/recreate"), &json!({"callback_type": "immediate"})).await);
}

#[tokio::test]
async fn user_data_that_readers_cannot_take_is_refused() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let nested = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    let long = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8));
    for (data, code) in [
        (nested(33), "too_large"),
        (nested(500), "invalid_value"),
        (long(16 * 1024 + 1), "too_large"),
        (r#"{"a": 1e999}"#.to_owned(), "invalid_value"),
        ("[]".to_owned(), "not_an_object"),
    ] {
        let answer = create(&client, &app, code, &data).await;
        assert_eq!(answer.status, 422, "{data}: {answer}");
        let error = &answer.read::<Value>()["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!("/user_data"), &json!(code)), "{data}");
    }
    for (key, data) in [("1", nested(32)), ("2", long(16 * 1024)), ("3", "null".to_owned())] {
        let answer = create(&client, &app, key, &data).await;
        assert_eq!(answer.status, 201, "{answer}");
    }
}
