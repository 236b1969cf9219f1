//! Callback Search: by ID and by number, regardless of the time.

use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::browser::key;
use ringback_tests::{TestApp, wait_for};
use serde_json::{Value, json};

use super::{log_in, start, status_says};

const NUMBER: &str = "+44 20 7946 0318";
const OTHER: &str = "+44 20 7946 0319";

/// Creates two callbacks of one number, one of them far in the future, and one of
/// another number.
async fn fill(app: &TestApp) -> [Value; 3] {
    let machine = app.key(ApiScope::CallbacksWrite);
    let later = app.clock.now().plus_seconds(10 * 86_400).to_string();
    let ahead = machine.create_scheduled(app.service, NUMBER, &later).await;
    let cancelled = machine.create_immediate(app.service, NUMBER).await;
    let person = app.supervisor().await;
    assert_eq!(person.command(&cancelled["id"], "cancel", &json!({})).await.status, 200);
    [ahead, cancelled, machine.create_immediate(app.other_service, OTHER).await]
}

/// Shows: S45, S46, S47, S48, S49
#[tokio::test]
async fn callback_search_finds_by_id_and_by_number_at_any_time() {
    let app = start(None).await;
    let [ahead, cancelled, other] = fill(&app).await;
    let browser = log_in(&app, "monitor", "yesterday").await;
    browser.at("button", "Tools").click().await;
    browser.at("menuitem", "Callback Search").click().await;
    browser.at("heading", "Callback Search").shown().await;
    let field = browser.at("textbox", "Callback ID or Phone Number");
    let button = browser.at("button", "Search");

    // The ID of a callback outside all predefined ranges.
    field.fill(&text(&ahead["id"])).await;
    browser.at("heading", NUMBER).gone().await;
    button.click().await;
    browser.at("heading", NUMBER).shown().await;
    status_says(&browser, "1 callback for").await;
    browser.at("region", "Timeline").shown().await;
    browser.at("region", "Results").gone().await;

    // A number in another notation: both of its callbacks, the latest first.
    field.fill("(020) 7946-0318").await;
    button.click().await;
    status_says(&browser, "2 callbacks for (020) 7946-0318").await;
    let results = browser.at("region", "Results");
    results.like("button", "CANCELLED_BY_ADMIN").click().await;
    browser.at("switch", "Advanced Callback Metrics").click().await;
    let metrics = browser.at("region", "Advanced metrics");
    wait_for("who cancelled", async || {
        let shown = metrics.text().await;
        (shown.contains(&text(&cancelled["id"])) && shown.contains("supervisor")).then_some(())
    })
    .await;
    assert!(browser.url().await.ends_with("/search?q=(020)%207946-0318"));

    // An unknown ID, and a text that is neither ID nor number.
    field.fill("+44 20 7946 0320").await;
    button.click().await;
    status_says(&browser, "No callback with this ID or number").await;
    for unclear in ["Smith", "5b1e90c2", "79"] {
        field.fill(unclear).await;
        button.click().await;
        status_says(&browser, "such as +44 20 7946 0318").await;
        field.fill("020 7946 03").await;
        button.click().await;
        status_says(&browser, "3 callbacks for 020 7946 03").await;
    }
    results.like("button", OTHER).shown().await;

    // The search is in the address, and the result leads to the list.
    browser.open(&format!("http://{}/search?q={}", app.address, text(&other["id"]))).await;
    browser.at("heading", OTHER).shown().await;
    browser.at("link", "Show in Callbacks").click().await;
    browser.at("region", &format!("Callback metrics for {OTHER}")).shown().await;
}

/// Shows: S49
#[tokio::test]
async fn callback_search_shows_only_services_that_the_user_may_see() {
    let app = start(None).await;
    let [_, _, other] = fill(&app).await;
    let browser = log_in(&app, "branch", "today").await;
    browser.type_keys("gs").await;
    browser.at("textbox", "Callback ID or Phone Number").fill(&text(&other["id"])).await;
    browser.type_keys(key::ENTER).await;
    status_says(&browser, "No callback with this ID or number").await;
}

#[tokio::test]
async fn callback_search_can_edit_and_recreate_its_results() {
    let app = start(None).await;
    let [ahead, ..] = fill(&app).await;
    let browser = log_in(&app, "supervisor", "today").await;
    let address = format!("http://{}/search?q=%2B442079460318", app.address);
    browser.open(&address).await;
    let result = browser.at("region", "Results").like("button", &text(&ahead["id"])[28..]);
    result.click().await;
    browser.at("button", "Edit").click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.at("radio", "Cancel Callback").click().await;
    dialog.at("button", "Confirm").click().await;
    dialog.gone().await;
    status_says(&browser, "Callback will be cancelled in 10 s").await;
    wait_for("the result", async || result.text().await.contains("(CANCELLED_BY_ADMIN)").then_some(())).await;

    browser.at("button", "Recreate").click().await;
    let dialog = browser.at("dialog", "Recreate Callback");
    dialog.at("button", "Recreate").click().await;
    dialog.gone().await;
    status_says(&browser, "Callback recreated").await;
    // A callback can be recreated only once.
    browser.at("button", "Recreate").gone().await;
    browser.at("switch", "Advanced Callback Metrics").click().await;
    let metrics = browser.at("region", "Advanced metrics");
    wait_for("what it became", async || metrics.text().await.contains("Recreated as").then_some(())).await;
    browser.at("button", "Search").click().await;
    status_says(&browser, "3 callbacks for").await;
    drop(browser);

    // A monitor sees no commands.
    let browser = log_in(&app, "monitor", "today").await;
    browser.open(&address).await;
    browser.at("link", "Show in Callbacks").shown().await;
    browser.at("button", "Edit").gone().await;
    browser.at("button", "Recreate").gone().await;
}
