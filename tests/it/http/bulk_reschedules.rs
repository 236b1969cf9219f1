//! Bulk reschedules: where callbacks are moved, what stays, and undoing it.

use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

use super::errors::problem;
use super::office_hours::{refused, set, with_capacity, with_hours};

const JOBS: &str = "/api/v1/bulk-reschedules";

async fn made(app: &TestApp, client: &Client, times: &[&str]) -> Vec<Value> {
    let mut ids = Vec::new();
    for (number, time) in (1_000..).zip(times) {
        let number = format!("+44207946{number}");
        ids.push(client.create_scheduled(app.service, &number, &at(time)).await["id"].clone());
    }
    ids
}

/// A time of the day after the tests begin: a Wednesday, on which London shows UTC.
fn at(time: &str) -> String {
    format!("2026-11-25T{time}:00Z")
}

fn into(from: &str, to: &str) -> Value {
    json!({"from": at(from), "to": at(to)})
}

async fn start(client: &Client, body: &Value) -> Value {
    let answer = client.post(JOBS, body).await;
    assert_eq!(answer.status, 202, "{answer}");
    let job: Value = answer.read();
    assert_eq!(answer.header("location"), Some(&*format!("{JOBS}/{}", text(&job["id"]))));
    job
}

async fn read(client: &Client, job: &Value) -> Value {
    client.json(&format!("{JOBS}/{}", text(&job["id"]))).await
}

/// Creates a job, lets the worker finish it, and reads it.
async fn finished(app: &TestApp, client: &Client, body: &Value) -> Value {
    let job = start(client, body).await;
    app.finish_bulk_reschedules().await;
    read(client, &job).await
}

async fn command(client: &Client, job: &Value, command: &str) -> Answer {
    client.post(&format!("{JOBS}/{}/{command}", text(&job["id"])), &json!({})).await
}

async fn undone(app: &TestApp, client: &Client, job: &Value) -> Value {
    let answer = command(client, job, "undo").await;
    assert_eq!(answer.status, 200, "{answer}");
    app.finish_bulk_reschedules().await;
    read(client, job).await["undo"].clone()
}

async fn items(client: &Client, job: &Value) -> Vec<Value> {
    let page = client.json(&format!("{JOBS}/{}/items", text(&job["id"]))).await;
    page["items"].as_array().unwrap().clone()
}

/// Which callback of a job went where, and what became of it.
fn moves(items: &[Value]) -> Vec<(Value, Value, String)> {
    let line = |item: &Value| (item["callback_id"].clone(), item["to"].clone(), text(&item["outcome"]));
    items.iter().map(line).collect()
}

async fn times(client: &Client, ids: &[Value]) -> Vec<String> {
    let mut times = Vec::new();
    for id in ids {
        times.push(text(&client.callback(id).await["desired_time"]));
    }
    times
}

