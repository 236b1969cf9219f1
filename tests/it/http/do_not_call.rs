//! The do-not-call list.

use std::fmt::Write;

use reqwest::Method;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const LIST: &str = "/api/v1/do-not-call";
const NUMBER: &str = "+442079460318";

async fn add(client: &Client, entry: &Value) -> Value {
    let answer = client.post(LIST, entry).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer.read()
}

/// Whether the service takes a callback for the number.
async fn takes(app: &TestApp, service: ringback_domain::ServiceId, number: &str) -> bool {
    let body = json!({"callback_type": "immediate", "service_id": service, "customer_number": number});
    let answer = app.integration().post("/api/v1/callbacks", &body).await;
    if answer.status == 422 {
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(problem["errors"][0]["code"], "do_not_call", "{answer}");
        assert_eq!(problem["errors"][0]["pointer"], "/customer_number");
    }
    answer.is_success()
}

async fn import(client: &Client, file: &str) -> Answer {
    let request = client.request(Method::POST, &format!("{LIST}/import"));
    Answer::to(request.header("content-type", "text/csv").body(file.to_owned())).await
}

#[rstest]
#[tokio::test]
async fn numbers_on_the_list_are_not_called(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let (client, admin) = (app.integration(), app.admin().await);
    let waiting = client.create_immediate(app.service, NUMBER).await["id"].clone();
    let prefixed = client.create_immediate(app.service, "+449001234567").await["id"].clone();
    let elsewhere = client.create_immediate(app.other_service, "+493023125760").await["id"].clone();
    app.submit().await;

    let entry = add(&admin, &json!({"number": "+44 20 7946 0318", "reason": "Asked not to be called"})).await;
    assert_eq!(
        (&entry["number"], &entry["scope"], &entry["source"]),
        (&json!(NUMBER), &json!("all"), &json!("manual"))
    );
    add(&admin, &json!({"prefix": "+4490", "scope": app.service, "reason": "Premium", "source": "rules"}))
        .await;
    let local = json!({"number": "030 23125-760", "scope": app.other_service, "reason": "Moved",
        "until": "2026-11-24T10:00:00Z"});
    add(&admin, &local).await;

    for (service, number, taken) in [
        (app.service, NUMBER, false),
        (app.other_service, NUMBER, false),
        (app.service, "+449001234568", false),
        (app.other_service, "+449001234568", true),
        (app.other_service, "+493023125760", false),
    ] {
        assert_eq!(takes(&app, service, number).await, taken, "{number}");
    }
    app.submit().await;
    let reserved = app.router().reserve(10).await;
    assert_eq!(reserved.len(), 1, "{reserved:?}");
    for id in [waiting, prefixed, elsewhere] {
        let callback = client.callback(&id).await;
        assert_eq!(
            (&callback["state"], &callback["result"]),
            (&json!("COMPLETED"), &json!("FAIL_NUMBER_BLOCKED"))
        );
        let timeline = client.json(&format!("/api/v1/callbacks/{}/timeline", text(&id))).await;
        assert!(timeline.to_string().contains("do-not-call list"), "{timeline}");
    }

    assert!(takes(&app, app.service, "+493023125760").await, "the entry is for another service");
    app.advance(3_600);
    assert!(takes(&app, app.other_service, "+493023125760").await, "the entry has ended");
    let path = format!("{LIST}/{}", text(&entry["id"]));
    let admin = app.admin().await;
    assert_eq!(Answer::to(admin.request(Method::DELETE, &path)).await.status, 204);
    assert!(takes(&app, app.service, NUMBER).await);
}

