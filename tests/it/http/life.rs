//! The life cycle of callbacks, from the request to the result.

use std::time::{Duration, Instant};

use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::{can, text};
use ringback_tests::{Answer, Backend, Client, TestApp, another_number, figure, size};
use rstest::rstest;
use serde_json::{Value, json};

const NUMBER: &str = "+442079460318";

/// The timeline as lines of `actor action: from-state to-state`.
async fn timeline(client: &Client, id: &Value) -> Vec<String> {
    let timeline = client.json(&format!("/api/v1/callbacks/{}/timeline", text(id))).await;
    let items = timeline["items"].as_array().unwrap();
    for (index, item) in items.iter().enumerate() {
        assert_eq!(item["version"], index + 1, "each line is one version");
    }
    items
        .iter()
        .map(|item| {
            let from = item["from_state"].as_str().unwrap_or("-");
            let (name, action) = (text(&item["actor"]["name"]), text(&item["action"]));
            format!("{name} {action}: {from} {}", text(&item["to_state"]))
        })
        .collect()
}

/// The names of the metrics in a record.
fn metric_names(callback: &Value) -> Vec<&str> {
    callback["metrics"].as_object().unwrap().keys().map(String::as_str).collect()
}

fn assert_metrics_are_kept(before: &Value, after: &Value) {
    let (before, after) = (metric_names(before), metric_names(after));
    for name in before {
        assert!(after.contains(&name), "{name} is not in {after:?} any more");
    }
}

/// Shows: S19, S20, S21, S23, S25, S54, S55, S57
#[rstest]
#[tokio::test]
async fn an_immediate_callback_goes_from_its_request_to_an_agent(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let supervisor = app.supervisor().await;

    let answer = supervisor
        .post(
            "/api/v1/callbacks",
            &json!({
                "callback_type": "immediate",
                "service_id": app.service,
                "customer_number": "020 7946 0318",
                "customer_time_zone": "Europe/Paris",
                "language": "fr",
                "user_data": {"order": [1, 2]},
            }),
        )
        .await;
    assert_eq!((answer.status, answer.header("etag")), (201, Some("\"1\"")), "{answer}");
    let scheduled: Value = answer.read();
    let id = &scheduled["id"];
    assert_eq!(answer.header("location"), Some(&*format!("/api/v1/callbacks/{}", text(id))));
    assert_eq!(scheduled["state"], "SCHEDULED");
    assert_eq!(scheduled["customer_number"], NUMBER, "a national number is read in the service's country");
    assert_eq!(scheduled["service"], json!({"id": app.service, "name": "Billing EN"}));
    assert_eq!(scheduled["metrics"]["created_by"], "supervisor");
    assert_eq!(scheduled["scheduled_origin"], false);
    assert_eq!(scheduled["desired_time"], "2026-11-24T09:00:00Z", "an immediate callback is wanted now");
    assert_eq!(scheduled["expires_at"], "2026-12-08T09:00:00Z", "it is kept for 14 days");
    assert_eq!(can(&scheduled), ["cancel", "reschedule"]);
    assert_eq!(scheduled["user_data"], json!({"order": [1, 2]}));

    assert_eq!(app.submit().await, 1);
    let queued = supervisor.callback(id).await;
    assert_eq!(queued["state"], "QUEUED");
    assert_eq!(queued["metrics"]["position_in_queue"], 1);
    assert_eq!(queued["metrics"].get("agent"), None, "nobody is assigned so far");
    assert_eq!(queued["metrics"]["queued_at"], "2026-11-24T09:00:00Z");
    assert_eq!(can(&queued), ["cancel"]);
    assert_metrics_are_kept(&scheduled, &queued);

    app.advance(30);
    let router = app.router();
    let reserved = router.reserve_one().await;
    assert_eq!(&reserved.callback["id"], id);
    assert_eq!(reserved.callback["customer_number"], NUMBER);
    assert_eq!(reserved.callback["user_data"], json!({"order": [1, 2]}));
    let routing = supervisor.callback(id).await;
    assert_eq!(routing["state"], "ROUTING");
    assert_eq!(routing["metrics"]["agent"], "agent-17");
    assert_eq!(routing["metrics"]["wait_for_agent_seconds"], 30);
    assert_eq!(routing["metrics"]["position_in_queue"], Value::Null);
    assert_eq!(routing["metrics"]["last_position_in_queue"], 1);
    assert_eq!(routing["metrics"].get("agent_connected_at"), None, "the call is not with the agent yet");
    assert_metrics_are_kept(&queued, &routing);
    assert!(router.reserve(1).await.is_empty(), "it is reserved once");

    app.advance(5);
    let answer = router.report(&reserved, "connect", json!({})).await;
    assert_eq!((answer.status, answer.header("etag")), (200, Some("\"4\"")), "{answer}");
    let processing = supervisor.callback(id).await;
    assert_eq!(processing["state"], "PROCESSING");
    assert_eq!(processing["metrics"]["establish_seconds"], 5);
    assert_eq!(processing["metrics"]["punctuality_seconds"], 35);
    assert_eq!(processing["metrics"]["attempts_made"], 1);
    assert_eq!(can(&processing), ["close"]);
    assert_metrics_are_kept(&routing, &processing);

    app.advance(60);
    let answer = router.report(&reserved, "complete", json!({"disposition": "solved"})).await;
    assert_eq!(answer.status, 200, "{answer}");
    let completed = supervisor.callback(id).await;
    assert_eq!(completed["state"], "COMPLETED");
    assert_eq!(completed["result"], "AGENT_CONNECTED");
    assert_eq!(completed["metrics"]["handling_seconds"], 60);
    assert_eq!(completed["metrics"]["disposition"], "solved");
    assert_eq!(completed["metrics"]["completed_at"], "2026-11-24T09:01:35Z");
    assert_eq!(can(&completed), Vec::<&str>::new());
    assert_eq!(completed["version"], 5);
    assert_metrics_are_kept(&processing, &completed);

    assert_eq!(
        timeline(&supervisor, id).await,
        [
            "supervisor created: - SCHEDULED",
            "scheduler submitted: SCHEDULED QUEUED",
            "Router reserved: QUEUED ROUTING",
            "Router connected: ROUTING PROCESSING",
            "Router finished: PROCESSING COMPLETED",
        ]
    );
    let attempts = supervisor.json(&format!("/api/v1/callbacks/{}/attempts", text(id))).await;
    let attempt = &attempts["items"][0];
    assert_eq!(attempt["id"], reserved.attempt.as_str());
    assert_eq!((&attempt["agent"], &attempt["ended_by"]), (&json!("agent-17"), &json!("finished")));
    app.stop().await;
}

