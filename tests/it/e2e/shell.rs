//! The parts around the list: menus by role, the pages of the Tools menu, and the
//! session.

use ringback_api::clock::Clock;
use ringback_api::command::sessions::SESSION_SECONDS;
use ringback_domain::ApiScope;
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::browser::key;
use ringback_tests::{Backend, Browser, Client, Options, TestApp, wait_for};
use serde_json::{Value, json};

use super::{log_in, sign_in, start, status_says, web_dir};

const NUMBER: &str = "+44 20 7946 0318";

async fn path_of(admin: &Client, username: &str) -> String {
    let users = admin.json("/api/v1/users").await;
    let user = users["items"].as_array().unwrap().iter().find(|user| user["username"] == username).unwrap();
    format!("/api/v1/users/{}", text(&user["id"]))
}

/// The services that Create Callback offers.
async fn offered(browser: &Browser) -> Vec<String> {
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    let service = dialog.at("combobox", "Service Type");
    service.shown().await;
    let text = service.text().await;
    let names = text.lines().map(|line| line.trim().to_owned());
    let names = names.filter(|name| name != "Choose a service").collect();
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    names
}

/// The items of a menu.
async fn items(browser: &Browser, button: &str, first: &str) -> Vec<String> {
    browser.at("button", button).click().await;
    browser.at("menuitem", first).shown().await;
    let names = browser.page().names("menuitem").await;
    browser.type_keys(key::ESCAPE).await;
    browser.at("menuitem", first).gone().await;
    names
}

async fn sign_out(browser: &Browser, account: &str) {
    browser.at("button", account).click().await;
    browser.at("menuitem", "Sign out").click().await;
    browser.at("heading", "Sign in").shown().await;
}

/// Shows: S02, S03, S07, S73, S74, S75
#[tokio::test]
async fn each_role_sees_only_the_pages_that_it_may_use() {
    let app = start(None).await;
    let browser = Browser::start().await;
    let open = async |path: &str| browser.open(&format!("http://{}{path}", app.address)).await;
    for (username, role, manages, tools) in [
        (
            "monitor",
            "Monitor",
            false,
            ["Callback Search", "Services", "Office Hours", "Capacity", "Permitted & Blocked Numbers"]
                .as_slice(),
        ),
        (
            "supervisor",
            "Supervisor",
            true,
            &["Callback Search", "Services", "Office Hours", "Capacity", "Permitted & Blocked Numbers"],
        ),
        (
            "administrator",
            "Administrator",
            true,
            &[
                "Callback Search",
                "Services",
                "Office Hours",
                "Capacity",
                "Permitted & Blocked Numbers",
                "Integrations",
                "Users",
                "Audit",
            ],
        ),
    ] {
        open("/callbacks").await;
        sign_in(&browser, username, PASSWORD).await;
        browser.at("heading", "Callbacks").shown().await;
        let buttons = browser.page().names("button").await;
        assert_eq!(buttons.contains(&"Create Callback".to_owned()), manages, "{username}: {buttons:?}");
        assert_eq!(items(&browser, "Tools", "Services").await, tools, "{username}");
        open("/services").await;
        browser.at("table", "Services").shown().await;
        let creates = browser.page().names("button").await.contains(&"Create Service".to_owned());
        assert_eq!(creates, role == "Administrator");
        open("/users").await;
        if role == "Administrator" {
            browser.at("table", "Users").shown().await;
        } else {
            browser.at("heading", "You have no access to users").shown().await;
            assert!(!browser.page().names("button").await.contains(&"Create User".to_owned()));
        }
        sign_out(&browser, &format!("{username}, {role}")).await;
    }
    // A developer sees no callbacks.
    open("/callbacks").await;
    sign_in(&browser, "developer", PASSWORD).await;
    browser.at("heading", "You have no access to callbacks").shown().await;
    browser.at("link", "Callbacks").gone().await;
    assert_eq!(
        items(&browser, "Tools", "Services").await,
        ["Services", "Office Hours", "Capacity", "Permitted & Blocked Numbers", "Integrations"]
    );
    open("/search").await;
    browser.at("heading", "You have no access to callbacks").shown().await;
}