#[rstest]
#[tokio::test]
async fn the_list_goes_out_and_in_as_csv(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let mut file = "Number,Scope,Reason,Source,Until\r\n".to_owned();
    for index in 0..600 {
        writeln!(file, "+4420794{index:05},all,\"Register, line {index}\",register,\r").unwrap();
    }
    writeln!(file, "+4490*,{},Premium,,2027-01-01T00:00:00Z\r", app.service).unwrap();
    // The last of several lines counts.
    file += "+442079400000,,Again,,\r\n";
    let imported = import(&admin, &file).await;
    let result = json!({"imported": 601, "added": 601, "changed": 0});
    assert_eq!((imported.status, imported.read::<Value>()), (200, result));
    let again = import(&admin, &file.replace("line 7\"", "line seven\"").replace("+4490*", "+4491*")).await;
    assert_eq!(again.read::<Value>(), json!({"imported": 601, "added": 1, "changed": 1}));
    let removed = admin.json(&format!("{LIST}?search=4491")).await["items"][0]["id"].clone();
    let path = format!("{LIST}/{}", text(&removed));
    assert_eq!(Answer::to(admin.request(Method::DELETE, &path)).await.status, 204);
    let restored = import(&admin, &file).await;
    assert_eq!(restored.read::<Value>(), json!({"imported": 601, "added": 0, "changed": 1}));

    let exported = admin.get(&format!("{LIST}/export")).await;
    assert_eq!(exported.status, 200);
    let lines: Vec<&str> = exported.body.lines().collect();
    assert_eq!(lines.len(), 602);
    assert_eq!(lines[0], "number,scope,reason,source,until");
    assert_eq!(lines[1], "+442079400000,all,Again,manual,");
    assert_eq!(lines[2], "+442079400001,all,\"Register, line 1\",register,");
    assert_eq!(lines[601], format!("+4490*,{},Premium,manual,2027-01-01T00:00:00Z", app.service));
    assert_eq!(import(&admin, &exported.body).await.status, 200);

    let found = admin.json(&format!("{LIST}?search=00599")).await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let (mut seen, mut cursor) = (0, String::new());
    loop {
        let page = admin.json(&format!("{LIST}?limit=100{cursor}")).await;
        seen += page["items"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, 601);
}

#[tokio::test]
async fn what_is_wrong_with_an_entry_is_said_at_its_place() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    let faults = |answer: &Answer| -> Vec<(String, String)> {
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        let of = |fault: &Value| (text(&fault["pointer"]), text(&fault["code"]));
        problem["errors"].as_array().unwrap().iter().map(of).collect()
    };
    let unknown = "00000000-0000-7000-8000-000000000000";
    for (entry, pointer, code) in [
        (json!({"reason": "A"}), "/number", "required"),
        (json!({"number": "020 7946 0318", "reason": "A"}), "/number", "malformed_number"),
        (json!({"number": NUMBER, "prefix": "+44", "reason": "A"}), "/prefix", "conflict"),
        (json!({"prefix": "44", "reason": "A"}), "/prefix", "invalid_value"),
        (json!({"prefix": "+44", "scope": "some", "reason": "A"}), "/scope", "invalid_value"),
        (json!({"prefix": "+44", "scope": unknown, "reason": "A"}), "/scope", "unknown"),
        (json!({"prefix": "+44", "reason": " "}), "/reason", "required"),
        (json!({"prefix": "+44", "reason": "A", "until": "2026-11-24T08:00:00Z"}), "/until", "in_the_past"),
    ] {
        let answer = admin.post(LIST, &entry).await;
        assert_eq!(answer.status, 422, "{entry}");
        assert_eq!(faults(&answer), [(pointer.to_owned(), code.to_owned())], "{answer}");
    }
    let file = "number,scope,reason\n+442079460318,all,A\n+44*,some,A\n12,all,A\n+4490*,all,\n";
    let refused = import(&admin, file).await;
    assert_eq!(refused.status, 422);
    let places: Vec<String> = faults(&refused).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(places, ["/lines/1/scope", "/lines/2/number", "/lines/3/reason"], "{refused}");
    assert_eq!(import(&admin, "a,b\n1,2\n").await.status, 422);
    let list = admin.json(LIST).await;
    assert!(list["items"].as_array().unwrap().is_empty(), "none of the lines was taken in");
}
