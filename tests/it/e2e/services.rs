//! The page Services: every setting of a service, its versions, and who made them.

use ringback_tests::app::text;
use ringback_tests::browser::key;
use ringback_tests::{Browser, TestApp, wait_for};
use serde_json::{Value, json};

use super::{log_in, says, start, status_says};

/// The headings of all groups.
pub(super) const GROUPS: [&str; 5] =
    ["Switches", "General", "Hours and capacity", "Numbers and limits", "Retries"];

fn path(app: &TestApp) -> String {
    format!("/api/v1/services/{}", app.service)
}

async fn kept(app: &TestApp) -> Value {
    app.admin().await.json(&path(app)).await
}

async fn set(app: &TestApp, settings: &Value) {
    assert_eq!(app.admin().await.patch(&path(app), settings).await.status, 200);
}

/// The service Billing EN, as somebody opens it.
async fn open(app: &TestApp, username: &str) -> Browser {
    let browser = log_in(app, username, "today").await;
    // The bar at the end must not cover what is clicked.
    browser.resize(1440, 2600).await;
    browser.open(&format!("http://{}/services", app.address)).await;
    browser.at("link", "Billing EN").click().await;
    browser.at("heading", "Billing EN").shown().await;
    browser
}

async fn save(browser: &Browser, version: u32) {
    browser.at("button", &format!("Save as version {version}")).click().await;
    status_says(browser, &format!("“Billing EN” saved as version {version}")).await;
}

async fn value_of(browser: &Browser, name: &str) -> String {
    text(&browser.at("textbox", name).property("value").await)
}

/// Waits until the description of a field says why its value is refused.
async fn refuses(browser: &Browser, name: &str, why: &str) {
    wait_for(&format!("{why} at {name}"), async || {
        browser.at("textbox", name).description().await.contains(why).then_some(())
    })
    .await;
}

async fn tab_to(browser: &Browser, role: &str, name: &str) {
    let wanted = format!("{role} {name:?}");
    for _ in 0..150 {
        browser.press_key(key::TAB).await;
        if browser.focus().await == wanted {
            return;
        }
    }
    panic!("no Tab reaches {wanted}");
}

#[tokio::test]
async fn a_retry_rule_is_changed_and_said_in_plain_words() {
    let app = start(None).await;
    let browser = open(&app, "administrator").await;
    let course = browser.at("list", "What happens");
    says(&course, "Busy: tried again after 2 min and 4 min, 3 attempts in all.").await;
    browser.at("textbox", "Gap, BUSY").fill("90 s").await;
    browser.at("textbox", "At most, BUSY").fill("0").await;
    browser.at("textbox", "Attempts in all").fill("5").await;
    browser.at("button", "Save as version 2").click().await;
    refuses(&browser, "At most, BUSY", "Enter 1 to 1,000.").await;
    wait_for("the focus at the first wrong value", async || {
        (browser.focus().await == "textbox \"At most, BUSY\"").then_some(())
    })
    .await;
    assert_eq!(value_of(&browser, "Gap, BUSY").await, "1 min 30 s");
    browser.at("textbox", "At most, BUSY").fill("4").await;
    browser.at("textbox", "Growth, BUSY").fill("1,5").await;
    browser.at("textbox", "Jitter, BUSY").fill("0 %").await;
    says(&course, "Busy: tried again after 1 min 30 s, 2 min 15 s and 3 min 23 s, 4 attempts in all.").await;
    status_says(&browser, "4 changes not saved").await;
    save(&browser, 2).await;
    let policy = kept(&app).await["retry_policy"].clone();
    assert_eq!(
        policy["results"]["BUSY"],
        json!({"max": 4, "gap_seconds": 90, "growth": 1.5, "jitter": 0.0}),
        "{policy}"
    );
    assert_eq!(policy["max_attempts"], 5);
    let versions = browser.at("region", "Versions");
    says(&versions, "Version 2").await;
    says(&versions, "administrator").await;
    says(&versions, "Gap, BUSY").await;
    says(&versions, "2 min → 1 min 30 s").await;
}

