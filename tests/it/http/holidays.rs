//! Public holidays and calendar files: where exceptions come from beside people.

use reqwest::Method;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

use super::errors::problem;
use super::office_hours::{create, refused};

const CALENDARS: &str = "/api/v1/office-hours";

fn berlin(holiday_sets: &Value, exceptions: &Value) -> Value {
    let day = json!([{"from": "09:00", "to": "17:00"}]);
    json!({
        "name": "Berlin office", "time_zone": "Europe/Berlin", "weekly": {"mon": day, "fri": day},
        "holiday_sets": holiday_sets, "exceptions": exceptions,
    })
}

fn on(calendar: &Value, date: &str) -> Value {
    let exceptions = calendar["exceptions"].as_array().unwrap();
    exceptions.iter().find(|one| one["date"] == date).cloned().unwrap_or(Value::Null)
}

fn closed(date: &str, label: &str, source: &str) -> Value {
    json!({"date": date, "closed": true, "label": label, "source": source})
}

#[rstest]
#[tokio::test]
async fn a_calendar_is_closed_on_the_holidays_of_its_sets(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let sets = app.monitor().await.json("/api/v1/holiday-sets").await;
    let berlin_set = json!({"code": "DE-BE", "country": "DE", "name": "Germany, Berlin"});
    assert!(sets["items"].as_array().unwrap().contains(&berlin_set));

    let by_hand = json!([{"date": "2026-12-25", "hours": [{"from": "10:00", "to": "12:00"}]}]);
    let made = create(&admin, CALENDARS, &berlin(&json!(["DE-BE"]), &by_hand)).await;
    let path = format!("{CALENDARS}/{}", text(&made["id"]));
    assert_eq!(made["holiday_sets"], json!(["DE-BE"]));
    assert_eq!(on(&made, "2027-03-08"), closed("2027-03-08", "Frauentag", "holiday:DE-BE"));
    assert_eq!(on(&made, "2026-12-25")["source"], "manual", "people know better");
    assert_eq!(on(&made, "2026-12-26")["source"], "holiday:DE-BE");
    assert_eq!(on(&made, "2028-11-23"), Value::Null);
    let open = admin.json(&format!("{path}/open?at=2027-03-08T10:00:00Z")).await;
    assert_eq!((&open["open"], &open["label"]), (&json!(false), &json!("Frauentag")));

    // A holiday that people change is theirs from then on; one that they leave out comes back.
    let mut exceptions = made["exceptions"].as_array().unwrap().clone();
    exceptions.retain(|one| one["date"] != "2026-12-26");
    let hours = json!([{"from": "09:00", "to": "11:00"}]);
    for one in exceptions.iter_mut().filter(|one| one["date"] == "2027-03-08") {
        *one = json!({"date": "2027-03-08", "hours": hours, "source": "holiday:DE-BE"});
    }
    let edited: Value = admin.patch(&path, &json!({"exceptions": exceptions})).await.read();
    assert_eq!(on(&edited, "2027-03-08")["source"], "manual");
    assert_eq!(on(&edited, "2026-12-26")["source"], "holiday:DE-BE");

    let other: Value = admin.patch(&path, &json!({"holiday_sets": ["GB-SCT"]})).await.read();
    assert_eq!(on(&other, "2026-12-26")["source"], "holiday:GB-SCT");
    assert_eq!(on(&other, "2027-01-02")["source"], "holiday:GB-SCT");
    assert_eq!(on(&other, "2027-05-06"), Value::Null, "Ascension Day is none in Scotland");
    assert_eq!(on(&other, "2027-03-08")["source"], "manual");
    let none: Value = admin.patch(&path, &json!({"holiday_sets": []})).await.read();
    let left: Vec<_> = none["exceptions"].as_array().unwrap().iter().map(|one| text(&one["date"])).collect();
    assert_eq!(left, ["2026-12-25", "2027-03-08"]);

    for (sets, pointer, code) in [
        (json!(["DE-XX"]), "/holiday_sets/0", "unknown"),
        (json!(["DE", "de"]), "/holiday_sets/1", "unknown"),
        (json!(["DE", "DE"]), "/holiday_sets/1", "conflict"),
        (json!(vec!["DE"; 21]), "/holiday_sets", "too_long"),
    ] {
        let answer = admin.patch(&path, &json!({"holiday_sets": sets})).await;
        let (at, why, _) = refused(&answer);
        assert_eq!((at.as_str(), why.as_str()), (pointer, code), "{answer}");
    }
}

