//! Keyboard use: single-key shortcuts, and whole flows without a pointer.

use ringback_domain::{ApiScope, Timestamp};
use ringback_tests::browser::key;
use ringback_tests::{Browser, wait_for};

use super::{log_in, row_says, start, status_says};

const NUMBER: &str = "+44 20 7946 0318";
const OTHER: &str = "+44 20 7946 0319";

/// Waits until this element has the focus.
pub(super) async fn focus_is(browser: &Browser, role: &str, name: &str) {
    let element = format!("{role} {name:?}");
    wait_for(&format!("the focus on {element}"), async || (browser.focus().await == element).then_some(()))
        .await;
}

/// Presses Tab until this element has the focus.
pub(super) async fn tab_to(browser: &Browser, role: &str, name: &str) {
    let element = format!("{role} {name:?}");
    for _ in 0..60 {
        if browser.focus().await == element {
            return;
        }
        browser.type_keys(key::TAB).await;
    }
    panic!("Tab does not lead to {element} but to {}", browser.focus().await);
}

/// Shows: S76, S81, S86, S87
#[tokio::test]
async fn a_callback_is_created_cancelled_and_found_by_keyboard_alone() {
    let app = start(None).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.at("link", "Callbacks").shown().await;
    browser.type_keys("c").await;
    focus_is(&browser, "radio", "Immediate").await;
    tab_to(&browser, "combobox", "Service Type").await;
    browser.type_keys("Billing EN").await;
    tab_to(&browser, "textbox", "Customer Number").await;
    browser.type_keys("02079460318").await;
    browser.type_keys(key::ENTER).await;
    browser.at("dialog", "Create Callback").gone().await;
    row_says(&browser, NUMBER, "QUEUED").await;

    browser.type_keys("j").await;
    focus_is(&browser, "button", &format!("Metrics {NUMBER}")).await;
    browser.type_keys(key::ENTER).await;
    browser.at("region", &format!("Callback metrics for {NUMBER}")).shown().await;
    browser.type_keys(key::SPACE).await;
    browser.at("region", &format!("Callback metrics for {NUMBER}")).gone().await;
    browser.type_keys("e").await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.shown().await;
    tab_to(&browser, "button", "Confirm").await;
    browser.type_keys(key::ENTER).await;
    dialog.gone().await;
    row_says(&browser, NUMBER, "(CANCELLED_BY_ADMIN)").await;

    browser.type_keys("/").await;
    focus_is(&browser, "searchbox", "Search").await;
    browser.type_keys("0319").await;
    browser.page().row_with(NUMBER).gone().await;
    browser.type_keys(key::ESCAPE).await;
    browser.page().row_with(NUMBER).shown().await;

    // Letters typed into the search field are not shortcuts; elsewhere `g s` opens Callback Search.
    browser.type_keys(key::TAB).await;
    tab_to(&browser, "button", "Refresh").await;
    browser.type_keys("g").await;
    browser.type_keys("s").await;
    focus_is(&browser, "heading", "Callback Search").await;
    browser.type_keys("/").await;
    focus_is(&browser, "textbox", "Callback ID or Phone Number").await;
    browser.type_keys(NUMBER).await;
    browser.type_keys(key::ENTER).await;
    status_says(&browser, "1 callback for").await;
}

#[tokio::test]
async fn a_callback_is_rescheduled_by_keyboard_alone() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    // A full hour on the day after tomorrow.
    let days = (app.clock.now().micros() / 1_000_000).div_euclid(86_400) + 2;
    let ten = Timestamp::from_micros((days * 86_400 + 10 * 3_600) * 1_000_000);
    let created = machine.create_scheduled(app.service, NUMBER, &ten.to_string()).await;
    let browser = log_in(&app, "supervisor", "next-7-days").await;
    browser.page().row_with(NUMBER).shown().await;
    browser.type_keys("j").await;
    focus_is(&browser, "button", &format!("Metrics {NUMBER}")).await;
    browser.type_keys("e").await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.shown().await;
    focus_is(&browser, "radio", "Reschedule").await;
    tab_to(&browser, "textbox", "Time").await;
    for _ in 0..4 {
        browser.press_key(key::UP).await;
    }
    browser.press_key(key::ENTER).await;
    dialog.gone().await;
    focus_is(&browser, "button", &format!("Metrics {NUMBER}")).await;
    let id = created["id"].as_str().unwrap();
    let rescheduled = app.key(ApiScope::CallbacksRead).json(&format!("/api/v1/callbacks/{id}")).await;
    assert_eq!(rescheduled["desired_time"], ten.plus_seconds(3_600).to_string());
}

/// Shows: S99, S101
#[tokio::test]
async fn single_keys_move_select_and_cancel_and_can_be_switched_off() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, NUMBER).await;
    machine.create_immediate(app.service, OTHER).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.page().row_with(OTHER).shown().await;
    let (first, second) = (format!("Metrics {NUMBER}"), format!("Metrics {OTHER}"));
    for (pressed, expected) in [("j", &first), ("j", &second), ("j", &second), ("k", &first), ("k", &first)] {
        browser.type_keys(pressed).await;
        focus_is(&browser, "button", expected).await;
    }
    // Select a row, then extend the selection to the next one.
    browser.type_keys("x").await;
    browser.type_keys("j").await;
    browser.type_keys("X").await;
    status_says(&browser, "2 selected").await;
    browser.type_keys("?").await;
    browser.at("dialog", "Shortcuts").shown().await;
    // Shortcuts are off while a dialog is open.
    browser.type_keys("c").await;
    browser.type_keys(key::ESCAPE).await;
    browser.at("dialog", "Shortcuts").gone().await;
    browser.at("dialog", "Create Callback").gone().await;
    browser.type_keys("o").await;
    browser.at("dialog", "Advanced Options").shown().await;
    browser.type_keys(key::ESCAPE).await;
    browser.at("dialog", "Advanced Options").gone().await;
    // Closing a dialog keeps the selection.
    browser.type_keys("C").await;
    let dialog = browser.at("dialog", "Cancel Callbacks Confirmation");
    dialog.shown().await;
    tab_to(&browser, "button", "Confirm").await;
    browser.type_keys(key::ENTER).await;
    dialog.at("button", "Cancellation Summary Report").shown().await;
    tab_to(&browser, "button", "Close").await;
    browser.type_keys(key::ENTER).await;
    dialog.gone().await;
    row_says(&browser, NUMBER, "(CANCELLED_BY_ADMIN)").await;
    row_says(&browser, OTHER, "(CANCELLED_BY_ADMIN)").await;

    browser.at("StaticText", "Shortcuts").shown().await;
    browser.at("button", "supervisor, Supervisor").click().await;
    browser.at("menuitem", "Keyboard shortcuts").click().await;
    browser.at("menuitemradio", "Off").click().await;
    browser.at("StaticText", "Shortcuts").gone().await;
    browser.type_keys(key::ESCAPE).await;
    browser.at("menuitem", "Keyboard shortcuts").gone().await;
    browser.type_keys("?").await;
    browser.type_keys("c").await;
    // The list of shortcuts is still in the menu; the shortcuts are off.
    browser.at("button", "Help").click().await;
    browser.at("menuitem", "Shortcuts").click().await;
    assert_eq!(browser.page().names("dialog").await, ["Shortcuts"]);
}