#[tokio::test]
async fn every_group_is_reached_and_changed_by_keyboard_alone() {
    let app = start(None).await;
    let browser = open(&app, "administrator").await;
    for group in GROUPS {
        let link = browser.at("navigation", "Settings of Billing EN").like("link", group);
        wait_for(group, async || {
            link.shown().await;
            Some(())
        })
        .await;
    }
    tab_to(&browser, "textbox", "Name").await;
    tab_to(&browser, "combobox", "Same number again").await;
    browser.type_keys("Ret").await;
    tab_to(&browser, "textbox", "Limit per number and day").await;
    browser.type_keys("3").await;
    tab_to(&browser, "textbox", "Gap, BUSY").await;
    browser.press_key(key::DOWN).await;
    assert_eq!(browser.focus().await, "textbox \"Gap, NO_ANSWER\"");
    browser.type_keys("5 s").await;
    assert_eq!(value_of(&browser, "Gap, NO_ANSWER").await, "5 s");
    browser.press_key(key::ESCAPE).await;
    assert_eq!(value_of(&browser, "Gap, NO_ANSWER").await, "15 min");
    browser.press_key(key::UP).await;
    assert_eq!(browser.focus().await, "textbox \"Gap, BUSY\"");
    browser.type_keys("2.5 min").await;
    tab_to(&browser, "button", "Save as version 2").await;
    browser.press_key(key::ENTER).await;
    status_says(&browser, "saved as version 2").await;
    let service = kept(&app).await;
    assert_eq!(service["retry_policy"]["results"]["BUSY"]["gap_seconds"], 150);
    assert_eq!(service["retry_policy"]["results"]["NO_ANSWER"]["gap_seconds"], 900);
    assert_eq!(
        (&service["duplicate_policy"], &service["limits"]["per_number_per_day"]),
        (&json!("return_existing"), &json!(3))
    );
}

#[tokio::test]
async fn limits_duplicates_and_rules_are_chosen_and_taken_back() {
    let app = start(None).await;
    let rule = json!({"name": "Great Britain", "kind": "allow_countries", "countries": ["GB"]});
    let made = app.admin().await.post("/api/v1/number-rules", &rule).await;
    assert_eq!(made.status, 201, "{made}");
    let browser = open(&app, "administrator").await;
    browser.at("group", "Number rules").at("checkbox", "Great Britain").click().await;
    browser.at("group", "Hours to call").like("checkbox", "Courtesy").click().await;
    browser.at("combobox", "Same number again").choose("Refuse the request").await;
    browser.at("textbox", "Limit per number and day").fill("2").await;
    browser.at("textbox", "Limit of pending callbacks").fill("400").await;
    browser.at("textbox", "Longest acceptable wait").fill("45 min").await;
    browser.at("textbox", "Lead of appointments").fill("1 h").await;
    status_says(&browser, "7 changes not saved").await;
    save(&browser, 2).await;
    let service = kept(&app).await;
    assert_eq!(service["number_rules"], json!([made.read::<Value>()["id"]]));
    assert_eq!(service["called_party_hours"], json!(["courtesy"]));
    assert_eq!(service["duplicate_policy"], "refuse");
    assert_eq!(
        service["limits"],
        json!({"per_number_per_day": 2, "pending": 400, "longest_wait_seconds": 2_700})
    );
    assert_eq!(service["appointment_lead_seconds"], 3_600);

    // The whole of an entry goes, so that nothing is limited any more.
    browser.at("textbox", "Limit of pending callbacks").fill("4").await;
    browser.press_key(key::BACKSPACE).await;
    save(&browser, 3).await;
    assert_eq!(kept(&app).await["limits"]["pending"], Value::Null);
    let versions = browser.at("region", "Versions");
    says(&versions, "400 → No limit").await;
    says(&versions, "– → Great Britain").await;
}

#[tokio::test]
async fn wrong_values_are_named_at_their_fields_and_stay() {
    let app = start(None).await;
    let browser = open(&app, "administrator").await;
    let wrong = [
        ("Days ahead", "367", "Enter 1 to 366."),
        ("Minimum notice", "8 days", "Enter 0 s to 7 days."),
        ("Window", "soon", "Enter 1 s to 1 day."),
        ("Limit of pending callbacks", "0", "Enter 1 to 1,000,000, or leave it empty."),
        ("Give up after", "11 days", "Enter 1 s to 10 days."),
        ("Gap, UNKNOWN", "59 s", "Enter 1 min to 1 day."),
        ("Growth, NO_ANSWER", "11", "Enter 1 to 10."),
        ("Jitter, NO_ANSWER", "101", "Enter 0 % to 100 %."),
    ];
    for (field, typed, _) in wrong {
        browser.at("textbox", field).fill(typed).await;
    }
    browser.at("textbox", "Name").fill(" ").await;
    browser.at("button", "Save as version 2").click().await;
    for (field, typed, why) in wrong {
        refuses(&browser, field, why).await;
        assert_eq!(value_of(&browser, field).await, typed);
    }
    refuses(&browser, "Name", "Enter a name.").await;
    assert_eq!(kept(&app).await["version"], 1);

    // What only the server can find.
    browser.at("button", "Discard changes").click().await;
    browser.at("textbox", "Time zone").fill("Europe/Nowhere").await;
    browser.at("textbox", "Country").fill("xx").await;
    browser.at("button", "Save as version 2").click().await;
    refuses(&browser, "Time zone", "Unknown time zone.").await;
    refuses(&browser, "Country", "two-letter country code").await;
    browser.at("textbox", "Time zone").fill("Europe/Dublin").await;
    browser.at("textbox", "Country").fill("ie").await;
    browser.at("textbox", "Name").fill("Support DE").await;
    browser.at("button", "Save as version 2").click().await;
    refuses(&browser, "Name", "This name is taken.").await;
    browser.at("textbox", "Name").fill("Billing EN").await;
    save(&browser, 2).await;
    let service = kept(&app).await;
    assert_eq!((&service["time_zone"], &service["default_country"]), (&json!("Europe/Dublin"), &json!("IE")));
}

