//! Advanced Options: columns, times and filters of the list.

use ringback_domain::ApiScope;
use ringback_domain::wire::auth::{CustomRange, Preferences};
use ringback_domain::wire::endpoint::PutPreferences;
use ringback_tests::browser::{Locator, key};
use ringback_tests::{Browser, TestApp, wait_for};
use serde_json::json;

use super::{log_in, row_says, says, start};

const NUMBER: &str = "+44 20 7946 0318";
const OTHER: &str = "+49 30 23125051";
const HOUR: i64 = 3_600;

/// Opens the dialog.
async fn open(browser: &Browser) -> Locator<'_> {
    browser.at("button", "Advanced Options").click().await;
    let dialog = browser.at("dialog", "Advanced Options");
    dialog.at("button", "Apply").shown().await;
    dialog
}

/// The same, scrolled to its end: a driver does not scroll to what the footer covers.
async fn open_at_its_end(browser: &Browser) -> Locator<'_> {
    let dialog = open(browser).await;
    browser.script("document.querySelector('dialog[open]').scrollTop = 9999; return null").await;
    dialog
}

/// Applies the dialog.
async fn apply(dialog: &Locator<'_>) {
    dialog.at("button", "Apply").click().await;
    dialog.gone().await;
}

/// Waits until the columns are these.
async fn has_columns(browser: &Browser, wanted: &[&str]) {
    wait_for(&format!("the columns {wanted:?}"), async || {
        (browser.page().names("columnheader").await == wanted).then_some(())
    })
    .await;
}

/// Creates a waiting callback of each service, and a future one.
async fn fill(app: &TestApp) {
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, NUMBER).await;
    machine.create_immediate(app.other_service, OTHER).await;
}

