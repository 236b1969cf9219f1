//! Bulk cancellations: what is selected, what is skipped, and the report.

use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

use super::sheets::sheet;

const JOBS: &str = "/api/v1/bulk-cancellations";

/// A callback in each of the five states, in the order of the state machine.
async fn one_of_each(app: &TestApp, client: &Client) -> Vec<Value> {
    let mut ids = Vec::new();
    let create = async |number: u32| {
        let created = client.create_immediate(app.service, &format!("+44207946{number:04}")).await;
        created["id"].clone()
    };
    let completed = create(1).await;
    client.command(&completed, "cancel", &json!({})).await;
    let (processing, routing) = (create(2).await, create(3).await);
    app.submit().await;
    let reserved = app.router().reserve(2).await;
    let connected = reserved.iter().find(|reserved| reserved.callback["id"] == processing).unwrap();
    app.router().report(connected, "connect", json!({})).await;
    let queued = create(4).await;
    app.submit().await;
    let scheduled =
        client.create_scheduled(app.service, "+442079460005", "2026-11-24T12:00:00Z").await["id"].clone();
    ids.extend([scheduled, queued, routing, processing, completed]);
    ids
}

/// Creates a job, lets the worker finish it, and reads it.
async fn finished_job(app: &TestApp, client: &Client, body: &Value) -> Value {
    let answer = client.post(JOBS, body).await;
    assert_eq!(answer.status, 202, "{answer}");
    let job: Value = answer.read();
    let path = format!("{JOBS}/{}", text(&job["id"]));
    assert_eq!(answer.header("location"), Some(&*path));
    app.finish_bulk_cancellations().await;
    client.json(&path).await
}

async fn states(client: &Client, ids: &[Value]) -> Vec<String> {
    let mut states = Vec::new();
    for id in ids {
        states.push(text(&client.callback(id).await["state"]));
    }
    states
}

async fn report(client: &Client, job: &Value) -> Vec<Value> {
    let request = client.request(Method::GET, &format!("{JOBS}/{}/report", text(&job["id"])));
    let answer = Answer::to(request.header("accept", "application/json")).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.read::<Value>()["items"].as_array().unwrap().clone()
}

#[rstest]
#[tokio::test]
async fn listed_callbacks_are_cancelled_but_never_in_a_conversation(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let ids = one_of_each(&app, &client).await;
    let restricted = app.restricted().await;
    let hidden = client.create_immediate(app.other_service, "+493023125760").await["id"].clone();
    let unknown = json!("019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2");
    let mut named = ids.clone();
    named.extend([hidden.clone(), unknown, ids[0].clone()]);

    let job = finished_job(&app, &restricted, &json!({ "ids": named })).await;
    assert_eq!((&job["state"], &job["dry_run"]), (&json!("completed"), &json!(false)), "{job}");
    assert_eq!(job["progress"], json!({"done": 7, "total": 7}), "one that is named twice counts once");
    assert_eq!(
        job["outcomes"],
        json!({"cancelled": 3, "skipped_processing": 1, "already_completed": 1, "not_permitted": 2, "failed": 0,
               "stopped": 0})
    );
    assert_eq!(
        job["selected"],
        json!({"SCHEDULED": 1, "QUEUED": 1, "ROUTING": 1, "PROCESSING": 1, "COMPLETED": 1})
    );
    assert_eq!(job["created_by"], json!({"kind": "user", "name": "branch"}));
    assert_eq!(
        states(&client, &ids).await,
        ["COMPLETED", "COMPLETED", "COMPLETED", "PROCESSING", "COMPLETED"]
    );
    assert_eq!(client.callback(&hidden).await["state"], "SCHEDULED");
    let completed = client.callback(&ids[1]).await;
    assert_eq!(completed["result"], "CANCELLED_BY_ADMIN");
    assert_eq!(completed["metrics"]["cancelled_by"], "branch");

    let lines = report(&restricted, &job).await;
    let outcomes: Vec<_> = lines.iter().map(|line| text(&line["outcome"])).collect();
    assert_eq!(
        outcomes,
        [
            "CANCELLED",
            "CANCELLED",
            "CANCELLED",
            "SKIPPED_PROCESSING",
            "ALREADY_COMPLETED",
            "NOT_PERMITTED",
            "NOT_PERMITTED"
        ]
    );
    let before: Vec<_> = lines[..5].iter().map(|line| text(&line["state_before"])).collect();
    assert_eq!(before, ["SCHEDULED", "QUEUED", "ROUTING", "PROCESSING", "COMPLETED"]);
    assert_eq!(lines[0]["cancelled_by"], "branch");
    assert_eq!(lines[0]["cancelled_at"], "2026-11-24T09:00:00Z");
    assert_eq!((&lines[3]["cancelled_by"], &lines[3]["cancelled_at"]), (&Value::Null, &Value::Null));
    for secret in ["service", "customer_number", "desired_time", "state_before"] {
        assert_eq!(lines[5][secret], Value::Null, "{secret} of a callback that is not visible");
    }
}

