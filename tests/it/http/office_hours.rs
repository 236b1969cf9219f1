//! Office hours and capacity: what can be promised, and who is called when.

use futures_util::future::join_all;
use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::{Node, clear, text};
use ringback_tests::{Answer, Backend, Client, TestApp, size};
use rstest::rstest;
use serde_json::{Value, json};

use super::outage::execute;

const NUMBER: &str = "+442079460318";
const CALENDARS: &str = "/api/v1/office-hours";
const RULES: &str = "/api/v1/capacity-rules";

/// Tests begin as it opens: on a Tuesday, 2026-11-24 at 09:00 in London.
fn nine_to_five() -> Value {
    let day = json!([{"from": "09:00", "to": "17:00"}]);
    json!({
        "name": "London office", "time_zone": "Europe/London",
        "weekly": {"mon": day, "tue": day, "wed": day, "thu": day, "fri": day},
        "exceptions": [{"date": "2026-11-27", "closed": true, "label": "Move"}],
    })
}

/// So many callbacks for each quarter of an hour, around the clock.
pub(super) fn capacity(capacity: u32) -> Value {
    let day = json!([{"from": "00:00", "to": "24:00", "capacity": capacity}]);
    let weekly = json!({
        "mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": day,
    });
    json!({"name": "Pool", "time_zone": "Europe/London", "slot_minutes": 15, "weekly": weekly})
}

pub(super) async fn create(client: &Client, path: &str, body: &Value) -> Value {
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer.read()
}

pub(super) async fn set(app: &TestApp, settings: Value) {
    let answer = app.admin().await.patch(&format!("/api/v1/services/{}", app.service), &settings).await;
    assert_eq!(answer.status, 200, "{answer}");
}

/// Gives the service a calendar, and gives its path.
pub(super) async fn with_hours(app: &TestApp, calendar: &Value) -> String {
    let made = create(&app.admin().await, CALENDARS, calendar).await;
    set(app, json!({"open_calendars": [made["id"]]})).await;
    format!("{CALENDARS}/{}", text(&made["id"]))
}

pub(super) async fn with_capacity(app: &TestApp, places: u32) -> String {
    let made = create(&app.admin().await, RULES, &capacity(places)).await;
    set(app, json!({"capacity_rule": made["id"]})).await;
    format!("{RULES}/{}", text(&made["id"]))
}

pub(super) async fn book(app: &TestApp, client: &Client, time: &str) -> Answer {
    let body = json!({
        "callback_type": "scheduled", "service_id": app.service, "customer_number": NUMBER,
        "desired_time": time,
    });
    client.post("/api/v1/callbacks", &body).await
}

/// The pointer and code of the first error, and the times that are offered.
#[track_caller]
pub(super) fn refused(answer: &Answer) -> (String, String, Vec<String>) {
    assert_eq!(answer.status, 422, "{answer}");
    let problem: Value = answer.read();
    let error = &problem["errors"][0];
    let slots =
        problem["slots"].as_array().map(|slots| slots.iter().map(|slot| text(&slot["from"])).collect());
    (text(&error["pointer"]), text(&error["code"]), slots.unwrap_or_default())
}

pub(super) async fn delete(client: &Client, path: &str) -> Answer {
    Answer::to(client.request(Method::DELETE, path)).await
}

