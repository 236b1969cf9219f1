//! Rescheduling several callbacks at once: the preview, the result, and undoing it.

use ringback_domain::ApiScope;
use ringback_domain::wire::endpoint::{Endpoint, PostCapacityRule};
use ringback_tests::app::text;
use ringback_tests::browser::{Locator, key};
use ringback_tests::{Browser, TestApp, wait_for};
use serde_json::{Value, json};

use super::keyboard::{focus_is, tab_to};
use super::{log_in, row_says, says, start, status_says};

const TITLE: &str = "Reschedule Callbacks";

/// The number of a callback as the page shows it.
fn shown(number: u32) -> String {
    format!("+44 20 7946 {number:04}")
}

/// The day after tomorrow.
fn date(app: &TestApp) -> String {
    app.clock.now().plus_seconds(2 * 86_400).to_string()[..10].to_owned()
}

/// Lets the service promise two callbacks an hour.
async fn limit_capacity(app: &TestApp) {
    let admin = app.admin().await;
    let day = json!([{"from": "00:00", "to": "24:00", "capacity": 2}]);
    let weekly = json!({"mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": day});
    let rule = json!({"name": "Pool", "time_zone": "UTC", "slot_minutes": 60, "weekly": weekly});
    let made = admin.post(&format!("/api/v1{}", PostCapacityRule::TEMPLATE), &rule).await;
    assert_eq!(made.status, 201, "{made}");
    let settings = json!({"capacity_rule": made.read::<Value>()["id"], "called_party_hours": []});
    assert_eq!(admin.patch(&format!("/api/v1/services/{}", app.service), &settings).await.status, 200);
}

/// Creates callbacks 1, 2, … for these times of the day after tomorrow, and returns their ids.
async fn create(app: &TestApp, times: &[&str]) -> Vec<Value> {
    let machine = app.key(ApiScope::CallbacksWrite);
    let mut ids = Vec::new();
    for (number, time) in (1..).zip(times) {
        let at = format!("{}T{time}:00Z", date(app));
        let number: u32 = number;
        ids.push(machine.create_scheduled(app.service, &shown(number), &at).await["id"].clone());
    }
    ids
}

async fn times(app: &TestApp, ids: &[Value]) -> Vec<String> {
    let reader = app.key(ApiScope::CallbacksRead);
    let mut times = Vec::new();
    for id in ids {
        times.push(text(&reader.callback(id).await["desired_time"])[11..16].to_owned());
    }
    times
}

/// The list of a supervisor whose clock shows UTC.
async fn open_list(app: &TestApp) -> Browser {
    let browser = log_in(app, "supervisor", "next-7-days").await;
    // The footer of the dialog must not cover what is clicked.
    browser.resize(1440, 2000).await;
    browser.time_zone("UTC").await;
    browser.reload().await;
    browser
}

async fn select(browser: &Browser, number: u32) {
    browser.at("checkbox", &format!("Select {}", shown(number))).click().await;
}

/// Fills in where callbacks are moved.
async fn choose(dialog: &Locator<'_>, date: &str, from: &str, to: &str) {
    for (group, time) in [("From", from), ("To", to)] {
        let group = dialog.at("group", group);
        group.at("Date", "Date").set(date).await;
        group.at("textbox", "Time").set(time).await;
    }
}

