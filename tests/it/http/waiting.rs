//! What a callback waits for, and its place in the queue while it is in line.

use reqwest::Method;
use ringback_domain::ServiceId;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

/// What a callback waits for, which the list tells as the record does, and its place,
/// which the list may tell a second later.
async fn waits(client: &Client, id: &Value) -> (Value, Value) {
    let record = client.callback(id).await;
    let list = client.json("/api/v1/callbacks").await;
    let row = list["items"].as_array().unwrap().iter().find(|row| row["id"] == *id).unwrap();
    assert_eq!(row["waiting_for"], record["waiting_for"]);
    assert_eq!(first_shut(client, id).await, record["waiting_for"]);
    let position = record["metrics"]["position_in_queue"].clone();
    if position.is_null() {
        assert_eq!(row["metrics"]["position_in_queue"], Value::Null);
        for view in [row, &record] {
            assert_eq!(view["metrics"]["estimated_wait_seconds"], Value::Null);
        }
    }
    (record["waiting_for"].clone(), position)
}

/// What the gates say that it waits for.
async fn first_shut(client: &Client, id: &Value) -> Value {
    let gates = client.json(&format!("/api/v1/callbacks/{}/gates", text(id))).await;
    let gates = gates["gates"].as_array().unwrap();
    let Some(gate) = gates.iter().find(|gate| gate["verdict"] != "open") else { return Value::Null };
    match gate.get("until") {
        Some(until) => json!({"reason": gate["event"], "until": until}),
        None => json!({ "reason": gate["event"] }),
    }
}

async fn dial(app: &TestApp, service: ServiceId, dials: bool) {
    let path = format!("/api/v1/services/{service}");
    let request = app.admin().await.request(Method::PATCH, &path);
    assert_eq!(Answer::to(request.json(&json!({ "dial_pending": dials }))).await.status, 200);
}

#[rstest]
#[tokio::test]
async fn a_callback_says_what_it_waits_for(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let gap = json!({"retry_policy": {"results": {"BUSY": {"gap_seconds": 300, "jitter": 0}}}});
    let service = format!("/api/v1/services/{}", app.service);
    assert_eq!(app.admin().await.patch(&service, &gap).await.status, 200);
    // No person's token lasts that long.
    let client = app.integration();
    let id =
        client.create_scheduled(app.service, "+442079460001", "2026-11-24T09:10:00Z").await["id"].clone();
    let none = Value::Null;
    let ahead = json!({"reason": "desired_time", "until": "2026-11-24T09:10:00Z"});
    assert_eq!(waits(&client, &id).await, (ahead, none.clone()));
    app.advance(600);
    // The first log-in has ended by now.
    let client = app.supervisor().await;
    assert_eq!(waits(&client, &id).await, (json!({"reason": "submission"}), none.clone()));
    app.submit().await;
    assert_eq!(waits(&client, &id).await, (json!({"reason": "agent"}), json!(1)));

    dial(&app, app.service, false).await;
    assert_eq!(waits(&client, &id).await, (json!({"reason": "dialling"}), none.clone()));
    dial(&app, app.service, true).await;
    let reserved = app.router().reserve_one().await;
    assert_eq!(waits(&client, &id).await, (json!({"reason": "connection"}), none.clone()));
    app.router().report(&reserved, "fail", json!({"dial_result": "BUSY"})).await;
    let gap = json!({"reason": "retry_gap", "until": "2026-11-24T09:15:00Z"});
    assert_eq!(waits(&client, &id).await, (gap, none.clone()));

    // Whoever is in the gap is not before others in line.
    let other = client.create_immediate(app.service, "+442079460002").await["id"].clone();
    app.submit().await;
    app.advance(2);
    assert_eq!(waits(&client, &other).await, (json!({"reason": "agent"}), json!(1)));
    app.advance(298);
    assert_eq!(waits(&client, &id).await, (json!({"reason": "agent"}), json!(1)));
    assert_eq!(waits(&client, &other).await, (json!({"reason": "agent"}), json!(2)));

    client.command(&id, "cancel", &json!({"undo_seconds": 10})).await;
    let pending = json!({"reason": "cancellation", "until": "2026-11-24T09:15:10Z"});
    assert_eq!(waits(&client, &id).await, (pending, none.clone()));
    client.command(&id, "cancel", &json!({})).await;
    assert_eq!(waits(&client, &id).await, (none.clone(), none.clone()));
    for _ in 0..3 {
        app.router().reserve_one().await;
        app.advance(60);
        app.expire_leases().await;
    }
    assert_eq!(waits(&client, &other).await, (json!({"reason": "decision"}), none));
    assert_eq!(text(&client.callback(&other).await["state"]), "QUEUED");
}

/// Shows: S51, S52, S55
#[rstest]
#[tokio::test]
async fn place_and_wait_stay_known_after_the_queue(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let unseen = client.create_immediate(app.service, "+442079460001").await;
    app.submit().await;
    let reserved = app.router().reserve_one().await;
    app.router().report(&reserved, "connect", json!({})).await;
    let mut queued = Vec::new();
    for number in ["+442079460002", "+442079460003", "+442079460004"] {
        app.advance(1);
        queued.push(client.create_immediate(app.service, number).await["id"].clone());
    }
    app.submit().await;
    let places = async |id: &Value| {
        let metrics = client.callback(id).await["metrics"].clone();
        let of = |name: &str| metrics.get(name).cloned().unwrap_or_default();
        let now = [of("position_in_queue"), of("estimated_wait_seconds")];
        (now, [of("last_position_in_queue"), of("last_estimated_wait_seconds")])
    };
    // One was connected in half an hour.
    let (none, third) = ([Value::Null, Value::Null], [json!(3), json!(5400)]);
    assert_eq!(places(&queued[2]).await, (third.clone(), none.clone()));
    client.command(&queued[2], "cancel", &json!({"undo_seconds": 10})).await;
    assert_eq!(places(&queued[2]).await, (none.clone(), third.clone()));
    client.command(&queued[2], "cancel", &json!({})).await;
    assert_eq!(places(&queued[2]).await, (none.clone(), third));
    let reserved = app.router().reserve_one().await;
    let first = [json!(1), json!(1800)];
    assert_eq!(reserved.callback["id"], queued[0]);
    assert_eq!(places(&queued[0]).await, (none.clone(), first.clone()));
    app.router().report(&reserved, "connect", json!({})).await;
    app.router().report(&reserved, "complete", json!({})).await;
    assert_eq!(places(&queued[0]).await, (none.clone(), first));
    // Nobody had looked at the queue by then.
    assert_eq!(places(&unseen["id"]).await, (none, [json!(1), Value::Null]));
}
