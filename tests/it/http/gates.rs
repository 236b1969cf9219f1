//! Why a callback is not called now, and the hours in which people are called.

use ringback_domain::ServiceId;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const LONDON: &str = "+442079460318";
/// Where it is four in the morning when the tests begin.
const NEW_YORK: &str = "+12125550123";

async fn set(app: &TestApp, service: ServiceId, settings: Value) {
    let answer = app.admin().await.patch(&format!("/api/v1/services/{service}"), &settings).await;
    assert_eq!(answer.status, 200, "{answer}");
}

async fn with_courtesy(backend: Backend) -> TestApp {
    let app = TestApp::start(backend).await;
    set(&app, app.service, json!({"called_party_hours": ["courtesy"]})).await;
    app
}

async fn gates(client: &Client, id: &Value) -> Value {
    client.json(&format!("/api/v1/callbacks/{}/gates", text(id))).await
}

/// The gates that are not open.
fn shut(answer: &Value) -> Vec<(&str, &str)> {
    let gates = answer["gates"].as_array().unwrap().iter();
    let words = gates.map(|gate| (gate["gate"].as_str().unwrap(), gate["verdict"].as_str().unwrap()));
    words.filter(|(_, verdict)| *verdict != "open").collect()
}

fn gate<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer["gates"].as_array().unwrap().iter().find(|gate| gate["gate"] == name).unwrap()
}

async fn book(client: &Client, service: ServiceId, number: &str, at: &str, confirmed: bool) -> Answer {
    let body = json!({
        "callback_type": "scheduled", "service_id": service, "customer_number": number, "desired_time": at,
        "outside_hours_confirmed": confirmed,
    });
    client.post("/api/v1/callbacks", &body).await
}

fn fault(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 422, "{answer}");
    let problem: Value = answer.read();
    (text(&problem["errors"][0]["pointer"]), text(&problem["errors"][0]["code"]))
}

#[rstest]
#[tokio::test]
async fn the_gates_name_what_keeps_a_callback_and_its_rule(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    let id = client.create_immediate(app.service, LONDON).await["id"].clone();
    app.submit().await;
    let free = gates(&client, &id).await;
    assert_eq!(shut(&free), [("agent", "waiting")]);
    assert_eq!(free["opens_at"], "2026-11-24T09:00:00Z");

    let admin = app.admin().await;
    let evening = json!({"name": "Evening", "time_zone": "Europe/London",
        "weekly": {"tue": [{"from": "18:00", "to": "20:00"}]}});
    let evening: Value = admin.post("/api/v1/office-hours", &evening).await.read();
    let german = json!({"name": "Germany", "kind": "allow_countries", "countries": ["DE"]});
    let german: Value = admin.post("/api/v1/number-rules", &german).await.read();
    set(&app, app.service, json!({"open_calendars": [evening["id"]], "dial_pending": false})).await;
    let closed = gates(&client, &id).await;
    assert_eq!(shut(&closed), [("dialling", "waiting"), ("office_hours", "until"), ("agent", "waiting")]);
    let hours = gate(&closed, "office_hours");
    assert_eq!(hours["rule"], json!({"id": evening["id"], "name": "Evening", "version": 1}));
    assert_eq!(hours["until"], "2026-11-24T18:00:00Z");
    assert_eq!(closed["opens_at"], hours["until"]);
    assert_eq!(client.callback(&id).await["waiting_for"], json!({"reason": "dialling"}));

    set(
        &app,
        app.service,
        json!({"number_rules": [german["id"]], "open_calendars": [], "dial_pending": true}),
    )
    .await;
    let entry = json!({"number": LONDON, "reason": "Asked us to stop"});
    assert_eq!(admin.post("/api/v1/do-not-call", &entry).await.status, 201);
    let never = gates(&client, &id).await;
    assert_eq!(shut(&never), [("number_rules", "never"), ("do_not_call", "never"), ("agent", "waiting")]);
    assert_eq!(gate(&never, "number_rules")["result"], "FAIL_NUMBER_BLOCKED");
    assert_eq!(gate(&never, "number_rules")["rule"]["name"], "Germany");
    assert_eq!(gate(&never, "do_not_call")["rule"]["name"], "Asked us to stop");
    assert_eq!(never.get("opens_at"), None);
    assert!(app.router().reserve(1).await.is_empty());
    assert_eq!(client.callback(&id).await["result"], "FAIL_NUMBER_BLOCKED");
    assert_eq!(gates(&client, &id).await, json!({"gates": []}), "it is over");
}

