//! Views of the list that people name, and share.

use ringback_domain::ApiScope;
use ringback_tests::{Browser, wait_for};
use serde_json::json;

use super::{log_in, rows_are, says, sign_in, start, status_says};

const NUMBER: &str = "+44 20 7946 0318";

async fn save_view(browser: &Browser, name: &str, role: Option<&str>) {
    browser.at("button", "Saved Views").click().await;
    browser.at("menuitem", "Save or manage views…").click().await;
    let dialog = browser.at("dialog", "Saved Views");
    dialog.at("textbox", "Name").fill(name).await;
    if let Some(role) = role {
        dialog.at("checkbox", role).click().await;
    }
    dialog.at("button", "Save view").click().await;
    status_says(browser, &format!("View “{name}” saved")).await;
}

#[tokio::test]
async fn a_view_is_saved_shared_and_chosen_from_the_menu() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let created = machine.create_immediate(app.service, NUMBER).await;
    machine.create_immediate(app.service, "+44 20 7946 0319").await;
    machine.command(&created["id"], "cancel", &json!({})).await;
    let browser = log_in(&app, "supervisor", "last-7-days&states=COMPLETED&sort=-created_at").await;
    rows_are(&browser, 1).await;
    save_view(&browser, "Done", Some("Monitor")).await;

    let monitor = log_in(&app, "monitor", "last-7-days").await;
    rows_are(&monitor, 2).await;
    monitor.at("button", "Saved Views").click().await;
    monitor.at("menuitem", "Done").click().await;
    rows_are(&monitor, 1).await;
    assert!(monitor.url().await.contains("states=COMPLETED&sort=-created_at"));
    monitor.at("button", "Saved Views").click().await;
    monitor.at("menuitem", "Save or manage views…").click().await;
    let dialog = monitor.at("dialog", "Saved Views");
    says(&dialog, "From supervisor, shared with Monitor").await;
    assert!(dialog.names("button").await.iter().all(|name| name != "Delete view Done"));
}

#[tokio::test]
async fn the_address_of_a_view_shows_what_it_means_now() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let supervisor = app.supervisor().await;
    let body = json!({"name": "Late", "query": "range=last-7-days", "shared_with": ["monitor"]});
    let view: serde_json::Value = supervisor.post("/api/v1/saved-views", &body).await.read();
    let address = format!("http://{}/callbacks/views/{}", app.address, view["id"].as_str().unwrap());

    let browser = log_in(&app, "supervisor", "last-7-days&states=OVERDUE").await;
    browser.at("heading", "Callbacks").shown().await;
    // Saved again under its name it stays shared.
    save_view(&browser, "Late", None).await;
    let monitor = Browser::start().await;
    monitor.open(&address).await;
    sign_in(&monitor, "monitor", ringback_tests::app::PASSWORD).await;
    wait_for("the view as it was saved last", async || {
        monitor.url().await.contains("states=OVERDUE").then_some(())
    })
    .await;

    browser.at("button", "Saved Views").click().await;
    browser.at("menuitem", "Save or manage views…").click().await;
    let question = browser.at("dialog", "Delete View");
    browser.at("button", "Delete view Late").click().await;
    says(&question, "“Late” disappears for everybody it is shared with (Monitor)").await;
    question.at("button", "Close").click().await;
    question.gone().await;
    browser.at("button", "Delete view Late").click().await;
    question.at("button", "Delete").click().await;
    status_says(&browser, "View “Late” deleted").await;
    question.gone().await;
    browser.at("button", "Delete view Late").gone().await;
    monitor.open(&address).await;
    monitor.at("heading", "This view does not exist").shown().await;
}

#[tokio::test]
async fn the_menu_of_views_says_why_they_could_not_be_loaded() {
    let app = start(None).await;
    let browser = log_in(&app, "monitor", "last-7-days").await;
    browser.at("button", "Saved Views").shown().await;
    browser.block(&["*/saved-views"]).await;
    browser.at("button", "Saved Views").click().await;
    browser.page().like("StaticText", "The saved views could not be loaded").shown().await;
}
