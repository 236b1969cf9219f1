//! Every page and dialog conforms to WCAG 2.2 A and AA, in both themes, on wide
//! and on narrow screens.

use ringback_domain::ApiScope;
use ringback_tests::browser::key;
use ringback_tests::{Browser, TestApp};
use rstest::rstest;
use serde_json::json;

use super::services::GROUPS;
use super::walk::fill_hours;
use super::{log_in, start};

const WAITING: &str = "+44 20 7946 0318";
const CANCELLED: &str = "+44 20 7946 0319";

/// Checks the current page in both themes. It never scrolls sideways (criterion
/// 1.4.10, which axe cannot see).
async fn check(browser: &Browser) {
    let beyond = browser
        .script("const page = document.documentElement; return page.scrollWidth - page.clientWidth")
        .await;
    assert_eq!(beyond, 0, "the page is wider than the screen");
    for theme in ["light", "dark"] {
        browser.script(&format!("document.documentElement.dataset.theme = '{theme}'")).await;
        browser.axe().await;
    }
}

/// Creates a callback that waits and one that can be recreated.
async fn fill(app: &TestApp) {
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, WAITING).await;
    let cancelled = machine.create_immediate(app.service, CANCELLED).await;
    assert_eq!(machine.command(&cancelled["id"], "cancel", &json!({})).await.status, 200);
}

/// Opens a dialog by a button, checks it and closes it.
async fn check_dialog(browser: &Browser, button: &str, title: &str) {
    check_dialog_by(browser, "button", button, title).await;
}

/// Opens a dialog by an element of this role, checks it and closes it.
async fn check_dialog_by(browser: &Browser, role: &'static str, name: &str, title: &str) {
    browser.at(role, name).click().await;
    let dialog = browser.at("dialog", title);
    dialog.at("button", "Close").shown().await;
    if dialog.names("button").await.iter().any(|name| name == "More details") {
        dialog.at("button", "More details").click().await;
    }
    check(browser).await;
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
}

/// Opens a menu by its button, checks it and closes it.
async fn check_menu(browser: &Browser, button: &str, item: &str) {
    browser.at("button", button).click().await;
    browser.at("menuitem", item).shown().await;
    check(browser).await;
    browser.type_keys(key::ESCAPE).await;
    browser.at("menuitem", item).gone().await;
}

#[rstest]
#[case::on_a_wide_screen(1440, 900)]
#[case::on_a_narrow_screen(390, 844)]
#[tokio::test]
async fn signing_in_the_list_its_dialogs_and_menus_conform_to_wcag(#[case] width: u32, #[case] height: u32) {
    let app = start(None).await;
    fill(&app).await;
    let browser = Browser::start().await;
    browser.resize(width, height).await;
    browser.open(&format!("http://{}/login", app.address)).await;
    browser.at("button", "Sign in").click().await;
    browser.at("textbox", "Username").shown().await;
    check(&browser).await;
    drop(browser);

    let browser = log_in(&app, "administrator", "last-7-days").await;
    browser.resize(width, height).await;
    browser.at("button", &format!("Metrics {WAITING}")).click().await;
    let region = browser.at("region", &format!("Callback metrics for {WAITING}"));
    region.at("switch", "Advanced Callback Metrics").click().await;
    region.at("region", "Advanced metrics").shown().await;
    check(&browser).await;
    check_menu(&browser, "administrator, Administrator", "Sign out").await;
    browser.at("button", "administrator, Administrator").click().await;
    check_dialog_by(&browser, "menuitem", "My account", "My account").await;
    check_menu(&browser, "Export", "Export Cancelled Reports").await;
    browser.at("checkbox", &format!("Select {WAITING}")).click().await;
    check_dialog(&browser, "Reschedule Callbacks", "Reschedule Callbacks").await;
    check_dialog(&browser, "Cancel Callbacks", "Cancel Callbacks Confirmation").await;
    browser.at("button", "Clear").click().await;
    check_menu(&browser, "Tools", "Callback Search").await;
    check_menu(&browser, "Help", "Shortcuts").await;
    check_dialog(&browser, "Create Callback", "Create Callback").await;
    check_dialog(&browser, "Advanced Options", "Advanced Options").await;
    check_dialog(&browser, &format!("Edit {WAITING}"), "Edit Callback").await;
    check_dialog(&browser, &format!("Recreate {CANCELLED}"), "Recreate Callback").await;

    browser.open(&format!("http://{}/callbacks?range=tomorrow", app.address)).await;
    browser.at("heading", "No callbacks in Tomorrow").shown().await;
    check(&browser).await;
    browser.open(&format!("http://{}/nowhere", app.address)).await;
    browser.at("link", "Go to Callbacks").shown().await;
    check(&browser).await;
}