/// Shows: S17, S61
#[rstest]
#[tokio::test]
async fn a_scheduled_callback_is_not_routed_before_its_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.key(ApiScope::CallbacksWrite);
    let reader = app.key(ApiScope::CallbacksRead);
    let created = client.create_scheduled(app.service, NUMBER, "2026-11-24T11:00:00+01:00").await;
    let id = &created["id"];
    assert_eq!(created["desired_time"], "2026-11-24T10:00:00Z", "times are answered in UTC");
    assert_eq!(created["scheduled_origin"], true);
    assert_eq!(created["metrics"].get("created_by"), None, "a machine leaves no user name");
    let attempts = reader.json(&format!("/api/v1/callbacks/{}/attempts", text(id))).await;
    assert_eq!(attempts["items"], json!([]));
    assert_eq!(created["metrics"].get("queued_at"), None);

    app.advance(3_599);
    assert_eq!(app.submit().await, 0, "a second too early");
    assert!(app.router().reserve(1).await.is_empty());
    app.advance(1);
    assert_eq!(app.submit().await, 1);
    let reserved = app.router().reserve_one().await;
    let router = app.router();
    router.report(&reserved, "connect", json!({})).await;
    router.report(&reserved, "complete", json!({})).await;
    let completed = reader.callback(id).await;
    assert_eq!((&completed["state"], &completed["result"]), (&json!("COMPLETED"), &json!("AGENT_CONNECTED")));
    assert_eq!(completed["scheduled_origin"], true, "the origin never changes");
    assert_eq!(
        timeline(&reader, id).await,
        [
            "CallbacksWrite created: - SCHEDULED",
            "scheduler submitted: SCHEDULED QUEUED",
            "Router reserved: QUEUED ROUTING",
            "Router connected: ROUTING PROCESSING",
            "Router finished: PROCESSING COMPLETED",
        ]
    );
}

/// Shows: S27, S28
#[rstest]
#[tokio::test]
async fn a_callback_that_misses_its_window_is_overdue_and_still_made(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let created = client.create_scheduled(app.service, NUMBER, "2026-11-24T09:01:00Z").await;
    app.advance(60 + 120);
    assert_eq!(client.callback(&created["id"]).await["overdue"], false, "the window has not ended");
    app.advance(1);
    assert_eq!(client.callback(&created["id"]).await["overdue"], true);
    let count = client.json("/api/v1/callbacks/count?overdue=true").await;
    assert_eq!((&count["total"], &count["overdue"]), (&json!(1), &json!(1)));
    assert_eq!(app.submit().await, 1);
    assert_eq!(client.callback(&created["id"]).await["overdue"], false);
}