/// Shows: S62, S63, S72
#[tokio::test]
async fn columns_are_shown_hidden_and_moved_for_good() {
    const USUAL: [&str; 9] = [
        "Metrics",
        "State",
        "Desired Callback Time",
        "Service Name",
        "Customer Number",
        "Attempts",
        "Agent",
        "Last Update",
        "Callback ID",
    ];
    const CHOSEN: [&str; 7] = [
        "Metrics",
        "State",
        "Desired Callback Time",
        "Customer Number",
        "Service Name",
        "Last Update",
        "Created By",
    ];
    let app = start(None).await;
    fill(&app).await;
    let browser = log_in(&app, "monitor", "today").await;
    row_says(&browser, NUMBER, "QUEUED").await;
    has_columns(&browser, &USUAL).await;

    let dialog = open(&browser).await;
    let columns = dialog.at("group", "Configure Columns");
    for name in ["Attempts", "Agent", "Callback ID", "Created By"] {
        columns.at("checkbox", name).click().await;
    }
    columns.at("button", "Move Customer Number up").click().await;
    // The focus moves with the column.
    wait_for("the focus", async || {
        (browser.focus().await == r#"button "Move Customer Number up""#).then_some(())
    })
    .await;
    apply(&dialog).await;
    has_columns(&browser, &CHOSEN).await;
    drop(browser);

    // The columns are saved for other browsers; opening the dialog changes nothing.
    let browser = log_in(&app, "monitor", "today").await;
    has_columns(&browser, &CHOSEN).await;
    let dialog = open(&browser).await;
    assert_eq!(dialog.at("checkbox", "Created By").property("checked").await, true);
    dialog.at("checkbox", "Created By").click().await;
    browser.type_keys(key::ESCAPE).await;
    dialog.gone().await;
    has_columns(&browser, &CHOSEN).await;
    let dialog = open(&browser).await;
    dialog.at("button", "Reset to defaults").click().await;
    apply(&dialog).await;
    has_columns(&browser, &USUAL).await;
}

/// Shows: S64, S65, S72
#[tokio::test]
async fn all_times_follow_the_switches_at_once_and_for_good() {
    let app = start(None).await;
    let tomorrow = app.clock.now().plus_seconds(24 * HOUR).to_string();
    let at = format!("{}T10:00:00Z", &tomorrow[..10]);
    let body = json!({
        "callback_type": "scheduled", "service_id": app.service, "customer_number": NUMBER,
        "desired_time": at, "customer_time_zone": "America/Los_Angeles",
    });
    let created = app.key(ApiScope::CallbacksWrite).post("/api/v1/callbacks", &body).await;
    assert_eq!(created.status, 201, "{created}");
    let browser = log_in(&app, "monitor", "next-7-days").await;
    browser.time_zone("Asia/Tokyo").await;
    browser.reload().await;
    row_says(&browser, NUMBER, "7:00 PM").await;
    // The tooltip has the time in all relevant zones.
    wait_for("the zones", async || {
        let point = "const time = document.querySelector('tr.row time'); \
                     time.dispatchEvent(new PointerEvent('pointerover', { bubbles: true })); return time.title";
        let tooltip = browser.script(point).await;
        let zones = ["(Asia/Tokyo, UTC+09:00)", "(UTC)", "(service, Europe/London)", "(customer, America/Los_Angeles)"];
        tooltip.as_str().is_some_and(|text| zones.iter().all(|zone| text.contains(zone))).then_some(())
    })
    .await;
    browser.at("StaticText", "Times in Asia/Tokyo, UTC+09:00").shown().await;
    browser.at("button", &format!("Metrics {NUMBER}")).click().await;
    let details = browser.at("region", &format!("Callback metrics for {NUMBER}"));
    says(&details, "7:00 PM").await;
    says(&details, "Customer's time").await;
    says(&details, "America/Los_Angeles").await;

    let dialog = open(&browser).await;
    dialog.at("switch", "Show Time in 24 Hour").click().await;
    apply(&dialog).await;
    row_says(&browser, NUMBER, "19:00").await;
    says(&details, "19:00").await;

    let dialog = open(&browser).await;
    dialog.at("switch", "Show Times in UTC").click().await;
    apply(&dialog).await;
    row_says(&browser, NUMBER, "10:00").await;
    says(&details, "10:00").await;
    browser.at("StaticText", "Times in UTC").shown().await;
    browser.reload().await;
    row_says(&browser, NUMBER, "10:00").await;
}

/// Shows: S66, S67, S72
#[tokio::test]
async fn a_custom_range_is_offered_at_once_and_filters() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let time = |hours: i64| app.clock.now().plus_seconds(24 * HOUR + hours * HOUR).to_string();
    machine.create_scheduled(app.service, NUMBER, &time(0)).await;
    machine.create_scheduled(app.service, OTHER, &time(3)).await;
    let browser = log_in(&app, "monitor", "next-7-days").await;
    browser.time_zone("UTC").await;
    row_says(&browser, OTHER, "SCHEDULED").await;

    // A range that another tab has added meanwhile is kept.
    let person = app.monitor().await;
    let [from, to] = [5, 6].map(|hours| time(hours).parse().unwrap());
    let elsewhere = CustomRange { name: "Evening".to_owned(), from, to };
    let preferences = Preferences { custom_ranges: vec![elsewhere], ..Preferences::default() };
    person.call(&PutPreferences(preferences)).await.unwrap();

    let dialog = open(&browser).await;
    let ranges = dialog.at("group", "Configure Custom Date Range");
    let fill = async |field: &'static str, hours: i64| {
        let time = time(hours);
        ranges.at("Date", field).set(&time[..10]).await;
        ranges
            .at("textbox", if field == "From" { "From, time" } else { "To, time" })
            .set(&time[11..16])
            .await;
    };
    ranges.at("textbox", "Range Name").fill("Peak").await;
    fill("From", 1).await;
    ranges.at("button", "Add Range").click().await;
    ranges.at("StaticText", "Enter a date.").shown().await;
    fill("To", -1).await;
    ranges.at("button", "Add Range").click().await;
    ranges.at("StaticText", "To must be after From.").shown().await;
    fill("From", -1).await;
    fill("To", 1).await;
    // The fields follow the switch, not the browser.
    for (times, ends) in [("24 hours", &time(1)[11..16]), ("12 hours", "M")] {
        dialog.at("switch", "Show Time in 24 Hour").click().await;
        wait_for(times, async || {
            let written = ranges.at("textbox", "To, time").property("value").await;
            written.as_str()?.ends_with(ends).then_some(())
        })
        .await;
    }
    ranges.at("button", "Add Range").click().await;
    ranges.at("button", "Remove Peak").shown().await;
    ranges.at("button", "Remove Evening").shown().await;
    dialog.at("button", "Close").click().await;
    dialog.gone().await;

    browser.at("combobox", "Date Range").choose("Peak").await;
    browser.at("table", "Callbacks, Peak, sorted by Desired Callback Time").shown().await;
    browser.page().row_with(OTHER).gone().await;
    row_says(&browser, NUMBER, "SCHEDULED").await;
    assert!(browser.url().await.contains("range=custom&from="));
    // It is saved as the last used range, with a short delay.
    wait_for("the range to be kept", async || {
        let saved = person.json("/api/v1/me/preferences").await;
        saved["last_range"].as_str().is_some_and(|range| range.contains('/')).then_some(())
    })
    .await;
    browser.open(&format!("http://{}/callbacks", app.address)).await;
    browser.at("table", "Callbacks, Peak, sorted by Desired Callback Time").shown().await;

    let dialog = open(&browser).await;
    dialog.at("button", "Remove Peak").click().await;
    dialog.at("button", "Remove Peak").gone().await;
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    // A deleted range stays in view without its name until another is chosen.
    browser.at("table", "Callbacks, Peak, sorted by Desired Callback Time").gone().await;
    row_says(&browser, NUMBER, "SCHEDULED").await;
}

