//! The filter on hours of every day: in lists, counts, exports, bulk
//! cancellations and preferences.

use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

/// 08:00 to 11:00 in Berlin, from 24 to 27 November.
const MORNINGS: &str = "from=2026-11-23T23:00:00Z&to=2026-11-27T23:00:00Z\
     &daily_from=08:00&daily_to=11:00&time_zone=Europe/Berlin";

/// Creates callbacks for these times and returns their ids.
async fn create_scheduled(app: &TestApp, times: &[&str]) -> Vec<String> {
    let machine = app.key(ApiScope::CallbacksWrite);
    let mut ids = Vec::new();
    for (number, time) in times.iter().enumerate() {
        let service = if number % 2 == 0 { app.service } else { app.other_service };
        let created = machine.create_scheduled(service, &format!("+44207946{number:04}"), time).await;
        ids.push(text(&created["id"]));
        app.advance(1);
    }
    ids
}

/// The ids of all pages of a query, after checking its count.
async fn listed(client: &Client, query: &str) -> Vec<String> {
    let ids = in_order(client, query, "desired_time").await;
    let count = client.json(&format!("/api/v1/callbacks/count?{query}")).await;
    assert_eq!(count["total"], ids.len(), "{query}: {count}");
    ids
}

async fn in_order(client: &Client, query: &str, sort: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.json(&format!("/api/v1/callbacks?limit=2&sort={sort}&{query}{cursor}")).await;
        ids.extend(page["items"].as_array().unwrap().iter().map(|item| text(&item["id"])));
        let Some(next) = page["next"].as_str() else { return ids };
        cursor = format!("&cursor={next}");
    }
}

/// Shows: S66, S67
#[rstest]
#[tokio::test]
async fn only_the_hours_of_each_day_are_listed_counted_and_exported(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let ids = create_scheduled(
        &app,
        &[
            "2026-11-24T09:59:00Z",
            "2026-11-24T10:00:00Z",
            "2026-11-25T06:59:59Z",
            "2026-11-25T07:00:00Z",
            "2026-11-25T22:30:00Z",
            "2026-11-26T08:00:00Z",
            "2026-11-27T09:59:59.999999Z",
            "2026-11-28T08:00:00Z",
        ],
    )
    .await;
    let of = |numbers: &[usize]| numbers.iter().map(|number| ids[*number].clone()).collect::<Vec<_>>();
    // No person's token lasts that long.
    let client = app.integration();
    assert_eq!(listed(&client, MORNINGS).await, of(&[0, 3, 5, 6]));
    for (sort, order) in [
        ("-desired_time", [6, 5, 3, 0]),
        ("created_at", [0, 3, 5, 6]),
        ("-state", [6, 5, 3, 0]),
        ("service", [0, 6, 3, 5]),
    ] {
        assert_eq!(in_order(&client, MORNINGS, sort).await, of(&order), "{sort}");
    }
    assert_eq!(listed(&client, &format!("{MORNINGS}&state=SCHEDULED&search=0003")).await, of(&[3]));
    assert_eq!(listed(&client, &format!("{MORNINGS}&service={}", app.service)).await, of(&[0, 6]));
    assert_eq!(listed(&app.restricted().await, MORNINGS).await, of(&[0, 6]));
    let night = MORNINGS.replace("08:00", "23:00").replace("11:00", "08:00");
    assert_eq!(listed(&client, &night).await, of(&[2, 4]));

    let page = client.json(&format!("/api/v1/callbacks?{MORNINGS}&limit=3&page=2")).await;
    assert_eq!((&page["items"][0]["id"], &page["next"]), (&json!(ids[6]), &Value::Null));
    let previous = text(&page["previous"]);
    let page = client.json(&format!("/api/v1/callbacks?{MORNINGS}&limit=3&cursor={previous}")).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 3);
    let file = client.get(&format!("/api/v1/callbacks/export?format=ndjson&{MORNINGS}")).await;
    let lines = file.body.lines().map(|line| text(&serde_json::from_str::<Value>(line).unwrap()["id"]));
    assert_eq!(lines.collect::<Vec<_>>(), of(&[0, 3, 5, 6]));

    // The first two are overdue now, and one of them lies in these hours.
    app.advance(2 * 3_600);
    assert_eq!(listed(&client, &format!("{MORNINGS}&overdue=true")).await, of(&[0]));
    let count = client.json(&format!("/api/v1/callbacks/count?{MORNINGS}")).await;
    assert_eq!(count["overdue"], 1);
}