#[rstest]
#[tokio::test]
async fn the_third_failed_dial_completes_a_callback(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    // No person's token lasts that long.
    let client = app.integration();
    let id = client.create_immediate(app.service, NUMBER).await["id"].clone();
    app.submit().await;
    let router = app.router();
    for (attempts, result, gap) in [(1, "BUSY", 120), (2, "NO_ANSWER", 900)] {
        let reserved = router.reserve_one().await;
        let answer = router.report(&reserved, "fail", json!({"dial_result": result})).await;
        assert_eq!(answer.status, 200, "{answer}");
        let back = client.callback(&id).await;
        assert_eq!((&back["state"], &back["metrics"]["attempts_made"]), (&json!("QUEUED"), &json!(attempts)));
        app.advance(gap - 1);
        assert!(router.reserve(1).await.is_empty(), "the gap is {gap} seconds at least");
        // Chance adds a tenth at most.
        app.advance(1 + gap / 10);
    }
    let reserved = router.reserve_one().await;
    let answer = router.report(&reserved, "fail", json!({"dial_result": "ANSWERING_MACHINE"})).await;
    assert_eq!(answer.status, 200, "{answer}");
    let completed = client.callback(&id).await;
    assert_eq!(
        (&completed["state"], &completed["result"]),
        (&json!("COMPLETED"), &json!("FAIL_CALL_TO_CUSTOMER"))
    );
    assert_eq!(completed["metrics"]["dial_results"], json!(["BUSY", "NO_ANSWER", "ANSWERING_MACHINE"]));
    assert_eq!(can(&completed), ["recreate"]);
    app.advance(86_400);
    assert!(router.reserve(1).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_released_or_expired_reservation_returns_to_its_old_position(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(client.create_immediate(app.service, &another_number()).await["id"].clone());
        app.advance(1);
    }
    app.submit().await;
    let router = app.router();

    let reserved = router.reserve_one().await;
    assert_eq!(reserved.callback["id"], ids[0]);
    assert_eq!(client.callback(&ids[1]).await["metrics"]["position_in_queue"], 1);
    let answer = router.report(&reserved, "release", json!({"pause_seconds": 0})).await;
    assert_eq!((answer.status, &answer.read::<Value>()["state"]), (200, &json!("QUEUED")));
    assert_eq!(client.callback(&ids[0]).await["metrics"]["position_in_queue"], 1);
    assert_eq!(client.callback(&ids[1]).await["metrics"]["position_in_queue"], 2);

    let reserved = router.reserve_one().await;
    assert_eq!(reserved.callback["id"], ids[0], "it is the next again");
    app.advance(20);
    let answer = router.report(&reserved, "extend", json!({"lease_seconds": 60})).await;
    assert_eq!(answer.status, 200, "{answer}");
    app.advance(59);
    assert_eq!(app.expire_leases().await, 0, "the lease was extended");
    app.advance(1);
    assert_eq!(app.expire_leases().await, 1);
    let next = router.reserve_one().await;
    assert_eq!(next.callback["id"], ids[0], "nobody was overtaken");

    for report in ["extend", "connect", "release"] {
        let answer = router.report(&reserved, report, json!({})).await;
        assert_eq!(answer.status, 409, "{report} on a lost lease: {answer}");
        assert_eq!(answer.read::<Value>()["type"], "urn:ringback:problem:lease-lost");
    }
    assert_eq!(router.report(&next, "connect", json!({})).await.status, 200);
}

#[rstest]
#[tokio::test]
async fn the_queue_is_ordered_by_priority_then_by_arrival(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.key(ApiScope::CallbacksWrite);
    let create = async |more: Value| {
        let number = another_number();
        let mut body =
            json!({ "callback_type": "immediate", "service_id": app.service, "customer_number": number });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        app.advance(1);
        client.create(&body).await["id"].clone()
    };
    let second = create(json!({})).await;
    let third = create(json!({})).await;
    let arrived_earlier = create(json!({"arrived_at": "2026-11-24T08:55:00Z"})).await;
    let important = create(json!({"priority": 10})).await;
    app.submit().await;
    let reserved = app.router().reserve(50).await;
    let order: Vec<_> = reserved.iter().map(|reserved| reserved.callback["id"].clone()).collect();
    assert_eq!(order, [important, arrived_earlier, second, third]);
}

/// Shows: S26, S58, S61, S90
#[rstest]
#[tokio::test]
async fn only_a_person_cancels_as_an_administrator(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (person, machine) = (app.supervisor().await, app.key(ApiScope::CallbacksWrite));
    let by_person = person.create_immediate(app.service, NUMBER).await["id"].clone();
    let by_machine = machine.create_immediate(app.service, &another_number()).await["id"].clone();

    let answer = person.command(&by_person, "cancel", &json!({})).await;
    let completed: Value = answer.read();
    assert_eq!((answer.status, &completed["result"]), (200, &json!("CANCELLED_BY_ADMIN")), "{answer}");
    assert_eq!(completed["metrics"]["cancelled_by"], "supervisor");

    let answer =
        Answer::to(machine.request(Method::POST, &format!("/api/v1/callbacks/{}/cancel", text(&by_machine))))
            .await;
    let completed: Value = answer.read();
    assert_eq!(
        (answer.status, &completed["result"]),
        (200, &json!("CANCELLED")),
        "no body is needed: {answer}"
    );
    assert_eq!(completed["metrics"].get("cancelled_by"), None);
    let lines = timeline(&person, &by_machine).await;
    assert_eq!(lines[1], "CallbacksWrite cancelled: SCHEDULED COMPLETED", "the trail names the key");
    assert_eq!(app.submit().await, 0, "cancelled callbacks are not submitted");
}

/// Shows: S22
#[rstest]
#[tokio::test]
async fn a_callback_can_be_cancelled_until_agent_and_customer_talk(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let id = client.create_immediate(app.service, NUMBER).await["id"].clone();
    app.submit().await;
    let router = app.router();
    let reserved = router.reserve_one().await;
    assert_eq!(client.command(&id, "cancel", &json!({})).await.status, 200);
    let answer = router.report(&reserved, "connect", json!({})).await;
    assert_eq!(answer.status, 409, "{answer}");
    assert_eq!(client.callback(&id).await["result"], "CANCELLED_BY_ADMIN");

    let id = client.create_immediate(app.service, NUMBER).await["id"].clone();
    app.submit().await;
    let reserved = router.reserve_one().await;
    router.report(&reserved, "connect", json!({})).await;
    let answer = client.command(&id, "cancel", &json!({})).await;
    assert_eq!((answer.status, &answer.read::<Value>()["state"]), (409, &json!("PROCESSING")));
}

/// Shows: S15, S59, S88
#[rstest]
#[tokio::test]
async fn rescheduling_moves_the_removal_date_and_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let created = client.create_scheduled(app.service, NUMBER, "2026-11-25T09:00:00Z").await;
    let id = &created["id"];
    app.advance(10);
    let answer = client.command(id, "reschedule", &json!({"desired_time": "2026-12-01T15:30:00Z"})).await;
    assert_eq!((answer.status, answer.header("etag")), (200, Some("\"2\"")), "{answer}");
    let rescheduled: Value = answer.read();
    assert_eq!(rescheduled["desired_time"], "2026-12-01T15:30:00Z");
    assert_eq!(rescheduled["expires_at"], "2026-12-15T15:30:00Z");
    assert_eq!(rescheduled["state"], "SCHEDULED");
    assert_eq!(rescheduled["metrics"]["rescheduled_by"], "supervisor");
    assert_eq!(rescheduled["metrics"]["reschedule_count"], 1);
    assert_eq!(rescheduled["metrics"]["last_rescheduled_at"], "2026-11-24T09:00:10Z");
    for field in ["created_at", "callback_type", "customer_number", "service"] {
        assert_eq!(rescheduled[field], created[field]);
    }
    app.advance(86_400);
    assert_eq!(app.submit().await, 0, "the old time does not count any more");
}

