//! More flows of the guide with the keyboard alone, beside those of `keyboard`.

use ringback_domain::ApiScope;
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::browser::key;
use ringback_tests::{Browser, wait_for};
use serde_json::json;

use super::keyboard::{focus_is, tab_to};
use super::{log_in, row_says, rows_are, start};

const NUMBER: &str = "+44 20 7946 0318";
const OTHER: &str = "+49 30 23125051";
const HOUR: i64 = 3_600;

/// Moves the focus to an element and presses a key there.
async fn press_at(browser: &Browser, role: &str, name: &str, pressed: &str) {
    tab_to(browser, role, name).await;
    browser.press_key(pressed).await;
}

#[tokio::test]
async fn signing_in_the_tools_and_cancelling_a_range_need_no_pointer() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let created = machine.create_immediate(app.service, NUMBER).await;
    assert_eq!(machine.command(&created["id"], "cancel", &json!({})).await.status, 200);
    let browser = Browser::start().await;
    browser.open(&format!("http://{}/callbacks", app.address)).await;
    browser.at("heading", "Sign in").shown().await;
    tab_to(&browser, "textbox", "Username").await;
    browser.type_keys("supervisor").await;
    tab_to(&browser, "textbox", "Password").await;
    browser.type_keys(PASSWORD).await;
    browser.type_keys(key::ENTER).await;
    browser.page().row_with(NUMBER).shown().await;

    press_at(&browser, "button", "Tools", key::ENTER).await;
    focus_is(&browser, "menuitem", "Callback Search").await;
    browser.press_key(key::DOWN).await;
    focus_is(&browser, "menuitem", "Services").await;
    browser.press_key(key::ENTER).await;
    focus_is(&browser, "heading", "Services").await;
    browser.type_keys("gc").await;
    browser.page().row_with(NUMBER).shown().await;

    browser.type_keys("je").await;
    let dialog = browser.at("dialog", "Recreate Callback");
    dialog.shown().await;
    press_at(&browser, "button", "Recreate", key::ENTER).await;
    dialog.gone().await;
    rows_are(&browser, 2).await;

    // One selected row offers to select all of the range.
    browser.type_keys("jxC").await;
    let dialog = browser.at("dialog", "Cancel Callbacks Confirmation");
    dialog.shown().await;
    press_at(&browser, "checkbox", "Cancel All Callbacks In Current Time Range", key::SPACE).await;
    press_at(&browser, "button", "Confirm", key::ENTER).await;
    dialog.at("button", "Cancellation Summary Report").shown().await;
    browser.press_key(key::ESCAPE).await;
    dialog.gone().await;
    let counts = app.key(ApiScope::CallbacksRead).json("/api/v1/callbacks/count").await;
    assert_eq!((&counts["total"], &counts["by_state"]["COMPLETED"]), (&json!(2), &json!(2)), "{counts}");

    press_at(&browser, "button", "Export", key::ENTER).await;
    focus_is(&browser, "menuitem", "Export Cancelled Reports").await;
    browser.press_key(key::ENTER).await;
    let dialog = browser.at("dialog", "Export Cancelled Reports");
    dialog.at("button", "Cancellation Summary Report").shown().await;
    press_at(&browser, "button", "Cancellation Summary Report", key::ENTER).await;
    browser.downloaded("cancellation-summary-report-*.csv").await;
    browser.press_key(key::ESCAPE).await;
    dialog.gone().await;
    focus_is(&browser, "button", "Export").await;
    browser.press_key(key::ENTER).await;
    focus_is(&browser, "menuitem", "Export Cancelled Reports").await;
    browser.press_key(key::DOWN).await;
    browser.press_key(key::ENTER).await;
    browser.press_key(key::DOWN).await;
    browser.press_key(key::DOWN).await;
    focus_is(&browser, "menuitem", "CSV").await;
    browser.press_key(key::ENTER).await;
    let list = browser.downloaded("callbacks.csv").await;
    assert!(list.contains(&text(&created["id"])), "{list}");
}