/// Shows: S76, S77, S78, S79, S80
#[tokio::test]
async fn create_callback_asks_for_what_is_needed_and_names_mistakes() {
    let app = start(None).await;
    let browser = log_in(&app, "branch", "today").await;
    assert_eq!(offered(&browser).await, ["Billing EN"], "the other service is not permitted");
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    let types = dialog.at("radiogroup", "Callback Type");
    types.at("radio", "Immediate").shown().await;
    // An immediate callback needs no time.
    assert!(dialog.names("Date").await.is_empty());
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill("call me").await;
    dialog.at("button", "Create").click().await;
    wait_for("what is wrong with it", async || {
        dialog.text().await.contains("This is not a phone number.").then_some(())
    })
    .await;
    assert_eq!(dialog.at("textbox", "Customer Number").property("ariaInvalid").await, "true");

    types.at("radio", "Scheduled").click().await;
    wait_for("the fields for a time", async || {
        let shown = dialog.text().await;
        (shown.contains("Date") && shown.contains("Time")).then_some(())
    })
    .await;
    types.at("radio", "Immediate").click().await;
    wait_for("no field for a time", async || (!dialog.text().await.contains("Date")).then_some(())).await;
    assert_eq!(app.supervisor().await.json("/api/v1/callbacks/count").await["total"], 0);
}

#[tokio::test]
async fn a_dialog_that_cannot_be_loaded_shows_an_error_and_opens_later() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = Browser::start().await;
    browser.block(&["*/assets/split_*"]).await;
    browser.open(&format!("http://{}/callbacks?range=last-7-days", app.address)).await;
    sign_in(&browser, "supervisor", PASSWORD).await;
    browser.page().row_with(NUMBER).at("rowheader", NUMBER).shown().await;
    browser.at("button", "Create Callback").click().await;
    status_says(&browser, "could not be loaded").await;
    browser.block(&[]).await;
    browser.at("button", "Try again").click().await;
    browser.at("dialog", "Create Callback").shown().await;
}

/// Shows: S82, S83, S84
#[tokio::test]
async fn the_services_of_a_session_stay_until_the_next_one_or_a_reload() {
    let app = start(None).await;
    let admin = app.admin().await;
    let browser = log_in(&app, "supervisor", "today").await;
    let body = json!({ "name": "New FR", "time_zone": "Europe/Paris", "default_country": "FR" });
    let created: Value = admin.post("/api/v1/services", &body).await.read();
    browser.reload().await;
    assert_eq!(offered(&browser).await, ["Billing EN", "Support DE"]);
    status_says(&browser, "Your services changed. Sign in again to use them.").await;
    sign_out(&browser, "supervisor, Supervisor").await;
    sign_in(&browser, "supervisor", PASSWORD).await;
    assert_eq!(offered(&browser).await, ["Billing EN", "New FR", "Support DE"]);

    let granted = json!({ "services": [created["id"]] });
    let path = path_of(&admin, "supervisor").await;
    assert_eq!(admin.patch(&path, &granted).await.status, 200);
    browser.reload().await;
    assert_eq!(offered(&browser).await.len(), 3, "the session goes on as it began");
    browser.at("button", "supervisor, Supervisor").click().await;
    browser.at("menuitem", "Reload permissions").click().await;
    status_says(&browser, "Permissions reloaded").await;
    assert_eq!(offered(&browser).await, ["New FR"]);

    // An open page shows a hint and is not reloaded.
    browser.at("combobox", "Date Range").choose("Yesterday").await;
    assert_eq!(admin.patch(&path, &json!({ "all_services": true })).await.status, 200);
    browser.at("button", "Reload permissions").click().await;
    browser.at("button", "Reload permissions").gone().await;
    browser.at("heading", "No callbacks in Yesterday").shown().await;
    assert_eq!(offered(&browser).await, ["Billing EN", "New FR", "Support DE"]);
}

