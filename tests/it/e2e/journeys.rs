//! Stories of people at work, from signing in to the end of their hour. Each goes through what that
//! person meets on such a day, in the order in which they meet it.

use std::io::Write;
use std::process::{Command, Stdio};

use ringback_domain::ApiScope;
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::browser::key;
use ringback_tests::{Browser, Client, TestApp, wait_for};
use serde_json::{Value, json};

use super::keyboard::{focus_is, tab_to};
use super::{log_in, row_says, rows_are, says, sign_in, start, status_says};
use crate::ledger::Server;
use crate::program::program;

const NUMBER: &str = "+44 20 7946 0318";
const OTHER: &str = "+49 30 23125051";

/// Callbacks of the night, the last one due shortly.
async fn night(app: &TestApp, due_in: i64) {
    let machine = app.key(ApiScope::CallbacksWrite);
    for number in 0..6 {
        machine.create_immediate(app.service, &format!("+44207946100{number}")).await;
    }
    let soon = app.clock.now().plus_seconds(due_in).to_string();
    machine.create_scheduled(app.service, NUMBER, &soon).await;
}

async fn choose(browser: &Browser, button: &str, item: &str) {
    browser.at("button", button).click().await;
    browser.at("menuitem", item).click().await;
}

#[tokio::test]
async fn a_supervisors_morning() {
    let app = start(None).await;
    night(&app, 25).await;

    // The queue ran over during the night: the overview says how many wait, and the list why.
    let browser = log_in(&app, "supervisor", "next-24-hours").await;
    browser.open(&format!("http://{}/callbacks?range=last-7-days", app.address)).await;
    browser.page().row_with("+44 20 7946 1000").shown().await;
    let queued = browser.page().like("button", "Queued");
    says(&queued, "6").await;
    browser.page().row_with("+44 20 7946 1000").at("cell", "Billing EN").click().await;
    let metrics = browser.at("region", "Callback metrics for +44 20 7946 1000");
    says(&metrics, "agent").await;

    // While the supervisor moves a callback it falls due: it is not cancelled under their hand.
    browser.open(&format!("http://{}/callbacks?range=today", app.address)).await;
    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    says(&dialog, "from SCHEDULED to QUEUED").await;
    assert_eq!(dialog.at("button", "Save").property("ariaDisabled").await, "true");
    dialog.at("button", "Close").click().await;
    dialog.gone().await;

    // A slip is taken back from its toast.
    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    dialog.at("radio", "Cancel Callback").click().await;
    dialog.at("button", "Confirm").click().await;
    dialog.gone().await;
    browser.at("button", "Undo").click().await;
    status_says(&browser, "Cancellation undone").await;
    row_says(&browser, NUMBER, "waiting").await;

    // The network fails and comes back: what happened meanwhile is there.
    browser.cut_off(true).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.other_service, OTHER).await;
    status_says(&browser, "You are offline.").await;
    browser.cut_off(false).await;
    browser.at("button", "1 new callback").click().await;
    browser.page().row_with(OTHER).shown().await;

    // Another tab: what is cancelled there is seen here. Then somebody else signs in on this computer.
    let [first, second] = browser.open_tab().await;
    browser.open(&format!("http://{}/callbacks?range=today", app.address)).await;
    browser.at("button", &format!("Edit {OTHER}")).click().await;
    browser.at("dialog", "Edit Callback").at("button", "Confirm").click().await;
    browser.at("dialog", "Edit Callback").gone().await;
    browser.show_tab(&first).await;
    row_says(&browser, OTHER, "cancelled in").await;
    browser.show_tab(&second).await;
    browser.page().like("button", "Supervisor").click().await;
    browser.at("menuitem", "Sign out").click().await;
    sign_in(&browser, "monitor", PASSWORD).await;
    browser.at("heading", "Callbacks").shown().await;
    browser.show_tab(&first).await;
    browser.page().like("button", "Monitor").shown().await;
    browser.at("button", "Create Callback").gone().await;
}