/// Shows: S60, S94
#[rstest]
#[tokio::test]
async fn a_failed_callback_is_recreated_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let old = client
        .create(&json!({
            "callback_type": "immediate", "service_id": app.service, "customer_number": NUMBER,
            "language": "en", "user_data": {"order": 7},
        }))
        .await;
    let answer = client.command(&old["id"], "recreate", &json!({"callback_type": "immediate"})).await;
    assert_eq!(
        (answer.status, &answer.read::<Value>()["state"]),
        (409, &json!("SCHEDULED")),
        "it is not completed"
    );
    client.command(&old["id"], "cancel", &json!({})).await;

    let answer = client
        .command(
            &old["id"],
            "recreate",
            &json!({"callback_type": "scheduled", "desired_time": "2026-11-24T12:00:00Z"}),
        )
        .await;
    assert_eq!(answer.status, 201, "{answer}");
    let new: Value = answer.read();
    assert_eq!(answer.header("location"), Some(&*format!("/api/v1/callbacks/{}", text(&new["id"]))));
    assert_ne!(new["id"], old["id"]);
    assert_eq!(new["recreated_from"], old["id"]);
    assert_eq!(new["origin"], "recreate");
    assert_eq!((&new["state"], &new["customer_number"]), (&json!("SCHEDULED"), &json!(NUMBER)));
    assert_eq!((&new["language"], &new["user_data"]), (&json!("en"), &json!({"order": 7})));
    assert_eq!(new["metrics"]["recreated_by"], "supervisor");
    let before = client.callback(&old["id"]).await;
    assert_eq!((&before["recreated_as"], &before["state"]), (&new["id"], &json!("COMPLETED")));
    assert_eq!(before["can"]["recreate"], false);

    let again = client.command(&old["id"], "recreate", &json!({"callback_type": "immediate"})).await;
    assert_eq!(again.status, 409, "{again}");
}