#[tokio::test]
async fn the_preview_says_what_moves_and_undo_takes_it_back() {
    let app = start(None).await;
    limit_capacity(&app).await;
    let ids = create(&app, &["10:10", "10:20", "11:30", "12:15", "14:30"]).await;
    let browser = open_list(&app).await;
    for number in 1..=4 {
        select(&browser, number).await;
    }
    browser.at("button", TITLE).click().await;
    let dialog = browser.at("dialog", TITLE);
    choose(&dialog, &date(&app), "16:00", "15:00").await;
    says(&dialog, "Enter an end that is after the beginning.").await;
    choose(&dialog, &date(&app), "14:00", "16:00").await;
    let confirm = dialog.at("button", "Reschedule 3 callbacks");
    confirm.shown().await;
    status_says(&browser, "3 will move, 1 stay.").await;
    let lines = dialog.at("table", "Callbacks and their new times");
    says(&lines.row_with(&shown(4)), "stays").await;
    says(&lines.row_with(&shown(4)), "Full").await;
    says(&lines.row_with(&shown(1)), "2:00 PM").await;
    says(&lines.row_with(&shown(2)), "3:00 PM").await;
    says(&lines.row_with(&shown(2)), "+4 h 40 min").await;
    let places = dialog.at("table", "Places before and after");
    says(&places.row_with("2:00 PM"), "+1").await;
    browser.axe().await;
    assert_eq!(times(&app, &ids).await[0], "10:10", "a preview moves nothing");

    confirm.click().await;
    let undo = dialog.at("button", "Undo");
    undo.shown().await;
    status_says(&browser, "3 callbacks rescheduled. 1 stayed where it was.").await;
    says(&dialog, "Can be undone for 9 min").await;
    says(&dialog.at("table", "Not moved").row_with(&shown(4)), "Full").await;
    browser.axe().await;
    assert_eq!(times(&app, &ids).await, ["14:00", "15:00", "15:00", "12:15", "14:30"]);

    // What somebody else changes meanwhile stays as it is.
    let machine = app.key(ApiScope::CallbacksWrite);
    let elsewhere = json!({"desired_time": format!("{}T18:00:00Z", date(&app))});
    assert_eq!(machine.command(&ids[2], "reschedule", &elsewhere).await.status, 200);
    undo.click().await;
    status_says(&browser, "2 callbacks moved back. 1 could not go back.").await;
    let rest = dialog.at("table", "Not moved back");
    says(&rest.row_with(&shown(3)), "Changed meanwhile").await;
    undo.gone().await;
    browser.axe().await;
    assert_eq!(times(&app, &ids).await, ["10:10", "10:20", "18:00", "12:15", "14:30"]);
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    row_says(&browser, &shown(1), "10:10 AM").await;
}

#[tokio::test]
async fn everything_in_the_range_is_spread_and_undone_from_the_message() {
    let app = start(None).await;
    let ids = create(&app, &["10:00", "10:15", "10:30"]).await;
    let browser = open_list(&app).await;
    select(&browser, 1).await;
    browser.at("button", TITLE).click().await;
    let dialog = browser.at("dialog", TITLE);
    choose(&dialog, &date(&app), "14:00", "15:00").await;
    dialog.at("button", "Reschedule 1 callback").shown().await;
    dialog.at("checkbox", "Everything in the current time range").click().await;
    dialog.at("button", "Reschedule 3 callbacks").click().await;
    dialog.at("button", "Undo").shown().await;
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    row_says(&browser, &shown(3), "2:30 PM").await;
    browser.page().like("StaticText", "3 callbacks rescheduled").shown().await;
    browser.axe().await;
    assert_eq!(times(&app, &ids).await, ["14:00", "14:15", "14:30"]);
    browser.at("button", "Undo").click().await;
    browser.page().like("StaticText", "3 callbacks moved back").shown().await;
    row_says(&browser, &shown(3), "10:30 AM").await;
    assert_eq!(times(&app, &ids).await, ["10:00", "10:15", "10:30"]);
}

#[tokio::test]
async fn callbacks_are_rescheduled_and_undone_by_keyboard_alone() {
    let app = start(None).await;
    let ids = create(&app, &["10:00", "10:15"]).await;
    let browser = open_list(&app).await;
    browser.page().row_with(&shown(2)).shown().await;
    for key in ["j", "x", "j", "x"] {
        browser.type_keys(key).await;
    }
    browser.page().like("StaticText", "2 selected").shown().await;
    tab_to(&browser, "button", TITLE).await;
    browser.type_keys(key::ENTER).await;
    let dialog = browser.at("dialog", TITLE);
    focus_is(&browser, "heading", TITLE).await;
    // The suggested time is that after the selection.
    dialog.at("button", "Reschedule 2 callbacks").shown().await;
    tab_to(&browser, "button", "Reschedule 2 callbacks").await;
    browser.type_keys(key::ENTER).await;
    dialog.at("button", "Undo").shown().await;
    wait_for("the new times", async || (times(&app, &ids).await == ["10:30", "11:30"]).then_some(())).await;
    focus_is(&browser, "heading", TITLE).await;
    tab_to(&browser, "button", "Undo").await;
    browser.type_keys(key::ENTER).await;
    status_says(&browser, "2 callbacks moved back.").await;
    assert_eq!(times(&app, &ids).await, ["10:00", "10:15"]);
    focus_is(&browser, "heading", TITLE).await;
    browser.type_keys(key::ESCAPE).await;
    dialog.gone().await;
}