#[rstest]
#[tokio::test]
async fn the_report_can_be_downloaded_as_csv(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let ids = one_of_each(&app, &client).await;
    let job = finished_job(&app, &client, &json!({ "ids": ids })).await;
    let answer = client.get(&format!("{JOBS}/{}/report", text(&job["id"]))).await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let mut csv = csv::Reader::from_reader(answer.body.as_bytes());
    let header: Vec<String> = csv.headers().unwrap().iter().map(ToOwned::to_owned).collect();
    assert_eq!(
        header,
        [
            "callback_id",
            "service",
            "customer_number",
            "desired_time",
            "state_before",
            "outcome",
            "cancelled_at",
            "cancelled_by"
        ]
    );
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5);
    let first: Vec<&str> = rows[0].iter().collect();
    assert_eq!(
        first,
        [
            &*text(&ids[0]),
            "Billing EN",
            "+442079460005",
            "2026-11-24T12:00:00Z",
            "SCHEDULED",
            "CANCELLED",
            "2026-11-24T09:00:00Z",
            "supervisor"
        ]
    );
}

#[rstest]
#[tokio::test]
async fn a_range_is_narrowed_by_a_filter(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let mut ids = Vec::new();
    for (service, number, time) in [
        (app.service, "+442079460001", "2026-11-24T23:59:59Z"),
        (app.service, "+442079460002", "2026-11-25T00:00:00Z"),
        (app.other_service, "+442079460003", "2026-11-25T12:00:00Z"),
        (app.service, "+442079461004", "2026-11-25T12:00:00Z"),
        (app.service, "+442079460005", "2026-11-26T00:00:00Z"),
    ] {
        ids.push(client.create_scheduled(service, number, time).await["id"].clone());
    }
    let range = json!({"from": "2026-11-25T00:00:00Z", "to": "2026-11-26T00:00:00Z"});

    let dry = finished_job(&app, &client, &json!({"range": range, "dry_run": true})).await;
    assert_eq!((&dry["state"], &dry["dry_run"]), (&json!("completed"), &json!(true)));
    assert_eq!(dry["selected"]["SCHEDULED"], 3, "from is in, to is out");
    assert_eq!(dry["outcomes"]["cancelled"], 0);
    assert_eq!(states(&client, &ids).await, ["SCHEDULED"; 5], "nothing was cancelled");

    let matching = json!({"service": [app.service], "search_field": ["customer_number"], "search": "460"});
    let job = finished_job(&app, &client, &json!({"range": range, "matching": matching})).await;
    assert_eq!(job["outcomes"]["cancelled"], 1, "{job}");
    assert_eq!(
        states(&client, &ids).await,
        ["SCHEDULED", "COMPLETED", "SCHEDULED", "SCHEDULED", "SCHEDULED"]
    );

    // A caller who sees only one service cancels no callback of another.
    let job = finished_job(&app, &app.restricted().await, &json!({"range": range})).await;
    assert_eq!(job["outcomes"]["cancelled"], 1, "{job}");
    assert_eq!(client.callback(&ids[2]).await["state"], "SCHEDULED");

    let overdue = json!({"range": range, "matching": {"overdue": true}});
    assert_eq!(
        finished_job(&app, &client, &overdue).await["progress"]["total"],
        0,
        "no callback is overdue yet"
    );

    let states_only = json!({"range": range, "matching": {"state": ["QUEUED"]}});
    let job = finished_job(&app, &client, &states_only).await;
    assert_eq!(job["progress"], json!({"done": 0, "total": 0}));
    assert_eq!(job["state"], "completed");
}