#[tokio::test]
async fn who_saved_meanwhile_is_named_and_both_can_be_kept() {
    let app = start(None).await;
    let browser = open(&app, "administrator").await;
    browser.at("textbox", "Gap, BUSY").fill("3 min").await;
    set(&app, &json!({"limits": {"pending": 7}})).await;
    browser.at("button", "Save as version 2").click().await;
    let both = browser.at("table", "Saved and own values");
    says(&both, "Limit of pending callbacks").await;
    wait_for("who saved it", async || {
        let page = browser.script("return document.querySelector('.rule__footer').textContent").await;
        text(&page).contains("administrator has saved version 2 meanwhile.").then_some(())
    })
    .await;
    browser.at("button", "Keep both").click().await;
    assert_eq!(value_of(&browser, "Limit of pending callbacks").await, "7");
    save(&browser, 3).await;
    let service = kept(&app).await;
    assert_eq!(service["limits"]["pending"], 7);
    assert_eq!(service["retry_policy"]["results"]["BUSY"]["gap_seconds"], 180);

    let other = json!({"retry_policy": {"results": {"BUSY": {"gap_seconds": 60}}}});
    set(&app, &other).await;
    browser.at("textbox", "Gap, BUSY").fill("5 min").await;
    browser.at("button", "Save as version 4").click().await;
    says(&both, "Gap, BUSY 1 min 5 min").await;
    browser.at("button", "Keep my changes").click().await;
    save(&browser, 5).await;
    assert_eq!(kept(&app).await["retry_policy"]["results"]["BUSY"]["gap_seconds"], 300);
    set(&app, &other).await;
    browser.at("textbox", "Gap, BUSY").fill("6 min").await;
    browser.at("button", "Save as version 6").click().await;
    browser.at("button", "Take the saved values").click().await;
    assert_eq!(value_of(&browser, "Gap, BUSY").await, "1 min");
    both.gone().await;
}

#[tokio::test]
async fn a_switch_acts_at_once_and_a_version_can_be_restored() {
    let app = start(None).await;
    let browser = open(&app, "administrator").await;
    browser.at("textbox", "Days ahead").fill("14").await;
    browser.at("switch", "Dial waiting callbacks").click().await;
    status_says(&browser, "Dial waiting callbacks: Off").await;
    assert_eq!(kept(&app).await["dial_pending"], false);
    assert_eq!(value_of(&browser, "Days ahead").await, "14");
    save(&browser, 3).await;
    let versions = browser.at("region", "Versions");
    says(&versions, "Version 3").await;
    versions.at("button", "Restore Version 2").click().await;
    status_says(&browser, "saved as version 4").await;
    let service = kept(&app).await;
    assert_eq!((&service["horizon_days"], &service["dial_pending"]), (&json!(366), &json!(false)));
    assert_eq!(value_of(&browser, "Days ahead").await, "366");
}

#[tokio::test]
async fn a_monitor_reads_every_setting_and_changes_none() {
    let app = start(None).await;
    let browser = open(&app, "monitor").await;
    for group in GROUPS {
        browser.at("region", group).shown().await;
    }
    says(&browser.at("region", "Numbers and limits"), "Create another callback").await;
    says(&browser.at("region", "Switches"), "Dial waiting callbacks: On").await;
    browser.at("table", "Retry policy per result").like("rowheader", "NO_ANSWER").shown().await;
    for role in ["textbox", "switch", "combobox", "checkbox"] {
        assert_eq!(browser.at("region", "Retries").names(role).await, [""; 0], "{role}");
    }
    browser.at("button", "Save as version 2").gone().await;
    browser.at("region", "Versions").gone().await;
}