#[rstest]
#[tokio::test]
async fn a_dry_run_says_whether_a_number_could_be_called(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = with_courtesy(backend).await;
    let client = app.integration();
    let ask = async |more: Value| {
        let mut body = json!({"service_id": app.service, "customer_number": NEW_YORK});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.post("/api/v1/gates/dry-run", &body).await
    };
    let night: Value = ask(json!({})).await.read();
    assert_eq!(shut(&night), [("called_party_hours", "until"), ("agent", "waiting")]);
    let hours = gate(&night, "called_party_hours");
    assert_eq!((&hours["rule"]["id"], &hours["until"]), (&json!("courtesy"), &json!("2026-11-24T13:00:00Z")));
    assert!(text(&hours["detail"]).contains("America/New_York"), "{hours}");
    assert_eq!(night["opens_at"], "2026-11-24T13:00:00Z");
    let day: Value = ask(json!({"at": "2026-11-24T14:00:00Z"})).await.read();
    assert_eq!((shut(&day), &day["opens_at"]), (vec![("agent", "waiting")], &json!("2026-11-24T14:00:00Z")));
    let named: Value = ask(json!({"customer_time_zone": "Europe/Paris"})).await.read();
    assert_eq!(shut(&named), [("agent", "waiting")]);
    for (wrong, pointer, code) in [
        (json!({"service_id": "00000000-0000-7000-8000-000000000000"}), "/service_id", "unknown"),
        (json!({"customer_number": "nobody"}), "/customer_number", "malformed_number"),
        (json!({"customer_time_zone": "Mars/Olympus"}), "/customer_time_zone", "unknown_time_zone"),
        (json!({"at": "2026-11-24T08:59:59Z"}), "/at", "in_the_past"),
        (json!({"at": "2028-11-24T09:00:00Z"}), "/at", "out_of_range"),
    ] {
        assert_eq!(fault(&ask(wrong).await), (pointer.to_owned(), code.to_owned()));
    }
    let id = client.create_immediate(app.service, LONDON).await["id"].clone();
    app.submit().await;
    assert_eq!(app.router().reserve_one().await.callback["id"], id);
    let called: Value = ask(json!({"customer_number": LONDON})).await.read();
    assert_eq!(shut(&called), [("other_call", "waiting"), ("agent", "waiting")]);
}

#[rstest]
#[tokio::test]
async fn a_time_outside_the_hours_of_the_customer_is_confirmed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = with_courtesy(backend).await;
    let client = app.integration();
    let night = "2026-11-24T12:00:00Z";
    let refused = book(&client, app.service, NEW_YORK, night, false).await;
    assert_eq!(fault(&refused), ("/desired_time".to_owned(), "outside_permitted_hours".to_owned()));
    assert_eq!(refused.read::<Value>()["slots"][0]["from"], "2026-11-24T13:00:00Z");
    let made: Value = book(&client, app.service, NEW_YORK, night, true).await.read();
    let party =
        json!({"time_zones": ["America/New_York"], "source": "number", "outside_hours_confirmed": true});
    assert_eq!(client.callback(&made["id"]).await["called_party"], party);
    let kept: Value = book(&client, app.service, LONDON, night, true).await.read();
    let party = &client.callback(&kept["id"]).await["called_party"];
    assert_eq!(party["outside_hours_confirmed"], false, "there was nothing to confirm");

    let later = json!({"desired_time": "2026-11-25T12:00:00Z"});
    let refused = client.command(&made["id"], "reschedule", &later).await;
    assert_eq!(fault(&refused).1, "outside_permitted_hours");
    let path =
        format!("/api/v1/services/{}/availability?include=all&customer_number=%2B12125550123", app.service);
    let slots = client.json(&format!("{path}&from={night}&to=2026-11-24T13:15:00Z")).await;
    let reasons: Vec<&Value> =
        slots["items"].as_array().unwrap().iter().map(|slot| &slot["reason"]).collect();
    let outside = json!("outside_permitted_hours");
    assert_eq!(reasons, [&outside, &outside, &outside, &outside, &Value::Null]);

    app.advance(3 * 3_600);
    app.submit().await;
    let reserved = app.router().reserve(10).await;
    assert_eq!(reserved.len(), 2, "the customer chose that time");
    set(&app, app.service, json!({"called_party_hours": []})).await;
    assert_eq!(book(&client, app.service, "+12125550124", "2026-11-25T12:00:00Z", false).await.status, 201);
}