#[tokio::test]
async fn a_computer_that_slept_shows_what_has_become_of_the_callbacks() {
    let app = start(None).await;
    night(&app, 5).await;
    let browser = log_in(&app, "supervisor", "today").await;
    row_says(&browser, NUMBER, "SCHEDULED").await;
    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.at("button", "Save").shown().await;

    // The lid is closed with the dialog open, and the network goes with it. Meanwhile the callback is made.
    browser.cut_off(true).await;
    browser.sleep();
    let router = app.router();
    let made = wait_for("the callback of the dialog", async || {
        let given = router.reserve(50).await;
        given.into_iter().find(|given| given.callback["customer_number"] == "+442079460318")
    })
    .await;
    assert_eq!(router.report(&made, "connect", json!({})).await.status, 200);
    app.key(ApiScope::CallbacksWrite).create_immediate(app.other_service, OTHER).await;
    browser.wake();
    browser.cut_off(false).await;

    // Nothing in the dialog can harm the conversation, and the list is up to date without a reload.
    says(&dialog, "PROCESSING").await;
    dialog.at("button", "Close").click().await;
    row_says(&browser, NUMBER, "PROCESSING").await;
    browser.at("button", "1 new callback").click().await;
    browser.page().row_with(OTHER).shown().await;
}

#[tokio::test]
async fn a_supervisors_morning_on_a_phone() {
    let app = start(None).await;
    night(&app, 3_600).await;
    let browser = Browser::start().await;
    browser.resize(390, 844).await;
    browser.open(&format!("http://{}/callbacks?range=next-24-hours", app.address)).await;
    sign_in(&browser, "supervisor", PASSWORD).await;
    rows_are(&browser, 1).await;

    browser.at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("combobox", "Service Type").choose("Support DE").await;
    dialog.at("textbox", "Customer Number").fill("030 23125051").await;
    says(&dialog, "Read as +49 30 23125051, Germany, landline.").await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    browser.page().like("button", "Switch to").click().await;
    browser.at("checkbox", &format!("Select {OTHER}")).shown().await;

    browser.at("combobox", "Sort by").shown().await;
    browser.at("button", &format!("Edit {OTHER}")).click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.at("button", "Confirm").click().await;
    dialog.gone().await;
    browser.at("button", "Undo").click().await;
    status_says(&browser, "Cancellation undone").await;

    let wide = "return document.documentElement.scrollWidth - window.innerWidth";
    assert!(browser.script(wide).await.as_i64().unwrap() <= 0);
}

#[tokio::test]
async fn a_supervisors_morning_in_german() {
    let app = start(None).await;
    night(&app, 3_600).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.at("button", "supervisor, Supervisor").click().await;
    browser.at("menuitem", "Language").click().await;
    browser.at("menuitemradio", "Deutsch").click().await;
    browser.at("heading", "Rückrufe").shown().await;
    says(&browser.page().like("button", "Wartend"), "6").await;

    browser.at("button", "Rückruf anlegen").click().await;
    let dialog = browser.at("dialog", "Rückruf anlegen");
    dialog.at("combobox", "Service").choose("Support DE").await;
    dialog.at("textbox", "Rufnummer des Kunden").fill("030 23125051").await;
    says(&dialog, "Erkannt als +49 30 23125051").await;
    dialog.at("button", "Anlegen").click().await;
    dialog.gone().await;
    browser.at("button", "Anzeigen").click().await;
    browser.at("button", &format!("{OTHER} bearbeiten")).click().await;
    let dialog = browser.at("dialog", "Rückruf bearbeiten");
    dialog.at("button", "Bestätigen").click().await;
    dialog.gone().await;
    browser.at("button", "Rückgängig").click().await;
    status_says(&browser, "Abbruch zurückgenommen").await;
    // Times are those of the language: of 24 hours.
    let times = browser.script("return document.querySelector('tr.row time').textContent").await;
    assert!(!times.as_str().unwrap().contains('M'), "{times}");
}