#[rstest]
#[tokio::test]
async fn a_calendar_is_changed_by_one_at_a_time_and_stays_while_used(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let path = with_hours(&app, &nine_to_five()).await;
    let read = admin.json(&path).await;
    assert_eq!(read["weekly"], nine_to_five()["weekly"]);
    assert_eq!(read["used_by"][0]["name"], "Billing EN");
    assert_eq!(read["exceptions"][0]["source"], "manual");

    let edit = async |version: &str, body: Value| {
        let request = admin.request(Method::PATCH, &path).header("if-match", format!("\"{version}\""));
        Answer::to(request.json(&body)).await
    };
    let days = json!({"exceptions": [
        {"date": "2026-12-25", "closed": true}, {"date": "2026-12-24", "hours": [{"from": "22:00", "to": "00:00"}]},
    ]});
    let edited = edit("1", days).await;
    assert_eq!((edited.status, edited.header("etag")), (200, Some("\"2\"")));
    let edited: Value = edited.read();
    assert_eq!(edited["exceptions"][0]["date"], "2026-12-24", "in order");
    assert_eq!(edited["exceptions"][0]["hours"][0]["to"], "24:00");
    assert_eq!(edited["weekly"], nine_to_five()["weekly"]);
    assert_eq!(edit("1", json!({"name": "Late"})).await.status, 412);

    let taken = admin.post(CALENDARS, &nine_to_five()).await;
    assert_eq!((taken.status, taken.read::<Value>()["title"].clone()), (409, json!("It exists already")));
    let used = delete(&admin, &path).await;
    assert_eq!(
        (used.status, used.read::<Value>()["type"].clone()),
        (409, json!("urn:ringback:problem:in-use"))
    );
    set(&app, json!({"open_calendars": []})).await;
    assert_eq!(delete(&admin, &path).await.status, 204);
    assert_eq!(admin.get(&path).await.status, 404);
    let gone = admin
        .patch(&format!("/api/v1/services/{}", app.service), &json!({"closed_calendars": [read["id"]]}))
        .await;
    assert_eq!(refused(&gone).0, "/closed_calendars/0");
    assert_eq!(app.supervisor().await.post(CALENDARS, &nine_to_five()).await.status, 403);
    assert_eq!(app.monitor().await.json(CALENDARS).await["items"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_with_a_rule_is_said_where_it_is() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    let part = |name: &str, value: Value| {
        let mut body = nine_to_five();
        body[name] = value;
        body
    };
    for (body, pointer, code) in [
        (part("name", json!(" Office")), "/name", "invalid_value"),
        (part("time_zone", json!("Berlin")), "/time_zone", "unknown_time_zone"),
        (
            part(
                "weekly",
                json!({"tue": [{"from": "09:00", "to": "12:00"}, {"from": "11:59", "to": "13:00"}]}),
            ),
            "/weekly/tue/1",
            "conflict",
        ),
        (
            part("weekly", json!({"tue": [{"from": "24:00", "to": "12:00"}]})),
            "/weekly/tue/0/from",
            "invalid_value",
        ),
        (
            part("weekly", json!({"tue": [{"from": "09:00", "to": "25:00"}]})),
            "/weekly/tue/0/to",
            "invalid_value",
        ),
        (part("weekly", json!({"dienstag": []})), "/weekly/dienstag", "unknown_field"),
        (
            part("exceptions", json!([{"date": "2026-02-29", "closed": true}])),
            "/exceptions/0/date",
            "invalid_value",
        ),
        (part("exceptions", json!([{"date": "2026-12-25"}])), "/exceptions/0/hours", "conflict"),
        (
            part(
                "exceptions",
                json!([{"date": "2026-12-25", "closed": true}, {"date": "2026-12-25", "closed": true}]),
            ),
            "/exceptions/1/date",
            "conflict",
        ),
        (
            part("exceptions", json!([{"date": "2026-12-25", "closed": true, "label": "x".repeat(101)}])),
            "/exceptions/0/label",
            "too_long",
        ),
    ] {
        let answer = admin.post(CALENDARS, &body).await;
        let (at, what, _) = refused(&answer);
        assert_eq!((at.as_str(), what.as_str()), (pointer, code), "{body} {answer}");
    }
    let part = |name: &str, value: Value| {
        let mut body = capacity(4);
        body[name] = value;
        body
    };
    for (body, pointer, code) in [
        (part("slot_minutes", json!(7)), "/slot_minutes", "out_of_range"),
        (
            part("weekly", json!({"mon": [{"from": "09:10", "to": "10:00", "capacity": 1}]})),
            "/weekly/mon/0/from",
            "invalid_value",
        ),
        (
            part("weekly", json!({"mon": [{"from": "09:00", "to": "10:00", "capacity": 10_001}]})),
            "/weekly/mon/0/capacity",
            "out_of_range",
        ),
        (
            part(
                "exceptions",
                json!([{"date": "2026-12-24", "slots": [{"from": "09:00", "to": "09:20", "capacity": 1}]}]),
            ),
            "/exceptions/0/slots/0/to",
            "invalid_value",
        ),
    ] {
        let answer = admin.post(RULES, &body).await;
        let (at, what, _) = refused(&answer);
        assert_eq!((at.as_str(), what.as_str()), (pointer, code), "{body} {answer}");
    }
}

#[rstest]
#[tokio::test]
async fn a_time_outside_office_hours_is_refused_with_the_nearest(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    with_hours(&app, &nine_to_five()).await;
    assert_eq!(book(&app, &client, "2026-11-25T16:59:59Z").await.status, 201);
    let late = refused(&book(&app, &client, "2026-11-25T17:00:00Z").await);
    let nearest = ["16:45", "16:30", "16:15", "16:00", "15:45"].map(|time| format!("2026-11-25T{time}:00Z"));
    assert_eq!(late, ("/desired_time".to_owned(), "closed".to_owned(), nearest.to_vec()));
    let night = refused(&book(&app, &client, "2026-11-26T01:00:00Z").await);
    let both = ["2026-11-26T09:00:00Z", "2026-11-25T16:45:00Z"];
    assert!(both.iter().all(|time| night.2.contains(&(*time).to_owned())), "{night:?}");
    let date = refused(&book(&app, &client, "2026-11-27T10:00:00Z").await);
    assert_eq!(date.1, "exception");

    set(&app, json!({"minimum_notice_seconds": 86_400})).await;
    let soon = refused(&book(&app, &client, "2026-11-24T15:00:00Z").await);
    assert_eq!((soon.1.as_str(), soon.2[0].as_str()), ("too_soon", "2026-11-25T09:00:00Z"));

    let kept = client.json(&format!("/api/v1/callbacks?from={}", "2026-11-25T00:00:00Z")).await;
    let id = kept["items"][0]["id"].clone();
    let moved = client.command(&id, "reschedule", &json!({"desired_time": "2026-11-28T10:00:00Z"})).await;
    assert_eq!(refused(&moved).1, "closed");
    let moved = client.command(&id, "reschedule", &json!({"desired_time": "2026-11-30T10:00:00Z"})).await;
    assert_eq!(moved.status, 200, "{moved}");

    app.advance(9 * 3_600);
    let now = json!({"callback_type": "immediate", "service_id": app.service, "customer_number": NUMBER});
    let closed = refused(&client.post("/api/v1/callbacks", &now).await);
    assert_eq!((closed.0.as_str(), closed.1.as_str()), ("/callback_type", "closed"));
    assert_eq!(client.json(&format!("/api/v1/services/{}", app.service)).await["name"], "Billing EN");
}

#[rstest]
#[tokio::test]
async fn nobody_is_called_while_the_service_is_closed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    with_hours(&app, &nine_to_five()).await;
    let made = client.create_immediate(app.service, NUMBER).await;
    app.submit().await;
    app.advance(9 * 3_600);
    assert!(app.router().reserve(1).await.is_empty());
    let read = client.callback(&made["id"]).await;
    assert_eq!(read["waiting_for"], json!({"reason": "closed", "until": "2026-11-25T09:00:00Z"}));
    let listed = client.json("/api/v1/callbacks").await;
    assert_eq!(listed["items"][0]["waiting_for"], read["waiting_for"]);
    app.advance(15 * 3_600 - 1);
    assert!(app.router().reserve(1).await.is_empty());
    app.advance(1);
    assert_eq!(app.router().reserve_one().await.callback["id"], made["id"]);
}

#[rstest]
#[tokio::test]
async fn what_falls_due_in_a_closed_service_moves_on_or_fails(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    let calendar = with_hours(&app, &nine_to_five()).await;
    let closes = async |dates: &[&str]| {
        let exception = |date: &&str| json!({"date": date, "closed": true});
        let body = json!({"exceptions": dates.iter().map(exception).collect::<Vec<_>>()});
        assert_eq!(app.admin().await.patch(&calendar, &body).await.status, 200);
    };
    let made = client.create_scheduled(app.service, NUMBER, "2026-11-25T10:00:00Z").await;
    closes(&["2026-11-25", "2026-11-26"]).await;
    app.advance(25 * 3_600);
    assert_eq!(app.submit().await, 1);
    let read = client.callback(&made["id"]).await;
    assert_eq!(
        (&read["state"], &read["desired_time"]),
        (&json!("SCHEDULED"), &json!("2026-11-27T09:00:00Z"))
    );
    let timeline = client.json(&format!("/api/v1/callbacks/{}/timeline", text(&made["id"]))).await;
    let line = timeline["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&line["action"], &line["actor"]["name"]), (&json!("rolled_forward"), &json!("scheduler")));

    closes(&["2026-11-27"]).await;
    set(&app, json!({"closed_when_due": "fail"})).await;
    app.advance(47 * 3_600);
    assert_eq!(app.submit().await, 1);
    let read = client.callback(&made["id"]).await;
    assert_eq!(read["result"], "FAIL_BUSINESS_CLOSED");
}

#[rstest]
#[tokio::test]
async fn a_slot_takes_what_it_can_hold_and_what_is_given_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    let rule = with_capacity(&app, 2).await;
    let first: Value = book(&app, &client, "2026-11-25T10:00:00Z").await.read();
    let second: Value = book(&app, &client, "2026-11-25T10:14:59Z").await.read();
    let full = refused(&book(&app, &client, "2026-11-25T10:05:00Z").await);
    assert_eq!((full.0.as_str(), full.1.as_str()), ("/desired_time", "full"));
    let nearest = ["2026-11-25T10:15:00Z", "2026-11-25T09:45:00Z"];
    assert_eq!(full.2[..2], nearest.map(str::to_owned), "nearest first");

    // Moved within its slot it needs no other place; cancelled it gives one back.
    let within = json!({"desired_time": "2026-11-25T10:10:00Z"});
    assert_eq!(client.command(&first["id"], "reschedule", &within).await.status, 200);
    assert!(client.command(&second["id"], "cancel", &json!({})).await.is_success());
    let third: Value = book(&app, &client, "2026-11-25T10:05:00Z").await.read();
    assert_eq!(refused(&book(&app, &client, "2026-11-25T10:05:00Z").await).1, "full");
    let away = json!({"desired_time": "2026-11-25T11:00:00Z"});
    assert_eq!(client.command(&third["id"], "reschedule", &away).await.status, 200);
    let again = json!({"callback_type": "scheduled", "desired_time": "2026-11-25T10:05:00Z"});
    let again = client.command(&second["id"], "recreate", &again).await;
    assert_eq!(again.status, 201, "{again}");

    // A slot that has begun is no more to be had, nor is one without capacity.
    assert_eq!(refused(&book(&app, &client, "2026-11-24T09:05:00Z").await).1, "too_soon");
    let none = json!({"exceptions": [{"date": "2026-11-25", "slots": []}]});
    assert_eq!(app.admin().await.patch(&rule, &none).await.status, 200);
    assert_eq!(refused(&book(&app, &client, "2026-11-25T12:00:00Z").await).1, "no_capacity");
    let path = format!("/api/v1/services/{}/availability", app.service);
    let over =
        client.json(&format!("{path}?from=2026-11-25T10:00:00Z&to=2026-11-25T10:15:00Z&include=all")).await;
    let slot = &over["items"][0];
    assert_eq!(
        (&slot["capacity"], &slot["booked"], &slot["reason"]),
        (&json!(0), &json!(2), &json!("no_capacity"))
    );
}

#[rstest]
#[tokio::test]
async fn free_times_are_those_that_can_be_booked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    with_hours(&app, &nine_to_five()).await;
    with_capacity(&app, 1).await;
    let path = format!("/api/v1/services/{}/availability", app.service);
    let day = format!("{path}?from=2026-11-25T00:00:00Z&to=2026-11-26T00:00:00Z");
    let items = |answer: &Value| answer["items"].as_array().unwrap().clone();
    assert_eq!(items(&client.json(&day).await).len(), 32);
    book(&app, &client, "2026-11-25T10:00:00Z").await;
    let free = items(&client.json(&day).await);
    assert_eq!(free.len(), 31);
    for slot in free {
        let answer = book(&app, &client, &text(&slot["from"])).await;
        assert_eq!(answer.status, 201, "{slot} {answer}");
    }
    assert!(items(&client.json(&day).await).is_empty());

    let all = client
        .json(&format!(
            "{path}?from=2026-11-24T08:00:00Z&to=2026-11-28T00:00:00Z&include=all&time_zone=Europe/Berlin"
        ))
        .await;
    let reasons: Vec<Value> = items(&all).iter().map(|slot| slot["reason"].clone()).collect();
    for reason in ["past", "closed", "full", "exception"] {
        assert!(reasons.contains(&json!(reason)), "{reason}");
    }
    let slot = items(&all).into_iter().find(|slot| slot["reason"] == "exception").unwrap();
    assert_eq!((&slot["local"], &slot["label"]), (&json!("2026-11-27T01:00:00+01:00"), &json!("Move")));

    let month =
        client.json(&format!("{path}?from=2026-11-24T09:00:00Z&to=2027-01-20T00:00:00Z&include=all")).await;
    assert_eq!(items(&month).len(), 3_000);
    let rest = client
        .json(&format!("{path}?from={}&to=2027-01-20T00:00:00Z&include=all", text(&month["next"])))
        .await;
    assert_eq!(items(&rest)[0]["from"], month["next"]);
    assert_eq!(rest["next"], Value::Null);
    let long = client.get(&format!("{path}?from=2026-11-24T00:00:00Z&to=2027-02-24T00:00:00Z")).await;
    assert_eq!(refused(&long).0, "?to");
}