#[tokio::test]
async fn services_are_created_and_edited_on_their_page() {
    let app = start(None).await;
    let browser = log_in(&app, "administrator", "today").await;
    browser.at("button", "Tools").click().await;
    browser.at("menuitem", "Services").click().await;
    browser.at("button", "Create Service").click().await;
    let dialog = browser.at("dialog", "Create Service");
    dialog.at("textbox", "Name").fill("Billing EN").await;
    dialog.at("textbox", "Time zone").fill("Europe/Nowhere").await;
    dialog.at("textbox", "Country").fill("fr").await;
    dialog.at("button", "Create").click().await;
    wait_for("the fault", async || dialog.text().await.contains("Unknown time zone").then_some(())).await;
    dialog.at("textbox", "Time zone").fill("Europe/Paris").await;
    dialog.at("button", "Create").click().await;
    wait_for("the name is taken", async || dialog.text().await.contains("This name is taken").then_some(()))
        .await;
    dialog.at("textbox", "Name").fill("New FR").await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    browser.page().row_with("New FR").shown().await;

    browser.resize(1440, 2600).await;
    browser.at("link", "New FR").click().await;
    browser.at("switch", "Accept new callbacks").click().await;
    status_says(&browser, "Accept new callbacks: Off").await;
    browser.at("textbox", "Window").fill("5 min").await;
    browser.at("button", "Save as version 3").click().await;
    status_says(&browser, "saved as version 3").await;
    browser.at("link", "Services").click().await;
    wait_for("5 min", async || {
        browser.page().row_with("New FR").text().await.contains("5 min").then_some(())
    })
    .await;
    let services = app.admin().await.json("/api/v1/services").await;
    let created =
        services["items"].as_array().unwrap().iter().find(|service| service["name"] == "New FR").unwrap();
    assert_eq!((&created["accept_new"], &created["dial_pending"]), (&json!(false), &json!(true)));
    assert_eq!(
        (&created["desired_window_seconds"], &created["default_country"]),
        (&json!(300), &json!("FR"))
    );
}

#[tokio::test]
async fn a_developer_is_offered_no_key_beyond_their_rights() {
    let app = start(None).await;
    let browser = Browser::start().await;
    browser.open(&format!("http://{}/integrations", app.address)).await;
    sign_in(&browser, "developer", PASSWORD).await;
    browser.page().row_with("integration").text().await;
    browser.at("button", "Create API Key").gone().await;
    browser.at("button", "Revoke integration").gone().await;
}

#[tokio::test]
async fn an_api_key_is_created_shown_once_and_revoked() {
    let app = start(None).await;
    let browser = Browser::start().await;
    browser.open(&format!("http://{}/integrations", app.address)).await;
    sign_in(&browser, "administrator", PASSWORD).await;
    browser.at("button", "Create API Key").click().await;
    let dialog = browser.at("dialog", "Create API Key");
    dialog.at("textbox", "Name").fill("ivr").await;
    dialog.at("checkbox", "callbacks:write").click().await;
    dialog.at("button", "Create").click().await;
    let key = text(&dialog.at("textbox", "API key").property("value").await);
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    let machine = app.anonymous().with_key(key);
    machine.create_immediate(app.service, NUMBER).await;
    assert_eq!(machine.json("/api/v1/callbacks/count").await["total"], 1);

    browser.at("button", "Revoke ivr").click().await;
    let dialog = browser.at("dialog", "Revoke API Key");
    dialog.at("button", "Revoke").click().await;
    // Elements behind a dialog are not in the accessibility tree.
    dialog.gone().await;
    browser.at("button", "Revoke ivr").gone().await;
    assert_eq!(machine.get("/api/v1/callbacks/count").await.status, 401);
}

#[tokio::test]
async fn users_are_created_restricted_given_a_password_and_disabled() {
    let app = start(None).await;
    let browser = log_in(&app, "administrator", "today").await;
    browser.open(&format!("http://{}/users", app.address)).await;
    browser.at("button", "Create User").click().await;
    let dialog = browser.at("dialog", "Create User");
    dialog.at("textbox", "Username").fill("kim").await;
    dialog.at("textbox", "Password").fill("a new horse staple").await;
    dialog.at("switch", "All services").click().await;
    dialog.at("checkbox", "Support DE").click().await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    let row = browser.page().row_with("kim");
    wait_for("Support DE", async || row.text().await.contains("Support DE").then_some(())).await;

    browser.at("button", "Edit kim").click().await;
    let dialog = browser.at("dialog", "Edit User");
    dialog.at("combobox", "Role").shown().await;
    dialog.at("combobox", "Role").choose("Monitor").await;
    dialog.at("textbox", "New password").fill("another horse staple").await;
    dialog.at("button", "Save").click().await;
    dialog.gone().await;
    wait_for("Monitor", async || row.text().await.contains("Monitor").then_some(())).await;
    sign_out(&browser, "administrator, Administrator").await;
    sign_in(&browser, "kim", "another horse staple").await;
    browser.at("button", "kim, Monitor").shown().await;
    browser.at("link", "Callbacks").click().await;
    browser.at("heading", "Callbacks").shown().await;

    let admin = app.admin().await;
    let other = log_in(&app, "administrator", "today").await;
    other.open(&format!("http://{}/users", app.address)).await;
    other.at("button", "Edit kim").click().await;
    let dialog = other.at("dialog", "Edit User");
    dialog.at("switch", "Disabled").click().await;
    dialog.at("button", "Save").click().await;
    dialog.gone().await;
    assert_eq!(admin.json(&path_of(&admin, "kim").await).await["disabled"], true);
    browser.type_keys("r").await;
    browser.at("dialog", "Sign in again").shown().await;
}