#[rstest]
#[tokio::test]
async fn the_selection_is_frozen_when_the_job_is_created(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    let reader = app.key(ApiScope::CallbacksRead);
    let create = async |number: &str| {
        client.create_scheduled(app.service, number, "2026-11-25T12:00:00Z").await["id"].clone()
    };
    let (before, moved) = (create("+442079460001").await, create("+442079460002").await);
    let range = json!({"from": "2026-11-25T00:00:00Z", "to": "2026-11-26T00:00:00Z"});
    let answer = client.post(JOBS, &json!({"range": range})).await;
    let job: Value = answer.read();
    assert_eq!((&job["state"], &job["progress"]), (&json!("pending"), &json!({"done": 0, "total": 2})));
    let after = create("+442079460003").await;
    let to = json!({"desired_time": "2026-12-01T12:00:00Z"});
    assert_eq!(client.command(&moved, "reschedule", &to).await.status, 200);

    app.finish_bulk_cancellations().await;
    assert_eq!(
        states(&reader, &[before.clone(), moved, after]).await,
        ["COMPLETED", "COMPLETED", "SCHEDULED"]
    );
    assert_eq!(reader.callback(&before).await["result"], "CANCELLED", "the caller is a machine");
    let line = &report(&client, &job).await[0];
    assert_eq!((&line["outcome"], &line["cancelled_by"]), (&json!("CANCELLED"), &Value::Null));
}

#[rstest]
#[tokio::test]
async fn thousands_are_cancelled_with_one_request(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    for number in 0..450 {
        client.create_scheduled(app.service, &format!("+44207946{number:04}"), "2026-11-25T12:00:00Z").await;
    }
    let range = json!({"from": "2026-11-25T00:00:00Z", "to": "2026-11-26T00:00:00Z"});
    let job = finished_job(&app, &client, &json!({"range": range})).await;
    assert_eq!(job["outcomes"]["cancelled"], 450, "more than one chunk of the worker");
    assert_eq!(report(&client, &job).await.len(), 450);
}

