//! Cancellations that can be undone for some seconds, single and bulk.

use ringback_domain::ApiScope;
use ringback_tests::app::{can, text};
use ringback_tests::{Backend, Client, TestApp, another_number};
use rstest::rstest;
use serde_json::{Value, json};

const JOBS: &str = "/api/v1/bulk-cancellations";

async fn queued(app: &TestApp, client: &Client) -> Value {
    let created = client.create_immediate(app.service, &another_number()).await;
    app.submit().await;
    created["id"].clone()
}

async fn undoable(client: &Client, id: &Value, seconds: u32) -> Value {
    let answer = client.command(id, "cancel", &json!({ "undo_seconds": seconds })).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.read()
}

async fn actions(client: &Client, id: &Value) -> Vec<String> {
    let timeline = client.json(&format!("/api/v1/callbacks/{}/timeline", text(id))).await;
    timeline["items"].as_array().unwrap().iter().map(|line| text(&line["action"])).collect()
}

#[rstest]
#[tokio::test]
async fn a_cancellation_takes_effect_when_it_can_be_undone_no_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let id = queued(&app, &client).await;
    let pending = undoable(&client, &id, 10).await;
    assert_eq!(pending["state"], "QUEUED");
    assert_eq!(
        pending["cancellation"],
        json!({"by": {"kind": "user", "name": "supervisor"}, "requested_at": "2026-11-24T09:00:00Z",
               "effective_at": "2026-11-24T09:00:10Z"})
    );
    assert_eq!(can(&pending), ["cancel", "undo"]);
    let listed = client.json("/api/v1/callbacks?state=QUEUED").await["items"][0].clone();
    assert_eq!((&listed["cancellation"], &listed["can"]), (&pending["cancellation"], &pending["can"]));
    assert_eq!(app.router().reserve(1).await.len(), 0);
    let again = undoable(&client, &id, 30).await;
    assert_eq!((&again["cancellation"], &again["version"]), (&pending["cancellation"], &pending["version"]));

    app.advance(9);
    assert_eq!(app.effect_cancellations().await, 0);
    app.advance(1);
    assert_eq!(app.effect_cancellations().await, 1);
    let over = client.callback(&id).await;
    assert_eq!((&over["state"], &over["result"]), (&json!("COMPLETED"), &json!("CANCELLED_BY_ADMIN")));
    assert_eq!(
        (&over["metrics"]["cancelled_by"], &over["cancellation"]),
        (&json!("supervisor"), &Value::Null)
    );
    let undo = client.command(&id, "cancel/undo", &json!({})).await;
    let refused: Value = undo.read();
    assert_eq!((undo.status, &refused["state"]), (409, &json!("COMPLETED")), "{undo}");
    assert_eq!(actions(&client, &id).await, ["created", "submitted", "cancellation_requested", "cancelled"]);
}

#[rstest]
#[tokio::test]
async fn an_undone_cancellation_gives_the_place_in_the_queue_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let first = queued(&app, &client).await;
    app.advance(1);
    let second = queued(&app, &client).await;
    undoable(&client, &first, 60).await;
    assert_eq!(client.callback(&first).await["metrics"]["position_in_queue"], Value::Null);
    assert_eq!(client.callback(&second).await["metrics"]["position_in_queue"], 1);
    // A machine that may cancel may undo as well.
    for _ in 0..2 {
        let undone = app.integration().command(&first, "cancel/undo", &json!({})).await;
        let view: Value = undone.read();
        assert_eq!((undone.status, &view["cancellation"], &view["version"]), (200, &Value::Null, &json!(4)));
    }
    let refused = app.key(ApiScope::CallbacksRead).command(&first, "cancel/undo", &json!({})).await;
    assert_eq!(refused.status, 403);
    app.advance(60);
    assert_eq!(app.effect_cancellations().await, 0);
    let reserved: Vec<_> =
        app.router().reserve(2).await.into_iter().map(|one| one.callback["id"].clone()).collect();
    assert_eq!(reserved, [first, second]);
}

#[rstest]
#[tokio::test]
async fn a_routing_callback_is_taken_from_its_router_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let id = queued(&app, &client).await;
    let reserved = app.router().reserve_one().await;
    assert_eq!(undoable(&client, &id, 10).await["state"], "QUEUED");
    let connect = app.router().report(&reserved, "connect", json!({})).await;
    assert_eq!(connect.status, 409, "{connect}");
    let attempts = client.json(&format!("/api/v1/callbacks/{}/attempts", text(&id))).await;
    assert_eq!(attempts["items"][0]["ended_by"], "cancellation_requested");
    client.command(&id, "cancel/undo", &json!({})).await;
    assert_eq!(app.router().reserve_one().await.callback["id"], id);
}

