//! Retention: records are kept for 14 days from their desired time.

use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::{Backend, TestApp};
use rstest::rstest;
use serde_json::json;

const NUMBER: &str = "+442079460318";

/// Shows: S11, S12, S109
#[rstest]
#[tokio::test]
async fn a_record_is_removed_fourteen_days_after_its_desired_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const DAY: i64 = 86_400;
    let app = TestApp::start(backend).await;
    let client = app.key(ApiScope::CallbacksWrite);
    let reader = app.key(ApiScope::CallbacksRead);
    let early = client.create_scheduled(app.service, NUMBER, "2026-11-24T10:00:00Z").await["id"].clone();
    let late = client.create_scheduled(app.service, NUMBER, "2026-12-01T10:00:00Z").await["id"].clone();
    client.command(&early, "cancel", &json!({})).await;
    client.command(&late, "cancel", &json!({})).await;

    app.advance(3_600 + 14 * DAY - 1);
    assert_eq!(app.run_retention().await, 0, "14 days count from the desired time, not from the completion");
    app.advance(1);
    assert_eq!(app.run_retention().await, 1);
    assert_eq!(reader.get(&format!("/api/v1/callbacks/{}", text(&early))).await.status, 404);
    assert_eq!(reader.callback(&late).await["state"], "COMPLETED");
    app.advance(7 * DAY);
    assert_eq!(app.run_retention().await, 1);
}

/// Shows: S13, S14
#[rstest]
#[tokio::test]
async fn no_setting_changes_how_long_a_record_is_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let created = admin.create_scheduled(app.service, NUMBER, "2026-11-25T09:00:00Z").await;
    let service = format!("/api/v1/services/{}", app.service);
    for setting in ["callback_ttl_seconds", "retention_days", "expires_at"] {
        let settings = admin.patch(&service, &json!({ "settings": { setting: 60 } })).await;
        assert_eq!(settings.status, 422, "{setting} is not a setting of a service: {settings}");
        let mut body = json!({
            "callback_type": "scheduled", "service_id": app.service, "customer_number": NUMBER,
            "desired_time": "2026-11-25T09:00:00Z",
        });
        body[setting] = json!(60);
        let record = admin.post("/api/v1/callbacks", &body).await;
        assert_eq!(record.status, 422, "{setting} is not a field of a callback: {record}");
    }
    assert_eq!(admin.callback(&created["id"]).await["expires_at"], "2026-12-09T09:00:00Z");
}

#[rstest]
#[tokio::test]
async fn nothing_expires_or_is_removed_when_the_clock_jumps_ahead(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const DAY: i64 = 86_400;
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let (queued, due) = (app.service, "2026-11-24T10:00:00Z");
    let scheduled = admin.create_scheduled(app.service, NUMBER, due).await["id"].clone();
    let waiting = admin.create_immediate(queued, NUMBER).await["id"].clone();
    app.submit().await;
    let reserved = app.router().reserve_one().await;
    let admin = app.key(ApiScope::CallbacksRead);

    app.clock.set_by_seconds(15 * DAY);
    for _ in 0..3 {
        assert_eq!(app.run_retention().await, 0);
        assert_eq!(app.submit().await, 0, "nothing becomes due because the clock was set");
        assert_eq!(app.expire_leases().await, 0, "the customer may be on the line");
        app.advance(20);
    }
    assert_eq!(admin.callback(&scheduled).await["state"], "SCHEDULED");
    assert_eq!(admin.callback(&waiting).await["state"], "ROUTING");
    assert_eq!(app.router().report(&reserved, "connect", json!({})).await.status, 200);

    // A time server corrects the clock.
    app.clock.set_by_seconds(-15 * DAY);
    assert_eq!(app.submit().await, 0);
    app.advance(3_600);
    assert_eq!(app.submit().await, 1);
    assert_eq!(admin.callback(&scheduled).await["state"], "QUEUED");
}

#[tokio::test]
async fn a_clock_that_jumped_is_trusted_after_a_steady_day() {
    const DAY: i64 = 86_400;
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.key(ApiScope::CallbacksWrite);
    client.create_scheduled(app.service, NUMBER, "2026-11-24T10:00:00Z").await;
    app.clock.set_by_seconds(15 * DAY);
    assert_eq!(app.run_retention().await, 0);
    app.advance(DAY);
    assert_eq!(app.run_retention().await, 2, "it has expired, and is removed");
}

#[rstest]
#[tokio::test]
async fn what_was_never_made_is_given_up_days_before_its_record_is_removed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const DAY: i64 = 86_400;
    let app = TestApp::start(backend).await;
    let client = app.key(ApiScope::CallbacksWrite);
    let reader = app.key(ApiScope::CallbacksRead);
    let id = client.create_scheduled(app.service, NUMBER, "2026-11-24T10:00:00Z").await["id"].clone();
    app.advance(3_600 + 11 * DAY - 1);
    assert_eq!(app.run_retention().await, 0);
    app.advance(1);
    assert_eq!(app.run_retention().await, 1);
    let given_up = reader.callback(&id).await;
    assert_eq!((&given_up["state"], &given_up["result"]), (&json!("COMPLETED"), &json!("FAIL_TIMEOUT_TTL")));
    let metrics = app.anonymous().get("/metrics").await.body;
    let counted = "ringback_callback_transitions_total{action=\"expired\",to=\"COMPLETED\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    app.advance(3 * DAY - 1);
    assert_eq!(app.run_retention().await, 0, "it can be seen for three days");
    assert_eq!(reader.callback(&id).await["state"], "COMPLETED");
    app.advance(1);
    assert_eq!(app.run_retention().await, 1);
}
