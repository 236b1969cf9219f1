//! Several callbacks at once: selection, bulk cancellation, reports and exports.

use ringback_api::clock::Clock;
use ringback_domain::ApiScope;
use ringback_tests::app::{ReservedCallback, text};
use ringback_tests::browser::{Locator, key};
use ringback_tests::{Backend, Browser, Options, TestApp, wait_for};
use serde_json::{Value, json};

use super::{log_in, row_says, web_dir};

const HOUR: i64 = 3_600;

/// A server whose clock is an hour behind and whose workers run only when the test
/// runs them. Callbacks for half an hour later are in the past once the test has
/// advanced the clock by an hour.
async fn an_hour_ago() -> TestApp {
    let clock = Clock::manual(Clock::system().now().plus_seconds(-HOUR));
    let options = Options { clock, web_dir: Some(web_dir()), ..Options::default() };
    TestApp::start_with(Backend::Sqlite, options).await
}

/// The number of a callback as the page shows it.
fn shown(number: u32) -> String {
    format!("+44 20 7946 {number:04}")
}

/// Creates a callback for this many seconds later and returns its id.
async fn create_scheduled(app: &TestApp, number: u32, seconds: i64) -> Value {
    let time = app.clock.now().plus_seconds(seconds).to_string();
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_scheduled(app.service, &format!("+44207946{number:04}"), &time).await["id"].clone()
}

/// Creates an immediate callback and returns its id.
async fn create_immediate(app: &TestApp, number: u32) -> Value {
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, &format!("+44207946{number:04}")).await["id"].clone()
}

/// Creates callbacks 1 COMPLETED, 2 PROCESSING, 3 ROUTING and 4 QUEUED. Returns
/// the reservation of 3.
async fn one_in_each_state(app: &TestApp) -> ReservedCallback {
    let machine = app.key(ApiScope::CallbacksWrite);
    let completed = create_immediate(app, 1).await;
    assert_eq!(machine.command(&completed, "cancel", &json!({})).await.status, 200);
    let processing = create_immediate(app, 2).await;
    create_immediate(app, 3).await;
    app.submit().await;
    let reserved = app.router().reserve(2).await;
    let (talks, rings): (Vec<ReservedCallback>, Vec<ReservedCallback>) =
        reserved.into_iter().partition(|reserved| reserved.callback["id"] == processing);
    connect(app, &talks[0]).await;
    create_immediate(app, 4).await;
    app.submit().await;
    rings[0].clone()
}

async fn connect(app: &TestApp, reserved: &ReservedCallback) {
    let answer = app.router().report(reserved, "connect", json!({})).await;
    assert_eq!(answer.status, 200, "{answer}");
}

async fn state(app: &TestApp, id: &Value) -> String {
    text(&app.key(ApiScope::CallbacksRead).callback(id).await["state"])
}

/// A text that contains this part.
fn text_with<'a>(browser: &'a Browser, part: &str) -> Locator<'a> {
    browser.page().like("StaticText", part)
}

async fn select(browser: &Browser, number: u32) {
    browser.at("checkbox", &format!("Select {}", shown(number))).click().await;
}

async fn is_inactive(place: &Locator<'_>) -> bool {
    place.property("ariaDisabled").await == "true"
}