#[rstest]
#[tokio::test]
async fn the_earliest_gets_the_earliest_place_and_a_dry_run_says_so_before(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    with_capacity(&app, 2).await;
    let mut ids = made(&app, &client, &["14:45", "14:00", "16:30", "14:30", "15:00"]).await;
    // Whoever came first goes first, of two for the same time.
    app.advance(1);
    ids.push(client.create_scheduled(app.service, "+442079460997", &at("14:00")).await["id"].clone());
    // Of three slots one place is taken by somebody else, and one by the selection itself.
    client.create_scheduled(app.service, "+442079460999", &at("16:00")).await;
    let queued = client.create_immediate(app.service, "+442079460998").await["id"].clone();
    app.submit().await;
    let unknown = json!("019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2");
    let named: Vec<Value> = ids.iter().cloned().chain([queued.clone(), unknown.clone()]).collect();
    let body = |dry_run: bool| json!({"ids": named, "into": into("16:00", "16:45"), "dry_run": dry_run});
    let to = |time: &str| json!(at(time));
    let expected = [
        (ids[1].clone(), to("16:00"), "moved"),
        (ids[5].clone(), to("16:15"), "moved"),
        (ids[3].clone(), to("16:15"), "moved"),
        (ids[0].clone(), to("16:30"), "moved"),
        (ids[4].clone(), Value::Null, "full"),
        (ids[2].clone(), Value::Null, "already_there"),
        (queued.clone(), Value::Null, "not_scheduled"),
        (unknown, Value::Null, "not_permitted"),
    ]
    .map(|(id, to, outcome)| (id, to, outcome.to_owned()));

    let dry = start(&client, &body(true)).await;
    assert_eq!((&dry["state"], &dry["undo_until"]), (&json!("completed"), &Value::Null));
    let outcomes = json!({"moved": 4, "already_there": 1, "not_scheduled": 1, "not_permitted": 1, "full": 1});
    assert_eq!(dry["outcomes"], outcomes);
    assert_eq!(dry["selected"]["SCHEDULED"], 6);
    let slots: Vec<Value> = dry["spread"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| json!([slot["local"], slot["before"], slot["moving"], slot["capacity"]]))
        .collect();
    assert_eq!(
        slots,
        [
            json!(["2026-11-25T16:00:00+00:00", 1, 1, 2]),
            json!(["2026-11-25T16:15:00+00:00", 0, 2, 2]),
            json!(["2026-11-25T16:30:00+00:00", 1, 1, 2]),
        ]
    );
    let sorted = |mut moves: Vec<(Value, Value, String)>| {
        moves.sort_by_key(|(id, ..)| text(id));
        moves
    };
    let planned = moves(&items(&client, &dry).await);
    assert_eq!(sorted(planned.clone()), sorted(expected.to_vec()));
    app.finish_bulk_reschedules().await;
    let before = ["14:45", "14:00", "16:30", "14:30", "15:00", "14:00"].map(at);
    assert_eq!(times(&client, &ids).await, before, "nothing was moved");

    let job = finished(&app, &client, &body(false)).await;
    assert_eq!((&job["state"], &job["outcomes"]), (&json!("completed"), &outcomes));
    assert_eq!(job["spread"], dry["spread"]);
    assert_eq!(job["progress"], json!({"done": 8, "total": 8}));
    assert_eq!(job["undo_until"], "2026-11-24T09:10:01Z");
    assert_eq!(moves(&items(&client, &job).await), planned, "what was said before is what happened");
    let after = ["16:30", "16:00", "16:30", "16:15", "15:00", "16:15"].map(at);
    assert_eq!(times(&client, &ids).await, after);
    let moved = client.callback(&ids[1]).await;
    assert_eq!(moved["metrics"]["rescheduled_by"], "supervisor");
    assert_eq!(moved["metrics"]["reschedule_count"], 1);
    let stayed = format!("{JOBS}/{}/items?stayed=true&limit=2", text(&job["id"]));
    let page = client.json(&stayed).await;
    let next = client.json(&format!("{stayed}&cursor={}", text(&page["next"]))).await;
    let outcomes = |page: &Value| moves(page["items"].as_array().unwrap()).into_iter().map(|line| line.2);
    let all: Vec<String> = outcomes(&page).chain(outcomes(&next)).collect();
    let rest: Vec<String> = planned.iter().map(|line| line.2.clone()).filter(|one| one != "moved").collect();
    assert_eq!((all, &next["next"]), (rest, &Value::Null));
}