#[rstest]
#[tokio::test]
async fn a_stopped_job_cancels_nothing_more_and_reports_the_rest(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let mut ids = Vec::new();
    for number in 0..210 {
        let created = client
            .create_scheduled(app.service, &format!("+44207946{number:04}"), "2026-11-25T12:00:00Z")
            .await;
        ids.push(created["id"].clone());
    }
    let stop = async |job: &Value| {
        let answer = client.post(&format!("{JOBS}/{}/stop", text(&job["id"])), &json!({})).await;
        assert_eq!(answer.status, 200, "{answer}");
        answer.read::<Value>()
    };
    let counts = |cancelled: u64, stopped: u64| {
        json!({
            "cancelled": cancelled, "skipped_processing": 0, "already_completed": 0, "not_permitted": 0,
            "failed": 0, "stopped": stopped
        })
    };
    let outcomes = async |job: &Value| -> Vec<String> {
        report(&client, job).await.iter().map(|line| text(&line["outcome"])).collect()
    };

    let started: Value = client.post(JOBS, &json!({ "ids": ids[..2] })).await.read();
    assert_eq!(started["state"], "pending");
    let stopped = stop(&started).await;
    assert_eq!((&stopped["state"], &stopped["outcomes"]), (&json!("stopped"), &counts(0, 2)));
    assert_eq!(stopped["finished_at"], "2026-11-24T09:00:00Z");
    assert_eq!(app.run_bulk_round().await, 0, "nothing is left to do");
    assert_eq!(outcomes(&started).await, ["STOPPED"; 2]);
    assert_eq!(states(&client, &ids[..2]).await, ["SCHEDULED"; 2]);

    let started: Value = client.post(JOBS, &json!({ "ids": ids })).await.read();
    assert_eq!(app.run_bulk_round().await, 200);
    let stopped = stop(&started).await;
    assert_eq!((&stopped["state"], &stopped["outcomes"]), (&json!("stopped"), &counts(200, 10)));
    assert_eq!(stopped["progress"], json!({"done": 200, "total": 210}));
    app.advance(60);
    assert_eq!(stop(&started).await, stopped, "a second time changes nothing");
    assert_eq!(client.json(&format!("{JOBS}/{}", text(&started["id"]))).await, stopped);
    assert_eq!(app.run_bulk_round().await, 0);
    assert_eq!(outcomes(&started).await, [vec!["CANCELLED"; 200], vec!["STOPPED"; 10]].concat());
    let file = client.get(&format!("{JOBS}/{}/report", text(&started["id"]))).await.body;
    assert_eq!(file.lines().filter(|line| line.ends_with(",SCHEDULED,STOPPED,,")).count(), 10, "{file}");
    assert_eq!(states(&client, &ids[199..201]).await, ["COMPLETED", "SCHEDULED"]);

    let job = finished_job(&app, &client, &json!({ "ids": ids[200..] })).await;
    assert_eq!((&job["state"], &job["outcomes"]), (&json!("completed"), &counts(10, 0)));
    assert_eq!(stop(&job).await, job, "a finished job cannot be stopped");

    app.advance(14 * 86_400);
    app.run_retention().await;
    let client = app.supervisor().await;
    assert_eq!(client.json(JOBS).await["items"], json!([]), "reports are removed like records");
}

#[tokio::test]
async fn only_the_owner_of_a_job_can_see_it() {
    let app = TestApp::start(Backend::Sqlite).await;
    let (owner, other) = (app.supervisor().await, app.restricted().await);
    let range = json!({"from": "2026-11-25T00:00:00Z", "to": "2026-11-26T00:00:00Z"});
    let job = finished_job(&app, &owner, &json!({"range": range})).await;
    let path = format!("{JOBS}/{}", text(&job["id"]));
    assert_eq!(owner.json(JOBS).await["items"][0]["id"], job["id"]);
    assert_eq!(other.json(JOBS).await["items"], json!([]));
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(other.get(&format!("{path}/report")).await.status, 404);
    assert_eq!(other.post(&format!("{path}/stop"), &json!({})).await.status, 404);
}

#[tokio::test]
async fn an_invalid_selection_is_refused() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let range = json!({"from": "2026-11-25T00:00:00Z", "to": "2026-11-26T00:00:00Z"});
    let backwards = json!({"from": "2026-11-26T00:00:00Z", "to": "2026-11-25T00:00:00Z"});
    let many: Vec<String> = (0..10_001).map(|n| format!("019ab5c4-7d1e-7c20-9c4f-{n:012}")).collect();
    for (body, pointer) in [
        (json!({}), "/ids"),
        (json!({"ids": []}), "/ids"),
        (json!({"ids": many}), "/ids"),
        (json!({"ids": ["019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2"], "range": range}), "/ids"),
        (json!({"ids": ["019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2"], "matching": {}}), "/matching"),
        (json!({"range": backwards}), "/range/to"),
    ] {
        let answer = client.post(JOBS, &body).await;
        assert_eq!(answer.status, 422, "{answer}");
        assert_eq!(answer.read::<Value>()["errors"][0]["pointer"], pointer);
    }
}