#[rstest]
#[tokio::test]
async fn daily_hours_follow_clock_changes(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let ids = create_scheduled(
        &app,
        &[
            // 08:00 in winter time, and in summer time from 28 March 2027 on.
            "2027-03-27T07:00:00Z",
            "2027-03-28T06:00:00Z",
            "2027-03-28T09:00:00Z",
            // 01:59 and then 03:00, as the clocks go forward.
            "2027-03-28T00:59:00Z",
            "2027-03-28T01:00:00Z",
            // 02:30 twice and then 03:00, as the clocks go back.
            "2027-10-31T00:30:00Z",
            "2027-10-31T01:30:00Z",
            "2027-10-31T02:00:00Z",
        ],
    )
    .await;
    let client = app.supervisor().await;
    let between = async |days: [&str; 2], hours: [&str; 2]| {
        let [from, to] = days.map(|day| format!("{day}T00:00:00Z"));
        let [begin, end] = hours;
        let zone = "time_zone=Europe/Berlin";
        listed(&client, &format!("from={from}&to={to}&daily_from={begin}&daily_to={end}&{zone}")).await
    };
    let (spring, autumn) = (["2027-03-27", "2027-03-30"], ["2027-10-30", "2027-11-01"]);
    assert_eq!(between(spring, ["08:00", "11:00"]).await, ids[..2]);
    assert_eq!(between(spring, ["02:00", "03:00"]).await, [""; 0]);
    assert_eq!(between(spring, ["01:30", "03:30"]).await, ids[3..5]);
    assert_eq!(between(autumn, ["02:00", "03:00"]).await, ids[5..7]);
}

#[rstest]
#[tokio::test]
async fn nothing_outside_the_hours_is_cancelled(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let times =
        ["2026-11-25T06:59:00Z", "2026-11-25T07:00:00Z", "2026-11-26T09:59:00Z", "2026-11-26T10:00:00Z"];
    let ids = create_scheduled(&app, &times).await;
    let client = app.supervisor().await;
    let daily = json!({"from": "08:00", "to": "11:00", "time_zone": "Europe/Berlin"});
    let range = json!({"from": "2026-11-24T23:00:00Z", "to": "2026-11-27T23:00:00Z", "daily": daily});
    let path = "/api/v1/bulk-cancellations";
    let counted = client.post(path, &json!({"range": range, "dry_run": true})).await;
    assert_eq!(counted.read::<Value>()["selected"]["SCHEDULED"], 2, "{counted}");
    let answer = client.post(path, &json!({"range": range})).await;
    assert_eq!(answer.status, 202, "{answer}");
    app.finish_bulk_cancellations().await;
    let mut states = Vec::new();
    for id in &ids {
        states.push(text(&client.callback(&json!(id)).await["state"]));
    }
    assert_eq!(states, ["SCHEDULED", "COMPLETED", "COMPLETED", "SCHEDULED"]);
}