#[rstest]
#[tokio::test]
async fn a_calendar_that_cannot_be_read_stops_no_other_service(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    with_hours(&app, &nine_to_five()).await;
    client.create_immediate(app.service, NUMBER).await;
    let other = client.create_immediate(app.other_service, NUMBER).await;
    app.submit().await;
    execute(&app, "UPDATE rules SET document = 'unreadable'").await;
    let handed = app.router().reserve(2).await;
    let ids: Vec<_> = handed.iter().map(|reserved| &reserved.callback["id"]).collect();
    assert_eq!(ids, [&other["id"]], "what cannot be read opens nothing");
}

#[tokio::test]
async fn a_calendar_says_since_when_and_until_when_it_is_open() {
    let app = TestApp::start(Backend::Sqlite).await;
    let path = with_hours(&app, &nine_to_five()).await;
    let client = app.monitor().await;
    let at = async |at: &str| {
        let state = client.json(&format!("{path}/open?at={at}")).await;
        (state["open"] == true, text(&state["since"]), text(&state["until"]), state["label"].clone())
    };
    let (nine, five) = ("2026-11-25T09:00:00Z".to_owned(), "2026-11-25T17:00:00Z".to_owned());
    assert_eq!(at("2026-11-25T12:00:00Z").await, (true, nine, five.clone(), Value::Null));
    assert_eq!(
        at("2026-11-25T17:00:00Z").await,
        (false, five, "2026-11-26T09:00:00Z".to_owned(), Value::Null)
    );
    let moved = at("2026-11-27T12:00:00Z").await;
    assert_eq!((moved.0, moved.2.as_str(), moved.3), (false, "2026-11-30T09:00:00Z", json!("Move")));
}

