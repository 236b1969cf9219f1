//! The report of every cancellation of a time, and how a number is read.

use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::{Backend, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const REPORT: &str = "/api/v1/reports/cancellations";

fn ids(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap().iter().map(|line| line["callback_id"].clone()).collect()
}

#[rstest]
#[tokio::test]
async fn every_cancellation_that_the_reader_may_see_is_reported(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (client, restricted) = (app.supervisor().await, app.restricted().await);
    let mut made = Vec::new();
    for (service, number) in [
        (app.service, "+442079460001"),
        (app.service, "+442079460002"),
        (app.other_service, "+493023125760"),
        (app.service, "+442079460004"),
    ] {
        made.push(client.create_immediate(service, number).await["id"].clone());
    }
    // By a person alone, by another with many, by a machine; the last one is not cancelled.
    client.command(&made[0], "cancel", &json!({})).await;
    app.advance(60);
    restricted.post("/api/v1/bulk-cancellations", &json!({"ids": [made[1]], "undo_seconds": 5})).await;
    app.advance(5);
    app.finish_bulk_cancellations().await;
    app.advance(55);
    app.integration().command(&made[2], "cancel", &json!({})).await;

    let all = client.json(REPORT).await;
    assert_eq!(ids(&all), made[..3], "earliest first");
    assert_eq!(
        all["items"][0],
        json!({"callback_id": made[0], "service": "Billing EN", "customer_number": "+442079460001",
               "customer_number_formatted": "+44 20 7946 0001", "desired_time": "2026-11-24T09:00:00Z",
               "state_before": "SCHEDULED", "outcome": "CANCELLED", "cancelled_at": "2026-11-24T09:00:00Z",
               "cancelled_by": "supervisor"})
    );
    assert_eq!(ids(&restricted.json(REPORT).await), made[..2]);
    let of = async |query: &str| ids(&client.json(&format!("{REPORT}?{query}")).await);
    assert_eq!(of("cancelled_by=Branch").await, made[1..2]);
    assert_eq!(of(&format!("service={}", app.other_service)).await, made[2..3]);
    assert_eq!(of("from=2026-11-24T09:01:00Z&to=2026-11-24T09:02:00Z").await, made[1..2]);
    assert_eq!(of("from=2026-11-24T09:03:00Z").await, Vec::<Value>::new());
    let (mut pages, mut query) = (Vec::new(), "limit=1".to_owned());
    loop {
        let page = client.json(&format!("{REPORT}?{query}")).await;
        pages.extend(ids(&page));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("limit=1&cursor={next}");
    }
    assert_eq!(pages, made[..3]);

    let range = "from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z";
    let csv = client.get(&format!("{REPORT}?format=csv&{range}")).await;
    let name = "attachment; filename=\"cancellations-from-2026-11-24-to-2026-11-24.csv\"";
    assert_eq!((csv.status, csv.header("content-disposition")), (200, Some(name)), "{csv}");
    assert_eq!(csv.body.lines().count(), 4);
    let sheet = client.get(&format!("{REPORT}?format=xlsx")).await;
    let name = "attachment; filename=\"cancellations.xlsx\"";
    assert_eq!((sheet.status, sheet.header("content-disposition")), (200, Some(name)));
    for wrong in ["from=2026-11-25T00:00:00Z&to=2026-11-24T00:00:00Z", "limit=0", "cursor=x", "limit=251"] {
        assert_eq!(client.get(&format!("{REPORT}?{wrong}")).await.status, 422, "{wrong}");
    }
    assert_eq!(app.monitor().await.get(REPORT).await.status, 403);
}

#[tokio::test]
async fn the_file_of_a_bulk_report_names_its_time() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let id = client.create_immediate(app.service, "+442079460001").await["id"].clone();
    let job: Value = client.post("/api/v1/bulk-cancellations", &json!({ "ids": [id] })).await.read();
    let report = client.get(&format!("/api/v1/bulk-cancellations/{}/report", text(&job["id"]))).await;
    let name = "attachment; filename=\"cancellation-summary-report-2026-11-24T0900.csv\"";
    assert_eq!(report.header("content-disposition"), Some(name));
}

#[rstest]
#[tokio::test]
async fn a_number_is_read_as_a_new_callback_would_have_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let read = async |service, number: &str| {
        let number = number.replace('+', "%2B").replace(' ', "%20");
        client.get(&format!("/api/v1/services/{service}/number-reading?number={number}")).await
    };
    let first: Value = read(app.service, "020 7946 0318 ext. 12").await.read();
    assert_eq!(
        first,
        json!({"customer_number": "+442079460318", "formatted": "+44 20 7946 0318", "extension": "12",
               "country": "GB", "kind": "fixed_line", "possible_only": false, "warning": null,
               "refused_by": null, "do_not_call": false, "open_callbacks": []})
    );
    // The same digits under a German service are another number.
    let german: Value = read(app.other_service, "02079460318").await.read();
    assert_eq!((&german["customer_number"], &german["country"]), (&json!("+492079460318"), &json!("DE")));

    let own = client.create_immediate(app.service, "+442079460318").await["id"].clone();
    let hidden = client.create_immediate(app.other_service, "+442079460318").await["id"].clone();
    let over = client.create_immediate(app.service, "+442079460318").await["id"].clone();
    client.command(&over, "cancel", &json!({})).await;
    let again: Value = read(app.service, "+44 20 7946 0318").await.read();
    let mut open = ids_of(&again);
    open.sort();
    let mut expected = [text(&own), text(&hidden)];
    expected.sort();
    assert_eq!(open, expected);
    let path = format!("/api/v1/services/{}/number-reading?number=%2B442079460318", app.service);
    let restricted = app.restricted().await.json(&path).await;
    assert_eq!(ids_of(&restricted), [text(&own)]);
    assert_eq!(restricted["open_callbacks"][0]["state"], "SCHEDULED");
    assert_eq!(restricted["open_callbacks"][0]["service"]["name"], "Billing EN");
    // Who may create but not read is told of none.
    assert_eq!(ids_of(&app.key(ApiScope::CallbacksWrite).json(&path).await), Vec::<String>::new());

    for (number, code) in [("hello", "malformed_number"), ("+44 1", "impossible_number")] {
        let refused = read(app.service, number).await;
        let problem: Value = refused.read();
        assert_eq!((refused.status, &problem["errors"][0]["code"]), (422, &json!(code)), "{refused}");
        assert_eq!(problem["errors"][0]["pointer"], "?number");
    }
    let elsewhere = format!("/api/v1/services/{}/number-reading?number=1", app.other_service);
    assert_eq!(app.restricted().await.get(&elsewhere).await.status, 404);
}

fn ids_of(reading: &Value) -> Vec<String> {
    reading["open_callbacks"].as_array().unwrap().iter().map(|open| text(&open["id"])).collect()
}
