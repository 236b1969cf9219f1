//! My account: the password and the sessions of the person who is signed in.

use ringback_tests::app::PASSWORD;
use ringback_tests::browser::key;

use super::{log_in, says, sign_in, start, status_says};

const NEW_PASSWORD: &str = "a new horse battery";

#[tokio::test]
async fn a_person_changes_their_password_and_ends_a_session() {
    let app = start(None).await;
    app.monitor().await;
    let browser = log_in(&app, "monitor", "last-7-days").await;
    browser.at("button", "monitor, Monitor").click().await;
    browser.at("menuitem", "My account").click().await;
    let dialog = browser.at("dialog", "My account");
    let sessions = dialog.at("table", "My sessions");
    says(&sessions, "This session").await;
    dialog.at("button", "Sign out – at 127.0.0.1").click().await;
    dialog.at("button", "Sign out – at 127.0.0.1").gone().await;
    browser.axe().await;

    dialog.at("textbox", "Current password").fill("not my password").await;
    dialog.at("textbox", "New password").fill(NEW_PASSWORD).await;
    dialog.at("button", "Change password").click().await;
    says(&dialog, "This is not your current password.").await;
    browser.axe().await;
    dialog.at("textbox", "Current password").fill(PASSWORD).await;
    dialog.at("textbox", "New password").fill("password").await;
    // Enter sends the form.
    browser.type_keys(key::ENTER).await;
    says(&dialog, "a common password").await;
    dialog.at("textbox", "New password").fill(NEW_PASSWORD).await;
    browser.type_keys(key::ENTER).await;
    dialog.gone().await;
    status_says(&browser, "Password changed").await;

    browser.at("button", "monitor, Monitor").click().await;
    browser.at("menuitem", "Sign out").click().await;
    sign_in(&browser, "monitor", NEW_PASSWORD).await;
    browser.at("heading", "Callbacks").shown().await;
}