#[rstest]
#[tokio::test]
async fn each_day_the_holidays_of_another_day_are_added(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let made = create(&app.admin().await, CALENDARS, &berlin(&json!(["DE"]), &json!([]))).await;
    let path = format!("{CALENDARS}/{}", text(&made["id"]));
    assert_eq!(app.follow_holidays().await, 0, "nothing is missing");
    assert_eq!(on(&made, "2028-12-25"), Value::Null);
    app.advance(40 * 86_400);
    assert_eq!(app.follow_holidays().await, 1);
    assert_eq!(app.follow_holidays().await, 0);
    let admin = app.admin().await;
    let read = admin.json(&path).await;
    assert_eq!(on(&read, "2028-12-25")["label"], "Erster Weihnachtstag");
    assert_eq!((&read["version"], &on(&read, "2026-12-25")["source"]), (&json!(2), &json!("holiday:DE")));
    app.advance(60 * 86_400);
    app.follow_holidays().await;
    let admin = app.admin().await;
    assert_eq!(on(&admin.json(&path).await, "2026-12-25"), Value::Null, "what is long over goes");
    app.seal_audit().await;
    let entry = admin.json("/api/v1/audit?action=calendar.edit").await["items"][0].clone();
    assert_eq!((&entry["actor"]["kind"], &entry["actor"]["name"]), (&json!("system"), &json!("holidays")));
}

/// A calendar file with these events, each as its lines.
fn file(events: &[&str]) -> String {
    let events: Vec<String> =
        events.iter().map(|lines| format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")).collect();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//EN\n{}END:VCALENDAR\n", events.concat())
        .replace('\n', "\r\n")
}

async fn import(client: &Client, path: &str, file: String) -> Answer {
    let request = client.request(Method::POST, &format!("{path}/import"));
    Answer::to(request.header("content-type", "text/calendar; charset=utf-8").body(file)).await
}

#[rstest]
#[tokio::test]
async fn all_day_events_of_a_file_close_a_calendar(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let by_hand = json!([{"date": "2026-12-24", "hours": [{"from": "09:00", "to": "12:00"}]}]);
    let made = create(&admin, CALENDARS, &berlin(&json!([]), &by_hand)).await;
    let path = format!("{CALENDARS}/{}", text(&made["id"]));
    let events = |moved: &str| {
        file(&[
            "UID:party\nDTSTART;VALUE=DATE:20261223\nDTEND;VALUE=DATE:20261226\nSUMMARY:Christmas\\, and\n  a party",
            &format!("UID:move\nDTSTART;VALUE=DATE:{moved}\nSUMMARY:Move"),
            "UID:talk\nDTSTART:20261201T100000Z\nDTEND:20261201T110000Z",
            "UID:weekly\nDTSTART;VALUE=DATE:20261202\nRRULE:FREQ=WEEKLY",
            "UID:old\nDTSTART;VALUE=DATE:20200101",
            "UID:off\nDTSTART;VALUE=DATE:20261203\nSTATUS:CANCELLED",
            "DTSTART;VALUE=DATE:20261204",
            "UID:never\nSUMMARY:Never",
            "UID:back\nDTSTART;VALUE=DATE:20261205\nDTEND;VALUE=DATE:20261201",
        ])
    };
    let skipped = json!([
        {"uid": "talk", "date": null, "reason": "not_all_day"},
        {"uid": "weekly", "date": null, "reason": "repeats"},
        {"uid": "old", "date": null, "reason": "past"},
        {"uid": "off", "date": null, "reason": "cancelled"},
        {"uid": null, "date": null, "reason": "no_uid"},
        {"uid": "never", "date": null, "reason": "no_date"},
        {"uid": "back", "date": null, "reason": "no_date"},
        {"uid": "party", "date": "2026-12-24", "reason": "taken"},
    ]);
    let first = import(&admin, &path, events("20261130")).await;
    assert_eq!((first.status, first.header("etag")), (200, Some("\"2\"")), "{first}");
    assert_eq!(first.read::<Value>(), json!({"new": 3, "changed": 0, "unchanged": 0, "skipped": skipped}));
    let read = admin.json(&path).await;
    assert_eq!(on(&read, "2026-11-30"), closed("2026-11-30", "Move", "ics:move"));
    assert_eq!(on(&read, "2026-12-23"), closed("2026-12-23", "Christmas, and a party", "ics:party"));
    assert_eq!(on(&read, "2026-12-24")["source"], "manual");
    assert_eq!(on(&read, "2026-12-26"), Value::Null);

    let again = import(&admin, &path, events("20261130")).await;
    assert_eq!(again.header("etag"), Some("\"2\""), "nothing changed");
    assert_eq!(again.read::<Value>()["unchanged"], 3);
    let moved: Value = import(&admin, &path, events("20261207")).await.read();
    assert_eq!((&moved["new"], &moved["changed"], &moved["unchanged"]), (&json!(1), &json!(1), &json!(2)));
    let read = admin.json(&path).await;
    assert_eq!((on(&read, "2026-11-30"), &on(&read, "2026-12-07")["label"]), (Value::Null, &json!("Move")));
    let called_off = file(&["UID:move\nDTSTART;VALUE=DATE:20261207\nSTATUS:CANCELLED"]);
    assert_eq!(import(&admin, &path, called_off).await.read::<Value>()["changed"], 1);
    assert_eq!(on(&admin.json(&path).await, "2026-12-07"), Value::Null);
}

