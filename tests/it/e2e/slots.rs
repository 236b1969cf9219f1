//! Free times in the form of a new callback.

use ringback_domain::ApiScope;
use ringback_domain::wire::endpoint::{Endpoint, PostCapacityRule};
use ringback_tests::app::text;
use ringback_tests::wait_for;
use serde_json::{Value, json};

use super::{log_in, says, start};

const NUMBER: &str = "+44 20 7946 0318";

#[tokio::test]
async fn a_free_time_is_picked_and_a_full_one_names_the_nearest() {
    let app = start(None).await;
    let admin = app.admin().await;
    let day = json!([{"from": "00:00", "to": "24:00", "capacity": 1}]);
    let weekly = json!({"mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": day});
    let rule = json!({"name": "Pool", "time_zone": "Europe/London", "slot_minutes": 60, "weekly": weekly});
    let made = admin.post(&format!("/api/v1{}", PostCapacityRule::TEMPLATE), &rule).await;
    assert_eq!(made.status, 201, "{made}");
    let settings = json!({"capacity_rule": made.read::<Value>()["id"]});
    let path = format!("/api/v1/services/{}", app.service);
    assert_eq!(admin.patch(&path, &settings).await.status, 200);
    let date = app.clock.now().plus_seconds(2 * 86_400).to_string()[..10].to_owned();
    let integration = app.key(ApiScope::CallbacksWrite);
    integration.create_scheduled(app.service, NUMBER, &format!("{date}T12:30:00Z")).await;

    let browser = log_in(&app, "supervisor", "today").await;
    // The footer of the dialog must not cover what is clicked.
    browser.resize(1440, 2000).await;
    browser.time_zone("UTC").await;
    browser.reload().await;
    browser.at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("radio", "Scheduled").click().await;
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill("+44 20 7946 0319").await;
    dialog.at("Date", "Date").set(&date).await;
    let free = dialog.at("group", "Free times");
    says(&free, "11:00").await;
    let offered = free.names("button").await;
    assert_eq!(offered.len(), 23, "the hour that is full is not offered: {offered:?}");
    free.nth("button", 13).click().await;
    wait_for("the time of the button", async || {
        let time = text(&dialog.at("textbox", "Time").property("value").await);
        (!time.is_empty() && offered[13].starts_with(&time)).then_some(())
    })
    .await;

    dialog.at("textbox", "Time").set("12:30").await;
    dialog.at("button", "Create").click().await;
    says(&dialog, "That time is fully booked.").await;
    let nearest = dialog.at("group", "Nearest free times");
    assert_eq!(nearest.names("button").await.len(), 5);
    nearest.nth("button", 0).click().await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    let list = app.key(ApiScope::CallbacksRead).json("/api/v1/callbacks?search=0319").await;
    let at = text(&list["items"][0]["desired_time"]);
    assert!(at.starts_with(&date) && at.ends_with(":00:00Z"), "{list}");
}