#[rstest]
#[tokio::test]
async fn each_move_is_an_ordinary_reschedule_that_the_audit_keeps(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let ids = made(&app, &client, &["14:00", "14:15"]).await;
    let job = finished(&app, &client, &json!({"ids": ids, "into": into("16:00", "17:00")})).await;
    app.seal_audit().await;
    let admin = app.admin().await;
    let entries = admin.json("/api/v1/audit?action=callback.reschedule").await;
    let entries = entries["items"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        assert_eq!((&entry["actor"]["name"], &entry["result"]), (&json!("supervisor"), &json!("accepted")));
        assert_eq!(entry["details"]["bulk_reschedule"], job["id"]);
        assert!(ids.contains(&entry["object"]["id"]), "{entry}");
    }
    let last = async || {
        let timeline = client.json(&format!("/api/v1/callbacks/{}/timeline", text(&ids[0]))).await;
        let last = timeline["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["action"], "rescheduled");
        (text(&last["actor"]["name"]), text(&last["detail"]["previous_desired_time"]))
    };
    assert_eq!(last().await, ("supervisor".to_owned(), at("14:00")));

    let undo = undone(&app, &admin, &job).await;
    assert_eq!(undo["requested_by"]["name"], "administrator");
    assert_eq!(
        last().await,
        ("administrator".to_owned(), at("16:00")),
        "who moves it back is who asked for that"
    );
}

#[rstest]
#[tokio::test]
async fn a_place_that_has_begun_is_replaced_by_the_next(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let ids = made(&app, &client, &["14:00"]).await;
    let today = json!({"from": "2026-11-24T09:15:00Z", "to": "2026-11-24T10:15:00Z"});
    let job = start(&client, &json!({"ids": ids, "into": today})).await;
    app.advance(20 * 60);
    app.finish_bulk_reschedules().await;
    let client = app.supervisor().await;
    assert_eq!(read(&client, &job).await["outcomes"], json!({"moved": 1}));
    assert_eq!(times(&client, &ids).await, ["2026-11-24T09:30:00Z"]);
}

#[rstest]
#[tokio::test]
async fn without_a_rule_callbacks_are_spread_over_the_open_quarters(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let day = json!([{"from": "09:00", "to": "16:30"}, {"from": "17:00", "to": "17:30"}]);
    with_hours(
        &app,
        &json!({"name": "Office", "time_zone": "Europe/London", "weekly": {"tue": day, "wed": day}}),
    )
    .await;
    let ids = made(&app, &client, &["14:00", "14:01", "14:02", "14:03", "14:04", "14:05", "14:06"]).await;
    let job = finished(&app, &client, &json!({"ids": ids, "into": into("16:00", "18:00")})).await;
    assert_eq!(job["outcomes"], json!({"moved": 7}));
    // Four quarters are open.
    let after = ["16:00", "16:00", "16:15", "16:15", "17:00", "17:00", "17:15"].map(at);
    assert_eq!(times(&client, &ids).await, after);
    assert_eq!(job["spread"][0]["capacity"], Value::Null);

    let late = finished(&app, &client, &json!({"ids": ids, "into": into("19:00", "20:00")})).await;
    assert_eq!((&late["outcomes"], &late["undo_until"]), (&json!({"closed": 7}), &Value::Null));
    assert_eq!(times(&client, &ids).await, after);
}

#[rstest]
#[tokio::test]
async fn nobody_is_moved_into_their_night(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    set(&app, json!({"called_party_hours": ["courtesy"]})).await;
    let seattle = client.create_scheduled(app.service, "+12065550173", &at("20:00")).await["id"].clone();
    let london = client.create_scheduled(app.service, "+442079460318", &at("20:00")).await["id"].clone();
    let ids = json!([seattle, london]);
    // 02:00 to 04:00 there.
    let job = finished(&app, &client, &json!({"ids": ids, "into": into("10:00", "12:00")})).await;
    assert_eq!(job["outcomes"], json!({"moved": 1, "outside_permitted_hours": 1}));
    assert_eq!(times(&client, &[seattle, london]).await[0], at("20:00"));
}

#[rstest]
#[tokio::test]
async fn a_range_moves_its_scheduled_callbacks_that_match(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let ids = made(&app, &client, &["13:59", "14:00", "14:30", "15:00"]).await;
    let other = client.create_scheduled(app.other_service, "+493023125760", &at("14:10")).await["id"].clone();
    client.command(&ids[2], "cancel", &json!({})).await;
    let range = into("14:00", "15:00");
    let body =
        json!({"range": range, "matching": {"service": [app.service]}, "into": into("18:00", "19:00")});
    let job = finished(&app, &client, &body).await;
    assert_eq!((&job["outcomes"], &job["selected"]["COMPLETED"]), (&json!({"moved": 1}), &json!(1)));
    let after = [at("13:59"), at("18:00"), at("14:30"), at("15:00")];
    assert_eq!(times(&client, &ids).await, after);
    assert_eq!(times(&client, &[other]).await, [at("14:10")]);
}

#[rstest]
#[tokio::test]
async fn what_changed_after_the_request_is_left_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let ids = made(&app, &client, &["14:00", "14:15", "14:30", "14:45"]).await;
    client.command(&ids[3], "cancel", &json!({"undo_seconds": 30})).await;
    let job = start(&client, &json!({"ids": ids, "into": into("18:00", "19:00")})).await;
    assert_eq!(job["outcomes"], json!({"not_scheduled": 1}), "it is about to be cancelled");
    let elsewhere = json!({"desired_time": at("12:00")});
    assert_eq!(client.command(&ids[0], "reschedule", &elsewhere).await.status, 200);
    assert_eq!(client.command(&ids[1], "cancel", &json!({})).await.status, 200);
    app.finish_bulk_reschedules().await;
    let job = read(&client, &job).await;
    assert_eq!(job["outcomes"], json!({"not_scheduled": 1, "changed_meanwhile": 2, "moved": 1}));
    assert_eq!(times(&client, &ids[..3]).await[0], at("12:00"));
    assert_eq!(client.callback(&ids[1]).await["state"], "COMPLETED");
}

