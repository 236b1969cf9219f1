//! The flows of the guide by keyboard alone, beyond what `keyboard` shows.

use ringback_domain::ApiScope;
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::browser::key;
use ringback_tests::{Browser, wait_for};
use serde_json::json;

use super::keyboard::{focus_is, tab_to};
use super::{log_in, row_says, rows_are, start};

const NUMBER: &str = "+44 20 7946 0318";
const OTHER: &str = "+49 30 2312 5051";
const HOUR: i64 = 3_600;

/// Moves the focus to something and presses a key there.
async fn press_at(browser: &Browser, role: &str, name: &str, pressed: &str) {
    tab_to(browser, role, name).await;
    browser.strike(pressed).await;
}

#[tokio::test]
async fn signing_in_the_tools_and_cancelling_a_range_need_no_pointer() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let made = machine.ask(app.service, NUMBER).await;
    assert_eq!(machine.command(&made["id"], "cancel", &json!({})).await.status, 200);
    let browser = Browser::start().await;
    browser.open(&format!("http://{}/callbacks", app.address)).await;
    browser.at("heading", "Sign in").shown().await;
    tab_to(&browser, "textbox", "Username").await;
    browser.press("supervisor").await;
    tab_to(&browser, "textbox", "Password").await;
    browser.press(PASSWORD).await;
    browser.press(key::ENTER).await;
    browser.page().row_with(NUMBER).shown().await;

    press_at(&browser, "button", "Tools", key::ENTER).await;
    focus_is(&browser, "menuitem", "Callback Search").await;
    browser.strike(key::DOWN).await;
    focus_is(&browser, "menuitem", "Services").await;
    browser.strike(key::ENTER).await;
    focus_is(&browser, "heading", "Services").await;
    browser.press("gc").await;
    browser.page().row_with(NUMBER).shown().await;

    browser.press("je").await;
    let dialog = browser.at("dialog", "Recreate Callback");
    dialog.shown().await;
    press_at(&browser, "button", "Recreate", key::ENTER).await;
    dialog.gone().await;
    rows_are(&browser, 2).await;

    // One selected row opens the way to all of the range.
    browser.press("jxC").await;
    let dialog = browser.at("dialog", "Cancel Callbacks Confirmation");
    dialog.shown().await;
    press_at(&browser, "checkbox", "Cancel All Callbacks In Current Time Range", key::SPACE).await;
    press_at(&browser, "button", "Confirm", key::ENTER).await;
    dialog.at("button", "Cancellation Summary Report").shown().await;
    browser.strike(key::ESCAPE).await;
    dialog.gone().await;
    let counts = app.key(ApiScope::CallbacksRead).json("/api/v1/callbacks/count").await;
    assert_eq!((&counts["total"], &counts["by_state"]["COMPLETED"]), (&json!(2), &json!(2)), "{counts}");

    press_at(&browser, "button", "Export", key::ENTER).await;
    focus_is(&browser, "menuitem", "Export Cancelled Reports").await;
    browser.strike(key::ENTER).await;
    let dialog = browser.at("dialog", "Export Cancelled Reports");
    dialog.at("button", "Cancellation Summary Report").shown().await;
    press_at(&browser, "button", "Cancellation Summary Report", key::ENTER).await;
    browser.saved("cancellation-summary-report.csv").await;
    browser.strike(key::ESCAPE).await;
    dialog.gone().await;
    focus_is(&browser, "button", "Export").await;
    browser.strike(key::ENTER).await;
    focus_is(&browser, "menuitem", "Export Cancelled Reports").await;
    browser.strike(key::DOWN).await;
    browser.strike(key::ENTER).await;
    browser.strike(key::DOWN).await;
    focus_is(&browser, "menuitem", "CSV").await;
    browser.strike(key::ENTER).await;
    let list = browser.saved("callbacks.csv").await;
    assert!(list.contains(&text(&made["id"])), "{list}");
}

#[tokio::test]
async fn advanced_options_need_no_pointer() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.ask(app.service, NUMBER).await;
    machine.ask(app.other_service, OTHER).await;
    let browser = log_in(&app, "supervisor", "today").await;
    browser.time_zone("UTC").await;
    browser.page().row_with(OTHER).shown().await;
    browser.at("columnheader", "Attempts").shown().await;
    browser.press("o").await;
    let dialog = browser.at("dialog", "Advanced Options");
    dialog.shown().await;
    for (role, name) in
        [("checkbox", "Attempts"), ("switch", "Show Time in 24 Hour"), ("switch", "Show Times in UTC")]
    {
        press_at(&browser, role, name, key::SPACE).await;
    }
    tab_to(&browser, "textbox", "Range Name").await;
    browser.press("Peak").await;
    for (name, seconds) in [("From", -24 * HOUR), ("To", 24 * HOUR)] {
        tab_to(&browser, "DateTime", name).await;
        let day = app.clock.now().plus_seconds(seconds).to_string();
        // A year may have more digits: Tab leads on to the hours.
        let typed = format!("{}{}{}{}1000A", &day[5..7], &day[8..10], &day[..4], key::TAB);
        for letter in typed.chars() {
            browser.strike(&letter.to_string()).await;
        }
    }
    press_at(&browser, "button", "Add Range", key::ENTER).await;
    dialog.at("button", "Remove Peak").shown().await;
    // All of them off, then one on.
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

    // The drop-down is typed into.
    tab_to(&browser, "combobox", "Date Range").await;
    browser.press("Peak").await;
    browser.at("table", "Callbacks, Peak, sorted by Desired Callback Time").shown().await;
    row_says(&browser, NUMBER, "QUEUED").await;
}

/// Shows: S04, S53
#[tokio::test]
async fn sorting_paging_and_all_metrics_need_no_pointer() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let at = |seconds| app.clock.now().plus_seconds(HOUR + seconds).to_string();
    machine.ask_for(app.service, NUMBER, &at(0)).await;
    for number in 0..250 {
        let number = format!("+4420794600{:02}", number % 100);
        machine.ask_for(app.service, &number, &at(60)).await;
    }
    let browser = log_in(&app, "monitor", "next-24-hours").await;
    browser.page().row_with(NUMBER).shown().await;
    press_at(&browser, "button", "Desired Callback Time", key::ENTER).await;
    // The first is the last now, on the page after.
    browser.page().row_with(NUMBER).gone().await;
    browser.press("]").await;
    browser.page().row_with(NUMBER).shown().await;
    assert!(browser.url().await.contains("page=2"));
    browser.press("j").await;
    focus_is(&browser, "button", &format!("Metrics {NUMBER}")).await;
    browser.strike(key::ENTER).await;
    let details = browser.at("region", &format!("Callback metrics for {NUMBER}"));
    details.at("switch", "Advanced Callback Metrics").shown().await;
    press_at(&browser, "switch", "Advanced Callback Metrics", key::SPACE).await;
    details.at("region", "Advanced metrics").shown().await;
}