/// Advances the clock, and waits until cached identities have expired.
async fn advance(app: &TestApp, seconds: i64) {
    app.advance(seconds);
    app.inside(async |app| app.commands.signals().access.raise()).await;
}

#[tokio::test]
async fn the_page_warns_before_a_session_ends_and_keeps_open_forms() {
    let clock = Clock::manual(Clock::system().now());
    let options = Options { clock, web_dir: Some(web_dir()), ..Options::default() };
    let app = TestApp::start_with(Backend::Sqlite, options).await;
    // The server's clock will be ahead of the browser's clock.
    let browser = log_in(&app, "supervisor", "next-7-days").await;
    advance(&app, SESSION_SECONDS - 90).await;
    browser.at("button", "Refresh").click().await;
    browser.at("button", "Stay signed in").click().await;
    let dialog = browser.at("dialog", "Stay signed in");
    dialog.at("textbox", "Password").fill(PASSWORD).await;
    dialog.at("button", "Sign in").click().await;
    dialog.gone().await;
    browser.at("button", "Stay signed in").gone().await;
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let form = browser.at("dialog", "Create Callback");
    form.at("combobox", "Service Type").choose("Billing EN").await;
    form.at("textbox", "Customer Number").fill(NUMBER).await;
    // The end of its stream tells the page.
    advance(&app, SESSION_SECONDS).await;
    let dialog = browser.at("dialog", "Sign in again");
    dialog.at("textbox", "Password").fill("a wrong password").await;
    dialog.at("button", "Sign in").click().await;
    wait_for("the refusal", async || dialog.text().await.contains("is wrong").then_some(())).await;
    dialog.at("textbox", "Password").fill(PASSWORD).await;
    dialog.at("button", "Sign in").click().await;
    dialog.gone().await;
    form.at("button", "Create").click().await;
    form.gone().await;
    browser.page().row_with(NUMBER).shown().await;

    // Without signing in again, the page signs out.
    advance(&app, SESSION_SECONDS).await;
    browser.at("dialog", "Sign in again").at("button", "Close").click().await;
    browser.at("heading", "Sign in").shown().await;
}

#[tokio::test]
async fn help_has_the_recent_messages_and_explains_the_work() {
    let app = start(None).await;
    let browser = log_in(&app, "supervisor", "today").await;
    let open = async |item: &str| {
        browser.at("button", "Help").click().await;
        browser.at("menuitem", item).click().await;
        browser.at("dialog", item)
    };
    let news = open("Messages").await;
    news.at("StaticText", "No messages since you opened this page.").shown().await;
    news.at("button", "Close").click().await;
    news.gone().await;
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill(NUMBER).await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    browser.at("region", "Messages").at("button", "Dismiss").click().await;
    let news = open("Messages").await;
    news.at("StaticText", "Callback created").shown().await;
    browser.type_keys(key::ESCAPE).await;
    news.gone().await;

    let guide = open("Guide").await;
    guide.at("heading", "Cancel or reschedule many").shown().await;
    guide.at("StaticText", "(AGENT_CONNECTED)").shown().await;
    browser.type_keys(key::ESCAPE).await;
    guide.gone().await;
    assert_eq!(browser.focus().await, r#"button "Help""#);
}

#[tokio::test]
async fn the_language_follows_the_person_to_another_browser() {
    let app = start(None).await;
    let browser = log_in(&app, "supervisor", "today").await;
    browser.at("button", "supervisor, Supervisor").click().await;
    browser.at("menuitem", "Language").click().await;
    browser.at("menuitemradio", "Deutsch").click().await;
    browser.at("heading", "Rückrufe").shown().await;
    drop(browser);
    let browser = Browser::start().await;
    browser.open(&format!("http://{}/callbacks", app.address)).await;
    sign_in(&browser, "supervisor", PASSWORD).await;
    browser.at("heading", "Rückrufe").shown().await;
}
