//! Reports of several attempts in one request.

use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_domain::wire::problem::Problem;
use ringback_tests::app::{ReservedCallback, text};
use ringback_tests::{Answer, Backend, Client, TestApp, another_number};
use rstest::rstest;
use serde_json::{Value, json};

const REPORTS: &str = "/api/v1/attempts/reports";

/// Creates and reserves callbacks.
async fn reserve(app: &TestApp, count: u32) -> Vec<ReservedCallback> {
    let client = app.key(ApiScope::CallbacksWrite);
    for _ in 0..count {
        client.create_immediate(app.service, &another_number()).await;
    }
    app.submit().await;
    app.router().reserve(count).await
}

fn report(reserved: &ReservedCallback, what: &str) -> Value {
    json!({"attempt_id": reserved.attempt, "lease_token": reserved.token, "report": what})
}

async fn post(client: &Client, reports: &[Value]) -> Vec<Value> {
    let answer = client.post(REPORTS, &json!({"reports": reports})).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.read::<Value>()["outcomes"].as_array().unwrap().clone()
}

fn statuses(outcomes: &[Value]) -> Vec<u64> {
    outcomes.iter().map(|outcome| outcome["status"].as_u64().unwrap()).collect()
}

#[rstest]
#[tokio::test]
async fn each_report_is_answered_like_a_single_report(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (router, reader) = (app.key(ApiScope::Router), app.key(ApiScope::CallbacksRead));
    let reserved = reserve(&app, 5).await;
    let mut failed = report(&reserved[1], "failed");
    failed["dial_result"] = json!("BUSY");
    let mut stolen = report(&reserved[3], "connected");
    stolen["lease_token"] = json!("not the token");
    let mut unknown = report(&reserved[4], "released");
    unknown["attempt_id"] = json!("019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2");
    let reports = [
        report(&reserved[0], "connected"),
        failed,
        report(&reserved[2], "released"),
        stolen,
        unknown,
        report(&reserved[4], "completed"),
        report(&reserved[4], "failed"),
    ];
    let outcomes = post(&router, &reports).await;
    assert_eq!(statuses(&outcomes), [200, 200, 200, 409, 404, 409, 422]);
    for (outcome, report) in outcomes.iter().zip(&reports) {
        assert_eq!(outcome["attempt_id"], report["attempt_id"]);
    }
    let states: Vec<_> = outcomes[..3].iter().map(|outcome| text(&outcome["state"])).collect();
    assert_eq!(states, ["PROCESSING", "QUEUED", "QUEUED"]);
    let problem: Problem = serde_json::from_value(outcomes[6]["problem"].clone()).unwrap();
    assert_eq!(problem.errors[0].pointer, "/dial_result");

    // Refused reports change nothing, and do not undo the others.
    for (reserved, state, version) in
        [(0, "PROCESSING", 4), (1, "QUEUED", 4), (3, "ROUTING", 3), (4, "ROUTING", 3)]
            .map(|(index, state, version)| (&reserved[index], state, version))
    {
        let callback = reader.callback(&reserved.callback["id"]).await;
        assert_eq!((&callback["state"], &callback["version"]), (&json!(state), &json!(version)));
    }
    let attempts =
        reader.json(&format!("/api/v1/callbacks/{}/attempts", text(&reserved[1].callback["id"]))).await;
    assert_eq!(attempts["items"][0]["dial_result"], "BUSY");
    assert_eq!(attempts["items"][0]["ended_by"], "attempt_failed");
}

#[rstest]
#[tokio::test]
async fn two_reports_on_one_attempt_are_applied_in_order(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (router, reader) = (app.key(ApiScope::Router), app.key(ApiScope::CallbacksRead));
    let reserved = reserve(&app, 2).await;
    let mut completed = report(&reserved[0], "completed");
    completed["disposition"] = json!("solved");
    let reports = [report(&reserved[0], "connected"), report(&reserved[1], "connected"), completed];
    assert_eq!(statuses(&post(&router, &reports).await), [200, 200, 200]);
    let callback = reader.callback(&reserved[0].callback["id"]).await;
    assert_eq!((&callback["state"], &callback["result"]), (&json!("COMPLETED"), &json!("AGENT_CONNECTED")));
    assert_eq!(callback["metrics"]["disposition"], "solved");
    assert_eq!(callback["metrics"]["dial_results"], json!(["CONNECTED"]));
}

#[rstest]
#[tokio::test]
async fn reports_with_a_key_are_applied_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let router = app.key(ApiScope::Router);
    let reserved = reserve(&app, 1).await;
    let body = json!({"reports": [report(&reserved[0], "connected")]});
    let post = async || {
        let request = router.request(Method::POST, REPORTS).header("idempotency-key", "once").json(&body);
        Answer::to(request).await
    };
    let first = post().await;
    assert_eq!(statuses(first.read::<Value>()["outcomes"].as_array().unwrap()), [200]);
    assert_eq!(post().await.body, first.body);
}

#[tokio::test]
async fn a_request_has_one_to_a_hundred_reports() {
    let app = TestApp::start(Backend::Sqlite).await;
    let router = app.key(ApiScope::Router);
    let reserved = reserve(&app, 1).await;
    for count in [0, 101] {
        let reports = vec![report(&reserved[0], "connected"); count];
        let refused = router.post(REPORTS, &json!({"reports": reports})).await;
        assert_eq!(refused.status, 422, "{count}: {refused}");
    }
    let refused = app.key(ApiScope::CallbacksWrite).post(REPORTS, &json!({"reports": []})).await;
    assert_eq!(refused.status, 403);
}