#[rstest]
#[tokio::test]
async fn a_place_that_was_taken_meanwhile_is_replaced_by_the_next(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    with_capacity(&app, 1).await;
    let ids = made(&app, &client, &["14:00", "14:15", "14:30"]).await;
    let job = start(&client, &json!({"ids": ids, "into": into("16:00", "16:45")})).await;
    client.create_scheduled(app.service, "+442079460999", &at("16:00")).await;
    app.finish_bulk_reschedules().await;
    assert_eq!(read(&client, &job).await["outcomes"], json!({"moved": 2, "full": 1}));
    assert_eq!(times(&client, &ids).await, ["16:15", "16:30", "14:30"].map(at));
}

#[rstest]
#[tokio::test]
async fn undo_moves_back_what_has_not_changed_and_names_the_rest(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    with_capacity(&app, 1).await;
    let ids = made(&app, &client, &["14:00", "14:15", "14:30", "14:45"]).await;
    let wall = json!({"desired_local": "2026-11-25T15:00", "time_zone": "Europe/London"});
    assert_eq!(client.command(&ids[3], "reschedule", &wall).await.status, 200);
    let job = finished(&app, &client, &json!({"ids": ids, "into": into("18:00", "20:00")})).await;
    assert_eq!(job["outcomes"], json!({"moved": 4}));
    assert_eq!(client.callback(&ids[3]).await["desired_local"], Value::Null);
    let elsewhere = json!({"desired_time": at("12:00")});
    assert_eq!(client.command(&ids[0], "reschedule", &elsewhere).await.status, 200);
    client.create_scheduled(app.service, "+442079460999", &at("14:15")).await;

    app.advance(599);
    let client = app.supervisor().await;
    let undo = undone(&app, &client, &job).await;
    assert_eq!(undo["outcomes"], json!({"moved": 2, "changed_meanwhile": 1, "full": 1}));
    assert_eq!(undo["progress"], json!({"done": 4, "total": 4}));
    assert_eq!(undo["finished_at"], "2026-11-24T09:09:59Z");
    assert_eq!(times(&client, &ids).await, ["12:00", "18:15", "14:30", "15:00"].map(at));
    assert_eq!(client.callback(&ids[3]).await["desired_local"], "2026-11-25T15:00:00");
    let outcomes: Vec<Value> =
        items(&client, &job).await.iter().map(|item| item["undo_outcome"].clone()).collect();
    assert_eq!(outcomes, ["changed_meanwhile", "full", "moved", "moved"].map(|one| json!(one)));
    let stayed = client.json(&format!("{JOBS}/{}/items?stayed=true", text(&job["id"]))).await;
    assert_eq!(stayed["items"].as_array().unwrap().len(), 2);

    let again = undone(&app, &client, &job).await;
    assert_eq!(again, undo, "a second time changes nothing");
    app.advance(3_600);
    assert_eq!(undone(&app, &app.supervisor().await, &job).await, undo, "nor does it later");
}

#[rstest]
#[tokio::test]
async fn what_is_running_moved_nothing_or_is_old_cannot_be_undone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let ids = made(&app, &client, &["14:00", "14:15", "14:30"]).await;
    let body = |dry_run| json!({"ids": ids, "into": into("18:00", "19:00"), "dry_run": dry_run});
    let dry = start(&client, &body(true)).await;
    problem(&command(&client, &dry, "undo").await, 409, "state-conflict");

    let job = start(&client, &body(false)).await;
    assert_eq!(app.run_bulk_reschedule_round().await, 1);
    problem(&command(&client, &job, "undo").await, 409, "state-conflict");
    let stopped = command(&client, &job, "stop").await;
    assert_eq!(stopped.status, 200, "{stopped}");
    let stopped: Value = stopped.read();
    assert_eq!(
        (&stopped["state"], &stopped["outcomes"]),
        (&json!("stopped"), &json!({"moved": 1, "stopped": 2}))
    );
    assert_eq!(app.run_bulk_reschedule_round().await, 0, "nothing more is moved");
    assert_eq!(
        command(&client, &job, "stop").await.read::<Value>(),
        stopped,
        "a second time changes nothing"
    );
    let outcomes: Vec<String> = moves(&items(&client, &job).await).into_iter().map(|line| line.2).collect();
    assert_eq!(outcomes, ["moved", "stopped", "stopped"]);

    app.advance(601);
    let client = app.supervisor().await;
    problem(&command(&client, &job, "undo").await, 409, "state-conflict");
    assert_eq!(times(&client, &ids).await, ["18:00", "14:15", "14:30"].map(at));
}

