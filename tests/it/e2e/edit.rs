//! The Edit dialog while its callback changes.

use ringback_api::clock::Clock;
use ringback_domain::ApiScope;
use ringback_tests::browser::key;
use ringback_tests::{Backend, Options, TestApp, wait_for};

use super::keyboard::focus_is;
use super::{log_in, says, web_dir};

const NUMBER: &str = "+44 20 7946 0318";

/// A server on which a callback stays SCHEDULED until the test submits it.
async fn start_without_workers() -> TestApp {
    let options = Options { clock: Clock::system(), web_dir: Some(web_dir()), ..Options::default() };
    TestApp::start_with(Backend::Sqlite, options).await
}

#[tokio::test]
async fn edit_never_turns_save_into_a_cancellation() {
    let app = start_without_workers().await;
    let browser = log_in(&app, "supervisor", "today").await;
    let counting = "const send = window.fetch; window.commands = []; \
                    window.fetch = request => { \
                      if (request.method === 'POST') window.commands.push(request.url); \
                      return send(request); \
                    }; return null";
    browser.script(counting).await;

    for (number, width, height) in [(NUMBER, 1280, 900), ("+44 20 7946 0319", 390, 844)] {
        browser.resize(width, height).await;
        let due = app.clock.now().plus_seconds(2).to_string();
        let created = app.key(ApiScope::CallbacksWrite).create_scheduled(app.service, number, &due).await;
        browser.at("button", "Refresh").click().await;
        browser.at("button", &format!("Edit {number}")).click().await;
        let dialog = browser.at("dialog", "Edit Callback");
        dialog.at("textbox", "Time").set("23:59").await;
        // Wait for the dialog's animation.
        let slides = "document.querySelector('dialog[open]').getAnimations()";
        browser.script_async(&format!("await Promise.all({slides}.map(one => one.finished))")).await;
        let save = dialog.at("button", "Save");
        save.hover().await;
        let before = save.rect().await;

        wait_for("a submitted callback", async || (app.submit().await == 1).then_some(())).await;
        says(&dialog, "from SCHEDULED to QUEUED").await;
        assert_eq!(save.property("ariaDisabled").await, "true");
        assert_eq!(save.description().await, "It can no longer be rescheduled.");
        assert_eq!(save.rect().await, before, "at a width of {width}");
        focus_is(&browser, "radio", "Reschedule").await;
        browser.press_key(key::ENTER).await;
        browser.press_mouse().await;
        assert_eq!(dialog.at("radio", "Reschedule").property("checked").await, true);
        assert_eq!(dialog.at("textbox", "Time").property("value").await, "23:59");
        dialog.at("button", "Close").click().await;
        dialog.gone().await;
        assert_eq!(browser.script("return window.commands.join()").await, "");
        let callback = app.key(ApiScope::CallbacksRead).callback(&created["id"]).await;
        assert_eq!(callback["state"], "QUEUED");
    }
}

#[tokio::test]
async fn a_queued_callback_is_cancelled_only_if_the_person_chooses_so() {
    let app = start_without_workers().await;
    let browser = log_in(&app, "supervisor", "today").await;
    let due = app.clock.now().plus_seconds(2).to_string();
    let created = app.key(ApiScope::CallbacksWrite).create_scheduled(app.service, NUMBER, &due).await;
    browser.at("button", "Refresh").click().await;
    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.at("button", "Save").shown().await;
    wait_for("a submitted callback", async || (app.submit().await == 1).then_some(())).await;
    says(&dialog, "Only while SCHEDULED").await;
    dialog.at("radio", "Cancel Callback").click().await;
    // An option that has become impossible cannot be chosen.
    dialog.at("radio", "Reschedule").click().await;
    dialog.at("button", "Confirm").click().await;
    dialog.gone().await;
    let callback = app.key(ApiScope::CallbacksRead).callback(&created["id"]).await;
    assert_eq!(callback["cancellation"]["by"]["name"], "supervisor");
}

#[tokio::test]
async fn edit_names_only_what_a_change_took_away() {
    let app = start_without_workers().await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    app.submit().await;
    let browser = log_in(&app, "supervisor", "today").await;
    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.at("button", "Confirm").shown().await;
    app.router().reserve_one().await;
    says(&dialog, "from QUEUED to ROUTING").await;
    // It could not be rescheduled before either, and can still be cancelled.
    assert!(!dialog.text().await.contains("can no longer"));
}
