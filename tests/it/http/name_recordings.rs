//! The customer's name in their own voice.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const NUMBER: &str = "+442079460318";
const DAY: i64 = 86_400;

/// A tenth of a second of silence, as a WAV file.
pub(crate) fn wav() -> Vec<u8> {
    let mut file = b"RIFF\x44\x03\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    file.extend(b"\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x20\x03\0\0");
    file.extend([128; 800]);
    file
}

/// Attaches a recording to a callback.
pub(crate) async fn attach(client: &Client, id: &Value) {
    let attached = put(client, id, "audio/wav", wav()).await;
    assert_eq!(attached.status, 200, "{attached}");
}

fn path(id: &Value) -> String {
    format!("/api/v1/callbacks/{}/name-recording", text(id))
}

async fn put(client: &Client, id: &Value, media_type: &str, content: Vec<u8>) -> Answer {
    let request = client.request(Method::PUT, &path(id)).header(CONTENT_TYPE, media_type).body(content);
    Answer::to(request).await
}

/// Creates a callback with a name recording and cancels it.
async fn cancelled_with_recording(app: &TestApp, supervisor: &Client) -> Value {
    let created = supervisor.create_immediate(app.service, NUMBER).await;
    attach(supervisor, &created["id"]).await;
    let answer = supervisor.command(&created["id"], "cancel", &json!({})).await;
    assert_eq!(answer.status, 200, "{answer}");
    created["id"].clone()
}

async fn recreate(client: &Client, id: &Value) -> Value {
    let body = json!({"callback_type": "immediate"});
    let answer = client.command(id, "recreate", &body).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer.read()
}

#[rstest]
#[tokio::test]
async fn a_name_recording_is_attached_downloaded_and_removed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let supervisor = app.supervisor().await;
    let id = supervisor.create_immediate(app.service, NUMBER).await["id"].clone();
    assert_eq!(supervisor.get(&path(&id)).await.status, 404);
    let attached: Value = put(&supervisor, &id, "audio/x-wav; rate=8000", wav()).await.read();
    assert_eq!(
        attached,
        json!({"media_type": "audio/wav", "size_bytes": 844, "created_at": "2026-11-24T09:00:00Z", "kept_until": null})
    );
    assert_eq!(supervisor.callback(&id).await["name_recording"], attached);

    let monitor = app.monitor().await;
    let downloaded = monitor.request(Method::GET, &path(&id)).send().await.unwrap();
    assert_eq!(downloaded.headers()[CONTENT_TYPE], "audio/wav");
    assert_eq!(downloaded.bytes().await.unwrap(), wav());
    assert_eq!(put(&monitor, &id, "audio/wav", wav()).await.status, 403);

    for status in [204, 204] {
        assert_eq!(supervisor.request(Method::DELETE, &path(&id)).send().await.unwrap().status(), status);
    }
    assert_eq!(monitor.get(&path(&id)).await.status, 404);
    assert!(supervisor.callback(&id).await.get("name_recording").is_none());
}

#[tokio::test]
async fn only_audio_of_a_limited_size_is_accepted() {
    let app = TestApp::start(Backend::Sqlite).await;
    let supervisor = app.supervisor().await;
    let id = supervisor.create_immediate(app.service, NUMBER).await["id"].clone();
    let mut large = wav();
    large.resize(1024 * 1024 + 1, 0);
    for (media_type, content, status) in [
        ("text/plain", b"Kim".to_vec(), 415),
        ("audio/wav", b"Kim".to_vec(), 422),
        ("audio/mpeg", wav(), 422),
        ("audio/wav", Vec::new(), 422),
        ("audio/wav", large, 413),
    ] {
        let answer = put(&supervisor, &id, media_type, content).await;
        assert_eq!(answer.status, status, "{answer}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    let unknown = json!("019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2");
    assert_eq!(put(&supervisor, &unknown, "audio/wav", wav()).await.status, 404);
    assert_eq!(supervisor.get(&path(&id)).await.status, 404, "nothing was attached");
}

/// Shows: S95
#[rstest]
#[tokio::test]
async fn recreating_within_four_days_of_completion_keeps_the_name_recording(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let supervisor = app.supervisor().await;
    let old = cancelled_with_recording(&app, &supervisor).await;
    assert_eq!(supervisor.callback(&old).await["name_recording"]["kept_until"], "2026-11-28T09:00:00Z");
    app.advance(4 * DAY);
    let supervisor = app.supervisor().await;
    app.run_retention().await;
    let new = recreate(&supervisor, &old).await;
    assert_eq!(new["name_recording"]["size_bytes"], 844, "{new}");
    assert_eq!(supervisor.get(&path(&new["id"])).await.status, 200);
    assert_eq!(supervisor.get(&path(&old)).await.status, 200);
}

/// Shows: S96
#[rstest]
#[tokio::test]
async fn recreating_after_four_days_drops_the_name_recording(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let supervisor = app.supervisor().await;
    let (early, late) = (
        cancelled_with_recording(&app, &supervisor).await,
        cancelled_with_recording(&app, &supervisor).await,
    );
    app.advance(4 * DAY + 1);
    let supervisor = app.supervisor().await;
    // Before and after the worker has removed expired recordings.
    let new = recreate(&supervisor, &early).await;
    assert!(new.get("name_recording").is_none(), "{new}");
    app.run_retention().await;
    let new = recreate(&supervisor, &late).await;
    assert!(new.get("name_recording").is_none(), "{new}");
    assert_eq!(supervisor.get(&path(&late)).await.status, 404);
}