#[rstest]
#[tokio::test]
async fn what_is_exported_can_be_imported(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let exceptions = json!([
        {"date": "2026-12-24", "hours": [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "24:00"}]},
        {"date": "2026-12-25", "closed": true, "label": "Weihnachten; ganz, ganz \\ ruhig, und ohne jeden Anruf, der nicht sein muss"},
    ]);
    let made = create(&admin, CALENDARS, &berlin(&json!([]), &exceptions)).await;
    let export = format!("{CALENDARS}/{}/export", text(&made["id"]));
    let exported = app.monitor().await.get(&export).await;
    assert_eq!(exported.header("content-type"), Some("text/calendar; charset=utf-8"));
    assert!(exported.header("content-disposition").unwrap().contains("office-hours.ics"));
    assert!(exported.body.lines().all(|line| line.len() <= 75), "{exported}");

    let mut other = berlin(&json!([]), &json!([]));
    other["name"] = json!("Copy");
    let copy = create(&admin, CALENDARS, &other).await;
    let path = format!("{CALENDARS}/{}", text(&copy["id"]));
    let imported: Value = import(&admin, &path, exported.body).await.read();
    assert_eq!((&imported["new"], &imported["skipped"]), (&json!(2), &json!([])));
    let copy = admin.json(&path).await;
    assert_eq!(on(&copy, "2026-12-24")["hours"], exceptions[0]["hours"]);
    assert_eq!(on(&copy, "2026-12-25")["label"], exceptions[1]["label"]);
    assert!(text(&on(&copy, "2026-12-25")["source"]).starts_with("ics:2026-12-25-"));
}

#[tokio::test]
async fn a_bad_calendar_file_is_refused_as_a_whole() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    let made = create(&admin, CALENDARS, &berlin(&json!([]), &json!([]))).await;
    let path = format!("{CALENDARS}/{}", text(&made["id"]));
    let nested = "BEGIN:VEVENT\r\n".repeat(60_000);
    let long = file(&["UID:x\nDTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20290101"]);
    for (bad, code) in [
        (String::new(), "invalid_value"),
        ("hello".to_owned(), "invalid_value"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\n".to_owned(), "invalid_value"),
        (format!("BEGIN:VCALENDAR\r\n{nested}"), "invalid_value"),
        (file(&["UID:x\n;;;"]), "invalid_value"),
        (file(&vec!["UID:x"; 5_001]), "too_long"),
    ] {
        let answer = import(&admin, &path, bad).await;
        let (pointer, why, _) = refused(&answer);
        assert_eq!((pointer.as_str(), why.as_str()), ("", code), "{answer}");
    }
    let too_long: Value = import(&admin, &path, long).await.read();
    assert_eq!(too_long["skipped"][0]["reason"], "no_date");
    problem(&import(&admin, &path, " ".repeat(1_100_000)).await, 413, "too-large");
    let request = admin.request(Method::POST, &format!("{path}/import")).header("content-type", "text/plain");
    problem(&Answer::to(request.body(file(&[]))).await, 415, "unsupported-media-type");
    let stale = admin.request(Method::POST, &format!("{path}/import")).header("if-match", "\"7\"");
    let stale = stale.header("content-type", "text/calendar").body(file(&[]));
    problem(&Answer::to(stale).await, 412, "stale");
    assert_eq!(admin.json(&path).await["version"], 1);
}
