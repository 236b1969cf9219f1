//! Exports and reports as spreadsheets.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use reqwest::Method;
use ringback_tests::app::text;
use ringback_tests::{Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const EXPORT: &str = "/api/v1/callbacks/export?format=xlsx";

/// The rows of the spreadsheet at a path.
pub(super) async fn sheet(client: &Client, path: &str) -> Vec<Vec<Data>> {
    let answer = client.request(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let media = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(media.starts_with("application/vnd.openxmlformats-officedocument.spreadsheetml"), "{media}");
    assert!(answer.headers()["content-disposition"].to_str().unwrap().contains(".xlsx"));
    let mut book = Xlsx::new(Cursor::new(answer.bytes().await.unwrap())).unwrap();
    book.worksheet_range_at(0).unwrap().unwrap().rows().map(<[Data]>::to_vec).collect()
}

/// The day of a time as spreadsheets count them, and its hour.
fn day_and_hour(cell: &Data) -> (i64, i64) {
    let Data::DateTime(at) = cell else { panic!("{cell:?} is no time") };
    let minutes = (at.as_f64() * 1_440.0).round();
    let hours = format!("{}", minutes / 60.0).parse::<i64>().unwrap();
    (hours / 24, hours % 24)
}

#[rstest]
#[tokio::test]
async fn a_spreadsheet_has_numbers_as_text_and_local_times(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let renamed = json!({"name": "=1+1;=2"});
    let service = format!("/api/v1/services/{}", app.service);
    assert_eq!(app.admin().await.patch(&service, &renamed).await.status, 200);
    let client = app.supervisor().await;
    for hour in 10..14 {
        let time = format!("2026-11-25T{hour}:00:00Z");
        client.create_scheduled(app.service, "+442079460318", &time).await;
    }
    let rows = sheet(&client, &format!("{EXPORT}&time_zone=Europe/Berlin")).await;
    assert_eq!(rows.len(), 5);
    let heading = |index: usize| rows[0][index].to_string();
    assert_eq!((heading(2), heading(7)), ("Customer number".into(), "Desired time (Europe/Berlin)".into()));
    assert_eq!(rows[1][1], Data::String("=1+1;=2".to_owned()), "a text, no formula");
    assert_eq!(rows[1][2], Data::String("+44 20 7946 0318".to_owned()));
    assert_eq!(rows[1][5], Data::String("SCHEDULED".to_owned()));
    assert_eq!(day_and_hour(&rows[1][7]), (46_351, 11));

    // Only hours of the day, on the same clock.
    let mornings = "from=2026-11-25T00:00:00Z&to=2026-11-26T00:00:00Z&daily_from=11:00&daily_to=13:00";
    let rows = sheet(&client, &format!("{EXPORT}&time_zone=Europe/Berlin&{mornings}")).await;
    assert_eq!(rows.len(), 3);
    let rows = sheet(&client, EXPORT).await;
    assert_eq!(day_and_hour(&rows[1][7]), (46_351, 10), "UTC unless told");
    let wrong = client.get(&format!("{EXPORT}&time_zone=Mars/Olympus")).await;
    assert_eq!((wrong.status, &wrong.read::<Value>()["errors"][0]["pointer"]), (422, &json!("?time_zone")));
    assert_eq!(app.monitor().await.get(EXPORT).await.status, 403);
}

#[rstest]
#[tokio::test]
async fn the_report_of_a_bulk_cancellation_is_a_spreadsheet_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let made = client.create_scheduled(app.service, "+442079460318", "2026-11-25T10:00:00Z").await;
    let body = json!({"ids": [made["id"], "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2"]});
    let job: Value = client.post("/api/v1/bulk-cancellations", &body).await.read();
    app.finish_bulk_cancellations().await;
    let path = format!("/api/v1/bulk-cancellations/{}/report?format=xlsx", text(&job["id"]));
    let rows = sheet(&client, &format!("{path}&time_zone=America/New_York")).await;
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0][3].to_string(), "Desired time (America/New_York)");
    let line: Vec<_> = rows[1].iter().take(3).map(ToString::to_string).collect();
    assert_eq!(line, [&*text(&made["id"]), "Billing EN", "+44 20 7946 0318"]);
    assert_eq!(day_and_hour(&rows[1][3]), (46_351, 5));
    assert_eq!(rows[1][5].to_string(), "CANCELLED");
}