/// What becomes of a wish, beside 23 others.
async fn wish(app: &TestApp, client: &Client, other: Option<&Value>, time: &str) -> bool {
    let answer = match other {
        Some(id) => client.command(id, "reschedule", &json!({"desired_time": time})).await,
        None => book(app, client, time).await,
    };
    assert!(answer.is_success() || refused(&answer).1 == "full", "{answer}");
    answer.is_success()
}

#[rstest]
#[tokio::test]
async fn the_last_place_of_a_slot_is_booked_once_by_whoever_is_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const PLACES: usize = 3;
    let app = TestApp::start(backend).await;
    let node = if backend == Backend::Postgres { Some(app.start_node().await) } else { None };
    let client = app.integration();
    let at = |node: &Node| Client::new(node.address).with_key(clear(ApiScope::CallbacksWrite));
    let elsewhere = node.as_ref().map_or_else(|| client.clone(), at);
    with_capacity(&app, u32::try_from(PLACES).unwrap()).await;
    let (clients, rounds) = (size(24, 200), size(6, 100));
    for round in 0..rounds {
        // Callbacks that wait in slots of their own, to be moved.
        let mut waiting = Vec::new();
        for index in 0..clients / 3 {
            let time =
                format!("2026-12-{:02}T{:02}:{:02}:00Z", 10 + round % 10, 1 + index / 4 % 20, index % 4 * 15);
            let made = book(&app, &client, &time).await;
            if made.is_success() {
                waiting.push(made.read::<Value>()["id"].clone());
            }
        }
        let time = format!("2026-12-{:02}T{:02}:{:02}:00Z", 1 + round / 20, 2 + round % 20, round % 4 * 15);
        let wishes = (0..clients).map(|index| {
            let client = if index % 2 == 0 { &client } else { &elsewhere };
            wish(&app, client, waiting.get(index), &time)
        });
        let accepted = join_all(wishes).await.into_iter().filter(|accepted| *accepted).count();
        assert_eq!(accepted, PLACES, "round {round}");
    }
}