#[tokio::test]
async fn advanced_options_need_no_pointer() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, NUMBER).await;
    machine.create_immediate(app.other_service, OTHER).await;
    let browser = log_in(&app, "supervisor", "today").await;
    browser.time_zone("UTC").await;
    browser.page().row_with(OTHER).shown().await;
    browser.at("columnheader", "Attempts").shown().await;
    browser.type_keys("o").await;
    let dialog = browser.at("dialog", "Advanced Options");
    dialog.shown().await;
    for (role, name) in
        [("checkbox", "Attempts"), ("switch", "Show Time in 24 Hour"), ("switch", "Show Times in UTC")]
    {
        press_at(&browser, role, name, key::SPACE).await;
    }
    tab_to(&browser, "textbox", "Range Name").await;
    browser.type_keys("Peak").await;
    for (name, time, seconds) in [("From", "From, time", -24 * HOUR), ("To", "To, time", 24 * HOUR)] {
        tab_to(&browser, "Date", name).await;
        let day = app.clock.now().plus_seconds(seconds).to_string();
        for letter in format!("{}{}{}", &day[5..7], &day[8..10], &day[..4]).chars() {
            browser.press_key(&letter.to_string()).await;
        }
        tab_to(&browser, "textbox", time).await;
        browser.type_keys("10:00").await;
    }
    press_at(&browser, "button", "Add Range", key::ENTER).await;
    dialog.at("button", "Remove Peak").shown().await;
    // Switch all of them off, then one on.
    for only in ["QUEUED", "Billing EN"] {
        press_at(&browser, "checkbox", "ALL", key::SPACE).await;
        press_at(&browser, "checkbox", only, key::SPACE).await;
    }
    press_at(&browser, "button", "Apply", key::ENTER).await;
    dialog.gone().await;
    browser.page().row_with(OTHER).gone().await;
    browser.at("columnheader", "Attempts").gone().await;
    browser.at("StaticText", "Times in UTC").shown().await;
    row_says(&browser, NUMBER, "QUEUED").await;
    for kept in ["states=QUEUED%2C", &format!("services={}", app.service)] {
        wait_for(kept, async || browser.url().await.contains(kept).then_some(())).await;
    }

    // Typing chooses from the drop-down.
    tab_to(&browser, "combobox", "Date Range").await;
    browser.type_keys("Peak").await;
    browser.at("table", "Callbacks, Peak, sorted by Desired Callback Time").shown().await;
    row_says(&browser, NUMBER, "QUEUED").await;
}

/// Shows: S04, S53
#[tokio::test]
async fn sorting_paging_and_all_metrics_need_no_pointer() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let at = |seconds| app.clock.now().plus_seconds(HOUR + seconds).to_string();
    machine.create_scheduled(app.service, NUMBER, &at(0)).await;
    for number in 0..250 {
        let number = format!("+4420794600{:02}", number % 100);
        machine.create_scheduled(app.service, &number, &at(60)).await;
    }
    let browser = log_in(&app, "monitor", "next-24-hours").await;
    browser.page().row_with(NUMBER).shown().await;
    press_at(&browser, "button", "Desired Callback Time", key::ENTER).await;
    // The first callback is now the last, on the next page.
    browser.page().row_with(NUMBER).gone().await;
    browser.type_keys("]").await;
    browser.page().row_with(NUMBER).shown().await;
    assert!(browser.url().await.contains("page=2"));
    browser.type_keys("j").await;
    focus_is(&browser, "button", &format!("Metrics {NUMBER}")).await;
    browser.press_key(key::ENTER).await;
    let details = browser.at("region", &format!("Callback metrics for {NUMBER}"));
    details.at("switch", "Advanced Callback Metrics").shown().await;
    press_at(&browser, "switch", "Advanced Callback Metrics", key::SPACE).await;
    details.at("region", "Advanced metrics").shown().await;
}