#[rstest]
#[tokio::test]
async fn an_administrator_sees_and_stops_what_others_began(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (admin, supervisor, other) = (app.admin().await, app.supervisor().await, app.restricted().await);
    let created = supervisor.create_immediate(app.service, "+442079460001").await;
    let job: Value = supervisor.post(JOBS, &json!({"ids": [created["id"]]})).await.read();
    let stop = format!("{JOBS}/{}/stop", text(&job["id"]));
    assert_eq!(other.post(&stop, &json!({})).await.status, 404, "another supervisor's stays theirs");
    assert!(other.json(JOBS).await["items"].as_array().unwrap().is_empty());
    assert_eq!(admin.json(JOBS).await["items"][0]["created_by"]["name"], "supervisor");
    assert_eq!(admin.post(&stop, &json!({})).await.read::<Value>()["state"], "stopped");
    app.finish_bulk_cancellations().await;
    assert_eq!(supervisor.callback(&created["id"]).await["state"], "SCHEDULED");
    assert_eq!(report(&admin, &job).await[0]["customer_number"], "+442079460001");
}

#[rstest]
#[tokio::test]
async fn a_report_hides_what_its_reader_may_not_see_any_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (admin, supervisor) = (app.admin().await, app.supervisor().await);
    let mut ids = Vec::new();
    for service in [app.service, app.other_service] {
        ids.push(supervisor.create_immediate(service, "+442079460001").await["id"].clone());
    }
    let job = finished_job(&app, &supervisor, &json!({"ids": ids})).await;
    // The name that stands in the report is not that of the service any more.
    let renamed = format!("/api/v1/services/{}", app.service);
    assert_eq!(admin.patch(&renamed, &json!({"name": "Renamed"})).await.status, 200);
    let users = admin.json("/api/v1/users").await;
    let id = users["items"].as_array().unwrap().iter().find(|user| user["username"] == "supervisor").unwrap();
    let path = format!("/api/v1/users/{}", text(&id["id"]));
    assert_eq!(admin.patch(&path, &json!({"services": [app.service]})).await.status, 200);

    let lines = report(&app.supervisor().await, &job).await;
    assert_eq!(lines[0]["customer_number"], "+442079460001", "{lines:?}");
    assert_eq!(lines[1]["callback_id"], ids[1]);
    assert_eq!(lines[1]["outcome"], "CANCELLED");
    for hidden in ["customer_number", "customer_number_formatted", "service", "desired_time"] {
        assert!(lines[1][hidden].is_null(), "{hidden}: {lines:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_limited_administrator_reads_only_of_visible_services(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const UNKNOWN: &str = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";
    let app = TestApp::start(backend).await;
    let (admin, restricted) = (app.admin().await, app.restricted().await);
    let body = json!({"username": "local", "password": PASSWORD, "role": "administrator", "services": [app.service]});
    assert_eq!(admin.post("/api/v1/users", &body).await.status, 201);
    let local = app.log_in("local").await;
    let mut ids = Vec::new();
    for service in [app.service, app.other_service] {
        ids.push(admin.create_immediate(service, "+442079460001").await["id"].clone());
    }
    let named = json!({"ids": [ids[0], ids[1], UNKNOWN]});
    let pending: Value = admin.post(JOBS, &named).await.read();
    let check = async |job: &Value, reader: &Client, expected: &[&Value]| {
        let path = format!("{JOBS}/{}/report", text(&job["id"]));
        let lines = report(reader, job).await;
        assert_eq!(lines.iter().map(|line| &line["callback_id"]).collect::<Vec<_>>(), expected);
        let csv = reader.get(&path).await.body;
        let column: Vec<_> = csv.lines().skip(1).map(|line| json!(line.split(',').next().unwrap())).collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), expected, "{csv}");
        let rows = sheet(reader, &format!("{path}?format=xlsx")).await;
        let column: Vec<_> = rows.iter().skip(1).map(|row| json!(row[0].to_string())).collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), expected);
    };
    let unknown = json!(UNKNOWN);
    check(&pending, &local, &[&ids[0]]).await;
    check(&pending, &admin, &[&ids[0], &ids[1], &unknown]).await;
    app.finish_bulk_cancellations().await;
    check(&pending, &local, &[&ids[0]]).await;
    check(&pending, &admin, &[&ids[0], &ids[1], &unknown]).await;

    // Whoever named callbacks keeps their lines, also of those that they may not see.
    let job = finished_job(&app, &restricted, &json!({"ids": [ids[1]]})).await;
    check(&job, &restricted, &[&ids[1]]).await;
    check(&job, &local, &[]).await;
}