#[tokio::test]
async fn a_supervisors_morning_by_keyboard_alone() {
    let app = start(None).await;
    night(&app, 3_600).await;
    let browser = log_in(&app, "supervisor", "next-24-hours").await;
    browser.page().row_with(NUMBER).shown().await;
    browser.type_keys("j").await;
    focus_is(&browser, "button", &format!("Metrics {NUMBER}")).await;
    browser.press_key(key::ENTER).await;
    browser.at("region", &format!("Callback metrics for {NUMBER}")).shown().await;
    browser.type_keys("e").await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.shown().await;
    browser.press_key(key::ESCAPE).await;
    dialog.gone().await;
    browser.type_keys("/").await;
    focus_is(&browser, "searchbox", "Search").await;
    browser.type_keys("1003").await;
    browser.at("button", "Search all dates").gone().await;
    browser.press_key(key::ESCAPE).await;
    tab_to(&browser, "button", "Refresh").await;
    browser.type_keys("?").await;
    browser.at("dialog", "Shortcuts").shown().await;
    browser.press_key(key::ESCAPE).await;
    browser.at("dialog", "Shortcuts").gone().await;
    browser.type_keys("gs").await;
    focus_is(&browser, "heading", "Callback Search").await;
    browser.type_keys("gc").await;
    focus_is(&browser, "heading", "Callbacks").await;
}

#[tokio::test]
async fn a_monitors_hour() {
    let app = start(None).await;
    night(&app, 3_600).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let view = json!({"name": "Next day", "query": "range=next-24-hours", "shared_with": ["monitor"]});
    assert_eq!(app.supervisor().await.post("/api/v1/saved-views", &view).await.status, 201);
    let browser = log_in(&app, "monitor", "last-7-days").await;
    rows_are(&browser, 6).await;

    // They see everything of their services and change nothing.
    browser.at("button", "Create Callback").gone().await;
    browser.at("button", "Metrics +44 20 7946 1002").click().await;
    browser.at("region", "Callback metrics for +44 20 7946 1002").shown().await;
    choose(&browser, "Saved Views", "Next day").await;
    browser.page().row_with(NUMBER).shown().await;

    // A customer asks what became of their request.
    let asked = machine.create_immediate(app.service, OTHER).await;
    machine.command(&asked["id"], "cancel", &json!({})).await;
    choose(&browser, "Tools", "Callback Search").await;
    browser.at("heading", "Callback Search").shown().await;
    browser.open(&format!("http://{}/callbacks/{}", app.address, text(&asked["id"]))).await;
    says(&browser.at("region", OTHER), "CANCELLED").await;

    // What is not theirs is said so, with a way back.
    browser.open(&format!("http://{}/users", app.address)).await;
    browser.at("link", "Go to the start page").click().await;
    browser.at("heading", "Callbacks").shown().await;
}

