//! The life cycle of callbacks, from the Create Callback dialog.

use ringback_api::telephony::simulator::Behaviour;
use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::browser::key;
use ringback_tests::{TestApp, wait_for};
use serde_json::{Value, json};

use super::{log_in, row_says, says, start};

const NUMBER: &str = "+44 20 7946 0318";

/// Customers who answer and talk briefly.
const QUICK: Behaviour = Behaviour {
    seed: 1,
    agents: 1,
    ring_seconds: (0.3, 0.3),
    talk_seconds: (0.3, 0.3),
    rest_seconds: (0.1, 0.1),
    answer_share: 1.0,
    busy_share: 0.0,
    rare_share: 0.0,
    lost_share: 0.0,
    all_day: false,
};

/// The only callback, as the API returns it.
async fn only(app: &TestApp) -> Value {
    let page = app.key(ApiScope::CallbacksRead).json("/api/v1/callbacks").await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    items[0].clone()
}

#[tokio::test]
async fn an_immediate_callback_is_created_and_followed_to_the_agent() {
    let app = start(Some(QUICK)).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("radio", "Immediate").shown().await;
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill("020 7946 0318").await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    // The row changes without a refresh.
    row_says(&browser, NUMBER, "COMPLETED").await;
    row_says(&browser, NUMBER, "(AGENT_CONNECTED)").await;
    let callback = only(&app).await;
    assert_eq!((&callback["result"], &callback["version"]), (&"AGENT_CONNECTED".into(), &5.into()));
    let faults: Vec<_> =
        browser.console().await.into_iter().filter(|line| line.starts_with("SEVERE")).collect();
    // Before the log-in, the page asks whether the session can be resumed, and is refused.
    let unexpected: Vec<_> = faults.iter().filter(|line| !line.contains("401")).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

#[tokio::test]
async fn a_scheduled_callback_is_created_and_cancelled_in_its_row() {
    let app = start(None).await;
    let browser = log_in(&app, "supervisor", "next-7-days").await;
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("radio", "Scheduled").click().await;
    // Date and time are prefilled with a time in the near future.
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill(NUMBER).await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    row_says(&browser, NUMBER, "SCHEDULED").await;
    assert_eq!(only(&app).await["scheduled_origin"], true);

    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.at("radio", "Cancel Callback").click().await;
    dialog.at("button", "Confirm").click().await;
    dialog.gone().await;
    row_says(&browser, NUMBER, "(CANCELLED_BY_ADMIN)").await;
    // Rows do not move under the pointer, so move it away.
    browser.at("heading", "Callbacks").click().await;
    browser.at("button", &format!("Edit {NUMBER}")).gone().await;
    browser.at("button", &format!("Recreate {NUMBER}")).shown().await;
}

#[tokio::test]
async fn a_scheduled_callback_is_followed_to_the_agent() {
    let app = start(Some(QUICK)).await;
    let browser = log_in(&app, "monitor", "today").await;
    browser.at("button", "Create Callback").gone().await;
    browser.at("button", "All 0").shown().await;
    let soon = app.clock.now().plus_seconds(8).to_string();
    app.key(ApiScope::CallbacksWrite).create_scheduled(app.service, NUMBER, &soon).await;
    // New callbacks do not move rows under the pointer.
    browser.at("button", "1 new callback").click().await;
    row_says(&browser, NUMBER, "SCHEDULED").await;
    row_says(&browser, NUMBER, "(AGENT_CONNECTED)").await;
}

#[tokio::test]
async fn a_skipped_clock_time_is_refused_and_a_repeated_one_is_asked() {
    let app = start(None).await;
    let browser = log_in(&app, "supervisor", "today").await;
    browser.time_zone("Europe/Berlin").await;
    browser.reload().await;
    let year = app.clock.now().plus_seconds(366 * 24 * 3_600).to_string()[..4].to_owned();
    // The clocks change on the last Sundays of March and October.
    let last_sunday = async |month: &str| {
        let day = format!("return 31 - new Date('{year}-{month}-31T12:00').getDay()");
        format!("{year}-{month}-{}", browser.script(&day).await)
    };
    let (forward, back) = (last_sunday("03").await, last_sunday("10").await);
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill(NUMBER).await;
    dialog.at("radio", "Scheduled").click().await;
    dialog.at("Date", "Date").set(&forward).await;
    dialog.at("textbox", "Time").set("02:30").await;
    dialog.at("button", "Create").click().await;
    says(&dialog, "this time does not exist on this day").await;

    dialog.at("Date", "Date").set(&back).await;
    dialog.at("radio", "The second").shown().await;
    dialog.at("button", "Create").click().await;
    says(&dialog, "choose which").await;
    dialog.at("radio", "The second").click().await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    assert_eq!(only(&app).await["desired_time"], format!("{back}T01:30:00Z"));

    // The page shows which of the two it is.
    browser
        .open(&format!(
            "http://{}/callbacks?range=custom&from={back}T00:00:00Z&to={back}T06:00:00Z",
            app.address
        ))
        .await;
    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    let second = dialog.at("radio", "The second");
    wait_for("the second time chosen", async || (second.property("checked").await == true).then_some(()))
        .await;
    dialog.at("radio", "The first").click().await;
    dialog.at("button", "Save").click().await;
    dialog.gone().await;
    assert_eq!(only(&app).await["desired_time"], format!("{back}T00:30:00Z"));
}

#[tokio::test]
async fn a_refusal_is_shown_even_if_its_dialog_was_closed() {
    let app = start(None).await;
    let browser = log_in(&app, "supervisor", "today").await;
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill("12").await;
    // Requests are held back until the test releases them.
    let hold_requests = "const send = window.fetch; const gate = new Promise(open => window.let_go = open); \
                window.fetch = request => gate.then(() => send(request)); return null";
    browser.script(hold_requests).await;
    dialog.at("button", "Create").click().await;
    browser.type_keys(key::ESCAPE).await;
    dialog.gone().await;
    browser.script("window.let_go(); return null").await;
    says(&browser.at("region", "Messages"), "No number of this country has this length").await;
    let page = app.key(ApiScope::CallbacksRead).json("/api/v1/callbacks").await;
    assert_eq!(page["items"], json!([]));
}

#[tokio::test]
async fn a_callback_whose_answer_was_lost_is_not_created_twice() {
    let app = start(None).await;
    let browser = log_in(&app, "supervisor", "today").await;
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill(NUMBER).await;
    // Like a proxy that loses the server after the work was done.
    let losing = "const send = window.fetch; window.lost = 0; \
                  window.fetch = async request => { \
                    const answer = await send(request); \
                    const makes = request.method === 'POST' && request.url.endsWith('/callbacks'); \
                    return makes && window.lost++ < 1 ? new Response('lost', { status: 502 }) : answer; \
                  }; return null";
    browser.script(losing).await;
    dialog.at("button", "Create").click().await;
    says(&dialog, "does not understand (502)").await;
    only(&app).await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    assert_eq!(browser.script("return window.lost").await, 2);
    only(&app).await;
}

#[tokio::test]
async fn more_details_of_a_callback_are_entered_and_shown_with_its_metrics() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, "+49 30 23125051").await;
    let browser = log_in(&app, "supervisor", "today").await;
    browser.at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    says(&dialog, "1 waiting.").await;
    dialog.at("textbox", "Customer Number").fill(NUMBER).await;
    let more = dialog.at("button", "More details");
    assert_eq!(more.property("ariaExpanded").await, "false");
    more.click().await;
    dialog.at("textbox", "Language").fill("as one speaks").await;
    dialog.at("textbox", "Priority").fill("high").await;
    dialog.at("textbox", "User data").fill("account 4711").await;
    dialog.at("button", "Create").click().await;
    says(&dialog, "a whole number").await;
    says(&dialog, "Each line needs a name").await;
    dialog.at("textbox", "Priority").fill("7").await;
    dialog.at("textbox", "User data").fill("account: 4711").await;
    dialog.at("textbox", "Customer's time zone").fill("America/New_York").await;
    // Errors of the server are visible even if their fields are collapsed.
    more.click().await;
    dialog.at("textbox", "Language").gone().await;
    dialog.at("button", "Create").click().await;
    says(&dialog, "Use a language tag, for example en-GB.").await;
    dialog.at("textbox", "Language").fill("en-GB").await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;

    let found = app
        .key(ApiScope::CallbacksRead)
        .json("/api/v1/callbacks?search_field=customer_number&search=0318")
        .await;
    let id = text(&found["items"][0]["id"]);
    let created = app.key(ApiScope::CallbacksRead).json(&format!("/api/v1/callbacks/{id}")).await;
    assert_eq!((&created["language"], &created["priority"]), (&"en-GB".into(), &7.into()), "{created}");
    assert_eq!(created["customer_time_zone"], "America/New_York");
    assert_eq!(created["user_data"], json!({ "account": "4711" }));
    browser.at("button", &format!("Metrics {NUMBER}")).click().await;
    let metrics = browser.at("region", &format!("Callback metrics for {NUMBER}"));
    metrics.at("switch", "Advanced Callback Metrics").click().await;
    says(&metrics.at("region", "User data"), "4711").await;

    // Callback Search shows as much as the list does.
    let person = app.supervisor().await;
    wait_for("the choice", async || {
        (person.json("/api/v1/me/preferences").await["advanced_metrics"] == true).then_some(())
    })
    .await;
    browser.open(&format!("http://{}/search?q={id}", app.address)).await;
    says(&browser.at("region", "User data"), "4711").await;
    browser.at("term", "Customer's time").shown().await;
}