#[tokio::test]
async fn invalid_hours_are_refused_with_the_name_of_the_field() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let with = |part: &str, other: &str| MORNINGS.replace(part, other);
    for (query, pointer, code) in [
        (with("&daily_from=08:00", ""), "?daily_from", "required"),
        (with("&daily_to=11:00", ""), "?daily_to", "required"),
        (with("&time_zone=Europe/Berlin", ""), "?time_zone", "required"),
        (with("from=2026-11-23T23:00:00Z&", ""), "?from", "required"),
        (with("to=2026-11-27T23:00:00Z&", ""), "?to", "required"),
        (with("to=2026-11-27T23:00:00Z", "to=2027-01-24T23:00:01Z"), "?to", "out_of_range"),
        (with("11:00", "08:00"), "?daily_to", "invalid_value"),
        (with("11:00", "24:00"), "?daily_to", "invalid_value"),
        (with("08:00", "8"), "?daily_from", "invalid_value"),
        (with("Europe/Berlin", "Europe/Bielefeld"), "?time_zone", "unknown_time_zone"),
    ] {
        for path in ["callbacks", "callbacks/count", "callbacks/export"] {
            let answer = client.get(&format!("/api/v1/{path}?{query}")).await;
            assert_eq!(answer.status, 422, "{query}: {answer}");
            let fault = &answer.read::<Value>()["errors"][0];
            assert_eq!((&fault["pointer"], &fault["code"]), (&json!(pointer), &json!(code)), "{query}");
        }
    }
    let last = with("to=2026-11-27T23:00:00Z", "to=2027-01-24T23:00:00Z");
    assert_eq!(client.get(&format!("/api/v1/callbacks?{last}")).await.status, 200, "62 days");

    let cancel =
        |to: &str, daily: Value| json!({"range": {"from": "2026-11-24T00:00:00Z", "to": to, "daily": daily}});
    let hours = |from: &str, to: &str, zone: &str| json!({"from": from, "to": to, "time_zone": zone});
    let soon = "2026-11-30T00:00:00Z";
    for (body, pointer) in [
        (cancel(soon, hours("08:00", "08:00", "UTC")), "/range/daily/to"),
        (cancel(soon, hours("08:00", "9:00", "UTC")), "/range/daily/to"),
        (cancel(soon, hours("08:00", "09:00", "Nowhere")), "/range/daily/time_zone"),
        (cancel(soon, json!({"from": "08:00", "to": "09:00"})), "/range/daily/time_zone"),
        (cancel("2027-02-28T00:00:00Z", hours("08:00", "09:00", "UTC")), "/range/to"),
    ] {
        let answer = client.post("/api/v1/bulk-cancellations", &body).await;
        assert_eq!(answer.status, 422, "{answer}");
        assert_eq!(answer.read::<Value>()["errors"][0]["pointer"], pointer);
    }
}

#[tokio::test]
async fn custom_hours_are_saved_beside_earlier_custom_ranges() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let path = "/api/v1/me/preferences";
    let put = async |body: &Value| Answer::to(client.request(Method::PUT, path).json(body)).await;
    let dates = json!({"name": "Peak", "from": "2026-11-24T09:00:00Z", "to": "2026-11-24T12:00:00Z"});
    // An older page sends preferences without `daily_ranges`.
    let answer = put(&json!({"custom_ranges": [dates]})).await;
    assert_eq!(answer.status, 200, "{answer}");
    let mut saved = client.json(path).await;
    assert_eq!(saved["daily_ranges"], json!([]));
    saved["daily_ranges"] = json!([{"name": "Mornings", "from": "08:00", "to": "11:00"}]);
    assert_eq!(put(&saved).await.status, 200);
    assert_eq!(client.json(path).await, saved);
    for (range, pointer) in [
        (json!({"name": " ", "from": "08:00", "to": "11:00"}), "/daily_ranges/0/name"),
        (json!({"name": "Never", "from": "08:00", "to": "08:00"}), "/daily_ranges/0/to"),
        (json!({"name": "Late", "from": "25:00", "to": "08:00"}), "/daily_ranges/0/from"),
        (json!({"name": "Half", "from": "08:00"}), "/daily_ranges/0/to"),
    ] {
        let answer = put(&json!({"daily_ranges": [range]})).await;
        assert_eq!(answer.status, 422, "{answer}");
        assert_eq!(answer.read::<Value>()["errors"][0]["pointer"], pointer);
    }
}