/// Shows: S98, S99
#[tokio::test]
async fn cancel_callbacks_needs_a_selection_of_rows_in_the_range() {
    let app = an_hour_ago().await;
    let mut ids = Vec::new();
    for number in 1..=4 {
        ids.push(create_scheduled(&app, number, HOUR / 2 + i64::from(number)).await);
    }
    create_scheduled(&app, 9, 3 * HOUR).await;
    app.advance(HOUR);
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    let cancel = browser.at("button", "Cancel Callbacks");
    let page_box = browser.at("checkbox", "Select all on this page");
    page_box.shown().await;
    assert!(is_inactive(&cancel).await);
    assert_eq!(cancel.description().await, "Select callbacks first");
    cancel.click().await;
    browser.at("dialog", "Cancel Callbacks Confirmation").gone().await;
    browser.at("checkbox", &format!("Select {}", shown(9))).gone().await;

    select(&browser, 1).await;
    text_with(&browser, "1 selected").shown().await;
    assert!(!is_inactive(&cancel).await);
    assert_eq!(page_box.property("indeterminate").await, true);
    browser.at("checkbox", &format!("Select {}", shown(3))).shift_click().await;
    text_with(&browser, "3 selected").shown().await;
    text_with(&browser, "3 SCHEDULED").shown().await;
    page_box.click().await;
    text_with(&browser, "4 selected").shown().await;
    assert_eq!(
        (page_box.property("checked").await, page_box.property("indeterminate").await),
        (true.into(), false.into())
    );
    select(&browser, 4).await;

    // Sorting, searching, reloading and changes by others keep the selection.
    browser.at("columnheader", "Service Name").at("button", "Service Name").click().await;
    browser.at("searchbox", "Search").fill("0001").await;
    browser.page().row_with(&shown(2)).gone().await;
    text_with(&browser, "3 selected").shown().await;
    let machine = app.key(ApiScope::CallbacksWrite);
    assert_eq!(machine.command(&ids[1], "cancel", &json!({})).await.status, 200);
    text_with(&browser, "2 SCHEDULED, 1 COMPLETED").shown().await;
    browser.at("searchbox", "Search").click().await;
    browser.type_keys(key::ESCAPE).await;
    browser.page().row_with(&shown(2)).shown().await;
    browser.at("button", "Refresh").click().await;
    text_with(&browser, "3 selected").shown().await;
    for (number, on) in [(1, true), (2, true), (3, true), (4, false)] {
        let name = format!("Select {}", shown(number));
        assert_eq!(browser.at("checkbox", &name).property("checked").await, on, "{name}");
    }

    browser.type_keys(key::ESCAPE).await;
    text_with(&browser, "Selection cleared").shown().await;
    assert!(is_inactive(&cancel).await);

    // The same with keys: select the first row, then extend to the third.
    for key in ["j", "x", "j", "j", "X"] {
        browser.type_keys(key).await;
    }
    text_with(&browser, "3 selected").shown().await;
    browser.type_keys("C").await;
    let dialog = browser.at("dialog", "Cancel Callbacks Confirmation");
    dialog.shown().await;
    browser.type_keys(key::ESCAPE).await;
    dialog.gone().await;
    text_with(&browser, "3 selected").shown().await;
    browser.at("combobox", "Date Range").at("option", "Last 14 Days").click().await;
    text_with(&browser, "Selection cleared").shown().await;
    assert!(is_inactive(&cancel).await);
}

/// Shows: S22, S100, S101, S105, S106, S107, S108
#[tokio::test]
async fn confirming_cancels_the_selection_and_nothing_else() {
    let app = an_hour_ago().await;
    let ringing = one_in_each_state(&app).await;
    let chosen = create_scheduled(&app, 5, HOUR / 2).await;
    let spared = create_scheduled(&app, 6, HOUR / 2).await;
    app.advance(HOUR);
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.at("button", &format!("Edit {}", shown(4))).shown().await;
    browser.at("button", &format!("Edit {}", shown(2))).gone().await;

    browser.at("checkbox", "Select all on this page").click().await;
    select(&browser, 6).await;
    text_with(&browser, "1 SCHEDULED, 1 QUEUED, 1 ROUTING, 1 PROCESSING, 1 COMPLETED").shown().await;
    browser.at("button", "Cancel Callbacks").click().await;
    let dialog = browser.at("dialog", "Cancel Callbacks Confirmation");
    let table = dialog.at("table", "Selected callbacks");
    for number in [3, 4, 5] {
        table.row_with(&shown(number)).shown().await;
    }
    for number in [1, 2, 6] {
        table.row_with(&shown(number)).gone().await;
    }
    text_with(&browser, "2 selected callbacks are left out").shown().await;
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    assert_eq!(browser.focus().await, "button \"Cancel Callbacks\"");
    assert_eq!(state(&app, &chosen).await, "SCHEDULED", "closing changes nothing");

    browser.at("button", "Cancel Callbacks").click().await;
    dialog.at("button", "Confirm").click().await;
    dialog.at("progressbar", "Cancelling callbacks").shown().await;
    browser.axe().await;
    // Nobody is called any more: the offer to an agent has ended.
    assert_eq!(app.router().report(&ringing, "connect", json!({})).await.status, 409);
    app.advance(10);
    app.finish_bulk_cancellations().await;
    dialog.at("button", "Cancellation Summary Report").shown().await;
    browser.axe().await;
    dialog.at("button", "Report as XLSX").click().await;
    browser.downloaded("cancellation-summary-report-*.xlsx").await;
    dialog.at("button", "Cancellation Summary Report").click().await;
    let report = browser.downloaded("cancellation-summary-report-*.csv").await;
    assert_eq!(report.lines().filter(|line| line.contains(",CANCELLED,")).count(), 3, "{report}");
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    for number in [3, 4, 5] {
        row_says(&browser, &shown(number), "(CANCELLED_BY_ADMIN)").await;
    }
    row_says(&browser, &shown(2), "PROCESSING").await;
    row_says(&browser, &shown(6), "SCHEDULED").await;
    assert_eq!(state(&app, &spared).await, "SCHEDULED");
}