#[tokio::test]
async fn a_time_can_be_given_in_the_zone_of_the_service_or_customer() {
    let app = start(None).await;
    let browser = log_in(&app, "supervisor", "next-7-days").await;
    browser.time_zone("Asia/Tokyo").await;
    browser.reload().await;
    let day = app.clock.now().plus_seconds(3 * 24 * 3_600).to_string()[..10].to_owned();
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill(NUMBER).await;
    dialog.at("radio", "Scheduled").click().await;
    dialog.at("Date", "Date").set(&day).await;
    dialog.at("textbox", "Time").set("19:30").await;
    let zone = dialog.at("combobox", "Time zone");
    zone.choose("Europe/London (service)").await;
    says(&dialog, "in Asia/Tokyo.").await;
    dialog.at("button", "More details").click().await;
    dialog.at("textbox", "Customer's time zone").fill("Asia/Kolkata").await;
    zone.choose("Asia/Kolkata (customer)").await;
    says(&dialog, "Times in Asia/Kolkata, UTC+05:30.").await;
    says(&dialog, "11:00 PM in Asia/Tokyo").await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    assert_eq!(only(&app).await["desired_time"], format!("{day}T14:00:00Z"));

    // The Edit dialog offers the same zones.
    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.at("combobox", "Time zone").choose("Asia/Kolkata (customer)").await;
    dialog.at("textbox", "Time").set("20:30").await;
    dialog.at("button", "Save").click().await;
    dialog.gone().await;
    assert_eq!(only(&app).await["desired_time"], format!("{day}T15:00:00Z"));
}