/// Shows: S66, S67, S72, S104
#[tokio::test]
async fn daily_hours_filter_by_the_clock_shown_and_limit_cancellations() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let day = app.clock.now().plus_seconds(48 * HOUR).to_string();
    // 9:30 AM and 6:30 PM in Tokyo.
    let [morning, evening] = ["00:30", "09:30"].map(|time| format!("{}T{time}:00Z", &day[..10]));
    machine.create_scheduled(app.service, NUMBER, &morning).await;
    let spared = machine.create_scheduled(app.service, OTHER, &evening).await;
    let browser = log_in(&app, "supervisor", "next-7-days").await;
    browser.time_zone("Asia/Tokyo").await;
    browser.reload().await;
    row_says(&browser, NUMBER, "9:30 AM").await;
    row_says(&browser, OTHER, "6:30 PM").await;

    let dialog = open(&browser).await;
    let ranges = dialog.at("group", "Configure Custom Date Range");
    ranges.at("textbox", "Range Name").fill("Mornings").await;
    ranges.at("radio", "Every day").click().await;
    ranges.at("textbox", "From").set("08:00").await;
    ranges.at("textbox", "To").set("08:00").await;
    ranges.at("button", "Add Range").click().await;
    ranges.at("StaticText", "To must differ from From.").shown().await;
    browser.axe().await;
    ranges.at("textbox", "To").set("11:00").await;
    ranges.at("button", "Add Range").click().await;
    ranges.at("button", "Remove Mornings").shown().await;
    ranges.at("StaticText", "8:00 AM – 11:00 AM every day").shown().await;
    dialog.at("button", "Close").click().await;
    dialog.gone().await;

    browser.at("combobox", "Date Range").choose("Mornings").await;
    let table = browser.at("table", "Callbacks, Mornings, sorted by Desired Callback Time");
    table.shown().await;
    browser.page().row_with(OTHER).gone().await;
    row_says(&browser, NUMBER, "SCHEDULED").await;
    browser.at("button", "All 1").shown().await;
    let address = browser.url().await;
    assert!(address.ends_with("range=daily&from=08%3A00&to=11%3A00"), "{address}");
    // Only new callbacks within these hours are announced.
    machine.create_scheduled(app.service, "+44 20 7946 0319", &evening).await;
    machine.create_scheduled(app.service, "+44 20 7946 0320", &morning).await;
    browser.at("button", "All 2").shown().await;
    browser.at("button", "1 new callback").click().await;
    row_says(&browser, "+44 20 7946 0320", "SCHEDULED").await;

    browser.at("checkbox", &format!("Select {NUMBER}")).click().await;
    browser.at("button", "Cancel Callbacks").click().await;
    let cancel = browser.at("dialog", "Cancel Callbacks Confirmation");
    cancel.at("checkbox", "Cancel All Callbacks In Current Time Range").click().await;
    cancel.at("StaticText", "2 callbacks").shown().await;
    cancel.like("StaticText", "(8:00 AM – 11:00 AM every day, ").shown().await;
    cancel.at("button", "Confirm").click().await;
    cancel.at("StaticText", "2 callbacks cancelled").shown().await;
    cancel.at("button", "Close").click().await;
    cancel.gone().await;
    row_says(&browser, NUMBER, "(CANCELLED_BY_ADMIN)").await;
    assert_eq!(app.supervisor().await.callback(&spared["id"]).await["state"], "SCHEDULED");

    // In UTC these hours contain other callbacks.
    let dialog = open(&browser).await;
    dialog.at("switch", "Show Times in UTC").click().await;
    apply(&dialog).await;
    row_says(&browser, OTHER, "9:30 AM").await;
    browser.page().row_with(NUMBER).gone().await;
    // It is the last used range at the next visit.
    browser.open(&format!("http://{}/callbacks", app.address)).await;
    table.shown().await;
    row_says(&browser, OTHER, "9:30 AM").await;
}