/// Shows: S102, S103, S104, S106, S108
#[tokio::test]
async fn everything_in_the_range_is_cancelled_on_every_page() {
    let app = an_hour_ago().await;
    one_in_each_state(&app).await;
    for number in 10..260 {
        create_scheduled(&app, number, HOUR / 2 + i64::from(number)).await;
    }
    let outside = create_scheduled(&app, 9, 3 * HOUR).await;
    app.advance(HOUR);
    // The search and the quick filter hide most of the callbacks to cancel.
    let browser = log_in(&app, "supervisor", "last-7-days&states=SCHEDULED&q=0010").await;
    select(&browser, 10).await;
    browser.at("button", "Cancel Callbacks").click().await;
    let dialog = browser.at("dialog", "Cancel Callbacks Confirmation");
    let table = dialog.at("table", "Selected callbacks");
    table.row_with(&shown(10)).shown().await;
    let all = dialog.at("checkbox", "Cancel All Callbacks In Current Time Range");
    let matching = dialog.at("checkbox", "Only callbacks matching the current filters");
    matching.gone().await;
    all.click().await;
    text_with(&browser, "252 callbacks").shown().await;
    table.gone().await;
    text_with(&browser, "1 is in PROCESSING and left out. 1 is already COMPLETED.").shown().await;
    assert_eq!(matching.description().await, "Scheduled, “0010”");
    browser.axe().await;
    matching.click().await;
    text_with(&browser, "1 callback").shown().await;
    matching.click().await;
    text_with(&browser, "252 callbacks").shown().await;
    all.click().await;
    table.row_with(&shown(10)).shown().await;
    all.click().await;
    text_with(&browser, "252 callbacks").shown().await;

    // The job goes on after the dialog is closed, and the page reports its end.
    dialog.at("button", "Confirm").click().await;
    dialog.at("progressbar", "Cancelling callbacks").shown().await;
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    app.advance(10);
    app.finish_bulk_cancellations().await;
    text_with(&browser, "252 callbacks cancelled").shown().await;
    assert_eq!(browser.at("button", "All 1").property("ariaPressed").await, "true", "nothing hides them");
    row_says(&browser, &shown(10), "COMPLETED").await;
    row_says(&browser, &shown(10), "(CANCELLED_BY_ADMIN)").await;
    let reader = app.key(ApiScope::CallbacksRead);
    let count = reader.json("/api/v1/callbacks/count?search_field=result&search=CANCELLED_BY_ADMIN").await;
    assert_eq!(count["total"], 252);
    let count = reader.json("/api/v1/callbacks/count").await;
    assert_eq!(
        count["by_state"],
        json!({"SCHEDULED": 1, "QUEUED": 0, "ROUTING": 0, "PROCESSING": 1, "COMPLETED": 253})
    );
    assert_eq!(state(&app, &outside).await, "SCHEDULED");
}

#[tokio::test]
async fn a_cancellation_that_is_stopped_says_how_far_it_got() {
    let app = an_hour_ago().await;
    for number in 10..260 {
        create_scheduled(&app, number, HOUR / 2 + i64::from(number)).await;
    }
    app.advance(HOUR);
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    let dialog = browser.at("dialog", "Cancel Callbacks Confirmation");
    let begin = async || {
        browser.at("checkbox", "Select all on this page").click().await;
        browser.at("button", "Cancel Callbacks").click().await;
        dialog.at("button", "Confirm").click().await;
        dialog.at("progressbar", "Cancelling callbacks").shown().await;
    };
    begin().await;
    app.advance(10);
    assert_eq!(app.run_bulk_round().await, 200);
    text_with(&browser, "200 of 250").shown().await;
    let stop = dialog.at("button", "Stop");
    browser.block(&["*/stop"]).await;
    stop.click().await;
    text_with(&browser, "The server could not be reached").shown().await;
    browser.block(&[]).await;
    stop.click().await;
    stop.gone().await;
    dialog.at("progressbar", "Cancelling callbacks").gone().await;
    text_with(&browser, "The server could not be reached").gone().await;
    text_with(&browser, "200 callbacks cancelled. Stopped; 50 were not begun.").shown().await;
    dialog.at("term", "Not begun").shown().await;
    assert_eq!(browser.focus().await, "heading \"Cancel Callbacks Confirmation\"");
    browser.axe().await;
    dialog.at("table", "Not cancelled").gone().await;
    dialog.at("button", "Cancellation Summary Report").click().await;
    let report = browser.downloaded("cancellation-summary-report-*.csv").await;
    for (outcome, count) in [(",CANCELLED,", 200), (",STOPPED,", 50)] {
        assert_eq!(report.lines().filter(|line| line.contains(outcome)).count(), count, "{report}");
    }
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    app.advance(10);
    app.finish_bulk_cancellations().await;
    let reader = app.key(ApiScope::CallbacksRead);
    let count = reader.json("/api/v1/callbacks/count").await;
    assert_eq!((&count["by_state"]["SCHEDULED"], &count["by_state"]["COMPLETED"]), (&json!(50), &json!(200)));

    // The job is stopped by another client while the dialog is closed.
    app.advance(1);
    begin().await;
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    let person = app.supervisor().await;
    let job = person.json("/api/v1/bulk-cancellations").await["items"][0].clone();
    let path = format!("/api/v1/bulk-cancellations/{}/stop", text(&job["id"]));
    assert_eq!(person.post(&path, &json!({})).await.status, 200);
    text_with(&browser, "Stopped; 50 were not begun.").shown().await;

    // Only jobs that cancelled something have a report.
    browser.at("button", "Export").click().await;
    browser.at("menuitem", "Export Cancelled Reports").click().await;
    let report = browser.at("dialog", "Export Cancelled Reports").at("button", "Cancellation Summary Report");
    assert!(report.description().await.starts_with("CSV, 200 callbacks, "), "there is one");
}