#[tokio::test]
async fn a_developers_first_hour() {
    let app = start(None).await;
    let browser = Browser::start().await;
    browser.open(&format!("http://{}/", app.address)).await;
    sign_in(&browser, "developer", PASSWORD).await;
    browser.at("heading", "Integrations").shown().await;

    // The document can be read and tried where it is served.
    browser.open(&format!("http://{}/swagger-ui/", app.address)).await;
    wait_for("the operations", async || {
        let count = "return document.querySelectorAll('.opblock').length";
        (browser.script(count).await.as_u64()? > 40).then_some(())
    })
    .await;

    // With a key that an administrator made: first what there is, then a callback, then its events.
    let key = json!({"name": "first-steps", "scopes": ["callbacks:read", "callbacks:write"]});
    let key: Value = app.admin().await.post("/api/v1/api-keys", &key).await.read();
    let client = app.anonymous().with_key(text(&key["key"]));
    let services = client.json("/api/v1/services").await;
    let service = text(&services["items"][0]["id"]);
    let wrong = json!({"service_id": service, "callback_type": "immediate", "customer_number": "12"});
    let refused = client.post("/api/v1/callbacks", &wrong).await;
    let problem: Value = refused.read();
    assert_eq!((refused.status, &problem["errors"][0]["pointer"]), (422, &json!("/customer_number")));
    let right = json!({"service_id": service, "callback_type": "immediate", "customer_number": NUMBER});
    let created = client.post("/api/v1/callbacks", &right).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let path = created.header("location").unwrap().to_owned();
    wait_for("the callback in the queue", async || {
        (client.json(&path).await["state"] == "QUEUED").then_some(())
    })
    .await;
    assert_eq!(client.json(&format!("{path}/timeline")).await["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_administrators_first_day() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("ringback.db").display());
    let mut adding = Command::new(program())
        .args(["user", "add", "chief", "--role", "administrator", "--password-stdin"])
        .args(["--database-url", &url])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(adding.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(adding.wait().unwrap().success(), "an empty database is set up on the way");
    let web = super::web_dir();
    let server = Server::start_with(&url, &["--web-dir", web.to_str().unwrap()]);
    let browser = Browser::start().await;
    browser.open(&format!("http://{}/", server.address)).await;
    sign_in(&browser, "chief", PASSWORD).await;
    browser.at("heading", "Callbacks").shown().await;

    // A service, a supervisor, and a key for the IVR.
    browser.open(&format!("http://{}/services", server.address)).await;
    browser.at("button", "Create Service").click().await;
    let dialog = browser.at("dialog", "Create Service");
    dialog.at("textbox", "Name").fill("Claims").await;
    dialog.at("textbox", "Time zone").fill("Europe/London").await;
    dialog.at("textbox", "Country").fill("GB").await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    browser.page().row_with("Claims").shown().await;
    browser.open(&format!("http://{}/users", server.address)).await;
    browser.at("button", "Create User").click().await;
    let dialog = browser.at("dialog", "Create User");
    dialog.at("textbox", "Username").fill("shift-lead").await;
    dialog.at("textbox", "Password").fill("a new horse staple").await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    browser.page().row_with("shift-lead").shown().await;
    browser.open(&format!("http://{}/integrations", server.address)).await;
    browser.at("button", "Create API Key").click().await;
    let dialog = browser.at("dialog", "Create API Key");
    dialog.at("textbox", "Name").fill("dialler").await;
    dialog.at("checkbox", "router").click().await;
    dialog.at("button", "Create").click().await;
    let key = text(&dialog.at("textbox", "API key").property("value").await);
    dialog.at("button", "Close").click().await;
    dialog.gone().await;

    // The supervisor takes the first callback, and the dialler makes it.
    let shift = Browser::start().await;
    shift.open(&format!("http://{}/callbacks?range=last-7-days", server.address)).await;
    sign_in(&shift, "shift-lead", "a new horse staple").await;
    // The empty list offers it too.
    shift.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = shift.at("dialog", "Create Callback");
    dialog.at("textbox", "Customer Number").fill(NUMBER).await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    row_says(&shift, NUMBER, "QUEUED").await;
    let router = Client::new(&server.address).with_key(key);
    let log_in = json!({"username": "chief", "password": PASSWORD});
    let client = Client::new(&server.address);
    let session: Value = client.post("/api/v1/session", &log_in).await.read();
    let services = client.with_token(text(&session["access_token"])).json("/api/v1/services").await;
    let service = &services["items"][0]["id"];
    let order = json!({"agent": "agent-1", "services": [service], "wait_seconds": 10});
    let work: Value = router.post("/api/v1/router/reservations", &order).await.read();
    let work = &work["reservations"][0];
    for report in ["connect", "complete"] {
        let path = format!("/api/v1/attempts/{}/{report}", text(&work["attempt_id"]));
        let done = router.post(&path, &json!({"lease_token": work["lease_token"]})).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
    row_says(&shift, NUMBER, "AGENT_CONNECTED").await;

    // The evening: who did what.
    browser.open(&format!("http://{}/audit", server.address)).await;
    for said in ["Create service", "Create API key", "Create callback"] {
        browser.page().row_with(said).shown().await;
    }
}