#[rstest]
#[tokio::test]
async fn a_job_is_its_owners_and_goes_with_the_records(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (owner, other) = (app.supervisor().await, app.restricted().await);
    let ids = made(&app, &owner, &["14:00"]).await;
    let job = finished(&app, &owner, &json!({"ids": ids, "into": into("18:00", "19:00")})).await;
    assert_eq!(owner.json(JOBS).await["items"][0]["id"], job["id"]);
    assert_eq!(other.json(JOBS).await["items"], json!([]));
    let path = format!("{JOBS}/{}", text(&job["id"]));
    for path in [path.clone(), format!("{path}/items")] {
        assert_eq!(other.get(&path).await.status, 404);
    }
    for name in ["stop", "undo"] {
        assert_eq!(command(&other, &job, name).await.status, 404);
    }
    assert_eq!(app.admin().await.get(&path).await.status, 200);
    let monitor = app.monitor().await;
    assert_eq!(monitor.post(JOBS, &json!({"ids": ids, "into": into("18:00", "19:00")})).await.status, 403);
    let reader = app.key(ApiScope::CallbacksRead);
    assert_eq!(Answer::to(reader.request(Method::GET, JOBS)).await.status, 403);

    app.advance(15 * 86_400);
    app.run_retention().await;
    assert_eq!(app.supervisor().await.json(JOBS).await["items"], json!([]));
}

#[rstest]
#[tokio::test]
async fn undo_moves_nothing_of_services_that_its_caller_sees_no_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let owner = app.supervisor().await;
    let mut ids = made(&app, &owner, &["14:00"]).await;
    let elsewhere = owner.create_scheduled(app.other_service, "+493023125051", &at("14:00")).await;
    ids.push(elsewhere["id"].clone());
    let job = finished(&app, &owner, &json!({"ids": ids, "into": into("18:00", "19:00")})).await;
    assert_eq!(job["outcomes"], json!({"moved": 2}));

    let admin = app.admin().await;
    let users = admin.json("/api/v1/users").await;
    let mut users = users["items"].as_array().unwrap().iter();
    let user = users.find(|user| user["username"] == "supervisor").unwrap();
    let path = format!("/api/v1/users/{}", text(&user["id"]));
    assert_eq!(admin.patch(&path, &json!({"services": [app.other_service]})).await.status, 200);
    let undo = undone(&app, &app.supervisor().await, &job).await;
    assert_eq!(undo["outcomes"], json!({"moved": 1, "not_permitted": 1}));
    assert_eq!(undo["progress"], json!({"done": 2, "total": 2}));
    assert_eq!(times(&admin, &ids).await, ["18:00", "14:00"].map(at));
}

#[tokio::test]
async fn an_invalid_bulk_reschedule_is_refused_at_its_field() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let id = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";
    let good = into("18:00", "19:00");
    for (body, pointer, code) in [
        (json!({"into": good}), "/ids", "required"),
        (json!({"ids": [], "into": good}), "/ids", "out_of_range"),
        (json!({"ids": [id], "range": good, "into": good}), "/ids", "required"),
        (json!({"ids": [id], "matching": {}, "into": good}), "/matching", "conflict"),
        (json!({"range": into("19:00", "18:00"), "into": good}), "/range/to", "invalid_value"),
        (json!({"ids": [id], "into": into("19:00", "18:00")}), "/into/to", "invalid_value"),
        (json!({"ids": [id], "into": into("18:00", "18:00")}), "/into/to", "invalid_value"),
        (
            json!({"ids": [id], "into": {"from": "2026-11-25T00:00:00Z", "to": "2026-12-26T00:00:01Z"}}),
            "/into/to",
            "out_of_range",
        ),
        (json!({"ids": [id]}), "/into", "required"),
        (json!({"ids": [id], "into": good, "spread": true}), "/spread", "unknown_field"),
    ] {
        let answer = client.post(JOBS, &body).await;
        let (at, why, _) = refused(&answer);
        assert_eq!((at.as_str(), why.as_str()), (pointer, code), "{body}");
    }
    let job = start(&client, &json!({"ids": [id], "into": good})).await;
    let path = format!("{JOBS}/{}/items", text(&job["id"]));
    for (query, pointer) in [("limit=0", "?limit"), ("limit=251", "?limit"), ("cursor=x", "?cursor")] {
        assert_eq!(refused(&client.get(&format!("{path}?{query}")).await).0, pointer);
    }
}