/// Shows: S68, S69, S70, S71, S72
#[tokio::test]
async fn states_and_services_are_hidden_and_shown_again() {
    let app = start(None).await;
    fill(&app).await;
    let browser = log_in(&app, "supervisor", "today").await;
    row_says(&browser, NUMBER, "QUEUED").await;
    row_says(&browser, OTHER, "QUEUED").await;

    let dialog = open_at_its_end(&browser).await;
    let services = dialog.at("group", "Visible Callback Services");
    assert_eq!(services.names("checkbox").await, ["ALL", "Billing EN", "Support DE"]);
    services.at("checkbox", "Support DE").click().await;
    assert_eq!(services.at("checkbox", "ALL").property("indeterminate").await, true);
    // With everything hidden the list is empty.
    services.at("checkbox", "Billing EN").click().await;
    services.at("StaticText", "Choose at least one").shown().await;
    assert_eq!(services.at("checkbox", "Billing EN").property("checked").await, true);
    apply(&dialog).await;
    browser.page().row_with(OTHER).gone().await;
    row_says(&browser, NUMBER, "QUEUED").await;
    browser.at("button", "All 1").shown().await;
    drop(browser);

    let browser = log_in(&app, "supervisor", "today").await;
    row_says(&browser, NUMBER, "QUEUED").await;
    browser.page().row_with(OTHER).gone().await;
    let hidden = format!("range=today&services={}", app.service);
    wait_for("it in the address", async || browser.url().await.ends_with(&hidden).then_some(())).await;
    let dialog = open_at_its_end(&browser).await;
    dialog.at("group", "Visible Callback Services").at("checkbox", "ALL").click().await;
    let states = dialog.at("group", "Visible Callback States");
    let every = ["ALL", "SCHEDULED", "QUEUED", "ROUTING", "PROCESSING", "COMPLETED"];
    assert_eq!(states.names("checkbox").await, every);
    states.at("checkbox", "ALL").click().await;
    dialog.at("button", "Apply").click().await;
    states.at("StaticText", "Choose at least one").shown().await;
    states.at("checkbox", "SCHEDULED").click().await;
    states.at("checkbox", "COMPLETED").click().await;
    apply(&dialog).await;
    browser.at("heading", "No callbacks in Today").shown().await;
    // The address reproduces the view.
    let address = browser.url().await;
    let other = log_in(&app, "monitor", address.split("range=").last().unwrap()).await;
    other.at("heading", "No callbacks in Today").shown().await;
    other.at("button", "Show all states").click().await;
    row_says(&other, OTHER, "QUEUED").await;
    drop(other);
    // A temporary choice has precedence over the saved one.
    browser.at("button", "Queued 2").click().await;
    row_says(&browser, OTHER, "QUEUED").await;
    browser.at("button", "All 0").click().await;
    browser.at("heading", "No callbacks in Today").shown().await;
    browser.at("button", "Show all states").click().await;
    row_says(&browser, NUMBER, "QUEUED").await;
    row_says(&browser, OTHER, "QUEUED").await;
    browser.at("button", "Show all states").gone().await;
}