/// Shows: S110, S111, S112, S113
#[tokio::test]
async fn the_report_is_offered_after_a_cancellation() {
    let app = an_hour_ago().await;
    let id = create_scheduled(&app, 1, HOUR / 2).await;
    create_scheduled(&app, 2, HOUR / 2 + 1).await;
    app.advance(HOUR);
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    let dialog = browser.at("dialog", "Export Cancelled Reports");
    let open = async || {
        browser.at("button", "Export").click().await;
        browser.at("menuitem", "Export Cancelled Reports").click().await;
    };
    open().await;
    text_with(&browser, "No callbacks were cancelled in the last 24 hours.").shown().await;
    dialog.at("button", "Cancellation Summary Report").gone().await;
    dialog.at("button", "Close").click().await;
    dialog.gone().await;

    let person = app.supervisor().await;
    let answer = person.post("/api/v1/bulk-cancellations", &json!({ "ids": [id] })).await;
    assert_eq!(answer.status, 202, "{answer}");
    app.advance(10);
    app.finish_bulk_cancellations().await;
    open().await;
    let report = dialog.at("button", "Cancellation Summary Report");
    assert!(report.description().await.starts_with("CSV, 1 callback, "), "count and time describe it");
    browser.axe().await;
    report.click().await;
    let file = browser.downloaded("cancellation-summary-report-*.csv").await;
    let mut csv = csv::Reader::from_reader(file.as_bytes());
    let lines: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(lines.len(), 1, "{file}");
    assert_eq!((&lines[0][0], &lines[0][4], &lines[0][5]), (&*text(&id), "SCHEDULED", "CANCELLED"));
    dialog.at("button", "Report as XLSX").click().await;
    let sheet = browser.downloaded("cancellation-summary-report-*.xlsx").await;
    assert!(sheet.starts_with("PK"), "a spreadsheet is an archive");
    dialog.at("button", "Close").click().await;
    dialog.gone().await;

    // The list is exported with its filter, in either format.
    browser.at("searchbox", "Search").fill("0002").await;
    browser.page().row_with(&shown(1)).gone().await;
    for (form, name, lines) in [("CSV", "callbacks.csv", 2), ("JSON lines", "callbacks.ndjson", 1)] {
        browser.at("button", "Export").click().await;
        let choice = browser.at("menuitem", "Export This List");
        if choice.property("ariaExpanded").await == "false" {
            choice.click().await;
        }
        browser.at("menuitem", form).click().await;
        let file = browser.downloaded(name).await;
        assert_eq!(file.lines().count(), lines, "{file}");
        assert!(file.contains("+442079460002") && !file.contains("+442079460001"), "{file}");
    }
}

/// Shows: S97, S114
#[tokio::test]
async fn a_monitor_cannot_select_cancel_or_export() {
    let app = an_hour_ago().await;
    create_scheduled(&app, 1, HOUR / 2).await;
    app.advance(HOUR);
    let browser = log_in(&app, "monitor", "last-7-days").await;
    row_says(&browser, &shown(1), "SCHEDULED").await;
    for button in ["Cancel Callbacks", "Export", "Create Callback"] {
        browser.at("button", button).gone().await;
    }
    assert_eq!(browser.page().names("checkbox").await, Vec::<String>::new());
    drop(browser);

    let browser = log_in(&app, "administrator", "last-7-days").await;
    select(&browser, 1).await;
    browser.at("button", "Cancel Callbacks").click().await;
    browser.at("dialog", "Cancel Callbacks Confirmation").at("button", "Confirm").click().await;
    wait_for("the job", async || {
        app.advance(10);
        app.finish_bulk_cancellations().await;
        let page = app.key(ApiScope::CallbacksRead).json("/api/v1/callbacks").await;
        (page["items"][0]["result"] == "CANCELLED_BY_ADMIN").then_some(())
    })
    .await;
}