/// Shows: S89, S92
#[rstest]
#[tokio::test]
async fn a_callback_that_reached_an_agent_is_not_recreated_or_moved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let id = client.create_immediate(app.service, NUMBER).await["id"].clone();
    let is_not_moved = async |state: &str| {
        let answer =
            client.command(&id, "reschedule", &json!({"desired_time": "2026-12-01T15:30:00Z"})).await;
        assert_eq!((answer.status, &answer.read::<Value>()["state"]), (409, &json!(state)), "{answer}");
    };
    app.submit().await;
    is_not_moved("QUEUED").await;
    let reserved = app.router().reserve_one().await;
    is_not_moved("ROUTING").await;
    app.router().report(&reserved, "connect", json!({})).await;
    is_not_moved("PROCESSING").await;
    app.router().report(&reserved, "complete", json!({})).await;
    is_not_moved("COMPLETED").await;
    let answer = client.command(&id, "recreate", &json!({"callback_type": "immediate"})).await;
    assert_eq!((answer.status, &answer.read::<Value>()["state"]), (409, &json!("COMPLETED")));
}

#[rstest]
#[tokio::test]
async fn etag_has_the_version_and_if_match_checks_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let id = client.create_scheduled(app.service, NUMBER, "2026-11-25T09:00:00Z").await["id"].clone();
    let path = format!("/api/v1/callbacks/{}", text(&id));
    assert_eq!(client.get(&path).await.header("etag"), Some("\"1\""));
    let reschedule = async |version: &str| {
        let request = client.request(Method::POST, &format!("{path}/reschedule"));
        let body = json!({"desired_time": "2026-11-26T09:00:00Z"});
        Answer::to(request.header("if-match", version).json(&body)).await
    };
    assert_eq!(reschedule("\"1\"").await.header("etag"), Some("\"2\""));
    assert_eq!(reschedule("\"1\"").await.status, 412);
    assert_eq!(reschedule("*").await.header("etag"), Some("\"3\""));
    assert_eq!(client.get(&path).await.header("etag"), Some("\"3\""));
}

#[rstest]
#[tokio::test]
async fn concurrent_readers_of_one_record_do_not_block_each_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let created = app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    app.submit().await;
    let reader = app.key(ApiScope::CallbacksRead);
    // More readers than connections, while the caches are still empty.
    let read = (0..40).map(|_| reader.callback(&created["id"]));
    for record in futures_util::future::join_all(read).await {
        assert_eq!(record["metrics"]["position_in_queue"], 1);
    }
}

#[rstest]
#[tokio::test]
async fn none_of_two_hundred_concurrent_readers_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let writer = app.key(ApiScope::CallbacksWrite);
    let mut ids = Vec::new();
    for number in 0..50 {
        ids.push(writer.create_immediate(app.service, &format!("+44207946{number:04}")).await["id"].clone());
    }
    app.submit().await;
    let readers: Vec<_> = (0..200).map(|_| app.key(ApiScope::CallbacksRead)).collect();
    let (mut slowest, mut taken) = (Duration::ZERO, 0);
    let (started, lasts) = (Instant::now(), Duration::from_secs(size(1, 60) as u64));
    while started.elapsed() < lasts {
        // Empties the caches of positions and records.
        writer.create_immediate(app.service, NUMBER).await;
        app.submit().await;
        let read = readers.iter().zip(ids.iter().cycle()).map(async |(reader, id)| {
            let since = Instant::now();
            reader.callback(id).await;
            since.elapsed()
        });
        let times = futures_util::future::join_all(read).await;
        taken += times.len();
        slowest = slowest.max(times.into_iter().max().unwrap_or_default());
    }
    figure(format_args!("{backend:?}: {taken} reads by 200 at once, the slowest took {slowest:?}"));
}