#[rstest]
#[case::on_a_wide_screen(1440, 900)]
#[case::on_a_narrow_screen(390, 844)]
#[tokio::test]
async fn the_pages_of_the_tools_menu_conform_to_wcag(#[case] width: u32, #[case] height: u32) {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, WAITING).await;
    machine.create_immediate(app.other_service, WAITING).await;
    let browser = log_in(&app, "administrator", "last-7-days").await;
    browser.resize(width, height).await;
    for topic in ["Guide", "Shortcuts", "Messages"] {
        browser.at("button", "Help").click().await;
        browser.at("menuitem", topic).click().await;
        browser.at("dialog", topic).shown().await;
        check(&browser).await;
        browser.type_keys(key::ESCAPE).await;
        browser.at("dialog", topic).gone().await;
    }
    browser.open(&format!("http://{}/search?q=02079460318", app.address)).await;
    browser.at("region", "Timeline").shown().await;
    check(&browser).await;
    browser.open(&format!("http://{}/services", app.address)).await;
    browser.at("table", "Services").shown().await;
    check(&browser).await;
    browser.at("link", "Billing EN").click().await;
    for group in GROUPS {
        browser.at("region", group).shown().await;
    }
    check(&browser).await;
    // With a wrong value and what somebody else has saved meanwhile.
    let path = format!("/api/v1/services/{}", app.service);
    assert_eq!(app.admin().await.patch(&path, &json!({"limits": {"pending": 7}})).await.status, 200);
    browser.at("textbox", "Gap, BUSY").fill("3 min").await;
    browser.at("button", "Save as version 2").click().await;
    browser.at("table", "Saved and own values").shown().await;
    browser.at("textbox", "Growth, BUSY").fill("99").await;
    browser.type_keys(key::TAB).await;
    check(&browser).await;
    browser.at("button", "Take the saved values").click().await;
    fill_hours(&app).await;
    for (page, dialog) in
        [("office-hours", "Date with Other Hours"), ("capacity", "Date with Other Capacity")]
    {
        browser.open(&format!("http://{}/{page}", app.address)).await;
        browser.at("button", "Save").shown().await;
        check(&browser).await;
        check_dialog(&browser, "Add date", dialog).await;
    }
    browser.open(&format!("http://{}/numbers", app.address)).await;
    browser.at("textbox", "Phone Number").fill(WAITING).await;
    browser.at("list", "Every check in order").shown().await;
    check(&browser).await;
    check_dialog(&browser, "Add Rule", "Add Rule").await;
    check_dialog(&browser, "Add Number", "Add Number").await;
    browser.open(&format!("http://{}/integrations", app.address)).await;
    browser.at("table", "API Keys").shown().await;
    check(&browser).await;
    check_dialog(&browser, "Create API Key", "Create API Key").await;
    browser.open(&format!("http://{}/users", app.address)).await;
    browser.at("table", "Users").shown().await;
    check(&browser).await;
    check_dialog(&browser, "Edit branch", "Edit User").await;
    browser.open(&format!("http://{}/audit", app.address)).await;
    browser.at("table", "Audit").shown().await;
    check(&browser).await;
}