#[rstest]
#[tokio::test]
async fn nobody_is_called_at_night_by_their_own_clock(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = with_courtesy(backend).await;
    let client = app.integration();
    let mut asleep = Vec::new();
    for index in 0..5 {
        asleep.push(client.create_immediate(app.service, &format!("+1212555012{index}")).await["id"].clone());
        app.advance(1);
    }
    app.submit().await;
    app.advance(7_200 - 2);
    let spared = gates(&client, &asleep[4]).await;
    assert_eq!(shut(&spared), [("agent", "waiting")], "the customer asked for it a moment ago");
    app.advance(3_600);
    let awake = client.create_immediate(app.service, LONDON).await["id"].clone();
    app.submit().await;
    let waits = json!({"reason": "called_party_hours", "until": "2026-11-24T13:00:00Z"});
    let read = client.callback(&asleep[0]).await;
    assert_eq!((&read["waiting_for"], &read["metrics"]["position_in_queue"]), (&waits, &Value::Null));
    let reserved = app.router().reserve(1).await;
    assert_eq!(reserved[0].callback["id"], awake, "those behind are handed out");
    assert!(app.router().reserve(10).await.is_empty());
    app.advance(2);
    let listed = client.json("/api/v1/callbacks?state=QUEUED").await;
    assert!(listed["items"].as_array().unwrap().iter().all(|row| row["waiting_for"] == waits), "{listed}");
    assert_eq!(gate(&gates(&client, &asleep[0]).await, "called_party_hours")["until"], waits["until"]);

    // Another rule counts at once, and the old one again.
    set(&app, app.service, json!({"called_party_hours": []})).await;
    assert_eq!(app.router().reserve_one().await.callback["id"], asleep[0]);
    set(&app, app.service, json!({"called_party_hours": ["courtesy"]})).await;
    assert!(app.router().reserve(10).await.is_empty());
    app.advance(90 * 60);
    let morning: Vec<Value> =
        app.router().reserve(10).await.iter().map(|one| one.callback["id"].clone()).collect();
    assert_eq!(morning, asleep[1..], "in their old order");
}

#[rstest]
#[tokio::test]
async fn a_customer_is_dialled_again_in_hours_of_their_own_clock(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = with_courtesy(backend).await;
    let client = app.integration();
    let gap = json!({"retry_policy": {"results": {"BUSY": {"gap_seconds": 600, "jitter": 0}}}});
    set(&app, app.service, gap).await;
    let made: Value = book(&client, app.service, LONDON, "2026-11-24T20:55:00Z", false).await.read();
    app.advance(11 * 3_600 + 55 * 60);
    app.submit().await;
    let reserved = app.router().reserve_one().await;
    app.router().report(&reserved, "fail", json!({"dial_result": "BUSY"})).await;
    let read = client.callback(&made["id"]).await;
    assert_eq!(read["waiting_for"], json!({"reason": "retry_gap", "until": "2026-11-25T08:00:00Z"}));
    assert_eq!(read["metrics"]["retry_at"], "2026-11-25T08:00:00Z");
}

#[tokio::test]
async fn a_service_names_rule_sets_that_exist() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    let path = format!("/api/v1/services/{}", app.service);
    for (sets, pointer, code) in [
        (json!(["siesta"]), "/called_party_hours/0", "unknown_value"),
        (json!(vec!["courtesy"; 21]), "/called_party_hours", "too_long"),
    ] {
        let answer = admin.patch(&path, &json!({ "called_party_hours": sets })).await;
        assert_eq!(fault(&answer), (pointer.to_owned(), code.to_owned()));
    }
    let made = json!({"name": "New", "time_zone": "Europe/London", "default_country": "GB"});
    let made: Value = admin.post("/api/v1/services", &made).await.read();
    assert_eq!(made["called_party_hours"], json!(["courtesy"]));
}