#[rstest]
#[tokio::test]
async fn nothing_else_happens_while_a_cancellation_waits(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let id =
        client.create_scheduled(app.service, "+442079460001", "2026-11-24T09:00:05Z").await["id"].clone();
    undoable(&client, &id, 10).await;
    app.advance(6);
    assert_eq!(app.submit().await, 0);
    let later = json!({ "desired_time": "2026-11-24T12:00:00Z" });
    let refused = client.command(&id, "reschedule", &later).await;
    assert_eq!(refused.status, 409, "{refused}");
    assert!(refused.body.contains("Undo the cancellation first"), "{refused}");
    assert_eq!(client.command(&id, "recreate", &json!({"callback_type": "immediate"})).await.status, 409);
    let counted = client.json("/api/v1/callbacks/count?state=SCHEDULED").await;
    assert_eq!(counted["total"], 1);
    for seconds in [61, u32::MAX] {
        let answer = client.command(&id, "cancel", &json!({ "undo_seconds": seconds })).await;
        assert_eq!(answer.status, 422, "{answer}");
    }
    // Without time to undo it is cancelled at once.
    let over: Value = client.command(&id, "cancel", &json!({})).await.read();
    assert_eq!((&over["state"], &over["cancellation"]), (&json!("COMPLETED"), &Value::Null));
}

#[rstest]
#[tokio::test]
async fn a_bulk_cancellation_holds_its_callbacks_back_and_can_be_undone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("undo", "stop")] command: &str,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(queued(&app, &client).await);
        app.advance(1);
    }
    let reserved = app.router().reserve_one().await;
    let answer = client.post(JOBS, &json!({ "ids": ids, "undo_seconds": 10 })).await;
    let job: Value = answer.read();
    assert_eq!(answer.status, 202, "{answer}");
    assert_eq!((&job["state"], &job["effective_at"]), (&json!("pending"), &json!("2026-11-24T09:00:13Z")));
    assert_eq!(app.router().report(&reserved, "connect", json!({})).await.status, 409);
    assert_eq!(app.router().reserve(3).await.len(), 0);
    assert_eq!(app.run_bulk_round().await, 0);

    for _ in 0..2 {
        let ended = client.post(&format!("{JOBS}/{}/{command}", text(&job["id"])), &json!({})).await;
        let view: Value = ended.read();
        assert_eq!((ended.status, &view["state"]), (200, &json!("stopped")), "{ended}");
        assert_eq!(view["outcomes"]["stopped"], 3);
    }
    app.advance(10);
    assert_eq!((app.run_bulk_round().await, app.effect_cancellations().await), (0, 0));
    let again: Vec<_> =
        app.router().reserve(3).await.into_iter().map(|one| one.callback["id"].clone()).collect();
    assert_eq!(again, ids);
}

#[rstest]
#[tokio::test]
async fn a_bulk_cancellation_takes_effect_except_for_what_was_undone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(queued(&app, &client).await);
    }
    let job: Value = client.post(JOBS, &json!({ "ids": ids, "undo_seconds": 10 })).await.read();
    let path = format!("{JOBS}/{}", text(&job["id"]));
    assert_eq!(client.command(&ids[1], "cancel/undo", &json!({})).await.status, 200);
    app.advance(10);
    // The worker of single cancellations leaves them to the job.
    assert_eq!(app.effect_cancellations().await, 0);
    app.finish_bulk_cancellations().await;
    let done = client.json(&path).await;
    assert_eq!((&done["state"], &done["outcomes"]["cancelled"]), (&json!("completed"), &json!(2)), "{done}");
    assert_eq!(done["outcomes"]["stopped"], 1);
    assert_eq!(client.callback(&ids[0]).await["metrics"]["cancelled_by"], "supervisor");
    assert_eq!(client.callback(&ids[1]).await["state"], "QUEUED");
    let late = client.post(&format!("{path}/undo"), &json!({})).await;
    assert_eq!(late.status, 409, "{late}");
    assert!(late.body.contains("completed"), "{late}");
}
